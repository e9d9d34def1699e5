package ledger

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"

	"careledger/domain"
)

// A serving ledger answers on these NATS subjects, to whoever presents its token:
//
//	careledger.ask     a Request as JSON; the answer is what the command would print
//	careledger.import  an ImportRequest as JSON; the answer is an ImportReport as JSON
//	careledger.payout  a PayoutRequest as JSON; the answer is what the command would print
//	careledger.export  an ExportRequest as JSON; the answer is an ExportAnswer as JSON
//	careledger.tables  a TablesRequest as JSON; the answer is what tables.Reader reads
//	careledger.checkpoint  a CheckpointRequest as JSON; the answer is a CheckpointAnswer as JSON
//	careledger.subscribers  a SubscriberRequest as JSON; the answer is a SubscriberAnswer as JSON
//	careledger.record  one record; the answer is a RecordReply as JSON
//
// All but the last answer in several messages, whose header Careledger says what each is: part (a piece of the answer), progress
// (Progress as JSON, at least every second), done (the last), failure and failed (the pieces of a Failure as JSON; failed is the
// last). The last answers in one. Programs may also read the log itself, the streams CARE_{authority}, and the feed for BI, BI_{authority} (package feed),
// with any NATS client.
//
// A subscriber of the feed presents a name and password of its own instead, and reaches none of these (eventstore/subscribers.go).
const (
	subjectAsk    = "careledger.ask"
	subjectImport = "careledger.import"
	subjectRecord = "careledger.record"
	subjectPayout = "careledger.payout"
	subjectExport = "careledger.export"
	subjectTables = "careledger.tables"

	subjectCheckpoint  = "careledger.checkpoint"
	subjectSubscribers = "careledger.subscribers"

	header         = "Careledger"
	headerPart     = "part"
	headerProgress = "progress"
	headerDone     = "done"
	headerFailure  = "failure"
	headerFailed   = "failed"

	partBytes = 512 << 10
)

// Progress is how far a served request is.
type Progress struct {
	Doing string `json:"doing"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
}

// Failure is how a served request ended without an answer.
type Failure struct {
	Message string        `json:"message"`
	Wrong   bool          `json:"wrong,omitzero"`  // wrong usage, not a refusal
	Report  *ImportReport `json:"report,omitzero"` // of an import refused whole
}

// RecordReply answers a record: where its event stands, or why it was refused.
type RecordReply struct {
	Sequence  uint64          `json:"sequence,omitzero"`
	Duplicate bool            `json:"duplicate,omitzero"`
	Problems  domain.Problems `json:"problems,omitzero"`
	Error     string          `json:"error,omitzero"` // the outcome is not known or the log is in trouble; ask again
}

// address is how other processes find a serving ledger: DIR/serve.json, which only the directory's owner can read.
type address struct {
	URL        string `json:"url"`
	Token      string `json:"token"`
	PID        int    `json:"pid"`
	Pages      string `json:"pages,omitzero"` // where the HTTP API and the pages are, with their token
	PagesToken string `json:"pages_token,omitzero"`
	SignIn     string `json:"sign_in,omitzero"` // the link that signs a person in there: it holds that token
	Dir        string `json:"dir"`              // the directory that is served: a copy of it holds a copy of this file, and is not served
}

func addressFile(dir string) string { return filepath.Join(dir, "serve.json") }

// NewToken returns a secret for outside programs to present.
func NewToken() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Serve folds every log, keeps its feed, answers until the context ends, and tells where through ready. It returns an error if the ledger can no
// longer be trusted to be current.
func (l *Local) Serve(ctx context.Context, ready func(url, addressFile string)) error {
	failed, err := l.followAll(ctx, true)
	if err != nil {
		return err
	}
	working, cancel := context.WithCancel(ctx)
	s := &service{Local: l, ctx: working, slots: make(chan struct{}, 4)}
	subscriptions, err := s.subscribe()
	defer func() { // nothing new comes in, what is under way ends, and then the caller may close the log
		for _, sub := range subscriptions {
			_ = sub.Unsubscribe() // the connection is closed next
		}
		s.stop()
		cancel()
		s.group.Wait()
	}()
	if err != nil {
		return err
	}
	if l.config.Dir != "" && l.store.ClientURL() != "" {
		path := addressFile(l.config.Dir)
		dir, err := filepath.Abs(l.config.Dir)
		if err != nil {
			return err
		}
		if err := writeAddress(path, address{l.store.ClientURL(), l.config.ClientToken, os.Getpid(), l.config.PagesURL, l.config.PagesToken, l.config.SignInURL, dir}); err != nil {
			return err
		}
		defer func() { _ = os.Remove(path) }() // one that stays is found out to be stale
		ready(l.store.ClientURL(), path)
	} else {
		ready(l.config.ServerURL, "")
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

// writeAddress makes the file readable by the owner only before anything stands in it.
func writeAddress(path string, a address) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	temporary := path + ".new"
	_ = os.Remove(temporary)
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("tell where the ledger is served: %w", err)
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("tell where the ledger is served: %w", err)
	}
	return os.Rename(temporary, path)
}

type service struct {
	*Local
	ctx   context.Context
	group sync.WaitGroup
	slots chan struct{} // how many questions are worked on at once

	mu      sync.Mutex
	stopped bool // no message is taken any more
}

// subscribe takes messages. Several ledgers that serve one cluster share them; an import names a file of this machine, so only a
// ledger with a directory takes those.
func (s *service) subscribe() (all []*nats.Subscription, err error) {
	handlers := map[string]func(*nats.Msg){subjectAsk: s.ask, subjectRecord: s.record, subjectPayout: s.payout, subjectExport: s.export, subjectTables: s.tables,
		subjectCheckpoint: s.checkpoint, subjectSubscribers: s.subscribers}
	if s.config.ServerURL == "" {
		handlers[subjectImport] = s.importFile
	}
	for subject, handle := range handlers {
		sub, err := s.store.Conn().QueueSubscribe(subject, "careledger", func(m *nats.Msg) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if !s.stopped {
				s.group.Go(func() { handle(m) })
			}
		})
		if err != nil {
			return all, fmt.Errorf("serve %s: %w", subject, err)
		}
		all = append(all, sub)
	}
	if err := s.store.Conn().Flush(); err != nil { // the server knows of them before anybody is told where to ask
		return all, fmt.Errorf("serve: %w", err)
	}
	return all, nil
}

func (s *service) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
}

func (s *service) ask(m *nats.Msg) {
	s.work(m, func(ctx context.Context, w io.Writer, progress ProgressFunc) error {
		var r Request
		if err := json.Unmarshal(m.Data, &r, json.RejectUnknownMembers(true)); err != nil {
			return &Wrong{fmt.Errorf("read the question: %w", err)}
		}
		r.Progress = progress
		return s.inTurn(ctx, progress, func() error { return s.Ask(ctx, r, w) })
	})
}

// inTurn answers a question once there is room for it among those that are worked on.
func (s *service) inTurn(ctx context.Context, progress ProgressFunc, answer func() error) error {
	progress("waiting for other questions", 0, 0)
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.slots }()
	return answer()
}

func (s *service) tables(m *nats.Msg) {
	s.work(m, func(ctx context.Context, w io.Writer, progress ProgressFunc) error {
		var r TablesRequest
		if err := json.Unmarshal(m.Data, &r, json.RejectUnknownMembers(true)); err != nil {
			return &Wrong{fmt.Errorf("read the request: %w", err)}
		}
		r.Progress = progress
		return s.inTurn(ctx, progress, func() error { return s.Tables(ctx, r, w) })
	})
}

func (s *service) payout(m *nats.Msg) {
	s.work(m, func(ctx context.Context, w io.Writer, progress ProgressFunc) error {
		var r PayoutRequest
		if err := json.Unmarshal(m.Data, &r, json.RejectUnknownMembers(true)); err != nil {
			return &Wrong{fmt.Errorf("read the command: %w", err)}
		}
		r.Progress = progress
		return s.Payout(ctx, r, w)
	})
}

func (s *service) export(m *nats.Msg)     { answerWith(s, m, s.Export) }
func (s *service) checkpoint(m *nats.Msg) { answerWith(s, m, s.Checkpoint) }

func (s *service) subscribers(m *nats.Msg) { answerWith(s, m, s.Subscribers) }

// answerWith answers a command whose answer is a JSON document.
func answerWith[R, A any](s *service, m *nats.Msg, carryOut func(context.Context, R) (*A, error)) {
	s.work(m, func(ctx context.Context, w io.Writer, _ ProgressFunc) error {
		var r R
		if err := json.Unmarshal(m.Data, &r, json.RejectUnknownMembers(true)); err != nil {
			return &Wrong{fmt.Errorf("read the command: %w", err)}
		}
		answer, err := carryOut(ctx, r)
		if err != nil {
			return err
		}
		return json.MarshalWrite(w, answer)
	})
}

func (s *service) importFile(m *nats.Msg) {
	s.work(m, func(ctx context.Context, w io.Writer, progress ProgressFunc) error {
		var r ImportRequest
		if err := json.Unmarshal(m.Data, &r, json.RejectUnknownMembers(true)); err != nil {
			return &Wrong{fmt.Errorf("read the request: %w", err)}
		}
		r.Progress = progress
		report, err := s.Import(ctx, r)
		if err != nil {
			return err
		}
		return json.MarshalWrite(w, report)
	})
}

func (s *service) record(m *nats.Msg) {
	var reply RecordReply
	sequence, duplicate, err := s.Record(s.ctx, m.Data)
	if refused := (domain.Problems)(nil); errors.As(err, &refused) {
		reply.Problems = refused
	} else if err != nil {
		reply.Error = err.Error()
	} else {
		reply = RecordReply{Sequence: sequence, Duplicate: duplicate}
	}
	if b, err := json.Marshal(reply); err == nil {
		_ = m.Respond(b) // whoever asked and is gone reads the outcome by sending the record again
	}
}

// work does what a message asks for and answers in parts.
func (s *service) work(m *nats.Msg, do func(ctx context.Context, w io.Writer, progress ProgressFunc) error) {
	r := &replier{m: m}
	r.state = Progress{Doing: "working"}
	ctx, cancel := context.WithCancel(s.ctx)
	beat := make(chan struct{})
	go func() { // owned by this call: it ends before work returns
		defer close(beat)
		for tick := time.NewTicker(time.Second); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
				r.beat()
			}
		}
	}()
	err := do(ctx, r, r.progress)
	cancel()
	<-beat
	if err == nil || len(r.buffer) > 0 { // what was found or done is said before why it did not end well
		r.send(headerPart, r.buffer)
	}
	if err == nil {
		r.send(headerDone, nil)
		return
	}
	f := Failure{Message: err.Error()}
	if wrong := (*Wrong)(nil); errors.As(err, &wrong) {
		f.Wrong = true
	}
	if refused := (*RefusedError)(nil); errors.As(err, &refused) {
		f = Failure{Report: refused.Report}
	}
	text, err := json.Marshal(f)
	if err != nil { // plain texts and numbers: cannot happen
		text = []byte(`{"message":"the failure cannot be told"}`)
	}
	for len(text) > partBytes {
		r.send(headerFailure, text[:partBytes])
		text = text[partBytes:]
	}
	r.send(headerFailed, text)
}

// replier sends an answer in parts.
type replier struct {
	m      *nats.Msg
	buffer []byte
	mu     sync.Mutex
	state  Progress
}

func (r *replier) Write(p []byte) (int, error) {
	r.buffer = append(r.buffer, p...)
	for len(r.buffer) >= partBytes {
		r.send(headerPart, r.buffer[:partBytes])
		r.buffer = r.buffer[partBytes:]
	}
	return len(p), nil
}

func (r *replier) progress(doing string, done, total int64) {
	r.mu.Lock()
	r.state = Progress{doing, done, total}
	r.mu.Unlock()
}

func (r *replier) beat() {
	r.mu.Lock()
	b, err := json.Marshal(r.state)
	r.mu.Unlock()
	if err == nil {
		r.send(headerProgress, b)
	}
}

// send answers; an asker that is gone is no error here.
func (r *replier) send(kind string, data []byte) {
	reply := nats.NewMsg(r.m.Reply)
	reply.Header.Set(header, kind)
	reply.Data = data
	_ = r.m.RespondMsg(reply)
}
