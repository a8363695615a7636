// loop: a goroutine for each worker, which gets a part of the items, or takes a row after the other. A prefix sum is
// made of the sums of parts, then of the parts. go.go WORKERS SIZE ITEMS
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

const (
	emptyBatch  = 100
	emptyBudget = 100 * time.Millisecond
	mostSteps   = 1000
)

var workers, size, n int
var sink [2]int

// parts calls do for each worker and its part of the items.
func parts(items int, do func(worker, begin, end int)) {
	var group sync.WaitGroup
	group.Add(workers)
	for w := 0; w < workers; w++ {
		w := w
		go func() {
			do(w, items*w/workers, items*(w+1)/workers)
			group.Done()
		}()
	}
	group.Wait()
}

func rowSteps(row int) int {
	ci := -1.5 + 3*float64(row)/float64(size)
	steps := 0
	for column := 0; column < size; column++ {
		cr := -2 + 3*float64(column)/float64(size)
		zr, zi, n := 0.0, 0.0, 0
		for ; n < mostSteps && zr*zr+zi*zi < 4; n++ {
			zr, zi = zr*zr-zi*zi+cr, 2*zr*zi+ci
		}
		steps += n
	}
	return steps
}

// sumOf has four sums side by side: the compiler makes no vectors.
func sumOf(x []float64) float64 {
	var a, b, c, d float64
	for ; len(x) >= 4; x = x[4:] {
		a += x[0]
		b += x[1]
		c += x[2]
		d += x[3]
	}
	for _, item := range x {
		a += item
	}
	return a + b + c + d
}

func prefix(x []int64) {
	totals := make([]int64, workers+1)
	parts(n, func(worker, begin, end int) {
		if worker+1 == workers {
			return // nobody needs that of the last part
		}
		total := int64(0)
		for _, item := range x[begin:end] {
			total += item
		}
		totals[worker+1] = total
	})
	for i := range totals[1:] {
		totals[i+1] += totals[i]
	}
	parts(n, func(worker, begin, end int) {
		total := totals[worker]
		for i := begin; i < end; i++ {
			total += x[i]
			x[i] = total
		}
	})
}

func mustBe(right bool, what string) {
	if !right {
		log.Fatal(what)
	}
}

func main() {
	workers, _ = strconv.Atoi(os.Args[1])
	size, _ = strconv.Atoi(os.Args[2])
	n, _ = strconv.Atoi(os.Args[3])
	runtime.GOMAXPROCS(workers)

	loops := 0
	start := time.Now()
	for time.Since(start) < emptyBudget {
		for i := 0; i < emptyBatch; i++ {
			parts(2, func(_, begin, end int) {
				for item := begin; item < end; item++ {
					sink[item] = item
				}
			})
		}
		loops += emptyBatch
	}
	fmt.Printf("empty %.6g ns\n", float64(time.Since(start).Nanoseconds())/float64(loops))

	var next, all atomic.Int64
	start = time.Now()
	parts(size, func(_, _, _ int) {
		for row := int(next.Add(1)) - 1; row < size; row = int(next.Add(1)) - 1 {
			all.Add(int64(rowSteps(row)))
		}
	})
	took := time.Since(start).Seconds()
	steps, right := float64(all.Load()), map[int]float64{500: 43301667, 1000: 172811924}[size]
	mustBe(steps > 0.999*right && steps < 1.001*right, "mandelbrot")
	fmt.Printf("mandelbrot %.6g s\n", took)

	doubles := make([]float64, n)
	for i := range doubles {
		doubles[i] = float64(i%1000) * 0.5
	}
	sums := make([]float64, workers)
	start = time.Now()
	parts(n, func(worker, begin, end int) { sums[worker] = sumOf(doubles[begin:end]) })
	sum := 0.0
	for _, s := range sums {
		sum += s
	}
	took = time.Since(start).Seconds()
	mustBe(sum == float64(n)*0.25*999, "sum")
	fmt.Printf("sum %.6g s\n", took)

	integers := make([]int64, n)
	for i := range integers {
		integers[i] = int64(i)
	}
	start = time.Now()
	prefix(integers)
	took = time.Since(start).Seconds()
	for i, x := range integers {
		mustBe(x == int64(i)*int64(i+1)/2, "prefix")
	}
	fmt.Printf("prefix %.6g s\n", took)
}
