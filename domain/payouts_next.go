package domain

import (
	"slices"
	"strconv"
)

// Next returns the payout that a calculation leads to: the version that stands where it says nothing new (same), and where the payout is
// approved or paid, since a settled month is never reopened; otherwise the version to write, numbered, with what it changes in words.
func (p *Payouts) Next(c PayoutCalculated) (stands *PayoutVersion, next PayoutCalculated) {
	s := p.states[PayoutEntity(c.Provider, c.Month)]
	if s == nil {
		c.Version = 1
		return nil, c
	}
	v := s.Latest()
	again := v.Status() == PayoutStatusCalculated && v.says(&c)
	passed := p.overtakes(v) != nil && c.FactsTo > v.FactsTo || p.cancelledSince(v) != nil
	if v.Settles() || again && !passed {
		return v, c
	}
	c.Version = len(s.Versions) + 1
	for _, change := range v.changes(&c) {
		c.Changes = append(c.Changes, change.String())
	}
	return nil, c
}

// ChangesOf returns what the version at a place of Versions changed of the one before it: what its event says, as phrases. Where an
// earlier release said it in other words than this one, it is what that said.
func (p *Payout) ChangesOf(i int) (changes []Phrase) {
	said := p.Versions[i].Changes
	if i > 0 {
		changes = p.Versions[i-1].changes(p.Versions[i].PayoutCalculated)
	}
	if !slices.EqualFunc(changes, said, func(c Phrase, text string) bool { return c.String() == text }) {
		changes = nil
		for _, text := range said {
			changes = append(changes, PlainPhrase(text))
		}
	}
	return changes
}

// says says whether another calculation gives the same lines. When it was made and what made the amounts differ are no part of that.
func (v *PayoutVersion) says(c *PayoutCalculated) bool {
	return v.Digest == c.Digest && slices.EqualFunc(v.Lines, c.Lines, func(a, b PayoutLine) bool {
		return a.Line == b.Line && a.key() == b.key() && a.Account == b.Account && a.Cases == b.Cases && a.Quantity == b.Quantity && a.QuantityUnit == b.QuantityUnit &&
			a.Known == b.Known && a.Settled == b.Settled && a.Amount == b.Amount
	})
}

// lineKey is what a line is about, within its payout.
type lineKey struct {
	month                   Month
	unit, policy, component string
}

func (l *PayoutLine) key() lineKey { return lineKey{l.Month, l.Unit, l.Policy, l.Component} }

func (k lineKey) String() string { return k.phrase("").String() }

// phrase names the line and says something of it, in a form that comes after the name.
func (k lineKey) phrase(form string, places ...string) Phrase {
	if k.unit == "" {
		return NewPhrase("{month}, {policy}/{component}"+form, append([]string{k.month.String(), k.policy, k.component}, places...)...)
	}
	return NewPhrase("{month}, {unit}, {policy}/{component}"+form, append([]string{k.month.String(), k.unit, k.policy, k.component}, places...)...)
}

// payoutChangesMax bounds the changes that a version names.
const payoutChangesMax = 50

// changes names what another calculation says that v does not.
func (v *PayoutVersion) changes(c *PayoutCalculated) (changes []Phrase) {
	status := v.Status()
	if status == PayoutStatusCalculated && v.says(c) {
		return []Phrase{NewPhrase("nothing but what it rests on: another month's payout has gone past it, or was cancelled")}
	}
	if status != PayoutStatusCalculated {
		changes = append(changes, NewPhrase("version {version} was {payout_status}: {reason}", strconv.Itoa(v.Version), status, v.Reason))
	}
	before := map[lineKey]*PayoutLine{}
	for i := range v.Lines {
		before[v.Lines[i].key()] = &v.Lines[i]
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		k := l.key()
		was := before[k]
		delete(before, k)
		switch {
		case was == nil:
			changes = append(changes, k.phrase(": {amount} kr is new", l.Amount.String()))
		case was.Amount != l.Amount:
			changes = append(changes, k.phrase(": {amount} kr → {amount} kr", was.Amount.String(), l.Amount.String()))
		case was.Quantity != l.Quantity || was.Cases != l.Cases || was.Account != l.Account || was.Settled != l.Settled:
			changes = append(changes, k.phrase(": {amount} kr as before, for {decimal} {unit_of_quantity} of {number} cases in place of {decimal} of {number}",
				l.Amount.String(), l.Quantity, l.QuantityUnit, strconv.Itoa(l.Cases), was.Quantity, strconv.Itoa(was.Cases)))
		}
	}
	for i := range v.Lines { // in the order of their lines
		if l := before[v.Lines[i].key()]; l != nil {
			changes = append(changes, l.key().phrase(": {amount} kr is gone", l.Amount.String()))
		}
	}
	if n := len(changes); n > payoutChangesMax {
		changes = append(changes[:payoutChangesMax], NewPhrase("and {number} more", strconv.Itoa(n-payoutChangesMax)))
	}
	if len(changes) == 0 && status == PayoutStatusCalculated {
		changes = append(changes, NewPhrase("the postings behind the lines differ"))
	}
	return changes
}
