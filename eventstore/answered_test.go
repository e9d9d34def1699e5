package eventstore

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// A cluster is silent about a stream whose leader is being elected: what is asked then is asked again, while an answer,
// also one that refuses, is an answer. That the cluster has nobody to ask is not.
func TestSilenceIsAskedAgain(t *testing.T) {
	s := &Store{config: Config{OutcomeTimeout: time.Second}}
	asked := func(answers ...error) (times int, err error) {
		err = s.answered(t.Context(), func(context.Context) error {
			times++
			return answers[min(times, len(answers))-1]
		})
		return times, err
	}
	for _, silence := range []error{context.DeadlineExceeded, nats.ErrNoResponders, nats.ErrTimeout, &jetstream.APIError{ErrorCode: codeClusterUnavailable}} {
		times, err := asked(silence, silence, nil)
		require.NoError(t, err)
		require.Equal(t, 3, times)
	}
	for _, answer := range []error{jetstream.ErrStreamNotFound, jetstream.ErrJetStreamNotEnabled, &jetstream.APIError{ErrorCode: codeNoPeers}, nats.ErrConnectionClosed} {
		times, err := asked(answer)
		require.ErrorIs(t, err, answer)
		require.Equal(t, 1, times)
	}
	times, err := asked(context.DeadlineExceeded)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Greater(t, times, 1)
}
