package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"careledger/cmd/careledger/internal/feed"
	"careledger/cmd/careledger/internal/ledger"
	"careledger/domain"
)

// What a program may do over HTTP: read the tables of the pages, as CSV and JSON at their addresses (table.go), and give the commands below
// apiPath, each of which is a request of the ledger's own (ledger.Local.Record and Payout) as a JSON object. The document at openAPIPath says all of it.
//
// A command takes a key in the header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), and is carried out once under it, whatever happens on
// the way: the log remembers (internal/ledger/decisions.md, 9).

const (
	apiPath          = "/api/"
	keyHeader        = "Idempotency-Key"
	duplicateHeader  = "Careledger-Duplicate" // the record stood before
	commandBodyBytes = 1 << 20                // of a command; a model document that a policy adopts is some thousands
)

// apiCommand is a command that programs give with POST.
type apiCommand struct {
	path    string
	success int // status of a command that is carried out
	do      func(s *Server, given *given) (answer any, err error)
}

// given is a command on its way.
type given struct {
	w    http.ResponseWriter
	r    *http.Request
	by   *visitor
	key  string
	body []byte
}

// apiCommands are all commands.
func apiCommands() []apiCommand {
	return []apiCommand{
		recordCommand(),
		payoutCommand[calculateBody]("calculate"),
		payoutCommand[approveBody]("approve"),
		payoutCommand[rejectBody]("reject"),
		payoutCommand[payBody]("pay"),
		payoutCommand[cancelBody]("cancel"),
	}
}

// openAPI serves the commands, and the documents about them and about the BI feed, to anybody: they say what there is, and nothing that is in it.
func (s *Server) openAPI() error {
	for _, c := range apiCommands() {
		s.handleBody("POST "+c.path, commandBodyBytes, func(w http.ResponseWriter, r *http.Request) error { return s.command(w, r, c) })
		s.handle(c.path, func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Allow", http.MethodPost)
			return errMethod
		})
	}
	for path, document := range map[string]func() ([]byte, error){
		openAPIPath:  func() ([]byte, error) { return openAPIDocument(s.pages) },
		asyncAPIPath: feed.AsyncAPI,
		schemaPath:   feed.Schemas,
	} {
		text, err := document()
		if err != nil {
			return err
		}
		s.handle("GET "+strings.TrimSuffix(path, string(asJSON)), func(w http.ResponseWriter, r *http.Request) error {
			if endingOf(r) != asJSON {
				return errNoPage
			}
			w.Header().Set("Content-Type", "application/json")
			_, err := w.Write(text)
			return err
		})
	}
	return nil
}

// command reads a command, has it carried out and answers.
func (s *Server) command(w http.ResponseWriter, r *http.Request, c apiCommand) (err error) {
	g := &given{w: w, r: r}
	if g.by, err = s.visitorOf(r); err != nil {
		return err
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return &problem{status: http.StatusUnsupportedMediaType, word: "media", detail: "Content-Type: application/json is expected"}
	}
	if g.key, err = keyOf(r.Header); err != nil {
		return err
	}
	if g.body, err = bodyOf(r); err != nil {
		return err
	}
	answer, err := c.do(s, g)
	if err != nil {
		return commandProblem(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(c.success)
	return json.MarshalWrite(w, answer)
}

// bodyOf reads what was sent. That it does not arrive is the sender's trouble, and the connection's addresses are not told.
func bodyOf(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if large := (*http.MaxBytesError)(nil); err != nil && !errors.As(err, &large) {
		return nil, &problem{status: http.StatusRequestTimeout, word: "cut_off", detail: "The command was not carried out. Give it again with the same " + keyHeader + "."}
	}
	return body, err
}

// keyOf reads the key of a command: a string as RFC 8941 has it, in quotes, or the bare word, as most programs write it.
func keyOf(h http.Header) (string, error) {
	all := h.Values(keyHeader)
	if len(all) != 1 {
		return "", &problem{status: http.StatusBadRequest, word: "no_key", detail: fmt.Sprintf("the header %s is required, once: a word of your own for this command, the same when you give it again, "+
			"for example %s: \"8e03978e-40d5-43e8-bc93-6894a57f9324\"", keyHeader, keyHeader)}
	}
	key := all[0]
	if quoted, ok := strings.CutPrefix(key, `"`); ok {
		key, ok = strings.CutSuffix(quoted, `"`)
		if !ok {
			key = all[0]
		}
	}
	if err := domain.CheckEventID(key); err != nil {
		return "", &problem{status: http.StatusBadRequest, word: "key", detail: keyHeader + ": " + err.Error()}
	}
	return key, nil
}

// partlyDone is the error of a command that ended after it had carried out some of what it was about.
type partlyDone struct {
	done jsontext.Value // as its answer would be
	err  error
}

func (p *partlyDone) Error() string { return p.err.Error() }
func (p *partlyDone) Unwrap() error { return p.err }

// commandProblem says what the error of a command is for the program that gave it.
func commandProblem(err error) error {
	p := newProblem(0, "", err)
	if problems := (domain.Problems)(nil); errors.As(err, &problems) {
		p.detail = err.Error() // with the payout, as problems beside it
	}
	if partly := (*partlyDone)(nil); errors.As(err, &partly) {
		p.done = partly.done
	}
	if known := (*problem)(nil); errors.As(err, &known) {
		return known
	}
	switch (ledger.Act{Command: true, Err: err}).Outcome() {
	case ledger.OutcomeRefused:
		p.status, p.word = http.StatusUnprocessableEntity, "command_refused"
		if errors.As(err, &p.problems); ledger.OfAnotherCommand(p.problems) {
			p.word = "key_reused"
		}
	case ledger.OutcomeWrong:
		p.status, p.word = http.StatusBadRequest, "command"
	case ledger.OutcomeNoLedger:
		p.status, p.word = http.StatusNotFound, "no_ledger"
	case ledger.OutcomeUnknown:
		p.status, p.word = http.StatusGatewayTimeout, "unknown_outcome"
		p.detail = "The command may have been carried out, or may yet be. Give it again with the same " + keyHeader + ": what stands is answered and not done twice."
	case ledger.OutcomeConflict: // until the time was over; nothing was written
		p.status, p.word = http.StatusServiceUnavailable, "slow"
	case ledger.OutcomeDiskFull:
		p.status, p.word = http.StatusInsufficientStorage, "disk_full"
	case ledger.OutcomeDamaged:
		p.status, p.word = http.StatusInternalServerError, "damaged"
	default:
		p.status, p.word = http.StatusInternalServerError, "refused"
	}
	return p
}
