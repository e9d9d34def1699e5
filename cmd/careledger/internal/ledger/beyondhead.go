package ledger

import "fmt"

// AsOfError says that a question is as of an event that the log does not have yet. What will be known then cannot be told now: an answer of what is
// known now would be another one tomorrow, under the same words.
type AsOfError struct {
	Authority   string
	Asked, Last uint64 // events of its log; Last 0 for none
}

func (e *AsOfError) Error() string {
	return fmt.Sprintf("--as-of-sequence %d: authority %s has no such event yet; its last one is %d. Name that or an earlier one, or leave it out for all that is known now", e.Asked, e.Authority, e.Last)
}

// reaches refuses an as-of that is beyond the log, once the log is at its head (answering). It is asked of every question as of an event.
func (o *openLog) reaches(asked *uint64) error {
	if last := o.table.Position(); asked != nil && *asked > last {
		return &AsOfError{o.log.Authority(), *asked, last}
	}
	return nil
}
