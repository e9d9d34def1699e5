package tables

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

// A unit's month counts the decisions that it carries out on some day of it: each once, also one that comes back to it, and each case once.
func TestDecisionsInForceAreCountedOnceAMonth(t *testing.T) {
	on := func(month time.Month, day int) domain.Date { return domain.NewDate(2016, month, day) }
	method := func(word string) uint8 { return uint8(domain.Methods.Index(word)) }
	var g compensation.GrantColumns
	add := func(cs uint32, unit uint16, class domain.GrantClass, line int32, from, to domain.Date, of string) {
		g.Case, g.Unit, g.Class, g.Line = append(g.Case, cs), append(g.Unit, unit), append(g.Class, class), append(g.Line, line)
		g.From, g.To, g.Method = append(g.From, from), append(g.To, to), append(g.Method, method(of))
	}
	add(0, 0, domain.GrantInForce, 0, on(1, 10), on(2, 5), domain.MethodStandardTime) // goes to another unit, and comes back in the same month
	add(0, 0, domain.GrantInForce, 0, on(2, 20), on(3, 31), domain.MethodStandardTime)
	add(0, 0, domain.GrantInForce, 1024, on(1, 31), on(2, 1), domain.MethodFrameTime) // beside it: another decision of the case
	add(0, 0, domain.GrantNeed, 1, on(1, 10), on(2, 5), domain.MethodStandardTime)    // a service is no decision
	add(0, 1, domain.GrantInForce, 0, on(2, 6), on(2, 19), domain.MethodStandardTime)
	add(1, 0, domain.GrantInForce, 0, domain.NewDate(2015, 6, 1), domain.MaxDate, domain.MethodStandardTime) // since before the period, and open
	add(2, 1, domain.GrantInForce, 0, on(4, 1), domain.MaxDate, domain.MethodStandardTime)                   // after it
	m := &maker{Source: Source{Cut: &projections.Cut{Facts: &compensation.Facts{Grants: g}}}, period: compensation.Period{From: on(1, 1).Month(), To: on(3, 1).Month()}}
	found := map[unitMonth]*Decision{}
	m.eachInForce(func(month domain.Month, unit uint16) *Decision {
		k := unitMonth{month, unit}
		if found[k] == nil {
			found[k] = &Decision{}
		}
		return found[k]
	})
	require.Equal(t, map[unitMonth]*Decision{
		{on(1, 1).Month(), 0}: {Decisions: 3, FrameTime: 1, Begun: 2, Cases: 2},
		{on(2, 1).Month(), 0}: {Decisions: 3, FrameTime: 1, Begun: 1, Ended: 2, Cases: 2},
		{on(2, 1).Month(), 1}: {Decisions: 1, Begun: 1, Ended: 1, Cases: 1},
		{on(3, 1).Month(), 0}: {Decisions: 2, Ended: 1, Cases: 2},
	}, found)
}
