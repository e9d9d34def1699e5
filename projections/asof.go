package projections

import (
	"fmt"
	"iter"
	"math"
	"sync/atomic"
	"time"

	"careledger/domain"
)

// AsOf is a moment of knowledge: every event up to a sequence, every event recorded up to a time, or those of the one that are also of
// the other. The zero AsOf is before the first event.
type AsOf struct {
	Sequence uint64    // Head for all; with a Time also 0 is all
	Time     time.Time // zero where the sequence alone counts
}

// Head is every event of the log.
const Head = math.MaxUint64

// Now is the whole log.
var Now = AsOf{Sequence: Head}

// Moment is an AsOf as an answer states it.
type Moment struct {
	Sequence uint64    // of the last event known, 0 for none
	Recorded time.Time // the time asked for, or the latest recorded time among the events known; zero where there is neither
}

// visible says which rows were known at a moment, of the rows up to a position.
type visible struct {
	moment   Moment
	sequence uint32 // what came after it was not known
	byTime   bool
	time     int64
	recorded []int64
}

func (s *snapshot) visibility(at AsOf) visible {
	if !at.Time.IsZero() {
		v := visible{sequence: uint32(s.position), byTime: true, time: nanoseconds(at.Time), recorded: s.recorded}
		if at.Sequence != 0 {
			v.sequence = uint32(min(at.Sequence, s.position))
		}
		v.moment.Recorded = at.Time.UTC()
		for i := int(v.sequence); i > 0 && v.moment.Sequence == 0; i-- {
			if s.recorded[i-1] <= v.time {
				v.moment.Sequence = uint64(i)
			}
		}
		return v
	}
	v := visible{sequence: uint32(min(at.Sequence, s.position))}
	v.moment.Sequence = uint64(v.sequence)
	if v.sequence > 0 {
		latest := s.latest
		if uint64(v.sequence) < s.position {
			latest = math.MinInt64
			for _, at := range s.recorded[:v.sequence] {
				latest = max(latest, at)
			}
		}
		v.moment.Recorded = time.Unix(0, latest).UTC()
	}
	return v
}

// upTo is the visibility as of a sequence for a question that does not state its moment: finding the time of that looks at every event.
func (s *snapshot) upTo(sequence uint64) visible {
	v := visible{sequence: uint32(min(sequence, s.position))}
	v.moment.Sequence = uint64(v.sequence)
	return v
}

// nanoseconds returns t since 1970 within what 64 bits hold, the years 1678 to 2262; recorded times lie within.
func nanoseconds(t time.Time) int64 {
	switch {
	case t.Year() < 1700:
		return math.MinInt64
	case t.Year() > 2250:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// happened says whether the event of a sequence was known.
func (v *visible) happened(sequence uint32) bool {
	return sequence <= v.sequence && (!v.byTime || v.recorded[sequence-1] <= v.time)
}

// row says whether row i of a column group was known and not retracted.
func (v *visible) row(k *known, i int) bool {
	if !v.happened(k.from[i]) {
		return false
	}
	until := atomic.LoadUint32(&k.until[i])
	return until == 0 || !v.happened(until)
}

// payoutsAt folds the payouts as known at a moment.
func (s *snapshot) payoutsAt(v visible) (*domain.Payouts, error) {
	payouts := domain.NewPayouts()
	return payouts, v.each(s.payouts.all(), payouts.Apply)
}

// payoutAt folds the events of one payout as known at a moment; nil where there are none.
func (s *snapshot) payoutAt(v visible, entity domain.Entity) (*domain.Payout, error) {
	payouts := domain.NewPayouts()
	err := v.each(s.payouts.where(func(p stored) bool { return p.entity == entity }), payouts.Apply)
	return payouts.Payout(entity), err
}

// each decodes and visits the stored events that had happened.
func (v *visible) each(events iter.Seq[stored], visit func(*domain.Event) error) error {
	for p := range events {
		if !v.happened(uint32(p.sequence)) {
			continue
		}
		e, err := domain.DecodeEvent(p.sequence, p.typ, p.data)
		if err != nil {
			return err
		}
		if err := visit(&e); err != nil {
			return fmt.Errorf("fold event %d (%s): %w", e.Sequence, e.ID, err)
		}
	}
	return nil
}
