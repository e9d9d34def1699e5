package projections

import (
	"iter"

	"careledger/domain"
)

// stored is an event kept as the bytes it has on the log.
type stored struct {
	sequence uint64
	entity   domain.Entity
	typ      domain.Type
	data     []byte
}

// storedColumns are events kept as they stand, in log order.
type storedColumns struct {
	sequence          []uint64
	entity, typ, data textColumn
}

func (s *storedColumns) len() int { return len(s.sequence) }

func (s *storedColumns) at(i int) stored {
	return stored{s.sequence[i], domain.Entity(s.entity.at(i)), domain.Type(s.typ.at(i)), s.data.in(i)}
}

func (s *storedColumns) all() iter.Seq[stored] {
	return func(yield func(stored) bool) {
		for i := range s.sequence {
			if !yield(s.at(i)) {
				return
			}
		}
	}
}

// where returns the events that keep accepts.
func (s *storedColumns) where(keep func(stored) bool) iter.Seq[stored] {
	return func(yield func(stored) bool) {
		for e := range s.all() {
			if keep(e) && !yield(e) {
				return
			}
		}
	}
}

func (s *storedColumns) add(e stored) {
	s.sequence = append(s.sequence, e.sequence)
	s.entity.add(string(e.entity))
	s.typ.add(string(e.typ))
	s.data.addBytes(e.data)
}
