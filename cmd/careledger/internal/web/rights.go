package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/domain"
)

// Who a request is from, and what they may do, is decided here and nowhere else. Today whoever holds the token may see everything, under the name that
// they give. Users and roles would be asked here.

// The headers in which a program says who asks, and what for.
const (
	actorHeader   = "Careledger-Actor"
	purposeHeader = "Careledger-Purpose"
)

// visitor is who a request is from.
type visitor struct {
	ledger.Reader          // Purpose is "" until they have said one
	session       *session // nil for a program
}

// visitorOf returns who a request is from: the one signed in with its cookie, or a program that presents the token (Authorization: Bearer TOKEN) and names
// itself and its purpose in the headers Careledger-Actor and Careledger-Purpose. errSignedOut where it is from nobody. A change from a page must
// hold the session's own word, beside what ServeHTTP has checked of its origin.
func (s *Server) visitorOf(r *http.Request) (*visitor, error) {
	if token, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); is {
		if !s.isToken(token) {
			return nil, errSignedOut
		}
		v := &visitor{Reader: ledger.Reader{Actor: r.Header.Get(actorHeader), Purpose: r.Header.Get(purposeHeader)}}
		if err := domain.CheckActor(v.Actor); err != nil {
			return nil, &problem{status: http.StatusBadRequest, word: "no_actor", detail: actorHeader + ": " + err.Error()}
		}
		if v.Purpose != "" { // of who has said none, an answer that shows nobody is not refused
			if err := domain.CheckPurpose(v.Purpose); err != nil {
				return nil, &problem{status: http.StatusBadRequest, word: "no_purpose", detail: purposeHeader + ": " + err.Error()}
			}
		}
		return v, nil
	}
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil, errSignedOut
	}
	in := s.sessions.find(cookie.Value)
	if in == nil {
		return nil, errSignedOut
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && subtle.ConstantTimeCompare([]byte(r.PostFormValue(csrfField)), []byte(in.csrf)) != 1 {
		return nil, errForged
	}
	return &visitor{Reader: ledger.Reader{Actor: in.actor, Purpose: in.saidPurpose()}, session: in}, nil
}

// isToken compares without telling how much of it is right.
func (s *Server) isToken(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(s.config.Token)) == 1
}

const (
	sessionCookie = "careledger"
	csrfField     = "csrf"
	sessionHours  = 12
	sessionsMost  = 1000
)

// sessions are those who have signed in, in memory.
type sessions struct {
	mu sync.Mutex
	in map[string]*session
}

// session is somebody signed in, until a time.
type session struct {
	actor, csrf string
	until       time.Time

	mu      sync.Mutex
	purpose string
}

func (s *session) saidPurpose() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.purpose
}

func (s *session) sayPurpose(purpose string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.purpose = purpose
}

func newWord() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// begin signs somebody in and returns what their cookie holds. Sessions that are over go away; with very many, so does any one of the others.
func (s *sessions) begin(actor string) (word string) {
	word = newWord()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.in == nil {
		s.in = map[string]*session{}
	}
	for w, old := range s.in {
		if time.Now().After(old.until) || len(s.in) >= sessionsMost {
			delete(s.in, w)
		}
	}
	s.in[word] = &session{actor: actor, csrf: newWord(), until: time.Now().Add(sessionHours * time.Hour)}
	return word
}

// find returns the session of a cookie, nil where there is none any more. The words are random, so that how long the search takes tells nothing.
func (s *sessions) find(word string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.in[word]
	if in == nil || time.Now().After(in.until) {
		return nil
	}
	return in
}

func (s *sessions) end(word string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.in, word)
}

// formView is a form that asks one or two things before a page is shown.
type formView struct {
	skeleton
	Token, Next, Value, Wrong string
}

// showSignIn asks who somebody is, and for the token where the address does not hold it.
func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request) error {
	f := formView{Token: r.URL.Query().Get("token"), Next: localPath(r.URL.Query().Get("next"))}
	f.skeleton = s.skeleton(r, nil, "web.sign_in", f.Next)
	return s.render(w, http.StatusOK, "sign-in", &f)
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	f := formView{Token: r.PostFormValue("token"), Next: localPath(r.PostFormValue("next")), Value: r.PostFormValue("actor")}
	f.skeleton = s.skeleton(r, nil, "web.sign_in", f.Next)
	status := http.StatusOK
	if err := domain.CheckActor(f.Value); err != nil {
		f.Wrong, status = f.Say("web.actor_wrong"), http.StatusBadRequest
	}
	if !s.isToken(f.Token) {
		f.Token, f.Wrong, status = "", f.Say("web.token_wrong"), http.StatusForbidden
	}
	if f.Wrong != "" {
		return s.render(w, status, "sign-in", &f)
	}
	// Not Secure: on loopback the page is plain HTTP.
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: s.sessions.begin(f.Value), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: sessionHours * 3600})
	http.Redirect(w, r, f.Next, http.StatusSeeOther)
	return nil
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.visitorOf(r); err != nil {
		return err
	}
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		s.sessions.end(cookie.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: -1})
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// showPurpose asks what a page is read for that shows cases or patients. It is kept for the session, and stands on each reading.
func (s *Server) showPurpose(w http.ResponseWriter, r *http.Request) error {
	visitor, err := s.visitorOf(r)
	if err != nil {
		return err
	}
	f := formView{Next: localPath(r.URL.Query().Get("next")), Value: visitor.Purpose}
	f.skeleton = s.skeleton(r, visitor, "web.purpose", f.Next)
	return s.render(w, http.StatusOK, "purpose", &f)
}

func (s *Server) setPurpose(w http.ResponseWriter, r *http.Request) error {
	visitor, err := s.visitorOf(r)
	if err != nil {
		return err
	}
	if visitor.session == nil {
		return errNoPurpose // a program says it with each request
	}
	f := formView{Next: localPath(r.PostFormValue("next")), Value: strings.TrimSpace(r.PostFormValue("purpose"))}
	if err := domain.CheckPurpose(f.Value); err != nil {
		f.skeleton = s.skeleton(r, visitor, "web.purpose", f.Next)
		f.Wrong = f.Say("web.purpose_wrong")
		return s.render(w, http.StatusBadRequest, "purpose", &f)
	}
	visitor.session.sayPurpose(f.Value)
	http.Redirect(w, r, f.Next, http.StatusSeeOther)
	return nil
}

// localPath returns an address of this server to go on to, "/" for any other: nobody is led away.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

// asksPurpose says whether an error of the ledger is that nobody has said what a reading is for.
func asksPurpose(err error) bool { return errors.Is(err, ledger.ErrNoPurpose) }
