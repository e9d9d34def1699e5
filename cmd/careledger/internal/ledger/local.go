package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

// Config says which ledger to open.
type Config struct {
	Dir         string // data directory; with ServerURL optional, for the witness and the facts
	ServerURL   string // NATS server or cluster that holds the logs; "" for the embedded server
	Token       string // for ServerURL
	Listen      string // embedded only: also accept programs here
	ClientToken string // what programs present
	Doing       string // told to a second process that finds the directory in use
	Progress    ProgressFunc
}

// Local is a ledger opened by this process.
type Local struct {
	config Config
	store  *eventstore.Store

	importing sync.Mutex
	mu        sync.Mutex
	books     map[string]*book
	follow    *follower // nil unless serving
}

// book is one authority's log with its fact table and writer.
type book struct {
	authority string
	log       *eventstore.Log // nil while the authority has no log
	table     *projections.Table
	facts     string // path of the table's file, "" for none

	mu     sync.Mutex // held by whoever decides
	writer *writer    // nil until needed, and after a failure
}

// Open opens the ledger of c.
func Open(ctx context.Context, c Config) (*Local, error) {
	if c.Dir != "" {
		if err := os.MkdirAll(filepath.Join(c.Dir, "facts"), 0o700); err != nil {
			return nil, fmt.Errorf("make the data directory: %w", err)
		}
	}
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: c.Dir, ServerURL: c.ServerURL, Token: c.Token, Listen: c.Listen, ClientToken: c.ClientToken, Doing: c.Doing})
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
		if b.worthSaving() {
			errs = append(errs, b.table.Save(b.facts))
		}
	}
	return errors.Join(append(errs, l.store.Close())...)
}

// worthSaving spares the rewriting of a large file for a few events; they are folded again from the log.
func (b *book) worthSaving() bool {
	if b.table == nil || b.facts == "" {
		return false
	}
	unsaved, position := b.table.Unsaved(), b.table.Position()
	return unsaved > 0 && (position < 100_000 || unsaved > position/20)
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
		return "", &Wrong{fmt.Errorf("%s holds several authorities; name one with --authority (%s)", l.where(), strings.Join(all, ", "))}
	}
	return all[0], nil
}

// NoLedgerError says that there is nothing to answer from.
type NoLedgerError struct{ Where, Authority string }

func (e *NoLedgerError) Error() string {
	if e.Authority != "" {
		return fmt.Sprintf("%s holds no log of authority %s; import its records first, or see which authorities it holds with: careledger verify", e.Where, e.Authority)
	}
	return fmt.Sprintf("%s holds no records; import some first:  careledger import FILE --data DIR  (or try: careledger demo)", e.Where)
}

func (l *Local) where() string {
	if l.config.ServerURL != "" {
		return "the server " + l.config.ServerURL
	}
	return "the data directory " + l.config.Dir
}

// answering returns the book of an authority with its table at the head of the log. authority may be "" where there is one only.
func (l *Local) answering(ctx context.Context, authority string) (*book, error) {
	if authority == "" {
		only, err := l.Authority(ctx)
		if err != nil {
			return nil, err
		}
		authority = only
	} else if err := domain.ParseAuthority(authority); err != nil {
		return nil, &Wrong{fmt.Errorf("--authority: %w", err)}
	}
	b, err := l.book(ctx, authority)
	if err != nil {
		return nil, err
	}
	if b.log == nil {
		return nil, &NoLedgerError{Where: l.where(), Authority: authority}
	}
	return b, l.refresh(ctx, b)
}

// book opens an authority's log and folds it, once; a book without log is one of an authority that has none yet.
func (l *Local) book(ctx context.Context, authority string) (*book, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.books[authority]; b != nil {
		return b, nil
	}
	b := &book{authority: authority}
	log, err := l.store.OpenLog(ctx, authority)
	switch {
	case errors.Is(err, eventstore.ErrNoLog):
	case err != nil:
		return nil, err
	default:
		if err := l.attach(ctx, b, log); err != nil {
			return nil, err
		}
	}
	l.books[authority] = b
	return b, nil
}

// attach gives a book its log and table. l.mu is held.
func (l *Local) attach(ctx context.Context, b *book, log *eventstore.Log) (err error) {
	if l.config.Dir != "" {
		b.facts = filepath.Join(l.config.Dir, "facts", b.authority+".facts")
	}
	head := int64(log.Head().Sequence)
	b.table, err = projections.Open(ctx, log, b.facts, func(position uint64) {
		l.config.Progress.report("folding the log of "+b.authority, int64(position), head)
	})
	if err != nil {
		return err
	}
	b.log = log
	if l.follow != nil {
		l.follow.start(b)
	}
	return nil
}

// refresh brings a book's table to the head of its log.
func (l *Local) refresh(ctx context.Context, b *book) error {
	head := b.log.Head().Sequence
	if l.config.ServerURL != "" { // others may have written
		h, err := b.log.Refresh(ctx)
		if err != nil {
			return err
		}
		head = h.Sequence
	}
	if l.follow != nil {
		return b.table.WaitFor(ctx, head)
	}
	return b.table.Fold(ctx, head, func(position uint64) {
		l.config.Progress.report("folding the log of "+b.authority, int64(position), int64(head))
	})
}

// follower keeps the tables of a serving ledger at the head of their logs.
type follower struct {
	ctx    context.Context
	cancel context.CancelFunc
	group  sync.WaitGroup
	failed chan error
}

func (f *follower) start(b *book) {
	f.group.Go(func() {
		if err := b.table.Follow(f.ctx); err != nil {
			select {
			case f.failed <- fmt.Errorf("follow the log of %s: %w", b.authority, err):
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
func (l *Local) Follow(ctx context.Context) (<-chan error, error) {
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
	f := &follower{failed: make(chan error, 1)}
	f.ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	l.follow = f
	for _, b := range l.books {
		if b.log != nil {
			f.start(b)
		}
	}
	return f.failed, nil
}

// Table returns an authority's fact table at the head of its log.
func (l *Local) Table(ctx context.Context, authority string) (*projections.Table, error) {
	b, err := l.answering(ctx, authority)
	if err != nil {
		return nil, err
	}
	return b.table, nil
}
