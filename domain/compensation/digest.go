package compensation

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"

	"careledger/domain"
)

// Digest is what a payout says of its postings (projections); that of a run is another one (sumdigest.go). It is the SHA-256 of postings in
// canonical form: the line "careledger postings v1", then one line a posting in canonical
// order (see Plain.Evaluate), its fields separated by tabs and ended by a newline:
//
//	policy component provider unit month case category band follow_up goal quantity unit_of_quantity amount
//
// with the quantity as a reduced fraction (22/31) or a whole number, and the amount in kronor with two decimals. case is the id of a
// case or a patient; what an allocation or performance pays has its recipient as provider and no unit. The same log
// position and models give the same digest on every machine.
type Digest struct {
	h     hash.Hash
	lines []byte
	// The fields that the postings of a component at a unit share, by unit; made when a unit first occurs.
	shared            [][]byte
	policy, component string
}

// NewDigest returns the digest of no postings.
func NewDigest() *Digest {
	d := &Digest{h: sha256.New()}
	d.h.Write([]byte("careledger postings v1\n"))
	return d
}

// Add consumes a batch.
func (d *Digest) Add(b *Batch) error {
	if d.policy != b.Policy || d.component != b.Component.ID || len(d.shared) != len(b.Facts.Units) {
		d.policy, d.component, d.shared = b.Policy, b.Component.ID, make([][]byte, len(b.Facts.Units))
	}
	end := "\t" + b.QuantityUnit + "\t"
	lines := d.lines[:0]
	for i, u := range b.Unit {
		if d.shared[u] == nil {
			unit := &b.Facts.Units[u]
			d.shared[u] = []byte(b.Policy + "\t" + b.Component.ID + "\t" + unit.Provider + "\t" + unit.ID + "\t")
		}
		var cs, category, band, followUp, goal string
		if b.Case[i] != NoCase {
			cs = b.Facts.Cases[b.Case[i]].ID
		}
		if b.Category[i] != NoCode {
			category, band = domain.Categories[b.Category[i]], domain.Bands[b.Band[i]]
		}
		if f := b.FollowUp[i]; f >= 0 {
			followUp = b.Facts.FollowUps.ID[f]
		}
		if g := b.Goal[i]; g >= 0 {
			goal = b.Facts.Goals.ID[g]
		}
		lines = appendMonth(append(lines, d.shared[u]...), b.Month[i])
		for _, s := range [...]string{cs, category, band, followUp, goal} {
			lines = append(append(lines, '\t'), s...)
		}
		lines = append(lines, '\t')
		if b.Quantum == 1 && b.Fraction == nil {
			lines = strconv.AppendInt(lines, b.Quantity[i], 10)
		} else {
			lines = append(lines, b.rational(i).RatString()...)
		}
		lines = append(appendMoney(append(lines, end...), b.Amount[i]), '\n')
	}
	d.h.Write(lines)
	d.lines = lines
	return nil
}

// AddPosting consumes one posting, of the plain evaluator.
func (d *Digest) AddPosting(p *Posting) {
	line := d.lines[:0]
	for _, field := range [...]string{p.Policy, p.Component, p.Provider, p.Unit, p.Month.String(), p.Case, p.Category, p.Band, p.FollowUp, p.Goal,
		p.Quantity.String(), p.QuantityUnit} {
		line = append(append(line, field...), '\t')
	}
	line = append(appendMoney(line, p.Amount), '\n')
	d.h.Write(line)
	d.lines = line
}

// appendMonth and appendMoney append what String returns, without its allocations.
func appendMonth(b []byte, m domain.Month) []byte {
	b = strconv.AppendInt(b, int64(m)/12, 10)
	n := byte(m%12) + 1
	return append(b, '-', '0'+n/10, '0'+n%10)
}

func appendMoney(b []byte, m domain.Money) []byte {
	u := uint64(m)
	if m < 0 {
		b, u = append(b, '-'), -u
	}
	b = strconv.AppendUint(b, u/100, 10)
	return append(b, '.', '0'+byte(u%100/10), '0'+byte(u%10))
}

// Sum returns the digest in hex.
func (d *Digest) Sum() string { return hex.EncodeToString(d.h.Sum(nil)) }
