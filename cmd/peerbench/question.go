package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Model is a rule of compensation that SQL can state as well: performed minutes by the hour, and a premium per assessed goal.
type Model struct {
	// Hour is the hourly rate in öre by category and regime, in the order of hourKeys.
	Hour [4]int64
	// Goal is the premium of a fulfilled goal in öre; a partly fulfilled one gives half.
	Goal int64
}

// hourKeys are the entries of a model's table of hourly rates.
var hourKeys = [4]struct{ category, regime string }{{"care", "in-house"}, {"care", "external"}, {"service", "in-house"}, {"service", "external"}}

// sweptKey is the entry of hourKeys that a sweep changes.
const sweptKey = 1

// adoptedModel is the policy that the history has adopted under policyID, without its premium: what a sweep starts from.
func adoptedModel() Model { return Model{Hour: [4]int64{385_00, 398_00, 342_00, 354_00}} }

// Kind is what is asked.
type Kind string

// The questions. Each is answered with rows in the order of Row's fields.
const (
	Alternative Kind = "alternative" // one model over the whole history, by provider, unit and month
	TenModels   Kind = "ten models"  // ten models, the same rows
	Sweep       Kind = "sweep"       // a hundred values of one hourly rate, performed time only, by provider
	AsOf        Kind = "as of"       // as Alternative, of what was known half-way
)

// Question is one question to all peers.
type Question struct {
	Kind   Kind
	Models []Model
	AsOf   time.Time // zero: all that is known
}

// Row is one sum of an answer.
type Row struct {
	Model                 int // position in Question.Models
	Provider, Unit, Month string
	Ore                   int64
}

// ask makes the question of a kind. Each round asks with rates of its own, so that nothing can be answered from a memory of the last.
func ask(kind Kind, round int, halfway time.Time) Question {
	m := adoptedModel()
	for i := range m.Hour {
		m.Hour[i] += int64(1000 + 100*round + 50*i)
	}
	m.Goal = 311_00 + int64(round)
	q := Question{Kind: kind, Models: []Model{m}}
	switch kind {
	case TenModels:
		for i := int64(1); i < 10; i++ {
			other := m
			for j := range other.Hour {
				other.Hour[j] += 700*i + 33*int64(j)
			}
			other.Goal += 500 * i
			q.Models = append(q.Models, other)
		}
	case Sweep:
		q.Models = nil
		for step := range 100 {
			swept := adoptedModel()
			swept.Hour[sweptKey] = sweepFrom(round) + int64(step)*100
			q.Models = append(q.Models, swept)
		}
	case AsOf:
		q.AsOf = halfway
	}
	return q
}

// sweepFrom is the first value of a round's sweep, in öre.
func sweepFrom(round int) int64 { return 300_00 + int64(round)*100 }

// byMonth says whether the answer has a row for each unit and month; otherwise one for each provider.
func (q *Question) byMonth() bool { return q.Kind != Sweep }

// Document is the model as a model document of careledger (CONTRACT.md, section 5), for all dates from 1971. Without a premium it has none.
func (m *Model) Document(id string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "id: %s\ntitle: Performed time and goals\ncurrency: SEK\nsource: invented for a benchmark\nparameters:\n", id)
	fmt.Fprintf(&b, "  hourly_rate:\n    unit: SEK/hour\n    by: [category, regime]\n    values:\n      1971-01-01: {")
	for i, k := range hourKeys {
		fmt.Fprintf(&b, "%s/%s: %q, ", k.category, k.regime, kronor(m.Hour[i]))
	}
	b.WriteString("}\n")
	if m.Goal != 0 {
		fmt.Fprintf(&b, "  goal_premium: {unit: SEK/goal, values: {1971-01-01: %q}}\n", kronor(m.Goal))
	}
	b.WriteString("components:\n  - {id: performed, kind: time, basis: performed, rate: hourly_rate}\n")
	if m.Goal != 0 {
		b.WriteString("  - {id: premium, kind: goal-premium, amount: goal_premium, outcomes: {fulfilled: \"1\", partly: \"0.5\"}, repeat: each-follow-up}\n")
	}
	return []byte(b.String())
}

func kronor(ore int64) string { return fmt.Sprintf("%d.%02d", ore/100, ore%100) }

// differ says where two answers first differ, or "" where they are equal to the öre.
func differ(want, got []Row) string {
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			return fmt.Sprintf("row %d: %+v, and %+v", i, want[i], got[i])
		}
	}
	if len(want) != len(got) {
		return fmt.Sprintf("%d rows, and %d", len(want), len(got))
	}
	return ""
}

// sortRows brings an answer into the order in which answers are compared.
func sortRows(rows []Row) {
	slices.SortFunc(rows, func(a, b Row) int {
		if a.Model != b.Model {
			return a.Model - b.Model
		}
		return strings.Compare(a.Provider+"\x00"+a.Unit+"\x00"+a.Month, b.Provider+"\x00"+b.Unit+"\x00"+b.Month)
	})
}

// total is the sum of an answer, in kronor.
func total(rows []Row) string {
	sum := int64(0)
	for _, r := range rows {
		sum += r.Ore
	}
	return kronor(sum)
}
