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
	"careledger/projections"
)

//go:embed templates/why.html
var whyTemplate string

// WhyLanguages are what the page of a derivation is written in.
var WhyLanguages = words.Languages

// WhyPage writes a derivation as one page to print, in a language of WhyLanguages.
func WhyPage(w io.Writer, language string, why *projections.Why) error {
	t, err := template.New("sheet").Parse(sheetTemplate) // for its tables
	if err == nil {
		t, err = t.New("why").Parse(whyTemplate)
	}
	if err != nil { // it is part of the program
		return fmt.Errorf("templates/why.html: %w", err)
	}
	var b bytes.Buffer // so that an error leaves no half page
	if err := t.Execute(&b, newWhyPage(language, why)); err != nil {
		return fmt.Errorf("write the derivation: %w", err)
	}
	_, err = b.WriteTo(w)
	return err
}

// whyPage is a derivation in words of a language.
type whyPage struct {
	Lang, Title, Payout string
	Style               template.CSS
	Facts               []labelled
	Steps               sheetTable
	FourEyes, AsKnown   string
	Lines               []whyPageLine
	Parts               []whyPart
}

type whyPageLine struct {
	Title    string
	Facts    []labelled
	Notes    []string
	Postings []whyPagePosting
	More     string
	Parts    []whyPart
	Unused   sheetTable
}

type whyPagePosting struct {
	Name, Operation string
	Values          []string
	Events          sheetTable
}

// whyWords says a word of the page.
type whyWords string

func (lang whyWords) say(word string) string {
	return words.Language(lang).Word("why", word)
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

// number writes a number as the language does.
func (lang whyWords) number(s string) string {
	if s = Thousands(s); lang == "sv" {
		s = strings.ReplaceAll(s, ".", ",")
	}
	return s
}

func (lang whyWords) kr(amount domain.Money) string { return lang.number(amount.String()) + " kr" }

func newWhyPage(language string, w *projections.Why) *whyPage {
	lang := whyWords(language)
	say := lang.say
	p := &whyPage{Lang: language, Title: say("title"), Payout: w.Payout, Style: template.CSS(pageStyle), FourEyes: say("no_four_eyes")}
	p.Facts = lang.facts("payout", w.Payout, "provider", w.Provider, "month_of", w.Month, "total", lang.kr(w.Total), "version", strconv.Itoa(w.Version), "status", say(w.Status),
		"voucher", w.Voucher, "known", fmt.Sprintf("%s %s, %s %s", say("event"), eventNumber(w.KnownTo), say("recorded"), w.KnownAt.UTC().Format(time.RFC3339)))
	p.Steps = sheetTable{Title: say("steps"), Columns: []string{say("step"), say("who"), say("on"), say("recorded_at"), say("event"), say("leaf")}}
	for _, s := range w.Steps {
		p.Steps.Rows = append(p.Steps.Rows, []string{say(s.Step), s.Actor, s.Effective, s.Recorded.UTC().Format(time.RFC3339), eventNumber(s.Sequence), leaf(s.Leaf)})
	}
	if w.FourEyes {
		p.FourEyes = say("four_eyes")
	}
	for i := range w.Lines {
		p.Lines = append(p.Lines, lang.line(w, &w.Lines[i]))
	}
	p.Parts = lang.payoutParts(w)
	p.AsKnown = fmt.Sprintf("%s %s, %s.", say("as_known"), eventNumber(w.AsOf.Sequence), w.AsOf.Text())
	return p
}

func (lang whyWords) line(w *projections.Why, l *projections.WhyLine) whyPageLine {
	say := lang.say
	p := whyPageLine{Title: fmt.Sprintf("%s %d: %s", say("line"), l.Line, lang.kr(l.Amount))}
	p.Facts = lang.facts("month_of", l.Month, "unit", l.Unit, "component", l.Policy+"/"+l.Component, "account", l.Account, "known_amount", lang.kr(l.Known), "settled", lang.kr(l.Settled))
	if l.Adjusts {
		events := make([]string, len(l.Causes))
		for i, c := range l.Causes {
			events[i] = fmt.Sprintf("%s %s (%s)", eventNumber(c.Sequence), c.Type, c.Entity)
		}
		switch note := say("adjusts") + ": " + strings.Join(events, ", "); {
		case l.CausesAll == 0:
			p.Notes = append(p.Notes, say("not_settled"))
		case l.CausesAll > len(events):
			p.Notes = append(p.Notes, fmt.Sprintf("%s, … (%d)", note, l.CausesAll))
		default:
			p.Notes = append(p.Notes, note)
		}
	}
	p.Parts = lang.lineParts(w, l)
	if l.Model == nil {
		p.Notes = append(p.Notes, say("gone"))
		return p
	}
	m := l.Model
	until := ""
	if m.Until != "" {
		until = " " + say("until") + " " + m.Until
	}
	decided := fmt.Sprintf("%s %s %s", m.DecidedOn, say("by"), m.DecidedBy)
	if m.Reference != "" {
		decided += ", " + m.Reference
	}
	p.Facts = append(p.Facts, lang.facts("policy", m.Title, "decided", decided, "in_force", say("from")+" "+m.From+until, "document", m.SHA256, "when", m.When)...)
	p.Notes = append(p.Notes, fmt.Sprintf("%s: %d, %s %s. %s", say("postings"), l.PostingsAll, say("sum_to"), lang.kr(l.Known), say(l.Evaluator)))
	events := map[uint64]*projections.WhyEvent{}
	p.Unused = sheetTable{Title: say("unused"), Columns: []string{say("event"), say("type"), say("effective"), say("reason")}}
	for i := range l.Events {
		e := &l.Events[i]
		if events[e.Sequence] = e; !e.Used {
			p.Unused.Rows = append(p.Unused.Rows, []string{eventNumber(e.Sequence), e.Type, e.Effective, say(e.Reason)})
		}
	}
	for i := range l.Postings {
		p.Postings = append(p.Postings, lang.posting(&l.Postings[i], events))
	}
	if l.OtherMonths > 0 {
		p.Unused.Rows = append(p.Unused.Rows, []string{eventNumber(uint64(l.OtherMonths)), say("performed_time"), "", say("other-month")})
	}
	if left := l.PostingsAll - len(l.Postings); left > 0 && len(l.Postings) != 1 {
		p.More = fmt.Sprintf("%d %s %s/%d --format json", left, say("more"), w.Payout, l.Line)
	}
	return p
}

func (lang whyWords) posting(p *projections.WhyPosting, events map[uint64]*projections.WhyEvent) whyPagePosting {
	say := lang.say
	page := whyPagePosting{Name: fmt.Sprintf("%d. %s", p.Posting, lang.name(p.Entity, p.Category, p.Band, p.FollowUp, p.Goal, p.HeldOn)), Operation: lang.operation(p)}
	if p.Cap != nil {
		page.Values = append(page.Values, lang.capStep(p.Cap))
	}
	for _, v := range p.Values {
		value := fmt.Sprintf("%s %s: %s %s, %s %s", v.Parameter, v.Key, lang.number(v.Value), v.Unit, say("from"), v.From)
		if v.Status != "" {
			value += ", " + say(v.Status)
		}
		if v.Source != "" {
			value += " (" + v.Source + ")"
		}
		page.Values = append(page.Values, value)
	}
	page.Events = sheetTable{Columns: []string{say("event"), say("type"), say("effective"), say("recorded"), say("who"), say("leaf")}}
	for _, s := range p.RestsOn {
		e := events[s]
		page.Events.Rows = append(page.Events.Rows, []string{eventNumber(s), e.Type, e.Effective, e.Recorded.UTC().Format(time.RFC3339), e.Actor, leaf(e.Leaf)})
	}
	return page
}

// operation says how an amount comes out.
func (lang whyWords) operation(p *projections.WhyPosting) string {
	quantity := p.Quantity + " " + lang.say(p.QuantityUnit)
	switch {
	case p.Exact == "" && p.Quantity == "0":
		return fmt.Sprintf("%s %s kr: %s", lang.say("over_limit"), lang.number(p.Rate), lang.kr(p.Amount))
	case p.Exact == "":
		return fmt.Sprintf("%s, %s: %s", quantity, lang.say("of_pot"), lang.kr(p.Amount))
	}
	per := ""
	if p.Per != 1 {
		per = fmt.Sprintf(" / %d", p.Per)
	}
	exact := whyExact(p.Exact)
	if lang == "sv" {
		exact = strings.ReplaceAll(exact, ".", ",")
	}
	return fmt.Sprintf("%s × %s kr%s = %s, %s: %s", quantity, lang.number(p.Rate), per, exact, lang.say("rounded"), lang.kr(p.Amount))
}
