package ledger

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/replay"
)

func TestAStampsCommandPinsWhatTheQuestionLeftOpen(t *testing.T) {
	seed := uint64(7)
	period := compensation.Period{From: domain.NewMonth(2015, 1), To: domain.NewMonth(2016, 12)}
	for want, r := range map[string]Request{
		"careledger replay --authority 1281 --as-of-sequence 42 --from 2015-01 --to 2016-12 --set p.a=1": {Set: []string{"p.a=1"}},
		"careledger replay --server nats://ledger:4222,nats://other --authority 1281 --as-of 2016-06-30 --as-of-sequence 42 --from 2015-01 --to 2016-12 --by unit " +
			"--model 'my models/b.yaml,c' --in-force-from 2016-01-01 --compare unit,year --limit-change 5% --format json": {
			GivenBy: []string{"--server", "nats://ledger:4222,nats://other"}, AsOf: "2016-06-30", By: "unit", InForceFrom: "2016-01-01", Compare: "unit,year", LimitChange: "5%",
			Models: []replay.ModelSet{{Documents: []replay.Document{{Name: "my models/b.yaml"}, {Name: "c"}}}}, Format: "json"},
		"careledger replay --data x -o sweep.svg --authority 1281 --as-of-sequence 42 --from 2015-01 --to 2016-12 --sweep p.a=1..2:1 --assume fulfilled+0.1 --assume self-care:fulfilled-0.1 --assume-seed 7": {
			GivenBy: []string{"--data", "x", "-o", "sweep.svg"}, Sweep: "p.a=1..2:1", Assume: []string{"fulfilled+0.1", "self-care:fulfilled-0.1"}, AssumeSeed: &seed, Format: "svg"},
		"careledger replay --authority 1281 --as-of-sequence 42 --from 2015-01 --to 2016-12 --seek p.a --budget 100": {Seek: "p.a", Budget: "100", Format: "table"},
	} {
		q := question{inquiry: inquiry{Request: r}}
		assert.Equal(t, want, q.command(42, &replay.Result{Authority: "1281", Period: period, Behaviour: &replay.Behaviour{Seed: 7}}))
	}
	q := question{inquiry: inquiry{Request: Request{AsOf: "2016-06-30"}}}
	assert.Equal(t, "careledger replay --authority 1281 --as-of-sequence 0", q.command(0, &replay.Result{Authority: "1281"}), "nothing was known, at any time")
}
