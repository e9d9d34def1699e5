package domain

import (
	"fmt"
	"slices"
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
	if c.Changes = v.changes(&c); again {
		c.Changes = []string{"nothing but what it rests on: another month's payout has gone past it, or was cancelled"}
	}
	return nil, c
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

func (k lineKey) String() string {
	unit := k.unit
	if unit != "" {
		unit += ", "
	}
	return k.month.String() + ", " + unit + k.policy + "/" + k.component
}

// payoutChangesMax bounds the changes that a version names.
const payoutChangesMax = 50

// changes names what another calculation says that v does not.
func (v *PayoutVersion) changes(c *PayoutCalculated) (changes []string) {
	if status := v.Status(); status != PayoutStatusCalculated {
		changes = append(changes, fmt.Sprintf("version %d was %s: %s", v.Version, status, v.Reason))
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
			changes = append(changes, fmt.Sprintf("%s: %s kr is new", k, l.Amount))
		case was.Amount != l.Amount:
			changes = append(changes, fmt.Sprintf("%s: %s kr → %s kr", k, was.Amount, l.Amount))
		case was.Quantity != l.Quantity || was.Cases != l.Cases || was.Account != l.Account || was.Settled != l.Settled:
			changes = append(changes, fmt.Sprintf("%s: %s kr as before, for %s %s of %d cases in place of %s of %d", k, l.Amount, l.Quantity, l.QuantityUnit, l.Cases, was.Quantity, was.Cases))
		}
	}
	for i := range v.Lines { // in the order of their lines
		if l := before[v.Lines[i].key()]; l != nil {
			changes = append(changes, fmt.Sprintf("%s: %s kr is gone", l.key(), l.Amount))
		}
	}
	if n := len(changes); n > payoutChangesMax {
		changes = append(changes[:payoutChangesMax], fmt.Sprintf("and %d more", n-payoutChangesMax))
	}
	if len(changes) == 0 && v.Status() == PayoutStatusCalculated {
		changes = append(changes, "the postings behind the lines differ")
	}
	return changes
}
