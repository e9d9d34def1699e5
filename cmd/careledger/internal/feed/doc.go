// Package feed tells an authority's BI what the ledger comes to, live: it follows the fact table of a log and keeps the stream BI_{authority}
// saying what the read models say.
package feed
