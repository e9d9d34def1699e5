package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"

	"careledger/domain"
)

// The register of exports remembers what of an authority has left for the accounting system, the bank and the providers:
// DIR/exports/AUTHORITY.ndjson, one line for each payout in each file. It is no part of the log: an export changes nothing that the
// ledger knows. It is only ever appended to.
//
// Lines are written and synced before the file gets its name. What a crash leaves between the two is a file remembered that is not
// there, so that the next export says too much, never too little. A crash while lines are written leaves some of them, the last perhaps
// torn: a torn last line stands for an export that was never reported, and gives way to the next one.

// exported is a line of the register: one payout in one file.
type exported struct {
	At        time.Time      `json:"at"` // UTC
	Kind      ExportKind     `json:"kind"`
	Payout    string         `json:"payout"`
	Version   string         `json:"version"` // event id of the payout-calculated
	Status    string         `json:"status"`  // of that version then
	Voucher   domain.Voucher `json:"voucher,omitzero"`
	Amount    domain.Money   `json:"amount"`
	Content   string         `json:"content"` // SHA-256 of what the file says of this payout
	SHA256    string         `json:"sha256"`  // of the file
	File      string         `json:"file"`    // its name, - for standard output
	Reference string         `json:"reference,omitzero"`
}

// register is the register of one authority. Whoever uses it holds Local.exporting; other processes are kept out by the lock on the
// data directory.
type register struct {
	path string
	all  []exported // in the order of the file
	end  int64      // where the last whole line ends
}

// openRegister reads the register, which need not be there.
func openRegister(dir, authority string) (*register, error) {
	r := &register{path: filepath.Join(dir, "exports", authority+".ndjson")}
	b, err := os.ReadFile(r.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the register of exports: %w", err)
	}
	for number := 1; len(b) > 0; number++ {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			break // torn
		}
		var e exported
		if err := json.Unmarshal(b[:end], &e, json.RejectUnknownMembers(true)); err != nil {
			return nil, fmt.Errorf("the register of exports %s is damaged on line %d (%w); take it from a backup, or move it aside: "+
				"what was exported before is then not known here",
				r.path, number, err)
		}
		r.all = append(r.all, e)
		r.end += int64(end) + 1
		b = b[end+1:]
	}
	return r, nil
}

// add appends lines and returns when they are on disk. A failure leaves the register as it was.
func (r *register) add(lines []exported) (err error) {
	var b bytes.Buffer
	for _, e := range lines {
		if err := json.MarshalWrite(&b, e); err != nil {
			return fmt.Errorf("write the register of exports: %w", err)
		}
		b.WriteByte('\n')
	}
	if err := os.MkdirAll(filepath.Dir(r.path), 0o700); err != nil {
		return fmt.Errorf("make the register of exports: %w", err)
	}
	f, err := os.OpenFile(r.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("write the register of exports: %w", err)
	}
	err = f.Truncate(r.end)
	if err == nil {
		if _, err = f.WriteAt(b.Bytes(), r.end); err == nil {
			err = f.Sync()
		}
		if err != nil {
			err = errors.Join(err, f.Truncate(r.end))
		}
	}
	err = errors.Join(err, f.Close())
	if err == nil && r.end == 0 { // the file or its directory may be new
		err = errors.Join(syncDir(filepath.Dir(r.path)), syncDir(filepath.Dir(filepath.Dir(r.path))))
	}
	if err != nil {
		return fmt.Errorf("write the register of exports; nothing is remembered of this one: %w", err)
	}
	r.all, r.end = append(r.all, lines...), r.end+int64(b.Len())
	return nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
