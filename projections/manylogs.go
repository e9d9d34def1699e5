package projections

import (
	"slices"
	"strings"
)

// LogMoment is the moment that an answer over several logs is of, in one of them.
type LogMoment struct {
	Authority string
	AsOf      Moment
}

// knownLog is a log as known at a moment.
type knownLog struct {
	*snapshot
	visible
}

// knownLogs returns what several tables held at a moment, in order of their authorities, and the latest of the moments.
func knownLogs(tables []*Table, at AsOf) (logs []*knownLog, moments []LogMoment, latest Moment) {
	for _, t := range slices.SortedFunc(slices.Values(tables), func(a, b *Table) int { return strings.Compare(a.authority, b.authority) }) {
		s := t.snapshot()
		l := &knownLog{s, s.visibility(at)}
		logs, moments = append(logs, l), append(moments, LogMoment{s.authority, l.moment})
		if l.moment.Recorded.After(latest.Recorded) {
			latest = l.moment
		}
	}
	return logs, moments, latest
}
