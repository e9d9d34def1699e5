package compensation_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// Paying place by place says what the plain evaluator says, posting by posting, whatever runs are counted together.

// runDigestOf is the digest of a run as its documentation says, from the postings of the plain evaluator, written apart from it.
func runDigestOf(postings []compensation.Posting) string {
	type series struct {
		name      string
		byPosting bool // a cap, whose quantity is 0, or a grant
	}
	all := map[series][]compensation.Posting{}
	for _, p := range postings {
		one := series{strings.Join([]string{p.Policy, p.Component, p.QuantityUnit}, "\t"), p.Quantity.Rat().Sign() == 0 || p.QuantityUnit == compensation.UnitRecipient}
		all[one] = append(all[one], p)
	}
	var lines []string
	for of, ps := range all {
		amounts := "-"
		if !of.byPosting {
			amounts = amountsOf(ps)
		}
		followUps := of.byPosting || ps[0].FollowUp != ""
		lines = append(lines, fmt.Sprintf("%s\t%d\t%s\t%s\n", of.name, len(ps), listsOf(ps, followUps, of.byPosting), amounts))
	}
	slices.Sort(lines)
	return sha(append([]byte("careledger run v2\n"), strings.Join(lines, "")...))
}

func sha(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func listsOf(postings []compensation.Posting, followUps, amounts bool) string {
	ps := slices.Clone(postings)
	no := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	byGroup := func(a, b compensation.Posting) int {
		return cmp.Or(strings.Compare(a.Case, b.Case), no(a.Patient)-no(b.Patient), strings.Compare(a.Unit, b.Unit), strings.Compare(a.Provider, b.Provider),
			domain.Categories.Index(a.Category)-domain.Categories.Index(b.Category), domain.Bands.Index(a.Band)-domain.Bands.Index(b.Band))
	}
	slices.SortStableFunc(ps, byGroup)
	text := func(b []byte, s string) []byte { return append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	var hashes, group []byte
	for i, p := range ps {
		before := domain.Month(0)
		if i == 0 || byGroup(ps[i-1], p) != 0 {
			entity := ""
			switch {
			case p.Patient:
				entity = "patient/" + p.Case
			case p.Case != "":
				entity = "case/" + p.Case
			}
			group = fmt.Appendf(nil, "%s\t%s\t%s\t%s\t%s\n", entity, p.Provider, p.Unit, p.Category, p.Band)
		} else {
			before = ps[i-1].Month
		}
		group = binary.AppendUvarint(group, uint64(p.Month-before))
		if q := p.Quantity.Rat(); q.IsInt() {
			group = binary.AppendUvarint(group, q.Num().Uint64()+1)
		} else {
			group = text(append(group, 0), q.RatString())
		}
		if followUps {
			group = text(text(group, p.FollowUp), p.Goal)
		}
		if amounts {
			group = binary.AppendVarint(group, int64(p.Amount))
		}
		if i == len(ps)-1 || byGroup(p, ps[i+1]) != 0 {
			sum := sha256.Sum256(group)
			hashes = append(hashes, sum[:]...)
		}
	}
	return sha(hashes)
}

func amountsOf(postings []compensation.Posting) string {
	ps := slices.Clone(postings)
	rate := func(p compensation.Posting) *big.Rat {
		r, _ := new(big.Rat).SetString(p.Rate.String())
		return r
	}
	byPlace := func(a, b compensation.Posting) int {
		return cmp.Or(strings.Compare(a.Unit, b.Unit), domain.Categories.Index(a.Category)-domain.Categories.Index(b.Category),
			domain.Bands.Index(a.Band)-domain.Bands.Index(b.Band), int(a.Month-b.Month))
	}
	slices.SortStableFunc(ps, func(a, b compensation.Posting) int { return cmp.Or(byPlace(a, b), int(a.HeldOn-b.HeldOn)) })
	var sums []byte
	sum, n := domain.Money(0), uint64(0)
	for i, p := range ps {
		sum, n = sum+p.Amount, n+1
		if i == len(ps)-1 || byPlace(p, ps[i+1]) != 0 || rate(p).Cmp(rate(ps[i+1])) != 0 {
			if p.FollowUp != "" {
				sums = binary.AppendUvarint(sums, n)
			}
			sums = binary.AppendVarint(sums, int64(sum))
			sum, n = 0, 0
		}
	}
	return sha(sums)
}

// assertSum says that a run's sum is that of the plain evaluator's postings.
func assertSum(t *rapid.T, w *historytest.World, sums *compensation.Sums, policies []compensation.Policy, period compensation.Period, by []string) {
	plain := w.Plain(period)
	plain.Policies = policies
	want, wantErr := plain.Evaluate()
	got, gotErr := sums.Of(t.Context(), policies)
	if wantErr != nil || gotErr != nil {
		assert.IsType(t, wantErr, gotErr, "%v", gotErr)
		return
	}
	total, units := domain.Money(0), map[string]domain.Money{}
	for _, p := range want {
		total += p.Amount
		units[p.Unit+"/"+p.Provider] += p.Amount
	}
	require.Equal(t, rowsOf(want, by), got.Rows)
	assert.Equal(t, total, got.Total)
	assert.Equal(t, len(want), got.Postings)
	assert.Equal(t, runDigestOf(want), got.Digest)
	for i, u := range got.Units {
		amount, any := units[sums.Units[i].ID+"/"+sums.Units[i].Provider]
		assert.Equal(t, compensation.UnitSum{Amount: amount, Any: any}, u)
	}
	alone, postings, err := sums.Total(t.Context(), policies)
	require.NoError(t, err)
	assert.Equal(t, total, alone)
	assert.Equal(t, len(want), postings)
	for _, p := range policies {
		for _, d := range p.Documents {
			for i := range d.Model.Components {
				c := &d.Model.Components[i]
				yields := slices.ContainsFunc(want, func(q compensation.Posting) bool {
					day := q.Month.First()
					if q.HeldOn != 0 && c.Kind != compensation.KindCap {
						day = q.HeldOn
					}
					if c.Kind == compensation.KindAllocation || c.Kind == compensation.KindPerformance {
						return q.Policy == p.ID && q.Component == c.ID
					}
					// a grant's money is that of the document in force on its own day, where the id may be another kind of component
					return q.Policy == p.ID && q.Component == c.ID && q.Grant == "" && d.From <= day && day < d.End
				})
				if c.Kind != compensation.KindAllocation && c.Kind != compensation.KindPerformance && c.Kind != compensation.KindCap {
					assert.Equal(t, yields, got.Yields(c), "%s.%s from %s", p.ID, c.ID, d.From)
				}
			}
		}
	}
}

// drawnRuns are the adopted policies, and runs that pay or count otherwise.
func drawnRuns(t *rapid.T, adopted []compensation.Policy) (runs [][]compensation.Policy) {
	runs = append(runs, adopted)
	for range rapid.IntRange(0, 3).Draw(t, "runs") {
		run := slices.Clone(adopted)
		for i := range run {
			run[i].Documents = slices.Clone(run[i].Documents)
			for j := range run[i].Documents {
				d := &run[i].Documents[j]
				for _, p := range d.Model.Parameters {
					if key := p.Keys(); !slices.Contains(p.By, "recipient") && rapid.Bool().Draw(t, "changed") {
						value := domain.DecimalOf(rapid.Int64Range(0, 5_000_000).Draw(t, "value"), rapid.IntRange(0, 4).Draw(t, "decimals"))
						m, err := d.Model.With(p.Name, slices.Concat(key, []string{""})[0], value)
						require.NoError(t, err)
						d.Model = m
					}
				}
			}
		}
		if len(run) > 1 && rapid.Bool().Draw(t, "fewer policies") {
			run = run[1:]
		}
		runs = append(runs, run)
	}
	return runs
}

func TestRunsThatAreCountedTogetherComeToWhatEachComesToAlone(t *testing.T) {
	for name, draw := range map[string]func(*rapid.T) historytest.History{"histories": historytest.Draw, "histories with gaps": historytest.DrawWithGaps} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				w, err := historytest.Fold(draw(t).Events(-1))
				require.NoError(t, err)
				period, facts := drawnPeriod(t), w.Columns()
				by := rapid.SampledFrom([][]string{compensation.DefaultFields, {}, {"year", "provider"}, {"life_area", "occasion"}, {"case", "month"}, {"authority", "policy", "component", "unit"}}).Draw(t, "by")
				runs := drawnRuns(t, w.State.Adopted())
				prepared := facts.Prepare(period)
				for _, run := range runs {
					prepared, err = prepared.WithRecipients(run)
					require.NoError(t, err)
				}
				for range 2 { // the second question finds what the first has counted
					sums := prepared.Sums(by)
					if rapid.Bool().Draw(t, "counted ahead") {
						require.NoError(t, sums.Count(t.Context(), runs...))
					}
					for _, run := range runs {
						assertSum(t, w, sums, run, period, by)
					}
					runs = append(runs, drawnRuns(t, w.State.Adopted())...)
				}
			})
		})
	}
}

// Two changes of a premium within a month, on other days, that come to the same sums.
func TestTheDigestTellsWhichPremiumsOfAMonthWereEarnedUnderWhichRate(t *testing.T) {
	digest := func(values string) string {
		lines := append(parties(), decided("d", "u", "2020-01-01", service("7", 60)), goal("g", "d", "2020-01-01"),
			held("f1", "2020-03-05", "g=fulfilled"), held("f2", "2020-03-10", "g=fulfilled"), held("f3", "2020-03-20", "g=fulfilled"), held("f4", "2020-03-25", "g=fulfilled"),
			adopted("2020-01-01", `"kind":"goal-premium","amount":"a","outcomes":{"fulfilled":"1"},"repeat":"each-follow-up"`, values))
		l := historytest.NewLedger()
		for _, line := range lines {
			_, problems := l.Submit([]byte(line))
			require.Empty(t, problems, line)
		}
		plain := l.Plain(compensation.Period{From: domain.NewMonth(2020, 1), To: domain.NewMonth(2020, 6)})
		sum, err := columnsOf(t, plain).Prepare(plain.Period).Sums(nil).Of(t.Context(), plain.Policies)
		require.NoError(t, err)
		require.Equal(t, domain.Money(500_00), sum.Total)
		postings, err := plain.Evaluate()
		require.NoError(t, err)
		require.Equal(t, runDigestOf(postings), sum.Digest)
		return sum.Digest
	}
	one := digest(`"2020-01-01":"200","2020-03-08":"100"`)                   // 200 + 300
	assert.NotEqual(t, one, digest(`"2020-01-01":"100","2020-03-15":"150"`)) // 200 + 300
	assert.NotEqual(t, digest(`"2020-01-01":"100","2020-03-15":"150"`), digest(`"2020-01-01":"150","2020-03-15":"100"`))
	assert.Equal(t, digest(`"2020-01-01":"125"`), digest(`"2020-01-01":"125","2020-03-15":"125"`), "a value that stays")
}

func TestAmountsWhoseSumCannotBeHeldAreRefused(t *testing.T) {
	pots := func(n int) []compensation.Policy { // of the largest amount that a document can name
		components := make([]string, n)
		for i := range components {
			components[i] = strings.Replace(allocation("999999999999999", "0", ""), `"c"`, fmt.Sprintf(`"c%d"`, i), 1)
		}
		return inForce(t, weighted(`"gotland":"1","skane":"1","vastra":"1"`), strings.Join(components, ","))
	}
	plain := granted(t, pots(1), threeCounties()...)
	sums := columnsOf(t, plain).Prepare(plain.Period).Sums(nil)
	total, _, err := sums.Total(t.Context(), pots(92))
	require.NoError(t, err)
	assert.Equal(t, domain.Money(92*99_999_999_999_999_900), total)
	_, _, err = sums.Total(t.Context(), pots(93)) // 2^63 öre are 92.2 of them
	assert.ErrorContains(t, err, "larger than the ledger can hold")
	_, err = sums.Of(t.Context(), pots(93))
	assert.ErrorContains(t, err, "larger than the ledger can hold")
}
