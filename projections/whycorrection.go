package projections

import (
	"cmp"
	"fmt"
	"slices"

	"careledger/domain"
	"careledger/domain/authority"
	"careledger/domain/compensation"
)

// WhyCorrection is a correction or annulment that touched a line, known when the payout was calculated: of an event that the line's postings rest
// on, or would have rested on, or that an adjustment follows from. Of the decisions in force at a unit, which a unit's own amount rests on, only the
// events themselves are named (WhyLine.Events): they are of any number of cases, whose trails say what each changed.
type WhyCorrection struct {
	WhyEvent
	Target         string             `json:"target"` // id of the event that it corrects or annuls
	TargetSequence uint64             `json:"target_sequence"`
	TargetType     string             `json:"target_type"`
	Why            string             `json:"why"`      // the reason that was given for it
	Changes        []domain.Change    `json:"changes"`  // what it changed of its entity, as careledger trail shows it
	Postings       []WhyPostingChange `json:"postings"` // the line's postings that it changed
}

// WhyPostingChange is a posting of a line as known just before a correction and with it, both computed again under the policies known then by the
// plain evaluator. It is answered for components whose postings rest on a single case, not for caps and amounts of a unit as a whole.
type WhyPostingChange struct {
	Entity   string `json:"entity"`
	Category string `json:"category"`
	Band     string `json:"band"`
	FollowUp string `json:"follow_up"`
	Goal     string `json:"goal"`
	Before   string `json:"before"` // kronor, "" where there was none
	After    string `json:"after"`
}

// correctionsOf returns the corrections that touched a line, in log order.
func (d *derivation) correctionsOf(l *derivedLine) ([]WhyCorrection, error) {
	all := []WhyCorrection{}
	for _, sequence := range d.correcting(l) {
		e := d.read[sequence]
		used := slices.ContainsFunc(l.shown, func(i int) bool { return slices.Contains(l.rests[i], sequence) })
		c := WhyCorrection{WhyEvent: e.event(used, cmp.Or(l.reasons[sequence], "not-counted")), Target: e.of.ID, TargetSequence: e.of.Sequence, TargetType: string(e.of.Type),
			Changes: []domain.Change{}, Postings: []WhyPostingChange{}}
		switch said := e.Data.(type) {
		case *domain.EventAnnulled:
			c.Why = said.Reason
		case *domain.EventCorrected:
			c.Why = said.Reason
		}
		changes, err := d.changesBy(e)
		if err != nil {
			return nil, err
		}
		c.Changes = append(c.Changes, changes...)
		postings, err := d.postingsChangedBy(l, e)
		if err != nil {
			return nil, err
		}
		c.Postings = append(c.Postings, postings...)
		all = append(all, c)
	}
	return all, nil
}

// correcting returns the sequences of the corrections that a line's postings rest on, of those that such a one corrected again, and of those that an
// adjustment names as its cause.
func (d *derivation) correcting(l *derivedLine) (sequences []uint64) {
	for sequence, reason := range l.reasons {
		if e := d.read[sequence]; e.of != nil {
			if last, behind := l.reasons[e.of.by.Sequence]; reason == "" || behind && last == "" {
				sequences = append(sequences, sequence)
			}
		}
	}
	for _, c := range l.Causes {
		if e := d.read[c.Sequence]; e != nil && e.of != nil {
			sequences = append(sequences, c.Sequence)
		}
	}
	slices.Sort(sequences)
	return slices.Compact(sequences)
}

// changesBy returns what a correction changed of its entity, by the fold of a trail over the events that were read.
func (d *derivation) changesBy(e *whyRead) ([]domain.Change, error) {
	if d.traced == nil {
		d.traced = map[domain.Entity]map[uint64][]domain.Change{}
	}
	if changes, ok := d.traced[e.Entity]; ok {
		return changes[e.Sequence], nil
	}
	of, tracer := map[uint64][]domain.Change{}, newTracer(e.Entity)
	for _, read := range d.readOf[e.Entity] {
		var err error
		if read.of != nil {
			of[read.Sequence], err = tracer.apply(&read.Event)
		} else {
			err = tracer.pass(&read.Event)
		}
		if err != nil {
			return nil, fmt.Errorf("fold event %d (%s): %w", read.Sequence, read.ID, err)
		}
	}
	d.traced[e.Entity] = of
	return of[e.Sequence], nil
}

// postingsChangedBy compares a line's postings as known just before a correction and with it: of the correction's own case, or of the cases behind
// the postings shown where it is of a provider or policy.
func (d *derivation) postingsChangedBy(l *derivedLine, e *whyRead) (changed []WhyPostingChange, err error) {
	cases := map[domain.Entity]bool{}
	if d.cases[e.Entity] != nil {
		cases[e.Entity] = true
	} else {
		for _, i := range l.shown {
			if entity := entityBehind(&l.compiled[i]); d.cases[entity] != nil {
				cases[entity] = true
			}
		}
	}
	for entity := range cases {
		before, err := d.amountsThen(l, entity, e.Sequence-1)
		if err != nil {
			return nil, err
		}
		after, err := d.amountsThen(l, entity, e.Sequence)
		if err != nil {
			return nil, err
		}
		if before == nil || after == nil { // by one of them, the postings rest on more than the case
			continue
		}
		for name := range before {
			if _, still := after[name]; !still {
				after[name] = ""
			}
		}
		for name, now := range after {
			if was := before[name]; was != now {
				changed = append(changed, WhyPostingChange{string(entity), name.category, name.band, name.followUp, name.goal, was, now})
			}
		}
	}
	slices.SortFunc(changed, func(a, b WhyPostingChange) int {
		return cmp.Or(cmp.Compare(a.Entity, b.Entity), cmp.Compare(a.Category, b.Category), cmp.Compare(a.Band, b.Band), cmp.Compare(a.FollowUp, b.FollowUp), cmp.Compare(a.Goal, b.Goal))
	})
	return changed, nil
}

// amountsThen returns the amounts of a case's postings of a line as known at a sequence; nil where the component's postings rest on more than it.
func (d *derivation) amountsThen(l *derivedLine, entity domain.Entity, sequence uint64) (map[postingName]string, error) {
	amounts := map[postingName]string{}
	rules, err := d.rules.at(sequence)
	if err != nil {
		return nil, err
	}
	var paid []compensation.Policy
	for _, p := range rules.Adopted {
		if p.ID == l.Policy {
			paid = []compensation.Policy{p}
		}
	}
	alone := true
	eachComponent(paid, func(_ string, _ *compensation.InForce, c *compensation.Component) {
		alone = alone && !(c.ID == l.Component && restsOnAll(c))
	})
	if !alone {
		return nil, nil
	}
	c := newDerivedCase()
	c.state = domain.NewState(entity)
	for _, e := range d.cases[entity].events {
		if e.Sequence <= sequence {
			if err := c.add(&whyRead{Event: e.Event, data: e.Data}); err != nil {
				return nil, err
			}
		}
	}
	if len(c.events) == 0 {
		return amounts, nil
	}
	if err := c.settle(); err != nil {
		return nil, err
	}
	plain := compensation.Plain{Authority: d.table.authority, Parties: rules.Parties, Cases: []domain.CaseFacts{c.facts}, Policies: paid,
		Period: compensation.Period{From: l.Month, To: l.Month}}
	postings, err := plain.Evaluate()
	if err != nil {
		return nil, fmt.Errorf("compute %s as known at event %d: %w", entity, sequence, err)
	}
	for i := range postings {
		if p := &postings[i]; d.has(l, p) {
			amounts[nameOf(p)] = p.Amount.String()
		}
	}
	return amounts, nil
}

// rulesThen are the providers, policies and grants as known at sequences, folded once for each state of them.
type rulesThen struct {
	*snapshot
	known map[int]*Cut // by how many of their events were known
}

func newRulesThen(s *snapshot) *rulesThen { return &rulesThen{s, map[int]*Cut{}} }

// at returns a cut without cases.
func (r *rulesThen) at(sequence uint64) (*Cut, error) {
	known, _ := slices.BinarySearch(r.parties.sequence, sequence+1)
	if cut := r.known[known]; cut != nil {
		return cut, nil
	}
	cut, err := r.cutOf(r.upTo(sequence), func(*authority.State) *selection { return &selection{cases: make([]bool, r.entities.len())} })
	r.known[known] = cut
	return cut, err
}
