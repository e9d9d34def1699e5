package ledger

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/eventstore"
)

// Import judges every record of a file against the logs and the lines before it, and writes all of them or none. It returns a
// *RefusedError if a record has a problem. Cut off half-way (power, kill), part of the file stands on the log; importing it again
// completes it, because records that stand are duplicates without effect.
func (l *Local) Import(ctx context.Context, r ImportRequest) (report *ImportReport, err error) {
	defer l.acted(true, commandImport, time.Now(), &err)
	// Somebody else's append to the same log (another process on a cluster) takes the ground from under what was decided:
	// everything is judged again on what stands then.
	const tries = 20
	file, size, err := r.open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	l.importing.Lock() // one import at a time, so that two over the same authorities cannot wait for each other
	defer l.importing.Unlock()
	for try := 1; ; try++ {
		i := &importing{Local: l, request: r, file: file, size: size, report: &ImportReport{Logs: []LogReport{}, Problems: domain.Problems{}}, locked: map[string]*book{}, refused: map[string]bool{}}
		err := i.run(ctx)
		if errors.Is(err, eventstore.ErrConflict) && try < tries && ctx.Err() == nil {
			continue
		}
		return i.report, err
	}
}

// open returns the file of records and its size.
func (r ImportRequest) open() (file *os.File, size int64, err error) {
	if file = r.File; file == nil {
		if file, err = os.Open(r.Path); err != nil {
			return nil, 0, fmt.Errorf("open the file of records: %w", err)
		}
	}
	about, err := file.Stat()
	if err == nil && !about.Mode().IsRegular() { // it is read more than once
		err = fmt.Errorf("%s is not a file of records", file.Name())
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, about.Size(), nil
}

// importing is one attempt at one file.
type importing struct {
	*Local
	request ImportRequest
	file    *os.File
	size    int64 // what is appended meanwhile is left for the next import
	report  *ImportReport
	locked  map[string]*book // the authorities of the file; their writers are ours until the end
	spool   *spool
	tainted bool            // the writers hold something that will not be written
	refused map[string]bool // what the refused records would have made known
}

func (i *importing) run(ctx context.Context) (err error) {
	if i.spool, err = newSpool(); err != nil {
		return err
	}
	i.tainted = true
	defer func() {
		err = errors.Join(err, i.spool.close())
		for _, b := range i.locked {
			if i.tainted {
				b.writer = nil
			}
			b.mu.Unlock()
		}
	}()
	counted := &countingReader{r: i.records()}
	err = parseLines(ctx, counted, time.Now(), func(p parsed) error {
		i.report.Lines++
		i.request.Progress.report("checking records", counted.n.Load(), i.size)
		return i.judge(ctx, p)
	})
	if err != nil {
		return err
	}
	if len(i.report.Problems)+i.report.Dependent > 0 {
		i.report.Accepted, i.report.Duplicates, i.report.Events = 0, 0, 0
		return &RefusedError{i.report}
	}
	if err := i.write(ctx); err != nil {
		return err
	}
	i.tainted = false
	i.stand()
	return nil
}

// records returns the records from their beginning.
func (i *importing) records() io.Reader { return io.NewSectionReader(i.file, 0, i.size) }

// countingReader counts what has been read, for whoever shows the progress.
type countingReader struct {
	r io.Reader
	n atomic.Int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// judge decides one record and keeps what it would write.
func (i *importing) judge(ctx context.Context, p parsed) error {
	if len(p.problems) > 0 {
		i.refuse(p, p.problems)
		return nil
	}
	if p.err != nil {
		return p.err
	}
	if a := i.request.Authority; a != "" && a != p.Authority {
		i.refuse(p, domain.Problems{{Field: "authority", Reason: fmt.Sprintf("%s is not %s, the authority that the import is for", p.Authority, a)}})
		return nil
	}
	w, err := i.writerOf(ctx, p.Authority)
	if err != nil {
		return err
	}
	d, err := w.decide(ctx, p.candidate)
	if err != nil && !errors.Is(err, errTainted) {
		return err
	}
	switch {
	case len(d.problems) > 0:
		i.refuse(p, d.problems)
	case d.duplicate:
		i.report.Duplicates++
	default:
		i.report.Accepted++
		for _, c := range d.commits {
			i.report.Events += len(c.Messages)
			if err := i.spool.add(p.Authority, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuse lists a record's problems. One that only misses what an earlier refused record would have brought is counted, not listed:
// its cause stands in the list.
func (i *importing) refuse(p parsed, ps domain.Problems) {
	consequence := func(q domain.Problem) bool { return q.Missing != "" && i.refused[q.Missing] }
	listed := false
	for _, q := range ps {
		if !consequence(q) {
			q.Line, listed = p.line, true
			i.report.Problems = append(i.report.Problems, q)
		}
	}
	if !listed {
		i.report.Dependent++
	}
	for _, name := range domain.Defines(p.raw) {
		i.refused[name] = true
	}
}

func (i *importing) writerOf(ctx context.Context, authority string) (*writer, error) {
	b := i.locked[authority]
	if b == nil {
		var err error
		if b, err = i.book(ctx, authority); err != nil {
			return nil, err
		}
		b.mu.Lock()
		i.locked[authority] = b
		if i.behind(ctx, b, b.writer) {
			b.writer = nil
		}
		w, err := i.decider(ctx, b)
		if err != nil || w.base == 0 {
			return w, err
		}
		return w, i.preload(ctx, w)
	}
	return i.decider(ctx, b)
}

// preload reads the cases and patients that the file is about in one pass over the log, in place of one by one.
func (i *importing) preload(ctx context.Context, w *writer) error {
	found := map[domain.Entity]bool{}
	err := readLines(i.records(), func(_ int, line []byte) error {
		for _, kind := range [...]string{`"case/`, `"patient/`} {
			if _, rest, ok := bytes.Cut(line, []byte(kind)); ok {
				if id, _, ok := bytes.Cut(rest, []byte{'"'}); ok {
					found[domain.Entity(kind[1:]+string(id))] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.load(ctx, slices.Collect(maps.Keys(found)))
}

// write submits what was decided and returns when all of it is durable.
func (i *importing) write(ctx context.Context) error {
	written, total := int64(0), int64(i.report.Events)
	const window = 4096 // commits waited for late enough to keep the log busy; their bytes are bounded by the log itself
	type submitted struct {
		*eventstore.Pending
		events int
	}
	var pending []submitted
	await := func(n int) error {
		for _, p := range pending[:n] {
			if err := p.Wait(ctx); err != nil {
				return i.cutOff(written, total, err)
			}
			written += int64(p.events)
			i.request.Progress.report("writing events", written, total)
		}
		pending = slices.Delete(pending, 0, n)
		return nil
	}
	err := i.spool.each(func(authority string, c eventstore.Commit) error {
		b := i.locked[authority]
		if b.opened.Load() == nil {
			if err := i.createLog(ctx, b); err != nil {
				return err
			}
		}
		b.writer.at = b.opened.Load()
		p, err := b.writer.at.log.Submit(c)
		if err != nil {
			return i.cutOff(written, total, err)
		}
		if pending = append(pending, submitted{p, len(c.Messages)}); len(pending) > 2*window {
			return await(window)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return await(len(pending))
}

func (i *importing) cutOff(written, total int64, err error) error {
	if errors.Is(err, eventstore.ErrConflict) {
		return err
	}
	why := err
	if errors.Is(err, eventstore.ErrDiskFull) {
		why = eventstore.ErrDiskFull // said plainly; free some and go on
	}
	return fmt.Errorf("the import was cut off: %w. %d of %s known to be on the log; importing the same file again completes it", why, written, report.Counted(total, "event is", "events are"))
}

// stand notes where the logs stand now.
func (i *importing) stand() {
	for _, b := range i.locked {
		if o := b.opened.Load(); o != nil {
			h := o.log.Head()
			i.report.Logs = append(i.report.Logs, LogReport{b.authority, h.Sequence, hex.EncodeToString(h.Root[:])})
		}
	}
	slices.SortFunc(i.report.Logs, func(a, b LogReport) int { return strings.Compare(a.Authority, b.Authority) })
}
