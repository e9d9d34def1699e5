package projections

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/historytest"
)

// reportsByCode counts the standing time reports of a period from the events alone.
func reportsByCode(t fataler, events []domain.Event, from, to domain.Month) map[ActivityRow]bool {
	standing := map[string]domain.PerformedEvent{}
	at := map[string]domain.Entity{}
	for i := range events {
		e := &events[i]
		if p, ok := domain.PerformedBy(e.Data); ok {
			standing[e.ID], at[e.ID] = p, e.Entity
		} else if _, ok := standing[e.Corrects()]; ok {
			p, stands, err := domain.PerformedAfter(e, domain.PerformedHealth)
			require.NoError(t, err)
			if delete(standing, e.Corrects()); stands {
				standing[e.Corrects()] = p
			}
		}
	}
	type key struct {
		delegated bool
		code      string
	}
	rows, patients := map[key]*ActivityRow{}, map[key]map[domain.Entity]bool{}
	for id, p := range standing {
		if p.Month < from || p.Month > to {
			continue
		}
		k := key{p.Delegated, p.ActivityCode}
		if p.Delegated {
			k.code = ""
		}
		if rows[k] == nil {
			rows[k], patients[k] = &ActivityRow{Delegated: k.delegated, Code: k.code}, map[domain.Entity]bool{}
		}
		rows[k].Minutes, rows[k].Reports = rows[k].Minutes+int64(p.Minutes), rows[k].Reports+1
		patients[k][at[id]] = true
	}
	all := map[ActivityRow]bool{}
	for k, r := range rows {
		r.Patients = len(patients[k])
		all[*r] = true
	}
	return all
}

func TestActivitiesAreTheReportsThatStoodThen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, q := drawPatients(t, "1880"), firstQuarter(t)
		whole := l.table(t)
		for n := range len(l.events) + 1 {
			q.AsOf = AsOf{Sequence: uint64(n)}
			a, err := CountActivities([]*Table{whole}, q)
			require.NoError(t, err)
			got := map[ActivityRow]bool{}
			for _, r := range a.Municipalities[0].Rows {
				got[r] = true
			}
			require.Equal(t, reportsByCode(t, historytest.KnownAt(l.events, uint64(n)), q.From, q.To), got)
			require.Len(t, a.Municipalities[0].Rows, len(got), "each code makes one row")
		}
	})
}

func TestAMunicipalityWithoutCodesIsOneWithLicensedTime(t *testing.T) {
	for name, c := range map[string]struct {
		rows    []ActivityRow
		without bool
	}{
		"NoTime":        {nil, false},
		"DelegatedOnly": {[]ActivityRow{{Delegated: true}}, false},
		"SomeCodes":     {[]ActivityRow{{Code: "QT010"}, {}}, false},
		"Licensed":      {[]ActivityRow{{}, {Delegated: true}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := MunicipalActivities{Rows: c.rows}
			require.Equal(t, c.without, m.WithoutCodes())
		})
	}
}
