package tables

import (
	"fmt"

	"careledger/projections"
)

// Position is a place on a log, and what the log holds up to there.
type Position struct {
	Sequence uint64 `json:"sequence"`
	Root     string `json:"root"` // RFC 6962 tree hash, hexadecimal
}

// Moment is a moment of knowledge, as answers state it.
type Moment struct {
	Sequence uint64 `json:"sequence"`
	Recorded string `json:"recorded"` // RFC 3339 in UTC, "" where nothing was known
}

// MomentOf returns the moment of an answer.
func MomentOf(m projections.Moment) Moment { return Moment{m.Sequence, m.Text()} }

// Origin is what tables are made from: the log of an authority up to a position, as known at a moment.
type Origin struct {
	Authority string   `json:"authority"`
	AsOf      Moment   `json:"as_of"`
	Log       Position `json:"log"`
}

// Manifest says what the partitions of an authority were made from: DIR/_careledger/AUTHORITY.json.
type Manifest struct {
	Origin
	Complete bool   `json:"complete"` // false while partitions are replaced, and where that was cut off; files then may be of either moment
	Files    []File `json:"files"`    // by table and month; none unless complete
}

// File is a partition as it stands in the directory.
type File struct {
	Path   string `json:"path"` // below DIR, with slashes
	Rows   int    `json:"rows"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// OtherLogError says that a directory holds the tables of another log.
type OtherLogError struct {
	Authority string
	Known     Position // what the directory was made from
	Head      Position // where the log stands that is to be exported
}

func (e *OtherLogError) Error() string {
	return fmt.Sprintf("the tables that are there were made from another log of authority %s: from event %d with root %s…, which this log (now at event %d) does not have; name another directory, or remove that one",
		e.Authority, e.Known.Sequence, e.Known.Root[:min(12, len(e.Known.Root))], e.Head.Sequence)
}
