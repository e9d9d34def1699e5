package domain_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
)

// Bytes that no record gives stop a reader with the sequence; they do not bring it down.
func TestAStoredEventThatLacksWhatItsFoldNeedsIsAnError(t *testing.T) {
	for _, c := range []struct{ member, line string }{
		{"minutes", `{"type":"time-reported","authority":"1281","entity":"case/k","effective":"2020-01-31","actor":"a","data":{"unit":"u","month":"2020-01","category":"care","band":"day","minutes":60}}`},
		{"minutes", `{"type":"health-time-reported","authority":"1281","entity":"patient/p","effective":"2020-01-31","actor":"a","data":{"unit":"u","month":"2020-01","kind":"somatic","profession":"nurse","minutes":60,"delegated":true}}`},
		{"delegated", `{"type":"health-time-reported","authority":"1281","entity":"patient/p","effective":"2020-01-31","actor":"a","data":{"unit":"u","month":"2020-01","kind":"somatic","profession":"nurse","minutes":60,"delegated":true}}`},
	} {
		e, ps := domain.ParseRecord([]byte(c.line), time.Now())
		require.Empty(t, ps)
		raw, err := e.Encode()
		require.NoError(t, err)
		_, err = domain.DecodeEvent(7, e.Type, raw)
		require.NoError(t, err)

		document := map[string]any{}
		require.NoError(t, json.Unmarshal(raw, &document))
		delete(document["data"].(map[string]any), c.member)
		raw, err = json.Marshal(document)
		require.NoError(t, err)
		_, err = domain.DecodeEvent(7, e.Type, raw)
		unknown := (*domain.UnknownEventError)(nil)
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, uint64(7), unknown.Sequence)
		assert.ErrorContains(t, err, "it has no data."+c.member)
	}
}
