// block: a thousand calls of C that block a millisecond, twice; then empty calls of C, one after the other, each in a
// goroutine that is awaited. go.go WORKERS MS
package main

/*
#include <unistd.h>

static void nothing(void) {}
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

const (
	calls = 1000
	batch = 100
)

func thousand(work string) {
	var group sync.WaitGroup
	start := time.Now()
	group.Add(calls)
	for i := 0; i < calls; i++ {
		go func() {
			C.usleep(1000)
			group.Done()
		}()
	}
	group.Wait()
	fmt.Printf("%s %.6g ms\n", work, time.Since(start).Seconds()*1e3)
}

func offload(budget time.Duration) {
	n := 0
	start := time.Now()
	for time.Since(start) < budget {
		for i := 0; i < batch; i++ {
			done := make(chan struct{})
			go func() {
				C.nothing()
				close(done)
			}()
			<-done
		}
		n += batch
	}
	fmt.Printf("offload %.6g us\n", time.Since(start).Seconds()*1e6/float64(n))
}

func main() {
	workers, _ := strconv.Atoi(os.Args[1])
	ms, _ := strconv.Atoi(os.Args[2])
	runtime.GOMAXPROCS(workers)
	thousand("block1000")
	thousand("block1000_again")
	offload(time.Duration(ms) * time.Millisecond)
}
