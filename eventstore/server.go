package eventstore

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	maxPayloadBytes   = 8 << 20
	serverReadyWait   = 60 * time.Second // recovery of a long log takes its time
	unlimitedBytes    = int64(1) << 50   // above any disk; a full disk is found by asking the disk (see appender.go)
	maxPendingBytes   = 256 << 20
	serverWriteWindow = 30 * time.Second
)

// startServer runs a JetStream server in this process, with its store in dir/jetstream and every write synced.
// gate lets connections in.
func startServer(c Config, gate *gatekeeper) (*server.Server, error) {
	opts := &server.Options{
		ServerName:                 "careledger",
		JetStream:                  true,
		StoreDir:                   filepath.Join(c.Dir, "jetstream"),
		SyncAlways:                 true,
		JetStreamMaxStore:          unlimitedBytes,
		JetStreamMaxMemory:         unlimitedBytes,
		DontListen:                 c.Listen == "",
		NoSigs:                     true,
		NoLog:                      true,
		MaxPayload:                 maxPayloadBytes,
		MaxPending:                 maxPendingBytes,
		WriteDeadline:              serverWriteWindow,
		CustomClientAuthentication: gate,
	}
	if c.Listen != "" {
		host, port, err := splitListen(c.Listen)
		if err != nil {
			return nil, err
		}
		opts.Host, opts.Port = host, port
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("setting up the embedded JetStream server: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(serverReadyWait) {
		stopServer(s)
		return nil, fmt.Errorf("the embedded JetStream server in %s did not get ready within %v: is the directory writable, and the address %q free?",
			opts.StoreDir, serverReadyWait, c.Listen)
	}
	err = assertSynced(s)
	if err == nil {
		err = gate.open(s)
	}
	if err != nil {
		stopServer(s)
		return nil, err
	}
	return s, nil
}

// assertSynced refuses a server whose acknowledgements are not worth anything after a power loss. It asks the running
// JetStream, not the options that were handed in.
func assertSynced(s *server.Server) error {
	jsc := s.JetStreamConfig()
	if jsc == nil {
		return errors.New("the embedded server runs without JetStream: is its store directory writable?")
	}
	if !jsc.SyncAlways {
		return errors.New("the embedded JetStream server does not sync every write; refusing to acknowledge appends on it")
	}
	return nil
}

func stopServer(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

func splitListen(addr string) (string, int, error) {
	host, p, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("listen address %q: %w", addr, err)
	}
	port, err := strconv.ParseUint(p, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("listen address %q: the port is not a number from 0 to 65535", addr)
	}
	if port == 0 {
		return host, server.RANDOM_PORT, nil
	}
	return host, int(port), nil
}

func randomSecret(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) //nolint:errcheck // never fails since Go 1.24: it crashes the program instead
	return hex.EncodeToString(b)
}
