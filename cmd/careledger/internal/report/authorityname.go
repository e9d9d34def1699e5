package report

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"strings"
	"sync"
)

//go:embed municipalities.csv
var municipalities string

// authorityNames are the names that the program knows, by code.
var authorityNames = sync.OnceValue(func() map[string]string {
	in := csv.NewReader(strings.NewReader(municipalities))
	in.Comment = '#'
	rows, err := in.ReadAll()
	if err != nil { // it is part of the program
		panic("report: municipalities.csv: " + err.Error())
	}
	names := map[string]string{}
	for _, row := range rows {
		names[row[0]] = row[1]
	}
	return names
})

// authorityName returns the name of a municipality or county, "" where the program does not know it: a log holds the code only.
func authorityName(code string) string { return authorityNames()[code] }

// swedishOrder has the letters that follow z in Swedish sort after it, in their order.
var swedishOrder = strings.NewReplacer("Å", "Z1", "Ä", "Z2", "Ö", "Z3", "å", "z1", "ä", "z2", "ö", "z3")

// compareAuthorities orders by name as in Swedish; those without a name come after, by code.
func compareAuthorities(a, b string) int {
	x, y := authorityName(a), authorityName(b)
	if x == "" || y == "" {
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(a, b))
	}
	return cmp.Or(cmp.Compare(swedishOrder.Replace(x), swedishOrder.Replace(y)), cmp.Compare(a, b))
}

// called returns a code with the name that goes with it.
func called(code string) string {
	return strings.TrimSpace(code + " " + authorityName(code))
}
