package compensation

import (
	"math/big"
	"math/bits"

	"careledger/domain"
)

// Batch is a run of postings of one component in canonical order, in columns. It is reused: a consumer that keeps anything
// copies it.
type Batch struct {
	Facts     *Facts
	Policy    string
	Document  int // which of the policy's documents
	Component *Component
	// QuantityUnit is what the quantities count: that of the component, and of a cap that of the capped postings.
	QuantityUnit string
	Quantum      int64 // Quantity counts 1/Quantum
	// Fraction is the quantity of the one posting of a batch of performance pay, whose Quantity is 0; nil in every other batch.
	Fraction *big.Rat

	Unit     []uint16
	Month    []domain.Month
	Case     []uint32 // NoCase for a unit's own posting
	Category []uint8  // NoCode for all but time and patient-months
	Band     []uint8
	FollowUp []int32 // row of FollowUps, -1 for none
	Goal     []int32 // row of Goals, -1 for none
	Quantity []int64
	Amount   []domain.Money
}

const (
	NoCase = ^uint32(0)
	NoCode = ^uint8(0)
)

// batchSize bounds a batch, so that it stays in the processor's cache.
const batchSize = 4096

func (b *Batch) add(unit uint16, month domain.Month, cs uint32, category, band uint8, followUp, goal int32, quantity int64, amount domain.Money) {
	b.Unit = append(b.Unit, unit)
	b.Month = append(b.Month, month)
	b.Case = append(b.Case, cs)
	b.Category = append(b.Category, category)
	b.Band = append(b.Band, band)
	b.FollowUp = append(b.FollowUp, followUp)
	b.Goal = append(b.Goal, goal)
	b.Quantity = append(b.Quantity, quantity)
	b.Amount = append(b.Amount, amount)
}

func (b *Batch) clear() {
	b.Unit, b.Month, b.Case, b.Category, b.Band = b.Unit[:0], b.Month[:0], b.Case[:0], b.Category[:0], b.Band[:0]
	b.FollowUp, b.Goal, b.Quantity, b.Amount = b.FollowUp[:0], b.Goal[:0], b.Quantity[:0], b.Amount[:0]
}

// rational returns the quantity of row i.
func (b *Batch) rational(i int) *big.Rat {
	if b.Fraction != nil {
		return b.Fraction
	}
	return big.NewRat(b.Quantity[i], b.Quantum)
}

// Posting returns row i in words, for readers that take few of them. Its Rate and Grant are not set.
func (b *Batch) Posting(i int) Posting {
	u := b.Facts.Units[b.Unit[i]]
	p := Posting{Policy: b.Policy, Component: b.Component.ID, Provider: u.Provider, Unit: u.ID, Month: b.Month[i],
		QuantityUnit: b.QuantityUnit, Quantity: Quantity{b.rational(i)}, Amount: b.Amount[i]}
	if b.Case[i] != NoCase {
		p.Case, p.Patient = b.Facts.Cases[b.Case[i]].ID, b.Facts.Cases[b.Case[i]].Patient
	}
	if b.Category[i] != NoCode {
		p.Category, p.Band = domain.Categories[b.Category[i]], domain.Bands[b.Band[i]]
	}
	if f := b.FollowUp[i]; f >= 0 {
		p.FollowUp, p.HeldOn, p.Occasion = b.Facts.FollowUps.ID[f], b.Facts.FollowUps.HeldOn[f], domain.Occasions[b.Facts.FollowUps.Occasion[f]]
	}
	if g := b.Goal[i]; g >= 0 {
		p.Goal, p.LifeArea = b.Facts.Goals.ID[g], lifeAreaWord(b.Facts.Goals.LifeArea[g])
	}
	return p
}

func lifeAreaWord(code uint8) string {
	if code == NoCode {
		return ""
	}
	return domain.LifeAreas[code]
}

// rate is an exact factor: öre per quantum are mantissa / divisor, in lowest terms.
type rate struct{ mantissa, divisor int64 }

// newRate returns the rate of value kronor per (per quanta), where value has at most the given decimals.
func newRate(value domain.Decimal, decimals int, quantum, per int64) (rate, error) {
	m, ok := value.Scaled(decimals)
	hi, d := bits.Mul64(uint64(quantum*per), uint64(pow10(decimals)))
	if !ok || hi != 0 || d > 1<<62 {
		return rate{}, &DigitsError{Value: value}
	}
	r := rate{m, int64(d)}
	for _, f := range []int64{2, 2, 5, 5} { // × 100 öre, by shortening the divisor where it goes
		if r.divisor%f == 0 {
			r.divisor /= f
			continue
		}
		if r.mantissa > (1<<62)/f || r.mantissa < -(1<<62)/f {
			return rate{}, &DigitsError{value, true}
		}
		r.mantissa *= f
	}
	common := greatestCommonDivisor(r.divisor, max(r.mantissa, -r.mantissa))
	return rate{r.mantissa / common, r.divisor / common}, nil
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// of returns quantity × rate rounded to whole öre, half away from zero, and false if it is too large. quantity is not negative.
func (r rate) of(quantity int64) (domain.Money, bool) {
	m, negative := uint64(r.mantissa), r.mantissa < 0
	if negative {
		m = -m
	}
	hi, lo := bits.Mul64(uint64(quantity), m)
	d := uint64(r.divisor)
	var carry uint64
	lo, carry = bits.Add64(lo, d/2, 0) // d odd has no exact half, so d/2 rounds rightly there too
	hi += carry
	if hi >= d {
		return 0, false
	}
	var q uint64
	if hi == 0 {
		q = lo / d
	} else {
		q, _ = bits.Div64(hi, lo, d)
	}
	if q > 1<<62 {
		return 0, false
	}
	if negative {
		return -domain.Money(q), true
	}
	return domain.Money(q), true
}
