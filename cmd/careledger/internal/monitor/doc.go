// Package monitor tells the operator of a serving ledger how it is: counts and latencies (/metrics, in the text format of Prometheus), whether it lives
// and serves as it should (/healthz, /readyz), and what it did (structured log lines).
//
// # Promises
//
//   - Nothing that it tells names a case, a patient, a person, a purpose, a payout, an actor, or any text that somebody sent: labels and log lines are made of
//     the codes of authorities, the names that this program gives its questions, commands and routes, closed words for how they ended
//     ([ledger.Outcome], [ledger.RefusedFor]), the names that an operator gave to subscribers, numbers and durations. The text of an error is never
//     among them: it can quote what was sent. It goes to who asked.
//   - What it counts is counted where it happens, once: an append where the log acknowledges it ([eventstore.Config.Settled]), a question and a
//     command where the ledger has carried it out, whoever asked and by whichever way.
//   - How far logs, facts and checkpoints are is read when it is asked for, so it is never older than the answer.
//
// # Tolerates
//
// A log whose checkpoints cannot be read: careledger_checkpoint_readable is 0, and the rest is told. Counters begin at 0 with the process.
//
// What was decided and rejected stands in decisions.md.
package monitor
