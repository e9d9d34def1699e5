package projections

import (
	"context"
	"fmt"
	"hash/fnv"
	"runtime"
	"time"

	"careledger/domain"
	"careledger/eventstore"
)

// checked is an event of the log, decoded and judged from itself alone.
type checked struct {
	raw      eventstore.Event
	read     bool // it was decoded: it is of this pass, or everything is
	whole    bool // it can be folded
	event    decoded
	err      error
	problems domain.Problems
	same     bool // its record's hash was computed again
}

// checking is a batch of events on its way from bytes to checked events.
type checking struct {
	pass   *verifyingPass
	events []checked
	done   chan struct{}
}

func (b *checking) decode() {
	defer close(b.done)
	for i := range b.events {
		c := &b.events[i]
		if c.read = b.pass.table != nil || b.pass.concerns(domain.Entity(c.raw.Entity)); c.read {
			c.judge(b.pass.authority, b.pass.now, b.pass.table != nil)
		}
	}
}

// judge decodes the event. Only the first pass, which reads all, looks at what is the same in each.
func (c *checked) judge(authority string, now time.Time, first bool) {
	e, err := domain.DecodeEvent(c.raw.Sequence, domain.Type(c.raw.Type), c.raw.Data)
	if err != nil {
		c.err = err
		return
	}
	c.event = decoded{e, domain.ShortID(e.ID), ShortHash(e.RecordHash)}
	c.problems, c.whole = e.CheckStored(c.raw.Data, now)
	if string(e.Entity) != c.raw.Entity {
		c.problems, c.whole = append(c.problems, domain.Problem{Field: "entity", Reason: fmt.Sprintf("its document says %s, and it stands among the events of %s", e.Entity, c.raw.Entity)}), false
	}
	if e.ID != c.raw.ID {
		c.problems = append(c.problems, domain.Problem{Field: "id", Reason: fmt.Sprintf("its document says %s, and it is kept under %s", e.ID, c.raw.ID)})
	}
	if e.Authority != authority {
		c.problems = append(c.problems, domain.Problem{Field: "authority", Reason: fmt.Sprintf("it says %s, and stands on the log of %s", e.Authority, authority)})
	}
	if !first {
		return
	}
	same, told := e.RecordHashComputed()
	if c.same = same; told && !same {
		c.problems = append(c.problems, domain.Problem{Field: "recordhash", Reason: "it is not the hash of the event's own content"})
	}
}

// pass reads the log and checks its events in order: all of them as far as they are the authority's own, and of the cases, patients, agreements and
// grants those of one part. The first pass computes the root, folds the table and judges each event by itself too.
func (v *Verification) pass(ctx context.Context, log *eventstore.Log, r *VerifyRequest, table *Table, n, of int) (head eventstore.Head, differ []eventstore.Head, err error) {
	p := newVerifyingPass(v, log, r, table, n, of)
	pipe := newPipeline[*checking](runtime.GOMAXPROCS(0))
	end, read := log.Head().Sequence, make(chan error, 1)
	go func() {
		defer close(pipe.batches)
		batch := &checking{pass: p, done: make(chan struct{})}
		visit := func(e eventstore.Event) error {
			if batch.events = append(batch.events, checked{raw: e}); len(batch.events) < batchEvents {
				return nil
			}
			full := batch
			batch = &checking{pass: p, events: make([]checked, 0, batchEvents), done: make(chan struct{})}
			return pipe.submit(full)
		}
		var err error
		if table != nil {
			head, differ, err = log.VerifyEach(ctx, r.Checkpoints, visit)
		} else {
			err = log.Read(ctx, 1, v.Sequence, visit)
		}
		if len(batch.events) > 0 && ctx.Err() == nil { // what stands before damaged bytes is judged too
			_ = pipe.submit(batch) // only a stopped pipeline refuses
		}
		read <- err
	}()
	doing := "verifying the log of " + v.Authority
	if of > 1 {
		doing += fmt.Sprintf(" (pass %d of %d)", n+1, of)
	}
	for b := range pipe.batches {
		<-b.done
		for i := range b.events {
			p.step(ctx, &b.events[i])
		}
		r.Progress(doing, p.position, end)
	}
	err = <-read
	pipe.close()
	if table != nil {
		v.Sequence, v.Events = p.position, p.position
	}
	if err == nil {
		p.end()
	}
	return head, differ, err
}

// concerns says whether the pass checks the events of an entity. Providers and policies are in every pass: what all others do rests on them.
func (p *verifyingPass) concerns(e domain.Entity) bool {
	switch e.Kind() {
	case domain.KindProvider, domain.KindPolicy:
		return true
	case domain.KindPayout:
		return p.n == 0
	}
	if p.of == 1 {
		return true
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(e)) // a hash takes everything
	return int(h.Sum32()%uint32(p.of)) == p.n
}
