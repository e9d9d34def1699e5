package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// natsServer runs a NATS server of the operator's own, with these accounts, until stop.
func (b *biLedger) natsServer(accounts string) (stop func()) {
	b.t.Helper()
	opts, err := server.ProcessConfigFile(b.file("nats-server.conf", fmt.Sprintf("listen: %q\njetstream: {store_dir: %q}\n%s", b.address, b.dir+"/streams", accounts)))
	require.NoError(b.t, err)
	opts.NoSigs, opts.NoLog = true, true
	s, err := server.NewServer(opts)
	require.NoError(b.t, err)
	s.Start()
	stop = func() { s.Shutdown(); s.WaitForShutdown() }
	b.t.Cleanup(stop)
	require.True(b.t, s.ReadyForConnections(biWait))
	return stop
}

// On a server of the operator's own, what careledger bi add prints for its configuration lets a program follow its feed, and do nothing else.
func TestTheAccountsThatAreRecommendedLetAProgramFollowAndNothingElse(t *testing.T) {
	t.Parallel()
	b := newBILedger(t)
	withUser := func(accounts string) string {
		return strings.Replace(accounts, "jetstream: enabled", `jetstream: enabled, users: [{user: "ledger", password: "secret"}]`, 1)
	}
	stop := b.natsServer(withUser("accounts { STREAMS: {jetstream: enabled} }"))
	ours := []string{"--server", "nats://ledger:secret@" + b.address, "--proofs", b.dir + "/proofs"}
	b.run(append(ours, "import", b.file("records.ndjson", `{"type": "provider-registered", "authority": "1281", "entity": "provider/p", "effective": "2015-01-01", "recorded": "2015-01-01T08:00:00Z", "actor": "a", "data": {"name": "P", "regime": "in-house"}}`))...)
	require.Contains(t, b.run(append(ours, "bi", "add", "economics")...), "users are yours to make")
	b.run(append(ours, "bi", "add", "statistics")...)
	var added struct {
		Password string
		Accounts string `json:"nats_accounts"`
	}
	b.run(append(ours, "bi", "remove", "economics")...)
	require.NoError(t, json.Unmarshal([]byte(b.run(append(ours, "bi", "add", "economics", "--format", "json")...)), &added))
	require.Empty(t, added.Password)
	stop()
	b.natsServer(withUser(strings.Replace(added.Accounts, "(of your making)", "mine", 1)))

	inside, err := nats.Connect("nats://"+b.address, nats.UserInfo("ledger", "secret"))
	require.NoError(t, err)
	defer inside.Close()
	js, err := jetstream.New(inside)
	require.NoError(t, err)
	for range 3 {
		_, err = js.Publish(t.Context(), "bi.1281.posting", []byte("{}"))
		require.NoError(t, err)
	}
	denied := make(chan error, 64)
	c, err := nats.Connect("nats://"+b.address, nats.UserInfo("economics", "mine"), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
	require.NoError(t, err)
	defer c.Close()
	js, err = jetstream.New(c)
	require.NoError(t, err)
	consumer, err := js.Consumer(t.Context(), "BI_1281", "economics")
	require.NoError(t, err)
	batch, err := consumer.Fetch(3, jetstream.FetchMaxWait(biWait))
	require.NoError(t, err)
	for m := range batch.Messages() {
		require.NoError(t, m.DoubleAck(t.Context()))
	}
	require.NoError(t, batch.Error())
	require.Contains(t, b.run(append(ours, "bi", "list", "--format", "csv")...), ",3,0,,")

	for _, subject := range []string{
		"care.1281.provider.p.forged", "bi.1281.posting", "$JS.API.INFO", "careledger.record", "$JS.API.STREAM.INFO.CARE_1281", "$JS.API.STREAM.MSG.GET.CARE_1281", "$JS.API.STREAM.PURGE.BI_1281",
		"$JS.API.CONSUMER.CREATE.BI_1281.economics", "$JS.API.CONSUMER.DELETE.BI_1281.economics", "$JS.API.CONSUMER.MSG.NEXT.BI_1281.statistics",
	} {
		require.NoError(t, c.PublishRequest(subject, c.NewInbox(), nil))
		require.ErrorIs(t, <-denied, nats.ErrPermissionViolation, subject)
	}
	// Where it wants to be answered under is a subject of its own account: nothing of it is stored.
	require.NoError(t, c.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.BI_1281.economics", "care.1281.provider.p.forged", []byte(`{"batch":1,"no_wait":true}`)))
	require.NoError(t, c.PublishRequest("$JS.API.CONSUMER.INFO.BI_1281.economics", "care.1281.provider.p.forged", nil))
	_, err = c.Request("$JS.API.CONSUMER.INFO.BI_1281.economics", nil, 5*time.Second)
	require.NoError(t, err)
	require.Contains(t, b.run(append(ours, "trail", "provider/p", "--format", "csv")...), "provider-registered")
	require.NotContains(t, b.run(append(ours, "trail", "provider/p", "--format", "csv")...), "forged")
}
