// switch: two goroutines yield to each other. go.go WORKERS MS
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
)

func main() {
	workers, _ := strconv.Atoi(os.Args[1])
	ms, _ := strconv.Atoi(os.Args[2])
	budget := time.Duration(ms) * time.Millisecond
	runtime.GOMAXPROCS(workers)

	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		for !stop.Load() {
			runtime.Gosched()
		}
		close(done)
	}()
	rounds := 0
	start := time.Now()
	for time.Since(start) < budget {
		for i := 0; i < 10000; i++ {
			runtime.Gosched()
		}
		rounds += 10000
	}
	took := time.Since(start)
	stop.Store(true)
	<-done
	fmt.Printf("switch %.6g ns\n", float64(took.Nanoseconds())/float64(2*rounds))
}
