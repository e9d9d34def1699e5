package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/export"
	"careledger/domain"
)

// ExportKind says what is exported, and for whom.
type ExportKind string

// The kinds of export.
const (
	ExportSIE           ExportKind = "sie"            // vouchers for the accounting system
	ExportPain001       ExportKind = "pain001"        // payment orders for the bank
	ExportStatementCSV  ExportKind = "statement-csv"  // statements for the providers
	ExportStatementXLSX ExportKind = "statement-xlsx" //
)

// ExportRequest asks for files made from payouts, with everything they need, so that it can be put to another process. Texts are as a
// person writes them; "" asks for the default.
//
// An export is asked for twice: without Written to get the files, and again with it once they are safely on disk, under a name that does
// not count yet. Only the second is remembered, and says what was exported before; so two exports at the same time know of each other,
// and a file that could not be written is not taken for one that went out.
type ExportRequest struct {
	Kind      ExportKind `json:"kind"`
	Authority string     `json:"authority,omitempty"`
	Payouts   []string   `json:"payouts,omitempty"` // 2016-03-lund-hemvard; in place of the months and the year
	From      string     `json:"from,omitempty"`    // months of the payouts
	To        string     `json:"to,omitempty"`
	Year      int        `json:"year,omitzero"`     // sie: of the vouchers
	Output    string     `json:"output,omitempty"`  // the name of the file, or the directory of several, for the register
	Written   string     `json:"written,omitempty"` // the Digest of the answer whose files are on disk

	SIE     export.SIESettings      `json:"sie,omitzero"`     // without what the ledger knows itself
	On      string                  `json:"on,omitempty"`     // pain001: the day of payment
	Debtor  export.Debtor           `json:"debtor,omitzero"`  // pain001
	Payees  map[string]export.Payee `json:"payees,omitempty"` // pain001: by provider
	Company string                  `json:"company,omitempty"`
}

// ExportAnswer is what was made.
type ExportAnswer struct {
	Authority string       `json:"authority"`
	Files     []ExportFile `json:"files"`
	Digest    string       `json:"digest"`              // SHA-256 over the files
	Summary   string       `json:"summary"`             // what is in them, in words
	Left      []string     `json:"left,omitempty"`      // what was selected and is not in the files, each with its reason
	Remarks   []string     `json:"remarks,omitempty"`   // what the register of exports says of these payouts
	Reference string       `json:"reference,omitempty"` // pain001: the id of the message
	Ordered   []string     `json:"ordered,omitempty"`   // pain001: the payouts that it orders to be paid
}

// ExportFile is a file, whole.
type ExportFile struct {
	Name string `json:"name,omitempty"` // "" for the only one, which the asker names
	Data []byte `json:"data"`
}

// ErrExportChanged says that a payout has changed between the two times that an export is asked for.
var ErrExportChanged = errors.New("the payouts have changed while the file was written, and nothing was exported; give the command again")

// Export makes files from payouts and, once they are on disk, remembers that they were made.
func (l *Local) Export(ctx context.Context, r ExportRequest) (answer *ExportAnswer, err error) {
	defer l.acted(true, commandExport, time.Now(), &err)
	w, err := r.read()
	if err != nil {
		return nil, &Wrong{err}
	}
	l.exporting.Lock()
	defer l.exporting.Unlock()
	o, err := l.answering(ctx, r.Authority)
	if err != nil {
		return nil, err
	}
	if err := w.take(o); err != nil {
		return nil, err
	}
	if err := w.make(); err != nil {
		if errors.Is(err, export.ErrNothingToPay) { // the reasons are the answer
			remarks, failed := w.remember(l.config, "")
			err = errors.Join(fmt.Errorf("%w%s", err, indented(append(w.answer.Left, remarks...))), failed)
		}
		return nil, err
	}
	if w.answer.Digest = w.digest(); r.Written != "" {
		if r.Written != w.answer.Digest {
			return nil, ErrExportChanged
		}
		w.answer.Remarks, err = w.remember(l.config, r.Output)
	}
	return &w.answer, err
}

func indented(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString("\n  " + l)
	}
	return b.String()
}

// exportWork is an export on its way.
type exportWork struct {
	ExportRequest
	from, to domain.Month // 0 for no bound
	on       domain.Date

	payouts   *domain.Payouts
	parties   *domain.Parties
	unitNames map[string]string
	selected  []*selected // in order of their entities and versions
	answer    ExportAnswer
}

// selected is a version of a payout that is asked for.
type selected struct {
	payout  export.Payout
	version *domain.PayoutVersion
	content string // SHA-256 of what the files say of it; "" for one that they leave out
	file    int    // index of its file
}

func (r ExportRequest) read() (*exportWork, error) {
	w := &exportWork{ExportRequest: r}
	var errs []error
	switch r.Kind {
	case ExportStatementCSV, ExportStatementXLSX:
	case ExportSIE:
		errs = append(errs, r.SIE.Check())
	case ExportPain001:
		errs = append(errs, r.Debtor.Check())
		if r.On == "" {
			errs = append(errs, errors.New("--on is required: the day on which the bank is to pay"))
		}
	default:
		return nil, fmt.Errorf("%q is not a kind of export; use sie, pain001, statement-csv or statement-xlsx", r.Kind)
	}
	month := func(flag, text string, to *domain.Month) {
		var err error
		if text != "" {
			if *to, err = domain.ParseMonth(text); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", flag, err))
			}
		}
	}
	month("--from", r.From, &w.from)
	month("--to", r.To, &w.to)
	if r.From != "" && r.To != "" && w.from > w.to && errors.Join(errs...) == nil {
		errs = append(errs, fmt.Errorf("--from %s is after --to %s", w.from, w.to))
	}
	if r.On != "" {
		var err error
		if w.on, err = domain.ParseDate(r.On); err != nil {
			errs = append(errs, fmt.Errorf("--on: %w", err))
		}
	}
	ranged := r.From != "" || r.To != "" || r.Year != 0
	switch {
	case ranged && len(r.Payouts) > 0:
		errs = append(errs, errors.New("name the payouts or give months or a year, not both"))
	case !ranged && len(r.Payouts) == 0:
		errs = append(errs, errors.New("say which payouts: name them, or give their months (for vouchers also --year)"))
	case r.Year != 0 && r.Kind != ExportSIE:
		errs = append(errs, errors.New("a year is of vouchers, which only a SIE file has"))
	}
	return w, errors.Join(errs...)
}

// digest is over the files with their names.
func (w *exportWork) digest() string {
	h := sha256.New()
	for _, f := range w.answer.Files {
		fmt.Fprintf(h, "%s %s\n", sha(f.Data), f.Name)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sha(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// remember says what the register knows of the payouts and, where output names what is on disk, adds this export to it.
func (w *exportWork) remember(c Config, output string) ([]string, error) {
	if c.ServerURL != "" || c.Dir == "" {
		return []string{"note: exports from a server are not remembered (the register of exports is kept in a data directory), so whether these payouts " +
			"were exported before is not known"}, nil
	}
	r, err := openRegister(c.Dir, w.answer.Authority)
	if err != nil {
		return nil, err
	}
	now := map[string]*domain.PayoutVersion{}
	for _, p := range w.payouts.All() {
		for _, v := range p.Versions {
			now[v.EventID] = v
		}
	}
	remarks := r.remember(w.Kind, w.answer.Reference, w.selected, now)
	if output == "" {
		return remarks, nil
	}
	var lines []exported
	at := time.Now().UTC().Truncate(time.Second)
	for _, s := range w.selected {
		if s.content == "" {
			continue
		}
		f, v := w.answer.Files[s.file], s.version
		name := output
		if f.Name != "" {
			name = filepath.Join(output, f.Name)
		}
		lines = append(lines, exported{At: at, Kind: w.Kind, Payout: s.payout.ID, Version: v.EventID, Status: v.Status(), Voucher: v.Voucher,
			Amount: v.Total, Content: s.content, SHA256: sha(f.Data), File: name, Reference: w.answer.Reference})
	}
	return remarks, r.add(lines)
}
