package web

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/monitor"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain/parallel"
)

// Ledger is what pages are made from. A *ledger.Local is one.
type Ledger interface {
	// Read returns the document of an answer, once whom it shows is on the access log.
	Read(ctx context.Context, r ledger.Request) (any, error)
	// Ask writes an answer in the format asked for, as the command line does, once whom it shows is on the access log.
	Ask(ctx context.Context, r ledger.Request, w io.Writer) error
	// Head returns the last event of an authority's log; see ledger.Local.
	Head(authority string) (sequence uint64, open bool)
	// Authorities returns the codes of those that have a log, in order.
	Authorities(ctx context.Context) ([]string, error)
	// Record takes one record; see ledger.Local.
	Record(ctx context.Context, record []byte) (sequence uint64, duplicate bool, err error)
	// Payout carries out a command on payouts and writes what became of it; see ledger.Local.
	Payout(ctx context.Context, r ledger.PayoutRequest, w io.Writer) error
	// Prove checks that events stand in the newest checkpoint; see ledger.Local.
	Prove(ctx context.Context, authority string, at uint64, sequences []uint64) (*ledger.Proof, error)
	monitor.Ledger
}

// Config says what is served, and to whom.
type Config struct {
	Ledger  Ledger
	Address string           // host:port that is listened on: a loopback address and a port that is not 0
	Token   string           // what a visitor signs in with, and a program presents; at least 32 characters
	Log     *slog.Logger     // what went wrong, without anything that a page shows; slog.Default() if nil
	Monitor *monitor.Monitor // counts the requests, and answers /metrics; one of its own if nil
	GivenBy []string         // flags that find the ledger, without a password: for the command that gives an answer again
}

// Server answers requests. It may be used from several goroutines; Serve runs it.
type Server struct {
	config   Config
	hosts    []string // that a request may name
	log      *slog.Logger
	origins  *http.CrossOriginProtection
	mux      *http.ServeMux
	answers  http.Handler // mux, measured
	routes   []string     // its patterns
	pages    []*page
	forms    map[string]*template.Template // pages that are none of pages, by name
	sessions sessions
	moments  moments
	moving   sync.WaitGroup  // those that move a moment
	moves    context.Context // of theirs: no page waits for them, and the server not when it stops
	endMoves context.CancelFunc
	style    []byte
}

// What a request may take.
const (
	bodyBytes      = 64 << 10 // of a form
	headerBytes    = 32 << 10
	answerSeconds  = 60 // to compute an answer
	headerSeconds  = 5
	readSeconds    = 30
	writeSeconds   = 300 // of a large table to a slow reader
	idleSeconds    = 120
	closingSeconds = 10 // for what is under way when the server stops
)

//go:embed templates
var templates embed.FS

// What pages load: one style, which page.css is the whole of, and scripts. Nothing else loads.
//
//go:embed static
var static embed.FS

// New returns a server of c. The error says all that is wrong with c.
func New(c Config) (*Server, error) {
	var errs []error
	if c.Ledger == nil {
		errs = append(errs, errors.New("there is no ledger to serve"))
	}
	if len(c.Token) < 32 {
		errs = append(errs, errors.New("the token is shorter than 32 characters"))
	}
	host, port, err := net.SplitHostPort(c.Address)
	if err != nil || !net.ParseIP(host).IsLoopback() || port == "0" || port == "" {
		errs = append(errs, fmt.Errorf("%q is not an address and port of this machine alone", c.Address))
	}
	style, err := static.ReadFile("static/web.css")
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, fmt.Errorf("serve pages: %w", err)
	}
	s := &Server{config: c, log: c.Log, origins: http.NewCrossOriginProtection(), mux: http.NewServeMux(), style: append([]byte(report.PageStyle()), style...),
		hosts: []string{c.Address, net.JoinHostPort("localhost", port)}}
	if s.log == nil {
		s.log = slog.Default()
	}
	if c.Monitor == nil {
		c.Monitor = monitor.New(nil)
	}
	s.moves, s.endMoves = context.WithCancel(context.Background())
	s.answers = c.Monitor.Requests(s.mux)
	s.pages = pages()
	for _, p := range s.pages {
		if err := s.open(p); err != nil {
			return nil, err
		}
	}
	s.forms = map[string]*template.Template{}
	for _, name := range []string{"sign-in", "purpose", "problem"} {
		if s.forms[name], err = parsed(name); err != nil {
			return nil, err
		}
	}
	s.handle("GET /{$}", s.first)
	s.handle("GET /sign-in", s.showSignIn)
	s.handle("POST /sign-in", s.signIn)
	s.handle("POST /sign-out", s.signOut)
	s.handle("GET /purpose", s.showPurpose)
	s.handle("POST /purpose", s.setPurpose)
	s.handle("POST "+calculatePath, s.calculatePayouts)
	s.handle("POST /payouts/{payout}/{step}", s.takeStep)
	s.handle("GET /payouts/{payout}/bundle", s.serveBundle)
	s.handleBody("POST "+whatIfPath+"/model", sentBytes, s.sendModel)
	s.handle("GET /static/page.css", s.serveStyle)
	for path, tell := range map[string]http.Handler{"/metrics": c.Monitor.Metrics(), "/healthz": monitor.Health(), "/readyz": monitor.Ready(c.Ledger)} { // to anybody: they name nobody
		s.handle("GET "+path, func(w http.ResponseWriter, r *http.Request) error { tell.ServeHTTP(w, r); return nil })
	}
	if err := s.openAPI(); err != nil {
		return nil, err
	}
	s.handle("GET /static/{script}", serveScript)
	s.handle("GET "+policyPath("{policy}")+"/model.yaml", s.serveModel)
	s.handle("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) error { // browsers ask for it, and tell who looks that it is not there
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	s.handle("/", func(http.ResponseWriter, *http.Request) error { return errNoPage })
	return s, nil
}

// SignInURL is the link that signs a person in to the pages at an address (host:port): it holds their token.
func SignInURL(address, token string) string {
	return "http://" + address + "/sign-in?token=" + url.QueryEscape(token)
}

// Serve answers on a listener, which it closes, until the context ends and what is under way then has ended, or was cut off after ten seconds.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{Handler: s, ReadHeaderTimeout: headerSeconds * time.Second, ReadTimeout: readSeconds * time.Second, WriteTimeout: writeSeconds * time.Second,
		IdleTimeout: idleSeconds * time.Second, MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)}
	defer s.moving.Wait()
	defer s.endMoves()
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }() // ends with the listener
	select {
	case err := <-failed:
		return fmt.Errorf("serve pages at %s: %w", s.config.Address, err)
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingSeconds*time.Second)
	defer cancel()
	err := h.Shutdown(closing)
	if err != nil {
		err = h.Close()
	}
	<-failed
	return err
}

// handle serves a pattern of the mux. The error of do becomes a problem, unless something was written.
func (s *Server) handle(pattern string, do func(http.ResponseWriter, *http.Request) error) {
	s.handleBody(pattern, bodyBytes, do)
}

// handleBody is handle for what is sent with more than a form: at most so many bytes.
func (s *Server) handleBody(pattern string, most int64, do func(http.ResponseWriter, *http.Request) error) {
	s.routes = append(s.routes, pattern)
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, most)
		if err := do(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// ServeHTTP holds what is true of every request: the headers of its answer, which hosts it may name, how long it may take, where a change may come
// from, and that a mistake in the program is told as one.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store") // what a page shows is no one else's at this machine
	ctx, cancel := context.WithTimeout(r.Context(), answerSeconds*time.Second)
	defer cancel()
	path, as := cutEnding(r.URL.Path)
	r = r.WithContext(context.WithValue(ctx, endingKey{}, as))
	if as != asPage {
		u := *r.URL
		u.Path, u.RawPath = path, ""
		r.URL = &u
	}
	out := &answerWriter{ResponseWriter: w}
	defer func() {
		broken := recover()
		if broken == nil {
			return
		}
		if err, is := broken.(error); is && errors.Is(err, http.ErrAbortHandler) {
			panic(broken)
		}
		s.broke(r.Pattern, broken)
		if out.begun {
			panic(http.ErrAbortHandler) // the reader sees that the answer is not whole
		}
		s.fail(out, r, errBroken)
	}()
	if !s.named(r.Host) { // a page elsewhere whose name was pointed here (DNS rebinding)
		s.fail(out, r, errHost)
		return
	}
	if err := s.origins.Check(r); err != nil {
		s.fail(out, r, errOrigin)
		return
	}
	s.answers.ServeHTTP(out, r)
}

// broke tells the log of a mistake in the program, by the kind of what it panicked with: its value may name a case.
func (s *Server) broke(path string, with any) {
	s.log.Error("a page broke", "path", path, "with", fmt.Sprintf("%T", parallel.Value(with)), "stack", string(parallel.Stack(with)))
}

// named says whether a request may name a host.
func (s *Server) named(host string) bool {
	for _, h := range s.hosts {
		if h == host {
			return true
		}
	}
	return false
}

// endingKey finds the ending of a request's address in its context.
type endingKey struct{}

func endingOf(r *http.Request) ending {
	as, _ := r.Context().Value(endingKey{}).(ending)
	return as
}

// answerWriter knows whether something was written.
type answerWriter struct {
	http.ResponseWriter
	begun bool
}

func (w *answerWriter) WriteHeader(status int) {
	w.begun = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *answerWriter) Write(b []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// begun says whether something was written of the answer that w, also behind what measures it, is of.
func begun(w http.ResponseWriter) bool {
	for {
		switch out := w.(type) {
		case *answerWriter:
			return out.begun
		case interface{ Unwrap() http.ResponseWriter }:
			w = out.Unwrap()
		default:
			return true
		}
	}
}

func (s *Server) serveStyle(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, err := w.Write(s.style)
	return err
}

// serveScript serves a script of static/.
func serveScript(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("script")
	script, err := static.ReadFile("static/" + name)
	if err != nil || !strings.HasSuffix(name, ".js") {
		return errNoPage
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, err = w.Write(script)
	return err
}

// first leads to the first page.
func (s *Server) first(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, address(s.pages[0].path, r.URL.Query()), http.StatusSeeOther)
	return nil
}

// parsed returns the templates of a page: the skeleton, what pages share, and its own content.
func parsed(name string) (*template.Template, error) {
	t, err := template.ParseFS(templates, "templates/layout.html", "templates/parts.html", "templates/"+name+".html")
	if err == nil {
		_, err = t.New("why").Parse(report.WhyLayout())
	}
	if err != nil { // they are part of the program
		return nil, fmt.Errorf("templates/%s.html: %w", name, err)
	}
	return t, nil
}
