package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestACommandThatIsHandedOnShowsNoPassword(t *testing.T) {
	assert.Equal(t, []string{"--data", "me:secret@x", "--server", "nats://ledger:4222,nats://other"},
		withoutPassword([]string{"--data", "me:secret@x", "--server", "nats://me:secret@ledger:4222,nats://token@other"}))
	assert.Empty(t, withoutPassword(nil))
}
