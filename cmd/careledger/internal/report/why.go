package report

import (
	_ "embed"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/words"
	"careledger/projections"
)

// WhySchema is the JSON Schema of what Why writes as JSON.
//
//go:embed why.schema.json
var WhySchema string

// Why writes a derivation: as a tree in words (Table), whole (JSON), or a row a posting (CSV).
func Why(w io.Writer, format Format, why *projections.Why) error {
	switch format {
	case JSON:
		return (&sheet{}).write(w, JSON, why)
	case CSV:
		return whyRows(why).csv(w)
	}
	_, err := io.WriteString(w, whyText(why))
	return err
}

// whyInEnglish are the words of the table. It must not be changed.
var whyInEnglish = whyWords{Language: words.English, plain: true}

func whyText(w *projections.Why) string {
	var b strings.Builder
	voucher := ""
	if w.Voucher != "" {
		voucher = ", voucher " + w.Voucher
	}
	fmt.Fprintf(&b, "Why payout %s is %s kr to %s for %s: version %d, %s%s\n%s\n", w.Payout, kr(w.Total), w.Provider, w.Month, w.Version, w.Status, voucher, asKnown(w.Authority, w.AsOf))
	fmt.Fprintf(&b, "It rests on what was known at event %s, recorded %s; its facts end at event %s.\n", eventNumber(w.KnownTo), w.KnownAt.UTC().Format(time.RFC3339), eventNumber(w.FactsTo))
	for _, s := range w.Steps {
		reference := ""
		if s.Step == "paid" && w.Reference != "" {
			reference = ", reference " + w.Reference
		}
		fmt.Fprintf(&b, "  %-10s by %s, %s%s, recorded %s (event %s, leaf %s)\n", s.Step, s.Actor, s.Effective, reference, s.Recorded.UTC().Format(time.RFC3339), eventNumber(s.Sequence), leaf(s.Leaf))
	}
	if w.FourEyes {
		fmt.Fprintf(&b, "  Four eyes: %s calculated it and %s approved it, who differ.\n", w.Steps[0].Actor, w.Steps[1].Actor)
	} else {
		b.WriteString("  It is not approved by another than who calculated it.\n")
	}
	for i := range w.Lines {
		whyLine(&b, w, &w.Lines[i])
	}
	whyPartsText(&b, "", whyInEnglish.payoutParts(w))
	switch {
	case w.LinesLeft > 0:
		fmt.Fprintf(&b, "\n%d other lines make up the rest of %s kr: careledger why %s\n", w.LinesLeft, kr(w.Total), w.Payout)
	case len(w.Lines) > 0:
		fmt.Fprintf(&b, "\nThe lines sum to %s kr.\n", kr(w.Total))
	}
	return b.String()
}

func kr(amount fmt.Stringer) string { return words.Thousands(amount.String()) }

// leaf is the beginning of a leaf hash, enough for a person to compare.
func leaf(hash string) string { return hash[:12] + "…" }

func whyLine(b *strings.Builder, w *projections.Why, l *projections.WhyLine) {
	fmt.Fprintf(b, "\nLine %d: %s kr for %s, ", l.Line, kr(l.Amount), l.Month)
	if l.Unit != "" {
		fmt.Fprintf(b, "unit %s, ", l.Unit)
	}
	fmt.Fprintf(b, "%s/%s", l.Policy, l.Component)
	if l.Account != "" {
		fmt.Fprintf(b, ", account %s", l.Account)
	}
	fmt.Fprintf(b, "\n  %s kr known less %s kr settled before\n", kr(l.Known), kr(l.Settled))
	if l.Adjusts {
		fmt.Fprintf(b, "  It adjusts %s because of:\n", l.Month)
		payoutCauses(b, "    ", l.Causes, l.CausesAll)
	}
	if l.Model == nil {
		b.WriteString("  Nothing of it is known any more: what was settled is taken back.\n")
		whyPartsText(b, "  ", whyInEnglish.lineParts(w, l))
		return
	}
	whyModel(b, l)
	how := "the plain evaluator, and the compiled one agrees"
	switch {
	case l.Evaluator == "compiled":
		how = "the compiled evaluator, since they rest on all that is in force"
	case len(l.Postings) < l.PostingsAll:
		how = "the compiled evaluator, and the plain one agrees on those shown"
	}
	fmt.Fprintf(b, "  Postings: %d, which sum to %s kr; computed again with %s\n", l.PostingsAll, kr(l.Known), how)
	events := map[uint64]*projections.WhyEvent{}
	for i := range l.Events {
		events[l.Events[i].Sequence] = &l.Events[i]
	}
	for i := range l.Postings {
		whyPosting(b, &l.Postings[i], events)
	}
	if left := l.PostingsAll - len(l.Postings); left > 0 && len(l.Postings) != 1 {
		fmt.Fprintf(b, "  and %d more: careledger why %s/%d --format json\n", left, w.Payout, l.Line)
	}
	whyPartsText(b, "  ", whyInEnglish.lineParts(w, l))
	whyUnused(b, l)
}

func whyModel(b *strings.Builder, l *projections.WhyLine) {
	m := l.Model
	until := ""
	if m.Until != "" {
		until = " until " + m.Until
	}
	reference := ""
	if m.Reference != "" {
		reference = ", " + m.Reference
	}
	fmt.Fprintf(b, "  Policy %s: %s\n    decided by %s on %s%s; in force from %s%s (event %s)\n    document sha256 %s\n", l.Policy, m.Title, m.DecidedBy, m.DecidedOn, reference, m.From, until, m.Event, m.SHA256)
	component := m.Kind
	if m.Basis != "" {
		component += " on " + m.Basis + " minutes"
	}
	if m.When != "" {
		component += ", when " + m.When
	}
	fmt.Fprintf(b, "    component %s: %s\n", l.Component, component)
}

func whyPosting(b *strings.Builder, p *projections.WhyPosting, events map[uint64]*projections.WhyEvent) {
	fmt.Fprintf(b, "\n  %d  %s\n     %s\n", p.Posting, whyInEnglish.name(p.Entity, p.Category, p.Band, p.FollowUp, p.Goal, p.HeldOn), whyOperation(p))
	if p.Cap != nil {
		fmt.Fprintf(b, "     %s\n", whyInEnglish.capStep(p.Cap))
	}
	for _, v := range p.Values {
		key, more := "", ""
		if v.Key != "" {
			key = " for " + v.Key
		}
		if v.Status != "" {
			more = ", " + v.Status
		}
		if v.Source != "" {
			more += " (" + v.Source + ")"
		}
		fmt.Fprintf(b, "     %s%s: %s %s, from %s%s\n", v.Parameter, key, words.Thousands(v.Value), v.Unit, v.From, more)
	}
	for i, s := range p.RestsOn {
		if i == whyEventsShown {
			fmt.Fprintf(b, "     and %d more events\n", len(p.RestsOn)-i)
			break
		}
		e := events[s]
		fmt.Fprintf(b, "     event %-7s %-20s %s  recorded %s by %s  leaf %s  %s\n", eventNumber(s), e.Type, e.Effective, e.Recorded.UTC().Format(time.RFC3339), e.Actor, leaf(e.Leaf), e.Event)
	}
}

// whyEventsShown bounds the events of a posting in a table.
const whyEventsShown = 40

// whyOperation says how the amount comes out.
func whyOperation(p *projections.WhyPosting) string {
	quantity := p.Quantity + " " + p.QuantityUnit
	switch {
	case p.Exact == "" && p.Quantity == "0":
		return fmt.Sprintf("what takes the sum of the year past %s kr: %s kr", words.Thousands(p.Rate), kr(p.Amount))
	case p.Exact == "":
		return fmt.Sprintf("%s, its part of the pot: %s kr", quantity, kr(p.Amount))
	case p.Per != 1:
		return fmt.Sprintf("%s × %s kr / %d = %s, rounded to the öre: %s kr", quantity, words.Thousands(p.Rate), p.Per, whyInEnglish.exact(p.Exact), kr(p.Amount))
	}
	return fmt.Sprintf("%s × %s kr = %s, rounded to the öre: %s kr", quantity, words.Thousands(p.Rate), whyInEnglish.exact(p.Exact), kr(p.Amount))
}

// exact writes an exact amount, and a fraction also as what it is near.
func (lang whyWords) exact(s string) string {
	if r, ok := new(big.Rat).SetString(s); ok && strings.Contains(s, "/") {
		return s + " ≈ " + lang.number(r.FloatString(6))
	}
	return lang.number(s)
}

// whyUnused says which events behind a line are no part of the postings shown.
func whyUnused(b *strings.Builder, l *projections.WhyLine) {
	unused := map[string][]string{}
	for i := range l.Events {
		if e := &l.Events[i]; !e.Used {
			said := eventNumber(e.Sequence) + " " + e.Type
			if e.By != "" {
				said += " by " + e.By
			}
			unused[e.Reason] = append(unused[e.Reason], said)
		}
	}
	if len(unused) == 0 && l.OtherMonths == 0 {
		return
	}
	b.WriteString("\n  Events of the same cases, provider and policy that are no part of these postings:\n")
	if l.OtherMonths > 0 {
		fmt.Fprintf(b, "    %-30s %s of performed time\n", "of other months:", eventNumber(uint64(l.OtherMonths)))
	}
	for _, reason := range projections.WhyReasons {
		all := unused[reason]
		if len(all) == 0 {
			continue
		}
		const most = 5
		more := ""
		if len(all) > most {
			more = fmt.Sprintf(" and %d more", len(all)-most)
		}
		fmt.Fprintf(b, "    %-30s %s%s\n", words.English.Word("why", reason)+":", strings.Join(all[:min(most, len(all))], ", "), more)
	}
}

func whyRows(w *projections.Why) *sheet {
	s := &sheet{columns: fields([]string{"payout", "line", "month", "unit", "policy", "component", "posting", "entity", "category", "band", "follow_up", "goal", "held_on",
		"quantity", "unit_of_quantity", "rate", "per", "exact", "amount", "rests_on", "sum_before", "limit", "sum_after", "corrections", "not_applied",
		"calculated_by", "calculated_at", "approved_by", "approved_at", "four_eyes"})}
	by, at := map[string]string{}, map[string]string{}
	for _, step := range w.Steps {
		by[step.Step], at[step.Step] = step.Actor, step.Recorded.UTC().Format(time.RFC3339)
	}
	for i := range w.Lines {
		l := &w.Lines[i]
		for j := range l.Postings {
			p := &l.Postings[j]
			rests := make([]string, len(p.RestsOn))
			for k, n := range p.RestsOn {
				rests[k] = strconv.FormatUint(n, 10)
			}
			var capped [3]string
			if c := p.Cap; c != nil {
				capped = [3]string{c.SumBefore.String(), c.Limit.String(), c.SumAfter.String()}
			}
			var corrections, passed []string
			for k := range l.Corrections {
				if slices.Contains(p.RestsOn, l.Corrections[k].Sequence) {
					corrections = append(corrections, l.Corrections[k].Event)
				}
			}
			for _, n := range p.NotApplied {
				passed = append(passed, n.Policy+"/"+n.Component+"="+n.Reason)
			}
			s.rows = append(s.rows, []string{w.Payout, strconv.Itoa(l.Line), l.Month, l.Unit, l.Policy, l.Component, strconv.Itoa(p.Posting), p.Entity, p.Category, p.Band,
				p.FollowUp, p.Goal, p.HeldOn, p.Quantity, p.QuantityUnit, p.Rate, strconv.Itoa(p.Per), p.Exact, p.Amount.String(), strings.Join(rests, " "), capped[0], capped[1], capped[2], strings.Join(corrections, " "), strings.Join(passed, " "),
				by["calculated"], at["calculated"], by["approved"], at["approved"], strconv.FormatBool(w.FourEyes)})
		}
	}
	return s
}
