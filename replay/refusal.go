package replay

import (
	"fmt"
	"strings"

	"careledger/domain"
)

// What a request is refused for by what the ledger holds, or by what it says beside something else, typed so that a page can say it in the reader's
// language. The texts are those of the command line, where what is asked is a flag: Asked is the flag without its dashes.

// TargetError says that what is to have another value is no parameter of an adopted policy.
type TargetError struct {
	Asked  string // "set", "sweep" or "seek"
	Target string // as it was asked for
	Why    TargetReason
	Policy string   // the policy that it begins with; "" for TargetNoPolicy and TargetNothingAdopted
	Name   string   // the parameter as asked for, or the one that it names
	Key    string   // the entry asked for
	By     []string // what a table's entries are by
	Near   string   // a target that was perhaps meant, "" for none
	Known  []string // what there is: targets, parameters of the policy, or entries of the table
}

// TargetReason is what is wrong with a target.
type TargetReason int

const (
	TargetNothingAdopted TargetReason = iota // no policy is adopted as known then
	TargetNoPolicy                           // it begins with no adopted policy's id
	TargetNoParameter                        // the policy has no such parameter
	TargetNoTable                            // the parameter is one value, and an entry was asked for
	TargetTable                              // the parameter is a table, and no entry was named
	TargetNoEntry                            // the table has no such entry
)

func (e *TargetError) Error() string {
	at := fmt.Sprintf("--%s %s: ", e.Asked, e.Target)
	switch e.Why {
	case TargetNothingAdopted:
		return at + "no policy is adopted as known then; adopt one, or replay a document with --model"
	case TargetNoPolicy:
		return at + "begins with no adopted policy's id; there are " + strings.Join(e.Known, ", ")
	case TargetNoParameter:
		hint := "."
		if e.Near != "" {
			hint = fmt.Sprintf("; did you mean %s?", e.Near)
		}
		return at + fmt.Sprintf("policy %s has no parameter %q%s It has %s", e.Policy, e.Name, hint, strings.Join(e.Known, ", "))
	}
	return at + e.misfit()
}

// misfit says why a key names no value of a parameter, and what would.
func (e *TargetError) misfit() string {
	keys := strings.Join(e.Known, ", ")
	switch e.Why {
	case TargetNoTable:
		return fmt.Sprintf("%s is one value and has no entry %q", e.Name, e.Key)
	case TargetTable:
		return fmt.Sprintf("%s is a table by %s; name one of its entries after a dot: %s", e.Name, strings.Join(e.By, "/"), keys)
	}
	return fmt.Sprintf("%s has no entry %q; it has %s", e.Name, e.Key, keys)
}

// TwiceError says that one parameter is given values in two ways.
type TwiceError struct {
	Target    string
	By, Other string // "set", "sweep" or "seek"; the same for a parameter that one of them names twice
}

func (e *TwiceError) Error() string {
	switch {
	case e.By != e.Other:
		return fmt.Sprintf("%s is given a value by --%s and by --%s; leave one of them out", e.Target, e.By, e.Other)
	case e.By == askedSweep:
		return fmt.Sprintf("--sweep is given twice for %s; a grid is over two parameters", e.Target)
	}
	return fmt.Sprintf("--%s gives %s two values; leave one out", e.By, e.Target)
}

const (
	askedSet   = "set"
	askedSweep = "sweep"
	askedSeek  = "seek"
)

// SeekError says why no value is found for a budget.
type SeekError struct {
	Why    SeekReason
	Target string
	Budget domain.Money
	Totals []SeekPoint // that show it: one for SeekPassed and SeekNotReached, three for SeekFalls, none for SeekFlat
}

// SeekPoint is what a value of the parameter sought comes to.
type SeekPoint struct{ Value, Total domain.Money }

// SeekReason is why no value is found.
type SeekReason int

const (
	SeekFlat       SeekReason = iota // no posting of the period is paid by the parameter
	SeekPassed                       // the rest passes the budget already
	SeekNotReached                   // the highest value that is tried does not reach the budget
	SeekFalls                        // a higher value gives a lower total
)

func (e *SeekError) Error() string {
	switch p := e.Totals; e.Why {
	case SeekPassed:
		return fmt.Sprintf("even at 0 the total is %s, which passes the budget %s; only %s is sought, and the rest costs that much", p[0].Total, e.Budget, e.Target)
	case SeekNotReached:
		return fmt.Sprintf("the total does not reach the budget %s: at %s kr it is %s, and higher values are not tried", e.Budget, p[0].Value, p[0].Total)
	case SeekFalls:
		return fmt.Sprintf("the total does not rise with %s: it is %s at %s, %s at %s and %s at %s", e.Target, p[0].Total, p[0].Value, p[1].Total, p[1].Value, p[2].Total, p[2].Value)
	}
	return fmt.Sprintf("the total does not rise with %s: no posting in the period is paid by it", e.Target)
}

// RowsError says that an answer would have more rows than are held.
type RowsError struct{ Runs, Most int }

func (e *RowsError) Error() string {
	return fmt.Sprintf("the %d runs have more than %d rows; ask for fewer steps, or group by less (--by provider)", e.Runs, e.Most)
}
