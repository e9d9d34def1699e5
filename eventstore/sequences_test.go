package eventstore

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// However sequences lie, the stretches are all of them in order, and a span that is read whole is worth it.
func TestStretchesAreWorthTheirSpan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var sequences []uint64
		seq := uint64(0)
		for range rapid.IntRange(1, 5).Draw(t, "parts") {
			step := rapid.Uint64Range(1, 40).Draw(t, "step")
			for range rapid.IntRange(1, 600).Draw(t, "events") {
				seq += step
				sequences = append(sequences, seq)
			}
		}
		last := false
		for i := 0; len(sequences) > 0; i++ {
			n, dense := nextStretch(sequences)
			require.Positive(t, n)
			if dense {
				span := sequences[n-1] - sequences[0] + 1
				require.GreaterOrEqual(t, n, denseFrom)
				require.LessOrEqual(t, span, uint64(denseStep*n+denseSlack))
			} else {
				require.False(t, i > 0 && !last, "what is scattered is read at once")
			}
			sequences, last = sequences[n:], dense
		}
	})
}

func TestAlteredEventsAreNeverReadBySequence(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 2000)
	leaf := leafHash(authority, Event{Sequence: 1201, Message: message("case/a", "other")})
	require.NoError(t, writeAt(l.tree.store, leaf[:], leafOffset(1201)))
	for _, step := range []uint64{1, 100} {
		var sequences []uint64
		for seq := uint64(1); seq <= 2000; seq += step {
			sequences = append(sequences, seq)
		}
		var last uint64
		err := l.ReadSequences(t.Context(), sequences, func(e Event) error { last = e.Sequence; return nil })
		var damaged *CorruptError
		require.ErrorAs(t, err, &damaged)
		require.Equal(t, uint64(1201), damaged.Sequence)
		require.Equal(t, 1201-step, last, "everything before it was read")
	}
}

func TestLostEventIsNoticedBySequence(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 500)
	// The tree knows an event more than the server has.
	require.NoError(t, l.extend(501, []tlog.Hash{leafHash(authority, Event{Sequence: 501, Message: message("case/a", "lost")})}))
	var last uint64
	err := l.ReadSequences(t.Context(), []uint64{1, 101, 201, 301, 501}, func(e Event) error { last = e.Sequence; return nil })
	var damaged *CorruptError
	require.ErrorAs(t, err, &damaged)
	require.Equal(t, uint64(501), damaged.Sequence)
	require.Equal(t, uint64(301), last)
}

// What direct get does not answer, the leader is asked for.
func TestSequencesAreReadWithoutDirectGet(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 500)
	c := streamConfig(careLog(authority), 1)
	c.AllowDirect = false
	_, err := l.store.js.UpdateStream(t.Context(), c)
	require.NoError(t, err)
	m, err := l.store.conn.Request("$JS.API.DIRECT.GET."+l.name, []byte(`{"seq":1}`), fetchStall)
	require.ErrorIs(t, err, nats.ErrNoResponders, "%v", m)
	want := []uint64{1, 80, 170, 260, 350, 500}
	var got []uint64
	require.NoError(t, l.ReadSequences(t.Context(), want, func(e Event) error { got = append(got, e.Sequence); return nil }))
	require.Equal(t, want, got)
}
