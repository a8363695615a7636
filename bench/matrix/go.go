// matrix: goroutines for the parts, and for the butterflies of a large transform. go.go WORKERS SIZE POINTS
package main

import (
	"fmt"
	"log"
	"math"
	"math/cmplx"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// As in matrix.h.
const (
	block     = 32
	fftSerial = 4096
)

func together(calls int, do func(i int)) {
	var group sync.WaitGroup
	group.Add(calls - 1)
	for i := 1; i < calls; i++ {
		i := i
		go func() {
			do(i)
			group.Done()
		}()
	}
	do(0)
	group.Wait()
}

// c, a and b begin at the first item of a square of n rows, which lie stride apart.
func multiply(c, a, b []float64, n, stride int) {
	if n == block {
		multiplyBlock(c, a, b, stride)
		return
	}
	half := n / 2
	for step := 0; step < 2; step++ {
		together(4, func(i int) {
			row, column, middle := i/2*half, i%2*half, step*half
			multiply(c[row*stride+column:], a[row*stride+middle:], b[middle*stride+column:], half, stride)
		})
	}
}

// multiplyBlock keeps two rows of four sums in registers.
func multiplyBlock(c, a, b []float64, stride int) {
	for i := 0; i < block; i += 2 {
		a1, a2 := a[i*stride:][:block], a[(i+1)*stride:][:block]
		for j := 0; j < block; j += 4 {
			c1, c2 := (*[4]float64)(c[i*stride+j:]), (*[4]float64)(c[(i+1)*stride+j:])
			s0, s1, s2, s3, t0, t1, t2, t3 := c1[0], c1[1], c1[2], c1[3], c2[0], c2[1], c2[2], c2[3]
			for k, s := range a1 {
				t, b := a2[k], (*[4]float64)(b[k*stride+j:])
				s0, s1, s2, s3 = s0+s*b[0], s1+s*b[1], s2+s*b[2], s3+s*b[3]
				t0, t1, t2, t3 = t0+t*b[0], t1+t*b[1], t2+t*b[2], t3+t*b[3]
			}
			*c1, *c2 = [4]float64{s0, s1, s2, s3}, [4]float64{t0, t1, t2, t3}
		}
	}
}

func measureMultiply(n int) {
	stride := n + 8
	a, b, c := make([]float64, n*stride), make([]float64, n*stride), make([]float64, n*stride)
	for i := 0; i < n; i++ {
		for j := 0; j < n; j++ {
			a[i*stride+j] = float64((i + 2*j) % 7)
			b[i*stride+j] = float64((i + n - j) % 5)
		}
	}
	start := time.Now()
	multiply(c, a, b, n, stride)
	took := time.Since(start).Seconds()
	for i := 0; i < n; i += n/32 + 1 {
		for j := 0; j < n; j++ {
			sum := 0.0
			for k := 0; k < n; k++ {
				sum += a[i*stride+k] * b[k*stride+j]
			}
			if c[i*stride+j] != sum {
				log.Fatal("multiply")
			}
		}
	}
	fmt.Printf("multiply %.6g s\n", took)
}

func butterflies(low, high, w []complex128) {
	high, w = high[:len(low)], w[:len(low)]
	for k, x := range low {
		y := high[k]
		low[k], high[k] = x+y, (x-y)*w[k]
	}
}

func fft(x, factors []complex128) {
	n, half := len(x), len(x)/2
	if n <= fftSerial {
		for size := n; size > 1; size /= 2 {
			for i := 0; i < n; i += size {
				butterflies(x[i:i+size/2], x[i+size/2:i+size], factors[size/2:size])
			}
		}
		return
	}
	parts := runtime.GOMAXPROCS(0)
	together(parts, func(i int) {
		begin, end := half*i/parts, half*(i+1)/parts
		butterflies(x[begin:end], x[half+begin:half+end], factors[half+begin:half+end])
	})
	together(2, func(i int) { fft(x[i*half:(i+1)*half], factors) })
}

func measureFFT(n int) {
	tone := func(k int) complex128 { return cmplx.Rect(1, -2*math.Pi*float64(k)/float64(n)) }
	factors, x := make([]complex128, n), make([]complex128, n)
	for k := n - 1; k > 0; k-- {
		if k >= n/2 {
			factors[k] = tone(k - n/2)
		} else {
			factors[k] = factors[2*k]
		}
	}
	for i := range x {
		x[i] = cmplx.Conj(tone(i*5%n)) + complex(0.5-float64(i%2), 0)
	}
	start := time.Now()
	fft(x, factors)
	took := time.Since(start).Seconds()
	right := map[int]float64{n/2 + n/8: float64(n), 1: float64(n) / 2}
	for i, point := range x {
		if cmplx.Abs(point-complex(right[i], 0)) > 1e-6*float64(n) {
			log.Fatal("fft")
		}
	}
	fmt.Printf("fft %.6g s\n", took)
}

func main() {
	var args [4]int
	for i := 1; i < len(args); i++ {
		args[i], _ = strconv.Atoi(os.Args[i])
	}
	runtime.GOMAXPROCS(args[1])
	measureMultiply(args[2])
	measureFFT(args[3])
}
