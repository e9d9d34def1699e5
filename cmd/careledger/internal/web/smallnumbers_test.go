package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/projections"
)

// counted are groups of so many persons, by unit, or by unit/life area.
func counted(groups ...any) (rows []projections.FulfilmentRow) {
	for i := 0; i < len(groups); i += 2 {
		rows = append(rows, projections.FulfilmentRow{Keys: strings.Split(groups[i].(string), "/"), Persons: groups[i+1].(int)})
	}
	return rows
}

func TestSmallGroupsAreNotShownNorFoundBySubtraction(t *testing.T) {
	for name, c := range map[string]struct {
		rows []projections.FulfilmentRow
		want string // x for each hidden
	}{
		"all large":                   {counted("a", 5, "b", 6), ".."},
		"one small, alone":            {counted("a", 4), "x"},
		"nothing":                     {nil, ""},
		"the smallest other goes too": {counted("a", 4, "b", 9, "c", 6, "d", 7), "x.x."},
		"two small do not cover":      {counted("a", 1, "b", 1, "c", 9, "d", 8), "xx.x"},
		"none is left":                {counted("a", 1, "b", 4), "xx"},
		"in both directions":          {counted("a/p", 3, "a/q", 8, "a/r", 9, "b/p", 10, "b/q", 11, "b/r", 12), "xx.xx."},
	} {
		said := ""
		for _, h := range hidden(c.rows) {
			said += map[bool]string{true: "x", false: "."}[h]
		}
		require.Equal(t, c.want, said, name)
	}
}

func TestWhatIsLeftOfASumIsOfFivePersonsOrMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []projections.FulfilmentRow
		keys := rapid.IntRange(1, 3).Draw(t, "keys")
		for i := range 27 {
			if persons := rapid.SampledFrom([]int{0, 0, 1, 3, 4, 5, 6, 20}).Draw(t, "persons"); persons > 0 && (keys == 3 || i < 9 && (keys == 2 || i < 3)) {
				rows = append(rows, projections.FulfilmentRow{Keys: []string{fmt.Sprint(i % 3), fmt.Sprint(i / 3 % 3), fmt.Sprint(i / 9)}[:keys], Persons: persons})
			}
		}
		hide := hidden(rows)
		for i, r := range rows {
			require.False(t, r.Persons < fewestShown && !hide[i])
		}
		if len(rows) == 0 {
			return
		}
		for _, of := range sums(rows) {
			left, most, shown := 0, 0, 0
			for _, i := range of {
				if hide[i] {
					left, most = left+1, max(most, rows[i].Persons)
				} else {
					shown++
				}
			}
			if left > 0 && shown > 0 {
				require.GreaterOrEqual(t, most, fewestShown)
				require.Greater(t, left, 1)
			}
		}
	})
}

func TestAFilterShowsNoMoreThanThePageWithoutIt(t *testing.T) {
	r := program(t)
	hiddenRows := func(address string) (all []string) {
		for line := range strings.Lines(r.page(address)) {
			if strings.HasSuffix(strings.TrimSpace(line), ",,,,,,") {
				all = append(all, strings.TrimSpace(line))
			}
		}
		return all
	}
	const query = "/fulfilment.csv?by=month,life_area"
	whole := hiddenRows(query)
	require.NotEmpty(t, whole)
	require.Equal(t, whole, hiddenRows(query+"&provider=lund-hemvard"))
	require.Contains(t, signedIn(t).page("/fulfilment?by=month,life_area"), "visas inte")
	require.Contains(t, r.page("/fulfilment.json?by=month,life_area"), `"persons":null`)
}
