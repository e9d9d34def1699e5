package projections

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"careledger/domain"
)

// command is an event that a ledger was given, and what must hold of premiums once it and what it caused stand on the log: those of a case
// follow its event at once, and those after an event of a policy or provider come in commits of their own, case by case, before anything else.
type command struct {
	cause   *domain.Event
	others  bool                     // it settles the premiums of every case
	touched map[domain.Entity]uint64 // cases whose premiums may have changed, with the last premium event of each
	awarded map[string]uint64        // premium events after it, by id
}

func (c *command) touch(e domain.Entity) {
	if c.touched == nil {
		c.touched = map[domain.Entity]uint64{}
	}
	c.touched[e] = max(c.touched[e], 0)
}

func (c *command) note(e *domain.Event) {
	c.touch(e.Entity)
	c.touched[e.Entity] = e.Sequence
	if c.awarded == nil {
		c.awarded = map[string]uint64{}
	}
	c.awarded[e.ID] = e.Sequence
}

// premium folds a premium event, which the ledger itself wrote after a command.
func (p *verifyingPass) premium(e *domain.Event, own domain.State) {
	of, ok := own.(*domain.Case)
	if !ok {
		return // it was named: it is in no case
	}
	switch cause := p.command.cause; {
	case cause == nil || e.Causation != cause.ID || !p.command.others && e.Entity != cause.Entity:
		p.find(e, fmt.Sprintf("it says that event %s caused it, which is not the command before it", e.Causation), doAsk)
	case e.Correlation != cause.Correlation:
		p.find(e, fmt.Sprintf("it says that it belongs to %s, and its cause to %s", e.Correlation, cause.Correlation), doAsk)
	}
	if _, last := of.Last(); e.Recorded.Before(last) {
		p.find(e, fmt.Sprintf("recorded: %s is earlier than that of the last event of %s", e.Recorded, e.Entity), doAsk)
	}
	if err := guarded(func() error { return of.Apply(e) }); err != nil {
		p.find(e, err.Error(), doAsk)
	}
	p.command.note(e)
}

// finishCommand compares the premiums of the cases that the last command may have changed. last: it is the last of the log.
func (p *verifyingPass) finishCommand(last bool) {
	c := p.command
	p.command = command{}
	if c.others {
		for e, own := range p.own {
			if of, ok := own.(*domain.Case); ok && (of.HasFollowUps() || len(of.Premiums()) > 0) {
				p.comparePremiums(of, &c, cmp.Or(c.touched[e], c.cause.Sequence), last)
			}
		}
		return
	}
	for e, sequence := range c.touched {
		if c.cause != nil {
			sequence = cmp.Or(sequence, c.cause.Sequence)
		}
		p.comparePremiums(p.own[e].(*domain.Case), &c, sequence, false)
	}
}

// comparePremiums names the premiums of a case that are outstanding and not due, and those that are due and not outstanding. sequence is the
// event that they are found at. unsettled: those that are not awarded or reversed yet follow when the log is next opened.
func (p *verifyingPass) comparePremiums(of *domain.Case, c *command, sequence uint64, unsettled bool) {
	due, err := p.state.Due(of)
	f := Finding{Sequence: sequence, Entity: of.Entity, Do: doAsk}
	if c.cause != nil && sequence == c.cause.Sequence {
		f.Type = c.cause.Type
	}
	if err != nil {
		f.What = "its premiums cannot be computed: " + err.Error()
		p.found.find(f)
		return
	}
	missing := map[domain.PremiumAwarded]int{}
	for _, d := range due {
		missing[d]++
	}
	wrong := map[string]uint64{}
	for _, o := range of.Premiums() {
		if missing[o.PremiumAwarded]--; missing[o.PremiumAwarded] < 0 {
			wrong[premiumText(o.PremiumAwarded)+fmt.Sprintf(" (event %s) is outstanding, and is not earned: no adopted policy gives it as known here, or it is awarded already", o.EventID)] = cmp.Or(c.awarded[o.EventID], sequence)
		}
	}
	for d, n := range missing {
		if n > 0 {
			wrong[premiumText(d)+" is earned, and was not awarded"] = sequence
		}
	}
	if unsettled && len(wrong) > 0 {
		p.interrupted(c.cause)
		return
	}
	for _, what := range slices.Sorted(maps.Keys(wrong)) {
		if _, told := p.differ[of.Entity][what]; !told {
			f.What, f.Sequence = what, wrong[what]
			p.found.find(f)
		}
	}
	if delete(p.differ, of.Entity); len(wrong) > 0 {
		p.differ[of.Entity] = wrong
	}
}

// interrupted notes, once, that premiums follow when the log is next opened for writing.
func (p *verifyingPass) interrupted(cause *domain.Event) {
	note := fmt.Sprintf("event %d (%s) is the last command, and the premiums that follow from it are not all written yet: it was interrupted or is under way, and the next command completes it", cause.Sequence, cause.Type)
	if !slices.Contains(p.found.Notes, note) {
		p.found.Notes = append(p.found.Notes, note)
	}
}

func premiumText(a domain.PremiumAwarded) string {
	text := fmt.Sprintf("a premium of %s kr for follow-up %s", a.Amount, a.FollowUp)
	if a.Goal != "" {
		text += ", goal " + a.Goal
	}
	if a.Unit != "" {
		text += " to unit " + a.Unit
	}
	return text + " under " + a.Policy + "/" + a.Component
}

// end checks the last command, and then the premiums of every case.
func (p *verifyingPass) end() {
	all := p.command.others // which compares every case
	p.finishCommand(true)
	for _, own := range p.own {
		of, ok := own.(*domain.Case)
		if !ok {
			continue
		}
		if !all && (of.HasFollowUps() || len(of.Premiums()) > 0) {
			last, _ := of.Last()
			p.comparePremiums(of, &command{}, last, false)
		}
		for _, o := range of.Premiums() {
			p.found.Premiums.Outstanding++
			p.found.Premiums.Amount += o.Amount
		}
	}
}
