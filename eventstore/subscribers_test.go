package eventstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"careledger/eventstore/clustertest"
)

// feed makes a feed of an authority with n messages on it.
func feed(t *testing.T, s *Store, authority string, n int) {
	t.Helper()
	_, err := s.js.CreateStream(t.Context(), feedConfig(authority, 1, 1))
	require.NoError(t, err)
	for i := range n {
		_, err := s.js.Publish(t.Context(), FeedSubject(authority, "posting"), fmt.Appendf(nil, `{"id":"%d"}`, i+1))
		require.NoError(t, err)
	}
}

// subscribed adds a subscriber.
func subscribed(t *testing.T, s *Store, name, authority string) (password string) {
	t.Helper()
	password, err := s.AddSubscriber(t.Context(), name, authority)
	require.NoError(t, err)
	require.Len(t, password, 64)
	return password
}

// as is a connection of a subscriber; what it is denied arrives on the channel.
func as(t *testing.T, s *Store, name, password string) (*nats.Conn, <-chan error) {
	t.Helper()
	denied := make(chan error, 64)
	c, err := nats.Connect(s.ClientURL(), nats.UserInfo(name, password), nats.MaxReconnects(0),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, denied
}

// consumer is the subscriber's own, as a program gets at it.
func consumer(t *testing.T, c *nats.Conn, stream, name string) jetstream.Consumer {
	t.Helper()
	js, err := jetstream.New(c)
	require.NoError(t, err)
	cons, err := js.Consumer(t.Context(), stream, name)
	require.NoError(t, err)
	return cons
}

// take takes and acknowledges n messages and returns the sequence of the last.
func take(t *testing.T, cons jetstream.Consumer, n int) (last uint64) {
	t.Helper()
	batch, err := cons.Fetch(n)
	require.NoError(t, err)
	got := 0
	for m := range batch.Messages() {
		meta, err := m.Metadata()
		require.NoError(t, err)
		require.NoError(t, m.DoubleAck(t.Context()))
		last = meta.Sequence.Stream
		got++
	}
	require.NoError(t, batch.Error())
	require.Equal(t, n, got)
	return last
}

func only(t *testing.T, s *Store) Subscriber {
	t.Helper()
	all, err := s.Subscribers(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, all, 1)
	return all[0]
}

func TestASubscriberFollowsItsFeedFromWhereItWas(t *testing.T) {
	t.Parallel()
	config := Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", ClientToken: "sesame"}
	s := open(t, config)
	feed(t, s, "1281", 10)
	password := subscribed(t, s, "economics", "1281")
	before := only(t, s)
	away := false
	require.Equal(t, Subscriber{Name: "economics", Authority: "1281", Stream: "BI_1281", Added: before.Added, Consumer: true, Pending: 10, Connected: &away}, before)
	require.WithinDuration(t, time.Now(), before.Added, time.Minute)

	c, _ := as(t, s, "economics", password)
	require.Equal(t, uint64(4), take(t, consumer(t, c, "BI_1281", "economics"), 4))
	after := only(t, s)
	require.Equal(t, uint64(4), after.Position)
	require.Equal(t, uint64(6), after.Pending)
	require.True(t, *after.Connected)
	require.False(t, after.Seen.IsZero())

	c.Close()
	require.NoError(t, s.Close())
	s = open(t, config) // the operator's server starts anew
	require.False(t, *only(t, s).Connected)
	c, _ = as(t, s, "economics", password)
	require.Equal(t, uint64(10), take(t, consumer(t, c, "BI_1281", "economics"), 6))
	require.Zero(t, only(t, s).Pending)
}

// A command adds and removes without a server that listens.
func TestASubscriberAddedWhileNobodyListensIsLetInLater(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	feed(t, s, "1281", 1)
	password := subscribed(t, s, "economics", "1281")
	gone := subscribed(t, s, "gone", "1281")
	require.NoError(t, s.RemoveSubscriber(t.Context(), "gone", ""))
	require.Equal(t, "economics", only(t, s).Name)
	require.NoError(t, s.Close())

	s = open(t, Config{Dir: dir, Listen: "127.0.0.1:0", ClientToken: "sesame"})
	c, _ := as(t, s, "economics", password)
	take(t, consumer(t, c, "BI_1281", "economics"), 1)
	_, err := nats.Connect(s.ClientURL(), nats.UserInfo("gone", gone))
	require.ErrorIs(t, err, nats.ErrAuthorization)
}

func TestOnlyTheSubscribersOwnPasswordLetsItIn(t *testing.T) {
	t.Parallel()
	s := served(t)
	feed(t, s, "1281", 0)
	password, other := subscribed(t, s, "economics", "1281"), subscribed(t, s, "statistics", "1281")
	for name, wrong := range map[string]string{"economics": other, "nobody": password, logUser: password, serviceUser: password, "": password} {
		_, err := nats.Connect(s.ClientURL(), nats.UserInfo(name, wrong))
		require.ErrorIs(t, err, nats.ErrAuthorization, name)
	}
	hash := readFile(t, s.subscriberFile("economics"))
	require.NotContains(t, hash, password)
	var stored admission
	require.NoError(t, json.Unmarshal([]byte(hash), &stored))
	_, err := nats.Connect(s.ClientURL(), nats.UserInfo("economics", stored.Password))
	require.ErrorIs(t, err, nats.ErrAuthorization, "who has read the file cannot come in with what stands there")
	info, err := os.Stat(s.subscriberFile("economics"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

// elsewhere are requests that are not for the subscriber economics of 1281, beside what no outside client may do.
func elsewhere() map[string]string {
	requests := map[string]string{
		"careledger.ask":                 `{"question":"trail"}`,
		"careledger.record":              `{}`,
		"bi.1281.posting":                `{}`,
		"bi.1282.posting":                `{}`,
		"care.1281.case.a.forged":        `{}`,
		"access.1281.question.a.forged":  `{}`,
		"$JS.API.INFO":                   "",
		"$JS.API.STREAM.NAMES":           "",
		"$JS.API.STREAM.LIST":            "",
		"$JS.API.STREAM.CREATE.X":        `{"name":"X","subjects":["x"],"num_replicas":1}`,
		"$JS.API.STREAM.RESTORE.X":       `{"config":{"name":"X","subjects":["x"]},"state":{}}`,
		"$JS.API.ACCOUNT.PURGE.$G":       "",
		"$JS.API.META.LEADER.STEPDOWN":   "",
		"$SYS.REQ.SERVER.PING":           "",
		"$SYS.REQ.USER.INFO":             "",
		"_INBOX.x":                       "",
		"_R_.x":                          "",
		"$JS.ACK.BI_1281.statistics.1.1": "",
		"$JS.ACK.BI_1282.economics.1.1":  "",
	}
	for _, stream := range []string{"BI_1281", "BI_1282", "CARE_1281", "ACCESS_1281"} {
		for call, data := range map[string]string{
			"INFO": "", "UPDATE": `{"name":"` + stream + `","subjects":["x"],"num_replicas":1}`, "DELETE": "", "PURGE": "", "MSG.GET": `{"seq":1}`, "MSG.DELETE": `{"seq":1}`,
			"SNAPSHOT": `{"deliver_subject":"x"}`, "LEADER.STEPDOWN": "", "PEER.REMOVE": `{"peer":"x"}`,
		} {
			requests["$JS.API.STREAM."+call+"."+stream] = data
		}
		requests["$JS.API.DIRECT.GET."+stream] = `{"seq":1}`
		requests["$JS.API.DIRECT.GET."+stream+".bi.1281.posting"] = ""
		requests["$JS.API.CONSUMER.NAMES."+stream] = ""
		requests["$JS.API.CONSUMER.LIST."+stream] = ""
		requests["$JS.API.CONSUMER.CREATE."+stream] = `{"stream_name":"` + stream + `","config":{"ack_policy":"explicit"}}`
		names := []string{"statistics", "spare"}
		if stream != "BI_1281" {
			names = append(names, "economics")
		}
		for _, name := range names {
			create := `{"stream_name":"` + stream + `","config":{"durable_name":"` + name + `","name":"` + name + `","ack_policy":"explicit"}}`
			requests["$JS.API.CONSUMER.INFO."+stream+"."+name] = ""
			requests["$JS.API.CONSUMER.DELETE."+stream+"."+name] = ""
			requests["$JS.API.CONSUMER.MSG.NEXT."+stream+"."+name] = "1"
			requests["$JS.API.CONSUMER.CREATE."+stream+"."+name] = create
			requests["$JS.API.CONSUMER.CREATE."+stream+"."+name+".bi.>"] = create
		}
		for _, name := range append(names, "economics") {
			requests["$JS.API.CONSUMER.DURABLE.CREATE."+stream+"."+name] = `{"stream_name":"` + stream + `","config":{"durable_name":"` + name + `"}}`
			requests["$JS.API.CONSUMER.PAUSE."+stream+"."+name] = ""
			requests["$JS.API.CONSUMER.UNPIN."+stream+"."+name] = ""
		}
	}
	return requests
}

// What is not its own is refused at once, and does not exist in a subscriber's account at all: that is tried with the list of permissions taken away.
func TestASubscriberReachesNothingButItsOwnConsumer(t *testing.T) {
	t.Parallel()
	s := served(t)
	fill(t, create(t, s), 5)
	_, err := s.CreateAccessLog(t.Context(), "1281")
	require.NoError(t, err)
	feed(t, s, "1281", 5)
	feed(t, s, "1282", 5)
	password := subscribed(t, s, "economics", "1281")
	subscribed(t, s, "statistics", "1281")
	subscribed(t, s, "neighbour", "1282")
	heard := make(chan *nats.Msg, 64) // what reaches the services
	_, err = s.Conn().ChanSubscribe("careledger.>", heard)
	require.NoError(t, err)
	before := state(t, s)

	c, denied := as(t, s, "economics", password)
	for subj, data := range elsewhere() {
		require.NoError(t, c.PublishRequest(subj, c.NewInbox(), []byte(data)))
		err := <-denied
		require.ErrorIs(t, err, nats.ErrPermissionViolation, subj)
		require.Contains(t, err.Error(), `"`+subj+`"`)
	}
	for _, subj := range []string{"bi.>", "care.>", "careledger.>", "$JS.>", "$SYS.>", ">", "_R_.>", "inbox.mine"} {
		_, err := c.SubscribeSync(subj)
		require.NoError(t, err)
		require.ErrorIs(t, <-denied, nats.ErrPermissionViolation, subj)
	}
	connections, err := s.gate.connections("economics")
	require.NoError(t, err)
	require.Len(t, connections, 1)
	s.server.GetClient(connections[0].Cid).RegisterUser(&server.User{Account: s.gate.subscribers["economics"].account})
	for subj, data := range elsewhere() {
		if subj == "$SYS.REQ.USER.INFO" {
			continue // the server answers everybody about themselves
		}
		_, err := c.Request(subj, []byte(data), answerWait)
		require.ErrorIs(t, err, nats.ErrNoResponders, subj)
	}
	require.Empty(t, heard)
	require.Equal(t, before, state(t, s))
	require.Equal(t, uint64(5), take(t, consumer(t, c, "BI_1281", "economics"), 5), "what is its own goes on working")
}

// state is what the server holds: streams, and the consumers of the feeds, without times.
func state(t *testing.T, s *Store) map[string]any {
	t.Helper()
	found := map[string]any{}
	streams := s.js.ListStreams(t.Context())
	for i := range streams.Info() {
		i.TimeStamp = time.Time{}
		found[i.Config.Name] = *i
	}
	require.NoError(t, streams.Err())
	for _, feed := range []string{"BI_1281", "BI_1282"} {
		st, err := s.js.Stream(t.Context(), feed)
		require.NoError(t, err)
		names := st.ConsumerNames(t.Context())
		for name := range names.Name() {
			cons, err := st.Consumer(t.Context(), name)
			require.NoError(t, err)
			found[feed+"/"+name] = cons.CachedInfo().Config
		}
		require.NoError(t, names.Err())
	}
	return found
}

// NATS does not check the subjects that a client wants to be answered under. In a subscriber's account they lead nowhere: not to a log, not to the
// services, not to the inbox of another.
func TestAnswersToASubscriberReachNobodyElse(t *testing.T) {
	t.Parallel()
	s := served(t)
	l := create(t, s)
	feed(t, s, "1281", 5)
	password, others := subscribed(t, s, "economics", "1281"), subscribed(t, s, "statistics", "1281")
	heard := make(chan *nats.Msg, 64)
	for _, listener := range []*nats.Conn{s.Conn(), s.conn} {
		_, err := listener.ChanSubscribe("careledger.>", heard)
		require.NoError(t, err)
		require.NoError(t, listener.Flush())
	}
	other, _ := as(t, s, "statistics", others)
	_, err := other.ChanSubscribe("_INBOX.>", heard)
	require.NoError(t, err)
	require.NoError(t, other.Flush())

	c, _ := as(t, s, "economics", password)
	m, err := c.Request("$JS.API.CONSUMER.MSG.NEXT.BI_1281.economics", []byte("1"), answerWait)
	require.NoError(t, err)
	for _, target := range []string{"care.1281.case.a.forged", "careledger.record", "_INBOX.statistics"} {
		for subj, data := range map[string]string{
			"$JS.API.CONSUMER.INFO.BI_1281.economics":     "",
			"$JS.API.CONSUMER.MSG.NEXT.BI_1281.economics": "1",
			"$JS.API.CONSUMER.CREATE.BI_1281.economics":   `{"stream_name":"BI_1281","config":{"durable_name":"economics"}}`,
			m.Reply: "+NXT",
		} {
			require.NoError(t, c.PublishRequest(subj, target, []byte(data)))
			require.NoError(t, c.PublishMsg(&nats.Msg{Subject: subj, Reply: c.NewInbox(), Data: []byte(data), Header: nats.Header{"Nats-Trace-Dest": {target}}}))
		}
	}
	_, err = c.Request("$JS.API.CONSUMER.INFO.BI_1281.economics", nil, answerWait) // all before it has been answered
	require.NoError(t, err)
	require.NoError(t, other.Flush())
	require.NoError(t, s.Conn().Flush())
	require.Empty(t, heard)
	h, err := l.Refresh(t.Context())
	require.NoError(t, err)
	require.Zero(t, h.Sequence)
}

func TestTheConsumerThatASubscriberMakesIsDurablePulledAndItsOwn(t *testing.T) {
	t.Parallel()
	s := served(t)
	feed(t, s, "1281", 5)
	c, _ := as(t, s, "economics", subscribed(t, s, "economics", "1281"))
	js, err := jetstream.New(c)
	require.NoError(t, err)
	own := func(change func(c *server.ConsumerConfig)) server.ConsumerConfig {
		c := server.ConsumerConfig{Durable: "economics", Name: "economics", AckPolicy: server.AckExplicit}
		change(&c)
		return c
	}
	for reason, config := range map[string]server.ConsumerConfig{
		"leave deliver_subject out": own(func(c *server.ConsumerConfig) { c.DeliverSubject = "_INBOX.mine" }),
		"deliver_subject":           own(func(c *server.ConsumerConfig) { c.DeliverGroup = "g" }),
		"durable_name and name":     own(func(c *server.ConsumerConfig) { c.Durable = "" }),
		"durable_name and":          own(func(c *server.ConsumerConfig) { c.Durable, c.Name = "spare", "spare" }),
		"your consumer is durable":  own(func(c *server.ConsumerConfig) { c.Name = "spare" }),
		"ack_policy":                own(func(c *server.ConsumerConfig) { c.AckPolicy = server.AckNone }),
		"mem_storage":               own(func(c *server.ConsumerConfig) { c.MemoryStorage = true }),
		"inactive_threshold":        own(func(c *server.ConsumerConfig) { c.InactiveThreshold = time.Minute }),
		"sample_freq":               own(func(c *server.ConsumerConfig) { c.SampleFrequency = "100%" }),
		"max_ack_pending":           own(func(c *server.ConsumerConfig) { c.MaxAckPending = subscriberUnacknowledged + 1 }),
		"max_ack_pending is":        own(func(c *server.ConsumerConfig) { c.MaxAckPending = -1 }),
		"ack_wait":                  own(func(c *server.ConsumerConfig) { c.AckWait = time.Nanosecond }),
		"each backoff":              own(func(c *server.ConsumerConfig) { c.BackOff = []time.Duration{time.Minute, time.Nanosecond} }),
		"filter_subjects":           own(func(c *server.ConsumerConfig) { c.FilterSubjects = make([]string, subscriberFilters+1) }),
		"max_waiting":               own(func(c *server.ConsumerConfig) { c.MaxWaiting = 1 << 20 }),
	} {
		m, err := json.Marshal(map[string]any{"stream_name": "BI_1281", "config": config})
		require.NoError(t, err)
		answer, err := c.Request("$JS.API.CONSUMER.CREATE.BI_1281.economics", m, answerWait)
		require.NoError(t, err)
		require.Contains(t, string(answer.Data), reason)
		require.Contains(t, string(answer.Data), `"code":403`)
	}
	// Beginning anew, with some kinds of messages only, as a program does that makes its consumer itself.
	take(t, consumer(t, c, "BI_1281", "economics"), 5)
	require.NoError(t, js.DeleteConsumer(t.Context(), "BI_1281", "economics"))
	gone := only(t, s)
	require.False(t, gone.Consumer)
	require.Equal(t, uint64(5), gone.Pending)
	for _, filters := range [][]string{{"bi.1281.posting"}, {"bi.1281.posting", "bi.1281.premium"}} {
		cons, err := js.CreateOrUpdateConsumer(t.Context(), "BI_1281", jetstream.ConsumerConfig{Durable: "economics", AckPolicy: jetstream.AckExplicitPolicy, FilterSubjects: filters})
		require.NoError(t, err)
		require.Equal(t, uint64(5), cons.CachedInfo().NumPending)
	}
	_, err = js.CreateOrUpdateConsumer(t.Context(), "BI_1281", jetstream.ConsumerConfig{Durable: "economics", AckPolicy: jetstream.AckExplicitPolicy, FilterSubject: "bi.1281.posting"})
	require.NoError(t, err)
	require.Equal(t, uint64(5), take(t, consumer(t, c, "BI_1281", "economics"), 5))
	_, err = js.CreateOrUpdateConsumer(t.Context(), "BI_1281", jetstream.ConsumerConfig{Durable: "economics", AckPolicy: jetstream.AckNonePolicy})
	var refused *jetstream.APIError
	require.True(t, errors.As(err, &refused), "%v", err)
	require.Equal(t, 403, refused.Code)
}

func TestRemovingASubscriberCutsItOffAtOnce(t *testing.T) {
	t.Parallel()
	s := served(t)
	feed(t, s, "1281", 5)
	password := subscribed(t, s, "economics", "1281")
	other, _ := as(t, s, "statistics", subscribed(t, s, "statistics", "1281"))
	c, _ := as(t, s, "economics", password)
	take(t, consumer(t, c, "BI_1281", "economics"), 2)
	closed := c.StatusChanged(nats.CLOSED)
	require.ErrorIs(t, s.RemoveSubscriber(t.Context(), "economics", "1282"), ErrNoSubscriber, "of another authority")
	require.NoError(t, s.RemoveSubscriber(t.Context(), "economics", "1281"))
	require.Equal(t, nats.CLOSED, <-closed) // reconnecting was refused
	_, err := nats.Connect(s.ClientURL(), nats.UserInfo("economics", password))
	require.ErrorIs(t, err, nats.ErrAuthorization)
	_, err = s.js.Consumer(t.Context(), "BI_1281", "economics")
	require.ErrorIs(t, err, jetstream.ErrConsumerNotFound)
	require.NoFileExists(t, s.subscriberFile("economics"))
	require.ErrorIs(t, s.RemoveSubscriber(t.Context(), "economics", ""), ErrNoSubscriber)
	take(t, consumer(t, other, "BI_1281", "statistics"), 5)

	again := subscribed(t, s, "economics", "1281")
	require.NotEqual(t, password, again)
	_, err = nats.Connect(s.ClientURL(), nats.UserInfo("economics", password))
	require.ErrorIs(t, err, nats.ErrAuthorization)
	c, _ = as(t, s, "economics", again)
	require.Equal(t, uint64(5), take(t, consumer(t, c, "BI_1281", "economics"), 5), "it begins anew")
}

// Removing is interrupted after the file is gone: the consumer that stays is deleted when the name is used again.
func TestAConsumerLeftBehindIsNobodys(t *testing.T) {
	t.Parallel()
	s := served(t)
	feed(t, s, "1281", 5)
	c, _ := as(t, s, "economics", subscribed(t, s, "economics", "1281"))
	take(t, consumer(t, c, "BI_1281", "economics"), 3)
	require.NoError(t, os.Remove(s.subscriberFile("economics")))
	require.Equal(t, uint64(5), func() uint64 { subscribed(t, s, "economics", "1281"); return only(t, s).Pending }())
}

func TestAddingASubscriberIsRefusedInWords(t *testing.T) {
	t.Parallel()
	s := served(t)
	feed(t, s, "1281", 0)
	for _, name := range []string{"", "a.b", "a/b", "..", "a b", "*", ">", strings.Repeat("a", 65)} {
		_, err := s.AddSubscriber(t.Context(), name, "1281")
		require.ErrorContains(t, err, "1 to 64 of", name)
	}
	subscribed(t, s, "economics", "1281")
	_, err := s.AddSubscriber(t.Context(), "economics", "1281")
	require.ErrorIs(t, err, ErrSubscriberExists)
	_, err = s.AddSubscriber(t.Context(), "other", "1282")
	require.ErrorIs(t, err, jetstream.ErrStreamNotFound)
	require.NoFileExists(t, s.subscriberFile("other"))
}

// A file that is damaged costs the subscriber that it is of, and nobody else: the store opens, the others are let in, and what to do is said.
func TestADamagedFileCostsItsSubscriberAlone(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"cut":     `{"name":"economics"`,
		"other":   `{"name":"statistics","authority":"1281","added":"2026-01-01T00:00:00Z","password_sha256":"` + strings.Repeat("a", 64) + `"}`,
		"hash":    `{"name":"economics","authority":"1281","added":"2026-01-01T00:00:00Z","password_sha256":"aa"}`,
		"unknown": `{"name":"economics","authority":"1281","added":"2026-01-01T00:00:00Z","password_sha256":"` + strings.Repeat("a", 64) + `","rights":"all"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", ClientToken: "sesame"}
			s := open(t, config)
			create(t, s)
			feed(t, s, "1281", 2)
			password, others := subscribed(t, s, "economics", "1281"), subscribed(t, s, "neighbour", "1281")
			require.NoError(t, os.WriteFile(s.subscriberFile("economics"), []byte(content), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(s.subscribersDir(), "half.json.new"), nil, 0o600), "what a kill leaves is passed over")
			require.NoError(t, s.Close())
			s = open(t, config)
			c, _ := as(t, s, "neighbour", others)
			require.Equal(t, uint64(2), take(t, consumer(t, c, "BI_1281", "neighbour"), 2))
			_, err := nats.Connect(s.ClientURL(), nats.UserInfo("economics", password))
			require.ErrorIs(t, err, nats.ErrAuthorization)
			for _, authority := range []string{"", "1281", "1282"} { // whose it is stands nowhere that can be read
				all, err := s.Subscribers(t.Context(), authority)
				require.NoError(t, err)
				require.Equal(t, "economics", all[0].Name)
				require.Contains(t, all[0].Damaged, "economics.json")
				require.Contains(t, all[0].Damaged, "remove the subscriber and add it again")
				require.Len(t, all, map[string]int{"": 2, "1281": 2, "1282": 1}[authority])
			}
			_, err = s.AddSubscriber(t.Context(), "economics", "1281")
			require.ErrorIs(t, err, ErrSubscriberExists, "its position is not given to another before it is removed")
			require.NoError(t, s.RemoveSubscriber(t.Context(), "economics", ""))
			_, err = s.js.Consumer(t.Context(), "BI_1281", "economics")
			require.ErrorIs(t, err, jetstream.ErrConsumerNotFound)
			require.Equal(t, "neighbour", only(t, s).Name)
			c, _ = as(t, s, "economics", subscribed(t, s, "economics", "1281"))
			require.Equal(t, uint64(2), take(t, consumer(t, c, "BI_1281", "economics"), 2))
		})
	}
}

// A disk may not tell upper and lower case apart, and then two such names would be one file.
func TestNamesThatDifferInCaseAloneAreRefused(t *testing.T) {
	t.Parallel()
	s := served(t)
	feed(t, s, "1281", 0)
	feed(t, s, "1282", 0)
	subscribed(t, s, "Acme", "1281")
	for _, authority := range []string{"1281", "1282"} {
		_, err := s.AddSubscriber(t.Context(), "acme", authority)
		require.ErrorIs(t, err, ErrSubscriberExists)
		require.ErrorContains(t, err, "in other letters, Acme")
	}
	require.ErrorIs(t, s.RemoveSubscriber(t.Context(), "acme", ""), ErrNoSubscriber)
	require.Equal(t, "Acme", only(t, s).Name)
}

// On a server elsewhere the users are the operator's, and the consumers are what there is.
func TestSubscribersOfAClusterAreItsDurableConsumers(t *testing.T) {
	t.Parallel()
	s := open(t, onCluster(clustertest.Start(t), t.TempDir()))
	create(t, s)
	_, err := s.CreateFeed(t.Context(), "1281")
	require.NoError(t, err)
	password, err := s.AddSubscriber(t.Context(), "economics", "1281")
	require.NoError(t, err)
	require.Empty(t, password)
	for _, name := range []string{"economics", "Economics"} {
		_, err = s.AddSubscriber(t.Context(), name, "1281")
		require.ErrorIs(t, err, ErrSubscriberExists)
	}
	_, err = s.js.CreateConsumer(t.Context(), "BI_1281", jetstream.ConsumerConfig{Durable: "somebody-elses"})
	require.NoError(t, err)
	for range 3 {
		_, err = s.js.Publish(t.Context(), FeedSubject("1281", "posting"), []byte("{}"))
		require.NoError(t, err)
	}
	cons, err := s.js.Consumer(t.Context(), "BI_1281", "economics")
	require.NoError(t, err)
	take(t, cons, 2)
	there := only(t, s)
	require.Equal(t, Subscriber{Name: "economics", Authority: "1281", Stream: "BI_1281", Added: there.Added, Consumer: true, Position: 2, Pending: 1, Seen: there.Seen}, there)
	for _, name := range []string{"nobody", "somebody-elses"} {
		require.ErrorIs(t, s.RemoveSubscriber(t.Context(), name, "1281"), ErrNoSubscriber)
	}
	require.NoError(t, s.RemoveSubscriber(t.Context(), "economics", "1281"))
	none, err := s.Subscribers(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, none)
}
