// Package replay answers "what if": the facts of an authority as known at any moment, under the adopted policies and beside them under
// any number of alternatives, with rows by any grouping, the differences, and who wins and loses by provider.
//
// It promises:
//
//   - The first run is the adopted policies, and comes to what projections.Table.Compensation answers for the same period and moment.
//   - A run depends on nothing but the facts, the period and its documents. It reads no file and no clock, writes nothing to the log, and
//     which run is computed first does not show. The same log position and models give the same digest on every machine.
//   - The rows of a run sum to its total, and so do its providers.
//   - What is not as the reader may think is refused in words or stands among a run's Warnings: a component that finds nothing in the
//     history to pay for is not a saving.
//
// It trusts package compensation for the amounts and package projections for the facts.
//
// # What a run is
//
// Each ModelSet replaces every adopted policy over the whole period; its documents hold on all dates, under their own ids. The settings together
// are one run of the adopted policies, with those values on all dates, in every document of the policy that has the parameter.
// Each step of a sweep, and the value sought, is a run of the adopted policies with the settings, if there are any, and that value. Two sweeps
// (Sweep and Across) are a grid: each value of the first with each of the second is a run.
//
// All runs are counted in one pass over the facts, and each is paid from the count (package compensation, compiled.go).
//
// With InForceFrom the adopted policies hold before that day and the alternative from it. A month is the alternative's if its first day
// is; a premium if the day its follow-up was held is. Documents of one policy id before and after the day are one policy, so what is paid
// once per goal or case before it is not paid again; a policy of another id knows nothing of that. A document that goes on
// unchanged across the day is one document.
//
// # What is sought
//
// A Seek finds the value, in whole öre from 0 to ten billion kronor, whose run's total comes nearest the budget without passing it; of
// several values that give this total, the highest. It is refused where nothing is paid by the parameter, where the total
// falls anywhere that it looks, where the rest alone passes the budget, and where the highest value does not reach it.
//
// # What is said of an alternative
//
// A Comparison splits the difference to the adopted policies into price, volume and mix, exactly and with its source in effects.go, and sets
// the alternative beside them by provider, unit, year and more; each row has one Class of gain or loss. A Transition limits how far a
// provider is paid from what the adopted policies pay it, growing by the year (transition.go). Behaviour is what the alternatives assume of
// goals that were not reached, or were (behaviour.go): it is a layer of its own. The adopted run is always the history; a comparison
// splits the difference on the history and has what is assumed as an effect beside; and the run's name says it wherever it stands alone.
//
// A Stamp says what a result rests on: who knows the log sets it.
//
// Decisions and what was rejected stand in decisions.md.
package replay
