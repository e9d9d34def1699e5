package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/projections"
)

// whyPage is the derivation of a payout or of one line of it, as a tree that unfolds down to the events, with the proof that they stand on the log:
// the layout of internal/report, which the command line prints. A line's postings come in pages, those of a payout are a few of each line.
func whyPage(path string) *page {
	return &page{path: path, name: "why", asks: domain.Codes{"unfold"}, answer: why}
}

// unfoldAll is the word that unfolds the tree without a script.
const unfoldAll = "all"

// derivationView is what the page shows.
type derivationView struct {
	voice
	Why    *report.WhyView
	Proof  *proofView
	Payout string // addresses
	Whole  string // of the payout's derivation, "" where this is it
	Unfold string // of this page unfolded, "" where it is
	Bundle string
	Redact string
}

// proofView says how the events shown stand on the log.
type proofView struct {
	voice
	Wrong string // what does not hold, as the ledger says it
	Said  []string
	Facts []factView
}

func why(v *visit) (*view, error) {
	if u := v.own.Get("unfold"); u != "" && u != unfoldAll {
		return nil, wrongAddress(wrongly("unfold", "wrong.one_of", u, domain.Codes{unfoldAll}))
	}
	payout, line := v.request.PathValue("payout"), v.request.PathValue("line")
	r := v.ask(ledger.QuestionWhy)
	r.Payout, r.Lang = strings.TrimSuffix(payout+"/"+line, "/"), string(v.Lang)
	if v.as != asPage {
		return whyTwin(v, r, payout, line)
	}
	after := 0
	if r.Format = "html"; v.from != nil {
		after = v.from.After
	}
	r.First = after + 1
	w, err := document[*projections.Why](v, r)
	if err != nil {
		return nil, whyUnknown(payout, line, err)
	}
	path := "/payouts/" + w.Payout
	t := &table{elsewhere: true, caption: v.Say("why.postings"), columns: v.columns("")}
	answer := &view{title: fmt.Sprintf("%s: %s", v.Say("why.title"), w.Payout), authority: w.Authority, asOf: w.AsOf, tables: []*table{t}}
	content := &derivationView{voice: v.voice, Payout: v.link(path, nil), Bundle: v.bundle(path, ""), Redact: v.bundle(path, "1")}
	if line != "" {
		answer.title = fmt.Sprintf("%s: %s, %s %s", v.Say("why.title"), w.Payout, strings.ToLower(v.Say("why.line")), line)
		content.Whole = v.link(path+"/why", nil)
		if shown := after + len(w.Lines[0].Postings); shown < w.Lines[0].PostingsAll && len(w.Lines[0].Postings) > 0 {
			t.next = v.here(asPage, url.Values{"page": {cursor{shown, w.AsOf.Sequence}.String()}})
		}
	}
	unfolded := v.own.Get("unfold") != ""
	if !unfolded {
		content.Unfold = v.here(asPage, url.Values{"unfold": {unfoldAll}, "page": v.request.URL.Query()["page"]})
	}
	root := ""
	content.Proof, root = v.proof(w)
	content.Why = report.NewWhyView(v.Lang, w, report.WhyOptions{Unfolded: unfolded, Root: root, Event: v.trailAt,
		Line: func(line int) string { return v.link(path+"/why/"+strconv.Itoa(line), nil) }})
	answer.content = content
	return answer, nil
}

// proof has the events that the amounts shown rest on, and the payout's steps, checked against the newest checkpoint, and says how it went. What does not hold is said on the page, beside the
// derivation that rests on it. root is that of the log at the derivation's moment.
func (v *visit) proof(w *projections.Why) (p *proofView, root string) {
	var shown []uint64
	for i := range w.Steps {
		shown = append(shown, w.Steps[i].Sequence)
	}
	for i := range w.Lines {
		for _, e := range w.Lines[i].Events {
			if e.Used {
				shown = append(shown, e.Sequence)
			}
		}
	}
	slices.Sort(shown)
	p = &proofView{voice: v.voice}
	proven, err := v.config.Ledger.Prove(v.request.Context(), w.Authority, w.AsOf.Sequence, slices.Compact(shown))
	if err != nil {
		p.Wrong = err.Error()
		return p, ""
	}
	if proven.Checkpoint == nil {
		p.Said = []string{v.Say("web.proof_none")}
		return p, proven.Root
	}
	p.Said = append(p.Said, fmt.Sprintf("%s %d. %s", v.Say("web.proof_events"), len(proven.Proven), v.Say("web.proof_how")))
	if n := len(proven.Later); n > 0 {
		p.Said = append(p.Said, fmt.Sprintf("%s %d (%s %s).", v.Say("web.proof_later"), n, v.Say("web.proof_first"), v.number(fmt.Sprint(proven.Later[0]))))
	}
	add := func(key, value string) { p.Facts = append(p.Facts, factView{Label: v.Say(key), Value: value}) }
	add("web.checkpoint", fmt.Sprintf("%s %s", v.number(fmt.Sprint(proven.Checkpoint.Sequence)), v.Say("web.events_small")))
	add("web.checkpoint_root", fmt.Sprintf("%x", proven.Checkpoint.Root))
	add("web.signed_with", proven.Fingerprint)
	by := v.Say("web.nobody")
	if n := len(proven.Checkpoint.Cosignatures); n > 0 {
		names := make([]string, n)
		for i, c := range proven.Checkpoint.Cosignatures {
			names[i] = c.Name + " " + words.Moment(c.Time)
		}
		by = strings.Join(names, ", ")
	}
	add("web.cosigned_by", by)
	return p, proven.Root
}

// whyTwin is every posting, each derived when it is written; of a later page of them, those before it are not derived.
func whyTwin(v *visit, r ledger.Request, payout, line string) (*view, error) {
	r.Format = "rows"
	w, err := document[*projections.WhyRows](v, r)
	if err != nil {
		return nil, whyUnknown(payout, line, err)
	}
	rows := &whyRows{WhyRows: w, voice: v.voice, ctx: v.request.Context()}
	if v.from != nil {
		rows.skip = v.from.After
	}
	t := &table{caption: v.Say("why.postings"), columns: v.columns(""), rows: rows.all, failed: func() error { return rows.err }}
	return &view{authority: w.Authority, asOf: w.AsOf, tables: []*table{t}}, nil
}

// whyRows are the postings of a derivation, each with the numbers of the events that it rests on.
type whyRows struct {
	*projections.WhyRows
	voice voice
	ctx   context.Context // of the request
	skip  int             // rows that are empty, since those of the pages before are not looked at
	err   error           // of the last run
}

func (w *whyRows) all(yield func([]cell) bool) {
	w.err = nil
	for range w.skip {
		if !yield(nil) {
			return
		}
	}
	w.err = w.Each(w.ctx, w.skip, func(l *domain.PayoutLine, p *projections.WhyPosting) bool {
		rests := make([]string, len(p.RestsOn))
		for k, n := range p.RestsOn {
			rests[k] = strconv.FormatUint(n, 10)
		}
		return yield([]cell{plainCell(strconv.Itoa(l.Line)), plainCell(l.Month.Text()), plainCell(l.Unit), plainCell(l.Policy), plainCell(l.Component), plainCell(strconv.Itoa(p.Posting)), plainCell(p.Entity),
			{plain: p.Category, word: w.voice.Lang.Word("category", p.Category)}, {plain: p.Band, word: w.voice.Lang.Word("band", p.Band)}, plainCell(p.FollowUp), plainCell(p.Goal), plainCell(p.HeldOn),
			plainCell(p.Quantity), {plain: p.QuantityUnit, word: w.voice.Say("why." + p.QuantityUnit)}, plainCell(p.Rate), plainCell(strconv.Itoa(p.Per)), {plain: p.Exact, word: strings.ReplaceAll(p.Exact, ".", ",")}, plainCell(p.Amount.String()), plainCell(strings.Join(rests, " "))})
	})
}

// whyUnknown says that there is no such payout or line, where that is the error.
func whyUnknown(payout, line string, err error) error {
	unknown := (*projections.WhyError)(nil)
	_, notAnID := domain.ParseEntity(string(domain.NewEntity(domain.KindPayout, payout)))
	number, notALine := strconv.ParseUint(cmp.Or(line, "1"), 10, 31)
	switch {
	case notAnID == nil && notALine == nil && number > 0 && (!errors.As(err, &unknown) || !unknown.Unknown):
		return err
	case line != "":
		return nothingNamed(wrongly("", "wrong.no_line", payout, line))
	}
	return nothingNamed(wrongly("", "wrong.no_payout", payout))
}

// bundle returns the address of a payout's audit bundle, which is of what is known now.
func (v *visit) bundle(path, redact string) string {
	return v.link(path+"/bundle", url.Values{"as-of": nil, "redact": {redact}})
}

// serveBundle hands out the audit bundle of a payout as a file: all of it, or with redact=1 what the amounts need.
func (s *Server) serveBundle(w http.ResponseWriter, r *http.Request) error {
	v, err := s.read(r, &page{asks: domain.Codes{"redact"}})
	if err != nil {
		return err
	}
	if v.filter.AsOf != "" {
		return wrongAddress(wrongly("as-of", "wrong.bundle_of_now"))
	}
	q := ledger.Request{Question: ledger.QuestionBundle, Reader: v.visitor.Reader, Authority: v.filter.Authority, Payout: r.PathValue("payout")}
	name := q.Payout
	switch v.own.Get("redact") {
	case "":
	case "1":
		q.Redact, name = true, name+"-redacted"
	default:
		return wrongAddress(wrongly("redact", "wrong.one_of", v.own.Get("redact"), domain.Codes{"1"}))
	}
	file, err := document[[]byte](v, q)
	if err != nil {
		return whyUnknown(q.Payout, "", err)
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name+".bundle")) // the payout is there, so its id is one
	_, err = w.Write(file)
	return err
}
