package historytest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"careledger/domain"
)

// History is a sequence of records that a ledger accepted one after the other.
type History struct {
	Records []domain.Record
	Lines   [][]byte // the records as NDJSON lines, without the line feed
	events  []domain.Event
	ends    []int // by record: how many events the log holds once it is accepted
}

// Events returns the log after the first n records, premiums included, in order, with sequences from 1; all of it if n is
// negative. The events are shared and must not be changed.
func (h History) Events(n int) []domain.Event {
	if n < 0 || n >= len(h.ends) {
		return h.events
	}
	if n == 0 {
		return nil
	}
	return slices.Clip(h.events[:h.ends[n-1]])
}

// NDJSON returns the records as one file.
func (h History) NDJSON() (file []byte) {
	for _, line := range h.Lines {
		file = append(append(file, line...), '\n')
	}
	return file
}

// Draw draws a history whose adopted models have a value wherever they need one. It shrinks by leaving records out.
func Draw(t *rapid.T) History { return draw(t, false) }

// DrawWithGaps is Draw with models whose tables may lack entries that time and fixed components need.
func DrawWithGaps(t *rapid.T) History { return draw(t, true) }

func draw(t *rapid.T, gaps bool) History {
	seed := rapid.Uint64().Draw(t, "seed")
	length := rapid.IntRange(1, 200).Draw(t, "candidates")
	d := newDrawer(seed, gaps)
	for i := range length {
		if rapid.IntRange(0, 15).Draw(t, "keep") > 0 {
			d.step(i)
		}
	}
	return d.History
}

// FromSeed returns the history of a seed, made from the given number of candidates.
func FromSeed(seed uint64, candidates int) History {
	d := newDrawer(seed, false)
	for i := range candidates {
		d.step(i)
	}
	return d.History
}

// drawer makes one history. Every candidate has its own random numbers, so that leaving one out changes the others little.
type drawer struct {
	*rand.Rand
	History
	ledger *Ledger
	gaps   bool
	seed   uint64

	clock     time.Time
	cases     int // how many of the pool are used
	patients  int
	units     map[string]string
	decisions map[string][]string // by case
	goals     map[string][]string
	accepted  []accepted
	number    int // of the next drawn id
}

// accepted is an original event that can be corrected.
type accepted struct {
	id     string
	typ    domain.Type
	entity domain.Entity
	data   any
}

func newDrawer(seed uint64, gaps bool) *drawer {
	d := &drawer{ledger: NewLedger(), gaps: gaps, seed: seed, clock: time.Date(2019, 12, 1, 8, 0, 0, 0, time.UTC),
		units: map[string]string{}, decisions: map[string][]string{}, goals: map[string][]string{}}
	d.Rand = rand.New(rand.NewPCG(seed, 0))
	d.cases, d.patients = 1+d.IntN(6), 1+d.IntN(3)
	return d
}

func (d *drawer) chance(percent int) bool { return d.IntN(100) < percent }

// some draws at most n different words.
func (d *drawer) some(words []string, n int) []string {
	words = slices.Clone(words)
	d.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return words[:d.IntN(min(n, len(words))+1)]
}

// opening is the order in which a history begins, so that everything has something to refer to; after it, weighted chance.
var opening = []domain.Type{domain.TypeProviderRegistered, domain.TypeUnitRegistered, domain.TypePolicyAdopted, domain.TypeCaseOpened,
	domain.TypeDecisionMade, domain.TypeGoalSet, domain.TypeProviderRegistered, domain.TypeUnitRegistered, domain.TypeUnitRegistered,
	domain.TypeCareRequested, domain.TypePatientEnrolled, domain.TypeGrantAgreed, domain.TypeAgreementProposed}

var weights = []struct {
	typ   domain.Type
	times int
}{
	{domain.TypeProviderRegistered, 2}, {domain.TypeUnitRegistered, 4}, {domain.TypePolicyAdopted, 6}, {domain.TypePolicyEnded, 1},
	{domain.TypeCaseOpened, 8}, {domain.TypeNeedsAssessed, 2}, {domain.TypeDecisionMade, 14}, {domain.TypeDecisionEnded, 3},
	{domain.TypeProviderChanged, 6}, {domain.TypeGoalSet, 22}, {domain.TypeGoalChanged, 3}, {domain.TypeGoalWithdrawn, 3},
	{domain.TypeSubgoalSet, 2}, {domain.TypeFollowUpHeld, 34}, {domain.TypeVisitPerformed, 8}, {domain.TypeTimeReported, 6},
	{domain.TypeAbsenceRegistered, 6}, {domain.TypeEventAnnulled, 8}, {domain.TypeEventCorrected, 18},

	{domain.TypeCareRequested, 3}, {domain.TypeEnrolmentAssessed, 2}, {domain.TypeCoordinatedPlanHeld, 2}, {domain.TypeCarePlanAgreed, 2},
	{domain.TypePatientEnrolled, 8}, {domain.TypeHealthTimeReported, 8}, {domain.TypePatientDischarged, 4}, {domain.TypeDisputeRaised, 2},
	{domain.TypeDisputeResolved, 3}, {domain.TypeAgreementProposed, 2}, {domain.TypeAgreementPartyDecided, 3}, {domain.TypeAgreementFollowedUp, 2},
	{domain.TypeGrantAgreed, 2}, {domain.TypeGrantAllocated, 2}, {domain.TypeGrantTargetSet, 5}, {domain.TypeGrantResultReported, 5}, {domain.TypeGrantPaid, 2},
}

func (d *drawer) typ(i int) domain.Type {
	if i < len(opening) {
		return opening[i]
	}
	total := 0
	for _, w := range weights {
		total += w.times
	}
	at := d.IntN(total)
	for _, w := range weights {
		if at -= w.times; at < 0 {
			return w.typ
		}
	}
	panic("unreachable")
}

// step draws candidate i and keeps it if it is accepted.
func (d *drawer) step(i int) {
	d.Rand = rand.New(rand.NewPCG(d.seed, uint64(i)+1))
	if d.chance(70) {
		d.clock = d.clock.Add(time.Duration(d.IntN(10*24*60)) * time.Minute)
	}
	recorded := d.clock
	if d.chance(10) { // an entity may come in after others that were registered later
		recorded = recorded.Add(-time.Duration(d.IntN(40*24)) * time.Hour)
	}
	c := d.candidate(d.typ(i), recorded)
	if c.data == nil {
		return
	}
	data, err := json.Marshal(c.data, json.Deterministic(true))
	if err != nil {
		panic(fmt.Sprintf("drawn record: %v", err))
	}
	r := domain.Record{Type: c.typ, Authority: Authority, Entity: string(c.entity), Effective: c.effective.String(),
		Recorded: recorded.Format(time.RFC3339), Actor: c.actor, Data: data}
	if d.chance(50) {
		r.ID = fmt.Sprintf("e-%d", i)
	}
	line, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("drawn record: %v", err))
	}
	written, problems := d.ledger.Submit(line)
	if len(problems) > 0 || len(written) == 0 {
		return
	}
	d.Records, d.Lines = append(d.Records, r), append(d.Lines, line)
	d.events, d.ends = d.ledger.Events, append(d.ends, len(d.ledger.Events))
	d.remember(&written[0])
}

func (d *drawer) remember(e *domain.Event) {
	k := e.Entity.ID()
	switch data := e.Data.(type) {
	case *domain.UnitRegistered:
		d.units[data.Unit] = k
	case *domain.DecisionMade:
		d.decisions[k] = append(d.decisions[k], data.Decision)
	case *domain.GoalSet:
		d.goals[k] = append(d.goals[k], data.Goal)
	}
	if e.Type != domain.TypeEventAnnulled && e.Type != domain.TypeEventCorrected {
		d.accepted = append(d.accepted, accepted{e.ID, e.Type, e.Entity, e.Data})
	}
}
