package web

import (
	"errors"
	"fmt"
	"iter"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/projections"
)

// eventPage goes the other way than why: which lines of which payouts an event ever touched. The event is named by its id.
func eventPage() *page {
	return &page{path: "/event", name: "event", asks: domain.Codes{"id"}, answer: event}
}

type touchedView struct {
	voice
	Facts []factView
	Trail string
}

func event(v *visit) (*view, error) {
	r := v.ask(ledger.QuestionWhy)
	if r.Event = v.own.Get("id"); r.Event == "" {
		return nil, wrongAddress(wrongly("id", "wrong.which_event"))
	}
	t, err := document[*projections.Touched](v, r)
	if unknown := (*projections.WhyError)(nil); errors.As(err, &unknown) && unknown.Unknown {
		return nil, nothingNamed(wrongly("id", "wrong.no_event", r.Event))
	}
	if err != nil {
		return nil, err
	}
	e := &t.Event
	content := &touchedView{voice: v.voice, Trail: v.trailAt(e.Entity, e.Sequence)}
	for _, f := range [][2]string{{"why.event", v.number(fmt.Sprint(e.Sequence))}, {"why.type", v.eventType(e.Type)}, {"why.of", e.Entity}, {"why.effective", v.shown(date, e.Effective)}, {"why.recorded_at", words.Moment(e.Recorded)}, {"why.who", e.Actor}, {"why.leaf", e.Leaf}} {
		content.Facts = append(content.Facts, factView{Label: v.Say(f[0]), Value: f[1]})
	}
	return &view{title: fmt.Sprintf("%s %s", v.Say("web.event"), e.Event), authority: t.Authority, asOf: t.AsOf, content: content, tables: []*table{{
		caption: v.Say("web.touched"), none: v.Say("web.touched_nothing"), rows: v.touchedRows(t),
		columns: v.columns(""),
	}}}, nil
}

func (v *visit) touchedRows(t *projections.Touched) iter.Seq[[]cell] {
	return func(yield func([]cell) bool) {
		for i := range t.Lines {
			l := &t.Lines[i]
			row := []cell{{plain: l.Payout, href: v.link("/payouts/"+l.Payout, nil)}, {plain: fmt.Sprint(l.Version)}, {plain: l.Status, word: v.Say("why." + l.Status)},
				{plain: fmt.Sprint(l.Line), href: v.link(fmt.Sprintf("/payouts/%s/why/%d", l.Payout, l.Line), nil)}, {plain: l.Month}, {plain: l.Unit}, {plain: l.Policy}, {plain: l.Component}, {plain: l.Amount.String()}, {plain: l.How, word: v.Say("touched." + l.How)}, {}, {}}
			if len(l.Postings) > 0 {
				row[10].plain, row[11].plain = fmt.Sprint(len(l.Postings)), report.OfIt(l).String()
			}
			if !yield(row) {
				return
			}
		}
	}
}
