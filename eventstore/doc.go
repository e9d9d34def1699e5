// Package eventstore keeps the log: one append-only JetStream stream per authority, a Merkle tree over its exact bytes,
// a witness of its head, and signed checkpoints of it for others. It knows bytes, subjects, sequences and hashes; it never decodes an event's data.
// Beside its ledger an authority has a log of who has read what of it (series Access), kept with the same promises, and may have a [Feed], which is
// no log: what others read live, made again from the log where it is lost.
//
// # Promises
//
//   - An append that returned nil is on disk (embedded server: synced; cluster: stored by a quorum) and its head is in the
//     witness. Embedded, no kill, crash or power loss takes it back; a cluster keeps it while a quorum of its disks does.
//   - A [Commit] is on the log whole, at exactly the sequences it named, or not at all. Its position is its guard: nothing
//     was written between what the decision was made on and the decision.
//   - Every event handed to a reader has been checked against the tree. Altered, missing or reordered events are a
//     [CorruptError] that names the first bad sequence; they are never skipped. (ReadEntity checks what it gets, but cannot
//     notice that the server lost one of the entity's events in the middle of the log; Read, ReadSequences and Verify do.)
//   - A log that is shorter than, or differs from, its witness does not open.
//   - A [Checkpoint] is signed over a head that is durable and witnessed, and only if it is proven to continue the last one.
//     A second head of one size is never signed. It is on disk before anybody sees it.
//   - A log that does not continue its last checkpoint does not open.
//   - A proof is checked before it is handed out, and is checked by others with the verifier key alone: [VerifyCheckpoint],
//     [CheckInclusion], [CheckConsistency] need no log.
//   - A message of a [Feed] stands at the sequence that it named or not at all, whoever else publishes.
//   - Whoever holds the client token of the embedded server can read the log and ask the caller's services; nothing that
//     they send, are answered or have delivered is stored in a log.
//   - A [Subscriber] takes and acknowledges the messages of one feed through one consumer, and reaches nothing else. Once
//     [Store.RemoveSubscriber] has returned it has no connection and gets none.
//   - No call waits without bound on the server: what the server does not answer becomes [ErrUnknownOutcome] or the
//     context's error.
//
// # Trusts
//
// The operating system's fdatasync; SHA-256 and Ed25519; and that nobody with write access to the data directory forges log, tree,
// witness and, with the signing key that is there, checkpoints together. Who keeps a checkpoint elsewhere, or cosigns them, need not
// trust that: two logs signed with the same key cannot both continue it. And, for [Config.ServerURL], that
// the cluster's quorum keeps what it acknowledged.
//
// # Tolerates
//
// A missing, short or damaged tree file: it is rebuilt from the log and must reproduce the witnessed root. A torn witness
// write: two slots alternate. Events on the log beyond the witness: they were never acknowledged; they are verified,
// taken up and witnessed. A damaged checkpoint: the log opens and is read, but the next is not signed until it is restored. The newest
// checkpoint taken away: it is not missed here. A timeout: the outcome is read back, never guessed.
//
// Decisions and what was rejected stand in decisions.md beside this file.
package eventstore
