package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"careledger/cmd/careledger/internal/feed"
	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

// Config says which ledger to open.
type Config struct {
	Dir         string // data directory; with ServerURL optional, for the witness and the facts
	ProofDir    string // signing keys and checkpoints; Dir if not given, and nothing is signed without either
	ServerURL   string // NATS server or cluster that holds the logs; "" for the embedded server
	Token       string // for ServerURL
	Listen      string // embedded only: also accept programs here
	ClientToken string // what programs present
	PagesURL    string // where this process serves pages and the HTTP API, "" nowhere: told in serve.json
	PagesToken  string // what programs present there
	SignInURL   string // the link that signs a person in there
	Doing       string // told to a second process that finds the directory in use
	Progress    ProgressFunc

	// Settled is told of each commit on a log; see eventstore.Config. Acted is told of each question and command when it has ended, by the
	// goroutine that carried it out. Default: nobody is told.
	Settled func(eventstore.Settled)
	Acted   func(Act)

	// Fed is told of the feeds of a serving ledger, by a goroutine of theirs. Default: nobody is told.
	Fed func(FeedReport)
}

// Local is a ledger opened by this process.
type Local struct {
	config Config
	store  *eventstore.Store

	importing sync.Mutex
	exporting sync.Mutex // held while the register of exports is used
	keys      keysUnderWay
	reading   sync.Mutex // held while a reading takes its place on an access log
	mu        sync.Mutex
	books     map[string]*book
	follow    *follower // nil unless serving
}

// book is one authority: its log with its fact table once there is one, and its writer.
type book struct {
	authority string
	opening   sync.Mutex // held while the log is opened and folded
	opened    atomic.Pointer[openLog]

	mu     sync.Mutex // held by whoever decides
	writer *writer    // nil until needed, and after a failure
}

// openLog is a log with the facts folded from it.
type openLog struct {
	log   *eventstore.Log
	table *projections.Table
	facts string                        // path of the table's file, "" for none
	feed  atomic.Pointer[feed.Follower] // nil while it has none
	held  atomic.Pointer[string]        // why the feed does not get on; nil while it does
}

// Open opens the ledger of c.
func Open(ctx context.Context, c Config) (*Local, error) {
	if c.Dir != "" {
		if err := os.MkdirAll(filepath.Join(c.Dir, "facts"), 0o700); err != nil {
			return nil, fmt.Errorf("make the data directory: %w", err)
		}
	}
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: c.Dir, ProofDir: c.ProofDir, ServerURL: c.ServerURL, Token: c.Token, Listen: c.Listen, ClientToken: c.ClientToken, Doing: c.Doing, Settled: c.Settled})
	if err != nil {
		return nil, err
	}
	return &Local{config: c, store: store, books: map[string]*book{}}, nil
}

// Close keeps the fact tables on disk and closes the log.
func (l *Local) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	if l.follow != nil {
		errs = append(errs, l.follow.stop())
	}
	for _, b := range l.books {
		if o := b.opened.Load(); o != nil && o.facts != "" && o.table.Unsaved() > 0 {
			errs = append(errs, o.table.Save(o.facts)) // what is new is added to the file
		}
	}
	return errors.Join(append(errs, l.store.Close())...)
}

// Authority returns the only authority that has a log here.
func (l *Local) Authority(ctx context.Context) (string, error) {
	all, err := l.store.Authorities(ctx)
	switch {
	case err != nil:
		return "", err
	case len(all) == 0:
		return "", &NoLedgerError{Where: l.where()}
	case len(all) > 1:
		return "", &Wrong{&SeveralError{l.where(), all}}
	}
	return all[0], nil
}

// writable returns the authority that a command is to write to. A code that the ledger does not hold, beside others, is more likely a
// slip than a new log, which stays for ever; an import makes those.
func (l *Local) writable(ctx context.Context, code string) (string, error) {
	if code == "" {
		return l.Authority(ctx)
	}
	all, err := l.store.Authorities(ctx)
	if err != nil {
		return "", err
	}
	if err := domain.ParseAuthority(code); err != nil {
		return "", &Wrong{&FieldError{"authority", err}}
	}
	if len(all) > 0 && !slices.Contains(all, code) {
		return "", &NoLedgerError{Where: l.where(), Authority: code}
	}
	return code, nil
}

// NoLedgerError says that there is nothing to answer from.
type NoLedgerError struct{ Where, Authority string }

func (e *NoLedgerError) Error() string {
	if e.Authority != "" {
		return fmt.Sprintf("%s holds no log of authority %s; import its records first", e.Where, e.Authority)
	}
	return fmt.Sprintf("%s holds no records; import some first:  careledger import FILE --data DIR  (or try: careledger demo)", e.Where)
}

func (l *Local) where() string {
	if l.config.ServerURL != "" {
		return "the server " + l.config.ServerURL
	}
	return "the data directory " + l.config.Dir
}

// answering returns an authority's log with its table at the head. authority may be "" where there is one only.
func (l *Local) answering(ctx context.Context, authority string) (*openLog, error) {
	o, err := l.existing(ctx, authority)
	if err != nil {
		return nil, err
	}
	return o, l.refresh(ctx, o)
}

// existing returns an authority's log, whose table may be behind it. authority may be "" where there is one only.
func (l *Local) existing(ctx context.Context, authority string) (*openLog, error) {
	if authority == "" {
		only, err := l.Authority(ctx)
		if err != nil {
			return nil, err
		}
		authority = only
	} else if err := domain.ParseAuthority(authority); err != nil {
		return nil, &Wrong{&FieldError{"authority", err}}
	}
	b, err := l.book(ctx, authority)
	if err != nil {
		return nil, err
	}
	o := b.opened.Load()
	if o == nil {
		return nil, &NoLedgerError{Where: l.where(), Authority: authority}
	}
	return o, nil
}

// book returns an authority's book, with its log opened and folded where there is one.
func (l *Local) book(ctx context.Context, authority string) (*book, error) {
	l.mu.Lock()
	b := l.books[authority]
	if b == nil {
		b = &book{authority: authority}
		l.books[authority] = b
	}
	l.mu.Unlock()
	if b.opened.Load() != nil {
		return b, nil
	}
	b.opening.Lock()
	defer b.opening.Unlock()
	if b.opened.Load() != nil {
		return b, nil
	}
	log, err := l.store.OpenLog(ctx, authority)
	if errors.Is(err, eventstore.ErrNoLog) {
		return b, nil
	}
	if err != nil {
		return nil, err
	}
	return b, l.attach(ctx, b, log)
}

// createLog makes the log of an authority that has none yet.
func (l *Local) createLog(ctx context.Context, b *book) error {
	b.opening.Lock()
	defer b.opening.Unlock()
	if b.opened.Load() != nil {
		return nil
	}
	log, err := l.store.CreateLog(ctx, b.authority)
	if err != nil {
		return err
	}
	return l.attach(ctx, b, log)
}

// attach folds a log and gives it to its book. b.opening is held.
func (l *Local) attach(ctx context.Context, b *book, log *eventstore.Log) (err error) {
	o := &openLog{log: log}
	if l.config.Dir != "" {
		o.facts = filepath.Join(l.config.Dir, "facts", b.authority+".facts")
	}
	head := int64(log.Head().Sequence)
	o.table, err = projections.Open(ctx, log, o.facts, func(position uint64) {
		l.config.Progress.report("folding the log of "+b.authority, int64(position), head)
	})
	if err != nil {
		return err
	}
	if l.config.ServerURL == "" { // nobody else writes here: what an interruption left is ours to finish
		if err := l.complete(ctx, o); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b.opened.Store(o)
	if l.follow != nil {
		l.follow.start(l, b.authority, o)
	}
	return nil
}

// complete writes the premiums that an interrupted command left due.
func (l *Local) complete(ctx context.Context, o *openLog) error {
	w, err := newWriter(o)
	if err != nil {
		return err
	}
	written, err := w.finish(ctx)
	if err != nil || written == 0 {
		return err
	}
	return o.table.Fold(ctx, o.log.Head().Sequence, nil)
}

// refresh brings a table to the head of its log.
func (l *Local) refresh(ctx context.Context, o *openLog) error {
	head := o.log.Head().Sequence
	if l.config.ServerURL != "" { // others may have written
		h, err := o.log.Refresh(ctx)
		if err != nil {
			return err
		}
		head = h.Sequence
	}
	l.mu.Lock()
	following := l.follow != nil
	l.mu.Unlock()
	if following {
		return o.table.WaitFor(ctx, head)
	}
	return o.table.Fold(ctx, head, func(position uint64) {
		l.config.Progress.report("folding the log of "+o.log.Authority(), int64(position), int64(head))
	})
}

// follower keeps the tables of a serving ledger at the head of their logs.
type follower struct {
	ctx    context.Context
	cancel context.CancelFunc
	group  sync.WaitGroup
	failed chan error
	over   sync.Map // by authority: its fold has ended
	feeds  bool     // each log has a feed, too
}

// ended says whether an authority's log is followed no more.
func (f *follower) ended(authority string) bool {
	_, over := f.over.Load(authority)
	return over
}

func (f *follower) start(l *Local, authority string, o *openLog) {
	if f.feeds {
		f.group.Go(func() { f.keepFeed(l, o) })
	}
	f.group.Go(func() {
		defer f.over.Store(authority, true)
		if err := o.table.Follow(f.ctx); err != nil {
			select {
			case f.failed <- fmt.Errorf("follow the log of %s: %w", authority, err):
			default:
			}
		}
	})
}

func (f *follower) stop() error {
	f.cancel()
	f.group.Wait()
	select {
	case err := <-f.failed:
		return err
	default:
		return nil
	}
}

// Follow folds every log live from here on; the returned channel tells if that ever fails.
func (l *Local) Follow(ctx context.Context) (<-chan error, error) { return l.followAll(ctx, false) }

// followAll is Follow, and with feeds keeps the feed of each log.
func (l *Local) followAll(ctx context.Context, feeds bool) (<-chan error, error) {
	all, err := l.store.Authorities(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if _, err := l.book(ctx, a); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f := &follower{failed: make(chan error, 1), feeds: feeds}
	f.ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	l.follow = f
	for _, b := range l.books {
		if o := b.opened.Load(); o != nil {
			f.start(l, b.authority, o)
		}
	}
	return f.failed, nil
}

// Table returns an authority's fact table at the head of its log.
func (l *Local) Table(ctx context.Context, authority string) (*projections.Table, error) {
	o, err := l.answering(ctx, authority)
	if err != nil {
		return nil, err
	}
	return o.table, nil
}
