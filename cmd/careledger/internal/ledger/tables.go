package ledger

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"careledger/cmd/careledger/internal/tables"
)

// TablesRequest asks for the tables of BI (package tables), so that it can be put to another process. They name no case or patient, so nobody is
// asked who reads them. Texts are as a person writes them.
type TablesRequest struct {
	Authority    string  `json:"authority,omitempty"`
	AsOfSequence *uint64 `json:"as_of_sequence,omitempty"`
	AsOf         string  `json:"as_of,omitempty"`

	// Known is what the asker has: refused where it was made from another log (*tables.OtherLogError). nil for nothing.
	Known *tables.Position `json:"known,omitempty"`
	// IfMoved asks for nothing where the log still stands at Known.
	IfMoved bool `json:"if_moved,omitzero"`

	Progress ProgressFunc `json:"-"`
}

// Tables writes the tables as known at one position of the log, in the form of tables.Writer.
func (l *Local) Tables(ctx context.Context, r TablesRequest, w io.Writer) (err error) {
	defer l.acted(false, questionTables, time.Now(), &err)
	q, err := (Request{AsOf: r.AsOf, AsOfSequence: r.AsOfSequence}).read()
	if err != nil {
		return &Wrong{err}
	}
	o, err := l.answering(ctx, r.Authority)
	if err == nil {
		err = o.reaches(r.AsOfSequence)
	}
	if err != nil {
		return err
	}
	log, err := o.position(o.table.Position())
	if err != nil {
		return err
	}
	from := tables.Origin{Authority: o.log.Authority(), Log: log}
	if r.Known != nil {
		if r.IfMoved && *r.Known == log {
			return tables.WriteUnchanged(w, from)
		}
		if err := o.continues(*r.Known, log); err != nil {
			return err
		}
	}
	q.AsOf.Sequence = min(q.AsOf.Sequence, log.Sequence) // what is written meanwhile is no part of them
	r.Progress.report("computing the tables", 0, 0)
	cut, err := o.table.Cut(q.AsOf)
	if err != nil {
		return err
	}
	payouts, _, err := o.table.Payouts(q.AsOf)
	if err != nil {
		return err
	}
	from.AsOf = tables.MomentOf(cut.Moment)
	out, err := tables.NewWriter(w, from)
	if err != nil {
		return err
	}
	written := int64(0)
	err = tables.Make(ctx, tables.Source{Cut: cut, Payouts: payouts}, func(p *tables.Partition) error {
		written++
		r.Progress.report("writing partitions", written, 0)
		return out.Write(p)
	})
	if err != nil {
		return err
	}
	return out.Close()
}

// position states a position of the log with its root.
func (o *openLog) position(sequence uint64) (tables.Position, error) {
	root, err := tlog.TreeHash(int64(sequence), o.log)
	if err != nil {
		return tables.Position{}, fmt.Errorf("the root of the log at event %d: %w", sequence, err)
	}
	return tables.Position{Sequence: sequence, Root: hex.EncodeToString(root[:])}, nil
}

// continues refuses a position that the log has not passed.
func (o *openLog) continues(known, head tables.Position) error {
	if known.Sequence <= head.Sequence {
		passed, err := o.position(known.Sequence)
		if err != nil {
			return err
		}
		if passed == known {
			return nil
		}
	}
	return &tables.OtherLogError{Authority: o.log.Authority(), Known: known, Head: head}
}
