package bundle

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"careledger/domain"
	"careledger/projections"
)

// fold folds the events and judges the payout's steps.
func (v *verifying) fold(context.Context) (err error) {
	if v.beginnings(); len(v.found.Findings) > 0 || v.missing() {
		return nil
	}
	if v.table, err = projections.FoldPart(v.bundle.Authority, v.raw); err != nil {
		v.find(Finding{Section: SectionEvent, What: fmt.Sprintf("the events do not fold: %v; an event that others refer to may be missing", err), Do: doProve})
		return nil
	}
	v.steps()
	return nil
}

// belongs finds the events that the payout does not rest on.
func (v *verifying) belongs(ctx context.Context) error {
	rests, err := v.table.RestsOn(ctx, v.bundle.Payout, v.bundle.Redacted)
	if err != nil {
		v.find(Finding{Section: SectionEvent, What: fmt.Sprintf("what payout %s rests on cannot be told: %v", v.bundle.Payout.ID(), err), Do: doProve})
		return nil
	}
	for i, e := range v.raw {
		if _, belongs := slices.BinarySearch(rests, e.Sequence); !belongs {
			v.ofEvent(i, doProve, "%s of %s is no part of what payout %s rests on, and does not belong in its bundle", e.Type, e.Entity, v.bundle.Payout.ID())
		}
	}
	return nil
}

// beginnings finds the cases, patients and grants whose first event is not there: nothing can be known of them before it.
func (v *verifying) beginnings() {
	begins := map[domain.Kind]domain.Type{domain.KindCase: domain.TypeCaseOpened, domain.KindPatient: domain.TypeCareRequested, domain.KindGrant: domain.TypeGrantAgreed}
	begun := map[domain.Entity]bool{}
	for i := range v.events {
		e := &v.events[i]
		if first, has := begins[e.Entity.Kind()]; has && !begun[e.Entity] && e.Type != first {
			v.ofEvent(i, doProve, "the first event of %s is not in the bundle, a %s", e.Entity, first)
		}
		begun[e.Entity] = true
	}
}

// missing names the events that the derivation or the payout itself names and that are not there.
func (v *verifying) missing() bool {
	there := map[uint64]bool{}
	for _, e := range v.raw {
		there[e.Sequence] = true
	}
	named := map[uint64]string{}
	var why struct { // of projections.Why, what names events
		Steps []struct {
			Sequence uint64         `json:"sequence"`
			Rest     jsontext.Value `json:",unknown"`
		} `json:"steps"`
		Lines []struct {
			Line   int `json:"line"`
			Events []struct {
				Sequence uint64         `json:"sequence"`
				Rest     jsontext.Value `json:",unknown"`
			} `json:"events"`
			Rest jsontext.Value `json:",unknown"`
		} `json:"lines"`
		Rest jsontext.Value `json:",unknown"`
	}
	if err := json.Unmarshal(v.bundle.Derivation, &why); err != nil {
		v.find(Finding{v.derivationLine(), SectionDerivation, 0, fmt.Sprintf("it is no derivation: %v", err), doGetAgain})
		return true
	}
	for _, s := range why.Steps {
		named[s.Sequence] = "the derivation names it as a step of the payout"
	}
	for _, l := range why.Lines {
		for _, e := range l.Events {
			named[e.Sequence] = fmt.Sprintf("the derivation names it under line %d", l.Line)
		}
	}
	for i := range v.events {
		if d, ok := v.events[i].Data.(*domain.PayoutCalculated); ok && v.events[i].Entity == v.bundle.Payout {
			for _, l := range d.Lines {
				for _, c := range l.Causes {
					named[c.Sequence] = fmt.Sprintf("line %d of the payout is said to follow from it", l.Line)
				}
			}
		}
	}
	for s, by := range named {
		if !there[s] {
			v.find(Finding{Section: SectionEvent, Sequence: s, What: "it is not in the bundle, and " + by, Do: doProve})
		}
	}
	slices.SortFunc(v.found.Findings, func(a, b Finding) int { return int(int64(a.Sequence) - int64(b.Sequence)) })
	return len(v.found.Findings) > 0
}

func (v *verifying) derivationLine() int { return eventLineAt(len(v.bundle.Events)) }

// steps judges the life of every payout there is on the providers of each moment, and takes what counts of the bundle's own.
func (v *verifying) steps() {
	parties, payouts := domain.NewParties(), domain.NewPayouts()
	for i := range v.events {
		e := &v.events[i]
		var err error
		switch e.Entity.Kind() {
		case domain.KindProvider:
			err = parties.Apply(e)
		case domain.KindPayout:
			var problems domain.Problems
			if d, ok := e.Data.(*domain.PayoutCalculated); ok {
				problems = d.CheckLines(e.Entity)
			} else if p := payouts.Payout(e.Entity); p != nil {
				p.Latest().CheckStep(e, parties, &problems)
			}
			if len(problems) > 0 {
				v.ofEvent(i, doProve, "%s does not follow from what stands before it: %v", e.Type, problems)
			}
			err = payouts.Apply(e)
		}
		if err != nil {
			v.ofEvent(i, doProve, "it cannot be folded: %v", err)
		}
	}
	p := payouts.Payout(v.bundle.Payout)
	if p == nil {
		v.find(Finding{Section: SectionEvent, What: fmt.Sprintf("payout %s has not been calculated by any event of the bundle", v.bundle.Payout.ID()), Do: doProve})
		return
	}
	v.version, v.settled = p.Latest(), domain.NewPayouts()
	d := v.version
	wrong := []string{}
	if d.FactsTo > d.KnownTo || d.KnownTo >= d.Sequence {
		wrong = append(wrong, fmt.Sprintf("it says that it rests on events %d and %d, and stands as event %d", d.FactsTo, d.KnownTo, d.Sequence))
	}
	for i := range v.events {
		e := &v.events[i]
		if e.Sequence > d.KnownTo {
			break
		}
		if e.Recorded.After(d.KnownAt) {
			wrong = append(wrong, fmt.Sprintf("it says that it was known at %s, and event %d was recorded later", d.KnownAt, e.Sequence))
			break
		}
		if e.Entity.Kind() == domain.KindPayout {
			if err := v.settled.Apply(e); err != nil {
				wrong = append(wrong, err.Error())
			}
		}
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		if settled := v.settled.Settled(d.Key(l)); settled != l.Settled {
			wrong = append(wrong, fmt.Sprintf("line %d says that %s kr of it had been settled, and the payouts of the bundle had settled %s kr", l.Line, l.Settled, settled))
		}
	}
	if len(wrong) > 0 {
		v.find(Finding{v.lineOf(d.Sequence), SectionEvent, d.Sequence, strings.Join(wrong, "; "), doProve})
	}
}

// lineOf is the line of an event by its sequence, 0 where it is not there.
func (v *verifying) lineOf(sequence uint64) int {
	for i := range v.bundle.Events {
		if v.bundle.Events[i].Sequence == sequence {
			return eventLineAt(i)
		}
	}
	return 0
}
