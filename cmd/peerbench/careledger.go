package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
	"careledger/replay"
)

// ours answers from careledger's facts in this process.
type ours struct {
	store *eventstore.Store
	table *projections.Table
}

func ledgerDir(dir string) string { return filepath.Join(dir, "ledger") }

// openOurs opens the ledger of a data directory and its facts, which are folded from the log where they are missing.
func openOurs(ctx context.Context, data, authority string) (*ours, error) {
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: data, Doing: "benchmark"})
	if err != nil {
		return nil, err
	}
	log, err := store.OpenLog(ctx, authority)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	table, err := projections.Open(ctx, log, filepath.Join(data, "facts", authority+".facts"), nil)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &ours{store, table}, nil
}

// Ask implements Peer. The adopted policies are evaluated beside the alternatives, as for everybody who replays.
func (o *ours) Ask(ctx context.Context, q *Question) (rows []Row, err error) {
	r := replay.Request{AsOf: projections.Now, By: []string{"provider", "unit", "month"}}
	if !q.AsOf.IsZero() {
		r.AsOf = projections.AsOf{Time: q.AsOf}
	}
	if q.Kind == Sweep {
		r.By = []string{"provider", "policy"}
		r.Sweep = &replay.Sweep{Target: policyID + ".hourly_rate." + hourKeys[sweptKey].category + "/" + hourKeys[sweptKey].regime,
			From: decimal(q.Models[0].Hour[sweptKey]), To: decimal(q.Models[len(q.Models)-1].Hour[sweptKey]), Step: decimal(100)}
	} else {
		for i := range q.Models {
			id := "model-" + strconv.Itoa(i)
			r.Models = append(r.Models, replay.ModelSet{Documents: []replay.Document{{Name: id, Data: q.Models[i].Document(id)}}})
		}
	}
	result, err := replay.Replay(ctx, o.table, r, nil)
	if err != nil {
		return nil, err
	}
	if len(result.Runs) != len(q.Models)+1 {
		return nil, fmt.Errorf("%d models gave %d runs", len(q.Models), len(result.Runs))
	}
	for i, run := range result.Runs[1:] {
		for _, from := range run.Rows {
			row := Row{Model: i, Provider: from.Keys[0], Ore: int64(from.Amount)}
			if q.Kind == Sweep && from.Keys[1] != policyID {
				continue // the policies that the sweep leaves as they are
			}
			if q.byMonth() {
				row.Unit, row.Month = from.Keys[1], from.Keys[2]
			}
			rows = append(rows, row)
		}
	}
	sortRows(rows)
	return rows, nil
}

func decimal(ore int64) domain.Decimal { return domain.Money(ore).Decimal() }

// Close implements Peer.
func (o *ours) Close() error { return o.store.Close() }
