package tables

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"careledger/domain"
)

// Tables on their way from the process that has the ledger open to the one that writes the files: a line of JSON with their origin; for each
// partition a line of JSON (Partition) and its bytes; and a line that counts them, so that what was cut off is not taken for the whole.

// streamed is a line.
type streamed struct {
	Origin    *Origin    `json:"origin,omitempty"`
	Unchanged bool       `json:"unchanged,omitzero"` // with Origin: the log stands where the asker knows it to stand, and nothing follows
	Partition *Partition `json:"partition,omitempty"`
	End       *int       `json:"end,omitempty"` // how many partitions there were
}

// Writer writes tables.
type Writer struct {
	w     io.Writer
	count int
}

// NewWriter begins with the origin of the tables.
func NewWriter(w io.Writer, from Origin) (*Writer, error) {
	t := &Writer{w: w}
	return t, t.line(streamed{Origin: &from})
}

// WriteUnchanged says that nothing has changed since the origin.
func WriteUnchanged(w io.Writer, since Origin) error {
	return (&Writer{w: w}).line(streamed{Origin: &since, Unchanged: true})
}

func (t *Writer) line(s streamed) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = t.w.Write(append(b, '\n'))
	return err
}

// Write adds a partition.
func (t *Writer) Write(p *Partition) error {
	if err := t.line(streamed{Partition: p}); err != nil {
		return err
	}
	t.count++
	_, err := t.w.Write(p.Data)
	return err
}

// Close says that this was all of them.
func (t *Writer) Close() error { return t.line(streamed{End: &t.count}) }

// Reader reads what a Writer has written.
type Reader struct {
	Origin
	Unchanged bool // there is no partition to read
	r         *bufio.Reader
	count     int
}

// NewReader reads the origin.
func NewReader(r io.Reader) (*Reader, error) {
	t := &Reader{r: bufio.NewReader(r)}
	s, err := t.line()
	if err != nil {
		return nil, err
	}
	if s.Origin == nil {
		return nil, errors.New("read the tables: they do not say what they were made from")
	}
	t.Origin, t.Unchanged = *s.Origin, s.Unchanged
	return t, nil
}

func (t *Reader) line() (s streamed, err error) {
	b, err := t.r.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return s, fmt.Errorf("read the tables: %w", err)
	}
	if err := json.Unmarshal(bytes.TrimSuffix(b, []byte("\n")), &s); err != nil {
		return s, fmt.Errorf("read the tables: %w", err)
	}
	return s, nil
}

// Next returns the next partition, io.EOF after the last. The error is io.ErrUnexpectedEOF where they were cut off.
func (t *Reader) Next() (*Partition, error) {
	s, err := t.line()
	if err != nil {
		return nil, err
	}
	switch p := s.Partition; {
	case s.End != nil && *s.End == t.count:
		return nil, io.EOF
	case p == nil || !Names().Has(p.Table) || p.Bytes < 0:
		return nil, errors.New("read the tables: they are not in order; ask again")
	default:
		var b bytes.Buffer
		if _, err := domain.ParseMonth(p.Month); err != nil {
			return nil, fmt.Errorf("read table %s: %w", p.Table, err)
		}
		if _, err := io.CopyN(&b, t.r, int64(p.Bytes)); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("read table %s of %s: %w", p.Table, p.Month, err)
		}
		if sum := sha256.Sum256(b.Bytes()); hex.EncodeToString(sum[:]) != p.SHA256 {
			return nil, fmt.Errorf("read table %s of %s: its bytes are not those that were sent; ask again", p.Table, p.Month)
		}
		p.Data = b.Bytes()
		t.count++
		return p, nil
	}
}
