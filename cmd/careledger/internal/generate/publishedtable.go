package generate

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
)

// The published tables that presets come out equal to, each with its source in its first lines.
//
//go:embed orebro_2019_recipients.csv skl_2010_allocation.csv
var publishedTables embed.FS

// publishedRows returns the rows of a published table without its heading, every cell as text.
func publishedRows(name string) ([][]string, error) {
	text, err := publishedTables.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the published table: %w", err)
	}
	in := csv.NewReader(strings.NewReader(string(text)))
	in.Comment = '#'
	rows, err := in.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the published table %s: %w", name, err)
	}
	return rows[1:], nil
}

// wholeNumbers reads cells that hold whole numbers.
func wholeNumbers(cells []string) ([]int, error) {
	numbers := make([]int, len(cells))
	for i, c := range cells {
		n, err := strconv.Atoi(c)
		if err != nil {
			return nil, fmt.Errorf("read a published figure: %w", err)
		}
		numbers[i] = n
	}
	return numbers, nil
}
