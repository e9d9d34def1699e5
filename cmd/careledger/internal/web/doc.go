// Package web is the ledger as pages for people and as tables for programs, over HTTP.
//
// It promises: nothing is shown to who has not signed in. What shows a case or patient is asked for through Local.Read alone, so it is on the access
// log, with who reads and what for, before the first byte leaves; who has not said what for is asked. Every page is whole without JavaScript and
// loads nothing from elsewhere. All that a page depends on stands in its address, but who reads and the purpose. A table reads the same as a page, as
// CSV and as JSON. Every visible text is in Swedish and English (internal/words). Groups of fewer than five persons are not shown where groups are
// (smallnumbers.go).
//
// A command of a program (api.go) is carried out once under its key, and a problem says what is wrong by field. The OpenAPI document says all that programs may do.
//
// It trusts the ledger that it is given, and the machine: it listens on loopback only, in plain HTTP, and whoever holds the token printed at start
// may see all that the ledger holds. Users and roles come later; rights.go is the one place that decides who a request is from.
//
// It tolerates the loss of its sessions: they live in memory, and a restart asks everybody to sign in anew, with a new token.
//
// A page is one file that makes a page and stands in pages (page.go); decisions.md says why things are as they are.
package web
