package ledger

import (
	"fmt"
	"io"
	"strings"
	"time"

	"careledger/domain"
	"careledger/projections"
	"careledger/projections/bundle"
)

// bundle answers with the audit bundle of a payout: the bytes of the file, whatever the format asked for. It shows whom its events are of, and whom
// its derivation names.
func (a *question) bundle() (*answer, error) {
	payout, err := domain.ParseEntity(string(domain.NewEntity(domain.KindPayout, strings.TrimPrefix(a.Payout, "payout/"))))
	if err != nil {
		return nil, &Wrong{fmt.Errorf("%q is no payout; write one as payout list shows it, 2016-03-lund-hemvard", a.Payout)}
	}
	b, file, err := bundle.Make(a.ctx, a.log, a.table, payout, bundle.Options{Redact: a.Redact, Now: time.Now()})
	if err != nil {
		return nil, noProofDir(err)
	}
	now, err := a.table.Cut(projections.Now)
	if err != nil {
		return nil, err
	}
	shown := []domain.Entity{payout}
	for _, e := range b.Events {
		if of := domain.Entity(e.Entity); of.OfPerson() {
			shown = append(shown, of)
		}
	}
	derived, err := projections.PersonsIn(b.Derivation)
	if err != nil {
		return nil, err
	}
	return a.shows(now.Moment, append(derived, shown...), file, func(w io.Writer) error {
		_, err := w.Write(file)
		return err
	})
}
