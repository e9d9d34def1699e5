package projections

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"careledger/eventstore"
)

// facts compares the file that keeps the facts with what the log gives. Nothing else in a verification rests on it, but answers do: a
// checksum finds what decays in it, and not who changes it and the checksum too.
func (v *Verification) facts(ctx context.Context, t *Table, r *VerifyRequest) error {
	if v.skipped > 0 {
		v.Notes = append(v.Notes, fmt.Sprintf("the facts kept on disk were not compared: events that cannot be folded into facts stand on the log (%d)", v.skipped))
		return nil
	}
	want := t.contents()
	log, position := t.log, t.position
	t.release() // so that two tables are never held at once
	kept, err := Load(r.Facts, log)
	if errors.Is(err, ErrStale) {
		v.Facts = FactsUnused
		return nil
	}
	if err != nil {
		return err
	}
	if kept.Position() > position {
		v.Notes = append(v.Notes, "the facts kept on disk were not compared: they are of a later event than this verification")
		return nil
	}
	got, doing := [32]byte{}, "comparing the facts of "+v.Authority
	err = guarded(func() error {
		return kept.Fold(ctx, position, func(at uint64) { r.Progress(doing, at, position) })
	})
	if err == nil {
		got = kept.contents()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if damaged := (*eventstore.CorruptError)(nil); errors.As(err, &damaged) {
		v.damaged(damaged)
	}
	if v.Facts = FactsEqual; err != nil || got != want {
		v.Facts = FactsWrong
		v.find(Finding{What: "the facts kept in " + r.Facts + " are not what the log gives, though their checksums are right: answers that were given from them may be wrong",
			Do: "remove the file: it is made again from the log. Ask again what was asked since it was last known to be right"})
	}
	return nil
}

// contents is the SHA-256 of all columns.
func (t *Table) contents() (sum [32]byte) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	h := sha256.New()
	t.each(func(_ string, column any) {
		part := sha256.Sum256(asBlock(column).bytes())
		h.Write(part[:])
	})
	return [32]byte(h.Sum(nil))
}
