// sort: package slices, on one thread; there is no parallel sort. go.go 1 ITEMS
package main

import (
	"cmp"
	"fmt"
	"log"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// item is as in sort.h.
func item(i int) uint64 {
	x := uint64(i+1) * 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func measure[T cmp.Ordered](work string, input []T, bits func(T) uint64, sort func([]T)) {
	x := slices.Clone(input)
	start := time.Now()
	sort(x)
	took := time.Since(start).Seconds()
	sum := uint64(0)
	for i := range x {
		sum += bits(x[i]) - bits(input[i])
	}
	if sum != 0 || !slices.IsSorted(x) {
		log.Fatal(work)
	}
	fmt.Printf("%s %.6g s\n", work, took)
}

func main() {
	n, _ := strconv.Atoi(os.Args[2])
	runtime.GOMAXPROCS(1)
	integers, doubles := make([]uint64, n), make([]float64, n)
	for i := 0; i < n; i++ {
		integers[i] = item(i)
		doubles[i] = float64(int64(integers[i])) / (1 << 40)
	}
	same := func(x uint64) uint64 { return x }
	measure("sort", integers, same, func(x []uint64) { slices.SortFunc(x, cmp.Compare[uint64]) })
	measure("sort_keys", integers, same, slices.Sort[[]uint64])
	measure("sort_doubles", doubles, math.Float64bits, slices.Sort[[]float64])
}
