// fork: a goroutine for every call of fib and every node of the tree; queens are placed by goroutines in the first rows
// alone. go.go WORKERS FIB QUEENS ROOTS
package main

import (
	"fmt"
	"log"
	"math"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

const (
	queensMax   = 14
	queensGrain = 4
	children    = 4
	mixes       = 32
)

func fib(n int) int {
	if n < 2 {
		return n
	}
	var left int
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		left = fib(n - 1)
		group.Done()
	}()
	right := fib(n - 2)
	group.Wait()
	return left + right
}

type board [queensMax]int8

func isSafe(b *board, row, column int) bool {
	for i, other := range b[:row] {
		if int(other) == column || int(other) == column-(row-i) || int(other) == column+(row-i) {
			return false
		}
	}
	return true
}

func queens(b board, row, n int) int {
	if row == n {
		return 1
	}
	var found [queensMax]int
	var group sync.WaitGroup
	for c := 0; c < n; c++ {
		if !isSafe(&b, row, c) {
			continue
		}
		next, c := b, c
		next[row] = int8(c)
		if row >= queensGrain {
			found[0] += queens(next, row+1, n)
			continue
		}
		group.Add(1)
		go func() {
			found[c] = queens(next, row+1, n)
			group.Done()
		}()
	}
	group.Wait()
	sum := 0
	for _, f := range found {
		sum += f
	}
	return sum
}

// fork.h says what the tree is.
func node(parent, child uint64) uint64 {
	x := parent + child
	for i := 0; i < mixes; i++ {
		x += 0x9e3779b97f4a7c15
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
	}
	return x
}

// tree counts the nodes from children of the parent downwards, each by its own goroutine but the last.
func tree(parent uint64, count int) int {
	nodes := make([]int, count)
	var group sync.WaitGroup
	walk := func(i int) {
		id := node(parent, uint64(i))
		nodes[i] = 1
		if id < math.MaxUint64/10000*2495 {
			nodes[i] += tree(id, children)
		}
	}
	group.Add(count - 1)
	for i := 0; i < count-1; i++ {
		i := i
		go func() {
			walk(i)
			group.Done()
		}()
	}
	walk(count - 1)
	group.Wait()
	sum := 0
	for _, n := range nodes {
		sum += n
	}
	return sum
}

func mustBe(result, right int, what string) {
	if result != right {
		log.Fatalf("%s: %d, not %d", what, result, right)
	}
}

func main() {
	var args [5]int
	for i := 1; i < len(args); i++ {
		args[i], _ = strconv.Atoi(os.Args[i])
	}
	runtime.GOMAXPROCS(args[1])

	start := time.Now()
	result := fib(args[2])
	took := float64(time.Since(start).Nanoseconds())
	a, b := 0, 1
	for i := 0; i < args[2]; i++ {
		a, b = b, a+b
	}
	mustBe(result, a, "fib")
	fmt.Printf("fib %.6g ns\n", took/float64(2*b-1))

	start = time.Now()
	found := queens(board{}, 0, args[3])
	took = time.Since(start).Seconds()
	mustBe(found, map[int]int{8: 92, 10: 724, 11: 2680, 12: 14200, 13: 73712}[args[3]], "nqueens")
	fmt.Printf("nqueens %.6g s\n", took)

	start = time.Now()
	nodes := tree(0, args[4])
	took = time.Since(start).Seconds()
	mustBe(nodes, map[int]int{1000: 315124, 8000: 1800480}[args[4]], "tree")
	fmt.Printf("tree %.6g s\n", took)
}
