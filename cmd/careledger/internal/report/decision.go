package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jedib0t/go-pretty/v6/text"

	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/projections"
)

//go:embed templates/sheet.html
var sheetTemplate string

//go:embed templates/page.css
var pageStyle string

// PageStyle is the style of pages to print, in CSS, with that of a derivation: what the pages of careledger serve begin with.
func PageStyle() string { return pageStyle + whyStyle }

// DecisionSheet writes the information sheet of a decision, in Swedish: text (Table) or one printable page (HTML) for the person whose
// decision it is, JSON and CSV (a row a value) for programs.
func DecisionSheet(w io.Writer, format Format, s *projections.Sheet) error {
	switch format {
	case JSON:
		return (&sheet{}).write(w, JSON, s)
	case CSV:
		return valueRows(w, s)
	case HTML:
		return sheetHTML(w, newSheetPage(s))
	}
	return sheetText(w, newSheetPage(s))
}

// sheetPage is a sheet in Swedish, the same for text and page.
type sheetPage struct {
	Title      string
	Period     string
	Facts      []labelled
	FrameLabel string
	Frame      string // "" where the decision grants no frame time
	TimeNotes  []string
	Services   sheetTable
	Goals      sheetTable
	AboutLabel string
	About      []string
}

type labelled struct{ Label, Value string }

// sheetTable is a table of a page; the first column names the row.
type sheetTable struct {
	Title   string
	Columns []string
	Rows    [][]string
	None    string // said in place of a table without rows
}

func newSheetPage(s *projections.Sheet) *sheetPage {
	say := func(word string) string { return words.Swedish.Word("sheet", word) }
	p := &sheetPage{Title: say("title"), AboutLabel: say("about"), Period: period(s)}
	add := func(label, value string) {
		if value != "" {
			p.Facts = append(p.Facts, labelled{say(label), value})
		}
	}
	add("decision", s.Decision)
	add("period", p.Period)
	add("supersedes", s.Supersedes)
	add("superseded_by", s.SupersededBy)
	add("case", s.Entity.ID())
	add("person", s.Person)
	add("provider", s.Provider.Name)
	add("unit", s.Unit.Name)
	add("method", words.Swedish.Word("method", s.Method))
	if s.Method == domain.MethodFrameTime {
		p.FrameLabel, p.Frame = say("frame_time"), words.Minutes(s.FrameMinutes)+" "+say("a_month")
		p.TimeNotes = []string{say("frame_what"), say("frame_varies"), say("frame_part")}
	} else {
		p.TimeNotes = []string{say("standard_varies")}
	}
	p.Services, p.Goals = services(s), goals(s)
	p.About = append(p.About, registration(say("made"), s.Made))
	if s.Corrected != nil {
		p.About = append(p.About, registration(say("corrected"), *s.Corrected))
	}
	p.About = append(p.About,
		fmt.Sprintf("%s %s.", say("on"), dayOf(s.On)),
		fmt.Sprintf("%s %d %s %s, %s %s.", say("as_known"), s.AsOf.Sequence, say("in_log"), s.Authority, say("recorded"), s.AsOf.Text()),
		say("appeal"), say("questions"))
	return p
}

// dayOf says a day within a sentence.
func dayOf(d domain.Date) string { return words.Swedish.Word("sheet", "the") + " " + words.Date(d) }

func registration(words string, r projections.Registration) string {
	return fmt.Sprintf("%s %s %s (%s).", words, r.Actor, dayOf(domain.LocalDate(r.Recorded)), r.Event)
}

func period(s *projections.Sheet) string {
	say := func(word string) string { return words.Swedish.Word("sheet", word) }
	from := say("from") + " " + dayOf(s.From)
	switch {
	case s.Last == 0:
		return from + ", " + say("until_further_notice")
	case s.Last < s.From:
		return say("never")
	}
	return from + " " + say("to") + " " + dayOf(s.Last)
}

// services lists what is granted; standard times are shown where they are what counts.
func services(s *projections.Sheet) sheetTable {
	say := func(word string) string { return words.Swedish.Word("sheet", word) }
	t := sheetTable{Title: say("services"), None: say("no_services"), Columns: []string{say("service"), say("kind"), say("when"), say("how_often")}}
	byService := s.Method == domain.MethodStandardTime
	if byService {
		t.Columns = append(t.Columns, say("minutes_each"))
	}
	t.Columns = append(t.Columns, say("staff"))
	for _, sv := range s.Services {
		row := []string{sv.Service, words.Swedish.Word("category", sv.Category), words.Swedish.Word("band", sv.Band), words.TimesPerWeek(sv.TimesPerWeek)}
		if byService {
			row = append(row, words.Minutes(sv.StandardMinutes))
		}
		staff := say("one_person")
		if sv.Staff == 2 {
			staff = say("two_persons")
		}
		t.Rows = append(t.Rows, append(row, staff))
	}
	return t
}

func goals(s *projections.Sheet) sheetTable {
	say := func(word string) string { return words.Swedish.Word("sheet", word) }
	t := sheetTable{Title: say("goals"), None: say("no_goals"), Columns: []string{say("life_area"), say("assessed"), say("intended")}}
	status := func(n int) string { return strconv.Itoa(n) + ", " + words.Swedish.Word("status", strconv.Itoa(n)) }
	for _, g := range s.Goals {
		t.Rows = append(t.Rows, []string{words.Swedish.Word("life_area", g.LifeArea), status(g.Assessed), status(g.Intended)})
	}
	return t
}

// sheetWidth is how wide the text is written: an A4 page in a plain font.
const sheetWidth = 78

func sheetText(w io.Writer, p *sheetPage) error {
	var b strings.Builder
	heading := func(s, rule string) {
		b.WriteString(s + "\n" + strings.Repeat(rule, utf8.RuneCountInString(s)) + "\n\n")
	}
	paragraph := func(s string) { b.WriteString(strings.Join(wrapped(s, sheetWidth), "\n") + "\n") }
	heading(p.Title, "=")
	for _, f := range p.Facts {
		b.WriteString(text.Pad(f.Label, 20, ' ') + f.Value + "\n")
	}
	b.WriteString("\n")
	if p.Frame != "" {
		heading(p.FrameLabel+": "+p.Frame, "-")
	}
	for _, n := range p.TimeNotes {
		paragraph(n)
	}
	for _, t := range []sheetTable{p.Services, p.Goals} {
		b.WriteString("\n")
		heading(t.Title, "-")
		for _, r := range t.Rows {
			b.WriteString("* " + r[0] + "\n")
			for i, v := range r[1:] {
				b.WriteString("  " + text.Pad(t.Columns[i+1]+":", 18, ' ') + v + "\n")
			}
		}
		if len(t.Rows) == 0 {
			paragraph(t.None)
		}
	}
	b.WriteString("\n")
	heading(p.AboutLabel, "-")
	for _, line := range p.About {
		paragraph(line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// wrapped breaks a paragraph between words into lines of at most so many characters; a longer word has a line of its own.
func wrapped(s string, width int) (lines []string) {
	length := 0
	for _, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		if len(lines) == 0 || length+1+n > width {
			lines, length = append(lines, word), n
			continue
		}
		lines[len(lines)-1] += " " + word
		length += 1 + n
	}
	return lines
}

func sheetHTML(w io.Writer, p *sheetPage) error {
	t, err := template.New("sheet").Parse(sheetTemplate)
	if err != nil { // it is part of the program
		return fmt.Errorf("templates/sheet.html: %w", err)
	}
	var b bytes.Buffer // so that an error leaves no half page
	if err := t.Execute(&b, struct {
		*sheetPage
		Style template.CSS
	}{p, template.CSS(pageStyle)}); err != nil {
		return fmt.Errorf("write the sheet: %w", err)
	}
	_, err = b.WriteTo(w)
	return err
}

// valueRows writes a document as CSV with a row for each of its values, named by its place in the document's JSON.
func valueRows(w io.Writer, document any) error {
	raw, err := json.Marshal(document)
	if err != nil {
		return err
	}
	s := &sheet{columns: fields([]string{"field", "value"})}
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := d.ReadToken()
		if err == io.EOF {
			return s.csv(w)
		}
		if err != nil {
			return err
		}
		if kind, length := d.StackIndex(d.StackDepth()); kind == '{' && length%2 == 1 {
			continue // the name of a member
		}
		switch token.Kind() {
		case '{', '}', '[', ']':
		default:
			s.rows = append(s.rows, []string{strings.ReplaceAll(string(d.StackPointer())[1:], "/", "."), token.String()})
		}
	}
}

// Deviation writes what was performed beside what was granted.
func Deviation(w io.Writer, format Format, d *projections.Deviation) error {
	s := &sheet{columns: fields(d.By), heading: []string{
		"Granted and performed minutes" + months(d.Period),
		asKnown(d.Authority, d.AsOf),
	}}
	total := d.Total
	total.Keys = make([]string, len(d.By))
	total.Keys[0] = "total"
	row := func(r *projections.DeviationRow) []string {
		cells := append([]string{}, r.Keys...)
		for _, c := range r.Columns() {
			cells = append(cells, c.Text)
		}
		return cells
	}
	for _, c := range total.Columns() {
		s.columns = append(s.columns, column{name: c.Name, number: true})
	}
	for i := range d.Rows {
		s.rows = append(s.rows, row(&d.Rows[i]))
	}
	s.footer = row(&total)
	return s.write(w, format, d)
}
