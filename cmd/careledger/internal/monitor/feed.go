package monitor

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"careledger/cmd/careledger/internal/ledger"
)

// Fed tells of a feed that has come level with its log, or counts that it is held up; it is for [ledger.Config].
func (m *Monitor) Fed(r ledger.FeedReport) {
	about := []slog.Attr{slog.String("authority", r.Authority), slog.Uint64("at_event", r.Position), ended(ledger.OutcomeOf(r.Err), r.Err)}
	if r.Err != nil {
		m.heldUp.WithLabelValues(r.Authority).Inc()
	}
	m.line(ledger.OutcomeOf(r.Err), "feed", about...)
}

// lagWait is how long the server that holds the feeds is waited for while metrics are asked for.
const lagWait = 2 * time.Second

// lags collects how far the BI feeds are behind their logs, and their subscribers behind them, each time that it is asked for.
type lags struct {
	ledger Ledger

	position, behind, messages, bytes, subscriber, connected, damaged, readable *prometheus.Desc
}

func newLags(l Ledger) *lags {
	of := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append([]string{"authority"}, labels...), nil)
	}
	return &lags{
		ledger:     l,
		position:   of("careledger_feed_position", "The event of the log up to which the BI feed says all that is known."),
		behind:     of("careledger_feed_lag_events", "Events on the log that the BI feed does not speak of yet."),
		messages:   of("careledger_feed_messages", "Messages on the BI feed."),
		bytes:      of("careledger_feed_size_bytes", "Space that the BI feed takes on disk."),
		subscriber: of("careledger_subscriber_lag_messages", "Messages of the BI feed that a subscriber has not acknowledged.", "subscriber"),
		connected:  of("careledger_subscriber_connected", "1 if a subscriber of the BI feed has a connection now, 0 if not. Not there where the server is the operator's own, which does not tell.", "subscriber"),
		damaged:    prometheus.NewDesc("careledger_subscriber_damaged", "1 for a subscriber of the BI feed that is not let in, because its file is damaged; careledger bi list says what to do.", []string{"subscriber"}, nil),
		readable:   prometheus.NewDesc("careledger_feeds_readable", "1 if the server told how far the BI feeds are, 0 if not.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (s *lags) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.position, s.behind, s.messages, s.bytes, s.subscriber, s.connected, s.damaged, s.readable} {
		all <- d
	}
}

// Collect implements prometheus.Collector.
func (s *lags) Collect(all chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), lagWait)
	defer cancel()
	tell := func(d *prometheus.Desc, v float64, labels ...string) {
		all <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	answer, err := s.ledger.Lags(ctx)
	if err != nil {
		tell(s.readable, 0)
		return
	}
	tell(s.readable, 1)
	for _, f := range answer.Feeds {
		tell(s.position, float64(f.Position), f.Authority)
		tell(s.behind, float64(f.Lag()), f.Authority)
		tell(s.messages, float64(f.Messages), f.Authority)
		tell(s.bytes, float64(f.Bytes), f.Authority)
	}
	for _, b := range answer.Subscribers {
		if b.Damaged != "" {
			tell(s.damaged, 1, b.Name)
			continue
		}
		tell(s.subscriber, float64(b.Pending), b.Authority, b.Name)
		if b.Connected != nil {
			tell(s.connected, map[bool]float64{true: 1}[*b.Connected], b.Authority, b.Name)
		}
	}
}
