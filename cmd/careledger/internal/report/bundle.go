package report

import (
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/words"
	"careledger/eventstore"
	"careledger/projections/bundle"
)

// BundleSchema is the JSON Schema of a line of an audit bundle.
//
//go:embed bundle.schema.json
var BundleSchema string

// bundleShows and bundleDoesNot say what a bundle proves and what it cannot. They must not be changed.
var (
	bundleShows = []string{
		"These events stand on the log that the key signed, at these numbers, and not a byte of them has been altered.",
		"Under the model documents among them they give this payout, to the öre; who approved it is another than who calculated it.",
		"What it adjusts, less what earlier payouts among them had settled, is what its lines say.",
	}
	bundleDoesNot = []string{
		"That no other event stands on the log. One that is left out shows where the amounts would be others without it; one that the ledger did not count either, and should have, does not: careledger verify on the whole log tells.",
		"That nothing was done about the payout after the last step above: one that is approved here may have been cancelled since.",
		"That an earlier month that it does not adjust needed no adjustment, and that voucher numbers have no gap: that is of the whole log too.",
		"That what was registered happened. The log shows who said so, and when.",
	}
	bundleRedacted = "What else is registered of these cases: the bundle was redacted, and holds the events that the amounts need."
)

// BundleMade says what was written to a file.
func BundleMade(w io.Writer, name string, b *bundle.Bundle, size int) error {
	fingerprint, err := eventstore.Fingerprint(b.VerifierKey)
	if err != nil {
		return err
	}
	redacted := ""
	if b.Redacted {
		redacted = ", redacted to what the amounts need"
	}
	_, err = fmt.Fprintf(w, "%s: payout %s of authority %s with %s%s, %s, verified\nHand this over by another way: the key %s, fingerprint %s\n",
		name, b.Payout.ID(), b.Authority, Counted(len(b.Events), "event"), redacted, Counted(size, "byte"), b.VerifierKey, fingerprint)
	return err
}

// BundleVerified writes what checking a bundle found. CSV has the findings.
func BundleVerified(w io.Writer, format Format, name string, v *bundle.Verification) error {
	s := &sheet{columns: fields([]string{"line", "section", "event", "what", "do"})}
	for _, f := range v.Findings {
		s.rows = append(s.rows, []string{strconv.Itoa(f.Line), f.Section, strconv.FormatUint(f.Sequence, 10), f.What, f.Do})
	}
	if format != Table {
		document := struct {
			*bundle.Verification
			Shows   []string `json:"shows"`
			DoesNot []string `json:"does_not_show"`
		}{Verification: v, Shows: []string{}, DoesNot: []string{}}
		if v.Result != nil {
			document.Shows, document.DoesNot = showing(v)
		}
		return s.write(w, format, document)
	}
	var b strings.Builder
	if v.Result != nil {
		bundleText(&b, name, v)
	} else {
		fmt.Fprintf(&b, "%s does not prove what it says. No figure in it is to be relied on.\n", name)
		for _, f := range v.Findings {
			fmt.Fprintf(&b, "\n%s\n  %s\n  To do: %s.\n", capital(f.Where()), f.What, f.Do)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// showing says what a bundle shows and what not.
func showing(v *bundle.Verification) (shows, not []string) {
	shows = bundleShows
	if !v.Result.FourEyes {
		shows = []string{bundleShows[0], "Under the model documents among them they give this payout, to the öre; it has not been approved.", bundleShows[2]}
	}
	not = bundleDoesNot
	if v.Redacted {
		not = append([]string{bundleRedacted}, not...)
	}
	return shows, not
}

func bundleText(b *strings.Builder, name string, v *bundle.Verification) {
	r := v.Result
	number := func(n int) string { return words.Thousands(strconv.Itoa(n)) }
	say := func(what, format string, args ...any) {
		fmt.Fprintf(b, "  %-12s "+format+"\n", append([]any{what}, args...)...)
	}
	voucher := ""
	if r.Voucher != "" {
		voucher = ", voucher " + r.Voucher
	}
	fmt.Fprintf(b, "%s proves payout %s of authority %s\n", name, v.Payout, v.Authority)
	say("amount", "%s kr to %s for %s: version %d, %s%s", kr(r.Total), r.Provider, r.Month, r.Version, r.Status, voucher)
	if v.KeyExpected {
		say("key", "%s, the one that you gave", v.VerifierKey)
	} else {
		say("key", "%s, which the bundle brought: NOT checked against anything", v.VerifierKey)
		say("", "compare its fingerprint with what the ledger's owner told you by another way, or give --key")
	}
	say("fingerprint", "%s", v.Fingerprint)
	say("checkpoint", "of %s, root %s", Counted(v.Checkpoint.Events, "event"), v.Checkpoint.Root)
	for _, c := range v.Checkpoint.Cosignatures {
		whose := "with the key that the bundle brought"
		if c.Expected {
			whose = "with the key that you gave"
		}
		say("", "cosigned by %s at %s, %s", c.Name, c.Time.UTC().Format(time.RFC3339), whose)
	}
	if v.Checkpoint.Compared != "" {
		say("", "compared with %s", v.Checkpoint.Compared)
	}
	say("events", "%s of %s, %s; each proven to stand on the log, unaltered", number(r.Events), Counted(r.Entities, "entity", "entities"), Counted(r.Persons, "of these a case or patient", "of these cases or patients"))
	for i, m := range r.Models {
		say([]string{"models", ""}[min(i, 1)], "%s from %s, sha256 %s", m.Policy, m.From, m.SHA256)
	}
	say("postings", "%s, computed again with the plain evaluator; they sum to each line and have the payout's digest", number(r.Postings))
	step := func(what string, s *bundle.Step) {
		if s != nil {
			say(what, "by %s, %s (event %s)", s.Actor, s.On, eventNumber(s.Sequence))
		}
	}
	step("calculated", &r.Calc)
	step("approved", r.Approved)
	step("paid", r.Paid)
	if r.FourEyes {
		say("four eyes", "%s and %s differ", r.Calc.Actor, r.Approved.Actor)
	} else {
		say("four eyes", "NOT approved")
	}
	say("derivation", "follows from these events, byte for byte")
	b.WriteString(bundleLines(r))
	shows, not := showing(v)
	list := func(heading string, of []string) {
		b.WriteString("\n" + heading + "\n")
		for _, s := range of {
			b.WriteString("  - " + s + "\n")
		}
	}
	list("This shows:", shows)
	list("It does not show:", not)
}

func bundleLines(r *bundle.Result) string {
	s := &sheet{columns: []column{{name: "line", number: true}, {name: "month"}, {name: "unit"}, {name: "component"}, {name: "postings", number: true},
		{name: "known", amount: true, number: true}, {name: "settled", amount: true, number: true}, {name: "amount", amount: true, number: true}}}
	for _, l := range r.Lines {
		s.rows = append(s.rows, []string{strconv.Itoa(l.Line), l.Month, l.Unit, l.Policy + "/" + l.Component, strconv.Itoa(l.Postings), l.Known.String(), l.Settled.String(), l.Amount.String()})
	}
	var b strings.Builder
	_ = s.table(&b) // a Builder takes everything
	return b.String()
}
