package eventstore

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// How a subscriber is let in, and into what: an account of its own, with the calls on its consumer imported and nothing else (decisions.md, 15).

// SubscriberService is a subject that a subscriber publishes to.
type SubscriberService struct {
	Subject  string
	Streamed bool // it is answered with many messages
}

// SubscriberServices are what a subscriber needs of the account that has the streams, to follow a feed through its durable consumer.
func SubscriberServices(authority, name string) []SubscriberService {
	consumer := FeedStream(authority) + "." + name
	return []SubscriberService{
		{Subject: "$JS.API.CONSUMER.INFO." + consumer},
		{Subject: "$JS.API.CONSUMER.MSG.NEXT." + consumer, Streamed: true},
		{Subject: "$JS.ACK." + consumer + ".>"},
	}
}

// subscriberServices are those, and its consumer's end: embedded it can make it again.
func subscriberServices(authority, name string) (subjects []string) {
	for _, s := range SubscriberServices(authority, name) {
		subjects = append(subjects, s.Subject)
	}
	return append(subjects, "$JS.API.CONSUMER.DELETE."+FeedStream(authority)+"."+name)
}

// subscriberRequests are what a subscriber asks of the clerk: its own consumer, without and with one filter.
func subscriberRequests(authority, name string) []string {
	create := strings.TrimSuffix(apiConsumerCreate, ">") + FeedStream(authority) + "." + name
	return []string{create, create + ".>"}
}

// admit makes the account of a subscriber and lets it in. The account has a new name each time, so that one that a failure left
// unfinished is never used; one that is no longer used goes with the process.
func (g *gatekeeper) admit(a admission) error {
	clients, log := g.clients.Load(), g.server.GlobalAccount()
	account, err := g.server.RegisterAccount("SUBSCRIBER_" + a.Name + "_" + randomSecret(4))
	if err != nil {
		return fmt.Errorf("making the account of the subscriber %s: %w", a.Name, err)
	}
	only := []*server.Account{account}
	for subj, answers := range readingServices() {
		if err := log.AddServiceExportWithResponse(subj, answers, only); err != nil {
			return fmt.Errorf("letting subscribers use %s: %w", subj, err)
		}
	}
	if err := clients.AddServiceExport(apiConsumerCreate, only); err != nil {
		return fmt.Errorf("letting subscribers use %s: %w", apiConsumerCreate, err)
	}
	for _, subj := range subscriberServices(a.Authority, a.Name) {
		if err := account.AddServiceImport(log, subj, subj); err != nil {
			return fmt.Errorf("letting the subscriber %s use %s: %w", a.Name, subj, err)
		}
	}
	for _, subj := range subscriberRequests(a.Authority, a.Name) {
		if err := account.AddServiceImport(clients, subj, subj); err != nil {
			return fmt.Errorf("letting the subscriber %s use %s: %w", a.Name, subj, err)
		}
	}
	a.account = account
	g.mu.Lock()
	defer g.mu.Unlock()
	g.subscribers[a.Name] = a
	return nil
}

// dismiss refuses a subscriber from here on and cuts its connections. Who was let in before is in the account by the time they are listed.
func (g *gatekeeper) dismiss(name string) error {
	g.mu.Lock()
	a, admitted := g.subscribers[name]
	delete(g.subscribers, name)
	g.mu.Unlock()
	if !admitted {
		return nil
	}
	connections, err := g.connectionsOf(a)
	for _, c := range connections {
		_ = g.server.DisconnectClientByID(c.Cid) // it may have gone by itself
	}
	return err
}

// connections are those that a subscriber has now.
func (g *gatekeeper) connections(name string) ([]*server.ConnInfo, error) {
	g.mu.RLock()
	a, admitted := g.subscribers[name]
	g.mu.RUnlock()
	if !admitted { // a server that does not listen admits nobody
		return nil, nil
	}
	return g.connectionsOf(a)
}

func (g *gatekeeper) connectionsOf(a admission) ([]*server.ConnInfo, error) {
	found, err := g.server.Connz(&server.ConnzOptions{Account: a.account.Name, Limit: math.MaxInt32})
	if err != nil {
		return nil, fmt.Errorf("listing the connections of the subscriber %s: %w", a.Name, err)
	}
	return found.Conns, nil
}

// subscribes says whether a subscriber of this name follows the stream.
func (g *gatekeeper) subscribes(stream, name string) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	a, ok := g.subscribers[name]
	return ok && FeedStream(a.Authority) == stream
}

// checkSubscriber puts a connection into the account of the subscriber that it proves to be.
func (g *gatekeeper) checkSubscriber(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	hash := sha256.Sum256([]byte(o.Password))
	presented := hex.EncodeToString(hash[:])
	g.mu.RLock()
	defer g.mu.RUnlock()
	a, ok := g.subscribers[o.Username]
	if !ok || subtle.ConstantTimeCompare([]byte(presented), []byte(a.Password)) != 1 {
		return false
	}
	c.RegisterUser(&server.User{Username: a.Name, Account: a.account, Permissions: subscriberPermissions(a.Authority, a.Name)})
	return true
}

// subscriberPermissions tell a subscriber at once what it may not do. Its inbox is its account's own: there is nobody else in it.
func subscriberPermissions(authority, name string) *server.Permissions {
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: append(subscriberServices(authority, name), subscriberRequests(authority, name)...)},
		Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}
}

// checkSubscription refuses what a subscriber may not ask of the consumer that it makes.
func checkSubscription(name string, c *server.ConsumerConfig) error {
	switch {
	case c.Durable != name || c.Name != name && c.Name != "":
		return fmt.Errorf("your consumer is durable and has your name: durable_name and name are %q", name)
	case c.AckPolicy != server.AckExplicit && c.AckPolicy != server.AckAll:
		return errors.New("ack_policy is explicit or all: what is not acknowledged is delivered again")
	case c.MemoryStorage || c.InactiveThreshold != 0:
		return errors.New("your consumer stays: leave mem_storage and inactive_threshold out")
	case c.SampleFrequency != "":
		return errors.New("leave sample_freq out")
	case c.MaxAckPending < 0 || c.MaxAckPending > subscriberUnacknowledged:
		return fmt.Errorf("max_ack_pending is %d at most", subscriberUnacknowledged)
	case c.AckWait != 0 && c.AckWait < subscriberAckLeast, slices.ContainsFunc(c.BackOff, func(d time.Duration) bool { return d < subscriberAckLeast }):
		return fmt.Errorf("ack_wait and each backoff are %v at least", subscriberAckLeast)
	case len(c.FilterSubjects) > subscriberFilters:
		return fmt.Errorf("filter_subjects are %d at most", subscriberFilters)
	case c.MaxWaiting > server.JSWaitQueueDefaultMax:
		return fmt.Errorf("max_waiting is %d at most", server.JSWaitQueueDefaultMax)
	}
	return nil
}
