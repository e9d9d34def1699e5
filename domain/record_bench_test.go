package domain_test

import (
	"testing"

	"careledger/domain"
	"careledger/domain/historytest"
)

// BenchmarkParseRecord reads the records of a history, one after the other; an operation is one record.
func BenchmarkParseRecord(b *testing.B) {
	lines := historytest.FromSeed(1, 2000).Lines
	bytes := 0
	for _, line := range lines {
		bytes += len(line)
	}
	b.SetBytes(int64(bytes / len(lines)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		domain.ParseRecord(lines[i%len(lines)], historytest.Now)
	}
}
