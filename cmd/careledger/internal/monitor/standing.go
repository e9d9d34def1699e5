package monitor

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"careledger/cmd/careledger/internal/ledger"
)

// Ledger is what a monitor asks of the ledger that it watches.
type Ledger interface {
	// Standings returns how far each log reaches, also beside an error.
	Standings() ([]ledger.Standing, error)
	// Ready returns nil if the ledger serves as it should, and otherwise what is not so. It waits until the context ends.
	Ready(ctx context.Context) error
	// Lags returns how far the BI feeds and their subscribers are; nothing before the logs are folded.
	Lags(ctx context.Context) (*ledger.SubscriberAnswer, error)
}

// Watch adds to the metrics how far the logs of a ledger, its facts, its checkpoints and its BI feeds are. It is to be called once.
func (m *Monitor) Watch(l Ledger) { m.registry.MustRegister(newStandings(l), newLags(l)) }

// standings collects how far the logs are, each time that it is asked for.
type standings struct {
	ledger Ledger

	position, folded, lag, signed, age, readable *prometheus.Desc
}

func newStandings(l Ledger) *standings {
	of := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"authority"}, nil)
	}
	return &standings{
		ledger:   l,
		position: of("careledger_log_position", "Events on the log: durable and witnessed."),
		folded:   of("careledger_folded_position", "Events in the facts that questions are answered from."),
		lag:      of("careledger_fold_lag_events", "Events on the log that are not in the facts yet."),
		signed:   of("careledger_checkpoint_position", "Events under the last signed checkpoint; 0 where nothing was signed."),
		age:      of("careledger_checkpoint_age_seconds", "Time since the last checkpoint was signed. Not there where nothing was signed."),
		readable: prometheus.NewDesc("careledger_checkpoint_readable", "1 if the checkpoints of all logs can be listed, 0 if not: careledger checkpoint --list says why.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (s *standings) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.position, s.folded, s.lag, s.signed, s.age, s.readable} {
		all <- d
	}
}

// Collect implements prometheus.Collector.
func (s *standings) Collect(all chan<- prometheus.Metric) {
	standings, err := s.ledger.Standings()
	readable := 1.0
	if err != nil {
		readable = 0
	}
	all <- prometheus.MustNewConstMetric(s.readable, prometheus.GaugeValue, readable)
	for _, l := range standings {
		tell := func(d *prometheus.Desc, v float64) {
			all <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, l.Authority)
		}
		tell(s.position, float64(l.Position))
		tell(s.folded, float64(l.Folded))
		tell(s.lag, float64(l.Position-l.Folded))
		tell(s.signed, float64(l.Signed))
		if !l.SignedAt.IsZero() {
			tell(s.age, time.Since(l.SignedAt).Seconds())
		}
	}
}
