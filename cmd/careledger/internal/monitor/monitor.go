package monitor

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/eventstore"
)

// Monitor counts what a ledger and its web server do, and writes log lines of it. Its methods may be called at the same time.
type Monitor struct {
	log      *slog.Logger
	registry *prometheus.Registry

	appends      *prometheus.HistogramVec
	events       *prometheus.CounterVec
	failedAppend *prometheus.CounterVec
	questions    *prometheus.HistogramVec
	commands     *prometheus.HistogramVec
	refused      *prometheus.CounterVec
	requests     *prometheus.HistogramVec
	underWay     prometheus.Gauge
	heldUp       *prometheus.CounterVec
}

// New returns a monitor that writes its lines to log; nil: nowhere.
func New(log *slog.Logger) *Monitor {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	fast := prometheus.ExponentialBuckets(0.0001, 2, 17) // seconds: 0.1 ms to 6.5 s; one sync to a cluster in trouble
	slow := prometheus.ExponentialBuckets(0.001, 2, 17)  // 1 ms to 65 s; a list to a verification
	m := &Monitor{log: log, registry: prometheus.NewRegistry(),
		appends: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "careledger_append_seconds", Buckets: fast,
			Help: "Time of a commit from its being handed to the log until it was durable, witnessed and acknowledged. series: care, the ledger; access, who has read what."}, []string{"authority", "series"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "careledger_append_events_total",
			Help: "Events acknowledged."}, []string{"authority", "series"}),
		failedAppend: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "careledger_append_failures_total",
			Help: "Commits that the log did not take. conflict: somebody else wrote in between, and the decision is made again; unknown: may be there after all; disk-full; damaged; failed."}, []string{"authority", "series", "outcome"}),
		questions: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "careledger_question_seconds", Buckets: slow,
			Help: "Time of a question until it was answered, and how it ended."}, []string{"question", "outcome"}),
		commands: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "careledger_command_seconds", Buckets: slow,
			Help: "Time of a command until what it wrote was durable, and how it ended. record: one record; import: a file."}, []string{"command", "outcome"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "careledger_refused_commands_total",
			Help: "Commands not carried out, by the part of the record or command that was wrong (missing: it refers to what is not there) or by outcome."}, []string{"command", "reason"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "careledger_http_request_seconds", Buckets: slow,
			Help: "Time of an HTTP request until its answer was written."}, []string{"route", "method", "status"}),
		underWay: prometheus.NewGauge(prometheus.GaugeOpts{Name: "careledger_http_requests_under_way",
			Help: "HTTP requests being answered."}),
		heldUp: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "careledger_feed_failures_total",
			Help: "How often the BI feed was held up. It is tried again."}, []string{"authority"}),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector(),
		m.appends, m.events, m.failedAppend, m.questions, m.commands, m.refused, m.requests, m.underWay, m.heldUp)
	return m
}

// Metrics answers with all metrics, in the format that the asker prefers.
func (m *Monitor) Metrics() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Settled counts a commit; it is for [ledger.Config].
func (m *Monitor) Settled(s eventstore.Settled) {
	if s.Err == nil {
		m.appends.WithLabelValues(s.Authority, string(s.Series)).Observe(s.Took.Seconds())
		m.events.WithLabelValues(s.Authority, string(s.Series)).Add(float64(s.Events))
		return
	}
	outcome := ledger.OutcomeOf(s.Err)
	m.failedAppend.WithLabelValues(s.Authority, string(s.Series), string(outcome)).Inc()
	m.line(outcome, "append", slog.String("authority", s.Authority), slog.String("series", string(s.Series)), slog.Int("events", s.Events),
		ended(outcome, s.Err), tookMillis(s.Took))
}

// Acted counts a question or a command; it is for [ledger.Config].
func (m *Monitor) Acted(a ledger.Act) {
	outcome := a.Outcome()
	if !a.Command {
		m.questions.WithLabelValues(a.Name, string(outcome)).Observe(a.Took.Seconds())
		m.line(outcome, "question", slog.String("question", a.Name), ended(outcome, a.Err), tookMillis(a.Took))
		return
	}
	m.commands.WithLabelValues(a.Name, string(outcome)).Observe(a.Took.Seconds())
	about := []slog.Attr{slog.String("command", a.Name), ended(outcome, a.Err), tookMillis(a.Took)}
	switch {
	case outcome == ledger.OutcomeDone && a.Name == ledger.CommandRecord: // one of thousands
		return
	case outcome != ledger.OutcomeDone && outcome != ledger.OutcomeUnknown:
		reason := ledger.RefusedFor(a.Err)
		m.refused.WithLabelValues(a.Name, reason).Inc()
		about = append(about, slog.String("reason", reason))
	}
	m.line(outcome, "command", about...)
}
