package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
)

// Client asks a careledger that serves a directory.
type Client struct{ conn *nats.Conn }

// patience is how long a serving careledger may be silent; it says something every second while it works.
const patience = 15 * time.Second

// ErrSilent says that a serving careledger stopped answering; what it was asked may still be done.
var ErrSilent = errors.New("the careledger that serves this directory does not answer")

// Find returns a client of the careledger that serves dir, nil if none does.
func Find(dir string) (*Client, error) {
	b, err := os.ReadFile(addressFile(dir))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the careledger that serves %s: %w", dir, err)
	}
	var a address
	if err := json.Unmarshal(b, &a); err != nil {
		return nil, fmt.Errorf("read %s: %w; remove the file if no careledger serves this directory", addressFile(dir), err)
	}
	served, err := os.Stat(a.Dir)
	if err != nil {
		return nil, nil // it was served where it stood before
	}
	here, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("find the careledger that serves %s: %w", dir, err)
	}
	if !os.SameFile(served, here) {
		return nil, nil // a copy of a directory that is served
	}
	conn, err := nats.Connect(a.URL, nats.Token(a.Token), nats.Name("careledger"), nats.Timeout(2*time.Second), nats.NoReconnect())
	if err != nil {
		return nil, nil // left behind by one that was killed; the directory's lock tells if it is not
	}
	return &Client{conn}, nil
}

// Close ends the connection.
func (c *Client) Close() error { c.conn.Close(); return nil }

// Ask puts the question to the serving careledger.
func (c *Client) Ask(ctx context.Context, r Request, w io.Writer) error {
	return c.call(ctx, subjectAsk, r, w, r.Progress)
}

// Payout has the serving careledger carry out a command on payouts.
func (c *Client) Payout(ctx context.Context, r PayoutRequest, w io.Writer) error {
	return c.call(ctx, subjectPayout, r, w, r.Progress)
}

// Import has the serving careledger import a file, which it reads itself.
func (c *Client) Import(ctx context.Context, r ImportRequest) (*ImportReport, error) {
	path, err := filepath.Abs(r.Path)
	if err != nil {
		return nil, err
	}
	r.Path = path
	var report ImportReport
	pr, pw := io.Pipe()
	read := make(chan error, 1)
	go func() {
		err := json.UnmarshalRead(pr, &report)
		pr.CloseWithError(err)
		read <- err
	}()
	err = c.call(ctx, subjectImport, r, pw, r.Progress)
	if err != nil {
		pw.CloseWithError(err)
		<-read
		if refused := (*RefusedError)(nil); errors.As(err, &refused) {
			return refused.Report, err
		}
		return &report, err
	}
	pw.Close()
	return &report, <-read
}

// Export has the serving careledger make files from payouts, which it remembers; the caller writes them.
func (c *Client) Export(ctx context.Context, r ExportRequest) (*ExportAnswer, error) {
	return answered[ExportAnswer](ctx, c, subjectExport, r)
}

// Tables has the serving careledger make the tables of BI; the caller keeps them.
func (c *Client) Tables(ctx context.Context, r TablesRequest, w io.Writer) error {
	return c.call(ctx, subjectTables, r, w, r.Progress)
}

// Checkpoint asks the serving careledger about checkpoints, and has it sign.
func (c *Client) Checkpoint(ctx context.Context, r CheckpointRequest) (*CheckpointAnswer, error) {
	return answered[CheckpointAnswer](ctx, c, subjectCheckpoint, r)
}

// Subscribers has the serving careledger carry out a command on the subscribers of the BI feed, which it takes up at once.
func (c *Client) Subscribers(ctx context.Context, r SubscriberRequest) (*SubscriberAnswer, error) {
	return answered[SubscriberAnswer](ctx, c, subjectSubscribers, r)
}

// answered reads an answer that is a JSON document.
func answered[T any](ctx context.Context, c *Client, subject string, request any) (*T, error) {
	var b bytes.Buffer
	if err := c.call(ctx, subject, request, &b, nil); err != nil {
		return nil, err
	}
	var answer T
	if err := json.Unmarshal(b.Bytes(), &answer); err != nil {
		return nil, fmt.Errorf("read the serving careledger's answer: %w", err)
	}
	return &answer, nil
}

func (c *Client) call(ctx context.Context, subject string, request any, w io.Writer, progress ProgressFunc) error {
	b, err := json.Marshal(request)
	if err != nil {
		return err
	}
	inbox := c.conn.NewRespInbox()
	sub, err := c.conn.SubscribeSync(inbox)
	if err != nil {
		return fmt.Errorf("ask the serving careledger: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection is closed next
	if err := c.conn.PublishRequest(subject, inbox, b); err != nil {
		return fmt.Errorf("ask the serving careledger: %w", err)
	}
	var failed []byte
	for {
		wait, cancel := context.WithTimeout(ctx, patience)
		m, err := sub.NextMsgWithContext(wait)
		cancel()
		if ctx.Err() != nil {
			return fmt.Errorf("stopped waiting (%w); the careledger that serves this directory goes on with what it was asked", context.Cause(ctx))
		}
		if err != nil {
			return fmt.Errorf("%w (%w); what was asked may still be done. Look at its terminal, or stop it and ask again", ErrSilent, err)
		}
		switch m.Header.Get(header) {
		case headerPart:
			if _, err := w.Write(m.Data); err != nil {
				return err
			}
		case headerProgress:
			var p Progress
			if err := json.Unmarshal(m.Data, &p); err == nil {
				progress.report(p.Doing, p.Done, p.Total)
			}
		case headerDone:
			return nil
		case headerFailure:
			failed = append(failed, m.Data...)
		case headerFailed:
			return failure(append(failed, m.Data...))
		default:
			return errors.New("no careledger answers on this server; check --data, or start one with careledger serve")
		}
	}
}

func failure(b []byte) error {
	var f Failure
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("read the serving careledger's answer: %w", err)
	}
	if f.Report != nil {
		return &RefusedError{f.Report}
	}
	if f.Wrong {
		return &Wrong{errors.New(f.Message)}
	}
	return errors.New(f.Message)
}
