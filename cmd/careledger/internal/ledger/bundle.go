package ledger

import (
	"fmt"
	"strings"
	"time"

	"careledger/domain"
	"careledger/projections/bundle"
)

// bundle answers with the audit bundle of a payout: the bytes of the file, whatever the format asked for.
func (a *question) bundle() error {
	payout, err := domain.ParseEntity(string(domain.NewEntity(domain.KindPayout, strings.TrimPrefix(a.Payout, "payout/"))))
	if err != nil {
		return &Wrong{fmt.Errorf("%q is no payout; write one as payout list shows it, 2016-03-lund-hemvard", a.Payout)}
	}
	_, file, err := bundle.Make(a.ctx, a.log, a.table, payout, bundle.Options{Redact: a.Redact, Now: time.Now()})
	if err != nil {
		return noProofDir(err)
	}
	_, err = a.w.Write(file)
	return err
}
