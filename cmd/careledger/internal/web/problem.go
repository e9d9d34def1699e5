package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/projections"
)

// problem is why there is no answer: a page in words for people, RFC 9457 for programs.
type problem struct {
	status int
	word   string // in the section "problem" of the catalogue
	detail string // what exactly, "" for nothing more; in English, as programs are told it

	wrong    []*wrong        // what is wrong with what was asked, which pages say in their language
	unsaid   string          // what the catalogue has no words for, as the ledger says it
	problems domain.Problems // each thing that is wrong with a command
	done     jsontext.Value  // what a command has carried out before it ended, as its answer would say it
}

func (p *problem) Error() string { return strings.TrimSuffix(p.word+": "+p.detail, ": ") }

// The problems that have nothing to tell but themselves. They must not be changed.
var (
	errNoPage    = &problem{status: http.StatusNotFound, word: "no_page"}
	errHost      = &problem{status: http.StatusMisdirectedRequest, word: "host"}
	errOrigin    = &problem{status: http.StatusForbidden, word: "origin"}
	errForged    = &problem{status: http.StatusForbidden, word: "forged"}
	errSignedOut = &problem{status: http.StatusUnauthorized, word: "signed_out"}
	errNoPurpose = &problem{status: http.StatusForbidden, word: "no_purpose"}
	errMethod    = &problem{status: http.StatusMethodNotAllowed, word: "method"}
	errBroken    = &problem{status: http.StatusInternalServerError, word: "broken"}
)

// wrongAddress is a problem with what an address says.
func wrongAddress(err error) *problem {
	return newProblem(http.StatusBadRequest, "address", err)
}

// nothingNamed is the problem that there is nothing of a name.
func nothingNamed(err error) *problem { return newProblem(http.StatusNotFound, "unknown", err) }

// newProblem is a problem that an error says more of.
func newProblem(status int, word string, err error) *problem {
	p := &problem{status: status, word: word}
	all, rest := wrongsOf(err)
	p.wrong, p.unsaid = all, textOf(rest)
	for _, w := range all {
		p.detail += "\n" + w.Error()
	}
	p.detail = strings.Trim(p.detail+"\n"+p.unsaid, "\n")
	return p
}

// textOf is what errors say, a line each, "" for none.
func textOf(errs []error) string {
	if len(errs) == 0 {
		return ""
	}
	return errors.Join(errs...).Error()
}

// problemOf says what an error of the ledger is for who asked.
func problemOf(err error) *problem {
	var known *problem
	var wrong *ledger.Wrong
	var none *ledger.NoLedgerError
	var large *http.MaxBytesError
	var party *projections.UnknownPartyError
	var beyond *ledger.AsOfError
	switch {
	case errors.As(err, &known):
		return known
	case asksPurpose(err):
		return errNoPurpose
	case errors.As(err, &large):
		return newProblem(http.StatusRequestEntityTooLarge, "large", wrongly("", "wrong.too_many_bytes", large.Limit))
	case errors.As(err, &wrong), errors.As(err, &party), errors.As(err, &beyond): // a filter in the address, not what the address is of
		return wrongAddress(err)
	case ledger.OutcomeOf(err) == ledger.OutcomeNotFound:
		return nothingNamed(err)
	case errors.As(err, &none):
		return newProblem(http.StatusNotFound, "no_ledger", err)
	case errors.Is(err, context.DeadlineExceeded):
		return &problem{status: http.StatusServiceUnavailable, word: "slow"}
	}
	if all, rest := wrongsOf(err); len(all) > 0 && len(rest) == 0 {
		return newProblem(http.StatusUnprocessableEntity, "unanswerable", err)
	}
	return newProblem(http.StatusInternalServerError, "refused", err)
}

// fail tells why there is no answer. Who has not signed in, or not said what for, is asked, if it is a person.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.status >= http.StatusInternalServerError {
		s.log.Error("a request failed", "path", r.Pattern, "status", p.status, "problem", p.word, "error", fmt.Sprintf("%T", err)) // its text may name a case
	}
	visitor, _ := s.visitorOf(r) // for the skeleton: who is signed out has none
	sk := s.skeleton(r, visitor, "problem."+p.word, localPath(r.URL.RequestURI()))
	if !forPeople(r) {
		if r.URL.Query().Get("lang") != string(words.Swedish) {
			sk.voice = voice{words.English} // as the detail is
		}
		s.failProgram(w, r, p, sk.voice)
		return
	}
	if r.Method == http.MethodGet && (p == errSignedOut || p == errNoPurpose) {
		ask := map[*problem]string{errSignedOut: "/sign-in", errNoPurpose: "/purpose"}[p]
		http.Redirect(w, r, address(ask, url.Values{"next": {localPath(r.URL.RequestURI())}, "lang": {r.URL.Query().Get("lang")}}), http.StatusSeeOther)
		return
	}
	view := struct {
		skeleton
		Refusal refusalView
		Without string // the same page without the words that it was asked with, "" where they are not what is wrong
	}{sk, sk.refusal(p.wrong, p.unsaid), ""}
	if p.word == "address" && r.Method == http.MethodGet && endingOf(r) == asPage && r.URL.RawQuery != "" {
		view.Without = address(r.URL.Path, url.Values{"lang": {langWord(sk.Lang)}})
	}
	if err := s.render(w, p.status, "problem", &view); err != nil {
		panic(err) // a mistake in a template
	}
}

// forPeople says whether a person reads what answers a request.
func forPeople(r *http.Request) bool {
	as := endingOf(r)
	return (as == asPage || as == asXLSX || as == asSVG) && !strings.HasPrefix(r.URL.Path, apiPath) && r.Header.Get("Authorization") == "" && (strings.Contains(r.Header.Get("Accept"), "text/html") || !strings.Contains(r.Header.Get("Accept"), "json"))
}

// problemType names a problem for programs. It stays the same.
func problemType(word string) string {
	return "urn:careledger:problem:" + strings.ReplaceAll(word, "_", "-")
}

// failProgram writes a problem as RFC 9457 has it: type is the problem's word, which stays the same; title and detail are for people.
func (s *Server) failProgram(w http.ResponseWriter, r *http.Request, p *problem, v voice) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Language", string(v.Lang))
	if p.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="careledger"`)
	}
	detail := p.detail
	if p == errNoPurpose && r.Header.Get("Authorization") != "" {
		detail = "this answer shows cases or patients; say what they are read for in the header " + purposeHeader
	}
	w.WriteHeader(p.status)
	_ = json.MarshalWrite(w, struct { // an error here is a reader that is gone
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail,omitzero"`

		Problems domain.Problems `json:"problems,omitempty"`
		Done     jsontext.Value  `json:"done,omitzero"`
	}{problemType(p.word), v.Say("problem." + p.word), p.status, detail, p.problems, p.done}, jsontext.AllowInvalidUTF8(true)) // detail may quote an address that is none
}

// refusalView is why something is refused, as a page shows it.
type refusalView struct {
	voice
	Said   []string // in the language of the page
	Unsaid string   // in English as the ledger says it, what the catalogue has no words for
}

func (v voice) refusal(all []*wrong, unsaid string) (r refusalView) {
	r = refusalView{voice: v, Unsaid: unsaid}
	for _, w := range all {
		r.Said = append(r.Said, v.wrongly(w))
	}
	return r
}
