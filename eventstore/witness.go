package eventstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Head is how far a log reaches and what it holds: Root is the RFC 6962 tree hash of the events 1 to Sequence.
// Sequence 0: an empty log.
type Head struct {
	Sequence uint64
	Root     [32]byte
}

const (
	headSuffix = ".head"
	treeSuffix = ".tree"

	witnessMagic  = "careledger head\n"
	witnessRecord = 16 + 8 + 32 + 32 // magic, sequence, root, SHA-256 of those
	witnessSlot   = 4096             // slots are pages apart: a torn write spoils one
)

// witness is the file that says up to where the log has been acknowledged. Two slots take turns, so that a write torn by
// power loss leaves the head before it, which is still the head of everything acknowledged.
type witness struct {
	file *os.File // nil: a log without a directory, which nobody witnesses
	turn int64    // the slot that the next write goes to
}

// createWitness makes a witness of the empty log at path and opens it. A crash leaves either no witness or a whole one.
func createWitness(path string) (*witness, error) {
	b := make([]byte, 2*witnessSlot)
	copy(b, encodeHead(emptyHead()))
	err := writeAtomic(path, b)
	if err != nil {
		return nil, fmt.Errorf("creating the witness: %w", err)
	}
	w, _, err := openWitness(path)
	return w, err
}

func emptyHead() Head { return Head{Root: sha256.Sum256(nil)} }

// openWitness returns the witness and its newest whole head. The error is fs.ErrNotExist if there is no file.
func openWitness(path string) (*witness, Head, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, Head{}, fmt.Errorf("opening the witness: %w", err)
	}
	h, slot, err := newestHead(f)
	if err != nil {
		_ = f.Close() // read only so far
		return nil, Head{}, fmt.Errorf("%s: %w", path, err)
	}
	return &witness{file: f, turn: 1 - slot}, h, nil
}

func readWitness(path string) (Head, error) {
	f, err := os.Open(path)
	if err != nil {
		return Head{}, fmt.Errorf("opening the witness: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	h, _, err := newestHead(f)
	return h, err
}

var errWitnessDamaged = errors.New("neither of the witness's two records is whole")

func newestHead(f *os.File) (h Head, slot int64, err error) {
	slot = -1
	for i := range int64(2) {
		b := make([]byte, witnessRecord)
		if n, _ := f.ReadAt(b, i*witnessSlot); n < witnessRecord {
			continue // short: the other slot decides
		}
		got, ok := decodeHead(b)
		if ok && (slot < 0 || got.Sequence > h.Sequence) {
			h, slot = got, i
		}
	}
	if slot < 0 {
		return Head{}, 0, errWitnessDamaged
	}
	return h, slot, nil
}

func encodeHead(h Head) []byte {
	b := make([]byte, 0, witnessRecord)
	b = append(b, witnessMagic...)
	b = binary.BigEndian.AppendUint64(b, h.Sequence)
	b = append(b, h.Root[:]...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func decodeHead(b []byte) (h Head, ok bool) {
	body := b[:witnessRecord-sha256.Size]
	sum := sha256.Sum256(body)
	if !bytes.Equal(sum[:], b[len(body):]) || string(body[:len(witnessMagic)]) != witnessMagic {
		return Head{}, false
	}
	h.Sequence = binary.BigEndian.Uint64(body[len(witnessMagic):])
	copy(h.Root[:], body[len(witnessMagic)+8:])
	return h, true
}

// write makes h durable. A crash before it returns leaves the head before h or h itself; both are true of the log, because
// the log holds h's events already and nobody was told of them yet.
func (w *witness) write(h Head) error {
	if w.file == nil {
		return nil
	}
	if err := writeAt(w.file, encodeHead(h), w.turn*witnessSlot); err != nil {
		return fmt.Errorf("writing the witness: %w", err)
	}
	if err := unix.Fdatasync(int(w.file.Fd())); err != nil {
		return fmt.Errorf("syncing the witness: %w", err)
	}
	w.turn = 1 - w.turn
	return nil
}

func (w *witness) close() error {
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func notExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
