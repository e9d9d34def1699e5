package web

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
	"careledger/replay"
)

// wrong is one thing that is wrong with what was asked. It is said in the language of the page, with the field by its label there, and to programs in
// English, with the word of the address.
type wrong struct {
	field string // the word of the address or form that it stands in, "" for none
	key   string // of the text in the catalogue
	about []any  // what the text is about, in its order: see wrongVoice.about

	document *compensation.ModelProblem // of a model document, nil for anything else
}

// Error is what programs are told.
func (w *wrong) Error() string {
	text := plainVoice.say(w)
	if w.field == "" {
		return text
	}
	return w.field + ": " + text
}

// wrongly says what is wrong with a word of an address.
func wrongly(field, key string, about ...any) error {
	return &wrong{field: field, key: key, about: about}
}

// fieldName is a word of an address as a part of a text.
type fieldName string

// fieldLabels are the labels that the words of addresses and forms have on pages. A word that is no field there is said as it stands. It must not be changed.
var fieldLabels = map[string]string{
	"time": "web.time", "provider": "web.provider", "unit": "web.unit", "as-of": "web.as_of", "authority": "web.authority", "status": "web.status", "by": "web.group_by",
	"kind": "web.kind", "id": "web.id", "held-on": "web.held_on", "actor": "access.actor", "entity": "access.entity", "before": "policies.before", "after": "policies.after",
	"set": "what_if.parameter", "sweep": "what_if.sweep", "seek": "what_if.seek", "budget": "what_if.budget", "in-force-from": "what_if.in_force_from", "model": "what_if.models",
	"month": "web.month", "reason": "web.reason", "reference": "web.reference", "on": "web.day",
}

// wrongVoice says what is wrong in a language: plain to programs, which get values and words as addresses have them.
type wrongVoice struct {
	voice
	plain bool
}

// plainVoice must not be changed.
var plainVoice = wrongVoice{voice{words.English}, true}

// wrongly says what is wrong to a person: the label of the field, and the text.
func (v voice) wrongly(w *wrong) string {
	said := wrongVoice{v, false}
	if w.field == "" {
		return said.say(w)
	}
	return said.label(w.field) + ": " + said.say(w)
}

// wrongAlone is wrongly without the label, for a text that stands at its field.
func (v voice) wrongAlone(w *wrong) string { return wrongVoice{v, false}.say(w) }

func (v wrongVoice) say(w *wrong) string {
	about := make([]any, len(w.about))
	for i, a := range w.about {
		about[i] = v.about(a)
	}
	if w.document != nil {
		return v.sayModel(w, about)
	}
	text := v.Say(w.key)
	if !v.plain && v.Lang == words.English { // programs get a clause after the word of the address, people a sentence
		if first := text[:1]; first != "%" {
			text = strings.ToUpper(first) + text[1:]
		}
		text = strings.TrimSuffix(text, ".") + "."
	}
	return fmt.Sprintf(text, about...)
}

func (v wrongVoice) label(field string) string {
	if key := fieldLabels[field]; key != "" && !v.plain {
		return v.Say(key)
	}
	return field
}

// about writes what a text is about: texts stand as they are, months, days, amounts and numbers as the page writes them.
func (v wrongVoice) about(a any) string {
	switch a := a.(type) {
	case fieldName:
		return v.label(string(a))
	case []string:
		return strings.Join(a, ", ")
	case domain.Codes:
		return a.String()
	case compensation.Found:
		return v.found(a)
	}
	text := fmt.Sprint(a)
	if v.plain {
		return text
	}
	switch a.(type) {
	case domain.Month:
		return v.shown(month, text)
	case domain.Date:
		return v.shown(date, text)
	case domain.Money:
		return v.shown(amount, text)
	case domain.Decimal, int, uint64:
		return v.number(text)
	}
	return text
}

// wrongsOf returns what an error says is wrong with what was asked, and the errors of it that say something else: of those the catalogue has no words.
func wrongsOf(err error) (all []*wrong, rest []error) {
	if err == nil {
		return nil, nil
	}
	if joined, is := err.(interface{ Unwrap() []error }); is {
		for _, one := range joined.Unwrap() {
			more, others := wrongsOf(one)
			all, rest = append(all, more...), append(rest, others...)
		}
		return all, rest
	}
	if problems, is := err.(domain.Problems); is {
		return wrongsOfPayout(problems)
	}
	if problems, is := err.(compensation.ModelProblems); is {
		return wrongsOfModel(problems)
	}
	for _, says := range []func(error) *wrong{wrongOfAddress, wrongOfLedger, wrongOfReplay, wrongOfModel} {
		if w := says(err); w != nil {
			return []*wrong{w}, nil
		}
	}
	if within := errors.Unwrap(err); within != nil {
		if all, rest = wrongsOf(within); len(rest) == 0 {
			return all, nil
		}
	}
	return nil, []error{err}
}

func wrongOfAddress(err error) *wrong {
	w, _ := err.(*wrong)
	return w
}

// wrongOfLedger is what the ledger and the projections refuse.
func wrongOfLedger(err error) *wrong {
	switch e := err.(type) {
	case *ledger.AsOfError:
		return &wrong{field: "as-of", key: "wrong.as_of_beyond", about: []any{e.Asked, e.Last}}
	case *ledger.NoLedgerError:
		if e.Authority == "" {
			return &wrong{key: "wrong.no_records"}
		}
		return &wrong{field: "authority", key: "wrong.no_log", about: []any{e.Authority}}
	case *ledger.SeveralError:
		return &wrong{field: "authority", key: "wrong.several", about: []any{e.Authorities}}
	case *ledger.NoPayoutError:
		return &wrong{key: "wrong.no_payout", about: []any{e.Payout}}
	case *report.UnknownPolicyError:
		return &wrong{key: "wrong.no_policy", about: []any{e.Policy}}
	case *projections.UnknownPartyError:
		return &wrong{field: e.Field, key: map[string]string{"provider": "wrong.no_provider", "unit": "wrong.no_unit"}[e.Field], about: []any{e.ID, e.At.Sequence}}
	case *projections.UnknownEntityError:
		return &wrong{key: "wrong.no_entity", about: []any{string(e.Entity), e.AsOf.Sequence}}
	case *projections.PeriodError:
		if e.Why == projections.PeriodLong {
			return &wrong{field: "time", key: "wrong.period_long", about: []any{e.Period.From, e.Period.To}}
		}
		return &wrong{field: "time", key: "wrong.period_reversed", about: []any{e.Period.From, e.Period.To}}
	case *ledger.FieldError:
		if key := fieldWrong(e); key != "" {
			return &wrong{field: e.Field, key: key}
		}
		return nil
	}
	switch err {
	case ledger.ErrNoReason:
		return &wrong{field: "reason", key: "wrong.no_reason"}
	case ledger.ErrNoMonth:
		return &wrong{field: "month", key: "wrong.month"}
	case ledger.ErrNoPayouts:
		return &wrong{field: "payouts", key: "wrong.no_payouts_named"}
	}
	return nil
}

// fieldWrong is the text for a field of a command or question.
func fieldWrong(e *ledger.FieldError) string {
	switch {
	case errors.Is(e, ledger.ErrFuture):
		return "wrong.future"
	case errors.Is(e, ledger.ErrNotBegun):
		return "wrong.month_not_begun"
	case errors.Is(e, ledger.ErrReversed):
		return "wrong.month_reversed"
	case errors.Is(e, domain.ErrPersonalNumber):
		return "wrong.personal_number"
	}
	return map[string]string{"actor": "wrong.actor_id", "entity": "wrong.entity", "authority": "wrong.authority", "purpose": "web.purpose_wrong",
		"month": "wrong.month", "from": "wrong.month", "to": "wrong.month", "on": "wrong.day", "in-force-from": "wrong.day"}[e.Field]
}

// wrongsOfPayout are the refusals of a step of a payout, which the ledger names by a word each.
func wrongsOfPayout(problems domain.Problems) (all []*wrong, rest []error) {
	for _, p := range problems {
		switch {
		case p.Word == "":
			rest = append(rest, domain.Problems{p})
		case !slices.ContainsFunc(all, func(w *wrong) bool { return w.key == "wrong.payout_"+p.Word }): // one for each line that was settled since
			all = append(all, &wrong{key: "wrong.payout_" + p.Word})
		}
	}
	return all, rest
}

// wrongOfReplay is what an alternative is refused for.
func wrongOfReplay(err error) *wrong {
	switch e := err.(type) {
	case *replay.TargetError:
		if e.Near != "" {
			return &wrong{field: e.Asked, key: "wrong.target_near", about: []any{e.Policy, e.Name, e.Near, e.Known}}
		}
		key := map[replay.TargetReason]string{replay.TargetNothingAdopted: "wrong.target_nothing_adopted", replay.TargetNoPolicy: "wrong.target_no_policy", replay.TargetNoParameter: "wrong.target_no_parameter",
			replay.TargetNoTable: "wrong.target_no_table", replay.TargetTable: "wrong.target_table", replay.TargetNoEntry: "wrong.target_no_entry"}[e.Why]
		return &wrong{field: e.Asked, key: key, about: map[replay.TargetReason][]any{replay.TargetNothingAdopted: {e.Target}, replay.TargetNoPolicy: {e.Target, e.Known}, replay.TargetNoParameter: {e.Policy, e.Name, e.Known},
			replay.TargetNoTable: {e.Name, e.Key}, replay.TargetTable: {e.Name, e.Known}, replay.TargetNoEntry: {e.Name, e.Key, e.Known}}[e.Why]}
	case *replay.TwiceError:
		if e.By == e.Other {
			return &wrong{field: e.By, key: "wrong.twice_alike", about: []any{e.Target}}
		}
		return &wrong{key: "wrong.twice_by", about: []any{e.Target, fieldName(e.By), fieldName(e.Other)}}
	case *replay.SeekError:
		switch p := e.Totals; e.Why {
		case replay.SeekPassed:
			return &wrong{field: "budget", key: "wrong.seek_passed", about: []any{e.Target, p[0].Total, e.Budget}}
		case replay.SeekNotReached:
			return &wrong{field: "budget", key: "wrong.seek_not_reached", about: []any{e.Target, p[0].Value, p[0].Total, e.Budget}}
		case replay.SeekFalls:
			return &wrong{field: "seek", key: "wrong.seek_falls", about: []any{e.Target, p[0].Total, p[0].Value, p[1].Total, p[1].Value, p[2].Total, p[2].Value}}
		}
		return &wrong{field: "seek", key: "wrong.seek_flat", about: []any{e.Target}}
	case *replay.RowsError:
		return &wrong{key: "wrong.rows", about: []any{e.Runs, e.Most}}
	case *report.ChartLinesError:
		return &wrong{field: "sweep", key: "wrong.chart_lines", about: []any{e.Most, e.Parameter, e.Values}}
	}
	if err == report.ErrNoSweep {
		return &wrong{field: "sweep", key: "wrong.no_sweep"}
	}
	return nil
}

// wrongOfModel is what a model cannot be computed with for.
func wrongOfModel(err error) *wrong {
	switch e := err.(type) {
	case *compensation.RateError:
		switch {
		case e.First > e.Day && e.Capped:
			return &wrong{key: "wrong.rate_early_capped", about: []any{e.Policy, e.Parameter, e.Day, e.Component, e.First, fieldName("in-force-from")}}
		case e.First > e.Day:
			return &wrong{key: "wrong.rate_early", about: []any{e.Policy, e.Parameter, e.Day, e.Component, e.First, fieldName("time"), fieldName("in-force-from")}}
		}
		return &wrong{key: "wrong.rate_missing", about: []any{e.Policy, e.Parameter, e.Key, e.Day, e.Component}}
	case *compensation.ValueError:
		return &wrong{key: "wrong.value_" + e.Field, about: []any{e.Policy, e.Component, e.Day}}
	case *compensation.LargeError:
		return &wrong{key: "wrong.large"}
	case *compensation.DigitsError:
		return &wrong{key: "wrong.digits", about: []any{e.Value}}
	}
	return nil
}
