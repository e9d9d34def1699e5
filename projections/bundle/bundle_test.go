package bundle

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/eventstore"
	"careledger/projections"
)

// Of generated histories with every component kind, corrections, retroactive policies and adjustments.
func TestEveryPayoutOfALedgerIsProvenByItsBundle(t *testing.T) {
	payouts, adjusts, fewer, kinds := 0, 0, 0, map[string]int{}
	for _, seed := range []uint64{5, 6, 7, 13} { // between them they have what is required below
		p := history(t, seed, 130)
		for _, payout := range p.payouts() {
			latest := payout.Latest()
			var sequences [2][]uint64
			for i, redact := range []bool{false, true} {
				b, file := p.made(payout.Entity, redact) // which verifies what it made
				if !redact {
					v, err := Verify(t.Context(), file, Expected{Key: b.VerifierKey, Now: now})
					require.NoError(t, err)
					require.Empty(t, v.Findings)
					require.True(t, v.KeyExpected)
					require.Equal(t, latest.Total, v.Result.Total)
					require.True(t, v.Result.FourEyes)
					require.Len(t, v.Result.Lines, len(latest.Lines))
				}
				for _, e := range b.Events {
					sequences[i] = append(sequences[i], e.Sequence)
				}
			}
			require.Subset(t, sequences[0], sequences[1])
			if payouts++; len(sequences[1]) < len(sequences[0]) {
				fewer++
			}
			for i := range latest.Lines {
				if latest.Lines[i].Adjusts(latest.Month) {
					adjusts++
				}
			}
			why, err := p.table.Why(t.Context(), projections.WhyQuery{Payout: payout.Entity, AsOf: projections.Now})
			require.NoError(t, err)
			for _, l := range why.Lines {
				if l.Model != nil {
					kinds[l.Model.Kind]++
				}
			}
		}
	}
	t.Logf("%d payouts, %d of them with a smaller bundle when redacted, %d adjustments; lines by kind %v", payouts, fewer, adjusts, kinds)
	require.Positive(t, adjusts)
	require.Greater(t, fewer, payouts/2)
	for _, kind := range []compensation.ComponentKind{compensation.KindTime, compensation.KindFixed, compensation.KindGoalPremium, compensation.KindPersonPremium,
		compensation.KindSupplement, compensation.KindCap, compensation.KindAllocation} {
		require.Positive(t, kinds[string(kind)], kind)
	}
}

// The proofs are those of RFC 6962: another implementation of the tree accepts each.
func TestTheProofsOfABundleHoldInAnotherImplementation(t *testing.T) {
	p := history(t, 3, 100)
	checked := 0
	for _, payout := range p.payouts() {
		b, _ := p.made(payout.Entity, false)
		proofs, size, root, err := wholeProofs(b)
		require.NoError(t, err)
		require.Len(t, proofs, len(b.Events))
		for i, e := range b.Events {
			leaf := eventstore.LeafHash(b.Authority, e.Event)
			hashes := [][]byte{}
			for _, h := range proofs[i] {
				hashes = append(hashes, h[:])
			}
			require.NoError(t, proof.VerifyInclusion(rfc6962.DefaultHasher, e.Sequence-1, size, leaf[:], hashes, root[:]))
			checked++
		}
	}
	require.Positive(t, checked)
}

// wholeProofs returns the whole inclusion proof of each event of a bundle, in the form of RFC 6962, with the size and root of the checkpoint that
// they are of.
func wholeProofs(b *Bundle) (proofs [][][32]byte, size uint64, root [32]byte, err error) {
	signed, err := eventstore.VerifyCheckpoint(b.Checkpoint, b.VerifierKey, b.Cosigners...)
	if err != nil {
		return nil, 0, root, err
	}
	paths := eventstore.NewPaths(signed.Sequence)
	for _, e := range b.Events {
		whole, err := paths.Complete(e.Sequence, e.Proof)
		if err != nil {
			return nil, 0, root, err
		}
		paths.TakeUp(e.Sequence, eventstore.LeafHash(b.Authority, e.Event), whole)
		proof := make([][32]byte, len(whole))
		for i, h := range whole {
			proof[i] = h
		}
		proofs = append(proofs, proof)
	}
	return proofs, signed.Sequence, signed.Root, nil
}

func TestThereIsNoBundleOfWhatIsNotThere(t *testing.T) {
	p := history(t, 3, 60)
	_, _, err := Make(t.Context(), p.log, p.table, domain.Entity("payout/2016-01-nobody"), Options{Now: now})
	require.ErrorIs(t, err, projections.ErrNoWhy)
	require.ErrorContains(t, err, "careledger payout list")
}
