package web

import (
	"bytes"
	"net/http"

	"careledger/cmd/careledger/internal/report"
)

// fileName is the name, before its ending, of the file that holds the whole answer of a page, as the command line writes it with -o.
const fileName = "replay"

// fileForms are the files that there are, by ending. It must not be changed.
var fileForms = map[ending]struct {
	format report.Format
	media  string
}{
	asXLSX:       {report.XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	asSVG:        {report.SVG, "image/svg+xml"},
	asSwedishCSV: {report.SwedishCSV, "text/csv; charset=utf-8"},
	asCSV:        {report.CSV, "text/csv; charset=utf-8"},
	asJSON:       {report.JSON, "application/json"},
}

// serveFile answers with the file of a page, whole or not at all.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := s.read(r, p)
	if err != nil {
		return err
	}
	form, known := fileForms[v.as]
	if !known {
		return errNoPage
	}
	q, err := p.file(v)
	if err != nil {
		return err
	}
	name := fileName + string(v.as)
	q.Format = string(form.format)
	if v.as != asJSON && v.as != asCSV { // which the command names by their format
		q.GivenBy = append(q.GivenBy, "-o", name)
	}
	var b bytes.Buffer
	if err := s.config.Ledger.Ask(r.Context(), q, &b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", form.media)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, err = b.WriteTo(w)
	return err
}
