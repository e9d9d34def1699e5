// Package bundle makes and checks audit bundles: one payout with everything that proves it, in one text file that is checked on a machine
// that has never seen the ledger.
//
// # What is in it
//
// A line of JSON for each section, in this order:
//
//	bundle      whose log, which payout, and whether it was redacted
//	checkpoint  the signed head of the log with its cosignatures, and the public keys
//	event       for each event that the payout rests on (projections.Table.RestsOn), in log order: its sequence, entity, type and id, data with
//	            exactly the bytes that the log stores, and its inclusion proof
//	derivation  why the payout is what it is (projections.Why, described by why.schema.json of the reports), from these events alone
//	end         how many lines there are, and the SHA-256 of all bytes before it
//
// Each line ends with the SHA-256 of what stands before that in the line: of the line up to the comma before "sha256", closed with a
// brace. There is one way to write a bundle, so every byte is either covered by a signature or a proof, or computed again, or given by the
// form; the hashes say where a file was damaged.
//
// An inclusion proof is that of RFC 6962 (section 2.1.1) for leaf sequence - 1, of which only the hashes stand there that the lines before it
// do not give (eventstore.Paths).
//
// # What Verify promises
//
// A Verification without findings says: the key signed the checkpoint; these events are on that log, at these sequences, unaltered; the
// payout's calculation, approval and payment are among them, and who approved it is another than who calculated it; folded with
// the ledger's own fold, and computed under the model documents among them with the plain evaluator, these events give every line of the payout,
// the digest of its postings and its total, to the öre; what its adjustments take off was settled by payouts that are among them; the
// derivation is what follows from these events; and no event is there that the payout does not rest on. With any finding it holds no figure.
//
// # What it cannot say
//
// That no other event stands on the log. What the payout event says is on the log is fixed by its proof, with the digest of all its
// postings: an event that is left out is noticed where the amounts would be others without it. One that the ledger itself did not count
// when it calculated, and that is left out here too, is not: of a log's completeness only the whole log tells (careledger verify).
// Nor does it show that an earlier month that is not adjusted needed no adjustment. The fields of redacted and
// whole bundles are the same: that a bundle was not redacted is what its maker says.
//
// It trusts SHA-256, Ed25519, this program, and that the key is the ledger's: whoever gets a bundle compares its fingerprint with what the
// ledger's owner told by another way.
//
// A file is held in memory, some three times its size; parts of logs of more than 134 217 728 events are refused.
package bundle
