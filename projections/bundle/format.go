package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"

	"careledger/domain"
	"careledger/eventstore"
)

// Format names the form of the file. A reader that does not know it stops.
const Format = "careledger audit bundle 1"

// The sections of a bundle, which are its lines.
const (
	SectionBundle     = "bundle"
	SectionCheckpoint = "checkpoint"
	SectionEvent      = "event"
	SectionDerivation = "derivation"
	SectionEnd        = "end"
)

// Bundle is the content of a file.
type Bundle struct {
	Authority   string
	Payout      domain.Entity
	Redacted    bool
	VerifierKey string   // of the log's checkpoints
	Cosigners   []string // verifier keys of the auditors who cosigned
	Checkpoint  []byte   // the signed note
	Events      []Event  // in log order
	Derivation  jsontext.Value
}

// Event is an event on the log, with what is left of its inclusion proof (eventstore.Paths).
type Event struct {
	eventstore.Event
	Proof []tlog.Hash
}

// The lines, but for their hashes. The order of the fields is that of the file.
type (
	bundleLine struct {
		Section   string        `json:"section"`
		Format    string        `json:"format"`
		Authority string        `json:"authority"`
		Payout    domain.Entity `json:"payout"`
		Redacted  bool          `json:"redacted"`
	}
	checkpointLine struct {
		Section     string   `json:"section"`
		VerifierKey string   `json:"verifier_key"`
		Cosigners   []string `json:"cosigners"`
		Note        string   `json:"note"`
	}
	eventLine struct {
		Section  string         `json:"section"`
		Sequence uint64         `json:"sequence"`
		Entity   string         `json:"entity"`
		Type     string         `json:"type"`
		ID       string         `json:"id"`
		Data     jsontext.Value `json:"data"`
		Proof    []string       `json:"proof"` // base64
	}
	derivationLine struct {
		Section string         `json:"section"`
		Why     jsontext.Value `json:"why"`
	}
	endLine struct {
		Section string `json:"section"`
		Lines   int    `json:"lines"` // with this one
		All     string `json:"all"`   // SHA-256 of all bytes before this line
	}
)

// Encode returns the file.
func (b *Bundle) Encode() ([]byte, error) {
	w := &writer{}
	w.line(bundleLine{SectionBundle, Format, b.Authority, b.Payout, b.Redacted})
	w.line(checkpointLine{SectionCheckpoint, b.VerifierKey, append([]string{}, b.Cosigners...), string(b.Checkpoint)})
	for i := range b.Events {
		e := &b.Events[i]
		w.line(eventLine{SectionEvent, e.Sequence, e.Entity, e.Type, e.ID, e.Data, hashTexts(e.Proof)})
	}
	w.line(derivationLine{SectionDerivation, b.Derivation})
	w.end()
	return w.out, w.err
}

func (w *writer) end() {
	sum := sha256.Sum256(w.out)
	w.line(endLine{SectionEnd, w.lines + 1, hex.EncodeToString(sum[:])})
}

func hashTexts(hashes []tlog.Hash) []string {
	texts := make([]string, len(hashes))
	for i, h := range hashes {
		texts[i] = base64.StdEncoding.EncodeToString(h[:])
	}
	return texts
}

type writer struct {
	out   []byte
	lines int
	err   error
}

func (w *writer) line(v any) {
	body, err := lineBody(v)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("write line %d of the bundle: %w", w.lines+1, err)
	}
	if w.err == nil {
		w.out, w.lines = append(append(w.out, sealed(body)...), '\n'), w.lines+1
	}
}

// lineBody is the one way to write a line without its hash. What stands raw in it stays as it is.
func lineBody(v any) ([]byte, error) {
	return json.Marshal(v, json.Deterministic(true), jsontext.PreserveRawStrings(true))
}

// seal and its end stand around the hash that a line ends with.
const (
	seal      = `,"sha256":"`
	sealEnd   = `"}`
	sealBytes = len(seal) + 2*sha256.Size + len(sealEnd)
)

func sealed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return fmt.Appendf(bytes.Clone(body[:len(body)-1]), "%s%x%s", seal, sum, sealEnd)
}

// unsealed returns a line without its hash, and whether it ends with the hash that it has.
func unsealed(line []byte) (body []byte, ok bool) {
	if len(line) <= sealBytes {
		return nil, false
	}
	body = append(bytes.Clone(line[:len(line)-sealBytes]), '}')
	return body, bytes.Equal(sealed(body), line)
}

// reading is a file on its way to a bundle.
type reading struct {
	found  []Finding
	bundle Bundle
	line   int // from 1
}

func (r *reading) find(section string, sequence uint64, format string, args ...any) {
	r.found = append(r.found, Finding{Line: r.line, Section: section, Sequence: sequence, What: fmt.Sprintf(format, args...), Do: doGetAgain})
}

// Parse reads a file. It names every line that is not as it was written; with any finding the bundle is not to be used.
func Parse(file []byte) (*Bundle, []Finding) {
	r := &reading{}
	whole := len(file) > 0 && file[len(file)-1] == '\n'
	lines := bytes.Split(bytes.TrimSuffix(file, []byte("\n")), []byte("\n"))
	for i, line := range lines {
		r.line = i + 1
		section, sequence := guess(line, i, len(lines))
		body, ok := unsealed(line)
		if !ok {
			r.find(section, sequence, "its bytes are not those that it was written with: the hash at its end is another")
			continue
		}
		r.section(i, len(lines), section, sequence, body, file)
	}
	if !whole {
		r.find(SectionEnd, 0, "the file does not end with a line break: it was cut, or something was added")
	}
	return &r.bundle, r.found
}

var sectionOf = regexp.MustCompile(`^\{"section":"([a-z]+)"(?:,"sequence":([0-9]+))?`)

// guess says what a line is, also of one that is damaged: what it begins with, or what stands at its place.
func guess(line []byte, i, n int) (section string, sequence uint64) {
	if m := sectionOf.FindSubmatch(line[:min(len(line), 80)]); m != nil {
		sequence, _ = strconv.ParseUint(string(m[2]), 10, 64) // 0 where there is none
		switch section = string(m[1]); section {
		case SectionBundle, SectionCheckpoint, SectionEvent, SectionDerivation, SectionEnd:
			return section, sequence
		}
	}
	return sectionAt(i, n), 0
}

// sectionAt is the section that stands at a line of a whole file.
func sectionAt(i, n int) string {
	switch i {
	case 0:
		return SectionBundle
	case 1:
		return SectionCheckpoint
	case n - 2:
		return SectionDerivation
	case n - 1:
		return SectionEnd
	}
	return SectionEvent
}

// section reads one line into the bundle.
func (r *reading) section(i, n int, section string, sequence uint64, body, file []byte) {
	if want := sectionAt(i, n); section != want {
		r.find(section, sequence, "the line is a section %q and stands where %q belongs: lines were added, taken away or put in another order", section, want)
		return
	}
	read := func(into any) bool {
		if !bytes.HasPrefix(body, []byte(`{"section":"`+section+`"`)) {
			r.find(section, sequence, "it does not say that it is the section that stands here")
			return false
		}
		err := json.Unmarshal(body, into, json.RejectUnknownMembers(true))
		if err != nil {
			r.find(section, sequence, "it cannot be read: %v", err)
			return false
		}
		again, err := lineBody(into)
		if err != nil || !bytes.Equal(again, body) {
			r.find(section, sequence, "it is not written in the one way that a bundle is")
			return false
		}
		return true
	}
	switch section {
	case SectionBundle:
		var l bundleLine
		if !read(&l) {
			return
		}
		if l.Format != Format {
			r.find(section, 0, "it is in the form %q, and this program reads %q; use the careledger release that made it, or a later one", l.Format, Format)
		}
		r.bundle.Authority, r.bundle.Payout, r.bundle.Redacted = l.Authority, l.Payout, l.Redacted
	case SectionCheckpoint:
		if l := (checkpointLine{}); read(&l) {
			r.bundle.VerifierKey, r.bundle.Cosigners, r.bundle.Checkpoint = l.VerifierKey, l.Cosigners, []byte(l.Note)
		}
	case SectionEvent:
		if l := (eventLine{}); read(&l) {
			r.event(&l)
		}
	case SectionDerivation:
		if l := (derivationLine{}); read(&l) {
			r.bundle.Derivation = l.Why
		}
	case SectionEnd:
		if l := (endLine{}); read(&l) {
			r.end(&l, n, file)
		}
	}
}

func (r *reading) event(l *eventLine) {
	e := Event{Event: eventstore.Event{Sequence: l.Sequence, Message: eventstore.Message{Entity: l.Entity, Type: l.Type, ID: l.ID, Data: l.Data}}}
	for _, text := range l.Proof {
		h, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(h) != tlog.HashSize || base64.StdEncoding.EncodeToString(h) != text {
			r.find(SectionEvent, l.Sequence, "%q in its proof is not a hash in base64", text)
			return
		}
		e.Proof = append(e.Proof, tlog.Hash(h))
	}
	if n := len(r.bundle.Events); n > 0 && r.bundle.Events[n-1].Sequence >= e.Sequence {
		r.find(SectionEvent, l.Sequence, "it stands after event %d: lines were put in another order or are there twice", r.bundle.Events[n-1].Sequence)
		return
	}
	r.bundle.Events = append(r.bundle.Events, e)
}

func (r *reading) end(l *endLine, n int, file []byte) {
	if l.Lines != n {
		r.find(SectionEnd, 0, "it says that there are %d lines, and there are %d: lines were added or taken away", l.Lines, n)
	}
	before := file[:bytes.LastIndexByte(bytes.TrimSuffix(file, []byte("\n")), '\n')+1]
	if sum := sha256.Sum256(before); l.All != hex.EncodeToString(sum[:]) {
		r.find(SectionEnd, 0, "the lines before it are not those that it was written after: some were altered, added, taken away or put in another order")
	}
}
