package report

import (
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"careledger/eventstore"
)

// Checkpoint is a signed head of a log, for programs.
type Checkpoint struct {
	Number       uint64        `json:"number,omitzero"` // in a list
	Size         uint64        `json:"size"`            // events
	Root         string        `json:"root"`            // base64
	Cosignatures []Cosignature `json:"cosignatures"`
	Note         string        `json:"note"` // C2SP tlog-checkpoint
}

// Cosignature is an auditor's.
type Cosignature struct {
	Name string    `json:"name"`
	Time time.Time `json:"time"`
}

// Checkpoints are those of one log, with the public key that checks them.
type Checkpoints struct {
	Authority   string       `json:"authority"`
	Origin      string       `json:"origin"`
	VerifierKey string       `json:"verifier_key"`
	Cosigners   []string     `json:"cosigners"` // verifier keys
	Checkpoints []Checkpoint `json:"checkpoints"`
	Proof       string       `json:"proof,omitempty"` // as C2SP tlog-witness takes it
}

// CheckpointOf states a checkpoint that has been verified.
func CheckpointOf(c *eventstore.Checkpoint, number uint64) Checkpoint {
	r := Checkpoint{Number: number, Size: c.Sequence, Root: base64.StdEncoding.EncodeToString(c.Root[:]), Cosignatures: []Cosignature{}, Note: string(c.Note)}
	for _, s := range c.Cosignatures {
		r.Cosignatures = append(r.Cosignatures, Cosignature{s.Name, s.Time})
	}
	return r
}

// Write lists the checkpoints. As a table, one alone, or a proof, is written as the text that others check.
func (c *Checkpoints) Write(w io.Writer, format Format, list bool) error {
	if format == Table && !list {
		text := c.Proof
		if text == "" {
			text = c.Checkpoints[0].Note
		}
		_, err := io.WriteString(w, text)
		return err
	}
	s := &sheet{heading: []string{fmt.Sprintf("%s: checkpoints of %s, each verified and found in the log", c.Authority, c.Origin), "key " + c.VerifierKey},
		columns: []column{{name: "number", number: true}, {name: "size", number: true}, {name: "root"}, {name: "cosigned_by"}}}
	for _, p := range c.Checkpoints {
		var by []string
		for _, s := range p.Cosignatures {
			by = append(by, s.Name)
		}
		number := ""
		if p.Number > 0 {
			number = strconv.FormatUint(p.Number, 10)
		}
		s.rows = append(s.rows, []string{number, strconv.FormatUint(p.Size, 10), p.Root, strings.Join(by, ", ")})
	}
	return s.write(w, format, c)
}
