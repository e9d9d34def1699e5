package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"careledger/domain"
)

// asyncAPISpecification is the published meta-schema, from npm.
const asyncAPISpecification = "../../testdata/bi/node_modules/@asyncapi/specs/schemas/3.0.0.json"

// compiled is the published schema of a kind.
func compiled(t *testing.T, k Kind) *jsonschema.Schema {
	t.Helper()
	b, err := Schema(k)
	require.NoError(t, err)
	return compile(t, b)
}

// compile reads a schema, which has to hold against its meta-schema.
func compile(t *testing.T, b []byte) *jsonschema.Schema {
	t.Helper()
	document := parsed(t, b)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	meta, err := c.Compile("https://json-schema.org/draft/2020-12/schema")
	require.NoError(t, err)
	require.NoError(t, meta.Validate(document))
	require.NoError(t, c.AddResource("urn:schema", document))
	s, err := c.Compile("urn:schema")
	require.NoError(t, err)
	return s
}

func parsed(t *testing.T, b []byte) any {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	require.NoError(t, err)
	return document
}

// samples are a message of each kind.
func samples() map[Kind]any {
	month := domain.NewMonth(2016, time.March)
	row := Row{Key: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Effective: month, Known: Known{Authority: "1281", Recorded: time.Date(2016, 3, 5, 10, 0, 0, 0, time.UTC), SourceSequence: 17}}
	carrier, charge := Carrier{"lund-hemvard", "ostra-torn-linero"}, Charge{"lund-2015-pilot", "premium"}
	sum := Sum{Quantity: "12", QuantityUnit: "goal", Amount: 356400, Currency: "SEK"}
	return map[Kind]any{
		Posting:    message(Posting, PostingRow{row, carrier, charge, sum}),
		Premium:    message(Premium, PremiumRow{row, carrier, charge, "mobility", "annual", sum}),
		Payout:     message(Payout, PayoutRow{Row: row, Payout: "2016-03-lund-hemvard", PayoutMonth: month, Carrier: carrier, Charge: charge, Version: 1, Status: "paid", StatusOn: month.First(), Voucher: "2016-1", Amount: -100, Currency: "SEK"}),
		Fulfilment: message(Fulfilment, FulfilmentRow{Row: row, Carrier: carrier, LifeArea: "mobility", Occasion: "annual", FollowUps: 1, Assessed: 3, Fulfilled: 2}),
		Decision:   message(Decision, DecisionRow{Row: row, Carrier: carrier, Method: "frame-time", Decisions: 1, GrantedMinutes: 600}),
		Position:   message(Position, PositionMark{row.Known}),
	}
}

func message[D any](k Kind, data D) Message[D] {
	return Message[D]{SpecVersion: "1.0", ID: "A.17", Source: Source("1281"), Type: k.Type(), Time: time.Unix(0, 0).UTC(), DataContentType: "application/json", DataSchema: k.DataSchema(), Data: data}
}

func TestEachKindHasASchemaThatItsMessagesHoldAgainst(t *testing.T) {
	require.Len(t, samples(), len(Kinds()))
	b, err := Schemas()
	require.NoError(t, err)
	all := compile(t, b)
	for _, k := range Kinds() {
		s := compiled(t, k)
		b, err := json.Marshal(samples()[k])
		require.NoError(t, err)
		require.NoError(t, s.Validate(parsed(t, b)), string(b))
		require.NoError(t, all.Validate(parsed(t, b)), string(b))
		for _, other := range Kinds() {
			if other != k {
				require.Error(t, compiled(t, other).Validate(parsed(t, b)), "%s as %s", k, other)
			}
		}
		// Without any of its fields, or with one of another type, it does not hold. A field that may be absent is said to be.
		message := parsed(t, b).(map[string]any)
		for _, part := range []map[string]any{message, message["data"].(map[string]any)} {
			for field, value := range part {
				delete(part, field)
				require.Error(t, s.Validate(any(message)), "%s without %s", k, field)
				require.Error(t, all.Validate(any(message)), "%s without %s", k, field)
				part[field] = []any{value}
				require.Error(t, s.Validate(any(message)), "%s with a list for %s", k, field)
				part[field] = value
			}
		}
		require.NoError(t, s.Validate(any(message)))
	}
}

func TestASchemaIsAsNarrowAsTheField(t *testing.T) {
	for name, change := range map[string]func(m, data map[string]any){
		"amount as a number":        func(_, d map[string]any) { d["amount"] = 3564.0 },
		"amount without öre":        func(_, d map[string]any) { d["amount"] = "3564" },
		"amount with a comma":       func(_, d map[string]any) { d["amount"] = "3564,00" },
		"another currency":          func(_, d map[string]any) { d["currency"] = "EUR" },
		"a month that is none":      func(_, d map[string]any) { d["effective"] = "2016-13" },
		"an unknown life area":      func(_, d map[string]any) { d["life_area"] = "mobilty" },
		"an authority that is none": func(_, d map[string]any) { d["authority"] = "128" },
		"a sequence below zero":     func(_, d map[string]any) { d["source_sequence"] = -1 },
		"a time that is none":       func(m, _ map[string]any) { m["time"] = "yesterday" },
		"another specversion":       func(m, _ map[string]any) { m["specversion"] = "0.3" },
	} {
		t.Run(name, func(t *testing.T) {
			b, err := json.Marshal(samples()[Premium])
			require.NoError(t, err)
			m := parsed(t, b).(map[string]any)
			change(m, m["data"].(map[string]any))
			require.Error(t, compiled(t, Premium).Validate(any(m)))
		})
	}
	_, err := Schema("premiums")
	require.ErrorContains(t, err, `"premiums" is not a kind`)
}

// Each field says what it is, in the words of the message.
func TestEveryFieldIsDescribed(t *testing.T) {
	for _, k := range Kinds() {
		b, err := Schema(k)
		require.NoError(t, err)
		document := parsed(t, b).(map[string]any)
		require.NotEmpty(t, document["description"])
		require.NotContains(t, string(b), "SourceSequence")
	}
}

func TestTheAsyncAPIDocumentHoldsAgainstTheSpecification(t *testing.T) {
	specification, err := os.ReadFile(asyncAPISpecification)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("npm ci --prefix cmd/careledger/testdata/bi brings the specification")
	}
	require.NoError(t, err)
	b, err := AsyncAPI()
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("urn:asyncapi", parsed(t, specification)))
	meta, err := c.Compile("urn:asyncapi")
	require.NoError(t, err)
	document := parsed(t, b).(map[string]any)
	require.NoError(t, meta.Validate(any(document)))
	require.Len(t, document["channels"], len(Kinds()))
	for _, part := range []string{"asyncapi", "info", "channels", "operations", "components"} { // the specification is asked
		whole := document[part]
		document[part] = []any{"something else"}
		require.Error(t, meta.Validate(any(document)), part)
		document[part] = whole
	}
}
