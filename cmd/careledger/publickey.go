package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/eventstore"
)

// publicKey reads what a flag takes as a public key: the key itself, or a file of it, with the "key: " before it that careledger checkpoint
// prints or without. parse returns a key in its one form, or says why it is none. *ledger.Wrong if it is written as a key and is none.
func publicKey(flag, given string, parse func(string) (string, error)) (string, error) {
	key, none := parse(given)
	if none == nil {
		return key, nil
	}
	b, err := os.ReadFile(given)
	switch {
	case err == nil:
		if key, err = parse(strings.TrimPrefix(strings.TrimSpace(string(b)), "key: ")); err != nil { // which quotes it, and it may be a secret one
			return "", fmt.Errorf("--%s: %s does not hold a public key, which careledger checkpoint and careledger checkpoint key show", flag, given)
		}
		return key, nil
	case strings.Contains(given, "+"): // name+id+key
		return "", &ledger.Wrong{Err: fmt.Errorf("--%s: %w", flag, none)}
	}
	return "", fmt.Errorf("--%s: %s is no public key, and no file that can be read: %w", flag, given, err)
}

// verifierKey parses the public key of a log.
func verifierKey(key string) (string, error) {
	_, err := eventstore.Fingerprint(key)
	return key, err
}

// requiredLogKey reads --log-key.
func requiredLogKey(given string) (string, error) {
	if given == "" {
		return "", required("log-key", "the public key that careledger checkpoint shows, or a file of it")
	}
	return publicKey("log-key", given, verifierKey)
}

// verifierKeyOrFingerprint parses the public key of a log, or its fingerprint, which it returns in lower case, as bundle.Expected takes it.
func verifierKeyOrFingerprint(s string) (string, error) {
	if b, err := hex.DecodeString(s); err == nil && len(b) == sha256.Size {
		return hex.EncodeToString(b), nil
	}
	return verifierKey(s)
}

// cosignerKeys reads the auditors' public keys of --cosigner-key.
func cosignerKeys(given []string) ([]string, error) {
	var keys []string
	for _, g := range given {
		key, err := publicKey("cosigner-key", g, eventstore.ParseCosignerKey)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}
