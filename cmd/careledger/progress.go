package main

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far long work is, on standard error and only on a terminal.
type progress struct {
	mu      sync.Mutex
	started time.Time
	doing   string
	bar     *progressbar.ProgressBar
	quiet   bool
}

func newProgress() *progress {
	return &progress{started: time.Now(), quiet: !term.IsTerminal(int(os.Stderr.Fd()))}
}

// patience is how long work may take before it shows.
const patience = 400 * time.Millisecond

func (p *progress) show(doing string, done, total int64) {
	if p.quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.started) < patience {
		return
	}
	if p.bar == nil || p.doing != doing {
		p.clear()
		if total <= 0 {
			total = -1
		}
		p.doing = doing
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription(doing),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionShowCount())
	}
	_ = p.bar.Set64(done) // a bar that cannot be drawn is no reason to stop
}

func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}

func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

// answer clears the progress before the first byte of an answer.
type answer struct {
	w     io.Writer
	first func()
}

func (a *answer) Write(b []byte) (int, error) {
	if a.first != nil {
		a.first()
		a.first = nil
	}
	return a.w.Write(b)
}
