package web

import (
	"cmp"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"careledger/cmd/careledger/internal/spreadsheet"
	"careledger/cmd/careledger/internal/words"
	"careledger/projections"
)

// kind says what a column holds, and so how people read it.
type kind int

const (
	text     kind = iota
	amount        // kronor with two decimals
	count         // a whole number
	date          // YYYY-MM-DD
	month         // YYYY-MM
	rate          // a share with four decimals
	quantity      // a decimal number
	percent       // a decimal number of hundredths
)

// numeric says whether a column is read as numbers, and set to the right.
func (k kind) numeric() bool {
	return k == amount || k == count || k == rate || k == quantity || k == percent
}

// column is one of a table: its name for programs and its kind.
type column struct {
	name    string
	says    string // its key in the section "column" of the catalogue, "" where that is its name
	kind    kind
	inTwins bool // it is left out of the page, which says it in another place

	sometimes bool // it is there only where the address asks for it
}

// title is the heading of the column for people.
func (c column) title(l words.Language) string { return l.Word("column", cmp.Or(c.says, c.name)) }

// cell is a value for programs, "" for none, and how people read it where that does not follow from the kind.
type cell struct {
	plain string // a code, an ISO date, a number with a point
	word  string // the text for people; "" for the plain value in the way of its kind
	brief string // what a page shows of it, where that is less than people get in a file; "" for all of it
	href  string // where it leads
}

// table is rows for people and for programs: the same ones on a page, as CSV and as JSON.
type table struct {
	name    string // in the address of its twins, page/name.csv; "" for the main table of a page
	caption string // in the language of the page
	columns []column
	rows    iter.Seq[[]cell] // in order; may be run several times, and is not run further than needed
	none    string           // said in place of a table without rows

	// The page's own template shows what the table holds, in pages of its own of which next is the following one; only the twins are the table's.
	elsewhere bool
	next      string

	failed func() error // of rows that are computed as they are run: why the last run ended before its time; nil where they cannot fail
}

// err returns why the rows ended before their time, nil where they did not.
func (t *table) err() error {
	if t.failed == nil {
		return nil
	}
	return t.failed()
}

// How many rows a page and a JSON document hold; CSV has all.
const (
	rowsOfPage = 100
	rowsOfJSON = 1000
)

// from returns at most n rows after some, and whether more follow.
func (t *table) from(after, n int) (rows [][]cell, more bool) {
	i := 0
	for row := range t.rows {
		if i++; i <= after {
			continue
		}
		if len(rows) == n {
			return rows, true
		}
		rows = append(rows, row)
	}
	return rows, false
}

// cursor is where in a table a page begins, and which event the table is known to: so that the pages of one table agree. It stands in an address as
// an opaque word, which a reader takes from a next link and does not make.
type cursor struct {
	After    int    `json:"a"`
	Sequence uint64 `json:"s"`
}

func (c cursor) String() string {
	raw, err := json.Marshal(c)
	if err != nil { // two numbers
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// parseCursor reads what String wrote; "" is nil, the first page.
func parseCursor(s string) (*cursor, error) {
	if s == "" {
		return nil, nil
	}
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(raw, &c, json.RejectUnknownMembers(true))
	}
	if err != nil || c.After < 1 {
		return nil, wrongly("page", "wrong.cursor")
	}
	return &c, nil
}

// writeCSV writes all rows for programs.
func (t *table) writeCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	fields := make([]string, len(t.columns))
	for i, col := range t.columns {
		fields[i] = col.name
	}
	err := c.Write(fields)
	for row := range t.rows {
		if err != nil {
			return err
		}
		for i, v := range row {
			fields[i] = v.plain
		}
		err = c.Write(fields)
	}
	if err := errors.Join(err, t.err()); err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}

// writeSwedishCSV writes all rows for a spreadsheet in Sweden: with a byte order mark, semicolons, decimal commas and CRLF, in Swedish words.
func (t *table) writeSwedishCSV(w io.Writer) error {
	if _, err := io.WriteString(w, spreadsheet.ByteOrderMark); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.Comma, c.UseCRLF = ';', true
	fields := make([]string, len(t.columns))
	for i, col := range t.columns {
		fields[i] = col.title(words.Swedish)
	}
	err := c.Write(fields)
	for row := range t.rows {
		if err != nil {
			return err
		}
		for i, v := range row {
			fields[i] = v.spreadsheet(t.columns[i].kind).CSV()
		}
		err = c.Write(fields)
	}
	if err := errors.Join(err, t.err()); err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}

// spreadsheet is the cell as a spreadsheet has it: a number to count with, or the text that people read.
func (c cell) spreadsheet(k kind) spreadsheet.Cell {
	if k.numeric() && c.plain != "" {
		return spreadsheet.Cell{Number: c.plain}
	}
	if c.word != "" {
		return spreadsheet.Cell{Text: c.word}
	}
	return spreadsheet.Cell{Text: c.plain}
}

// writeJSON writes a page of rows as {"authority", "as_of", "rows": [{column: value}], "next"}: counts as numbers, all else as strings, what is not
// shown as null. next is the address of the rows that follow, and is not there on the last page.
func (t *table) writeJSON(w io.Writer, authority string, asOf projections.Moment, rows [][]cell, next string) error {
	e := jsontext.NewEncoder(w)
	var errs []error
	put := func(tokens ...jsontext.Token) {
		for _, token := range tokens {
			errs = append(errs, e.WriteToken(token))
		}
	}
	put(jsontext.BeginObject, jsontext.String("authority"), jsontext.String(authority), jsontext.String("as_of"))
	errs = append(errs, json.MarshalEncode(e, asOf))
	put(jsontext.String("rows"), jsontext.BeginArray)
	for _, row := range rows {
		put(jsontext.BeginObject)
		for i, c := range row {
			put(jsontext.String(t.columns[i].name))
			switch k := t.columns[i].kind; {
			case c.plain == "" && k != text:
				put(jsontext.Null)
			case k == count:
				errs = append(errs, e.WriteValue(jsontext.Value(c.plain)))
			default:
				put(jsontext.String(c.plain))
			}
		}
		put(jsontext.EndObject)
		if err := errors.Join(errs...); err != nil {
			return err
		}
		errs = errs[:0]
	}
	put(jsontext.EndArray)
	if next != "" {
		put(jsontext.String("next"), jsontext.String(next))
	}
	put(jsontext.EndObject)
	return errors.Join(errs...)
}

// tableView is a table on a page, with all that its template says.
type tableView struct {
	voice
	Caption string
	Columns []columnView
	Rows    [][]cellView
	None    string
	Next    string // address of the rows that follow, "" on the last page
	First   string // address of the first page, "" there
	Twins   []twinView
}

type columnView struct {
	Title   string
	Numeric bool
}

type cellView struct {
	Text, Href string
	Numeric    bool
}

type twinView struct{ Title, Href string }

// view returns the rows of a table as they stand on a page. A column that none of them says anything in takes no room there; the twins have it.
func (t *table) view(v voice, rows [][]cell) *tableView {
	s := &tableView{voice: v, Caption: t.caption, None: t.none, Rows: make([][]cellView, len(rows))}
	for i, c := range t.columns {
		if c.inTwins || i > 0 && len(rows) > 0 && !slices.ContainsFunc(rows, func(row []cell) bool { return row[i].word != "" || row[i].plain != "" }) {
			continue
		}
		s.Columns = append(s.Columns, columnView{c.title(v.Lang), c.kind.numeric()})
		for j, row := range rows {
			shown := cellView{Text: cmp.Or(row[i].brief, row[i].word), Href: row[i].href, Numeric: c.kind.numeric()}
			if shown.Text == "" {
				shown.Text = v.shown(c.kind, row[i].plain)
			}
			if c.kind == date {
				shown.Text = strings.ReplaceAll(shown.Text, " ", "\u00a0") // on one line
			}
			s.Rows[j] = append(s.Rows[j], shown)
		}
	}
	return s
}

// ending is how an address says what it wants: "" a page, else a twin of one of its tables.
type ending string

const (
	asPage       ending = ""
	asCSV        ending = ".csv"
	asSwedishCSV ending = ".sv.csv"
	asJSON       ending = ".json"
	asXLSX       ending = ".xlsx" // these are of files of the command line alone
	asSVG        ending = ".svg"
)

// cutEnding takes the ending off a path.
func cutEnding(path string) (string, ending) {
	for _, e := range []ending{asSwedishCSV, asCSV, asJSON, asXLSX, asSVG} { // the longer one first
		if rest, found := strings.CutSuffix(path, string(e)); found && rest != "" && !strings.HasSuffix(rest, "/") {
			return rest, e
		}
	}
	return path, asPage
}
