package tables

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/parquet-go/parquet-go"

	"careledger/domain"
)

// Partition is one month of one table: a whole Parquet file.
type Partition struct {
	Table  string `json:"table"` // one of Names
	Month  string `json:"month"` // 2016-03
	Rows   int    `json:"rows"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
	Data   []byte `json:"-"`
}

// Names are the tables, in the order in which they are made.
func Names() domain.Codes {
	return domain.Codes{"postings", "premiums", "payouts", "payout_lines", "fulfilment", "follow_ups", "decisions"}
}

// partition encodes rows. A writer of its own for each: one that is used again writes other bytes for the same rows.
func partition[R any](table string, month domain.Month, rows []R) (*Partition, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[R](&b, parquet.CreatedBy("careledger", "1", table))
	if _, err := w.Write(rows); err != nil {
		return nil, fmt.Errorf("write table %s of %s: %w", table, month, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write table %s of %s: %w", table, month, err)
	}
	sum := sha256.Sum256(b.Bytes())
	return &Partition{Table: table, Month: month.String(), Rows: len(rows), Bytes: b.Len(), SHA256: hex.EncodeToString(sum[:]), Data: b.Bytes()}, nil
}

// partitioned hands out rows that are in order of month as partitions. row makes one of each, with its month.
func partitioned[S, R any](table string, from []S, row func(*S) (domain.Month, R, error), emit func(*Partition) error) error {
	var rows []R
	month := domain.Month(0)
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		p, err := partition(table, month, rows)
		if err != nil {
			return err
		}
		rows = rows[:0]
		return emit(p)
	}
	for i := range from {
		m, r, err := row(&from[i])
		if err != nil {
			return fmt.Errorf("table %s, %s: %w", table, m, err)
		}
		if m != month {
			if err := flush(); err != nil {
				return err
			}
			month = m
		}
		rows = append(rows, r)
	}
	return flush()
}
