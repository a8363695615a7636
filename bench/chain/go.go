// chain: each goroutine starts and joins the next, a thousand deep. go.go WORKERS MS
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
)

const depth = 1000

func link(left int, done chan<- struct{}) {
	if left > 0 {
		next := make(chan struct{})
		go link(left-1, next)
		<-next
	}
	close(done)
}

func main() {
	workers, _ := strconv.Atoi(os.Args[1])
	ms, _ := strconv.Atoi(os.Args[2])
	budget := time.Duration(ms) * time.Millisecond
	runtime.GOMAXPROCS(workers)

	tasks := 0
	start := time.Now()
	for time.Since(start) < budget {
		link(depth, make(chan struct{}))
		tasks += depth
	}
	fmt.Printf("chain %.6g ns\n", float64(time.Since(start).Nanoseconds())/float64(tasks))
}
