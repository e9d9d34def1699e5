package web

import (
	"cmp"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"time"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/projections"
)

// overviewPage shows what the adopted policies pay and how many goals were fulfilled, over time by provider or unit; the payouts that wait for approval;
// and how far the log reaches, which is of the whole log, whatever months and parties the filter names. It names no case.
func overviewPage() *page {
	return &page{path: "/overview", title: "overview.title", name: "overview", asks: domain.Codes{"by", "step"}, tables: []string{"total", "awaiting", "log", "arrivals"}, answer: overview}
}

var (
	overviewParties = domain.Codes{"provider", "unit"}
	overviewSteps   = domain.Codes{"year", "month"}
)

// monthsShown is the longest period, in months, that is shown by month where nothing else is asked for.
const monthsShown = 36

// overviewView is what the page shows beside its tables.
type overviewView struct {
	voice
	Parties, Steps []choiceView
	Money, Rates   *panelsView // nil where there is nothing to draw
	Hidden         string      // that something is not shown, "" for nothing
	LogNote        string
}

// place is a step of time and a party: the keys of a row.
type place struct{ step, party string }

// overviewRow is what is paid and reached there. Either may be missing.
type overviewRow struct {
	place
	amount *domain.Money
	group  *group
}

// overviewVisit is a visit with what the page is made of.
type overviewVisit struct {
	*visit
	party, step string
	paid        *projections.Compensation
	rows        []overviewRow // by step and party
	whole       []group       // one, or none
	parties     []group       // over all time
	awaiting    []report.PayoutRow
	log         *report.LogStanding
}

func overview(v *visit) (*view, error) {
	s := &overviewVisit{visit: v}
	var err error
	if s.party, err = v.chosen("by", overviewParties, "provider"); err != nil {
		return nil, err
	}
	if err := s.readAmounts(); err != nil {
		return nil, err
	}
	if err := s.readGroups(); err != nil {
		return nil, err
	}
	if err := s.readPayouts(); err != nil {
		return nil, err
	}
	if s.log, err = document[*report.LogStanding](v, v.askLog()); err != nil {
		return nil, err
	}
	content := &overviewView{voice: v.voice, LogNote: v.Say("overview.log_note")}
	for _, p := range overviewParties {
		content.Parties = append(content.Parties, choiceView{p, v.Say("column." + p), p == s.party})
	}
	for _, step := range overviewSteps {
		content.Steps = append(content.Steps, choiceView{step, v.Say("column." + step), step == s.step})
	}
	if s.anyHidden() {
		content.Hidden = v.Say("web.small_numbers")
	}
	content.Money, content.Rates = s.drawAmounts(), s.drawRates()
	return &view{title: v.Say("overview.title"), authority: s.paid.Authority, asOf: s.paid.AsOf, content: content,
		tables: []*table{s.rowsTable(), s.totalTable(), s.awaitingTable(), s.logTable(), s.arrivalsTable()}}, nil
}

// chosen returns a word of the address that is one of some codes, otherwise where it is not there.
func (v *visit) chosen(name string, of domain.Codes, otherwise string) (string, error) {
	word := cmp.Or(v.own.Get(name), otherwise)
	if !of.Has(word) {
		return "", wrongAddress(wrongly(name, "wrong.one_of", word, of))
	}
	return word, nil
}

// askLog is a question about the whole log, whatever months the filter names.
func (v *visit) askLog() ledger.Request {
	r := v.ask(ledger.QuestionStanding)
	r.From, r.To = "", ""
	return r
}

// readAmounts asks what is paid, by month, and sums it by the step.
func (s *overviewVisit) readAmounts() error {
	r := s.ask(ledger.QuestionCompensation)
	r.By, r.Provider, r.Unit = "month,"+s.party, s.filter.Provider, s.filter.Unit
	var err error
	if s.paid, err = document[*projections.Compensation](s.visit, r); err != nil {
		return err
	}
	otherwise := "month"
	if rows := s.paid.Rows; len(rows) > 0 && s.months() > monthsShown {
		otherwise = "year"
	}
	if s.step, err = s.chosen("step", overviewSteps, otherwise); err != nil {
		return err
	}
	amounts := map[place]domain.Money{}
	for _, row := range s.paid.Rows {
		amounts[place{s.stepOf(row.Keys[0]), row.Keys[1]}] += row.Amount
	}
	for at, amount := range amounts {
		s.rows = append(s.rows, overviewRow{place: at, amount: &amount})
	}
	return nil
}

// months is from the first month that is paid for to the last.
func (s *overviewVisit) months() int {
	rows := s.paid.Rows
	first, err := domain.ParseMonth(rows[0].Keys[0])
	last, err2 := domain.ParseMonth(rows[len(rows)-1].Keys[0])
	if err != nil || err2 != nil { // the ledger's own words
		return 0
	}
	return int(last-first) + 1
}

// stepOf returns the step that a month is of.
func (s *overviewVisit) stepOf(month string) string {
	if s.step == "year" {
		return month[:4]
	}
	return month
}

// readGroups asks how many goals were fulfilled, and puts that beside what is paid.
func (s *overviewVisit) readGroups() error {
	groups, _, err := s.fulfilled([]string{s.step, s.party})
	if err != nil {
		return err
	}
	if s.whole, _, err = s.fulfilled(nil); err != nil {
		return err
	}
	if s.parties, _, err = s.fulfilled([]string{s.party}); err != nil {
		return err
	}
	at := map[place]int{}
	for i, row := range s.rows {
		at[row.place] = i
	}
	for i := range groups {
		g := &groups[i]
		where := place{g.Keys[0], g.Keys[1]}
		if i, has := at[where]; has {
			s.rows[i].group = g
		} else {
			s.rows = append(s.rows, overviewRow{place: where, group: g})
		}
	}
	slices.SortFunc(s.rows, func(a, b overviewRow) int { return cmp.Or(cmp.Compare(a.step, b.step), cmp.Compare(a.party, b.party)) })
	return nil
}

// readPayouts asks which payouts wait for approval: of the provider that the filter names, or whose the unit is that it names.
func (s *overviewVisit) readPayouts() error {
	list, err := document[*report.PayoutList](s.visit, s.ask(ledger.QuestionPayouts))
	if err != nil {
		return err
	}
	var of map[string]bool // nil for all
	if s.filter.Provider+s.filter.Unit != "" {
		of = map[string]bool{s.filter.Provider: true}
	}
	if s.filter.Unit != "" {
		if of, err = s.providersOfUnit(); err != nil {
			return err
		}
	}
	for _, p := range list.Payouts {
		if p.Status == domain.PayoutStatusCalculated && (of == nil || of[p.Provider]) {
			s.awaiting = append(s.awaiting, p)
		}
	}
	return nil
}

// providersOfUnit returns who has been paid for the unit of the filter, whenever.
func (s *overviewVisit) providersOfUnit() (map[string]bool, error) {
	r := s.ask(ledger.QuestionCompensation)
	r.From, r.To, r.By, r.Provider, r.Unit = "", "", "provider", s.filter.Provider, s.filter.Unit
	paid, err := document[*projections.Compensation](s.visit, r)
	if err != nil {
		return nil, err
	}
	of := map[string]bool{}
	for _, row := range paid.Rows {
		of[row.Keys[0]] = true
	}
	return of, nil
}

func (s *overviewVisit) anyHidden() bool {
	return slices.ContainsFunc(s.whole, func(g group) bool { return g.hidden }) ||
		slices.ContainsFunc(s.rows, func(r overviewRow) bool { return r.group != nil && r.group.hidden })
}

// rowsTable is what is paid and reached, by time and party.
func (s *overviewVisit) rowsTable() *table {
	return &table{caption: s.Say("overview.table"), none: s.Say("overview.nothing"), columns: s.columns("", s.step, s.party), rows: func(yield func([]cell) bool) {
		for _, r := range s.rows {
			if !yield(s.row(r)) {
				return
			}
		}
	}}
}

// row is a row of rowsTable. Each number leads to what it is made of.
func (s *overviewVisit) row(r overviewRow) []cell {
	here := url.Values{"time": {r.step}, s.party: {r.party}}
	when, who, paid := cell{plain: r.step}, cell{plain: r.party}, cell{}
	if r.party == "" {
		who.word = s.Say("web.nothing_assessed")
	} else if s.party == "provider" {
		who.href = s.link("/overview", url.Values{"provider": {r.party}, "by": {"unit"}, "step": {s.step}})
	}
	if r.amount != nil {
		paid = cell{plain: r.amount.String(), href: s.leadsTo("/payouts", here)}
	}
	reached := s.groupCells(r.group)
	if r.group != nil && r.party != "" {
		reached[len(reached)-1].href = s.leadsTo("/fulfilment", url.Values{"time": {r.step}, s.party: {r.party}, "by": {"life_area"}})
	}
	return append([]cell{when, who, paid}, reached...)
}

// leadsTo returns the address of a page with the filter, "" where there is no such page.
func (v *visit) leadsTo(path string, change url.Values) string {
	if !slices.ContainsFunc(v.pages, func(p *page) bool { return p.path == path }) {
		return ""
	}
	return v.link(path, change)
}

// totalTable is one row: what the filter leaves in all, and what waits for approval.
func (s *overviewVisit) totalTable() *table {
	return &table{name: "total", caption: s.Say("overview.total"), columns: s.columns("total"), rows: one(func() []cell {
		row := []cell{{plain: s.paid.Total.String(), href: s.leadsTo("/what-if", nil)}}
		var whole *group // nil where the filter leaves no follow-up
		if len(s.whole) > 0 {
			whole = &s.whole[0]
		}
		reached := s.groupCells(whole)
		reached[len(reached)-1].href = s.leadsTo("/fulfilment", nil)
		sum := domain.Money(0)
		for _, p := range s.awaiting {
			sum += p.Total
		}
		return append(append(row, reached...), cell{plain: strconv.Itoa(len(s.awaiting)), href: s.leadsTo("/payouts", nil)}, cell{plain: sum.String()})
	})}
}

// one is the rows of a table that has one.
func one(row func() []cell) iter.Seq[[]cell] {
	return func(yield func([]cell) bool) { yield(row()) }
}

// awaitingTable is the payouts that wait for approval.
func (s *overviewVisit) awaitingTable() *table {
	return &table{name: "awaiting", caption: s.Say("overview.awaiting"), none: s.Say("overview.none_awaiting"), columns: s.columns("awaiting"), rows: func(yield func([]cell) bool) {
		for _, p := range s.awaiting {
			id := cell{plain: p.Payout}
			if s.leadsTo("/payouts", nil) != "" {
				id.href = s.link("/payouts/"+p.Payout, nil)
			}
			if !yield([]cell{id, {plain: p.Provider}, {plain: p.Month}, {plain: strconv.Itoa(p.Version)}, {plain: p.Total.String()}, {plain: p.CalculatedBy}}) {
				return
			}
		}
	}}
}

// logTable is one row: how far the log reaches, and what is signed of it.
func (s *overviewVisit) logTable() *table {
	return &table{name: "log", caption: s.Say("overview.log"), columns: s.columns("log"), rows: one(func() []cell {
		l := s.log
		row := []cell{{plain: strconv.FormatUint(l.AsOf.Sequence, 10)}, {plain: l.Root}, {plain: strconv.FormatUint(l.Signed, 10)}, {word: s.Say("overview.never_signed")}, {}}
		if l.Signed > 0 {
			at := l.SignedAt.UTC().Truncate(time.Second)
			row[3] = cell{plain: at.Format(time.RFC3339), word: words.Moment(at) + ", " + s.age(time.Since(at))}
		}
		row[4].plain = strconv.FormatUint(l.AsOf.Sequence-min(l.AsOf.Sequence, l.Signed), 10)
		return row
	})}
}

// age says how long ago something was, in the largest unit of which it is at least two.
func (v voice) age(d time.Duration) string {
	for _, unit := range []struct {
		of  time.Duration
		key string
	}{{24 * time.Hour, "overview.days"}, {time.Hour, "overview.hours"}, {time.Minute, "overview.minutes"}} {
		if d >= 2*unit.of {
			return fmt.Sprintf(v.Say(unit.key), v.number(strconv.FormatInt(int64(d/unit.of), 10)))
		}
	}
	return v.Say("overview.just_now")
}

// arrivalsTable is what came in last.
func (s *overviewVisit) arrivalsTable() *table {
	caption := fmt.Sprintf(s.Say("overview.arrivals"), s.number(strconv.Itoa(s.log.Counted)))
	return &table{name: "arrivals", caption: caption, none: s.Say("overview.no_arrivals"), columns: s.columns("arrivals"), rows: func(yield func([]cell) bool) {
		for _, a := range s.log.Arrivals {
			if !yield([]cell{{plain: a.Day.String()}, {plain: string(a.Type), word: s.eventType(string(a.Type))}, {plain: strconv.Itoa(a.Events)}}) {
				return
			}
		}
	}}
}

// steps returns the steps of time from the first row to the last, without a gap, and which one each is.
func (s *overviewVisit) steps() (steps []string, at map[string]int) {
	at = map[string]int{}
	if len(s.rows) == 0 {
		return nil, at
	}
	first, last := s.rows[0].step, s.rows[len(s.rows)-1].step
	p, err := parsePeriod(first + ".." + last)
	if err != nil { // the ledger's own words
		return nil, at
	}
	for m := p.From; m <= p.To; m++ {
		step := s.stepOf(m.String())
		if _, has := at[step]; !has {
			at[step] = len(steps)
			steps = append(steps, step)
		}
	}
	return steps, at
}

// series returns a series for each party, of what a row is there; the parties with the largest amount first.
func (s *overviewVisit) series(of func(overviewRow) *int64) (steps []string, all []panelSeries, sums map[string]domain.Money) {
	steps, at := s.steps()
	found := map[string]int{}
	sums = map[string]domain.Money{}
	for _, r := range s.rows {
		if r.party == "" {
			continue
		}
		i, has := found[r.party]
		if !has {
			i = len(all)
			found[r.party], all = i, append(all, panelSeries{name: r.party, of: make([]*int64, len(steps))})
		}
		all[i].of[at[r.step]] = of(r)
		if r.amount != nil {
			sums[r.party] += *r.amount
		}
	}
	slices.SortStableFunc(all, func(a, b panelSeries) int {
		return cmp.Or(cmp.Compare(sums[b.name], sums[a.name]), cmp.Compare(a.name, b.name))
	})
	for i, step := range steps {
		if s.step == "month" {
			steps[i] = s.shown(month, step)
		}
	}
	return steps, all, sums
}

// drawAmounts draws what is paid.
func (s *overviewVisit) drawAmounts() *panelsView {
	steps, all, sums := s.series(func(r overviewRow) *int64 { return (*int64)(r.amount) })
	for i := range all {
		all[i].value = s.shown(amount, sums[all[i].name].String())
	}
	return s.columnPanels("paid", s.Say("overview.paid"), steps, all, 0, func(n int64) string { return s.shown(amount, domain.Money(n).String()) })
}

// rateWhole is a rate of 1, in the ten-thousandths that it is counted in.
const rateWhole = 10_000

// drawRates draws the share of goals fulfilled; what is not shown is not drawn.
func (s *overviewVisit) drawRates() *panelsView {
	steps, all, _ := s.series(func(r overviewRow) *int64 {
		if r.group == nil || r.group.hidden || r.group.Assessed == 0 {
			return nil
		}
		n := int64(rateWhole * r.group.Fulfilled / r.group.Assessed)
		return &n
	})
	reached := map[string]*group{}
	for i := range s.parties {
		reached[s.parties[i].Keys[0]] = &s.parties[i]
	}
	all = slices.DeleteFunc(all, func(p panelSeries) bool { return reached[p.name] == nil })
	for i := range all {
		if g := reached[all[i].name]; g.hidden {
			all[i].value = s.Say("web.not_shown")
		} else {
			all[i].value = s.percent(g.Rate)
		}
	}
	return s.columnPanels("rates", s.Say("web.rates_title"), steps, all, rateWhole, func(n int64) string { return s.percent(fmt.Sprintf("%d.%04d", n/rateWhole, n%rateWhole)) })
}
