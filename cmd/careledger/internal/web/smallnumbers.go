package web

import (
	"math/bits"
	"strings"

	"careledger/projections"
)

// fewestShown is how many persons a group has at least whose numbers are shown.
const fewestShown = 5

// hidden says which rows of a table are not shown: those of fewer than five persons, and as many more as it takes that no hidden one can be taken
// out of a sum. Rows that share all their keys but some have a sum that another view of the same numbers shows (the whole, a unit over all life
// areas, a year over all units). Wherever such rows have a hidden one among them, they are either all hidden, or two or more are, one of them of five persons
// or more: so what is left of the sum when the rows shown are taken away is of several groups, and of at least five persons. Of the rows that could
// be hidden beside the small ones, the one of the fewest persons is; in order of the keys where they are alike. See decisions.md, 3.
func hidden(rows []projections.FulfilmentRow) []bool {
	hide := make([]bool, len(rows))
	for i := range rows {
		hide[i] = rows[i].Persons < fewestShown
	}
	if len(rows) == 0 {
		return hide
	}
	all := sums(rows)
	for again := true; again; {
		again = false
		for _, of := range all {
			if i := toHide(rows, of, hide); i >= 0 {
				hide[i], again = true, true
			}
		}
	}
	return hide
}

// sums returns the rows of each sum over some of the keys: for every choice of the keys that are summed over, the rows that share the others.
func sums(rows []projections.FulfilmentRow) (all [][]int) {
	n := len(rows[0].Keys)
	for over := uint(1); over < 1<<n; over++ {
		groups := map[string][]int{}
		var order []string
		for i, r := range rows {
			shared := make([]string, 0, n-bits.OnesCount(over))
			for k, word := range r.Keys {
				if over&(1<<k) == 0 {
					shared = append(shared, word)
				}
			}
			id := strings.Join(shared, "\x00")
			if groups[id] == nil {
				order = append(order, id)
			}
			groups[id] = append(groups[id], i)
		}
		for _, id := range order {
			all = append(all, groups[id])
		}
	}
	return all
}

// toHide returns the row of a sum that has to be hidden beside those that are, -1 for none.
func toHide(rows []projections.FulfilmentRow, of []int, hide []bool) int {
	count, covered := 0, false
	for _, i := range of {
		if hide[i] {
			count, covered = count+1, covered || rows[i].Persons >= fewestShown
		}
	}
	if count == 0 || count > 1 && covered {
		return -1
	}
	next := -1
	for _, i := range of {
		if !hide[i] && (next < 0 || rows[i].Persons < rows[next].Persons) {
			next = i
		}
	}
	return next
}
