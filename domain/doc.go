// Package domain holds the field's words and the rules they imply: records and events, cases, decisions, goals and
// follow-ups, home health care, agreements, state grants, providers and units, payouts, dates and money.
//
// It is pure. Nothing here reads a clock, draws a random number or does I/O: a Record is parsed and checked, a state
// (State of a case, patient, agreement or grant; Parties, Policies and Payouts of an authority) says whether an event may follow
// what is already known, and folds it. The same events in the same order give the same state everywhere.
//
// What it promises: Parse and Check list every problem they find with its field and reason, and change nothing. A state
// folds any sequence of events that it once accepted; corrections are folded as if their target had had the corrected data,
// or not been there, at the target's own sequence.
//
// What it trusts: the order of sequences, and that an event read back from the log is one that it accepted before it was
// written. It checks the schema version of each, and never skips one that it does not know.
//
// # Where the contract is silent
//
// Choices made here, each with its reason:
//
//   - Provider and goal changes hold from their effective date until the next one by date, in whatever order they were registered;
//     of two from the same day the later one on the log wins. A change that is no longer true is annulled, not overruled.
//   - A policy document, or its end, registered later ends what was adopted before from its own day on, as the contract says: the
//     board's later decision counts, also where the earlier document was to begin after it.
//   - Open is judged by valid time. A goal that is withdrawn from 1 May can still be assessed at a follow-up held in April and
//     registered in June; a decision that ended on 30 April takes no goal that is effective on 1 May.
//   - A decision is closed by decision-ended or by being superseded. Its planned last day (to) ends what it grants, but it takes goals
//     and changes after that: a renewal is often registered late.
//   - A decision's goals stay open after its end (the occasion closure exists); a goal is closed by goal-withdrawn only.
//   - An actor belongs to a provider when the actor's id is the id of a registered provider or unit of the authority, or starts
//     with such an id (or with "provider/" and such an id) followed by "/", ":" or ".". Actors are opaque otherwise.
//   - A goal may be set before its decision begins, as long as that decision is not over: it is agreed at the assessment.
//   - A decision supersedes one that was not ended before the day before its from; one that decision-ended closed earlier is not open.
//   - A second statement about the same fact (another decision-ended, a second registration) is refused: correct the first.
//   - A list is required like any field where the contract does not mark it optional, and may be empty; standard-time decisions
//     grant at least one service. A correction carries the whole data, and the rules hold for it as for the event itself: whoever
//     may not register a follow-up may not correct one, and what it refers to is registered no later than the correction is.
//     It keeps the target's effective date where the data has none of its own.
//   - A visit needs an opened case and an existing unit, but no decision in force: performed time may fall outside what was granted.
//
// Home health care, agreements and state grants:
//
//   - care-requested may come again, for the same person: a new round after a discharge. What the latest says of age group and sex counts.
//   - A discharge ends all that the patient is enrolled for by its last day. A second enrolment for the same kind at the same unit is
//     refused until the first has ended; one at another unit, or of the other kind, is not.
//   - The first coordinated plan held is the patient's plan from then on. One dispute-resolved ends all disputes that are open.
//   - Health time needs an existing unit but no enrolment, and many reports may share a unit, month and kind: they differ in profession.
//   - A party that accepts with reservation has accepted. One that has rejected may decide again; one that has accepted may not.
//   - A recipient's allocations and payments add up. A later target or result for an indicator takes the place of the earlier one.
//
// Payouts (decisions.md, 7):
//
//   - What an approval settles counts as settled whether it is paid yet or not, until it is cancelled. An approval that a later one has
//     adjusted is cancelled after that one.
//   - Four eyes are two actor ids that differ in more than capitals and separators at their ends. An actor who belongs to a provider neither approves nor pays.
//   - A voucher's year is that of the approval's booking date. A cancelled approval keeps its number.
//   - What was rejected or cancelled is calculated anew, as a version of the same payout, also where nothing new is known.
//   - A total may be 0.00 or negative, a claim on the provider. It is approved and gets its voucher like any other.
//   - A payout is not approved on less than what is settled for its provider, or waits for a later month, rests on, nor after an earlier month's
//     approval was cancelled: it is calculated again first, so that what is settled is what was known at one time. A payout is booked in its month or later, and paid on that day or later.
//
// Reading (access.go):
//
//   - A case or patient is shown to who gives a purpose in words, up to 200 characters on one line. An access is a CloudEvent like those of the ledger,
//     of type cases-read and about the question asked, on a log of its own; it is not a record and changes nothing that is known.
package domain
