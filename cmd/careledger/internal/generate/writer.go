package generate

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"careledger/domain"
)

const daySeconds = 86400

// epoch returns the day from which Unix seconds count.
func epoch() domain.Date { return domain.NewDate(1970, time.January, 1) }

// batch holds the records of one month of recording, as lines of JSON in the order they were made.
type batch struct {
	text  []byte
	lines []line
}

// line is one record's place in the text of its batch, which must stay below 4 GiB.
type line struct {
	recorded   int64 // Unix seconds
	start, end uint32
}

// writeTo writes the lines in order of recorded, those of the same second in the order they were made, and empties the batch.
func (b *batch) writeTo(w *bufio.Writer) error {
	slices.SortFunc(b.lines, func(x, y line) int {
		return cmp.Or(cmp.Compare(x.recorded, y.recorded), cmp.Compare(x.start, y.start))
	})
	for _, l := range b.lines {
		if _, err := w.Write(b.text[l.start:l.end]); err != nil {
			return fmt.Errorf("write records: %w", err)
		}
	}
	b.text, b.lines = b.text[:0], b.lines[:0]
	return nil
}

// entity is the subject of records. Each record's id is the entity's id and a running number: k12.7.
type entity struct {
	name, id string // case/k12, k12
	events   int
}

func newEntity(kind domain.Kind, id string) entity {
	return entity{name: string(domain.NewEntity(kind, id)), id: id}
}

// eventID returns the id of the entity's n-th record.
func (e *entity) eventID(n int) string { return e.id + "." + strconv.Itoa(n) }

// recorder turns events into lines and keeps them by the month in which they are recorded, so that a month can be written in
// order once nothing more can be recorded in it.
type recorder struct {
	authority string
	first     domain.Date // first and last day of recording
	last      domain.Date
	calendar  calendar
	months    []*batch // by month from that of first
	beyond    batch    // what is recorded after last, never written
	current   batch    // the month that open opened, kept for its memory
	err       error    // the first error of encoding
}

func newRecorder(authority string, first, last domain.Date) *recorder {
	return &recorder{
		authority: authority, first: first, last: last, calendar: newCalendar(first, last),
		months: make([]*batch, last.Month()-first.Month()+1),
	}
}

// batchFor returns the batch of the month of recorded. What lies before the first month goes into the first.
func (r *recorder) batchFor(recorded int64) *batch {
	day := epoch() + domain.Date(recorded/daySeconds)
	if day > r.last {
		r.beyond.text, r.beyond.lines = r.beyond.text[:0], r.beyond.lines[:0]
		return &r.beyond
	}
	i := r.calendar.monthOf(max(day, r.first)) - r.first.Month()
	if r.months[i] == nil {
		r.months[i] = new(batch)
	}
	return r.months[i]
}

// open says that most of what follows is recorded in month m, so that only one batch grows large. The month opened before
// must have been flushed.
func (r *recorder) open(m domain.Month) {
	i, b := m-r.first.Month(), &r.current
	if late := r.months[i]; late != nil {
		b.text, b.lines = append(b.text, late.text...), append(b.lines, late.lines...)
	}
	r.months[i] = b
}

// flush writes the records of a month. Nothing may be recorded in it after this.
func (r *recorder) flush(w *bufio.Writer, m domain.Month) error {
	if r.err != nil {
		return r.err
	}
	i := m - r.first.Month()
	if r.months[i] == nil {
		return nil
	}
	err := r.months[i].writeTo(w)
	r.months[i] = nil
	return err
}

// flushAll writes every month, for histories that are made as a whole.
func (r *recorder) flushAll(w io.Writer) error {
	out := bufio.NewWriter(w)
	for m := r.first.Month(); m <= r.last.Month(); m++ {
		if err := r.flush(out, m); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	return nil
}

// begin appends a record up to its data and returns the batch to append the data to, and the record's number in its entity.
func (r *recorder) begin(e *entity, t domain.Type, effective domain.Date, recorded int64, actor string) (*batch, int) {
	b := r.batchFor(recorded)
	e.events++
	b.lines = append(b.lines, line{recorded: recorded, start: uint32(len(b.text))})
	s := append(b.text, `{"id":"`...)
	s = append(append(s, e.id...), '.')
	s = strconv.AppendInt(s, int64(e.events), 10)
	s = append(append(s, `","type":"`...), t...)
	s = append(append(s, `","authority":"`...), r.authority...)
	s = append(append(s, `","entity":"`...), e.name...)
	s = r.calendar.appendDate(append(s, `","effective":"`...), effective)
	s = r.calendar.appendTime(append(s, `","recorded":"`...), recorded, 0)
	s = append(append(s, `","actor":"`...), actor...)
	b.text = append(s, `","data":`...)
	return b, e.events
}

// end closes the record that begin began.
func (b *batch) end() {
	b.text = append(b.text, '}', '\n')
	b.lines[len(b.lines)-1].end = uint32(len(b.text))
}

// add writes a record whose data is one of the payload structs of domain, and returns its number in its entity. Visits and
// their corrections, by far the most records, go past it (performed.go).
func (r *recorder) add(e *entity, t domain.Type, effective domain.Date, recorded int64, actor string, data any) int {
	raw, err := json.Marshal(data, json.Deterministic(true))
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("encode %s of %s: %w", t, e.name, err)
	}
	b, n := r.begin(e, t, effective, recorded, actor)
	b.text = append(b.text, raw...)
	b.end()
	return n
}

// correct writes an event-corrected of the entity's record number n. data is the target's corrected data.
func (r *recorder) correct(e *entity, n int, effective domain.Date, recorded int64, actor, reason string, data any) {
	raw, err := json.Marshal(data, json.Deterministic(true))
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("encode correction of %s: %w", e.eventID(n), err)
	}
	r.add(e, domain.TypeEventCorrected, effective, recorded, actor, &domain.EventCorrected{Event: e.eventID(n), Reason: reason, Data: raw})
}

// annul writes an event-annulled of the entity's record number n.
func (r *recorder) annul(e *entity, n int, effective domain.Date, recorded int64, actor, reason string) {
	r.add(e, domain.TypeEventAnnulled, effective, recorded, actor, &domain.EventAnnulled{Event: e.eventID(n), Reason: reason})
}
