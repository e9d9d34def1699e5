// Package historytest draws random valid histories for tests: the records of one authority, in the order in which a ledger
// accepted them, with every event type of the contract but those of payouts, which are written by commands on the ledger and never
// by a record.
//
// A history is made by drawing candidate records from small pools of ids and keeping those that the domain accepts, so it goes
// wherever the rules allow: superseded decisions, changes of provider in the middle of a month, late registrations, corrections
// of corrections' targets, policies adopted back in time. Most candidates are built to be accepted; the rest explore refusals.
//
// DrawFacts adds patients and state grants, as facts, to what a history's events say.
//
// It is imported by tests only. A history depends on nothing but its seed and the rules of package domain; it may change when
// either does, so no test may rely on what a seed gives.
package historytest
