package ledger

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/projections"
	"careledger/replay"
)

// answers are the questions about one authority. Each says whom its answer shows. It must not be changed.
var answers = map[string]func(*question) (*answer, error){
	QuestionCompensation: (*question).compensation,
	QuestionFulfilment:   (*question).fulfilment,
	QuestionReplay:       (*question).replay,
	QuestionTrail:        (*question).trail,
	QuestionPolicies:     (*question).policies,
	QuestionPolicy:       (*question).policies,
	QuestionPayouts:      (*question).payouts,
	QuestionPayout:       (*question).payouts,
	QuestionWhy:          (*question).why,
	QuestionBundle:       (*question).bundle,
	QuestionSheet:        (*question).sheet,
	QuestionDeviation:    (*question).deviation,
	QuestionStanding:     (*question).standing,
	QuestionRegisters:    (*question).registers,
}

// shows is an answer as of a moment that write writes, and that names these cases and patients, and beside them what they are named for (a payout).
func (a *question) shows(asOf projections.Moment, entities []domain.Entity, document any, write func(io.Writer) error) (*answer, error) {
	return &answer{document: document, shows: []shown{a.shown(asOf, entities...)}, write: write}, nil
}

// showsDocument is shows of whom a document names, and of payouts.
func (a *question) showsDocument(asOf projections.Moment, document any, payouts []domain.Entity, write func(io.Writer) error) (*answer, error) {
	named, err := projections.PersonsIn(document)
	if err != nil {
		return nil, err
	}
	return a.shows(asOf, append(named, payouts...), document, write)
}

// showsNobody is an answer that names no case or patient.
func showsNobody(document any, write func(io.Writer) error) (*answer, error) {
	return &answer{document: document, write: write}, nil
}

// casesIn returns the cases and patients that n rows name by their keys, none where rows are not by case.
func (a *question) casesIn(by []string, n int, keys func(row int) []string) []domain.Entity {
	at := slices.Index(by, "case")
	if at < 0 {
		return nil
	}
	ids := map[string]bool{}
	for i := range n {
		ids[keys(i)[at]] = true
	}
	return a.table.PersonsOf(slices.Collect(maps.Keys(ids)))
}

func (a *question) compensation() (*answer, error) {
	c, err := a.table.Compensation(a.query)
	if err != nil {
		return nil, err
	}
	return a.shows(c.AsOf, a.casesIn(c.By, len(c.Rows), func(i int) []string { return c.Rows[i].Keys }), c, func(w io.Writer) error { return report.Compensation(w, a.format, c) })
}

func (a *question) fulfilment() (*answer, error) {
	f, err := a.table.Fulfilment(a.query)
	if err != nil {
		return nil, err
	}
	cases := a.casesIn(f.By, len(f.Rows), func(i int) []string { return f.Rows[i].Keys })
	return a.shows(f.AsOf, cases, f, func(w io.Writer) error { return report.Fulfilment(w, a.format, f) })
}

func (a *question) trail() (*answer, error) {
	entity, err := domain.ParseEntity(a.Entity)
	if err != nil {
		return nil, &Wrong{err}
	}
	t, err := a.table.Trail(a.ctx, entity, a.query.AsOf)
	if err != nil {
		return nil, err
	}
	return a.showsDocument(t.AsOf, t, []domain.Entity{entity}, func(w io.Writer) error { return report.Trail(w, a.format, t) })
}

func (a *question) registers() (*answer, error) {
	r, err := a.table.Registers(a.query.AsOf)
	if err != nil {
		return nil, err
	}
	list := report.ListRegisters(r)
	return showsNobody(list, func(w io.Writer) error { return report.Registers(w, a.format, list) })
}

func (a *question) policies() (*answer, error) {
	c, err := a.table.Cut(a.query.AsOf)
	if err != nil {
		return nil, err
	}
	policy := ""
	if a.Question == QuestionPolicy {
		if policy = a.Policy; policy == "" {
			return nil, &Wrong{errors.New("name the policy, for example lund-2015-pilot; careledger policy list shows what there is")}
		}
	}
	list, err := report.ListPolicies(c, policy)
	if err != nil {
		return nil, err
	}
	return showsNobody(list, func(w io.Writer) error {
		if a.Question == QuestionPolicy {
			return report.Policy(w, a.format, list)
		}
		return report.Policies(w, a.format, list)
	})
}

func (a *question) payouts() (*answer, error) {
	payouts, moment, err := a.table.Payouts(a.query.AsOf)
	if err != nil {
		return nil, err
	}
	authority := a.log.Authority()
	if a.Question == QuestionPayouts {
		if err := a.table.CheckParties(a.query); err != nil {
			return nil, err
		}
		list := report.ListPayouts(authority, moment, payouts.All(), a.query)
		return showsNobody(list, func(w io.Writer) error { return report.Payouts(w, a.format, list) })
	}
	p := payouts.Payout(domain.NewEntity(domain.KindPayout, strings.TrimPrefix(a.Payout, "payout/")))
	if p == nil {
		return nil, &NoPayoutError{authority, a.Payout, moment.Sequence}
	}
	history := report.HistoryOf(authority, moment, p)
	return a.shows(moment, append(projections.PersonsOfPayout(p), p.Entity), history, func(w io.Writer) error { return report.Payout(w, a.format, history) })
}

func (a *question) replay() (*answer, error) {
	r, q := &a.Request, a.query
	request := replay.Request{AsOf: q.AsOf, From: q.From, To: q.To, By: q.By, Models: r.Models}
	for _, s := range r.Set {
		setting, err := replay.ParseSetting(s)
		if err != nil {
			return nil, &Wrong{err}
		}
		request.Set = append(request.Set, setting)
	}
	if r.Sweep != "" {
		sweep, err := replay.ParseSweep(r.Sweep)
		if err != nil {
			return nil, &Wrong{err}
		}
		request.Sweep = &sweep
	}
	if r.Across != "" {
		sweep, err := replay.ParseSweep(r.Across)
		if err != nil {
			return nil, &Wrong{err}
		}
		request.Across = &sweep
	}
	if r.Seek != "" || r.Budget != "" {
		seek, err := replay.ParseSeek(r.Seek, r.Budget)
		if err != nil {
			return nil, &Wrong{err}
		}
		request.Seek = &seek
	}
	if r.InForceFrom != "" {
		day, err := domain.ParseDate(r.InForceFrom)
		if err != nil {
			return nil, &Wrong{&FieldError{"in-force-from", err}}
		}
		request.InForceFrom = day
	}
	if err := errors.Join(r.readExamination(&request), request.Check()); err != nil {
		return nil, &Wrong{err}
	}
	request.AsOf.Sequence = min(request.AsOf.Sequence, a.table.Position()) // what is written meanwhile is no part of the answer
	result, err := replay.Replay(a.ctx, a.table, request, func(done, total int) {
		r.Progress.report("replaying", int64(done), int64(total))
	})
	if err != nil {
		return nil, err
	}
	if result.Stamp, err = a.stamp(request.AsOf.Sequence, result); err != nil {
		return nil, err
	}
	return a.shows(result.AsOf, a.casesOf(result), result, func(w io.Writer) error { return report.Replay(w, a.format, result) })
}
