package web

import (
	"fmt"
	"iter"
	"time"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
)

// payoutPage shows one payout: what it pays, what became of it, and what can be done with it now. done is the step that was just taken.
func payoutPage() *page {
	return &page{path: "/payouts/{payout}", name: "payout", asks: domain.Codes{"done"}, tables: []string{"steps"}, answer: payout}
}

// payoutView is what the page says beside its tables.
type payoutView struct {
	voice
	Facts    []factView
	FourEyes string
	Done     string // what was just done, "" for nothing
	Refused  *refusedView
	Why      string // addresses
	Trail    string
	Bundle   string
	Redacted string
	Steps    []stepView // that can be taken now
	Past     string     // why none is: the page is of the past
	Adjusted []adjustedView
	Versions []versionView // none where there is one only
}

type factView struct {
	Label, Value, Href string
}

// adjustedView is a line that adjusts an earlier month, with the events that it follows from.
type adjustedView struct {
	Title, Href, Note string
	Causes            []linkView
}

// versionView is a version, and what differs in it from the one before.
type versionView struct {
	Title   string
	Changes []string // as the ledger wrote them
}

// stepView is a form of a step.
type stepView struct {
	voice
	Name, Title, Action, CSRF, Note string
	Version                         int
	On                              string // label of the day, "" where the step has none
	Reason, Reference               bool
	Today                           string
}

func payout(v *visit) (*view, error) {
	r := v.ask(ledger.QuestionPayout)
	r.Payout = v.request.PathValue("payout")
	history, err := document[*report.PayoutHistory](v, r)
	if err != nil {
		return nil, err
	}
	path, latest := "/payouts/"+history.Payout, history.Of.Latest()
	content := &payoutView{voice: v.voice, Why: v.link(path+"/why", nil), Trail: v.trail("payout/" + history.Payout), Bundle: v.bundle(path, ""), Redacted: v.bundle(path, "1"),
		FourEyes: v.fourEyes(latest), Facts: v.payoutFacts(history, latest), Adjusted: v.adjusted(path, latest), Versions: v.versions(history)}
	if done := v.own.Get("done"); done != "" {
		if !payoutStepNames.Has(done) {
			return nil, wrongAddress(wrongly("done", "wrong.one_of", done, payoutStepNames))
		}
		content.Done = v.Say("web.done_" + done)
	}
	v.offerSteps(content, path, latest)
	return &view{title: fmt.Sprintf("%s %s", v.Say("web.payout"), history.Payout), authority: history.Authority, asOf: history.AsOf, content: content, tables: []*table{
		{caption: fmt.Sprintf("%s, %s %s", v.Say("web.lines"), v.Say("web.together"), v.shown(amount, latest.Total.String())), none: v.Say("web.no_lines"), rows: v.lineRows(path, latest),
			columns: v.columns("")},
		{name: "steps", caption: v.Say("web.steps"), rows: v.stepRows(history),
			columns: v.columns("steps")},
	}}, nil
}

func (v *visit) payoutFacts(h *report.PayoutHistory, p *domain.PayoutVersion) (facts []factView) {
	add := func(key, value, href string) {
		if value != "" {
			facts = append(facts, factView{v.Say(key), value, href})
		}
	}
	add("web.provider", p.Provider, v.trail("provider/"+p.Provider))
	add("why.month_of", v.shown(month, p.Month.Text()), "")
	add("why.total", v.shown(amount, p.Total.String()), "")
	add("why.status", v.Say("why."+p.Status()), "")
	add("why.voucher", p.Voucher.String(), "")
	add("web.reference", p.Reference, "")
	add("why.version", fmt.Sprint(p.Version), "")
	add("why.known", fmt.Sprintf("%s %s, %s %s", v.Say("why.event"), v.number(fmt.Sprint(p.KnownTo)), v.Say("why.recorded"), words.Moment(p.KnownAt)), "")
	if adjusted := report.OutcomeOf(h.Of.Entity, p, "").Adjusted; adjusted != 0 {
		add("web.adjusted", v.shown(amount, adjusted.String()), "")
	}
	return facts
}

func (v *visit) fourEyes(p *domain.PayoutVersion) string {
	if p.Approved != nil && p.Approved.Actor != p.Actor {
		return v.Say("why.four_eyes")
	}
	return v.Say("why.no_four_eyes")
}

func (v *visit) lineRows(path string, p *domain.PayoutVersion) iter.Seq[[]cell] {
	return func(yield func([]cell) bool) {
		for i := range p.Lines {
			l := &p.Lines[i]
			if !yield([]cell{{plain: fmt.Sprint(l.Line), href: v.link(fmt.Sprintf("%s/why/%d", path, l.Line), nil)}, {plain: l.Month.Text()}, {plain: l.Unit}, {plain: l.Policy, href: v.trail("policy/" + l.Policy)},
				{plain: l.Component}, {plain: l.Account}, {plain: fmt.Sprint(l.Cases)}, {plain: l.Quantity}, {plain: l.QuantityUnit, word: v.Say("why." + l.QuantityUnit)}, {plain: l.Known.String()}, {plain: l.Settled.String()}, {plain: l.Amount.String()}}) {
				return
			}
		}
	}
}

// stepRows are the steps of every version, the one that counts last.
func (v *visit) stepRows(h *report.PayoutHistory) iter.Seq[[]cell] {
	return func(yield func([]cell) bool) {
		for _, version := range h.Versions {
			for _, s := range []struct {
				name, reason string
				*report.PayoutStep
			}{{"calculated", "", version.Calculated}, {"approved", "", version.Approved}, {"rejected", version.Reason, version.Rejected}, {"paid", version.Reference, version.Paid}, {"cancelled", version.Reason, version.Cancelled}} {
				if s.PayoutStep == nil {
					continue
				}
				if !yield([]cell{{plain: s.name, word: v.Say("why." + s.name)}, {plain: fmt.Sprint(version.Version)}, {plain: s.Actor}, {plain: s.Date}, {plain: s.Recorded.UTC().Format(time.RFC3339), word: words.Moment(s.Recorded)}, {plain: fmt.Sprint(s.Sequence), href: v.trailAt("payout/"+h.Payout, s.Sequence)},
					{plain: s.EventID}, {plain: s.reason}}) {
					return
				}
			}
		}
	}
}

// adjusted are the lines that adjust an earlier month, and why.
func (v *visit) adjusted(path string, p *domain.PayoutVersion) (all []adjustedView) {
	for i := range p.Lines {
		l := &p.Lines[i]
		if !l.Adjusts(p.Month) {
			continue
		}
		a := adjustedView{Href: v.link(fmt.Sprintf("%s/why/%d", path, l.Line), nil), Note: v.Say("why.adjusts") + ":"}
		a.Title = fmt.Sprintf("%s %d: %s, %s %s/%s: %s (%s %s, %s %s)", v.Say("why.line"), l.Line, v.shown(month, l.Month.Text()), l.Unit, l.Policy, l.Component, v.shown(amount, l.Amount.String()),
			v.Say("web.now_known"), v.shown(amount, l.Known.String()), v.Say("web.settled_before"), v.shown(amount, l.Settled.String()))
		if l.CausesInAll == 0 {
			a.Note = v.Say("why.not_settled")
		}
		for _, c := range l.Causes {
			a.Causes = append(a.Causes, linkView{Text: fmt.Sprintf("%s %s %s", v.number(fmt.Sprint(c.Sequence)), v.eventType(string(c.Type)), c.Entity), Href: v.trailAt(string(c.Entity), c.Sequence)})
		}
		if l.CausesInAll > len(l.Causes) {
			a.Causes = append(a.Causes, linkView{Text: fmt.Sprintf("… (%d)", l.CausesInAll)})
		}
		all = append(all, a)
	}
	return all
}

// versions tells the versions apart, the one that counts last.
func (v *visit) versions(h *report.PayoutHistory) (all []versionView) {
	if len(h.Versions) == 1 {
		return nil
	}
	for i := range h.Versions {
		version := &h.Versions[i]
		all = append(all, versionView{Title: fmt.Sprintf("%s %d: %s, %s", v.Say("why.version"), version.Version, v.shown(amount, version.Total.String()), v.Say("why."+version.Status)), Changes: v.phrases(h.Of.ChangesOf(i))})
	}
	return all
}

func (v voice) phrases(all []domain.Phrase) (said []string) {
	for _, p := range all {
		said = append(said, v.Lang.Phrase(p))
	}
	return said
}
