// Package projections folds an authority's log into bitemporal fact columns once, and answers from them: compensation,
// fulfilment, trails, payouts, decision sheets, home health care over several logs (recipients, activities), and the facts that any
// model can be replayed over, as known at any sequence or time.
//
// A Table is append-only: each row says from which sequence it was known and, once something retracted it, until which. An as-of
// is therefore a filter on the same table (Cut), never another fold. The live fold (Follow) and the cold fold (Fold) are the same
// function, Table.apply, one event at a time. Questions take a snapshot of the columns and compute without a lock, so neither
// side waits for the other.
//
// What it promises: the answer as of a sequence or time is what a fold of the events known then gives, and what is answered for a
// sequence never changes. What it trusts: that the events were accepted by package domain before they were written, and that
// eventstore hands out the bytes that were written. An event that it does not understand stops the fold for good with an error
// that names the sequence; what was folded before it goes on answering. What it tolerates: the file that keeps a table (Save,
// Load) is a cache; one that is missing, damaged, of another release or folded from another log is rebuilt from the log.
//
// Verify trusts none of that: it reads the whole log, judges each event on what stands before it, compares the premiums on it with the premium
// postings, computes every payout again as of its position, and compares a table folded from the log with the file that keeps one. VerifyAccesses checks
// the log of who has read what, which nothing is folded from; ReadAccesses reads it whole.
//
// Why derives an amount down to its events, over a cut of the cases that it rests on alone (selection), and says what was considered and gave
// nothing, what corrected it and where a cap stood; the reasons come from the evaluators themselves (decisions.md, 8).
//
// Watch tells what each stretch of events changes in what the read models come to (Standing), at the cost of the cases that it is about where that adds up.
//
// RestsOn names the events that a payout rests on, and FoldPart folds these alone, so that the payout is computed again where there is no log
// (package bundle).
//
// An answer as of an event never changes, so a table that is asked keeps what it computed last: two cuts with what was counted of them (keptCuts), the registers as
// known at sixteen moments (keptRegisters), and the events read one by one (keptEvents).
//
// Memory is some 56 bytes an event in columns, of which a process that opened them holds the pages that its questions touch, 12 in the index that the
// fold needs, 4 more in a process that writes about cases that stood on the log (chains), and 200 for each of the last one to two million events of cases and patients that are not performed time (states). Performed
// time is folded without its case: its key and minutes
// are in the event, and a correction finds the row by the id of what it corrects.
//
// A verification holds a table and the cases of at most two million events at a time; a longer log is read once for every two million,
// and each time other cases are checked. Measured on a municipality of 1 026 620 events, five in six of them visits: 0.83 GB at the peak
// with Go's default collector, 0.49 GB with GOMEMLIMIT=450MiB at the same speed.
//
// Sequences are kept in 32 bits: a log of more than 4 294 967 295 events is refused, not wrapped.
package projections
