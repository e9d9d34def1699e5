package eventstore

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

const answerWait = 5 * time.Second

// served is a store that listens, and its address.
func served(t *testing.T) *Store {
	t.Helper()
	return open(t, Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", ClientToken: "sesame"})
}

// outside is a client with the token; what it is denied arrives on the channel.
func outside(t *testing.T, s *Store) (*nats.Conn, <-chan error) {
	t.Helper()
	denied := make(chan error, 64)
	c, err := nats.Connect(s.ClientURL(), nats.Token("sesame"), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, denied
}

func TestOnlyTheTokenLetsIn(t *testing.T) {
	t.Parallel()
	s := served(t)
	for _, o := range []nats.Option{nats.Token("wrong"), nats.Token(""), nats.UserInfo(logUser, "sesame"), nats.UserInfo(serviceUser, ""), nats.Name("nobody")} {
		_, err := nats.Connect(s.ClientURL(), o)
		require.ErrorIs(t, err, nats.ErrAuthorization)
	}
	require.Empty(t, open(t, Config{Dir: t.TempDir()}).ClientURL(), "without Listen there is no way in")
}

func TestOutsideClientsReadTheLog(t *testing.T) {
	t.Parallel()
	s := served(t)
	l := create(t, s)
	const n = 3000
	fill(t, l, n)
	c, _ := outside(t, s)
	js, err := jetstream.New(c)
	require.NoError(t, err)
	_, err = js.AccountInfo(t.Context())
	require.NoError(t, err)
	names := js.StreamNames(t.Context())
	require.Equal(t, l.name, <-names.Name())
	st, err := js.Stream(t.Context(), l.name)
	require.NoError(t, err)
	require.Equal(t, uint64(n), st.CachedInfo().State.LastSeq)

	raw, err := st.GetMsg(t.Context(), 3)
	require.NoError(t, err)
	require.Equal(t, "e3", raw.Header.Get(headerID))

	t.Run("OrderedConsumer", func(t *testing.T) {
		ordered, err := st.OrderedConsumer(t.Context(), jetstream.OrderedConsumerConfig{FilterSubjects: []string{"care.1281.case.*.>"}})
		require.NoError(t, err)
		got := make(chan string, n)
		consuming, err := ordered.Consume(func(m jetstream.Msg) { got <- m.Headers().Get(headerID) + m.Subject()[:10] })
		require.NoError(t, err)
		for i := range n {
			require.Equal(t, "e"+strconv.Itoa(i+1)+"care.1281.", <-got)
		}
		consuming.Stop()
		<-consuming.Closed()
	})
	t.Run("PullConsumer", func(t *testing.T) {
		pulled, err := st.CreateOrUpdateConsumer(t.Context(), jetstream.ConsumerConfig{Name: "mine", AckPolicy: jetstream.AckExplicitPolicy})
		require.NoError(t, err)
		batch, err := pulled.Fetch(10)
		require.NoError(t, err)
		for m := range batch.Messages() {
			require.NoError(t, m.DoubleAck(t.Context()))
		}
		require.NoError(t, batch.Error())
		info, err := pulled.Info(t.Context())
		require.NoError(t, err)
		require.Equal(t, uint64(10), info.AckFloor.Stream)
		require.NoError(t, st.DeleteConsumer(t.Context(), "mine"))
	})
	t.Run("DirectGet", func(t *testing.T) {
		inbox := c.NewInbox()
		sub, err := c.SubscribeSync(inbox)
		require.NoError(t, err)
		require.NoError(t, c.PublishRequest("$JS.API.DIRECT.GET."+l.name, inbox, []byte(`{"seq":1,"batch":1000}`)))
		for i := range 1000 {
			m, err := sub.NextMsg(answerWait)
			require.NoError(t, err)
			require.Equal(t, strconv.Itoa(i+1), m.Header.Get("Nats-Sequence"))
		}
	})
}

func TestOutsideClientsAskServices(t *testing.T) {
	t.Parallel()
	s := served(t)
	parts := 3 * getsMost
	_, err := s.Conn().Subscribe("careledger.ask", func(m *nats.Msg) {
		for i := range parts {
			_ = m.Respond([]byte(strconv.Itoa(i)))
		}
	})
	require.NoError(t, err)
	c, denied := outside(t, s)
	inbox := c.NewInbox()
	sub, err := c.SubscribeSync(inbox)
	require.NoError(t, err)
	require.NoError(t, c.PublishRequest("careledger.ask", inbox, nil))
	for i := range parts {
		m, err := sub.NextMsg(answerWait)
		require.NoError(t, err)
		require.Equal(t, strconv.Itoa(i), string(m.Data))
	}
	// Nobody answers in the ledger's name.
	_, err = c.SubscribeSync("careledger.ask")
	require.NoError(t, err)
	require.ErrorIs(t, <-denied, nats.ErrPermissionViolation)
}

// attack tries to have a message stored under a subject of a log.
type attack func(t *testing.T, c *nats.Conn, target string)

func attacks() map[string]attack {
	replyTo := func(subj, data string) attack {
		return func(t *testing.T, c *nats.Conn, target string) {
			require.NoError(t, c.PublishRequest(subj, target, []byte(data)))
		}
	}
	// push is a request that makes a consumer. It delivers while somebody subscribes to its subject.
	push := func(subj, config string) attack {
		return func(t *testing.T, c *nats.Conn, target string) {
			_, err := c.SubscribeSync(target)
			require.NoError(t, err)
			_, _ = c.Request(subj, []byte(`{"stream_name":"CARE_2180",`+strings.ReplaceAll(config, "TARGET", target)+`}`), time.Second) // answered or refused
		}
	}
	return map[string]attack{
		"publish": func(t *testing.T, c *nats.Conn, target string) { require.NoError(t, c.Publish(target, nil)) },
		"request": func(t *testing.T, c *nats.Conn, target string) {
			require.NoError(t, c.PublishRequest(target, c.NewInbox(), nil))
		},
		"answer of a service":       replyTo("careledger.ask", ""),
		"answer of stream info":     replyTo("$JS.API.STREAM.INFO.CARE_2180", ""),
		"answer of stream names":    replyTo("$JS.API.STREAM.NAMES", ""),
		"answer of message get":     replyTo("$JS.API.STREAM.MSG.GET.CARE_2180", `{"seq":1}`),
		"answer of direct get":      replyTo("$JS.API.DIRECT.GET.CARE_2180", `{"seq":1}`),
		"answers of direct get":     replyTo("$JS.API.DIRECT.GET.CARE_2180", `{"seq":1,"batch":5}`),
		"answer of the last":        replyTo("$JS.API.DIRECT.GET.CARE_2180.care.2180.case.1.visit-performed", ""),
		"answer of consumer create": replyTo("$JS.API.CONSUMER.CREATE.CARE_2180", `{"stream_name":"CARE_2180","config":{"ack_policy":"none"}}`),
		"answer of consumer names":  replyTo("$JS.API.CONSUMER.NAMES.CARE_2180", ""),
		"answer of a pull": func(t *testing.T, c *nats.Conn, target string) {
			require.NoError(t, c.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.CARE_2180."+makeConsumer(t, c), target, []byte("5")))
		},
		"answer of an acknowledgement": func(t *testing.T, c *nats.Conn, target string) {
			m, err := c.Request("$JS.API.CONSUMER.MSG.NEXT.CARE_2180."+makeConsumer(t, c), []byte("1"), answerWait)
			require.NoError(t, err)
			require.NoError(t, c.PublishRequest(m.Reply, target, []byte("+NXT")))
		},
		"trace": func(t *testing.T, c *nats.Conn, target string) {
			require.NoError(t, c.PublishMsg(&nats.Msg{Subject: "careledger.ask", Reply: c.NewInbox(), Header: nats.Header{"Nats-Trace-Dest": {target}}}))
		},
		"trace of a pull": func(t *testing.T, c *nats.Conn, target string) {
			require.NoError(t, c.PublishMsg(&nats.Msg{Subject: "$JS.API.DIRECT.GET.CARE_2180", Reply: c.NewInbox(), Data: []byte(`{"seq":1}`), Header: nats.Header{"Nats-Trace-Dest": {target}}}))
		},
		"push consumer":          push("$JS.API.CONSUMER.CREATE.CARE_2180", `"config":{"deliver_subject":"TARGET"}`),
		"push consumer, shouted": push("$JS.API.CONSUMER.CREATE.CARE_2180", `"CONFIG":{"Deliver_Subject":"TARGET"}`),
		"push consumer, twice":   push("$JS.API.CONSUMER.CREATE.CARE_2180", `"config":{"deliver_subject":"TARGET"},"config":{"ack_policy":"none"}`),
		"named push consumer":    push("$JS.API.CONSUMER.CREATE.CARE_2180.p", `"config":{"name":"p","deliver_subject":"TARGET"}`),
		"filtered push consumer": push("$JS.API.CONSUMER.CREATE.CARE_2180.f.care.2180.>", `"config":{"name":"f","filter_subject":"care.2180.>","deliver_subject":"TARGET"}`),
		"durable push consumer":  push("$JS.API.CONSUMER.DURABLE.CREATE.CARE_2180.d", `"config":{"durable_name":"d","deliver_subject":"TARGET"}`),
		"republish": func(t *testing.T, c *nats.Conn, target string) {
			name := strings.ReplaceAll(target, ".", "_")
			_, _ = c.Request("$JS.API.STREAM.CREATE."+name, []byte(`{"name":"`+name+`","subjects":["`+name+`"],"num_replicas":1,"republish":{"src":"`+name+`","dest":"`+target+`"}}`), time.Second) // answered or refused
			require.NoError(t, c.Publish(name, nil))
		},
	}
}

func makeConsumer(t *testing.T, c *nats.Conn) string {
	m, err := c.Request("$JS.API.CONSUMER.CREATE.CARE_2180", []byte(`{"stream_name":"CARE_2180","config":{"ack_policy":"explicit","inactive_threshold":60000000000}}`), answerWait)
	require.NoError(t, err)
	var made struct{ Name string }
	require.NoError(t, json.Unmarshal(m.Data, &made))
	require.NotEmpty(t, made.Name, string(m.Data))
	return made.Name
}

// Each attack is tried by a client with the token; by the caller's services, which are in the same account and have no list of
// permissions, so that the account alone must hold; and last by a connection in the log's account, where it must succeed:
// that shows that it is one, and that what the others tried has been done with.
func TestNothingOutsideIsStored(t *testing.T) {
	t.Parallel()
	for name, try := range attacks() {
		t.Run(name, func(t *testing.T) {
			s := served(t)
			logs := map[string]*Log{}
			for _, a := range []string{"2180", "outside", "services", "inside"} {
				l, err := s.CreateLog(t.Context(), a)
				require.NoError(t, err)
				logs[a] = l
			}
			for range 5 { // without headers of ours, some of which would keep a copy from being stored
				_, err := s.js.Publish(t.Context(), "care.2180.case.1.visit-performed", []byte("{}"))
				require.NoError(t, err)
			}
			for _, c := range []*nats.Conn{s.Conn(), s.conn} {
				_, err := c.Subscribe("careledger.ask", func(m *nats.Msg) { _ = m.Respond([]byte("answer")) })
				require.NoError(t, err)
				require.NoError(t, c.Flush())
			}
			c, _ := outside(t, s)
			for by, conn := range map[string]*nats.Conn{"outside": c, "services": s.Conn()} {
				try(t, conn, "care."+by+".case.a.forged")
				for _, subj := range []string{"careledger.ask", "$JS.API.STREAM.INFO.CARE_2180"} {
					_, err := conn.Request(subj, nil, answerWait)
					require.NoError(t, err)
				}
			}
			try(t, s.conn, "care.inside.case.a.forged")
			last := func(by string) uint64 {
				seq, err := logs[by].lastSequence(t.Context())
				require.NoError(t, err)
				return seq
			}
			require.Eventually(t, func() bool { return last("inside") > 0 }, answerWait, time.Millisecond, "the attack does not work even from inside")
			require.Zero(t, last("outside"))
			require.Zero(t, last("services"))
		})
	}
}

// What changes streams is refused at once, and does not exist in the clients' account at all.
func TestStreamsAreNotForOutsideClients(t *testing.T) {
	t.Parallel()
	s := served(t)
	l := create(t, s)
	fill(t, l, 10)
	before, err := s.js.Stream(t.Context(), l.name)
	require.NoError(t, err)
	c, denied := outside(t, s)
	for subj, data := range map[string]string{
		"$JS.API.STREAM.CREATE.X":                     `{"name":"X","subjects":["x"],"num_replicas":1}`,
		"$JS.API.STREAM.CREATE.M":                     `{"name":"M","mirror":{"name":"CARE_1281"},"num_replicas":1}`,
		"$JS.API.STREAM.CREATE.S":                     `{"name":"S","sources":[{"name":"CARE_1281"}],"num_replicas":1}`,
		"$JS.API.STREAM.UPDATE.CARE_1281":             `{"name":"CARE_1281","subjects":["care.1281.>"],"max_msgs":1,"num_replicas":1}`,
		"$JS.API.STREAM.DELETE.CARE_1281":             "",
		"$JS.API.STREAM.PURGE.CARE_1281":              "",
		"$JS.API.STREAM.MSG.DELETE.CARE_1281":         `{"seq":1}`,
		"$JS.API.STREAM.SNAPSHOT.CARE_1281":           `{"deliver_subject":"care.1281.case.a.x"}`,
		"$JS.API.STREAM.RESTORE.X":                    `{"config":{"name":"X","subjects":["x"]},"state":{}}`,
		"$JS.API.STREAM.LEADER.STEPDOWN.CARE_1281":    "",
		"$JS.API.CONSUMER.DURABLE.CREATE.CARE_1281.d": `{"stream_name":"CARE_1281","config":{"durable_name":"d"}}`,
		"$JS.API.CONSUMER.PAUSE.CARE_1281.d":          "",
		"$JS.API.ACCOUNT.PURGE.$G":                    "",
		"$JS.API.META.LEADER.STEPDOWN":                "",
		"$SYS.REQ.SERVER.PING":                        "",
		"care.1281.case.a.visit-performed":            "",
		"access.1281.question.trail.cases-read":       "",
		"_R_.x":                                       "",
		"_INBOX.x":                                    "",
	} {
		require.NoError(t, c.PublishRequest(subj, c.NewInbox(), []byte(data)))
		err := <-denied
		require.ErrorIs(t, err, nats.ErrPermissionViolation)
		require.Contains(t, err.Error(), subj)
		if strings.HasPrefix(subj, "$JS.API.") {
			_, err = s.Conn().Request(subj, []byte(data), answerWait)
			require.ErrorIs(t, err, nats.ErrNoResponders, subj)
		}
	}
	after, err := s.js.Stream(t.Context(), l.name)
	require.NoError(t, err)
	require.Equal(t, before.CachedInfo().Config, after.CachedInfo().Config)
	require.Equal(t, before.CachedInfo().State, after.CachedInfo().State)
	h, err := l.Refresh(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(10), h.Sequence)
}

func TestConsumersOfOutsideClientsAreReadersOnly(t *testing.T) {
	t.Parallel()
	s := served(t)
	l := create(t, s)
	c, _ := outside(t, s)
	js, err := jetstream.New(c)
	require.NoError(t, err)
	for reason, config := range map[string]jetstream.ConsumerConfig{
		"leave deliver_subject out": {DeliverSubject: "_INBOX.mine"},
		"inactive_threshold":        {InactiveThreshold: 2 * time.Hour},
	} {
		m, err := json.Marshal(map[string]any{"stream_name": l.name, "config": config})
		require.NoError(t, err)
		answer, err := c.Request("$JS.API.CONSUMER.CREATE."+l.name, m, answerWait)
		require.NoError(t, err)
		require.Contains(t, string(answer.Data), reason)
	}
	_, err = js.CreateOrUpdateConsumer(t.Context(), l.name, jetstream.ConsumerConfig{Durable: "d"})
	var refused *jetstream.APIError
	require.True(t, errors.As(err, &refused), "%v", err)
	require.Equal(t, 403, refused.Code)
	answer, err := c.Request("$JS.API.CONSUMER.CREATE."+l.name, []byte("{"), answerWait)
	require.NoError(t, err)
	require.Contains(t, string(answer.Data), "cannot be read")
}

// One whose consumer takes long to make does not stand in the way of another's.
func TestConsumersAreMadeBesideEachOther(t *testing.T) {
	t.Parallel()
	s := served(t)
	fill(t, create(t, s), 1)
	s.clerk.stop()
	asked, released := make(chan struct{}), make(chan struct{})
	clerk, err := startClerk(s.services, s.conn, func(_, name string) bool {
		if name == "slow" {
			close(asked)
			<-released
		}
		return false
	})
	require.NoError(t, err)
	s.clerk = clerk // stopped with the store
	c, _ := outside(t, s)
	request := func(name string) *nats.Subscription {
		answer, err := c.SubscribeSync(c.NewInbox())
		require.NoError(t, err)
		body := `{"stream_name":"CARE_1281","config":{"name":"` + name + `","ack_policy":"none","inactive_threshold":60000000000}}`
		require.NoError(t, c.PublishRequest("$JS.API.CONSUMER.CREATE.CARE_1281."+name, answer.Subject, []byte(body)))
		return answer
	}
	slow := request("slow")
	<-asked
	quick, err := request("quick").NextMsg(answerWait)
	require.NoError(t, err)
	require.Contains(t, string(quick.Data), `"name":"quick"`)
	close(released)
	late, err := slow.NextMsg(answerWait)
	require.NoError(t, err)
	require.Contains(t, string(late.Data), `"name":"slow"`)
}
