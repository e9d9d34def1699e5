package generate

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
)

// underLibrary computes what built-in models pay over a log for a period, as if each had been adopted in 2000.
func (l *ledger) underLibrary(t testing.TB, from, to domain.Month, ids ...string) []compensation.Posting {
	in := l.facts(from, to)
	for _, id := range ids {
		doc, ok := compensation.LibraryModel(id)
		require.True(t, ok, id)
		m, warnings, err := compensation.ParseModel(id, doc)
		require.NoError(t, err)
		require.Empty(t, warnings)
		in.Policies = append(in.Policies, compensation.Policy{ID: id, Documents: []compensation.InForce{
			{Model: m, From: domain.NewDate(2000, time.January, 1), End: domain.MaxDate}}})
	}
	all, err := in.Evaluate()
	require.NoError(t, err)
	return all
}

func TestTheDecidedModelPaysWhatWasPublishedAndTheRuleWhatThePageSays(t *testing.T) {
	from, to := domain.NewMonth(2010, time.January), domain.NewMonth(2011, time.December)
	for seed := range uint64(3) {
		_, all := grantEvents(t, seed)
		logs := byAuthority(all)
		state := requireAccepted(t, logs["00"])
		paid := map[string]domain.Money{} // as recorded
		for i := range logs["00"] {
			if d, ok := logs["00"][i].Data.(*domain.GrantPaid); ok {
				paid[d.Part+" "+d.Recipient] += d.Amount
			}
		}
		computed := map[string]map[string]domain.Money{}
		for _, id := range []string{"state-grant-2010", "state-grant-2010-rule", "state-grant-2010-rule-rounded"} {
			computed[id] = map[string]domain.Money{}
			for _, p := range state.underLibrary(t, from, to, id) {
				require.Equal(t, map[string]string{"development": "2010-03", "performance": "2010-12"}[p.Component], p.Month.String())
				computed[id][p.Component+" "+p.Provider] += p.Amount
			}
		}
		require.Equal(t, paid, computed["state-grant-2010"], "what is recorded as paid is what the adopted model comes to")
		counties := annex2(t)
		strict, rounded := byRule(counties, 1), byRule(counties, 500_000_00)
		for i, c := range counties {
			require.Equal(t, c.published, computed["state-grant-2010"]["development "+c.code], c.name)
			require.Equal(t, strict[i], computed["state-grant-2010-rule"]["development "+c.code], c.name)
			require.Equal(t, rounded[i], computed["state-grant-2010-rule-rounded"]["development "+c.code], c.name)
			require.Equal(t, computed["state-grant-2010"]["performance "+c.code], computed["state-grant-2010-rule"]["performance "+c.code])
		}

		require.Equal(t, state.underLibrary(t, from, to, "state-grant-2010"), state.postings(t, from, to), "the preset adopts the decided model")
		fyrbodal := requireAccepted(t, logs["14"])
		require.Empty(t, fyrbodal.underLibrary(t, from, to, "state-grant-2010", "state-grant-2010-rule"), "Fyrbodal's budget is no county's")
	}
}

// minutes2019 sums, from the events alone, what is known of the time of 2019 by patient and month.
func minutes2019(all []domain.Event, kind string) map[string]int64 {
	type report struct {
		key     string
		minutes int
	}
	reports := map[string]report{}
	for i := range all {
		switch d := all[i].Data.(type) {
		case *domain.HealthTimeReported:
			if d.Kind == kind && d.Month.Year() == 2019 {
				reports[all[i].ID] = report{all[i].Entity.ID() + " " + d.Month.String(), *d.Minutes}
			}
		case *domain.EventCorrected: // the only correction there is adds a quarter of an hour
			if r, ok := reports[d.Event]; ok {
				r.minutes += 15
				reports[d.Event] = r
			}
		}
	}
	sums := map[string]int64{}
	for _, r := range reports {
		sums[r.key] += int64(r.minutes)
	}
	return sums
}

// The models pay what the page names and what a sum over the reports gives.
func paidByHand2019(t *testing.T, all []domain.Event) {
	var psychiatric, somatic domain.Money
	for authority, log := range byAuthority(all) {
		if authority == "18" {
			continue
		}
		paid, want := map[string]domain.Money{}, map[string]domain.Money{}
		for _, p := range requireAccepted(t, log).postings(t, domain.NewMonth(2019, time.January), domain.NewMonth(2019, time.December)) {
			require.Equal(t, "health-"+authority, p.Provider)
			paid[p.Policy+" "+p.Case+" "+p.Month.String()] += p.Amount
		}
		for key, minutes := range minutes2019(log, "psychiatric") {
			want["orebro-psychiatric "+key] = perHour(minutes, 520)
			psychiatric += perHour(minutes, 520)
		}
		for key, minutes := range minutes2019(log, "somatic") {
			if minutes > 1800 {
				want["orebro-somatic "+key] = perHour(minutes-1800, 410)
				somatic += perHour(minutes-1800, 410)
			}
		}
		require.NotEmpty(t, want)
		require.Equal(t, want, paid)
	}
	page, err := os.ReadFile("../../../../domain/compensation/library/orebro-county.md")
	require.NoError(t, err)
	require.Contains(t, string(page), "| "+grouped(psychiatric)+" |\n")
	require.Contains(t, string(page), "| "+grouped(somatic)+" |\n")
}

// perHour is minutes at a rate of whole kronor an hour, rounded half up to the öre.
func perHour(minutes, rate int64) domain.Money { return domain.Money((minutes*rate*100*2 + 60) / 120) }
