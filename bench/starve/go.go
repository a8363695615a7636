// starve: an echo server, and a goroutine that is stuck. go.go WORKERS compute|block
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

const stuck = 50 * time.Millisecond

func serve(conn net.Conn) {
	defer conn.Close()
	buf := make([]byte, 1024)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		if _, err = conn.Write(buf[:n]); err != nil {
			return
		}
	}
}

func getStuck(how string) {
	for {
		if how == "compute" {
			for until := time.Now().Add(stuck); time.Now().Before(until); {
			}
		} else { // a call that blocks the thread, where time.Sleep would park the goroutine
			t := syscall.NsecToTimespec(int64(stuck))
			syscall.Nanosleep(&t, nil)
		}
		runtime.Gosched()
	}
}

func main() {
	workers, _ := strconv.Atoi(os.Args[1])
	runtime.GOMAXPROCS(workers)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go getStuck(os.Args[2])
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(conn)
	}
}
