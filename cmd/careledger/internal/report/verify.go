package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"careledger/cmd/careledger/internal/words"
	"careledger/projections"
)

// Verifications writes what checking whole logs found. A table is told as text, since a finding is a sentence; CSV has the findings.
func Verifications(w io.Writer, format Format, all []*projections.Verification) error {
	s := &sheet{columns: fields([]string{"authority", "event", "entity", "type", "what", "do"})}
	in := 0
	for _, v := range all {
		in += len(v.Findings) + v.FindingsMore + len(v.Accesses.Findings)
		for _, f := range v.Findings {
			s.rows = append(s.rows, findingRow(v.Authority, &f))
		}
		for _, f := range v.Accesses.Findings {
			s.rows = append(s.rows, findingRow(v.Authority+"/access", &f))
		}
	}
	if format != Table {
		return s.write(w, format, struct {
			FindingsInAll int                         `json:"findings_in_all"`
			Logs          []*projections.Verification `json:"logs"`
		}{in, all})
	}
	var b strings.Builder
	for i, v := range all {
		if i > 0 {
			b.WriteString("\n")
		}
		verification(&b, v)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func findingRow(log string, f *projections.Finding) []string {
	return []string{log, strconv.FormatUint(f.Sequence, 10), string(f.Entity), string(f.Type), f.What, f.Do}
}

// verification tells of one log.
func verification(b *strings.Builder, v *projections.Verification) {
	number := func(n int) string { return words.Thousands(strconv.Itoa(n)) }
	say := func(name, format string, args ...any) {
		fmt.Fprintf(b, "  %-13s "+format+"\n", append([]any{name}, args...)...)
	}
	fmt.Fprintf(b, "Authority %s: %s of %s\n", v.Authority, Counted(v.Events, "event"), Counted(v.Entities, "entity", "entities"))
	if v.Root != "" {
		say("bytes", "those of the tree and the witness at event %s, root %s", eventNumber(v.Sequence), v.Root)
	}
	if v.Checkpoints > 0 {
		say("checkpoints", "%s compared", number(v.Checkpoints))
	}
	if v.Events > 0 {
		verifiedCounts(v, say)
	}
	if a := &v.Accesses; a.Root != "" {
		say("access log", "%s shown; bytes those of the tree and the witness at event %s, root %s; %s compared", Counted(a.Answers, "answer"),
			eventNumber(a.Sequence), a.Root, Counted(a.Checkpoints, "checkpoint"))
	}
	for _, note := range v.Notes {
		say("note", "%s", note)
	}
	if len(v.Findings)+len(v.Accesses.Findings) == 0 {
		b.WriteString("No finding.\n")
		return
	}
	for _, f := range v.Findings {
		finding(b, "The log as a whole", "Event ", &f)
	}
	if v.FindingsMore > 0 {
		fmt.Fprintf(b, "\nand %s\n", Counted(v.FindingsMore, "finding more", "findings more"))
	}
	for _, f := range v.Accesses.Findings {
		finding(b, "The access log as a whole", "Access log, event ", &f)
	}
}

// finding tells of one: whole is what it concerns where it is of no one event.
func finding(b *strings.Builder, whole, event string, f *projections.Finding) {
	where := whole
	if f.Sequence > 0 {
		where = event + eventNumber(f.Sequence)
	}
	fmt.Fprintf(b, "\n%s\n  %s\n  To do: %s.\n", strings.TrimSpace(where+"  "+string(f.Entity)+"  "+string(f.Type)), f.What, f.Do)
}

// verifiedCounts tells what was checked.
func verifiedCounts(v *projections.Verification, say func(name, format string, args ...any)) {
	number := func(n int) string { return words.Thousands(strconv.Itoa(n)) }
	say("record hashes", "%s of %s computed again; of the others the log does not keep the sender's text, or there is no record", words.Thousands(strconv.FormatUint(v.RecordHashes, 10)), eventNumber(v.Events))
	say("premiums", "%s awarded, %s reversed; %s outstanding, %s kr", number(v.Premiums.Awarded), number(v.Premiums.Reversed), number(v.Premiums.Outstanding), words.Thousands(v.Premiums.Amount.String()))
	if v.Payouts.Versions > 0 {
		say("payouts", "%s in %s, of which %s computed again to the öre; %s", number(v.Payouts.Payouts), Counted(v.Payouts.Versions, "version"), number(v.Payouts.Recomputed), Counted(v.Payouts.Vouchers, "voucher"))
		say("", "%s kr approved or paid, of which %s kr paid", words.Thousands(v.Payouts.Settled.String()), words.Thousands(v.Payouts.Paid.String()))
	}
	if v.Facts != projections.FactsNone {
		say("facts", "the file that keeps them: %s", map[string]string{projections.FactsEqual: "what the log gives", projections.FactsUnused: "not used; it is made again from the log",
			projections.FactsWrong: "not what the log gives"}[v.Facts])
	}
}
