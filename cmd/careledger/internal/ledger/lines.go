package ledger

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"careledger/domain"
)

// maxLine bounds a record's line.
const maxLine = 4 << 20

// parsed is a line that has been read.
type parsed struct {
	line int
	raw  []byte
	candidate
	problems domain.Problems
	err      error // the event cannot be encoded
}

// parseLines reads records and hands them to visit in order. Parsing uses all cores; visit is called by one goroutine at a time.
func parseLines(ctx context.Context, r io.Reader, now time.Time, visit func(parsed) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type batch struct {
		lines  [][]byte
		first  []int
		parsed []parsed
		done   chan struct{}
	}
	work, ordered := make(chan *batch), make(chan *batch, 4*runtime.GOMAXPROCS(0))
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for b := range work {
				for i, line := range b.lines {
					p := parsed{line: b.first[i], raw: line}
					if p.Event, p.problems = domain.ParseRecord(line, now); len(p.problems) == 0 {
						p.candidate, p.err = newCandidate(p.Event, nil)
					}
					b.parsed = append(b.parsed, p)
				}
				close(b.done)
			}
		})
	}
	var failed error
	workers.Go(func() {
		defer close(work)
		defer close(ordered)
		b := &batch{done: make(chan struct{})}
		send := func() bool {
			select {
			case ordered <- b:
				work <- b
			case <-ctx.Done():
				return false
			}
			b = &batch{done: make(chan struct{})}
			return true
		}
		failed = readLines(r, func(number int, line []byte) error {
			b.lines, b.first = append(b.lines, line), append(b.first, number)
			if len(b.lines) == 256 && !send() {
				return context.Cause(ctx)
			}
			return nil
		})
		if len(b.lines) > 0 && failed == nil && !send() {
			failed = context.Cause(ctx)
		}
	})
	var visitFailed error
	for b := range ordered {
		<-b.done
		for _, p := range b.parsed {
			if visitFailed == nil {
				if visitFailed = visit(p); visitFailed != nil {
					cancel(visitFailed)
				}
			}
		}
	}
	workers.Wait()
	if visitFailed != nil {
		return visitFailed
	}
	return failed
}

// readLines hands out the lines of r that are not blank, with their numbers from 1. A byte order mark is passed over.
func readLines(r io.Reader, visit func(number int, line []byte) error) error {
	br := bufio.NewReaderSize(r, 1<<20)
	for number := 1; ; number++ {
		line, err := readLine(br)
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read line %d: %w", number, err)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := visit(number, line); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

func readLine(br *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
		if len(line) > maxLine {
			return nil, fmt.Errorf("it is longer than %d bytes; a file of records holds one JSON object a line", maxLine)
		}
	}
}
