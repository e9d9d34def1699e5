package eventstore

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
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
// clerk, because one that pushes would push wherever it is told (decisions.md, 10).

const (
	clientAccount = "CLIENTS"
	logUser       = "log"      // the store's own connections, in the global account, which has the streams
	serviceUser   = "services" // the store's connection to the clients' account

	apiConsumerCreate = "$JS.API.CONSUMER.CREATE.>"
	apiWait           = 5 * time.Second
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
	clients     atomic.Pointer[server.Account]
}

func newGatekeeper(clientToken string) *gatekeeper {
	return &gatekeeper{secret: randomSecret(24), clientToken: clientToken}
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
	return false
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

// clerk makes consumers for outside clients: those that are pulled from and go away by themselves.
type clerk struct {
	clients, log *nats.Conn
	asked        chan *nats.Msg
	cancel       context.CancelFunc
	done         sync.WaitGroup
}

func startClerk(clients, log *nats.Conn) (*clerk, error) {
	ctx, cancel := context.WithCancel(context.Background())
	k := &clerk{clients: clients, log: log, asked: make(chan *nats.Msg, 1024), cancel: cancel}
	if _, err := clients.ChanSubscribe(apiConsumerCreate, k.asked); err != nil { // until the connection is closed
		cancel()
		return nil, fmt.Errorf("serving consumers to outside clients: %w", err)
	}
	k.done.Go(func() { k.run(ctx) })
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
	question, err := readerRequest(m.Data)
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

// readerRequest is the request as the server's own types understand it, written again, so that the server cannot read
// anything else in it; or an error that says which part of it is not for outside clients.
func readerRequest(data []byte) ([]byte, error) {
	var r server.CreateConsumerRequest
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("the request cannot be read: %w", err)
	}
	switch c := r.Config; {
	case c.DeliverSubject != "" || c.DeliverGroup != "":
		return nil, fmt.Errorf("outside clients pull: leave deliver_subject out")
	case c.Durable != "":
		return nil, fmt.Errorf("consumers of outside clients are ephemeral: leave durable_name out")
	case c.InactiveThreshold > idleMost:
		return nil, fmt.Errorf("consumers of outside clients go when they are idle: inactive_threshold is %v at most", idleMost)
	}
	return json.Marshal(r)
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
