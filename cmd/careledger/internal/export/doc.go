// Package export writes payouts for those who act on them: vouchers for the accounting system (SIE), payment orders for the bank
// (pain001), and statements for the provider (CSV and xlsx).
//
// What it promises: the same payouts and settings give the same bytes, on every machine and at any time; nothing here reads a clock or
// draws a random number. Either a whole file is written or nothing is, and a refusal lists everything that is wrong, as domain.Problems.
// Amounts are whole öre from end to end, and what a file sums to is checked against the payouts' totals before it is written.
//
// What it trusts: that the payouts are as the log has them, each approved by the book. It checks what a file cannot be right without
// (sums, numbers, dates, accounts), not who may do what.
//
// # The formats
//
// SIE 4I is SIE-gruppen's "SIE filformat", edition 4B (2008-09-30): records of CP437 text in lines that end in CR LF. pain001 is ISO 20022
// CustomerCreditTransferInitiation, pain.001.001.03, for giro payments as the Swedish banks read it in common (Bankföreningen, Swedish
// Common Interpretation of ISO 20022 Payment Messages, appendix 1: Common Payment Types in Sweden).
//
// # Where the sources are silent
//
//   - A payout is one voucher, dated when it was approved. A line of amount 0.00 has nothing to book and is left out of the voucher.
//   - A cancelled payout keeps its voucher number, as an empty voucher that says so: a gap in the books needs an explanation.
//   - A voucher is dated in the year of its number. A file may hold several years; the dates tell equal numbers apart.
//   - A backslash in a SIE text becomes a slash: the format escapes the quotation mark and nothing else, so that a backslash before a
//     closing mark could be read both ways.
//   - The id of a payment message follows from the payments in it and not from when it was made. The same payments ordered twice are the
//     same message to the bank, which refuses it.
//   - Payments are normal-urgency supplier payments (NURG, SUPP). Charges are left out: a domestic giro payment has none to share.
//   - Who orders a payment is identified by organisation number under the scheme BANK, as agreed with the bank; a bank that wants
//     another scheme (CUST) gets it by a setting.
package export
