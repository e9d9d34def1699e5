package projections

import (
	"cmp"
	"math"
	"slices"

	"careledger/domain"
	"careledger/domain/compensation"
)

// Activities is the time of home health care of municipalities by activity code. Codes are counted for what licensed staff does: delegated time
// makes one row without a code, whatever its reports say, and licensed time without a code another.
type Activities struct {
	Logs           []LogMoment // sorted by authority
	Period         compensation.Period
	Municipalities []MunicipalActivities // in the same order
}

// MunicipalActivities is the time of one municipality.
type MunicipalActivities struct {
	Authority string
	Rows      []ActivityRow // sorted: licensed by code, without a code last, then delegated
}

// ActivityRow sums the time reports of the period.
type ActivityRow struct {
	Delegated bool
	Code      string // "" where none was reported, and of delegated time
	Minutes   int64
	Patients  int // distinct
	Reports   int
}

// WithoutCodes says whether licensed time was reported, and none of it with a code.
func (m *MunicipalActivities) WithoutCodes() bool {
	return len(m.Rows) > 0 && !m.Rows[0].Delegated && m.Rows[0].Code == ""
}

// CountActivities answers with the time reports of patients for the months of a period, each as it is known then, from the tables of
// municipalities. Without q.From and q.To the period is from the first month that has such a report to that of the as-of. q.By is not looked at.
// A q.AsOf by sequence makes sense for one table only.
func CountActivities(tables []*Table, q Query) (*Activities, error) {
	logs, moments, latest := knownLogs(tables, q.AsOf)
	const none = math.MaxInt32
	first := domain.Month(none)
	for _, l := range logs {
		l.eachHealthReport(func(_ int, month domain.Month) { first = min(first, month) })
	}
	period, err := periodAsked(q.From, q.To, latest, first, first != none)
	if err != nil {
		return nil, err
	}
	a := &Activities{Logs: moments, Period: period}
	for _, l := range logs {
		a.Municipalities = append(a.Municipalities, MunicipalActivities{l.authority, l.activities(period)})
	}
	return a, nil
}

// eachHealthReport visits the positions in health of the time reports that were known.
func (l *knownLog) eachHealthReport(visit func(i int, month domain.Month)) {
	for i, row := range l.health.row {
		if l.row(&l.performed.known, int(row)) {
			visit(i, l.keys.month[l.performed.key[row]])
		}
	}
}

func (l *knownLog) activities(period compensation.Period) (rows []ActivityRow) {
	type groupKey struct {
		delegated uint8
		activity  uint32 // a word; 0 of delegated time
	}
	type group struct {
		ActivityRow
		patients map[uint32]bool
	}
	groups := map[groupKey]*group{}
	l.eachHealthReport(func(i int, month domain.Month) {
		if !period.Has(month) {
			return
		}
		row, key, code := l.health.row[i], groupKey{delegated: l.health.delegated[i]}, ""
		if key.delegated == 0 {
			key.activity, code = l.health.activity[i], l.words.at(int(l.health.activity[i]))
		}
		g := groups[key]
		if g == nil {
			g = &group{ActivityRow{Delegated: key.delegated != 0, Code: code}, map[uint32]bool{}}
			groups[key] = g
		}
		g.Minutes += int64(l.performed.minutes[row])
		g.Reports++
		g.patients[l.keys.cs[l.performed.key[row]]] = true
	})
	for _, g := range groups {
		g.Patients = len(g.patients)
		rows = append(rows, g.ActivityRow)
	}
	slices.SortFunc(rows, func(x, y ActivityRow) int {
		return cmp.Or(cmp.Compare(flag(x.Delegated), flag(y.Delegated)), cmp.Compare(flag(x.Code == ""), flag(y.Code == "")), cmp.Compare(x.Code, y.Code))
	})
	return rows
}
