package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"careledger/domain/compensation"
	"careledger/projections"
)

// What a derivation says beside its postings, in words of a language: the same for a terminal and for a page. JSON has all of it; for people,
// what is alike is said once, and lists are cut.

// whyPart is one such thing.
type whyPart struct {
	Title string
	Items []whyItem
	Open  bool // on a page: unfolded
}

type whyItem struct {
	Text string
	More []string
}

// whyItemsShown bounds the items of a part.
const whyItemsShown = 12

// add appends an item.
func (p *whyPart) add(text string, more ...string) { p.Items = append(p.Items, whyItem{text, more}) }

// cut leaves the first items, and says how many there were.
func (lang whyWords) cut(p whyPart) whyPart {
	if left := len(p.Items) - whyItemsShown; left > 0 {
		p.Items = p.Items[:whyItemsShown]
		p.add(fmt.Sprintf("%s %d %s", lang.say("and"), left, lang.say("more_in_json")))
	}
	return p
}

// some keeps the parts that say anything.
func (lang whyWords) some(parts ...whyPart) (all []whyPart) {
	for _, p := range parts {
		if len(p.Items) > 0 {
			all = append(all, lang.cut(p))
		}
	}
	return all
}

// lineParts are what is said of a line: corrections, what a cap sums, and what was considered and gave nothing.
func (lang whyWords) lineParts(w *projections.Why, l *projections.WhyLine) []whyPart {
	return lang.some(lang.corrections(l), lang.sums(l), lang.considered(l), lang.outOfForce(w, l))
}

func (lang whyWords) corrections(l *projections.WhyLine) whyPart {
	p := whyPart{Title: lang.say("corrections")}
	for i := range l.Corrections {
		c := &l.Corrections[i]
		verb := lang.say("corrects")
		if c.Type == "event-annulled" {
			verb = lang.say("annuls")
		}
		text := fmt.Sprintf("%s %s (%s) %s %s %s (%s): %s; %s %s %s %s", lang.say("event_small"), lang.eventNumber(c.Sequence), c.Event, verb, lang.eventNumber(c.TargetSequence), lang.code("event_type", c.TargetType), c.Target, c.Why,
			lang.say("recorded"), lang.moment(c.Recorded), lang.say("by"), c.Actor)
		var more []string
		for _, change := range c.Changes {
			what, before, after := lang.change(change)
			more = append(more, fmt.Sprintf("%s: %s → %s", what, lang.or(before), lang.or(after)))
		}
		for _, was := range c.Postings {
			name := lang.name(was.Entity, was.Category, was.Band, was.FollowUp, was.Goal, "")
			more = append(more, fmt.Sprintf("%s: %s → %s", name, lang.amountOr(was.Before), lang.amountOr(was.After)))
		}
		p.add(text, more...)
	}
	return p
}

// or says that there was nothing.
func (lang whyWords) or(value string) string {
	if value == "" {
		return lang.say("none")
	}
	return value
}

func (lang whyWords) amountOr(amount string) string {
	if amount == "" {
		return lang.say("no_such_posting")
	}
	return lang.kronor(amount)
}

// sums are what a cap's running sum rests on, month by month.
func (lang whyWords) sums(l *projections.WhyLine) whyPart {
	p := whyPart{Title: lang.say("sum_rests_on")}
	n, months := map[string]int{}, []string{}
	amount := map[string]projections.WhySum{}
	for _, s := range l.Sums {
		if n[s.Month] == 0 {
			months = append(months, s.Month)
		}
		n[s.Month] += s.Postings
		sum := amount[s.Month]
		sum.Amount += s.Amount
		amount[s.Month] = sum
	}
	for _, month := range months {
		p.add(fmt.Sprintf("%s: %d %s, %s", lang.month(month), n[month], lang.say("postings_small"), lang.kr(amount[month].Amount)))
	}
	return p
}

// capStep says where a cap stood when it took a posting back.
func (lang whyWords) capStep(c *projections.WhyCap) string {
	group := lang.say("whole_authority")
	if c.Group != "" {
		group = c.Group
	}
	return fmt.Sprintf("%s %s %s %s; %s %d (%s, %s) %s %s; %s %s; %s %s %s %s", lang.say("sum_of_year"), group, lang.say("stood_at"), lang.kr(c.SumBefore), lang.say("its_posting"), c.Number, c.Of,
		lang.kr(c.OfAmount), lang.say("made_it"), lang.kr(c.SumAfter), lang.say("limit"), lang.kr(c.Limit), lang.say("taken_back"), lang.kr(c.TakenAfter), lang.say("taken_before"), lang.kr(c.TakenBefore))
}

// considered are the components that gave nothing for the postings shown; what is said alike of several is said once.
func (lang whyWords) considered(l *projections.WhyLine) whyPart {
	p, times, order := whyPart{Title: lang.say("considered")}, map[string]int{}, []string{}
	for i := range l.Postings {
		for j := range l.Postings[i].NotApplied {
			text := lang.passed(&l.Postings[i].NotApplied[j])
			if times[text] == 0 {
				order = append(order, text)
			}
			times[text]++
		}
	}
	for _, text := range order {
		if n := times[text]; n > 1 {
			text = fmt.Sprintf("%s (%d)", text, n)
		}
		p.add(text)
	}
	return p
}

// passed says of one component why it gave nothing.
func (lang whyWords) passed(n *projections.WhyNotApplied) string {
	about := ""
	for _, f := range []labelled{{lang.say("follow_up") + " ", n.FollowUp}, {lang.say("goal") + " ", n.Goal}} {
		if f.Value != "" {
			about += ", " + f.Label + f.Value
		}
	}
	return fmt.Sprintf("%s/%s (%s%s): %s", n.Policy, n.Component, lang.code("component_kind", n.Kind), about, lang.reason(n.Reason, n.When, n.Saw))
}

// reason says why a component gives nothing, with the values that it saw.
func (lang whyWords) reason(reason, when string, saw []compensation.Seen) string {
	text := lang.say("pass-" + reason)
	if reason == compensation.PassedWhen {
		text += " " + when
		if said := lang.whenWords(when); said != "" {
			text += " (" + said + ")"
		}
	}
	if reason == "not-summed" && len(saw) > 0 {
		return text + ": " + saw[0].Value
	}
	var values []string
	for _, s := range saw {
		values = append(values, lang.variable(s.Name)+" "+lang.saw(s))
	}
	if len(values) > 0 {
		text += ", " + lang.say("where") + " " + strings.Join(values, ", ")
	}
	return text
}

// saw says a value that a reason rests on.
func (lang whyWords) saw(s compensation.Seen) string {
	if lang.plain || s.Value == "" {
		return strconv.Quote(s.Value)
	}
	switch strings.TrimPrefix(s.Name, "inclusion.") {
	case "month":
		return lang.month(s.Value)
	case "held_on":
		return lang.day(s.Value)
	case "minutes", "threshold_minutes":
		return lang.number(s.Value)
	case "sum", "limit":
		return lang.kronor(s.Value)
	case "condition":
		return lang.code(s.Name, s.Value)
	case "rehabilitation_potential", "needs_expected_to_decrease":
		return lang.code("truth", s.Value)
	}
	if compensation.WhenCodes(s.Name) != nil {
		return strconv.Quote(lang.ofVariable(s.Name, s.Value))
	}
	return strconv.Quote(s.Value)
}

// outOfForce are the documents not in force in a line's month, policy by policy; said at the first line of each month.
func (lang whyWords) outOfForce(w *projections.Why, l *projections.WhyLine) whyPart {
	p := whyPart{Title: lang.say("out_of_force") + " " + lang.month(l.Month)}
	if first := slices.IndexFunc(w.Lines, func(o projections.WhyLine) bool { return o.Month == l.Month }); w.Lines[first].Line != l.Line {
		return p
	}
	for i, d := range l.NotInForce {
		interval := lang.interval(d.From, d.Until)
		if i > 0 && l.NotInForce[i-1].Policy == d.Policy {
			p.Items[len(p.Items)-1].Text += ", " + interval
			continue
		}
		p.add(d.Policy + ": " + interval)
	}
	return p
}

// payoutParts are what is said of a payout as a whole: the components that gave nothing to it, and who it pays nothing for.
func (lang whyWords) payoutParts(w *projections.Why) []whyPart {
	nothing := whyPart{Title: lang.say("gave_nothing")}
	for i := range w.Nothing {
		n := &w.Nothing[i]
		var reasons []string
		for _, r := range n.Reasons {
			text := lang.reason(r.Reason, n.When, r.Saw)
			if r.Times > 0 {
				text = fmt.Sprintf("%d × %s", r.Times, text)
			}
			if r.Entity != "" {
				text += " (" + lang.say("first") + " " + r.Entity + ")"
			}
			reasons = append(reasons, text)
		}
		nothing.add(fmt.Sprintf("%s/%s (%s)", n.Policy, n.Component, lang.code("component_kind", n.Kind)), reasons...)
	}
	unpaid := whyPart{Title: fmt.Sprintf("%s: %d", lang.say("unpaid"), len(w.Unpaid))}
	for i := range w.Unpaid {
		u := &w.Unpaid[i]
		var reasons []string
		for j := range u.NotApplied {
			reasons = append(reasons, lang.passed(&u.NotApplied[j]))
		}
		unpaid.add(u.Entity, reasons...)
	}
	return lang.some(nothing, unpaid)
}

// name says what a posting is of.
func (lang whyWords) name(entity, category, band, followUp, goal, heldOn string) string {
	parts := []string{lang.say("own")}
	if entity != "" {
		parts[0] = entity
	}
	for _, f := range []labelled{{"", lang.code("category", category)}, {"", lang.code("band", band)}, {lang.say("follow_up") + " ", followUp}, {lang.say("goal") + " ", goal}, {lang.say("held") + " ", lang.day(heldOn)}} {
		if f.Value != "" {
			parts = append(parts, f.Label+f.Value)
		}
	}
	return strings.Join(parts, ", ")
}

// whyPartsText writes parts for a terminal.
func whyPartsText(b *strings.Builder, indent string, parts []whyPart) {
	for _, p := range parts {
		fmt.Fprintf(b, "\n%s%s:\n", indent, p.Title)
		for _, item := range p.Items {
			fmt.Fprintf(b, "%s  %s\n", indent, item.Text)
			for i, more := range item.More {
				if i == whyItemsShown {
					fmt.Fprintf(b, "%s    … (%d)\n", indent, len(item.More))
					break
				}
				fmt.Fprintf(b, "%s    %s\n", indent, more)
			}
		}
	}
}
