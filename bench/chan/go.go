// chan: ping-pong over unbuffered channels, and 4 senders to 4 receivers over one of 64. go.go WORKERS MS
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

const messages = 100000

func pingPong() {
	there, back := make(chan int), make(chan int)
	go func() {
		for item := range there {
			back <- item
		}
	}()
	for i := 0; i < messages/2; i++ {
		there <- i
		if <-back != i {
			log.Fatal("a wrong echo")
		}
	}
	close(there)
}

func fourByFour() {
	items := make(chan int, 64)
	var senders, receivers sync.WaitGroup
	var received atomic.Int64
	senders.Add(4)
	receivers.Add(4)
	for i := 0; i < 4; i++ {
		go func() {
			for k := 0; k < messages/4; k++ {
				items <- k
			}
			senders.Done()
		}()
		go func() {
			n := int64(0)
			for range items {
				n++
			}
			received.Add(n)
			receivers.Done()
		}()
	}
	senders.Wait()
	close(items)
	receivers.Wait()
	if received.Load() != messages {
		log.Fatal("messages were lost")
	}
}

func measure(work string, round func(), budget time.Duration) {
	sent := 0
	start := time.Now()
	for time.Since(start) < budget {
		round()
		sent += messages
	}
	fmt.Printf("%s %.6g ns\n", work, float64(time.Since(start).Nanoseconds())/float64(sent))
}

func main() {
	workers, _ := strconv.Atoi(os.Args[1])
	ms, _ := strconv.Atoi(os.Args[2])
	budget := time.Duration(ms) * time.Millisecond
	runtime.GOMAXPROCS(workers)
	measure("pingpong", pingPong, budget)
	measure("chan4x4", fourByFour, budget)
}
