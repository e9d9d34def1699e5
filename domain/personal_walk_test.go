package domain

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzMayHoldPersonal: a line that the look at its bytes lets pass holds no number in any field.
func FuzzMayHoldPersonal(f *testing.F) {
	for _, line := range []string{
		`{"a":"19121212-1212"}`, `{"191212121212":1}`, `["\u00311212121212","121212\u002d1212","\u00a0121212-1212"]`, `{"a":1212121212}`,
		`{"a":"\\u0031212121212"}`, `{"a":"2015-03-01T08:00:00Z","id":"8a6e0804-2bd0-4672-b79d-d97027f9071a"}`, `"\n121212 1212`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if !mayHoldPersonal(line) {
			require.Empty(t, personalFields(line))
		}
	})
}

// BenchmarkMayHoldPersonal looks at a record without a number, as nearly all are.
func BenchmarkMayHoldPersonal(b *testing.B) {
	line := []byte(`{"type":"visit-performed","authority":"1281","entity":"case/k00017","effective":"2020-02-01","recorded":"2020-06-01T10:00:00Z",` +
		`"actor":"unit-7","data":{"unit":"ostra-torn","category":"care","band":"day","arrived":"2020-02-01T08:00:00Z","left":"2020-02-01T08:30:00Z"}}`)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if mayHoldPersonal(line) {
			b.Fatal("it holds none")
		}
	}
}
