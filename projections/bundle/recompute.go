package bundle

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

// Result is what the events come to, every figure of it computed again.
type Result struct {
	Provider string       `json:"provider"`
	Month    string       `json:"month"`
	Version  int          `json:"version"`
	Status   string       `json:"status"`
	Voucher  string       `json:"voucher"`
	Total    domain.Money `json:"total"`
	FourEyes bool         `json:"four_eyes"`  // it is approved, by another than who calculated it
	Calc     Step         `json:"calculated"` // who calculated it
	Approved *Step        `json:"approved"`   // null where it is not
	Paid     *Step        `json:"paid"`       // null where it is not
	FactsTo  uint64       `json:"facts_to"`   // what is owed rests on the events up to this one
	Events   int          `json:"events"`     // in the bundle
	Entities int          `json:"entities"`   // that they are of
	Persons  int          `json:"cases"`      // cases and patients among these
	Models   []Model      `json:"models"`     // that were executed
	Lines    []Line       `json:"lines"`      // of the payout
	Postings int          `json:"postings"`   // behind the lines, each computed again
	Digest   string       `json:"digest"`     // of the postings of the payout's own month
}

// Step is who did something about the payout, and when.
type Step struct {
	Sequence uint64 `json:"sequence"`
	Actor    string `json:"actor"`
	On       string `json:"on"`
}

// Model is a model document in force in a month of the payout.
type Model struct {
	Policy string `json:"policy"`
	SHA256 string `json:"sha256"`
	From   string `json:"from"`
}

// Line is a line of the payout.
type Line struct {
	Line      int          `json:"line"`
	Month     string       `json:"month"`
	Unit      string       `json:"unit"`
	Policy    string       `json:"policy"`
	Component string       `json:"component"`
	Postings  int          `json:"postings"`
	Known     domain.Money `json:"known"`
	Settled   domain.Money `json:"settled"`
	Amount    domain.Money `json:"amount"`
}

// sum is what the postings of a line come to.
type sum struct {
	amount   domain.Money
	quantity *big.Rat
	unit     string
	cases    map[string]bool
	postings int
}

// recompute computes the payout with the plain evaluator from the events folded, and compares it with what its event says.
func (v *verifying) recompute(ctx context.Context) error {
	d := v.version
	cut, err := v.table.Cut(projections.AsOf{Sequence: d.FactsTo})
	if err != nil {
		v.wrong("what was known at event %d cannot be told from the events of the bundle: %v", d.FactsTo, err)
		return nil
	}
	plain, err := v.plain(ctx, cut)
	if err != nil {
		v.wrong("the cases and patients cannot be folded from the events of the bundle: %v", err)
		return nil
	}
	sums, digest := map[domain.SettledKey]*sum{}, compensation.NewDigest()
	months := []domain.Month{d.Month}
	for i := range d.Lines {
		months = append(months, d.Lines[i].Month)
	}
	slices.Sort(months)
	for _, month := range slices.Compact(months) {
		plain.Period = compensation.Period{From: month, To: month}
		postings, err := plain.Evaluate()
		if err != nil {
			v.wrong("the postings of %s cannot be computed from the events of the bundle: %v", month, err)
			return nil
		}
		for i := range postings {
			if p := &postings[i]; p.Provider == d.Provider {
				add(sums, p)
				if month == d.Month {
					digest.AddPosting(p)
				}
			}
		}
	}
	v.compare(sums, digest.Sum(), cut)
	if len(v.found.Findings) == 0 {
		v.result(sums)
	}
	return nil
}

// wrong adds a finding about what the payout says.
func (v *verifying) wrong(format string, args ...any) {
	v.find(Finding{v.lineOf(v.version.Sequence), SectionEvent, v.version.Sequence, fmt.Sprintf(format, args...), doProve})
}

// plain is what the plain evaluator computes over: the cases and patients folded one by one.
func (v *verifying) plain(ctx context.Context, cut *projections.Cut) (*compensation.Plain, error) {
	entities := slices.DeleteFunc(v.entities(), func(e domain.Entity) bool { return !ofPerson(e) })
	states, err := v.table.ReadStates(ctx, entities, v.version.FactsTo)
	if err != nil {
		return nil, err
	}
	plain := &compensation.Plain{Authority: v.bundle.Authority, Parties: cut.Parties, StateGrants: cut.StateGrants, Policies: cut.Adopted}
	for _, s := range states {
		switch of := s.(type) {
		case *domain.Case:
			if _, begun := of.Opened(); begun {
				plain.Cases = append(plain.Cases, of.Facts())
			}
		case *domain.Patient:
			if _, begun := of.Requested(); begun {
				plain.Cases = append(plain.Cases, of.Facts())
			}
		}
	}
	slices.SortFunc(plain.Cases, func(a, b domain.CaseFacts) int {
		switch c := strings.Compare(a.Case, b.Case); {
		case c != 0 || a.Patient == b.Patient:
			return c
		case b.Patient:
			return -1
		}
		return 1
	})
	return plain, nil
}

// entities are those that the events are of, each once.
func (v *verifying) entities() (all []domain.Entity) {
	seen := map[domain.Entity]bool{}
	for i := range v.events {
		if e := v.events[i].Entity; !seen[e] {
			seen[e], all = true, append(all, e)
		}
	}
	return all
}

// ofPerson says whether an entity is a case or a patient.
func ofPerson(e domain.Entity) bool {
	return e.Kind() == domain.KindCase || e.Kind() == domain.KindPatient
}

func add(sums map[domain.SettledKey]*sum, p *compensation.Posting) {
	key := domain.SettledKey{Provider: p.Provider, Month: p.Month, Unit: p.Unit, Policy: p.Policy, Component: p.Component}
	s := sums[key]
	if s == nil {
		s = &sum{quantity: new(big.Rat), unit: p.QuantityUnit, cases: map[string]bool{}}
		sums[key] = s
	}
	if s.unit != p.QuantityUnit {
		s.unit = compensation.UnitMixed
	}
	if p.Case != "" {
		s.cases[fmt.Sprint(p.Case, " ", p.Patient)] = true
	}
	s.amount += p.Amount
	s.quantity.Add(s.quantity, p.Quantity.Rat())
	s.postings++
}

// compare compares each line, the digest and the models with what was computed.
func (v *verifying) compare(sums map[domain.SettledKey]*sum, digest string, cut *projections.Cut) {
	d := v.version
	named := map[domain.SettledKey]bool{}
	for i := range d.Lines {
		l := &d.Lines[i]
		named[d.Key(l)] = true
		s := sums[d.Key(l)]
		if s == nil {
			s = &sum{quantity: new(big.Rat), unit: compensation.UnitMixed}
		}
		about := fmt.Sprintf("line %d (%s %s %s/%s)", l.Line, l.Month, l.Unit, l.Policy, l.Component)
		if s.amount != l.Known {
			v.wrong("%s says %s kr, and the events of the bundle give %s kr", about, l.Known, s.amount)
		}
		if q := compensation.QuantityText(s.quantity); q != l.Quantity || s.unit != l.QuantityUnit || len(s.cases) != l.Cases {
			v.wrong("%s says %s %s of %d cases, and the events of the bundle give %s %s of %d", about, l.Quantity, l.QuantityUnit, l.Cases, q, s.unit, len(s.cases))
		}
		if !slices.Contains(v.accounts(l, cut), l.Account) {
			v.wrong("%s is booked on account %q, which neither its model nor an earlier payout of the bundle says", about, l.Account)
		}
	}
	for key, s := range sums {
		if key.Month == d.Month && !named[key] {
			v.wrong("the events of the bundle give %s kr for %s %s %s/%s, of which the payout has no line", s.amount, key.Month, key.Unit, key.Policy, key.Component)
		}
	}
	if digest != d.Digest {
		v.wrong("the postings of %s are not those that it was calculated from: their digest is another", d.Month)
	}
	if models := projections.PayoutModels(d.PayoutCalculated, cut.Adopted); !slices.Equal(models, d.Models) {
		v.wrong("it names other model documents than the policies of the bundle have in force")
	}
}

// accounts are those that a line can be booked on: of its component, or of what was settled of it.
func (v *verifying) accounts(l *domain.PayoutLine, cut *projections.Cut) (all []string) {
	for _, p := range cut.Adopted {
		for _, d := range p.Documents {
			for _, c := range d.Model.Components {
				if p.ID == l.Policy && c.ID == l.Component && d.From <= l.Month.Last() && l.Month.First() < d.End {
					all = append(all, c.Account)
				}
			}
		}
	}
	for _, p := range v.settled.All() {
		for _, of := range p.Latest().Lines {
			if p.Latest().Settles() && p.Latest().Key(&of) == v.version.Key(l) {
				all = append(all, of.Account)
			}
		}
	}
	return all
}

// result writes down what has been found to be right.
func (v *verifying) result(sums map[domain.SettledKey]*sum) {
	d := v.version
	r := &Result{Provider: d.Provider, Month: d.Month.Text(), Version: d.Version, Status: d.Status(), Voucher: d.Voucher.String(), Total: d.Total,
		FourEyes: d.Approved != nil, FactsTo: d.FactsTo, Events: len(v.events), Digest: d.Digest, Calc: *stepOf(&d.PayoutStep), Approved: stepOf(d.Approved), Paid: stepOf(d.Paid),
		Models: []Model{}, Lines: []Line{}}
	for _, e := range v.entities() {
		if r.Entities++; ofPerson(e) {
			r.Persons++
		}
	}
	for _, m := range d.Models {
		r.Models = append(r.Models, Model{m.Policy, m.SHA256, m.From.String()})
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		n := 0
		if s := sums[d.Key(l)]; s != nil {
			n = s.postings
		}
		r.Postings += n
		r.Lines = append(r.Lines, Line{l.Line, l.Month.Text(), l.Unit, l.Policy, l.Component, n, l.Known, l.Settled, l.Amount})
	}
	v.found.Result = r
}

func stepOf(s *domain.PayoutStep) *Step {
	if s == nil {
		return nil
	}
	return &Step{s.Sequence, s.Actor, s.Date.String()}
}

// derivation derives the payout from the events again, and compares every byte.
func (v *verifying) derivation(ctx context.Context) error {
	again, err := derivation(ctx, v.table, v.bundle.Payout)
	if err != nil {
		v.find(Finding{v.derivationLine(), SectionDerivation, 0, fmt.Sprintf("the payout is not derived from the events of the bundle: %v", err), doProve})
		return nil
	}
	if bytes.Equal(again, v.bundle.Derivation) {
		return nil
	}
	var says, is any
	where := ""
	if json.Unmarshal(v.bundle.Derivation, &says) == nil && json.Unmarshal(again, &is) == nil {
		where = differs("", says, is)
	}
	v.find(Finding{v.derivationLine(), SectionDerivation, 0, "it is not what follows from the events of the bundle" + where, doProve})
	return nil
}

// differs says where two JSON values first differ, and how.
func differs(at string, says, is any) string {
	switch a := says.(type) {
	case map[string]any:
		b, ok := is.(map[string]any)
		if !ok {
			break
		}
		keys := map[string]bool{}
		for k := range a {
			keys[k] = true
		}
		for k := range b {
			keys[k] = true
		}
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			if where := differs(at+"/"+k, a[k], b[k]); where != "" {
				return where
			}
		}
		return ""
	case []any:
		b, ok := is.([]any)
		if !ok || len(a) != len(b) {
			break
		}
		for i := range a {
			if where := differs(fmt.Sprintf("%s/%d", at, i), a[i], b[i]); where != "" {
				return where
			}
		}
		return ""
	default:
		if says == is {
			return ""
		}
	}
	return fmt.Sprintf(": at %s it says %s, and %s follows", cmp.Or(at, "/"), short(says), short(is))
}

// short writes a value in at most a few words.
func short(value any) string {
	const most = 80
	text, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		return "something else"
	}
	if r := []rune(string(text)); len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(text)
}
