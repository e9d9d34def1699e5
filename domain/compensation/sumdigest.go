package compensation

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"careledger/domain"
)

// sumDigest begins the digest of a run. The digest commits to every posting of it: the same log position and models give the same digest on
// every machine. It is made so that what a hundred steps of a sweep have in common, which postings there are and their quantities, is hashed
// once. It is the SHA-256 of the line "careledger run v2" and of one line for each series that has a posting, sorted; a series is the
// postings of one policy, component and unit of quantity, over all documents of the policy; those of caps are a series of their own. The
// line's fields are separated by tabs:
//
//	policy component unit_of_quantity postings lists amounts
//
// postings is their number. lists is the SHA-256 (in hex) of the hashes of the series' groups. A group is the postings of one case (or
// patient, or of none), unit, category and band; groups stand in that order: those of no case first, a case before a patient of the same id,
// units by id (recipients by theirs), categories and bands as the contract lists them, none of them first. The hash of a group is the SHA-256 of
//
//	entity TAB provider TAB unit TAB category TAB band LF
//
// (entity is case/ID, patient/ID or empty) and of its postings, in canonical order (Plain.Evaluate), each of which is
//
//	months       since that of the posting before in the group, of the first since year 0
//	quantity     plus 1 if it is whole; otherwise 0, followed by the reduced fraction as a text
//	follow_up    and goal, texts: of premiums, caps, allocations and performance only
//	amount       in öre: of caps, allocations and performance only
//
// with numbers as unsigned varints, amounts zigzagged, and texts as their length and bytes.
//
// amounts is the SHA-256 (in hex) of the sums in öre, as zigzagged varints, by unit, category, band, month and rate in that order, lower
// rates first; of caps, allocations and performance it is "-". Under one rate a larger rate makes no posting smaller, so two runs of the same
// lists and sums pay the same for each posting.
const sumDigest = "careledger run v2\n"

// postingGroups hashes groups.
type postingGroups struct {
	facts     *Facts
	quantum   int64
	followUps bool
	hashes    []byte
	buffer    []byte
	month     domain.Month
	isOpen    bool
	fractions map[int64][]byte
}

// add is a group of its own, a stretch in order of month. Its hash may be known, and is noted where it is to be.
func (g *postingGroups) add(s *stretch, shared *groupHash) {
	if shared != nil && shared.known {
		g.hashes = append(g.hashes, shared.sum[:]...)
		return
	}
	g.open(s.cs, s.unit, s.category, s.band)
	for i, month := range s.months {
		g.posting(month, s.quantities[i], s.followUp, s.goal)
	}
	if g.close(); shared != nil {
		shared.known, shared.sum = true, [sha256.Size]byte(g.hashes[len(g.hashes)-sha256.Size:])
	}
}

func (g *postingGroups) open(cs uint32, unit uint16, category, band uint8) {
	b := g.buffer[:0]
	if cs != NoCase {
		c := &g.facts.Cases[cs]
		kind := domain.KindCase
		if c.Patient {
			kind = domain.KindPatient
		}
		b = append(append(append(b, kind...), '/'), c.ID...)
	}
	u := &g.facts.Units[unit]
	for _, word := range [...]string{u.Provider, u.ID, codeWord(domain.Categories, category), codeWord(domain.Bands, band)} {
		b = append(append(b, '\t'), word...)
	}
	b = append(b, '\n')
	g.buffer, g.month, g.isOpen = b, 0, true
}

func (g *postingGroups) posting(month domain.Month, quantity int64, followUp, goal int32) {
	months, number := uint64(month-g.month), uint64(quantity)+1
	b := g.buffer
	switch {
	case g.quantum != 1:
		b = append(binary.AppendUvarint(b, months), g.fraction(quantity)...)
	case months < 1<<7 && number < 1<<14 && number >= 1<<7: // nearly all minutes: what the next case writes
		b = append(b, byte(months), byte(number)|1<<7, byte(number>>7))
	default:
		b = binary.AppendUvarint(binary.AppendUvarint(b, months), number)
	}
	if g.followUps {
		b = appendText(appendText(b, g.facts.followUpID(followUp)), g.facts.goalID(goal))
	}
	g.buffer, g.month = b, month
}

// fraction returns what stands for a quantity in parts. There are few different ones.
func (g *postingGroups) fraction(quantity int64) []byte {
	known, ok := g.fractions[quantity]
	if !ok {
		if g.fractions == nil {
			g.fractions = map[int64][]byte{}
		}
		known = appendFraction(nil, big.NewRat(quantity, g.quantum))
		g.fractions[quantity] = known
	}
	return known
}

func appendFraction(b []byte, q *big.Rat) []byte {
	if q.IsInt() && q.Num().IsUint64() && q.Num().Uint64() < ^uint64(0) {
		return binary.AppendUvarint(b, q.Num().Uint64()+1)
	}
	return appendText(append(b, 0), q.RatString())
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// explicit adds a posting of a cap or grant, whose amount does not follow from a rate.
func (g *postingGroups) explicit(o *otherPosting) {
	b := appendFraction(binary.AppendUvarint(g.buffer, uint64(o.month-g.month)), o.quantity)
	g.month = o.month
	b = appendText(appendText(b, g.facts.followUpID(o.followUp)), g.facts.goalID(o.goal))
	g.buffer = binary.AppendVarint(b, int64(o.amount))
}

// close hashes the group that is open, if one is.
func (g *postingGroups) close() {
	if !g.isOpen {
		return
	}
	sum := sha256.Sum256(g.buffer)
	g.hashes, g.isOpen = append(g.hashes, sum[:]...), false
}

// digestLine is what a run's digest says of a series.
func digestLine(policy, component, unit string, t *tally, amounts string) string {
	return strings.Join([]string{policy, component, unit, strconv.Itoa(t.postings), hex.EncodeToString(t.lists[:]), amounts}, "\t") + "\n"
}

// digestOfLines returns the digest of the lines of a run's series.
func digestOfLines(lines []string) string {
	h := sha256.New()
	h.Write([]byte(sumDigest))
	slices.Sort(lines)
	for _, l := range lines {
		h.Write([]byte(l))
	}
	return hex.EncodeToString(h.Sum(nil))
}
