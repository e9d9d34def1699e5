package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// authority is the invented municipality that careledger generate writes; policyID is the policy that the benchmark adds to it.
const (
	authority = "9999"
	policyID  = "peerbench"
)

// A person in home care for ten years makes some thousand records.
const (
	years                 = 10
	recordsPerPersonDecad = 1018
)

// History is a file of records, one JSON object a line, and what is to be known about it.
type History struct {
	Path    string
	Records int
	Bytes   int64
	Halfway time.Time // when the record in the middle of the file was registered
}

func historyFile(dir string) string { return filepath.Join(dir, "records.ndjson") }

// generate writes the municipality of about so many records, after the adoption of a policy on performed time that a sweep can change.
func generate(ctx context.Context, binary, dir string, records int) (h History, err error) {
	persons := max(1, records/recordsPerPersonDecad)
	h.Path = historyFile(dir)
	f, err := os.Create(h.Path)
	if err != nil {
		return h, err
	}
	adopted, err := adoption()
	if err != nil {
		return h, err
	}
	if _, err := f.Write(adopted); err != nil {
		return h, err
	}
	cmd := exec.CommandContext(ctx, binary, "generate", "--preset", "municipality", "--persons", strconv.Itoa(persons), "--years", strconv.Itoa(years))
	cmd.Stdout, cmd.Stderr = f, os.Stderr
	if err := cmd.Run(); err != nil {
		return h, fmt.Errorf("careledger generate: %w", err)
	}
	if h.Bytes, err = f.Seek(0, io.SeekEnd); err != nil {
		return h, err
	}
	if err := f.Close(); err != nil {
		return h, err
	}
	return h, h.measure()
}

// adoption is the record that adopts the policy of policyID, as a line.
func adoption() ([]byte, error) {
	m := adoptedModel()
	values := map[string]string{}
	for i, k := range hourKeys {
		values[k.category+"/"+k.regime] = kronor(m.Hour[i])
	}
	line, err := json.Marshal(map[string]any{
		"id": policyID + ".1", "type": "policy-adopted", "authority": authority, "entity": "policy/" + policyID,
		"effective": "2010-01-01", "recorded": "2010-01-01T08:00:00Z", "actor": "policy-officer-1",
		"data": map[string]any{
			"model": map[string]any{
				"id": policyID, "title": "Performed time", "currency": "SEK", "source": "invented for a benchmark",
				"parameters": map[string]any{"hourly_rate": map[string]any{"unit": "SEK/hour", "by": []string{"category", "regime"}, "values": map[string]any{"2010-01-01": values}}},
				"components": []any{map[string]any{"id": "performed", "kind": "time", "basis": "performed", "rate": "hourly_rate"}},
			},
			"from": "2010-01-01", "decided_by": "a benchmark", "decided_on": "2009-12-01",
		},
	})
	return append(line, '\n'), err
}

// Record is a line of a history, with what an event store keys it by.
type Record struct {
	Seq       int64  `json:"-"`
	Version   int    `json:"-"` // of its entity, from 1
	ID        string `json:"id"`
	Type      string `json:"type"`
	Entity    string `json:"entity"`
	Effective string `json:"effective"`
	Recorded  time.Time
	Actor     string
	Data      json.RawMessage
}

// each reads the records in order.
func (h *History) each(fn func(*Record) error) error {
	f, err := os.Open(h.Path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	in := bufio.NewScanner(f)
	in.Buffer(make([]byte, 1<<20), 16<<20)
	versions := map[string]int{}
	for seq := int64(1); in.Scan(); seq++ {
		r := Record{Seq: seq}
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			return fmt.Errorf("%s, line %d: %w", h.Path, seq, err)
		}
		versions[r.Entity]++
		r.Version = versions[r.Entity]
		if err := fn(&r); err != nil {
			return err
		}
	}
	return in.Err()
}

// measure counts the records and looks up the one in the middle.
func (h *History) measure() error {
	text, err := os.Open(h.Path)
	if err != nil {
		return err
	}
	defer func() { _ = text.Close() }() // only read
	in := bufio.NewReaderSize(text, 1<<20)
	for half := h.Bytes / 2; ; h.Records++ {
		line, err := in.ReadSlice('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", h.Path, h.Records+1, err)
		}
		before := half
		if half -= int64(len(line)); before > 0 && half <= 0 {
			var r Record
			if err := json.Unmarshal(bytes.TrimSpace(line), &r); err != nil {
				return fmt.Errorf("%s, line %d: %w", h.Path, h.Records+1, err)
			}
			h.Halfway = r.Recorded
		}
	}
}
