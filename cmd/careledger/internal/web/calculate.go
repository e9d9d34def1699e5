package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/domain/compensation"
)

const (
	calculatePath  = "/payouts/calculate"
	calculatedWord = "calculated" // how many payouts were just calculated
)

// calculateView is the form that calculates the payouts of a month.
type calculateView struct {
	voice
	Action, CSRF    string
	Month, Provider string // as typed
	Providers       []choiceView
}

// offerCalculation puts the form on the list of payouts. A page of the past has none: what is calculated rests on what is known now.
func (v *visit) offerCalculation(content *payoutsView) error {
	if v.visitor.session == nil || v.filter.AsOf != "" || v.as != asPage {
		return nil
	}
	choices, err := v.parties("")
	if err != nil {
		return err
	}
	content.Calculate = &calculateView{voice: v.voice, Action: v.link(calculatePath, nil), CSRF: v.csrf(), Provider: v.filter.Provider, Providers: choices.Providers}
	if p := v.filter.Period; p.From == p.To { // more months at once are typed, not come to by a filter
		content.Calculate.Month = printPeriod(p)
	}
	return nil
}

// justCalculated says what the form has done, where the address says that it has.
func (v *visit) justCalculated() (string, error) {
	word := v.own.Get(calculatedWord)
	if word == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(word, 10, 31)
	switch {
	case err != nil:
		return "", wrongAddress(wrongly(calculatedWord, "wrong.number", word))
	case n == 0:
		return v.Say("web.calculated_nothing"), nil
	}
	return fmt.Sprintf(v.Say("web.calculated_so_many"), v.number(word)), nil
}

// calculatePayouts calculates the payouts of the months of the form, in the name of who has signed in, and goes to the list of them; where that is refused,
// or takes longer than an answer may, the list says so. What was calculated before then stands: each payout is a command of its own, and
// calculating again goes on where it ended.
func (s *Server) calculatePayouts(w http.ResponseWriter, r *http.Request) error {
	visitor, err := s.visitorOf(r)
	if err != nil {
		return err
	}
	if visitor.session == nil {
		return errNoPage // a program has the command of the HTTP API
	}
	back := r.Clone(r.Context())
	back.Method, back.URL.Path = http.MethodGet, "/payouts"
	v, err := s.read(back, s.pageAt("/payouts"))
	if err != nil {
		return err
	}
	months, provider := r.PostFormValue("month"), r.PostFormValue("provider")
	period, err := monthsOf(months)
	var answer bytes.Buffer
	if err == nil {
		err = v.payout(r.Context(), ledger.PayoutRequest{Action: "calculate", Authority: v.filter.Authority, Month: period.From.String() + ".." + period.To.String(), Provider: provider,
			Actor: visitor.Actor, Format: string(report.JSON)}, &answer)
	}
	done, countErr := outcomesIn(answer.Bytes())
	if countErr != nil {
		return countErr
	}
	if err == nil {
		http.Redirect(w, r, v.link("/payouts", url.Values{"time": {printPeriod(period)}, "provider": {provider}, "unit": nil, calculatedWord: {strconv.Itoa(done)}}), http.StatusSeeOther)
		return nil
	}
	refused, status := v.calculationRefused(err, done)
	if refused == nil {
		return err
	}
	reading, cancel := context.WithTimeout(context.WithoutCancel(back.Context()), answerSeconds*time.Second) // also where the time of the calculation was over
	defer cancel()
	v.request = back.WithContext(reading)
	list, err := v.page.answer(v)
	if err != nil {
		return err
	}
	content := list.content.(*payoutsView)
	content.Refused, list.status = refused, status
	if content.Calculate != nil {
		content.Calculate.Month, content.Calculate.Provider = months, provider
	}
	return v.write(w, list)
}

// monthsOf reads the months of the form, written as those of the filter.
func monthsOf(text string) (compensation.Period, error) {
	period, err := parsePeriod(text)
	refused := (*wrong)(nil)
	switch {
	case text == "":
		err = &ledger.Wrong{Err: wrongly("month", "wrong.month")}
	case errors.As(err, &refused):
		key := map[string]string{"wrong.period": "wrong.months"}[refused.key]
		err = &ledger.Wrong{Err: wrongly("month", cmp.Or(key, refused.key), refused.about...)}
	}
	return period, err
}

// outcomesIn counts the payouts that the answer of a command names; an empty answer is of a command that came to none.
func outcomesIn(answer []byte) (n int, err error) {
	if len(answer) == 0 {
		return 0, nil
	}
	var outcomes struct {
		Payouts []report.PayoutOutcome `json:"payouts"`
	}
	err = json.Unmarshal(answer, &outcomes)
	return len(outcomes.Payouts), err
}

// calculationRefused says why not all was calculated, nil where the error is none of the command's.
func (v *visit) calculationRefused(err error, done int) (refused *refusedView, status int) {
	all, rest := wrongsOf(err)
	why := v.refusal(all, textOf(rest))
	var problems domain.Problems
	var wrong *ledger.Wrong
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &refusedView{What: fmt.Sprintf(v.Say("web.calculation_cut_off"), v.number(strconv.Itoa(done)))}, http.StatusGatewayTimeout
	case ledger.OutcomeOf(err) == ledger.OutcomeUnknown:
		return &refusedView{What: v.Say("web.refused_unknown")}, http.StatusGatewayTimeout
	case errors.As(err, &wrong):
		return &refusedView{v.Say("web.refused_form"), why}, http.StatusBadRequest
	case errors.As(err, &problems), ledger.OutcomeOf(err) == ledger.OutcomeRefused:
		if done > 0 {
			return &refusedView{fmt.Sprintf(v.Say("web.calculated_before_refusal"), v.number(strconv.Itoa(done))), why}, http.StatusUnprocessableEntity
		}
		return &refusedView{v.Say("web.calculation_refused"), why}, http.StatusUnprocessableEntity
	}
	return nil, 0
}
