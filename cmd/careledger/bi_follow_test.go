package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/feed"
)

// Access is what careledger bi add NAME --format json prints.
type Access struct{ URL, User, Password, Stream, Consumer string }

// Follow hands each message of the feed to keep: all there was, then what comes; after any stop it goes on where it was. A
// message comes again if it was not acknowledged in time, so keep has to stand being told twice.
func Follow(ctx context.Context, a Access, keep func(message []byte) error) error {
	conn, err := nats.Connect(a.URL, nats.UserInfo(a.User, a.Password), nats.MaxReconnects(-1))
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	consumer, err := js.Consumer(ctx, a.Stream, a.Consumer)
	if err != nil {
		return err
	}
	messages, err := consumer.Messages()
	for err == nil {
		var m jetstream.Msg
		if m, err = messages.Next(jetstream.NextContext(ctx)); err == nil {
			err = keep(m.Data())
		}
		if err == nil {
			err = m.Ack() // only when it is kept
		}
	}
	return err
}

// Every message that the demo's feed holds is as its schema says, and has no field that the schema does not know.
func TestEveryMessageOfTheDemoHoldsAgainstItsSchema(t *testing.T) {
	t.Parallel()
	b := newBILedger(t)
	b.run("demo")
	b.serve()
	var access Access
	require.NoError(t, json.Unmarshal([]byte(b.run("bi", "add", "economics", "--format", "json")), &access))
	schemas := map[string]*jsonschema.Schema{}
	for _, k := range feed.Kinds() {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(b.run("bi", "schema", string(k)))))
		require.NoError(t, err)
		message := document.(map[string]any)
		data := message["properties"].(map[string]any)["data"].(map[string]any)
		message["additionalProperties"], data["additionalProperties"] = false, false
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		require.NoError(t, c.AddResource("urn:schema", document))
		schemas[k.Type()], err = c.Compile("urn:schema")
		require.NoError(t, err)
	}
	var head struct {
		AsOf struct{ Sequence uint64 } `json:"as_of"`
	}
	require.NoError(t, json.Unmarshal([]byte(b.run("fulfilment", "--format", "json")), &head))
	count, done := map[string]int{}, errors.New("level with the ledger")
	err := Follow(t.Context(), access, func(text []byte) error {
		message, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return err
		}
		var m feed.Message[feed.PositionMark]
		if err := json.Unmarshal(text, &m); err != nil {
			return err
		}
		count[m.Type]++
		if err := schemas[m.Type].Validate(message); err != nil {
			return err
		}
		if m.Type == feed.Position.Type() && m.Data.SourceSequence == head.AsOf.Sequence {
			return done
		}
		return nil
	})
	require.ErrorIs(t, err, done)
	for _, k := range feed.Kinds() {
		require.Positive(t, count[k.Type()], k)
	}
}

// The README shows the programs that the tests run.
func TestReadmeShowsTheSubscribers(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	node, err := os.ReadFile("testdata/bi/follow.mjs")
	require.NoError(t, err)
	require.True(t, bytes.Contains(readme, slices.Concat([]byte("```js\n"), node, []byte("```"))), "put testdata/bi/follow.mjs into the README")
	source, err := os.ReadFile("bi_follow_test.go")
	require.NoError(t, err)
	_, rest, _ := bytes.Cut(source, []byte("// Follow hands"))
	function, _, _ := bytes.Cut(rest, []byte("\n}\n"))
	require.True(t, bytes.Contains(readme, slices.Concat([]byte("```go\n// Follow hands"), function, []byte("\n}\n```"))), "put Follow into the README")
}
