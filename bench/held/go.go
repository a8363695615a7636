// held: what 990 goroutines get done while ten others block, beside while they sleep. go.go WORKERS ROUNDS MS BLOCK_MS
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

const tasks, blockers, steps = 1000, 10, 2000

var blocks, over atomic.Bool

type count struct {
	turns atomic.Int64
	_     [56]byte
}

var counts [tasks]count

func turn(x uint64) uint64 {
	for i := 0; i < steps; i++ {
		x = x*6364136223846793005 + 1
	}
	return x
}

func compute(c *count) {
	for x := uint64(1); !over.Load(); runtime.Gosched() {
		x = turn(x)
		c.turns.Add(int64(1 + x>>63>>1))
	}
}

func wait(d time.Duration) {
	for ; !over.Load(); runtime.Gosched() {
		if blocks.Load() { // a call that blocks the thread, where time.Sleep parks the goroutine
			t := syscall.NsecToTimespec(int64(d))
			syscall.Nanosleep(&t, nil)
		} else {
			time.Sleep(d)
		}
	}
}

func sum() (n int64) {
	for i := blockers; i < tasks; i++ {
		n += counts[i].turns.Load()
	}
	return n
}

func measure(blocked bool, span, block time.Duration) float64 {
	blocks.Store(blocked)
	time.Sleep(2 * block) // the last of the other kind ends
	from, before := time.Now(), sum()
	time.Sleep(span)
	return float64(sum()-before) / float64(time.Since(from))
}

func arg(i int) int {
	n, _ := strconv.Atoi(os.Args[i])
	return n
}

func main() {
	runtime.GOMAXPROCS(arg(1))
	span, block := time.Duration(arg(3))*time.Millisecond, time.Duration(arg(4))*time.Millisecond
	for i := range counts {
		if i < blockers {
			go wait(block)
		} else {
			go compute(&counts[i])
		}
	}
	var free, blocked float64
	for i := 0; i < arg(2); i++ {
		free += measure(false, span, block)
		blocked += measure(true, span, block)
	}
	fmt.Println("held", 100*blocked/free, "%")
}
