package web

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/domain/parallel"
	"careledger/projections"
)

// pages are all pages, in the order of the navigation; the first one is what / leads to. A page is made in a file of its own.
func pages() []*page {
	return []*page{overviewPage(), payoutsPage(), payoutPage(), whyPage("/payouts/{payout}/why"), whyPage("/payouts/{payout}/why/{line}"), whatIfPage(),
		fulfilmentPage(), trailPage(), eventPage(), policiesPage(), policyPage(), differencesPage(), accessPage()}
}

// page is one of the pages: where it stands, and how it is answered. Its tables read as CSV and JSON at the same address with another ending, those
// beside the first one at path/name and an ending.
type page struct {
	path   string       // pattern of a ServeMux, without method: /payouts/{payout}
	title  string       // key in the catalogue, of the link in the navigation; "" for a page that is not linked there
	name   string       // templates/name.html, which defines "content"
	asks   domain.Codes // the words of an address that are the page's own, beside those of the filter
	lists  domain.Codes // those of asks that may stand several times
	tables []string     // names of the tables beside the first one

	answer func(*visit) (*view, error)
	file   func(*visit) (ledger.Request, error) // the question whose answer reads as a file of the command line at path/replay.ENDING; nil for none

	template *template.Template
}

// view is the answer of a page.
type view struct {
	status    int    // 0 is 200
	elsewhere string // an address that shows this answer, to lead to in its place; "" to show it here
	title     string // of the page, in its language
	authority string
	asOf      projections.Moment
	tables    []*table // the page's own first, and then those that page.tables names, in that order
	content   any      // what its template shows beside the tables, as .Content; a part of it that is a template's dot embeds a voice
}

// visit is a request for a page, by somebody who may see it.
type visit struct {
	*Server
	voice
	request *http.Request
	page    *page
	visitor *visitor
	filter  filter
	own     url.Values // what page.asks names
	// authorities are those that have a log, in order.
	authorities []string
	at          *uint64 // the event that the page is as of where neither its filter nor from says one; nil for the head
	from        *cursor // nil for the first page
	as          ending

	registers *report.RegisterList // once it has been asked for
}

// open makes a page ready and serves it.
func (s *Server) open(p *page) (err error) {
	if p.template, err = parsed(p.name); err != nil {
		return err
	}
	s.handle("GET "+p.path, func(w http.ResponseWriter, r *http.Request) error { return s.serve(w, r, p, "") })
	if p.file != nil {
		s.handle("GET "+p.path+"/"+fileName, func(w http.ResponseWriter, r *http.Request) error { return s.serveFile(w, r, p) })
	}
	for _, name := range p.tables {
		s.handle("GET "+strings.TrimSuffix(p.path, "/")+"/"+name, func(w http.ResponseWriter, r *http.Request) error {
			if endingOf(r) == asPage {
				return errNoPage // it stands on the page
			}
			return s.serve(w, r, p, name)
		})
	}
	return nil
}

// read makes a visit of a request.
func (s *Server) read(r *http.Request, p *page) (*visit, error) {
	visitor, err := s.visitorOf(r)
	if err != nil {
		return nil, err
	}
	v := &visit{Server: s, request: r, page: p, visitor: visitor, own: url.Values{}, as: endingOf(r)}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, wrongAddress(wrongly("", "wrong.query"))
	}
	var errs []error
	for name, all := range query {
		switch {
		case p.asks.Has(name):
			v.own[name] = all
			if len(all) > 1 && !p.lists.Has(name) { // one of them would be left out in silence
				errs = append(errs, wrongly(name, "wrong.twice"))
			}
		case name != "page" && !filterNames.Has(name):
			errs = append(errs, wrongly(name, "wrong.not_asked", slices.Concat(filterNames, p.asks)))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	f, err := parseFilter(query)
	v.filter = f
	v.from, errs = cursorOf(query, append(errs, err))
	if err := errors.Join(errs...); err != nil {
		return nil, wrongAddress(err)
	}
	if v.as == asSwedishCSV { // for a spreadsheet in Sweden, whoever asks for it
		v.filter.Language = ""
	}
	v.voice = voice{v.filter.language()}
	if v.authorities, err = s.config.Ledger.Authorities(r.Context()); err != nil {
		return nil, err
	}
	if v.filter.Authority == "" && len(v.authorities) > 1 {
		v.filter.Authority = v.authorities[0]
	}
	v.at = s.moment(visitor, v.authority())
	return v, nil
}

func cursorOf(query url.Values, errs []error) (*cursor, []error) {
	if len(query["page"]) > 1 {
		errs = append(errs, wrongly("page", "wrong.twice"))
	}
	c, err := parseCursor(query.Get("page"))
	return c, append(errs, err)
}

// authority is whose log the page is of: the filter's, or that of the only one; "" where there is none.
func (v *visit) authority() string {
	if v.filter.Authority == "" && len(v.authorities) == 1 {
		return v.authorities[0]
	}
	return v.filter.Authority
}

// ask returns a question that the visitor asks, with the filter: what it is about, as of when, and of which months. Provider and unit are left to the
// page, since few questions take them.
func (v *visit) ask(question string) ledger.Request {
	r := ledger.Request{Question: question, Reader: v.visitor.Reader, Authority: v.authority(), From: v.filter.Period.From.Text(), To: v.filter.Period.To.Text()}
	switch r.AsOf, r.AsOfSequence = v.filter.asOf(); {
	case r.AsOfSequence != nil:
	case v.from != nil:
		r.AsOfSequence = &v.from.Sequence // a later page of what was known when the first one was read
	case r.AsOf == "":
		r.AsOfSequence = v.at
	}
	return r
}

// document puts a question and returns its document as what it is.
func document[T any](v *visit, r ledger.Request) (d T, err error) {
	read, err := v.config.Ledger.Read(v.request.Context(), r)
	if err != nil {
		return d, err
	}
	d, is := read.(T)
	if !is {
		return d, fmt.Errorf("the answer to %s is a %T", r.Question, read)
	}
	return d, nil
}

// checkParties refuses a provider or unit of the filter that is not registered, for a page that asks about all of them and then filters.
func (v *visit) checkParties() error {
	if v.filter.Provider+v.filter.Unit == "" {
		return nil
	}
	r := v.ask(ledger.QuestionFulfilment)
	r.Provider, r.Unit = v.filter.Provider, v.filter.Unit
	_, err := v.config.Ledger.Read(v.request.Context(), r)
	return err
}

// link returns the address of a path with the visit's filter, and these words instead of or beside those of the filter; an empty one takes a word away. All
// links between pages are made here, so that a filter holds across them.
func (v *visit) link(path string, change url.Values) string {
	all := v.filter.values()
	for name, words := range change {
		all[name] = words
	}
	return address(path, all)
}

// here returns the address of this page with changes: its own words stay.
func (v *visit) here(end ending, change url.Values) string {
	all := url.Values{}
	for name, words := range v.own {
		all[name] = words
	}
	for name, words := range change {
		all[name] = words
	}
	return v.link(v.request.URL.Path+string(end), all)
}

// serve answers a page, or a table of it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, p *page, tableName string) error {
	v, err := s.read(r, p)
	if err != nil {
		return err
	}
	answer, err := p.answer(v)
	if err != nil {
		return err
	}
	if v.as == asPage {
		if answer.elsewhere != "" {
			http.Redirect(w, r, answer.elsewhere, http.StatusSeeOther)
			return nil
		}
		return v.write(w, answer)
	}
	i := slices.IndexFunc(answer.tables, func(t *table) bool { return t.name == tableName })
	if i < 0 || v.as == asXLSX || v.as == asSVG {
		return errNoPage
	}
	return v.writeTwin(w, answer, answer.tables[i])
}

// writeTwin writes a table for a program.
func (v *visit) writeTwin(w http.ResponseWriter, answer *view, t *table) error {
	const csv = "text/csv; charset=utf-8"
	w.Header().Set("Content-Type", map[ending]string{asCSV: csv, asSwedishCSV: csv, asJSON: "application/json"}[v.as])
	w.Header().Set("Careledger-As-Of-Sequence", fmt.Sprint(answer.asOf.Sequence))
	var err error
	switch v.as {
	case asCSV:
		err = t.writeCSV(w)
	case asSwedishCSV:
		err = t.writeSwedishCSV(w)
	default:
		rows, next := v.part(answer, t, rowsOfJSON)
		if err = t.err(); err == nil {
			err = t.writeJSON(w, answer.authority, answer.asOf, rows, next)
		}
	}
	if err != nil && begun(w) { // part of it is on its way: the reader has to see that it is not whole
		panic(http.ErrAbortHandler)
	}
	return err
}

// part returns the rows of this page of a table, and where the next ones stand.
func (v *visit) part(answer *view, t *table, n int) (rows [][]cell, next string) {
	after := 0
	if v.from != nil {
		after = v.from.After
	}
	rows, more := t.from(after, n)
	if more {
		next = v.here(v.as, url.Values{"page": {cursor{after + n, answer.asOf.Sequence}.String()}})
	}
	return rows, next
}

// skeleton is what every page shows around its content.
type skeleton struct {
	voice
	Title      string
	Navigation []linkView
	Language   linkView // this page in the other language
	Here       string   // this page, to come back to
	SignedIn   bool
	Actor      string
	Purpose    string
	Change     string // address where the purpose is said
	CSRF       string
}

type linkView struct {
	Text, Href, Lang string
	Current          bool
}

// skeleton returns what stands around a page that no filter is known of. visitor is nil for who has not signed in.
func (s *Server) skeleton(r *http.Request, visitor *visitor, title, here string) skeleton {
	f := filter{Language: words.Language(r.URL.Query().Get("lang"))}
	if u, err := url.Parse(here); err == nil && f.Language == "" { // of the page that it goes back to
		f.Language = words.Language(u.Query().Get("lang"))
	}
	sk := skeleton{voice: voice{f.language()}, Here: here}
	sk.Title = sk.Say(title)
	sk.Language = sk.other(r.URL.Path, r.URL.Query())
	sk.visited(visitor)
	return sk
}

// visited adds who reads.
func (sk *skeleton) visited(by *visitor) {
	if by == nil || by.session == nil {
		return
	}
	sk.SignedIn, sk.Actor, sk.Purpose, sk.CSRF = true, by.Actor, by.Purpose, by.session.csrf
	sk.Change = address("/purpose", url.Values{"next": {sk.Here}, "lang": {langWord(sk.Lang)}})
}

// langWord is how an address names a language: the default one not at all.
func langWord(l words.Language) string {
	if l == words.Swedish {
		return ""
	}
	return string(l)
}

// other returns the link to the same page in the other language.
func (v voice) other(path string, query url.Values) linkView {
	to := words.English
	if v.Lang == words.English {
		to = words.Swedish
	}
	query.Set("lang", langWord(to))
	return linkView{Text: voice{to}.Say("web.this_language"), Href: address(path, query), Lang: string(to)}
}

// pageView is what the template of a page is given.
type pageView struct {
	skeleton
	Filter  filterView
	Known   string // which authority and moment the page is of
	Tables  []*tableView
	Content any
}

// filterView is the form of the filter, with what is chosen.
type filterView struct {
	voice
	Action                                       string
	Time, Provider, Unit, AsOf, Authority, Clear string
	Authorities                                  []string // to choose from, none where there is one only
	LangWord                                     string
	visit                                        *visit     // that asks for what there is to choose
	Own                                          url.Values // what the page asks itself, kept where its own form does not
}

// write writes a page.
func (v *visit) write(w http.ResponseWriter, answer *view) error {
	p := &pageView{Content: answer.content}
	p.voice, p.Title, p.Here = v.voice, answer.title, v.here("", nil)
	for _, other := range v.pages {
		if other.title != "" {
			p.Navigation = append(p.Navigation, linkView{Text: v.Say(other.title), Href: v.link(other.path, nil), Current: other == v.page || strings.HasPrefix(v.page.path, other.path+"/")})
		}
	}
	query := v.filter.values()
	for name, words := range v.own {
		query[name] = words
	}
	p.Language = v.other(v.request.URL.Path, query)
	p.visited(v.visitor)
	p.Filter = filterView{voice: v.voice, visit: v, Action: v.request.URL.Path, Time: printPeriod(v.filter.Period), Provider: v.filter.Provider, Unit: v.filter.Unit, AsOf: v.filter.AsOf,
		Authority: v.filter.Authority, LangWord: langWord(v.Lang), Clear: v.link(v.request.URL.Path, url.Values{"time": nil, "provider": nil, "unit": nil, "as-of": nil})}
	if len(v.authorities) > 1 {
		p.Filter.Authorities = v.authorities
	}
	p.Known = v.known(answer)
	for i, t := range answer.tables {
		rows, next := [][]cell(nil), t.next
		if t.elsewhere {
			// its rows are not read
		} else if i == 0 {
			rows, next = v.part(answer, t, rowsOfPage)
		} else {
			rows, _ = t.from(0, rowsOfPage) // the twins have the rest
		}
		shown := t.view(v.voice, rows)
		shown.Next, shown.Twins = next, v.twins(t)
		if i == 0 && v.from != nil {
			shown.First = v.here("", nil)
		}
		p.Tables = append(p.Tables, shown)
	}
	w.Header().Set("Content-Location", p.Here)
	if v.partOnly() {
		return execute(w, cmp.Or(answer.status, http.StatusOK), v.page.template, "part", p)
	}
	return execute(w, cmp.Or(answer.status, http.StatusOK), v.page.template, "layout.html", p)
}

// partHeader is how a script of a page asks for the part of it that changes: what the page's template defines as "part".
const partHeader = "Careledger-Part"

// partAsked is which part that is, "" for the whole page.
func (v *visit) partAsked() string { return v.request.Header.Get(partHeader) }

func (v *visit) partOnly() bool {
	return v.as == asPage && v.partAsked() != "" && v.page.template.Lookup("part") != nil
}

// known says which authority and moment an answer is of.
func (v *visit) known(answer *view) string {
	said := v.Say("web.authority") + " " + answer.authority + ". " + v.Say("web.known_to") + " " + v.number(fmt.Sprint(answer.asOf.Sequence))
	if at := answer.asOf.Recorded; !at.IsZero() {
		said += ", " + v.Say("web.recorded") + " " + words.Moment(at)
	}
	return said + "."
}

// twins are the links to a table in its other forms.
func (v *visit) twins(t *table) (all []twinView) {
	path := v.request.URL.Path
	if t.name != "" {
		path += "/" + t.name
	}
	for _, twin := range []struct {
		as  ending
		key string
	}{{asSwedishCSV, "web.twin_swedish_csv"}, {asCSV, "web.twin_csv"}, {asJSON, "web.twin_json"}} {
		all = append(all, twinView{v.Say(twin.key), v.link(path+string(twin.as), v.own)})
	}
	return all
}

// render writes a page that is none of pages.
func (s *Server) render(w http.ResponseWriter, status int, name string, data any) error {
	return execute(w, status, s.forms[name], "layout.html", data)
}

// written is a page that is written, and gives way to other work meanwhile: a long one takes some ten milliseconds.
type written struct {
	bytes.Buffer
	parts int
}

func (w *written) Write(part []byte) (int, error) {
	if w.parts++; w.parts%64 == 0 {
		parallel.GiveWay()
	}
	return w.Buffer.Write(part)
}

// execute writes a template of a page whole, or nothing.
func execute(w http.ResponseWriter, status int, t *template.Template, name string, data any) error {
	var b written
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := b.WriteTo(w)
	return err
}
