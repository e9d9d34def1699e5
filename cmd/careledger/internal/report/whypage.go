package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

// A derivation has one layout: of the page that is printed (WhyPage) and of the one that careledger serve shows, where it has links and is folded.

var (
	//go:embed templates/why.html
	whyTemplate string

	//go:embed templates/why_parts.html
	whyPartsTemplate string

	//go:embed templates/why.css
	whyStyle string
)

// WhyLayout is a template that defines "why" and "why-foot", each of a *WhyView.
func WhyLayout() string { return whyPartsTemplate }

// WhyLanguages are what the page of a derivation is written in.
var WhyLanguages = words.Languages

// WhyPage writes a derivation as one page to print, in a language of WhyLanguages.
func WhyPage(w io.Writer, language string, why *projections.Why) error {
	t, err := template.New("parts").Parse(whyPartsTemplate)
	if err == nil {
		t, err = t.New("why page").Parse(whyTemplate)
	}
	if err != nil { // it is part of the program
		return fmt.Errorf("templates/why.html: %w", err)
	}
	var b bytes.Buffer // so that an error leaves no half page
	page := struct {
		*WhyView
		Style template.CSS
	}{NewWhyView(words.Language(language), why, WhyOptions{Unfolded: true}), template.CSS(PageStyle())}
	if err := t.Execute(&b, &page); err != nil {
		return fmt.Errorf("write the derivation: %w", err)
	}
	_, err = b.WriteTo(w)
	return err
}

// WhyOptions say how a derivation is laid out. The zero value folds it and links nothing.
type WhyOptions struct {
	Unfolded bool
	// Line and Event return where a line and an event are shown; nil for nowhere.
	Line  func(line int) string
	Event func(entity string, sequence uint64) string
	Root  string // hex, of the log at the derivation's moment; "" if it is not told
}

// WhyView is a derivation in words of a language, for WhyLayout.
type WhyView struct {
	Lang, Title, Payout string
	Facts               []labelled
	Steps               whyTable
	FourEyes, Rest      string
	Lines               []whyViewLine
	Parts               []whyPart
	Foot                []labelled
}

type whyViewLine struct {
	Title    whyCell
	Facts    []labelled
	Notes    [][]whyCell // paragraphs
	Postings []whyViewPosting
	More     *whyCell
	Parts    []whyPart
	Unused   whyTable
	Open     bool
}

type whyViewPosting struct {
	Name, Amount, Operation string
	Values                  []string
	Events                  whyTable
	Open                    bool
}

// whyTable is a table whose first column names the row.
type whyTable struct {
	Title   string // for who does not see where it stands
	Columns []string
	Rows    [][]whyCell
}

func (t *whyTable) add(first whyCell, others ...string) {
	row := []whyCell{first}
	for _, text := range others {
		row = append(row, whyCell{Text: text})
	}
	t.Rows = append(t.Rows, row)
}

// whyCell is a text and where it leads, "" for nowhere.
type whyCell struct{ Text, Href string }

// whyWords says a derivation in a language.
type whyWords struct {
	words.Language
	plain      bool              // codes, days and numbers as the command line prints them everywhere
	conditions map[string]string // by expression, what whenWords said of it: to compile one takes longer than the rest of what is said of it
}

func (lang whyWords) say(word string) string { return lang.Word("why", word) }

// code says a code of a section of the catalogue.
func (lang whyWords) code(section, code string) string {
	if lang.plain || code == "" {
		return code
	}
	return lang.Word(section, code)
}

// change says what an event changed.
func (lang whyWords) change(c domain.Change) (name, before, after string) {
	if lang.plain {
		return c.Name.String(), c.Before.String(), c.After.String()
	}
	return lang.Change(c)
}

// day writes YYYY-MM-DD, and month YYYY-MM.
func (lang whyWords) day(iso string) string {
	if lang.plain {
		return iso
	}
	return lang.Date(iso)
}

func (lang whyWords) month(iso string) string {
	if lang.plain {
		return iso
	}
	return lang.Month(iso)
}

func (lang whyWords) moment(at time.Time) string {
	if lang.plain {
		return at.UTC().Format(time.RFC3339)
	}
	return words.Moment(at)
}

// facts leaves out what has no value.
func (lang whyWords) facts(pairs ...string) (all []labelled) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all = append(all, labelled{lang.say(pairs[i]), pairs[i+1]})
		}
	}
	return all
}

// number writes a number in plain notation, and event that of an event.
func (lang whyWords) number(s string) string {
	if lang.plain {
		return words.Thousands(s)
	}
	return lang.Number(s)
}

func (lang whyWords) eventNumber(n uint64) string { return lang.number(strconv.FormatUint(n, 10)) }

func (lang whyWords) kr(amount domain.Money) string { return lang.kronor(amount.String()) }

// kronor writes an amount in plain notation.
func (lang whyWords) kronor(plain string) string {
	if lang.plain {
		return words.Thousands(plain) + " kr"
	}
	return lang.Amount(plain)
}

// whyLayout is a derivation on its way to its view.
type whyLayout struct {
	whyWords
	WhyOptions
	why *projections.Why
}

// NewWhyView says a derivation in words.
func NewWhyView(language words.Language, w *projections.Why, o WhyOptions) *WhyView {
	lang := &whyLayout{whyWords{Language: language, conditions: map[string]string{}}, o, w}
	say := lang.say
	p := &WhyView{Lang: string(language), Title: say("title"), Payout: w.Payout, FourEyes: say("no_four_eyes"), Rest: say("rest")}
	p.Facts = lang.facts("payout", w.Payout, "provider", w.Provider, "month_of", lang.month(w.Month), "total", lang.kr(w.Total), "version", strconv.Itoa(w.Version), "status", say(w.Status),
		"voucher", w.Voucher, "known", fmt.Sprintf("%s %s, %s %s", say("event"), lang.eventNumber(w.KnownTo), say("recorded"), lang.moment(w.KnownAt)))
	p.Steps = whyTable{Title: say("steps"), Columns: []string{say("event"), say("step"), say("who"), say("on"), say("recorded_at"), say("leaf")}}
	for i := range w.Steps {
		s := &w.Steps[i]
		p.Steps.add(lang.event(&s.WhyEvent), say(s.Step), s.Actor, lang.day(s.Effective), lang.moment(s.Recorded), leaf(s.Leaf))
	}
	if w.FourEyes {
		p.FourEyes = say("four_eyes")
	}
	for i := range w.Lines {
		p.Lines = append(p.Lines, lang.line(&w.Lines[i]))
	}
	p.Parts = lang.open(lang.payoutParts(w))
	command := "careledger why " + w.Payout
	if len(w.Lines) == 1 && w.LinesLeft > 0 {
		command += "/" + strconv.Itoa(w.Lines[0].Line)
	}
	p.Foot = lang.facts("as_known", lang.known(w.AsOf), "root", o.Root,
		"again", Command(strings.Fields(fmt.Sprintf("%s --authority %s --as-of-sequence %d", command, w.Authority, w.AsOf.Sequence))...))
	return p
}

// event is the number of an event.
func (lang *whyLayout) event(e *projections.WhyEvent) whyCell {
	return lang.eventOf(e.Entity, e.Sequence, lang.eventNumber(e.Sequence))
}

func (lang *whyLayout) eventOf(entity string, sequence uint64, text string) whyCell {
	c := whyCell{Text: text}
	if lang.Event != nil {
		c.Href = lang.Event(entity, sequence)
	}
	return c
}

// open says of parts whether they are unfolded.
func (lang *whyLayout) open(parts []whyPart) []whyPart {
	for i := range parts {
		parts[i].Open = lang.Unfolded
	}
	return parts
}

func (lang *whyLayout) line(l *projections.WhyLine) whyViewLine {
	say := lang.say
	p := whyViewLine{Title: whyCell{Text: fmt.Sprintf("%s %d: %s", say("line"), l.Line, lang.kr(l.Amount))}, Open: lang.Unfolded}
	if lang.Line != nil {
		p.Title.Href = lang.Line(l.Line)
	}
	p.Facts = lang.facts("month_of", lang.month(l.Month), "unit", l.Unit, "component", l.Policy+"/"+l.Component, "account", l.Account, "known_amount", lang.kr(l.Known), "settled", lang.kr(l.Settled))
	if l.Adjusts {
		p.Notes = append(p.Notes, lang.adjustment(l))
	}
	p.Parts = lang.open(lang.lineParts(lang.why, l))
	if l.Model == nil {
		p.Notes = append(p.Notes, []whyCell{{Text: say("gone")}})
		return p
	}
	m := l.Model
	decided := fmt.Sprintf("%s %s %s", lang.day(m.DecidedOn), say("by"), m.DecidedBy)
	if m.Reference != "" {
		decided += ", " + m.Reference
	}
	p.Facts = append(p.Facts, lang.facts("policy", m.Title, "decided", decided, "in_force", lang.interval(m.From, m.Until), "document", m.SHA256, "pays", lang.pays(m), "when", m.When, "when_words", lang.whenWords(m.When))...)
	p.Notes = append(p.Notes, []whyCell{{Text: fmt.Sprintf("%s: %d, %s %s. %s", say("postings"), l.PostingsAll, say("sum_to"), lang.kr(l.Known), say(l.Evaluator))}})
	events := map[uint64]*projections.WhyEvent{}
	p.Unused = whyTable{Title: say("unused"), Columns: []string{say("event"), say("type"), say("effective"), say("reason")}}
	for i := range l.Events {
		e := &l.Events[i]
		if events[e.Sequence] = e; !e.Used {
			p.Unused.add(lang.event(e), lang.code("event_type", e.Type), lang.day(e.Effective), say(e.Reason))
		}
	}
	for i := range l.Postings {
		p.Postings = append(p.Postings, lang.posting(&l.Postings[i], events))
	}
	if len(l.Postings) == 1 { // it is what was asked for
		p.Postings[0].Open = true
	}
	if l.OtherMonths > 0 {
		p.Unused.add(whyCell{Text: lang.eventNumber(uint64(l.OtherMonths))}, say("performed_time"), "", say("other-month"))
	}
	p.More = lang.more(l)
	return p
}

// adjustment says what a line follows from that adjusts an earlier month.
func (lang *whyLayout) adjustment(l *projections.WhyLine) []whyCell {
	if l.CausesAll == 0 {
		return []whyCell{{Text: lang.say("not_settled")}}
	}
	note := []whyCell{{Text: lang.say("adjusts") + ": "}}
	for i, c := range l.Causes {
		if i > 0 {
			note = append(note, whyCell{Text: ", "})
		}
		note = append(note, lang.eventOf(string(c.Entity), c.Sequence, fmt.Sprintf("%s %s (%s)", lang.eventNumber(c.Sequence), lang.code("event_type", string(c.Type)), c.Entity)))
	}
	if l.CausesAll > len(l.Causes) {
		note = append(note, whyCell{Text: fmt.Sprintf(", … (%d)", l.CausesAll)})
	}
	return note
}

// more says where the postings are that are not shown.
func (lang *whyLayout) more(l *projections.WhyLine) *whyCell {
	left := l.PostingsAll - len(l.Postings)
	switch {
	case left <= 0 || len(l.Postings) == 1:
		return nil
	case lang.Line != nil:
		return &whyCell{fmt.Sprintf("%s %d %s", lang.say("all"), l.PostingsAll, lang.say("postings_small")), lang.Line(l.Line)}
	}
	return &whyCell{Text: fmt.Sprintf("%d %s %s/%d --format json", left, lang.say("more"), lang.why.Payout, l.Line)}
}

func (lang *whyLayout) posting(p *projections.WhyPosting, events map[uint64]*projections.WhyEvent) whyViewPosting {
	say := lang.say
	page := whyViewPosting{Name: fmt.Sprintf("%d. %s", p.Posting, lang.name(p.Entity, p.Category, p.Band, p.FollowUp, p.Goal, p.HeldOn)), Amount: lang.kr(p.Amount), Operation: lang.operation(p), Open: lang.Unfolded}
	if p.Cap != nil {
		page.Values = append(page.Values, lang.capStep(p.Cap))
	}
	for _, v := range p.Values {
		value := fmt.Sprintf("%s: %s %s, %s %s", strings.TrimSpace(v.Parameter+" "+lang.Key(v.By, v.Key)), lang.number(v.Value), lang.UnitOfValue(v.Unit), say("from"), lang.day(v.From))
		if v.Status != "" {
			value += ", " + say(v.Status)
		}
		if v.Source != "" {
			value += " (" + v.Source + ")"
		}
		page.Values = append(page.Values, value)
	}
	page.Events = whyTable{Title: page.Name, Columns: []string{say("event"), say("type"), say("of"), say("effective"), say("recorded_at"), say("who"), say("leaf")}}
	for _, s := range p.RestsOn {
		e := events[s]
		page.Events.add(lang.event(e), lang.code("event_type", e.Type), e.Entity, lang.day(e.Effective), lang.moment(e.Recorded), e.Actor, leaf(e.Leaf))
	}
	return page
}

// known says as of which moment the derivation is.
func (lang whyWords) known(at projections.Moment) string {
	said := lang.eventNumber(at.Sequence)
	if !at.Recorded.IsZero() {
		said += ", " + lang.say("recorded") + " " + lang.moment(at.Recorded)
	}
	return said
}

// interval says on which days a document is in force: until is the first day that it is not, "" while it is open.
func (lang whyWords) interval(from, until string) string {
	last, err := domain.ParseDate(until)
	switch {
	case until == "":
		return lang.say("from") + " " + lang.day(from) + " " + lang.say("open")
	case lang.plain || err != nil:
		return lang.say("from") + " " + lang.day(from) + " " + lang.say("until") + " " + until
	}
	return lang.say("from") + " " + lang.day(from) + " " + lang.say("through") + " " + lang.day((last - 1).String())
}

// pays says what a component pays for.
func (lang whyWords) pays(m *projections.WhyModel) string {
	said := lang.code("component_kind", m.Kind)
	if m.Basis != "" {
		said += ", " + lang.code("basis", m.Basis)
	}
	return said
}

// whenWords says the variables and codes of a when in words, "" where it has none that need them.
func (lang whyWords) whenWords(source string) string {
	if lang.plain {
		return ""
	}
	if _, known := lang.conditions[source]; !known {
		var said []string
		for _, word := range compensation.WhenWords(source) {
			if word.Value == "" {
				said = append(said, word.Name+": "+lang.variable(word.Name))
			} else {
				said = append(said, strconv.Quote(word.Value)+": "+lang.ofVariable(word.Name, word.Value))
			}
		}
		lang.conditions[source] = strings.Join(said, "; ")
	}
	return lang.conditions[source]
}

// variable says a variable of a when, or another value that a component decides by.
func (lang whyWords) variable(name string) string {
	return lang.code("variable", strings.TrimPrefix(name, "inclusion."))
}

// ofVariable says a code that a variable holds.
func (lang whyWords) ofVariable(name, code string) string {
	if name == "kind" { // of home health care, where minutes have it as their category
		name = "category"
	}
	return lang.code(name, code)
}

// operation says how an amount comes out.
func (lang whyWords) operation(p *projections.WhyPosting) string {
	quantity := lang.number(p.Quantity) + " " + lang.say(p.QuantityUnit)
	switch {
	case p.Exact == "" && p.Quantity == "0":
		return fmt.Sprintf("%s %s: %s", lang.say("over_limit"), lang.kronor(p.Rate), lang.kr(p.Amount))
	case p.Exact == "":
		return fmt.Sprintf("%s, %s: %s", quantity, lang.say("of_pot"), lang.kr(p.Amount))
	}
	per := ""
	if p.Per != 1 {
		per = fmt.Sprintf(" / %d", p.Per)
	}
	return fmt.Sprintf("%s × %s%s = %s, %s: %s", quantity, lang.kronor(p.Rate), per, lang.exact(p.Exact), lang.say("rounded"), lang.kr(p.Amount))
}
