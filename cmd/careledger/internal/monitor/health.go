package monitor

import (
	"context"
	"io"
	"net/http"
	"time"
)

// readyWait is how long /readyz waits for facts that are behind their log.
const readyWait = 2 * time.Second

// Health answers that the process lives.
func Health() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { tell(w, http.StatusOK, "alive") })
}

// Ready answers 200 if the ledger serves as it should, and otherwise 503 and a line for each thing that is not so.
func Ready(l Ledger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyWait)
		defer cancel()
		if err := l.Ready(ctx); err != nil {
			tell(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		tell(w, http.StatusOK, "ready: every log is open, folded to its head and followed")
	})
}

// tell answers with a line of text that nobody keeps.
func tell(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // who has gone needs no answer
}
