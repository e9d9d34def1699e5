// Package generate writes invented histories as NDJSON records, for trying the ledger, for its demo and for its tests.
//
// Nothing here is about real people. LundPilot is a reconstruction: it invents persons, goals and dates such that the totals
// that Lund published about its pilot (see lundpilot.go) come out exactly; so are OrebroCounty, by the published numbers of recipients of home
// health care, and StateGrant2010, by the published amounts. OstersundPilot, LundReform and GrantedTime invent a small
// history each that follows the rules of a source, of which no totals are published. All but the pilot adopt the built-in models, and the pages
// beside those (domain/compensation/library) say what the source gives and what is made up. Municipality invents a whole municipality, County
// several.
//
// It promises: the same arguments give the same bytes on every machine; no clock is read, no map is ranged over, no
// floating point is used. Every record can be imported into an empty ledger of its authority in the order written. The
// lines of a log stand in order of recorded, so an as-of by sequence is also one by time; a history of several authorities is one log
// after another. Of the event types of the contract, section 3, all but those that the ledger itself writes are written.
//
// It trusts its writer: the first error of the writer is returned, and what was written before it is the beginning of the history.
//
// # The invented municipality
//
// Size.Persons persons have home care at any time; who leaves is replaced the month after. A person and year gives about
// 100 records, so 3 000 persons × 10 years, the size of Lund, give about 3 million: five in six are visits. Four cases in
// five are light (one to three visits a week, each tagged); one in five is heavy (several times a day) and reports a
// monthly sum, as do some months of the light ones. So performed minutes stand in proportion to what is granted, without a record for
// each of a heavy case's hundred visits a month.
//
// Memory holds the open cases and the records of one month, with the late ones of those to come: 175 MB at 10 000 persons,
// whatever the number of years.
//
// # Choices
//
//   - The authority is 9999 unless another is named: no county has the code 99, so no municipality has it.
//   - Organisation numbers begin with 0, which no Swedish legal form has.
//   - The effective date of a correction or annulment is that of its target, as corrected.
//   - Record ids are the entity's id and a running number, with the authority's code before the id of an entity that several logs of one
//     history have. Two seeds under one authority therefore conflict in one ledger, which refuses the second: they are two histories of
//     the same municipality.
//   - What would be recorded after the last day of the last year is left out: it is not known yet. So the time reports of the last
//     December are missing, as they would be on that day.
package generate
