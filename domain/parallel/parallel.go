// Package parallel does a piece of work on several processors at once, so that a panic on any of them is the caller's: it can be recovered
// where the caller would recover its own. A panic that stays in a goroutine ends the process, and a forged log or bundle, which a
// verification turns into a finding, would take a served ledger down with it. And it lets long work give way to short work.
package parallel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Do calls do for the workers 0 to n-1, each in a goroutine of its own, the first in the caller's, and returns when all have returned. If
// one or more panic, it panics when all have ended: with the caller's own panic as it is, otherwise with a *Panic.
func Do(n int, do func(worker int)) {
	var others sync.WaitGroup
	var first atomic.Pointer[Panic]
	defer func() {
		others.Wait()
		if p := first.Load(); p != nil {
			panic(p)
		}
	}()
	for worker := 1; worker < n; worker++ {
		others.Go(func() {
			defer func() {
				if value := recover(); value != nil {
					first.CompareAndSwap(nil, &Panic{Value: value, Stack: debug.Stack()})
				}
			}()
			do(worker)
		})
	}
	if n > 0 {
		do(0)
	}
}

// Each calls do for 0 to n-1, which are begun in that order, on all processors, each with a do of its own, and returns when all calls have. A panic in any
// is the caller's, as of Do.
func Each(n int, worker func() (do func(i int))) {
	var next atomic.Int64
	Do(min(n, runtime.GOMAXPROCS(0)), func(int) {
		do := worker()
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			do(i)
		}
	})
}

// GiveWay lets others that wait for a processor go first. A long loop calls it every hundred microseconds or so: the scheduler itself takes a processor away after ten
// milliseconds only, and an append of a record, or a page that needs one of them for a moment at a time, would wait for that at each of its steps. Where nobody waits
// it costs some 0.2 µs.
func GiveWay() { runtime.Gosched() }

// Panic is what a worker panicked with, and where: the stack of who recovers it is the caller's.
type Panic struct {
	Value any
	Stack []byte // as runtime/debug.Stack writes it
}

// Error tells both, for whoever has to find out what happened; the process prints it where nobody recovers.
func (p *Panic) Error() string { return fmt.Sprintf("%v, in a worker:\n%s", p.Value, p.Stack) }

// Value is what the code panicked with, in a worker or not: of what was recovered, the part that can be told in one line.
func Value(recovered any) any {
	if p, ok := recovered.(*Panic); ok {
		return p.Value
	}
	return recovered
}

// Stack is where the code panicked, for whoever recovers it and wants that logged: of a worker its own.
func Stack(recovered any) []byte {
	if p, ok := recovered.(*Panic); ok {
		return p.Stack
	}
	return debug.Stack()
}
