package compensation

import (
	"cmp"
	"crypto/sha256"
	"math/big"
	"math/bits"
	"slices"

	"careledger/domain"
)

// tally is what a component counts over the whole period, whatever is paid for it: for each place how many whole moduli its quantities
// hold, and how many of them leave which remainder. A rate of m/d öre a quantum, where d divides the modulus, pays a quantity of
// w × modulus + r just w × (m × modulus/d) öre and what r comes to, rounded. So a place comes to the sum of its w times one number, and
// for each remainder its count times another; and that is the sum of its postings, each of them rounded by itself.
//
// A place is one month of a block.
type tally struct {
	period  Period
	months  int
	quantum int64 // quantities are counted in 1/quantum
	modulus int64
	inverse uint64 // ⌊2^64 / modulus⌋ + 1, so that a division is a multiplication

	blocks     []block // sorted, once the tally is complete
	index      map[block]int32
	bare       []int32  // index of the blocks without more than unit, category and band, plus one
	whole      []int64  // by place
	remainders []uint32 // by place × modulus + remainder

	// Known once the tally is complete.
	postings   int
	wholes     int64             // the sum of whole
	count      []uint32          // postings by place
	quantity   []int64           // by place, in 1/quantum
	fractions  map[int]*big.Rat  // by place, of performance pay: what is no number of quanta
	lists      [sha256.Size]byte // commits to the keys and quantities of all postings (sumdigest.go)
	compound   bool              // some blocks differ in more than unit, category and band
	incomplete bool              // counting met an error
}

// block is what the postings of a row of places share. Life area and occasion are NoCode unless rows are asked for by them. Cut numbers the
// parts of a month that have different values or documents: it is 0 but for premiums after a change within the month.
type block struct {
	unit               uint16
	category, band     uint8
	lifeArea, occasion uint8
	cut                uint8
}

func (b block) compare(c block) int {
	return cmp.Or(cmp.Compare(b.unit, c.unit), cmp.Compare(b.category+1, c.category+1), cmp.Compare(b.band+1, c.band+1), // NoCode + 1 is 0
		cmp.Compare(b.lifeArea, c.lifeArea), cmp.Compare(b.occasion, c.occasion), cmp.Compare(b.cut, c.cut))
}

// isBare says whether the block is told apart by its unit, category and band alone.
func (b block) isBare() bool { return b.lifeArea == NoCode && b.occasion == NoCode && b.cut == 0 }

// modulusMost bounds the modulus, so that the remainders of a tally take some tens of megabytes at most: 600, for rates per hour in tenths of an
// öre, at up to fifty units over ten years; 60, for whole öre, at ten times as many.
func (p *Prepared) modulusMost() int64 {
	const remainders, blocksOfUnit = 1 << 24, 4
	places := max(1, len(p.Units)*blocksOfUnit*len(p.firsts))
	return int64(max(1, min(600, remainders/places)))
}

// The last digits of bare are category and band, each with one more for none.
const (
	bareBands      = 8
	bareCategories = 8
)

func newTally(p *Prepared, quantum, modulus int64) *tally {
	return &tally{period: p.Period, months: max(0, int(p.To-p.From)+1), quantum: quantum, modulus: modulus, inverse: ^uint64(0)/uint64(modulus) + 1,
		index: map[block]int32{}, bare: make([]int32, len(p.Units)*bareCategories*bareBands)}
}

// base returns the first place of a block, which is made if it is new.
func (t *tally) base(b block) int {
	if !b.isBare() {
		i, known := t.index[b]
		if !known {
			i = t.newBlock(b)
		}
		return int(i) * t.months
	}
	at := &t.bare[(int(b.unit)*bareCategories+int(b.category+1)%bareCategories)*bareBands+int(b.band+1)%bareBands] // NoCode + 1 is 0
	if *at == 0 {
		*at = t.newBlock(b) + 1
	}
	return int(*at-1) * t.months
}

// find returns the first place of a block of a complete tally.
func (t *tally) find(b block) int { return int(t.index[b]) * t.months }

func (t *tally) newBlock(b block) int32 {
	i := int32(len(t.blocks))
	t.blocks, t.index[b] = append(t.blocks, b), i
	t.whole = append(t.whole, make([]int64, t.months)...)
	t.remainders = append(t.remainders, make([]uint32, t.months*int(t.modulus))...)
	return i
}

// add counts the quantities of a stretch in the places of a block.
func (t *tally) add(b block, s *stretch) {
	base := t.base(b) - int(t.period.From)
	if t.modulus == 1 {
		for i, month := range s.months {
			place := base + int(month)
			t.whole[place] += s.quantities[i]
			t.remainders[place]++
		}
		return
	}
	for i, month := range s.months {
		place, q := base+int(month), uint64(s.quantities[i])
		w := q / uint64(t.modulus)
		if q < 1<<32 {
			w, _ = bits.Mul64(q, t.inverse) // exact: q × modulus is below 2^64
		}
		t.whole[place] += int64(w)
		t.remainders[place*int(t.modulus)+int(q-w*uint64(t.modulus))]++
	}
}

// merge adds another count of the same component, of other cases.
func (t *tally) merge(more *tally) {
	d := int(t.modulus)
	for i, b := range more.blocks {
		to, from := t.base(b), i*t.months
		for m := range t.months {
			t.whole[to+m] += more.whole[from+m]
		}
		for r := range t.months * d {
			t.remainders[to*d+r] += more.remainders[from*d+r]
		}
	}
}

// complete sorts the blocks and sums up the places.
func (t *tally) complete() {
	order := make([]int, len(t.blocks))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return t.blocks[i].compare(t.blocks[j]) })
	sorted, d := *t, int(t.modulus)
	sorted.blocks, sorted.whole, sorted.remainders = nil, make([]int64, 0, len(t.whole)), make([]uint32, 0, len(t.remainders))
	for n, i := range order {
		sorted.blocks = append(sorted.blocks, t.blocks[i])
		sorted.index[t.blocks[i]] = int32(n)
		sorted.compound = sorted.compound || !t.blocks[i].isBare()
		from, to := i*t.months, (i+1)*t.months
		sorted.whole, sorted.remainders = append(sorted.whole, t.whole[from:to]...), append(sorted.remainders, t.remainders[from*d:to*d]...)
	}
	*t = sorted
	t.bare = nil
	t.count, t.quantity = make([]uint32, len(t.whole)), make([]int64, len(t.whole))
	for place, whole := range t.whole {
		n, rest := uint32(0), int64(0)
		for r, of := range t.remainders[place*d : (place+1)*d] {
			n += of
			rest += int64(r) * int64(of)
		}
		t.count[place], t.quantity[place] = n, whole*t.modulus+rest
		t.postings += int(n)
		t.wholes += whole
	}
}

// bytes is about how much memory the tally takes.
func (t *tally) bytes() int {
	const ofBlock = 48 // in blocks and index
	return len(t.blocks)*ofBlock + (len(t.whole)+len(t.quantity))*8 + (len(t.remainders)+len(t.count))*4
}

// weights are what a rate pays for one modulus and for each remainder, in öre.
type weights struct {
	rate      rate
	whole     int64
	remainder []int64
}

// weightsOf returns the weights of a rate, and false if its divisor does not divide the modulus, or the tally under it could come to more than
// can be held.
func (t *tally) weightsOf(r rate) (w weights, ok bool) {
	w = weights{rate: r, remainder: make([]int64, t.modulus)}
	if t.modulus%r.divisor != 0 {
		return w, false
	}
	w.whole = r.mantissa * (t.modulus / r.divisor)
	if w.whole/(t.modulus/r.divisor) != r.mantissa || !within(w.whole, t.wholes) {
		return w, false
	}
	for q := range w.remainder {
		amount, ok := r.of(int64(q))
		if !ok || !within(int64(amount), int64(t.postings)) {
			return w, false
		}
		w.remainder[q] = int64(amount)
	}
	return w, true
}

// within says whether a × b stays well below what 64 bits hold; b is not negative.
func within(a, b int64) bool {
	hi, lo := bits.Mul64(uint64(max(a, -a)), uint64(b))
	return hi == 0 && lo < 1<<61
}

// pay sets the amounts of the places [from, to) to what their postings come to.
func (t *tally) pay(from, to int, w *weights, amounts []domain.Money) {
	d := len(w.remainder)
	counts := t.remainders[from*d : to*d]
	for place := from; place < to; place++ {
		sum := t.whole[place] * w.whole
		for r, amount := range w.remainder {
			sum += int64(counts[r]) * amount
		}
		counts = counts[d:]
		amounts[place] = domain.Money(sum)
	}
}
