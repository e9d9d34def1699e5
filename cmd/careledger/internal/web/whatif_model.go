package web

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"path"
	"regexp"
	"strings"

	"careledger/domain/compensation"
	"careledger/replay"
)

// A model document that somebody sends is kept nowhere: it stands in the address, compressed, so that the address of an answer gives the same figures to whoever
// opens it, after a restart too.

const (
	sentBytes    = 256 << 10 // of the form that sends one
	modelBytes   = 64 << 10  // of a document
	modelLetters = 12 << 10  // of it in an address
)

// sentModel is a document that an address holds.
type sentModel struct {
	replay.Document
	word string // in the address: name:content
}

// errLargeModel is what is wrong with a document that an address cannot hold. It must not be changed.
var errLargeModel = wrongly("model-file", "what_if.wrong_large_model", modelBytes>>10, modelLetters>>10)

// errNotSent is what is wrong with a document that no form sent. It must not be changed.
var errNotSent = wrongly("document", "wrong.document")

var modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// packModel writes a document as a word of an address.
func packModel(d replay.Document) (sentModel, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err == nil {
		_, err = w.Write(d.Data)
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		return sentModel{}, err
	}
	return sentModel{d, d.Name + ":" + base64.RawURLEncoding.EncodeToString(b.Bytes())}, nil
}

// openModel reads what packModel wrote.
func openModel(word string) (sentModel, error) {
	name, letters, _ := strings.Cut(word, ":")
	raw, err := base64.RawURLEncoding.DecodeString(letters)
	if err != nil || !modelName.MatchString(name) || len(letters) > modelLetters {
		return sentModel{}, errNotSent
	}
	data, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(raw)), modelBytes+1))
	if err != nil || len(data) > modelBytes {
		return sentModel{}, errNotSent
	}
	return sentModel{replay.Document{Name: name, Data: data}, word}, nil
}

// sendModel takes a model document, as a file or as text, and leads to the page with it. One with an error is refused on the page, with each place.
func (s *Server) sendModel(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseMultipartForm(sentBytes); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return err
	}
	p := s.pageAt(whatIfPath)
	v, err := s.read(r, p)
	if err != nil {
		return err
	}
	u := *r.URL
	u.Path = whatIfPath
	v.request = r.WithContext(r.Context())
	v.request.URL = &u
	a, err := v.asked()
	if err != nil {
		return wrongAddress(err)
	}
	sent, text, err := v.sentModel()
	if err == nil {
		a.documents = append(a.documents, sent)
		http.Redirect(w, r, v.link(whatIfPath, a.values()), http.StatusSeeOther)
		return nil
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	refused := wrongField{Field: "model-file", Label: v.Say("what_if.send_model"), said: err}
	all, rest := wrongsOf(err)
	said := make([]string, len(all))
	for i, w := range all {
		said[i] = v.wrongAlone(w)
	}
	refused.Text, refused.Unsaid = strings.Join(said, "\n"), textOf(rest)
	a.wrong = append(a.wrong, refused)
	answer, err := v.whatIf(a, nil)
	if err != nil {
		return err
	}
	if content, is := answer.content.(*whatIfView); is {
		content.UploadWas = text
	}
	return v.write(w, answer)
}

// pageAt returns the page of a path.
func (s *Server) pageAt(path string) *page {
	for _, p := range s.pages {
		if p.path == path {
			return p
		}
	}
	return nil
}

// sentModel reads the document of the form. text is what was written in its field.
func (v *visit) sentModel() (sent sentModel, text string, err error) {
	r := v.request
	text = strings.ReplaceAll(r.PostFormValue("model-text"), "\r\n", "\n")
	name, data := "", []byte(text)
	file, header, err := r.FormFile("model-file")
	switch {
	case err == nil:
		defer file.Close()
		if data, err = io.ReadAll(file); err != nil {
			return sent, text, err
		}
		name = nameOf(header.Filename)
	case !errors.Is(err, http.ErrMissingFile) && !errors.Is(err, http.ErrNotMultipart):
		return sent, text, err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return sent, text, wrongly("model-file", "what_if.wrong_no_model")
	}
	if len(data) > modelBytes {
		return sent, text, errLargeModel
	}
	if name == "" {
		name = "model.yaml"
	}
	m, _, err := compensation.ParseModel(name, data)
	if err != nil {
		return sent, text, err
	}
	if header == nil {
		name = m.ID + ".yaml"
	}
	if sent, err = packModel(replay.Document{Name: name, Data: data}); err == nil && len(sent.word) > modelLetters {
		err = errLargeModel
	}
	return sent, text, err
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// nameOf is the name of a file without its folder, in characters that an address and a shell take as they stand.
func nameOf(file string) string {
	name := strings.TrimLeft(notInName.ReplaceAllString(path.Base(strings.ReplaceAll(file, `\`, "/")), "-"), "._-")
	if len(name) > 64 {
		name = name[len(name)-64:]
		name = strings.TrimLeft(name, "._-")
	}
	return name
}
