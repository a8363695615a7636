// lane: a mutex of goroutines, locked and unlocked where nobody else wants it. go.go WORKERS MS
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

func main() {
	workers, _ := strconv.Atoi(os.Args[1])
	ms, _ := strconv.Atoi(os.Args[2])
	budget := time.Duration(ms) * time.Millisecond
	runtime.GOMAXPROCS(workers)

	var mutex sync.Mutex
	rounds := 0
	start := time.Now()
	for time.Since(start) < budget {
		for i := 0; i < 10000; i++ {
			mutex.Lock()
			mutex.Unlock()
		}
		rounds += 10000
	}
	took := time.Since(start)
	fmt.Printf("alone %.6g ns\n", float64(took.Nanoseconds())/float64(rounds))
}
