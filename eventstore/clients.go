package eventstore

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Outside clients of the embedded server read the log and ask the caller's services, and cannot write to the log. They are in
// a NATS account of their own, together with the services: there care.… is a subject like any other, of which the log's
// account hears nothing, whether it is published to, answered to or traced to. What crosses over is the reading part of the
// JetStream API, as services, whose answers come back under names that the server makes up. Consumers are made through a
// clerk, because one that pushes would push wherever it is told (decisions.md, 10). A subscriber of a feed is let in by name, into
// an account that holds nothing but the calls on its own consumer (subscribers.go).

const (
	clientAccount = "CLIENTS"
	logUser       = "log"      // the store's own connections, in the global account, which has the streams
	serviceUser   = "services" // the store's connection to the clients' account

	apiConsumerCreate = "$JS.API.CONSUMER.CREATE.>"
	apiWait           = 5 * time.Second
	// clerksAtOnce is how many consumers are made beside each other: one that takes long (filters over a long stream) holds up nobody else's.
	clerksAtOnce = 8
	// idleMost is how long a consumer of an outside client may outlive its use.
	idleMost = time.Hour
)

// readingServices are what outside clients use of the log's account. A streamed one may answer with many messages, for as
// long as there is one every two minutes and somebody listens.
func readingServices() map[string]server.ServiceRespType {
	return map[string]server.ServiceRespType{
		"$JS.API.INFO":                  server.Singleton,
		"$JS.API.STREAM.NAMES":          server.Singleton,
		"$JS.API.STREAM.LIST":           server.Singleton,
		"$JS.API.STREAM.INFO.*":         server.Singleton,
		"$JS.API.STREAM.MSG.GET.*":      server.Singleton,
		"$JS.API.CONSUMER.NAMES.*":      server.Singleton,
		"$JS.API.CONSUMER.LIST.*":       server.Singleton,
		"$JS.API.CONSUMER.INFO.*.*":     server.Singleton,
		"$JS.API.CONSUMER.DELETE.*.*":   server.Singleton,
		"$JS.API.CONSUMER.MSG.NEXT.*.*": server.Streamed,
		"$JS.API.DIRECT.GET.>":          server.Streamed,
		"$JS.ACK.>":                     server.Singleton,
	}
}

// gatekeeper authenticates connections and puts each into its account.
type gatekeeper struct {
	secret      string // what the store's own connections present
	clientToken string // what outside clients present; "" lets none in
	server      *server.Server
	clients     atomic.Pointer[server.Account]

	mu          sync.RWMutex // held for reading from the check of a subscriber until the connection is in its account
	subscribers map[string]admission
}

func newGatekeeper(clientToken string) *gatekeeper {
	return &gatekeeper{secret: randomSecret(24), clientToken: clientToken, subscribers: map[string]admission{}}
}

// open makes the clients' account. Until then nobody is put into it. It belongs after the start of the server, which gives
// JetStream to the global account by itself only while there is no other.
func (g *gatekeeper) open(s *server.Server) error {
	clients, err := s.RegisterAccount(clientAccount)
	if err != nil {
		return fmt.Errorf("making the account of outside clients: %w", err)
	}
	log := s.GlobalAccount()
	for subj, answers := range readingServices() {
		err := log.AddServiceExportWithResponse(subj, answers, []*server.Account{clients})
		if err == nil {
			err = clients.AddServiceImport(log, subj, subj)
		}
		if err != nil {
			return fmt.Errorf("letting outside clients use %s: %w", subj, err)
		}
	}
	g.server = s
	g.clients.Store(clients)
	return nil
}

// Check implements server.Authentication.
func (g *gatekeeper) Check(c server.ClientAuthentication) bool {
	o, clients := c.GetOpts(), g.clients.Load()
	switch {
	case clients == nil:
		return false
	case equal(o.Username, logUser) && equal(o.Password, g.secret):
		return true
	case equal(o.Username, serviceUser) && equal(o.Password, g.secret):
		c.RegisterUser(&server.User{Username: serviceUser, Account: clients})
		return true
	case g.clientToken != "" && equal(o.Token, g.clientToken):
		c.RegisterUser(&server.User{Username: "client", Account: clients, Permissions: clientPermissions()})
		return true
	}
	return g.checkSubscriber(c)
}

// clientPermissions tell a client at once what it may not do, and keep clients from answering in the ledger's name.
func clientPermissions() *server.Permissions {
	publish := []string{"careledger.>", apiConsumerCreate}
	for subj := range readingServices() {
		publish = append(publish, subj)
	}
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: publish},
		Subscribe: &server.SubjectPermission{Deny: []string{"careledger.>", "$JS.>"}},
	}
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// clerk makes consumers for outside clients: those that are pulled from and go away by themselves, and for a subscriber of a feed
// the one durable consumer that has its name.
type clerk struct {
	clients, log *nats.Conn
	subscribes   func(stream, name string) bool // whether a subscriber of this name follows this stream
	asked        chan *nats.Msg
	cancel       context.CancelFunc
	done         sync.WaitGroup
}

func startClerk(clients, log *nats.Conn, subscribes func(stream, name string) bool) (*clerk, error) {
	ctx, cancel := context.WithCancel(context.Background())
	k := &clerk{clients: clients, log: log, subscribes: subscribes, asked: make(chan *nats.Msg, 1024), cancel: cancel}
	if _, err := clients.ChanSubscribe(apiConsumerCreate, k.asked); err != nil { // until the connection is closed
		cancel()
		return nil, fmt.Errorf("serving consumers to outside clients: %w", err)
	}
	for range clerksAtOnce {
		k.done.Go(func() { k.run(ctx) }) // who asks waits for the answer, so nothing of one client is overtaken
	}
	return k, nil
}

func (k *clerk) stop() {
	k.cancel()
	k.done.Wait()
}

func (k *clerk) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-k.asked:
			if answer := k.answer(ctx, m); answer != nil {
				_ = m.Respond(answer) // who asked and is gone asks again
			}
		}
	}
}

// answer is what the server says to the request, or why it is not put to it. nil: the server said nothing.
func (k *clerk) answer(ctx context.Context, m *nats.Msg) []byte {
	question, err := k.consumerRequest(m.Subject, m.Data)
	if err != nil {
		return refusal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, apiWait)
	defer cancel()
	answer, err := k.log.RequestWithContext(ctx, m.Subject, question)
	if err != nil {
		return nil
	}
	return answer.Data
}

// consumerRequest is the request as the server's own types understand it, written again, so that the server cannot read
// anything else in it; or an error that says which part of it is not for who asks. Subject is
// $JS.API.CONSUMER.CREATE.{stream}[.{consumer}[.{filter}]]; the server refuses a request that says otherwise than its subject.
func (k *clerk) consumerRequest(subject string, data []byte) ([]byte, error) {
	var r server.CreateConsumerRequest
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("the request cannot be read: %w", err)
	}
	if r.Config.DeliverSubject != "" || r.Config.DeliverGroup != "" {
		return nil, fmt.Errorf("outside clients pull: leave deliver_subject out")
	}
	asked := strings.SplitN(strings.TrimPrefix(subject, strings.TrimSuffix(apiConsumerCreate, ">")), ".", 3)
	check := checkReader
	if len(asked) > 1 && k.subscribes(asked[0], asked[1]) {
		check = func(c *server.ConsumerConfig) error { return checkSubscription(asked[1], c) }
	}
	if err := check(&r.Config); err != nil {
		return nil, err
	}
	return json.Marshal(r)
}

// checkReader refuses what would stay behind when its reader has gone.
func checkReader(c *server.ConsumerConfig) error {
	switch {
	case c.Durable != "":
		return fmt.Errorf("consumers of outside clients are ephemeral: leave durable_name out")
	case c.InactiveThreshold > idleMost:
		return fmt.Errorf("consumers of outside clients go when they are idle: inactive_threshold is %v at most", idleMost)
	}
	return nil
}

// refusal is an error as the JetStream API answers it.
func refusal(cause error) []byte {
	var answer struct {
		Type  string          `json:"type"`
		Error server.ApiError `json:"error"`
	}
	answer.Type = server.JSApiConsumerCreateResponseType
	answer.Error = server.ApiError{Code: 403, Description: "careledger: " + cause.Error()}
	b, err := json.Marshal(answer)
	if err != nil {
		return nil
	}
	return b
}
