package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/replay"
)

const whatIfPath = "/what-if"

// whatIfPage shows the history under other values of the adopted policies, and under other models, beside what is adopted. It computes nothing: the answer is
// that of the question replay, and its files are those that the command line writes.
func whatIfPage() *page {
	return &page{path: whatIfPath, title: "what_if.title", name: "what-if", asks: slices.Concat(whatIfLists, whatIfWords, whatIfFields), lists: slices.Concat(whatIfLists, whatIfFields), tables: []string{"providers", "classes", "units", "years", "categories", "life_areas", "models"},
		answer: whatIf, file: whatIfFile}
}

// What a page of figures compares by, besides the total: with a sweep it compares the totals of providers alone, since each step would be compared.
const (
	whatIfBy      = "provider"
	whatIfCompare = "provider,unit,year,category,life_area"
)

// stepsMost is how many runs a sweep may have on a page. More are read from a file of the command line.
const stepsMost = 200

// whatIfView is what the page shows beside its tables.
type whatIfView struct {
	voice
	Policies  []policyPanel
	Kept      []string // settings that no field shows: of documents that are not in force at the end of the period
	Sweeps    []sweepPanel
	Seek      []choiceView
	Budget    string
	Force     string // the day from which it holds
	Models    []choiceView
	Documents []choiceView
	More      bool // something is asked beside values
	Upload    string
	CSRF      string
	Wrong     []wrongField
	Refused   *refusedView // why there is no answer, nil where there is one
	Reset     string       // address with the adopted values
	Outcome   *outcomeView
	UploadWas string // text of a model that was refused
}

// wrongField is a field of the form that cannot be understood. Unsaid is what of it the catalogue has no words for, in English.
type wrongField struct {
	Field, Label, Text, Unsaid string
	said                       error // the same to programs
}

// At returns what is wrong with a field, nil for nothing.
func (w *whatIfView) At(field string) *wrongField {
	for i := range w.Wrong {
		if w.Wrong[i].Field == field {
			return &w.Wrong[i]
		}
	}
	return nil
}

// outcomeView is the answer.
type outcomeView struct {
	voice
	Summary    string
	Sides      string        // who gains and loses, and what is adopted
	Chart      template.HTML // drawn by internal/report, which escapes what it writes
	ChartTitle string
	NoChart    string
	Notes      []string // what a reader of the figures should know, in English as the ledger says it
	Known      string
	Command    string
	Log        string
	Root       string
	Engine     string
	Pin        string // address that gives these figures whatever is written later, "" where the address cannot say it
	Documents  bool   // the command reads documents that were sent here
	Files      []twinView
	Scope      string // that the sums are of all providers though a filter names one
}

// whatIf answers the page. Where the form says something in its own words, the page is led to the address that says the same in those of the command line.
func whatIf(v *visit) (*view, error) { return v.whatIf(v.asked()) }

func (v *visit) whatIf(a *asked, err error) (*view, error) {
	if err != nil {
		return nil, wrongAddress(err)
	}
	if err := v.checkParties(); err != nil {
		return nil, err
	}
	chosen := v.filter.Period
	if len(a.wrong) == 0 {
		if err := v.settlePeriod(a); err != nil {
			return nil, err
		}
	}
	panels, asOf, err := v.panels(a)
	if err != nil {
		return nil, err
	}
	v.own = a.values()
	content := &whatIfView{voice: v.voice, Policies: panels.policies, Kept: panels.kept(a), Wrong: a.wrong, Reset: v.here("", url.Values{"set": nil})}
	v.fillForm(content, a, panels)
	answer := &view{title: v.Say("what_if.title"), authority: panels.authority, asOf: asOf, content: content}
	if len(a.wrong) > 0 {
		answer.status = http.StatusBadRequest
		return v.refused(answer, fieldErrors(a.wrong))
	}
	if (a.fromForm || v.filter.Period != chosen) && v.as == asPage && !v.partOnly() {
		answer.elsewhere = v.here("", nil)
		return answer, nil
	}
	q := a.request(v)
	if v.moving() {
		q.Compare = ""
	}
	result, err := document[*replay.Result](v, q)
	if err == nil {
		err = v.outcome(answer, content, a, panels, result)
	}
	if asRefusal(v, err) {
		all, rest := wrongsOf(err)
		content.Refused, answer.status = &refusedView{v.Say("what_if.refused"), v.refusal(all, textOf(rest))}, http.StatusUnprocessableEntity
		return v.refused(answer, err)
	}
	return answer, err
}

// moving says whether a slider is on its way: then the total and the chart are enough, and they are there in a tenth of the time of the comparison.
func (v *visit) moving() bool { return v.partOnly() && v.partAsked() == "moving" }

// refused answers a person with the page that says what is wrong, a program with the problem.
func (v *visit) refused(answer *view, err error) (*view, error) {
	if v.as == asPage {
		return answer, nil
	}
	return nil, newProblem(answer.status, "address", err)
}

// asRefusal says whether a question is refused that the history cannot answer, or that is wrongly asked.
func asRefusal(v *visit, err error) bool {
	var none *ledger.NoLedgerError
	var known *problem
	if err == nil || errors.As(err, &none) || errors.As(err, &known) || v.request.Context().Err() != nil || asksPurpose(err) || ledger.OutcomeOf(err) == ledger.OutcomeDamaged {
		return false
	}
	return true
}

func fieldErrors(wrong []wrongField) error {
	var errs []error
	for _, w := range wrong {
		errs = append(errs, w.said)
	}
	return errors.Join(errs...)
}

// whatIfFile is the question whose answer the files hold: with the rows that the command line gives, where nothing else is said.
func whatIfFile(v *visit) (ledger.Request, error) {
	a, err := v.asked()
	if err == nil {
		err = fieldErrors(a.wrong)
	}
	if err != nil {
		return ledger.Request{}, wrongAddress(err)
	}
	if err := v.settlePeriod(a); err != nil {
		return ledger.Request{}, err
	}
	r := a.request(v)
	r.By = ""
	return r, nil
}

// outcome fills in the answer.
func (v *visit) outcome(answer *view, content *whatIfView, a *asked, panels *panels, r *replay.Result) error {
	answer.authority, answer.asOf = r.Authority, r.AsOf
	if v.moving() {
		content.Outcome = &outcomeView{voice: v.voice}
		content.Outcome.Summary, content.Outcome.Sides = v.summary(r)
		return v.draw(content.Outcome, a, panels, r)
	}
	o := &outcomeView{voice: v.voice, Command: r.Stamp.Command, Log: v.number(fmt.Sprint(r.Stamp.Sequence)), Root: r.Stamp.Root, Engine: r.Stamp.Engine,
		Documents: len(a.documents) > 0}
	o.Summary, o.Sides = v.summary(r)
	content.Outcome = o
	if r.Period != (compensation.Period{}) {
		o.Known = v.Say("what_if.months") + " " + v.shown(month, r.From.String()) + "–" + v.shown(month, r.To.String()) + "."
		if begins := v.begins(a, r.Period); begins != "" {
			o.Known += " " + begins
		}
	}
	if v.filter.Provider+v.filter.Unit != "" {
		o.Scope = v.Say("what_if.scope")
	}
	for _, run := range r.Runs {
		for _, w := range run.Warnings {
			if note := run.Name + ": " + w; !slices.Contains(o.Notes, note) {
				o.Notes = append(o.Notes, note)
			}
		}
	}
	if _, sequence := v.filter.asOf(); v.filter.AsOf == "" || sequence != nil {
		o.Pin = v.here("", url.Values{"as-of": {fmt.Sprint(r.Stamp.Sequence)}, "time": {printPeriod(r.Period)}})
	}
	endings := []ending{asXLSX, asSwedishCSV, asCSV, asJSON}
	if r.Swept != nil {
		endings = append(endings, asSVG)
	}
	for _, e := range endings {
		o.Files = append(o.Files, twinView{map[ending]string{asXLSX: v.Say("what_if.file_xlsx"), asSwedishCSV: v.Say("web.twin_swedish_csv"), asCSV: v.Say("web.twin_csv"),
			asJSON: v.Say("web.twin_json"), asSVG: v.Say("what_if.file_svg")}[e], v.link(whatIfPath+"/"+fileName+string(e), v.own)})
	}
	answer.tables = v.whatIfTables(r)
	if v.as == asPage {
		return v.draw(o, a, panels, r)
	}
	return nil
}

// summary says what the alternatives come to, and beside it who gains and loses, and what is adopted.
func (v *visit) summary(r *replay.Result) (outcome, beside string) {
	adopted := fmt.Sprintf(v.Say("what_if.adopted_comes_to"), v.shown(amount, r.Adopted().Total.String()))
	switch others := r.Runs[1:]; len(others) {
	case 0:
		return adopted, ""
	case 1:
		run := &others[0]
		gain, lose, same := sides(run)
		name := v.runName(run, 1).shown()
		if run.Value != "" && !run.Step {
			name = fmt.Sprintf(v.Say("what_if.sought"), strings.TrimPrefix(name, "seek "), v.number(run.Value))
		}
		return fmt.Sprintf(v.Say("what_if.comes_to"), name, v.shown(amount, run.Total.String()), v.signed(amount, run.Difference.String())),
			fmt.Sprintf(v.Say("what_if.sides"), gain, lose, same) + " " + adopted
	default:
		least, most := others[0].Total, others[0].Total
		for _, run := range others {
			least, most = min(least, run.Total), max(most, run.Total)
		}
		return fmt.Sprintf(v.Say("what_if.come_to"), len(others), v.shown(amount, least.String()), v.shown(amount, most.String())), adopted
	}
}

// sides counts the providers that get more, less and as much.
func sides(run *replay.Run) (gain, lose, same int) {
	for _, p := range run.Providers {
		switch {
		case p.Difference > 0:
			gain++
		case p.Difference < 0:
			lose++
		default:
			same++
		}
	}
	return gain, lose, same
}

// signed is a difference for people, with its sign whichever it is.
func (v voice) signed(k kind, plain string) string {
	if plain == "" || strings.HasPrefix(plain, "-") || strings.Trim(plain, "0.") == "" {
		return v.shown(k, plain)
	}
	return "+" + v.shown(k, plain)
}

// draw draws the sweep that was asked for. Where none was, it draws one of the parameter that was given a value last, over the range of its slider, and points
// out where that value is: so the chart moves with the slider. Before any has a value it is the first parameter.
func (v *visit) draw(o *outcomeView, a *asked, panels *panels, r *replay.Result) error {
	var mark *report.ChartMark
	swept := r
	if r.Swept == nil {
		if len(a.models)+len(a.documents) > 0 && len(a.set) == 0 || a.seek != "" {
			return nil
		}
		sweep, set, others := panels.chart(a)
		if sweep == "" {
			return nil
		}
		q := v.ask(ledger.QuestionReplay)
		q.By, q.Sweep, q.Set, q.InForceFrom = whatIfBy, sweep, others, a.force
		if r.Stamp.Sequence > 0 { // of what the figures are of, whatever is written meanwhile
			q.AsOfSequence = &r.Stamp.Sequence
		}
		var err error
		if swept, err = document[*replay.Result](v, q); asRefusal(v, err) { // a value on the way that the model does not take
			o.NoChart = fmt.Sprintf(v.Say("what_if.no_chart_of"), panels.chartOf(a))
			return nil
		} else if err != nil {
			return err
		}
		if i := slices.IndexFunc(r.Runs, func(run replay.Run) bool { return run.Name == runOfSettings(a, r) }); set != nil && i > 0 {
			mark = &report.ChartMark{Value: set.Value, Total: r.Runs[i].Total}
		}
	}
	var b bytes.Buffer
	if err := report.SweepFigure(&b, v.Lang, swept, mark); err != nil {
		o.NoChart = v.Say("what_if.no_chart") // too many lines to tell apart
		return nil
	}
	o.Chart, o.ChartTitle = template.HTML(b.String()), fmt.Sprintf(v.Say("what_if.chart_title"), swept.Swept.Parameter)
	if swept.SweptAcross != nil {
		o.ChartTitle += fmt.Sprintf(v.Say("chart.and"), swept.SweptAcross.Parameter)
	}
	return nil
}

// runOfSettings is the name of the run of all settings: the one after the models.
func runOfSettings(a *asked, r *replay.Result) string {
	if i := 1 + len(a.models) + len(a.documents); len(a.set) > 0 && i < len(r.Runs) {
		return r.Runs[i].Name
	}
	return ""
}

// fillForm fills in what the form asks beside the values of parameters.
func (v *visit) fillForm(c *whatIfView, a *asked, p *panels) {
	c.CSRF = v.csrf()
	c.Upload = v.link(whatIfPath+"/model", v.own)
	c.Force = a.force
	targets := func(chosen string) []choiceView {
		all := []choiceView{{"", v.Say("what_if.no_parameter"), chosen == ""}}
		for _, t := range p.targets {
			all = append(all, choiceView{t, t, t == chosen})
		}
		return all
	}
	for i := range 2 {
		s, id := a.typedSweeps[i], sweepField(i)
		c.Sweeps = append(c.Sweeps, sweepPanel{voice: v.voice, ID: id, Number: i + 1, Targets: targets(s[0]), From: v.typed(s[1]), To: v.typed(s[2]), Step: v.typed(s[3]), Wrong: c.At(id)})
	}
	c.Seek, c.Budget = targets(a.seek), v.typed(a.budget)
	for _, id := range compensation.Library() {
		c.Models = append(c.Models, choiceView{id, id, slices.Contains(a.models, id)})
	}
	for _, d := range a.documents {
		c.Documents = append(c.Documents, choiceView{d.word, d.Name, true})
	}
	c.More = len(a.models)+len(a.documents)+len(a.sweeps) > 0 || a.seek+a.budget+a.force != "" || slices.ContainsFunc(a.wrong, func(w wrongField) bool { return !strings.HasPrefix(w.Field, "p-") })
}

// typed is a plain number as it is typed in the language of the page.
func (v *visit) typed(plain string) string {
	if _, err := domain.ParseDecimal(plain); err != nil {
		return plain
	}
	return strings.NewReplacer("\u2212", "-", "\u00a0", "").Replace(v.number(plain))
}

// sweepPanel is the fields of a sweep.
type sweepPanel struct {
	voice
	ID             string
	Number         int
	Targets        []choiceView
	From, To, Step string
	Wrong          *wrongField
}

// csrf is the word that a form of the visitor's session holds, "" for a program.
func (v *visit) csrf() string {
	if v.visitor.session == nil {
		return ""
	}
	return v.visitor.session.csrf
}
