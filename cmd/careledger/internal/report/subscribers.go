package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/words"
	"careledger/eventstore"
)

// SubscriberAccess is what a program needs to follow a feed.
type SubscriberAccess struct {
	Name      string `json:"name"` // of the subscriber: its user and its consumer
	Authority string `json:"authority"`
	Stream    string `json:"stream"`
	Consumer  string `json:"consumer"`
	User      string `json:"user,omitempty"`
	Password  string `json:"password,omitempty"`
	URL       string `json:"url,omitempty"`           // where the ledger is served now
	Accounts  string `json:"nats_accounts,omitempty"` // on a server of the operator's own: what has to be in its configuration
}

// SubscriberAdded writes what a new subscriber needs. password "" stands for a server of the operator's own, url "" for a ledger that is not served now.
func SubscriberAdded(w io.Writer, format Format, name, authority, password, url string) error {
	a := SubscriberAccess{Name: name, Authority: authority, Stream: eventstore.FeedStream(authority), Consumer: name, User: name, Password: password, URL: url}
	if password == "" {
		a.User, a.Accounts = "", subscriberAccounts(authority, name)
	}
	if format != Table {
		s := &sheet{columns: fields([]string{"name", "authority", "stream", "consumer", "user", "password", "url"}),
			rows: [][]string{{a.Name, a.Authority, a.Stream, a.Consumer, a.User, a.Password, a.URL}}}
		return s.write(w, format, a)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s follows the feed of authority %s.\n\n  stream    %s\n  consumer  %s (durable, pull, explicit acknowledgement)\n", name, authority, a.Stream, a.Consumer)
	if password == "" {
		fmt.Fprintf(&b, `
The consumer is made. No user is: on a server of your own, users are yours to make. This one needs an account apart from that of the streams,
in which nothing exists but the calls on its consumer; as nats-server.conf, to be merged with yours (with operator and JWTs: the same exports, imports and permissions):

%s
Let it make no consumers itself: whoever may do that in the account of the streams can have one deliver anywhere there.
`, a.Accounts)
	} else {
		server := url
		if server == "" {
			server = "where you start:  careledger serve --listen 127.0.0.1:4222"
		}
		fmt.Fprintf(&b, "  server    %s\n  user      %s\n  password  %s\n\nThe password is not kept and cannot be shown again.\n", server, a.User, a.Password)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// subscriberAccounts is the configuration that lets a user into a server of the operator's own, to the same as the embedded one lets a subscriber: except that
// it cannot delete its consumer, since it could not make it again.
func subscriberAccounts(authority, name string) string {
	account := "SUBSCRIBER_" + name
	var exports, imports, publish strings.Builder
	// Without this import, which the user is not permitted to use, the server itself answers for an account without JetStream that it has none.
	fmt.Fprintf(&exports, "      {service: %q, accounts: [%q]}\n", "$JS.API.INFO", account)
	fmt.Fprintf(&imports, "      {service: {account: STREAMS, subject: %q}} # no user may ask it; it keeps the server from answering in its place\n", "$JS.API.INFO")
	for _, s := range eventstore.SubscriberServices(authority, name) {
		answers := ""
		if s.Streamed {
			answers = ", response_type: stream"
		}
		fmt.Fprintf(&exports, "      {service: %q, accounts: [%q]%s}\n", s.Subject, account, answers)
		fmt.Fprintf(&imports, "      {service: {account: STREAMS, subject: %q}}\n", s.Subject)
		fmt.Fprintf(&publish, "        %q\n", s.Subject)
	}
	return fmt.Sprintf(`accounts {
  STREAMS: { # yours, that careledger --server uses
    jetstream: enabled
    exports: [
%s    ]
  }
  %s: {
    imports: [
%s    ]
    users: [{user: %q, password: "(of your making)", permissions: {
      publish: [
%s      ]
      subscribe: "_INBOX.>"
    }}]
  }
}
`, exports.String(), account, imports.String(), name, publish.String())
}

// SubscriberRemoved says what is gone.
func SubscriberRemoved(w io.Writer, format Format, name string, elsewhere bool) error {
	type removed struct {
		Removed string `json:"removed"`
	}
	if format != Table {
		return (&sheet{columns: fields([]string{"removed"}), rows: [][]string{{name}}}).write(w, format, removed{name})
	}
	text := name + " is cut off and its position forgotten.\n"
	if elsewhere {
		text = name + "'s consumer is deleted. Its user is yours to remove from the server's configuration; it can reach nothing any more.\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

// subscriberStanding is a subscriber, for programs.
type subscriberStanding struct {
	Name      string     `json:"name"`
	Authority string     `json:"authority"`
	Stream    string     `json:"stream"`
	Added     *time.Time `json:"added"`
	Consumer  bool       `json:"consumer"`                   // false: it has deleted its consumer
	Position  uint64     `json:"position"`                   // messages of the feed
	Pending   uint64     `json:"pending"`                    // messages
	Connected *bool      `json:"connected"`                  // null with --server, where it is not known
	LastSeen  *time.Time `json:"last_seen"`                  // null: not since the server started
	Damaged   string     `json:"damaged,omitempty,omitzero"` // why it is not let in, and what to do; then nothing but its name is known, and added is null
}

func standings(all []eventstore.Subscriber) []subscriberStanding {
	out := make([]subscriberStanding, len(all))
	for i, s := range all {
		out[i] = subscriberStanding{Name: s.Name, Authority: s.Authority, Stream: s.Stream, Consumer: s.Consumer, Position: s.Position, Pending: s.Pending, Connected: s.Connected, Damaged: s.Damaged}
		if !s.Added.IsZero() {
			out[i].Added = &s.Added
		}
		if !s.Seen.IsZero() {
			seen := s.Seen.UTC().Truncate(time.Second)
			out[i].LastSeen = &seen
		}
	}
	return out
}

// Subscribers lists who follows the feeds. The position is a message of the feed.
func Subscribers(w io.Writer, format Format, all []eventstore.Subscriber) error {
	rows := standings(all)
	s := &sheet{columns: []column{{name: "name"}, {name: "authority"}, {name: "added"}, {name: "position", number: true}, {name: "pending", number: true}, {name: "connected"}, {name: "last_seen"}}}
	if format == Table {
		s.heading = append([]string{fmt.Sprintf("Programs that follow the BI feed: %d. Position and pending count messages of the feed.", len(all))}, damages(all)...)
	} else {
		s.columns = append(s.columns, column{name: "damaged"})
	}
	for _, r := range rows {
		added, seen, position, pending := "", "", s.count(format, r.Position), s.count(format, r.Pending)
		if r.Added != nil {
			added = r.Added.Format(time.RFC3339)
		}
		if r.LastSeen != nil {
			seen = r.LastSeen.Format(time.RFC3339)
		}
		if !r.Consumer { // it has deleted it, to begin anew
			position = ""
		}
		if r.Damaged != "" {
			pending = ""
		}
		row := []string{r.Name, r.Authority, added, position, pending, yesNo(r.Connected), seen, r.Damaged}
		s.rows = append(s.rows, row[:len(s.columns)])
	}
	return s.write(w, format, struct {
		Subscribers []subscriberStanding `json:"subscribers"`
	}{rows})
}

// damages are lines on the subscribers that are not let in.
func damages(all []eventstore.Subscriber) (lines []string) {
	for _, s := range all {
		if s.Damaged != "" {
			lines = append(lines, "Not let in: "+s.Damaged+".")
		}
	}
	return lines
}

// Feed is how far an authority's feed reaches.
type Feed struct {
	Authority string `json:"authority"`
	Log       uint64 `json:"log"`      // the last event of the ledger
	Position  uint64 `json:"position"` // the event up to which the feed says all that is known
	Messages  uint64 `json:"messages"` // on the feed
	Bytes     uint64 `json:"bytes"`    // of the feed on disk

	Held string `json:"held,omitempty"` // why a serving careledger does not get on with it
}

// FeedLag writes how far feeds are behind their ledgers, in events, and subscribers behind their feeds, in messages.
func FeedLag(w io.Writer, format Format, feeds []Feed, all []eventstore.Subscriber) error {
	s := &sheet{columns: []column{{name: "authority"}, {name: "who"}, {name: "position", number: true}, {name: "of", number: true}, {name: "behind", number: true}, {name: "counted_in"}}}
	if format == Table {
		s.heading = damages(all)
	}
	for _, f := range feeds {
		if f.Held != "" && format == Table {
			s.heading = append(s.heading, fmt.Sprintf("The feed of %s is held up, and tried again: %s", f.Authority, f.Held))
		}
		s.rows = append(s.rows, []string{f.Authority, "the feed", s.count(format, f.Position), s.count(format, f.Log), s.count(format, f.Log-min(f.Log, f.Position)), "events"})
		for _, sub := range all {
			if sub.Authority == f.Authority {
				s.rows = append(s.rows, []string{f.Authority, sub.Name, s.count(format, sub.Position), s.count(format, f.Messages), s.count(format, sub.Pending), "messages"})
			}
		}
	}
	return s.write(w, format, struct {
		Feeds       []Feed               `json:"feeds"`
		Subscribers []subscriberStanding `json:"subscribers"`
	}{append([]Feed{}, feeds...), standings(all)})
}

// count writes a number: with spaces between thousands in a table.
func (s *sheet) count(format Format, n uint64) string {
	text := strconv.FormatUint(n, 10)
	if format == Table {
		return words.Thousands(text)
	}
	return text
}

// yesNo is "" where it is not known.
func yesNo(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "yes"
	}
	return "no"
}
