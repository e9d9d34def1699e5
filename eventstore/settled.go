package eventstore

import "time"

// Settled is what became of one commit, for whoever measures the log.
type Settled struct {
	Authority string
	Series    Series
	Events    int           // that it had, 1 to 1000
	Took      time.Duration // from Submit until it was acknowledged or had failed; waiting in Submit for MaxPendingBytes is not in it
	Err       error         // nil: durable and witnessed. Otherwise what Wait returns: *[AppendError]
}

// settled tells Config.Settled of a commit, whose callers have been told. Without one nothing is measured, and no clock is read.
func (l *Log) settled(p *Pending) {
	if tell := l.store.config.Settled; tell != nil {
		tell(Settled{Authority: l.id.authority, Series: l.id.series, Events: len(p.commit.Messages), Took: time.Since(p.submitted), Err: p.err})
	}
}
