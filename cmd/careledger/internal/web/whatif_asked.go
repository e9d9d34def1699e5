package web

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/replay"
)

// The words of the page's address. The first two are those of careledger replay, each as often as there. The last are fields of the form, which a browser sends as
// they stand: a list of parameters with the value of each, and the parts of a sweep. They must not be changed.
var (
	whatIfLists  = domain.Codes{"set", "model", "document", "sweep"}
	whatIfWords  = domain.Codes{"seek", "budget", "in-force-from"}
	whatIfFields = domain.Codes{"parameter", "value", "sweep-of", "sweep-from", "sweep-to", "sweep-step"}
)

// asked is what an address asks to be tried. Texts are as the ledger takes them.
type asked struct {
	set       []replay.Setting
	models    []string // ids of built-in models
	documents []sentModel
	sweeps    []string
	seek      string
	budget    string
	force     string // in-force-from

	typedValues map[string]string // by target, where they are no numbers
	typedSweeps [2][4]string      // parameter, from, to, step
	fromForm    bool              // it was said in the words of the form
	wrong       []wrongField
}

// asked reads the address. The error is of what no field of the form shows.
func (v *visit) asked() (*asked, error) {
	a := &asked{typedValues: map[string]string{}}
	var errs []error
	for _, name := range whatIfFields {
		a.fromForm = a.fromForm || len(v.own[name]) > 0
	}
	for _, text := range v.own["set"] {
		if text == "" {
			continue
		}
		s, err := replay.ParseSetting(text)
		if err != nil {
			errs = append(errs, wrongly("set", "wrong.setting", text))
			continue
		}
		a.put(s)
	}
	for _, id := range v.own["model"] {
		if _, known := compensation.LibraryModel(id); id != "" && !known {
			errs = append(errs, wrongly("model", "wrong.no_model", id, compensation.Library()))
		} else if id != "" && !slices.Contains(a.models, id) {
			a.models = append(a.models, id)
		}
	}
	for _, word := range v.own["document"] {
		d, err := openModel(word)
		if errs = append(errs, err); err == nil {
			a.documents = append(a.documents, d)
		}
	}
	errs = append(errs, v.readSweeps(a), v.readValues(a))
	if seek := v.own.Get("seek"); seek != "" && !strings.Contains(seek, ".") {
		errs = append(errs, wrongly("seek", "wrong.seek", seek))
	}
	a.seek, a.budget, a.force = v.own.Get("seek"), plainNumber(v.own.Get("budget")), strings.TrimSpace(v.own.Get("in-force-from"))
	if a.force != "" {
		if _, err := domain.ParseDate(a.force); err != nil {
			v.refuse(a, "in-force-from", v.Say("what_if.in_force_from"), &wrong{field: "in-force-from", key: "what_if.wrong_date"})
		}
	}
	switch {
	case a.seek != "" || a.budget != "":
		if _, err := domain.ParseMoney(a.budget); err != nil || strings.HasPrefix(a.budget, "-") {
			v.refuse(a, "budget", v.Say("what_if.budget"), &wrong{field: "budget", key: "what_if.wrong_budget"})
		} else if a.seek == "" {
			v.refuse(a, "budget", v.Say("what_if.seek"), &wrong{field: "seek", key: "what_if.wrong_seek"})
		}
	}
	if a.force != "" && !a.any() {
		a.force = "" // it says from when an alternative holds, and there is none
	}
	return a, errors.Join(errs...)
}

// any says whether anything is to be tried.
func (a *asked) any() bool {
	return len(a.set)+len(a.models)+len(a.documents)+len(a.sweeps) > 0 || a.seek != ""
}

// refuse notes what is wrong with a field of the form, by its id and label.
func (v *visit) refuse(a *asked, field, label string, w *wrong) {
	a.wrong = append(a.wrong, wrongField{Field: field, Label: label, Text: v.wrongAlone(w), said: w})
}

// put gives a parameter a value, in place of another that it had.
func (a *asked) put(s replay.Setting) {
	if i := slices.IndexFunc(a.set, func(other replay.Setting) bool { return other.Target == s.Target }); i >= 0 {
		a.set[i] = s
		return
	}
	a.set = append(a.set, s)
}

// readValues reads the fields of the parameters: an empty one is as adopted.
func (v *visit) readValues(a *asked) error {
	targets, values := v.own["parameter"], v.own["value"]
	if len(targets) != len(values) {
		return wrongly("value", "wrong.values")
	}
	for i, target := range targets {
		text := plainNumber(values[i])
		if text == "" {
			a.set = slices.DeleteFunc(a.set, func(s replay.Setting) bool { return s.Target == target })
			continue
		}
		s, err := replay.ParseSetting(target + "=" + text)
		if err != nil {
			a.typedValues[target] = values[i]
			v.refuse(a, fieldOf(target), target, &wrong{field: target, key: "what_if.wrong_number"})
			continue
		}
		a.put(s)
	}
	return nil
}

// fieldOf is the id of the field of a parameter.
func fieldOf(target string) string { return "p-" + target }

// plainNumber takes a number as it is typed, with a decimal comma and spaces, in plain notation.
func plainNumber(s string) string {
	return strings.NewReplacer(",", ".", " ", "", "\u00a0", "", "\u202f", "", "\u2212", "-").Replace(strings.TrimSpace(s))
}

// readSweeps reads the sweeps, as the command line has them or by their fields. What the fields say takes the place of the others.
func (v *visit) readSweeps(a *asked) error {
	parts := [][]string{v.own["sweep-of"], v.own["sweep-from"], v.own["sweep-to"], v.own["sweep-step"]}
	n := len(parts[0])
	for _, p := range parts {
		if len(p) != n || n > 2 {
			return wrongly("sweep-of", "wrong.sweep_fields", domain.Codes{"sweep-of", "sweep-from", "sweep-to", "sweep-step"})
		}
	}
	for i := range n {
		for j, p := range parts {
			a.typedSweeps[i][j] = strings.TrimSpace(p[i])
		}
	}
	if n == 0 {
		for i, text := range v.own["sweep"] {
			if i == 2 {
				return wrongly("sweep", "wrong.sweeps")
			}
			var shaped bool
			if a.typedSweeps[i], shaped = cutSweep(text); !shaped {
				return wrongly("sweep", "wrong.sweep", text)
			}
		}
	}
	runs := 1
	for i, t := range a.typedSweeps {
		field, label := sweepField(i), fmt.Sprintf("%s %d", v.Say("what_if.sweep"), i+1)
		if t[0] == "" {
			if t[1]+t[2]+t[3] != "" {
				v.refuse(a, field, label, &wrong{field: "sweep", key: "what_if.wrong_sweep_of"})
			}
			continue
		}
		s, err := replay.ParseSweep(fmt.Sprintf("%s=%s..%s:%s", t[0], plainNumber(t[1]), plainNumber(t[2]), plainNumber(t[3])))
		if err != nil {
			v.refuse(a, field, label, sweepWrong(t))
			continue
		}
		if runs *= len(s.Values()); runs > stepsMost {
			v.refuse(a, field, label, &wrong{field: "sweep", key: "what_if.wrong_steps", about: []any{runs, stepsMost}})
			continue
		}
		a.sweeps = append(a.sweeps, fmt.Sprintf("%s=%s..%s:%s", s.Target, s.From, s.To, s.Step))
	}
	return nil
}

// cutSweep takes POLICY.PARAM=A..B:STEP apart, in which each part may still be wrong.
func cutSweep(text string) (t [4]string, shaped bool) {
	target, values, is := strings.Cut(text, "=")
	from, rest, dots := strings.Cut(values, "..")
	to, step, colon := strings.Cut(rest, ":")
	policy, name, dotted := strings.Cut(target, ".")
	return [4]string{target, from, to, step}, is && dots && colon && dotted && policy != "" && name != ""
}

// sweepWrong says what is wrong with the fields of a sweep.
func sweepWrong(t [4]string) *wrong {
	var numbers [3]domain.Decimal
	for i := range numbers {
		var err error
		if numbers[i], err = domain.ParseDecimal(plainNumber(t[1+i])); err != nil {
			return &wrong{field: "sweep", key: "what_if.wrong_sweep"}
		}
	}
	if numbers[0].Cmp(numbers[1]) > 0 || numbers[2].Sign() <= 0 {
		return &wrong{field: "sweep", key: "what_if.wrong_sweep"}
	}
	return &wrong{field: "sweep", key: "what_if.wrong_many_steps", about: []any{stepsMost}} // than a sweep may have anywhere
}

// sweepField is the id of the fields of a sweep.
func sweepField(i int) string { return fmt.Sprintf("sweep-%d", i+1) }

// values says the same as an address, in the words of the command line.
func (a *asked) values() url.Values {
	own := url.Values{"model": a.models, "sweep": a.sweeps, "seek": {a.seek}, "budget": {a.budget}, "in-force-from": {a.force}}
	for _, s := range a.set {
		own["set"] = append(own["set"], s.Target+"="+s.Value.String())
	}
	for _, d := range a.documents {
		own["document"] = append(own["document"], d.word)
	}
	return own
}

// request is the question that the page asks.
func (a *asked) request(v *visit) ledger.Request {
	r := v.ask(ledger.QuestionReplay)
	r.By, r.Seek, r.Budget, r.InForceFrom, r.GivenBy = whatIfBy, a.seek, a.budget, a.force, slices.Clone(v.config.GivenBy)
	r.Models = a.modelSets()
	r.Set = a.values()["set"]
	switch len(a.sweeps) {
	case 2:
		r.Across = a.sweeps[1]
		fallthrough
	case 1:
		r.Sweep = a.sweeps[0]
	case 0:
		if a.any() {
			r.Compare = whatIfCompare
		}
	}
	return r
}

// modelSets are the models, each of which is a run of its own.
func (a *asked) modelSets() (sets []replay.ModelSet) {
	for _, id := range a.models {
		data, _ := compensation.LibraryModel(id)
		sets = append(sets, replay.ModelSet{Documents: []replay.Document{{Name: id, Data: data}}})
	}
	for _, d := range a.documents {
		sets = append(sets, replay.ModelSet{Documents: []replay.Document{d.Document}})
	}
	return sets
}
