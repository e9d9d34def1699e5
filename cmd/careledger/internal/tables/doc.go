// Package tables writes what the ledger says as tables for BI: Parquet files in a directory, partitioned by authority and month as Hive
// does it:
//
//	DIR/postings/authority=1281/month=2016-03/part-0.parquet
//	DIR/_careledger/1281.json                                 what the files were made from (Manifest)
//
// # The tables
//
// They are what careledger answers, in its words and at the grain of these questions; the structs of rows.go say each column.
//
//	postings       compensation --by month,provider,unit,policy,component,life_area,occasion
//	premiums       the premiums among them, by the day of the follow-up in place of the month
//	payouts        payout list: the version that counts of each payout
//	payout_lines   payout show: its lines
//	fulfilment     fulfilment --by month,provider,unit,life_area,occasion
//	follow_ups     fulfilment --by month,provider,unit,occasion: the follow-ups and persons of it
//	decisions      decision deviation --by month,provider,unit, and the decisions in force behind it
//
// Amounts are DECIMAL(18,2), quantities DECIMAL(18,6), days DATE; what a row has no value for is null. first_day is the first day of the
// partition's month, for tools that group by dates. What adds up over rows: amounts, quantities of one unit, minutes, goals. What does not:
// persons, cases, decisions, and follow-ups over life areas (or over units, where one follow-up assesses goals of two): a person who is
// followed up in two months stands in both.
//
// No case, patient, pseudonym or event id is in any of them, and no free text. Rows sum what concerns several persons where there are several: a
// row of one person is still a row about one, without saying whom, so the directory is for those who may see such counts. They are the
// current knowledge: a correction of a month changes the rows of that month, and what was known before is asked for with an as-of.
//
// # What it promises
//
// A partition is replaced whole, by a rename, when its bytes differ; one that says the same keeps its file. A partition that has become empty
// goes away. The same log position and as-of give the same bytes in one release. Nothing is replaced before everything has been computed
// and is on disk, so that an error, a full disk or a kill -9 up to there changes nothing; one in the middle of the renames leaves every
// partition whole, old or new, with a manifest that says complete: false, and the next run completes it. A reader who needs the partitions to
// be of one moment reads the manifest before and after: complete and equal.
//
// What it trusts: that nobody else writes into the directory. Of two exports of one authority to it at once the second is refused.
//
// # Choices
//
//   - A projection, not a payment file: the register of exports (package ledger) remembers what went out to be paid or booked, and has
//     nothing of this. The manifest is the record of what was made, and from what.
//   - Rows are sums and not single postings. A posting without its case says nothing more to BI, and more about a person.
//   - Who calculated, approved and paid a payout is left out, and so is the reference of a payment, which is free text.
//   - A quantity that does not end, or has more than six decimals, is rounded to six, as compensation writes it.
//   - Every partition is computed at each run and compared, in place of working out which ones an event concerns: a policy or a correction
//     can concern any month, and computing all of them takes as long as one question.
//   - Files and directories get the permissions of DIR, which is its owner's alone where this package makes it. Whoever shares DIR shares the tables.
package tables
