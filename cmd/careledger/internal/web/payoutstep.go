package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/domain"
)

// payoutStepNames are the steps that a person may take from a payout's page; calculate.go calculates, from the list.
var payoutStepNames = domain.Codes{"approve", "reject", "pay", "cancel"}

// stepsFrom are the steps that a payout in a state takes.
var stepsFrom = map[string][]string{domain.PayoutStatusCalculated: {"approve", "reject"}, domain.PayoutStatusApproved: {"pay", "cancel"}}

// refusedView says that a command of a page was not carried out, and why.
type refusedView struct {
	What string
	refusalView
}

// offerSteps puts the forms on a payout's page that its state takes. A page of the past has none.
func (v *visit) offerSteps(content *payoutView, path string, p *domain.PayoutVersion) {
	steps := stepsFrom[p.Status()]
	if v.visitor.session == nil || len(steps) == 0 {
		return
	}
	if v.filter.AsOf != "" {
		content.Past = v.Say("web.steps_past")
		return
	}
	for _, name := range steps {
		s := stepView{voice: v.voice, Name: name, Title: v.Say("web.step_" + name), Action: v.link(path+"/"+name, nil), CSRF: v.visitor.session.csrf, Version: p.Version, Today: domain.LocalDate(time.Now()).String()}
		switch name {
		case "approve":
			s.On = v.Say("web.booked_on")
			if p.Actor == v.visitor.Actor {
				s.Note = v.Say("web.own_calculation")
			}
		case "pay":
			s.On, s.Reference = v.Say("web.paid_on"), true
		default:
			s.Reason = true
		}
		content.Steps = append(content.Steps, s)
	}
}

// takeStep takes a payout a step further, in the name of who has signed in, and goes back to its page; there too if it was refused, which the page
// then says. A program gives commands over the HTTP API.
func (s *Server) takeStep(w http.ResponseWriter, r *http.Request) error {
	visitor, err := s.visitorOf(r)
	if err != nil {
		return err
	}
	step, payout := r.PathValue("step"), r.PathValue("payout")
	if visitor.session == nil || !payoutStepNames.Has(step) {
		return errNoPage
	}
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return wrongAddress(wrongly("version", "wrong.version"))
	}
	back := r.Clone(r.Context())
	back.Method, back.URL.Path = http.MethodGet, "/payouts/"+payout
	v, err := s.read(back, s.pageAt("/payouts/{payout}"))
	if err != nil {
		return err
	}
	err = v.payout(r.Context(), ledger.PayoutRequest{Action: step, Authority: v.filter.Authority, Payouts: []string{payout}, Version: version, Actor: visitor.Actor,
		On: r.PostFormValue("on"), Reason: r.PostFormValue("reason"), Reference: r.PostFormValue("reference"), Format: "json"}, io.Discard)
	if err == nil {
		http.Redirect(w, r, v.link(back.URL.Path, url.Values{"done": {step}}), http.StatusSeeOther)
		return nil
	}
	refused, status := v.stepRefused(err)
	if refused == nil {
		return err
	}
	answer, err := v.page.answer(v)
	if err != nil {
		return err
	}
	answer.content.(*payoutView).Refused, answer.status = refused, status
	return v.write(w, answer)
}

// stepRefused says why a step was not taken, nil where the error is none of the step's.
func (v *visit) stepRefused(err error) (refused *refusedView, status int) {
	var problems domain.Problems
	var wrong *ledger.Wrong
	all, rest := wrongsOf(err)
	switch why := v.refusal(all, textOf(rest)); {
	case errors.As(err, &problems):
		return &refusedView{v.Say("web.refused"), why}, http.StatusUnprocessableEntity
	case errors.As(err, &wrong):
		return &refusedView{v.Say("web.refused_form"), why}, http.StatusBadRequest
	case errors.Is(err, context.DeadlineExceeded), ledger.OutcomeOf(err) == ledger.OutcomeUnknown:
		return &refusedView{What: v.Say("web.refused_unknown")}, http.StatusGatewayTimeout
	}
	return nil, 0
}
