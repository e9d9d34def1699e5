// Package feed tells an authority's BI what its ledger comes to, live: it follows the fact table of a log and keeps the stream BI_{authority} saying what the
// read models say. The messages are CloudEvents; their types stand in message.go, and the JSON Schemas are made from these.
//
// # What stands
//
// A row is a sum over all persons that its dimensions hold for: what a component pays a unit for a month, what is granted there, how many goals were
// assessed and reached, a line of a payout. Nothing on the feed is ever changed. A row that later knowledge changes is written anew, names
// the message that it stands in place of (retracts) and keeps its key; one of which nothing is left is written with zeros (withdrawn). What no message
// retracts stands. A subscriber that keeps the last message of each kind and key has just that.
//
// A position ends the rows of an event, or of several that were read at once: what stands then is what careledger answers with --as-of-sequence of it, to the
// öre. Between two positions a subscriber has seen some of the rows of the next.
//
// # Promises
//
//   - At every position the sums of what stands are compensation (posting and premium together), fulfilment (but for persons, which do not add up),
//     the granted minutes of deviation, and the payouts, as known there.
//   - A row is written once, whatever crashes and however many processes write the same feed; its id never comes twice.
//   - No id of a case, patient, goal, follow-up or event stands on the feed, no pseudonym, no actor, and nothing computed from one.
//   - The ledger never waits for its feed, and the feed never waits for who reads it.
//
// # Trusts
//
// The fact table, and that all processes that write one feed compute alike: the feed is not checked against the log behind its back. What was on the feed
// and is gone (a restored directory) is found where its messages have a gap, and refused.
//
// # Tolerates
//
// A crash anywhere, also between the rows of one event; a server that does not answer; a table that falls behind; amounts that cannot be computed
// for a while (a rate that is missing): the feed stands still, the reason is told, and it goes on where it stood.
//
// What it does not protect: a row is a sum, and where one person makes the sum it is that person's. Who knows that a unit had one client in a month knows
// from the feed what was paid for them; and since rows come as events come, the difference between a row and the one that it retracts is mostly one
// person's, without a name. The feed is for those who may see the sums of units as they stand, not for publication (decisions.md, 2).
//
// Cost: of a log of a million events (an invented municipality of ten years) the feed begins with 30 000 messages of 700 bytes; it is there 2 to 4 s after
// the facts are, and level again 3 s after a restart, which reads all of them back (two busy cores). Memory is some 800 bytes a row that stands.
package feed
