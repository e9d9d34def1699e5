package ledger

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/projections"
)

// How many postings of a line a table or page shows: of a payout, and of a single line. Of a payout with many lines it shows those of the first
// alone: the events of each case have to be read from the log, 4 ms for each part of it that they lie in.
//
// WhyShownOfLine is also how many one page of a line holds.
const (
	whyShownOfPayout = 3
	WhyShownOfLine   = 20
	whyFewLines      = 6
)

// whyRows is, for Read alone, the format of a derivation that is gone through posting by posting.
const whyRows = report.Format("rows")

// why derives a payout, a line or a posting, or says what an event touched.
func (a *question) why() (*answer, error) {
	if a.Event != "" {
		t, err := a.table.WhyOfEvent(a.ctx, a.Event, a.query.AsOf)
		if err != nil {
			return nil, err
		}
		var payouts []domain.Entity
		for _, l := range t.Lines {
			payouts = append(payouts, domain.NewEntity(domain.KindPayout, l.Payout))
		}
		return a.showsDocument(t.AsOf, t, payouts, func(w io.Writer) error { return report.Touched(w, a.format, t) })
	}
	q, err := parseWhy(a.Payout)
	if err != nil {
		return nil, &Wrong{err}
	}
	q.AsOf = a.query.AsOf
	language := cmp.Or(a.Lang, report.WhyLanguages[0])
	if !report.WhyLanguages.Has(language) {
		return nil, &Wrong{fmt.Errorf("--lang %q is not a language of the page; use one of %s", language, report.WhyLanguages)}
	}
	if a.format == report.Table || a.format == report.HTML {
		if q.Most, q.FewLines = whyShownOfPayout, whyFewLines; q.Line != 0 {
			q.Most, q.First = WhyShownOfLine, a.First
		}
	}
	if a.format == whyRows {
		rows, err := a.table.WhyRows(q)
		if err != nil {
			return nil, err
		}
		return a.shows(rows.AsOf, append(rows.Entities(), q.Payout), rows, nil) // Read hands them on
	}
	w, err := a.table.Why(a.ctx, q)
	if err != nil {
		return nil, err
	}
	return a.showsDocument(w.AsOf, w, []domain.Entity{q.Payout}, func(to io.Writer) error {
		if a.format == report.HTML {
			return report.WhyPage(to, language, w)
		}
		return report.Why(to, a.format, w)
	})
}

// parseWhy reads PAYOUT, PAYOUT/LINE or PAYOUT/LINE/POSTING.
func parseWhy(s string) (q projections.WhyQuery, err error) {
	parts := strings.Split(strings.TrimPrefix(s, "payout/"), "/")
	for i, into := range []*int{&q.Line, &q.Posting} {
		if i+1 >= len(parts) {
			break
		}
		if *into, err = strconv.Atoi(parts[i+1]); err != nil || *into < 1 {
			return q, fmt.Errorf("%q is no payout, line or posting; write 2016-03-lund-hemvard, 2016-03-lund-hemvard/2 or 2016-03-lund-hemvard/2/1", s)
		}
	}
	if len(parts) > 3 {
		return q, fmt.Errorf("%q has more than a payout, a line and a posting", s)
	}
	q.Payout, err = domain.ParseEntity(string(domain.NewEntity(domain.KindPayout, parts[0])))
	return q, err
}
