package compensation

import (
	"github.com/go-json-experiment/json/jsontext"
)

// Column is a field of a row beside those that it is grouped by.
type Column struct {
	Name   string
	Text   string
	Number bool // Text is a JSON number and is written without quotes
}

// AppendRow appends a row as a JSON object: the fields of by in their order, each with its key as a string, then the columns.
// It is the form of every row that the ledger hands to programs. keys is as long as by.
func AppendRow(dst []byte, by, keys []string, columns ...Column) []byte {
	dst = append(dst, '{')
	for i, field := range by {
		dst = appendMember(dst, Column{Name: field, Text: keys[i]})
	}
	for _, c := range columns {
		dst = appendMember(dst, c)
	}
	return append(dst, '}')
}

func appendMember(dst []byte, c Column) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(appendQuoted(dst, c.Name), ':')
	if c.Number {
		return append(dst, c.Text...)
	}
	return appendQuoted(dst, c.Text)
}

func appendQuoted(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s) // its error is invalid UTF-8, which it has replaced
	return dst
}

// Columns returns the fields of the row in the order of the contract, section 6.
func (r *Row) Columns() []Column {
	return []Column{{Name: "quantity", Text: r.Quantity}, {Name: "unit_of_quantity", Text: r.QuantityUnit}, {Name: "amount", Text: r.Amount.String()}}
}

// AppendRows appends rows as a JSON array.
func AppendRows(dst []byte, by []string, rows []Row) []byte {
	dst = append(dst, '[')
	for i := range rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendRow(dst, by, rows[i].Keys, rows[i].Columns()...)
	}
	return append(dst, ']')
}
