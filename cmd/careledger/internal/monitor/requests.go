package monitor

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Requests measures the requests that next answers, by the pattern of their route: a path could name a case. next has to be or to hold the
// http.ServeMux that finds the route, without another request in between (http.Request.WithContext makes one).
func (m *Monitor) Requests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, answer := time.Now(), &answered{ResponseWriter: w, status: http.StatusInternalServerError} // what a handler that panics is answered with
		m.underWay.Inc()
		defer func() {
			m.underWay.Dec()
			took, method := time.Since(began), methodOf(r)
			route := r.Pattern[strings.IndexByte(r.Pattern, ' ')+1:] // without the method, if it names one
			if route == "" {
				route = "none"
			}
			m.requests.WithLabelValues(route, method, strconv.Itoa(answer.status)).Observe(took.Seconds())
			m.log.Info("request", slog.String("method", method), slog.String("route", route), slog.Int("status", answer.status), tookMillis(took))
		}()
		next.ServeHTTP(answer, r)
		if !answer.begun {
			answer.status = http.StatusOK
		}
	})
}

// methodOf is the request's method if it is one that HTTP knows: a client may send any word.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// answered remembers the status of an answer.
type answered struct {
	http.ResponseWriter
	status int
	begun  bool
}

func (a *answered) WriteHeader(status int) {
	if !a.begun && status >= http.StatusOK { // 1xx are no answers yet
		a.status, a.begun = status, true
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answered) Write(p []byte) (int, error) {
	if !a.begun {
		a.status, a.begun = http.StatusOK, true
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the server's own.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }
