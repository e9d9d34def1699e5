package web

import (
	"errors"
	"time"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/replay"
)

// A model document says what its parameters are worth from which day, and the history often begins earlier. Who sends one and chooses no time means the time
// that it has values for: the period then begins with the first such month. It stands in the address and the field, so that the command, the files and
// the permalink say it too; who chooses a time gets that time, or a refusal.

// settlePeriod chooses the time of models that the whole history is too early for, where nothing else says when they hold.
func (v *visit) settlePeriod(a *asked) error {
	if len(a.models)+len(a.documents) == 0 || v.filter.Period.From != 0 || a.force != "" {
		return nil
	}
	q := a.request(v)
	q.Compare = ""
	_, err := document[*replay.Result](v, q)
	early := (*compensation.RateError)(nil)
	if !errors.As(err, &early) || early.First <= early.Day {
		return nil // it is answered, or refused for something else, when the page asks
	}
	list, err := document[*report.PolicyList](v, v.ask(ledger.QuestionPolicies))
	if err != nil {
		return err
	}
	from, err := a.firstMonth()
	if err != nil {
		return err
	}
	if early.Capped && from != domain.NewMonth(from.Year(), time.January) { // a cap sums whole years
		from = domain.NewMonth(from.Year()+1, time.January)
	}
	if to := domain.LocalMonth(list.AsOf.Recorded); from <= to {
		v.filter.Period = compensation.Period{From: from, To: to}
	}
	return nil
}

// firstMonth is the first whole month in which all models that are asked for have their values.
func (a *asked) firstMonth() (domain.Month, error) {
	first := domain.Date(domain.MinDate)
	for _, set := range a.modelSets() {
		for _, d := range set.Documents {
			m, _, err := compensation.ParseModel(d.Name, d.Data)
			if err != nil {
				return 0, err
			}
			first = max(first, m.FirstDay())
		}
	}
	if month := first.Month(); month.First() == first {
		return month, nil
	}
	return first.Month() + 1, nil
}

// begins says where the period of models begins, where that is their first month. It is "" for another period, and where there is no model.
func (v *visit) begins(a *asked, p compensation.Period) string {
	if len(a.models)+len(a.documents) == 0 || v.filter.Period.From == 0 {
		return ""
	}
	first, err := a.firstMonth()
	if err != nil || first != p.From { // one that is no model is refused where it is replayed
		return ""
	}
	return v.Say("what_if.begins")
}
