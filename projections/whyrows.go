package projections

import (
	"context"

	"careledger/domain"
)

// WhyRows is the derivation of a payout or of one of its lines, posting by posting, for whoever goes through them in order: the events behind a posting
// are read when its turn comes and let go of after it, so that a payout of any size takes the memory of its postings and of one part's events.
// What a *Why says beside its postings is left out.
type WhyRows struct {
	Authority string
	AsOf      Moment // of what became of the payout
	whole     *derivation
	part      int // how many postings the events are read for at a time
}

// whyRowsPart is of how many postings the events are read at a time: some 40 kB each, so that a part is some 40 MB. The cases of a part lie all over the
// log, whose blocks the server then loads anew for each part: smaller ones take longer and save nothing.
const whyRowsPart = 1024

// WhyRows computes the postings of a payout, or of a line or posting of it, and checks that they sum to the lines. First, Most and FewLines of the query are
// not looked at. Errors: those of Why.
func (t *Table) WhyRows(q WhyQuery) (*WhyRows, error) {
	q.First, q.Most, q.FewLines = 0, 0, 0
	d, _, asOf, err := t.derivation(q)
	if err != nil {
		return nil, err
	}
	if err := d.compute(); err != nil {
		return nil, err
	}
	return &WhyRows{t.authority, asOf, d, whyRowsPart}, nil
}

// Entities returns the cases and patients that the postings are of.
func (r *WhyRows) Entities() (all []domain.Entity) {
	seen := map[domain.Entity]bool{"": true}
	for _, l := range r.whole.lines {
		for _, i := range l.shown {
			if e := entityBehind(&l.compiled[i]); !seen[e] { // no grant: the compiled evaluator does not name it
				seen[e], all = true, append(all, e)
			}
		}
	}
	return all
}

// Each calls visit for each posting, in order of the lines and of the postings of each, but for those before the first ones that are to be skipped, whose
// events are not read. Of the line it says which it is. It stops when visit returns false.
// Errors: those of Why.
func (r *WhyRows) Each(ctx context.Context, skip int, visit func(l *domain.PayoutLine, p *WhyPosting) bool) error {
	var part []*derivedLine
	room := r.part
	for n, l := range r.whole.lines {
		for shown := l.shown; len(shown) > 0; {
			if skip > 0 {
				passed := min(skip, len(shown))
				skip, shown = skip-passed, shown[passed:]
				continue
			}
			taken := min(room, len(shown))
			some := *l
			some.shown = shown[:taken]
			part, room, shown = append(part, &some), room-taken, shown[taken:]
			if room == 0 {
				if more, err := r.derive(ctx, part, visit); !more || err != nil {
					return err
				}
				part, room = nil, r.part
			}
		}
		if n == len(r.whole.lines)-1 && len(part) > 0 {
			_, err := r.derive(ctx, part, visit)
			return err
		}
	}
	return nil
}

// derive derives the postings of a part and has them visited.
func (r *WhyRows) derive(ctx context.Context, lines []*derivedLine, visit func(l *domain.PayoutLine, p *WhyPosting) bool) (more bool, err error) {
	d := *r.whole
	d.lines, d.read, d.cases, d.readOf, d.left, d.passed, d.traced = lines, map[uint64]*whyRead{}, nil, nil, nil, nil, nil
	for _, l := range lines {
		l.reasons, l.rests = map[uint64]string{}, map[int][]uint64{}
	}
	if err := d.explain(ctx); err != nil {
		return false, err
	}
	for _, l := range lines {
		for _, i := range l.shown {
			if p := d.posting(l, i); !visit(l.PayoutLine, &p) {
				return false, nil
			}
		}
	}
	return true, nil
}
