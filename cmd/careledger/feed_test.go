package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/feed/feedtest"
	"careledger/cmd/careledger/internal/generate"
	"careledger/cmd/careledger/internal/ledger"
	"careledger/eventstore"
)

// feeding serves a ledger until the test ends, and returns it with a program's way to its feeds.
func feeding(t *testing.T, dir string) (*ledger.Local, jetstream.JetStream) {
	token, ready := ledger.NewToken(), make(chan string, 1)
	l, err := ledger.Open(t.Context(), ledger.Config{Dir: dir, Listen: "127.0.0.1:0", ClientToken: token})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- l.Serve(ctx, func(url, _ string) { ready <- url }) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
		require.NoError(t, l.Close())
	})
	conn, err := nats.Connect(<-ready, nats.Token(token))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	return l, js
}

// requireFeeds: each authority's feed, read from its beginning, says at many of its positions and at its end what the read models say as known there.
func requireFeeds(t *testing.T, l *ledger.Local, js jetstream.JetStream) {
	var feeds []ledger.FeedStanding
	require.Eventually(t, func() (level bool) {
		var err error
		feeds, err = l.Feeds(t.Context())
		require.NoError(t, err)
		level = len(feeds) > 0
		for _, f := range feeds {
			level = level && f.Lag() == 0
		}
		return level
	}, time.Minute, 10*time.Millisecond)
	const looks = 8
	rows := 0
	for _, f := range feeds {
		table, err := l.Table(t.Context(), f.Authority)
		require.NoError(t, err)
		reader, next := feedtest.NewSubscriber(), f.Log/looks
		_, err = feedtest.Outside{JS: js, Authority: f.Authority}.Read(t.Context(), 1, func(m eventstore.FeedMessage) error {
			reader.Take(t, m)
			if m.Kind == "position" && reader.At >= next {
				reader.RequireLevel(t, table)
				next = reader.At + f.Log/looks
			}
			return nil
		})
		require.NoError(t, err)
		reader.RequireLevel(t, table)
		rows += reader.Messages
	}
	require.Positive(t, rows)
}

func TestEveryPresetIsFedAsItIsAnswered(t *testing.T) {
	for _, p := range presets() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "records.ndjson")
			f, err := os.Create(path)
			require.NoError(t, err)
			require.NoError(t, p.write(f, generate.Size{Authority: "1281", Persons: 36, Years: 2, Seed: 2}))
			require.NoError(t, f.Close())
			l, js := feeding(t, t.TempDir())
			_, err = l.Import(t.Context(), ledger.ImportRequest{Path: path})
			require.NoError(t, err)
			requireFeeds(t, l, js)
		})
	}
}

func TestTheDemoIsFedAsItIsAnswered(t *testing.T) {
	dir := t.TempDir()
	l, js := feeding(t, dir)
	d := &demo{Local: l, ctx: t.Context(), w: io.Discard, dir: dir, progress: func(string, int64, int64) {}}
	require.NoError(t, d.run())
	requireFeeds(t, l, js)
}
