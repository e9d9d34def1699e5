package ledger

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"careledger/eventstore"
)

// spool holds what an import has decided until the whole file is judged, on disk: memory holds the cases that the file is about
// and the ids it brings, not its events. The file has no name, so a crash leaves nothing.
type spool struct {
	file    *os.File
	w       *bufio.Writer
	commits int
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "careledger-import-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file for the import: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil { // gone when it is closed, also after a kill
		return nil, errors.Join(err, f.Close())
	}
	return &spool{file: f, w: bufio.NewWriterSize(f, 1<<20)}, nil
}

func (s *spool) close() error { return s.file.Close() }

// add keeps a commit of an authority.
func (s *spool) add(authority string, c eventstore.Commit) error {
	var b []byte
	b = appendText(b, []byte(authority))
	b = binary.AppendUvarint(b, c.First)
	b = binary.AppendUvarint(b, uint64(len(c.Guards)))
	for _, g := range c.Guards {
		b = appendText(b, []byte(g.Entity))
		b = binary.AppendUvarint(b, g.Last)
	}
	b = binary.AppendUvarint(b, uint64(len(c.Messages)))
	for _, m := range c.Messages {
		for _, t := range [][]byte{[]byte(m.Entity), []byte(m.Type), []byte(m.ID), m.Data} {
			b = appendText(b, t)
		}
	}
	s.commits++
	if _, err := s.w.Write(binary.AppendUvarint(nil, uint64(len(b)))); err != nil {
		return fmt.Errorf("keep the import in %s: %w", os.TempDir(), err)
	}
	if _, err := s.w.Write(b); err != nil {
		return fmt.Errorf("keep the import in %s: %w", os.TempDir(), err)
	}
	return nil
}

func appendText(b, t []byte) []byte { return append(binary.AppendUvarint(b, uint64(len(t))), t...) }

// each hands out the commits in the order they were added.
func (s *spool) each(visit func(authority string, c eventstore.Commit) error) error {
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("keep the import in %s: %w", os.TempDir(), err)
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r := bufio.NewReaderSize(s.file, 1<<20)
	for range s.commits {
		n, err := binary.ReadUvarint(r)
		if err != nil {
			return fmt.Errorf("read the import back: %w", err)
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(r, b); err != nil {
			return fmt.Errorf("read the import back: %w", err)
		}
		authority, c := readCommit(b)
		if err := visit(authority, c); err != nil {
			return err
		}
	}
	return nil
}

func readCommit(b []byte) (authority string, c eventstore.Commit) {
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		b = b[n:]
		return v
	}
	text := func() []byte {
		n := number()
		t := b[:n:n]
		b = b[n:]
		return t
	}
	authority, c.First = string(text()), number()
	for range number() {
		c.Guards = append(c.Guards, eventstore.Guard{Entity: string(text()), Last: number()})
	}
	for range number() {
		c.Messages = append(c.Messages, eventstore.Message{Entity: string(text()), Type: string(text()), ID: string(text()), Data: text()})
	}
	return authority, c
}
