package projections

import (
	"iter"
	"unsafe"
)

// textColumn is a column of strings: all of them joined, and where each ends. Two columns in place of millions of string headers, so that a table
// opens in place and the collector has nothing to look at.
//
// Its zero value is empty. Like every column it only grows, and a reader that took it at some length may read that far while it does.
type textColumn struct {
	ends  []uint64
	bytes []byte
}

func (t *textColumn) len() int { return len(t.ends) }

// at returns a string in place: it holds good for as long as the process runs, since what a column holds neither changes nor moves away
// (see mapFile).
func (t *textColumn) at(i int) string {
	from := uint64(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	b := t.bytes[from:t.ends[i]]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// in returns string i as bytes in place, which must not be changed.
func (t *textColumn) in(i int) []byte {
	from := uint64(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.bytes[from:t.ends[i]:t.ends[i]]
}

func (t *textColumn) add(s string) {
	t.bytes = append(t.bytes, s...)
	t.ends = append(t.ends, uint64(len(t.bytes)))
}

func (t *textColumn) addBytes(b []byte) {
	t.bytes = append(t.bytes, b...)
	t.ends = append(t.ends, uint64(len(t.bytes)))
}

// all returns the strings with their positions.
func (t *textColumn) all() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i := range t.ends {
			if !yield(i, t.at(i)) {
				return
			}
		}
	}
}

// index returns the position of the first string that is s, -1 for none. It looks at every one.
func (t *textColumn) index(s string) int {
	for i, at := range t.all() {
		if at == s {
			return i
		}
	}
	return -1
}

// whole says whether the ends are those of strings within the bytes, for columns that come from a file.
func (t *textColumn) whole() bool {
	from := uint64(0)
	for _, end := range t.ends {
		if end < from {
			return false
		}
		from = end
	}
	return from == uint64(len(t.bytes))
}

// textHash is a hash of a string that is the same in every process (FNV-1a, with its bits spread), for an index that is kept on disk.
func textHash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h ^ h>>32
}
