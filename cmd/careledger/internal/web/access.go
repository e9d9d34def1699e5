package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/projections"
)

// accessPage shows who has been shown which cases and patients, when and for which purpose: the last reading first. It shows cases itself, so looking at
// it is a reading too, for review of the access log where the visitor has said no other purpose. The time of the filter is that of the reading; the
// log is shown as it is now, also where the filter has another moment, and says so.
func accessPage() *page {
	return &page{path: "/access", title: "access.title", name: "access", asks: domain.Codes{"actor", "entity"}, answer: access}
}

// accessView is what the page shows beside its table.
type accessView struct {
	voice
	Actor, Entity, Root string
}

func access(v *visit) (*view, error) {
	r := v.ask(ledger.QuestionAccess)
	r.ReadBy, r.Entity, r.AsOf, r.AsOfSequence = v.own.Get("actor"), v.own.Get("entity"), "", nil
	if p := v.filter.Period; p.From != 0 {
		r.From, r.To = p.From.First().String(), p.To.Last().String()
	}
	log, err := document[*projections.Accesses](v, r)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(log.Accesses)
	slices.Reverse(all)
	at := projections.Moment{Sequence: log.Sequence}
	if v.from != nil { // what was read since the first page, this page among it, would move the rows
		at.Sequence = v.from.Sequence
		all = slices.DeleteFunc(all, func(a projections.AccessRead) bool { return a.Sequence > at.Sequence })
	}
	return &view{title: v.Say("access.title"), authority: log.Authority, asOf: at, content: &accessView{v.voice, r.ReadBy, r.Entity, log.Root}, tables: []*table{{
		caption: v.Say("access.table"), none: v.Say("access.none"), columns: v.columns(""), rows: rowsFrom(all, v.accessRow)}}}, nil
}

// accessRow is one reading. A page names the first that it shows, and how many more there are; a file names all.
func (v *visit) accessRow(a projections.AccessRead) []cell {
	const named = 3
	all := make([]string, len(a.Entities))
	for i, e := range a.Entities {
		all[i] = string(e)
	}
	shown := cell{plain: strings.Join(all, " ")}
	if more := len(all) - named; more > 0 {
		shown.brief = fmt.Sprintf(v.Say("access.more"), strings.Join(all[:named], " "), v.number(strconv.Itoa(more)))
	}
	at := a.Recorded.UTC()
	return []cell{{plain: strconv.FormatUint(a.Sequence, 10)}, {plain: at.Format(time.RFC3339), word: words.Moment(at)},
		{plain: a.Actor, href: v.link("/access", url.Values{"actor": {a.Actor}})}, {plain: a.Purpose}, {plain: a.Question, word: v.Lang.Word("question", a.Question)}, shown, {plain: string(a.Arguments)}}
}
