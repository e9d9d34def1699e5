package projections

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"careledger/domain"
	"careledger/domain/authority"
	"careledger/domain/compensation"
	"careledger/domain/parallel"
)

// Cut is what was known at one moment: the facts in canonical order, and the policies adopted then. It does not change and may be
// used from several goroutines.
type Cut struct {
	Moment
	*compensation.Facts
	Parties  *domain.Parties
	Policies *domain.Policies
	Adopted  []compensation.Policy

	firstMonth func() (domain.Month, bool) // with a fact, and whether there is one: looked for once

	mu       sync.Mutex
	prepared []*compensation.Prepared          // used last first
	assessed map[string]func() []FulfilmentRow // by question of fulfilment, assessedKept at most
}

// assessedKept is how many answers to questions of fulfilment a cut keeps, and assessedRowsMost how many rows one of them may have: some 200 bytes each,
// so that all are 100 MB at most. Rows by case and month, of which there are hundreds of thousands, are counted for each who asks.
const assessedKept, assessedRowsMost = 64, 8 << 10

// preparedKept is how many periods a cut keeps spread: each takes as much memory as the facts themselves.
const preparedKept = 2

// Prepared returns the facts spread over a period, once for all questions about the periods asked for last.
func (c *Cut) Prepared(p compensation.Period) *compensation.Prepared {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.prepared, func(k *compensation.Prepared) bool { return k.Period == p })
	if i < 0 {
		i = len(c.prepared)
		c.prepared = append(c.prepared, c.Prepare(p))
	}
	found := c.prepared[i]
	c.prepared = slices.Insert(slices.Delete(c.prepared, i, i+1), 0, found)
	if len(c.prepared) > preparedKept {
		c.prepared = slices.Delete(c.prepared, preparedKept, len(c.prepared))
	}
	return found
}

// Period returns the months asked for, with the defaults of the contract: from the first month with a fact to the month of the
// as-of. Zero asks for the default. Where nothing was known and nothing is asked for, both months are zero.
func (c *Cut) Period(from, to domain.Month) (compensation.Period, error) {
	first, any := c.firstMonth()
	return periodAsked(from, to, c.Moment, first, any)
}

// periodAsked is Cut.Period for an answer as known at a moment, whose first fact, if any, is of the month first.
func periodAsked(from, to domain.Month, known Moment, first domain.Month, any bool) (compensation.Period, error) {
	p := compensation.Period{From: from, To: to}
	if to == 0 {
		if p.To = from; !known.Recorded.IsZero() {
			p.To = domain.LocalMonth(known.Recorded)
		}
	}
	if from == 0 {
		if p.From = first; !any || first > p.To {
			p.From = p.To
		}
	}
	const most = 12 * 150
	switch {
	case p.From > p.To && to == 0:
		return p, &PeriodError{PeriodUnknownYet, p}
	case p.From > p.To:
		return p, &PeriodError{PeriodReversed, p}
	case p.To-p.From > most:
		return p, &PeriodError{PeriodLong, p}
	}
	return p, nil
}

// Cut returns what was known at a moment. The cuts at the sequences asked for last are kept and shared, cutsKept of them.
func (t *Table) Cut(at AsOf) (*Cut, error) {
	s := t.snapshot()
	if !at.Time.IsZero() {
		return s.cut(at)
	}
	made := t.cuts.at(min(at.Sequence, s.position), at.Sequence == Head, func(sequence uint64) (*Cut, error) { return s.cut(AsOf{Sequence: sequence}) })
	return made()
}

func (s *snapshot) cut(at AsOf) (*Cut, error) { return s.cutOf(s.visibility(at), nil) }

// cutOf is what was known of the cases that choose returns, of all where it is nil: the selection's, with their performed time of its months only.
func (s *snapshot) cutOf(v visible, choose func(*authority.State) *selection) (*Cut, error) {
	state, grants, err := s.stateAt(v)
	if err != nil {
		return nil, err
	}
	return s.cutKnown(v, state, grants, choose)
}

// cutKnown is cutOf for a caller that knows the providers, policies and grants of the moment.
func (s *snapshot) cutKnown(v visible, state *authority.State, grants []domain.StateGrant, choose func(*authority.State) *selection) (*Cut, error) {
	var chosen *selection
	if choose != nil {
		chosen = choose(state)
	}
	c := &Cut{Moment: v.moment, Parties: state.Parties, Policies: state.Policies, Adopted: state.Adopted()}
	for units := state.Parties.Units(); ; {
		c.Facts = &compensation.Facts{Authority: s.authority, Units: units}
		b := &cutter{columns: &s.columns, visible: v, chosen: chosen, out: c.Facts, unregistered: map[string]bool{}}
		b.codes()
		b.grants()
		b.absences()
		b.performed()
		b.followUps()
		b.enrolments()
		if b.err == nil {
			b.err = c.SetStateGrants(grants, c.Adopted)
		}
		c.firstMonth = sync.OnceValues(c.FirstMonth)
		if b.err != nil || len(b.unregistered) == 0 {
			return c, b.err
		}
		// As of a time, the registration of a unit may be known to be annulled while a visit there, annulled before it but recorded so
		// later, still stands. Such a unit has its id alone.
		for id := range b.unregistered {
			units = append(units, domain.Unit{ID: id})
		}
		slices.SortFunc(units, func(a, b domain.Unit) int { return strings.Compare(a.ID, b.ID) })
	}
}

// cutter copies the rows known at a moment into facts, with codes that follow the order of ids.
type cutter struct {
	*columns
	visible
	chosen *selection // nil for all
	out    *compensation.Facts
	unit   []uint16 // by the table's unit code; notRegistered for a unit that was not
	cs     []uint32 // by the table's case code; notOpened for a case that was not open

	mu           sync.Mutex // rows are copied on all cores; guards what follows, which is found seldom
	err          error
	unregistered map[string]bool // units that facts refer to
}

// split calls do for parts that make up 0 to n, on all cores where there is enough to do, and returns when all are done. A panic in any
// part is the caller's.
func split(n int, do func(from, to int)) {
	const enough = 512 // rows; fewer take no longer than a goroutine to begin
	parts := min(runtime.GOMAXPROCS(0), n/enough+1)
	parallel.Do(parts, func(part int) { do(n*part/parts, n*(part+1)/parts) })
}

// giveWayAt gives way at one row of many thousands, each some nanoseconds of work.
func giveWayAt(row int) {
	if row&(1<<14-1) == 0 {
		parallel.GiveWay()
	}
}

const (
	notOpened     = ^uint32(0)
	notRegistered = ^uint16(0)
)

func (b *cutter) codes() {
	order, ids := make([]uint32, 0, b.entities.len()), make([]string, b.entities.len())
	for i, e := range b.entities.all() {
		if b.chosen.has(uint32(i)) {
			order, ids[i] = append(order, uint32(i)), domain.Entity(e).ID()
		}
	}
	slices.SortFunc(order, func(x, y uint32) int {
		return cmp.Or(strings.Compare(ids[x], ids[y]), strings.Compare(b.entities.at(int(x)), b.entities.at(int(y)))) // a case before a patient
	})
	opened := make([]int32, b.entities.len())
	for i := range opened {
		opened[i] = -1
	}
	for i := range b.opened.cs {
		if b.chosen.has(b.opened.cs[i]) && b.row(&b.opened.known, i) {
			opened[b.opened.cs[i]] = int32(i)
		}
	}
	b.cs = make([]uint32, b.entities.len())
	for _, cs := range order {
		if opened[cs] < 0 {
			b.cs[cs] = notOpened
			continue
		}
		o := b.openedAt(uint32(opened[cs]))
		b.cs[cs] = uint32(len(b.out.Cases))
		b.out.Cases = append(b.out.Cases, compensation.CaseInfo{ID: ids[cs], Patient: domain.Entity(b.entities.at(int(cs))).Kind() == domain.KindPatient,
			Person: o.person, Programme: o.programme, Inclusion: o.inclusion})
	}
	b.unitCodes()
}

func (b *cutter) unitCodes() {
	if len(b.out.Units) >= int(notRegistered) {
		b.err = fmt.Errorf("authority %s has more than %d units, which this release cannot compute over", b.out.Authority, notRegistered-1)
		b.out.Units = nil
	}
	b.unit = make([]uint16, b.columns.units.len())
	for code, id := range b.columns.units.all() {
		i, ok := slices.BinarySearchFunc(b.out.Units, id, func(u domain.Unit, id string) int { return strings.Compare(u.ID, id) })
		if b.unit[code] = uint16(i); !ok {
			b.unit[code] = notRegistered
		}
	}
}

// unitAt translates a unit code.
func (b *cutter) unitAt(code uint16) uint16 {
	if b.unit[code] == notRegistered {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.unregistered[b.columns.units.at(int(code))] = true
	}
	return b.unit[code]
}

// caseOf translates a case code.
func (b *cutter) caseOf(code uint32) uint32 {
	if cs := b.cs[code]; cs != notOpened {
		return cs
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = fmt.Errorf("authority %s: %s has facts but was not opened as known then; %s", b.out.Authority, b.entities.at(int(code)), foldAgain)
	}
	return 0
}

// byCase returns the visible rows, in order of the case and then as compare says.
func (b *cutter) byCase(k *known, cs []uint32, compare func(x, y uint32) int) []uint32 {
	return b.bucket(cs, func(i int) bool { return b.chosen.has(cs[i]) && b.row(k, i) }, compare)
}

// bucket returns the rows that are in, in order of the case and then as compare says; each case is sorted by itself, since there are
// few rows in each.
func (b *cutter) bucket(cs []uint32, in func(i int) bool, compare func(x, y uint32) int) []uint32 {
	if len(b.out.Cases) == 0 {
		return nil
	}
	starts := make([]uint32, len(b.out.Cases)+1)
	for i := range cs {
		giveWayAt(i)
		if in(i) {
			starts[b.caseOf(cs[i])+1]++
		}
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	rows, next := make([]uint32, starts[len(starts)-1]), slices.Clone(starts)
	for i := range cs {
		giveWayAt(i)
		if in(i) {
			c := b.caseOf(cs[i])
			rows[next[c]] = uint32(i)
			next[c]++
		}
	}
	split(len(b.out.Cases), func(from, to int) {
		for c := from; c < to; c++ {
			if c%8 == 0 {
				parallel.GiveWay()
			}
			slices.SortFunc(rows[starts[c]:starts[c+1]], compare)
		}
	})
	return rows
}

func (b *cutter) grants() {
	in, out := &b.columns.grants, &b.out.Grants
	inForce := func(row uint32) int {
		if domain.GrantClass(in.class[row]) == domain.GrantInForce {
			return 0
		}
		return 1
	}
	rows := b.byCase(&in.known, in.cs, func(x, y uint32) int {
		return cmp.Or(cmp.Compare(b.unit[in.unit[x]], b.unit[in.unit[y]]), inForce(x)-inForce(y), cmp.Compare(in.category[x], in.category[y]),
			cmp.Compare(in.band[x], in.band[y]), cmp.Compare(in.line[x], in.line[y]), cmp.Compare(in.first[x], in.first[y]))
	})
	out.Case = translated(rows, in.cs, b.caseOf)
	out.Unit = translated(rows, in.unit, b.unitAt)
	out.Class = translated(rows, in.class, func(c uint8) domain.GrantClass { return domain.GrantClass(c) })
	out.Category, out.Band, out.Method, out.Line = picked(rows, in.category), picked(rows, in.band), picked(rows, in.method), picked(rows, in.line)
	out.From, out.To, out.Amount = picked(rows, in.first), picked(rows, in.last), picked(rows, in.amount)
}

// picked returns the values of rows, in their order, and translated what a function makes of them.
func picked[T any](rows []uint32, column []T) []T {
	return translated(rows, column, func(v T) T { return v })
}

func translated[T, U any](rows []uint32, column []T, to func(T) U) []U {
	values := make([]U, len(rows))
	split(len(rows), func(from, end int) {
		for i, r := range rows[from:end] {
			giveWayAt(i)
			values[from+i] = to(column[r])
		}
	})
	return values
}

func (b *cutter) absences() {
	in, out := &b.columns.absences, &b.out.Absences
	rows := b.byCase(&in.known, in.cs, cmp.Compare[uint32])
	out.Case = translated(rows, in.cs, b.caseOf)
	out.From, out.To, out.Reason = picked(rows, in.first), picked(rows, in.last), picked(rows, in.reason)
}

// performed sums the visible rows by key and sorts the keys.
func (b *cutter) performed() {
	if b.chosen.timeless() {
		return
	}
	keys, out := &b.keys, &b.out.Performed
	minutes, known := b.performedByKey()
	order := make([]uint64, len(keys.cs)) // unit, category, band and month
	for i := range order {
		order[i] = uint64(b.unit[keys.unit[i]])<<32 | uint64(keys.category[i])<<24 | uint64(keys.band[i])<<16 | uint64(uint16(keys.month[i]))
	}
	rows := b.bucket(keys.cs, func(i int) bool { return known[i] }, func(x, y uint32) int { return cmp.Compare(order[x], order[y]) })
	out.Case = translated(rows, keys.cs, b.caseOf)
	out.Unit = translated(rows, keys.unit, b.unitAt)
	out.Category, out.Band, out.Month = picked(rows, keys.category), picked(rows, keys.band), picked(rows, keys.month)
	out.Minutes = picked(rows, minutes)
}

// performedByKey returns the minutes of each key, and whether anything visible stands under it: a part of the rows on each core, added up.
func (b *cutter) performedByKey() (minutes []int64, known []bool) {
	in, n := &b.columns.performed, len(b.keys.cs)
	minutes, known = make([]int64, n), make([]bool, n)
	chosen := b.chosen.keys(&b.keys)
	var adding sync.Mutex
	split(len(in.key), func(from, to int) {
		partMinutes, partKnown := make([]int64, n), make([]bool, n)
		for i := from; i < to; i++ {
			giveWayAt(i)
			if (chosen == nil || chosen[in.key[i]]) && b.row(&in.known, i) {
				partMinutes[in.key[i]] += int64(in.minutes[i])
				partKnown[in.key[i]] = true
			}
		}
		adding.Lock()
		defer adding.Unlock()
		for key, m := range partMinutes {
			minutes[key] += m
			known[key] = known[key] || partKnown[key]
		}
	})
	return minutes, known
}

func (b *cutter) enrolments() {
	in, out := &b.columns.enrolments, &b.out.Enrolments
	rows := b.byCase(&in.known, in.cs, func(x, y uint32) int {
		return cmp.Or(cmp.Compare(b.unit[in.unit[x]], b.unit[in.unit[y]]), cmp.Compare(in.kind[x], in.kind[y]), cmp.Compare(in.first[x], in.first[y]))
	})
	out.Case = translated(rows, in.cs, b.caseOf)
	out.Unit = translated(rows, in.unit, b.unitAt)
	out.Kind, out.From, out.To, out.Plan = picked(rows, in.kind), picked(rows, in.first), picked(rows, in.last), picked(rows, in.plan)
}

func (b *cutter) followUps() {
	in, goals, out := &b.columns.followUps, &b.columns.goals, &b.out.FollowUps
	rows := b.byCase(&in.known, in.cs, func(x, y uint32) int {
		return cmp.Or(cmp.Compare(in.heldOn[x], in.heldOn[y]), cmp.Compare(in.sequence[x], in.sequence[y]))
	})
	numbers := map[[2]uint32]uint32{}
	for i, r := range rows {
		giveWayAt(16 * i)
		out.Case = append(out.Case, b.cs[in.cs[r]])
		out.ID = append(out.ID, b.words.at(int(in.id[r])))
		out.Sequence = append(out.Sequence, uint64(in.sequence[r]))
		out.HeldOn = append(out.HeldOn, in.heldOn[r])
		out.Occasion = append(out.Occasion, in.occasion[r])
		from, to := in.goalRows(r)
		g := &b.out.Goals
		for i := from; i < to; i++ {
			key := [2]uint32{in.cs[r], goals.id[i]}
			n, ok := numbers[key]
			if !ok {
				n = uint32(len(numbers))
				numbers[key] = n
			}
			g.ID = append(g.ID, b.words.at(int(goals.id[i])))
			g.Goal = append(g.Goal, n)
			g.LifeArea = append(g.LifeArea, goals.lifeArea[i])
			g.Outcome = append(g.Outcome, goals.outcome[i])
			g.Confirms = append(g.Confirms, goals.confirms[i] == 1)
			g.Unit = append(g.Unit, b.unitAt(goals.unit[i]))
		}
		out.GoalsTo = append(out.GoalsTo, uint32(len(g.ID)))
	}
	b.out.Goals.Distinct = len(numbers)
}
