// spawn: start and join a thousand goroutines that do nothing, again and again. go.go WORKERS MS
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

const batch = 1000

func main() {
	workers, _ := strconv.Atoi(os.Args[1])
	ms, _ := strconv.Atoi(os.Args[2])
	budget := time.Duration(ms) * time.Millisecond
	runtime.GOMAXPROCS(workers)

	tasks := 0
	start := time.Now()
	for time.Since(start) < budget {
		var group sync.WaitGroup
		group.Add(batch)
		for i := 0; i < batch; i++ {
			go group.Done()
		}
		group.Wait()
		tasks += batch
	}
	fmt.Printf("spawn %.6g ns\n", float64(time.Since(start).Nanoseconds())/float64(tasks))
}
