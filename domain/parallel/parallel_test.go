package parallel_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain/parallel"
)

func TestAllWorkersWork(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7} {
		var done [8]atomic.Int32
		parallel.Do(n, func(worker int) { done[worker].Add(1) })
		for worker := range done {
			want := int32(0)
			if worker < n {
				want = 1
			}
			require.Equal(t, want, done[worker].Load(), "worker %d of %d", worker, n)
		}
	}
}

func TestAPanicOfAnyWorkerIsTheCallersWhenAllHaveEnded(t *testing.T) {
	const n = 4
	for broken := range n {
		t.Run(fmt.Sprint(broken), func(t *testing.T) {
			var ended atomic.Int32
			var recovered any
			func() {
				defer func() { recovered = recover() }()
				parallel.Do(n, func(worker int) {
					defer ended.Add(1)
					if worker == broken {
						panic("no such unit")
					}
				})
			}()
			require.Equal(t, "no such unit", parallel.Value(recovered))
			require.EqualValues(t, n, ended.Load())
			if broken > 0 {
				require.Contains(t, string(parallel.Stack(recovered)), "panic(", "the stack of where it happened")
				require.ErrorContains(t, recovered.(error), "no such unit, in a worker:")
			}
		})
	}
}

func TestWorkersThatAllPanicGiveOne(t *testing.T) {
	require.Panics(t, func() { parallel.Do(3, func(int) { panic("all") }) })
}

func TestEachIsCalledOnce(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 100} {
		var done [101]atomic.Int32
		parallel.Each(n, func() func(int) { return func(i int) { done[i].Add(1) } })
		for i := range done {
			want := int32(0)
			if i < n {
				want = 1
			}
			require.Equal(t, want, done[i].Load(), "%d of %d", i, n)
		}
	}
	require.Panics(t, func() {
		parallel.Each(100, func() func(int) {
			return func(i int) {
				if i == 50 {
					panic("no such unit")
				}
			}
		})
	})
}
