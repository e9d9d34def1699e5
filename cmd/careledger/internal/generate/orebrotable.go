package generate

import (
	"fmt"

	"careledger/domain"
)

// cells are the published numbers of persons: by age group, and women before men, in the order of domain.AgeGroups and domain.Sexes.
type cells [3][2]int

// countyRow is a row of the published table: the county as a whole or one of its municipalities.
type countyRow struct {
	code, name string
	cells      cells
}

// countyTable is the published table of recipients 2019. The county counts a person once; so its cells are smaller than the sums
// of those of its municipalities, by the persons whom two municipalities have seen.
type countyTable struct {
	county         countyRow
	municipalities []countyRow // in the order published
	shared         cells       // persons of two municipalities
}

func readCountyTable() (countyTable, error) {
	rows, err := publishedRows("orebro_2019_recipients.csv")
	if err != nil {
		return countyTable{}, err
	}
	var t countyTable
	for i, row := range rows {
		n, err := wholeNumbers(row[2:])
		if err != nil {
			return t, err
		}
		// After the total of the row: women, men and their total, for each age group.
		r := countyRow{code: row[0], name: row[1], cells: cells{{n[1], n[2]}, {n[4], n[5]}, {n[7], n[8]}}}
		if i == 0 {
			t.county = r
			continue
		}
		t.municipalities = append(t.municipalities, r)
	}
	for age := range t.shared {
		for sex := range t.shared[age] {
			persons := -t.county.cells[age][sex]
			for _, m := range t.municipalities {
				persons += m.cells[age][sex]
			}
			if persons < 0 {
				return t, fmt.Errorf("%s %s: the county has more recipients than its municipalities together", domain.AgeGroups[age], domain.Sexes[sex])
			}
			t.shared[age][sex] = persons
		}
	}
	return t, nil
}
