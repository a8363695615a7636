// million: that many goroutines asleep at once, all until the same instant. go.go WORKERS TASKS SECONDS
package main

import (
	"fmt"
	"log"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

func resident() int {
	var total, pages int
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Sscan(string(text), &total, &pages)
	return pages * os.Getpagesize()
}

func main() {
	workers, _ := strconv.Atoi(os.Args[1])
	count, _ := strconv.Atoi(os.Args[2])
	seconds, _ := strconv.Atoi(os.Args[3])
	runtime.GOMAXPROCS(workers)

	var asleep atomic.Int64
	var group sync.WaitGroup
	before := resident()
	start := time.Now()
	wake := start.Add(time.Duration(seconds) * time.Second)
	group.Add(count)
	for i := 0; i < count; i++ {
		go func() {
			asleep.Add(1)
			time.Sleep(time.Until(wake))
			group.Done()
		}()
	}
	for asleep.Load() < int64(count) {
		runtime.Gosched()
	}
	if time.Now().After(wake) {
		log.Fatal("late: more seconds are needed")
	}
	fmt.Printf("million_spawn %.6g s\n", time.Since(start).Seconds())
	fmt.Printf("million_bytes %.6g B\n", float64(resident()-before)/float64(count))
	group.Wait()
	fmt.Printf("million_wake %.6g s\n", time.Since(wake).Seconds())
}
