// Package timecalculator calculates the frame time of a month from granted services [beräkningsstöd, ramtid]: what the authority's
// calculator did before it wrote frame_minutes into a decision, so that anyone can do it again and see each step.
//
// Services that are done in the same visit cost less than apart (the co-ordination gain), and a visit for a single one costs more (the
// lone addition). How much is a Method, a document whose every number has its source; the built-in one is preliminary throughout, since
// its source gives no numbers. Nothing here is a norm.
//
// It is exact: decimals throughout, rounded half up once, to the whole minutes of the month.
//
// # How it is calculated
//
// The services of a visit need not be as frequent as each other: hygiene every morning, a shower on two of them. They are taken to be
// done together as far as they go, so the week has as many occasions with all of them as the rarest service has, then occasions
// without that one, and so on to those with the most frequent alone. On one occasion:
//
//   - a service takes standard_minutes × staff;
//   - where there are several, the longest takes its whole time and each of the others coordination_gain_percent less;
//   - where there is one, lone_addition_minutes × staff are added.
//
// A visit's week is the sum over its occasions of minutes × times a week. The month is the sum of all visits' weeks × weeks_per_month.
//
// So the order of services does not matter, a minute more of standard time is never less frame time, and services in one visit never
// cost more than apart.
//
// # Readings
//
// A service without a visit label is a visit of its own. Services of different bands cannot share a visit; care and service can.
package timecalculator
