// matrix: joins for the parts, and a parallel iterator over the butterflies of a large transform.
// rayon.rs WORKERS SIZE POINTS
#[path = "../pool.rs"]
mod pool;

use rayon::prelude::*;
use std::f64::consts::PI;
use std::time::Instant;

/// As in matrix.h.
const BLOCK: usize = 32;
const FFT_SERIAL: usize = 4096;

#[derive(Clone, Copy)]
struct Product {
    c: *mut f64,
    a: *const f64,
    b: *const f64,
    n: usize,
    stride: usize,
}

/// Quarters of one matrix, whose rows lie between each other's, cannot be slices.
unsafe impl Send for Product {}
unsafe impl Sync for Product {}

/// Two rows of eight sums in registers.
unsafe fn multiply_block(p: &Product) {
    for i in (0..BLOCK).step_by(2) {
        let a = &*(p.a.add(i * p.stride) as *const [f64; BLOCK]);
        let a2 = &*(p.a.add((i + 1) * p.stride) as *const [f64; BLOCK]);
        for j in (0..BLOCK).step_by(8) {
            let c = p.c.add(i * p.stride + j) as *mut [f64; 8];
            let c2 = p.c.add((i + 1) * p.stride + j) as *mut [f64; 8];
            let (mut s, mut t) = (*c, *c2);
            for k in 0..BLOCK {
                let b = &*(p.b.add(k * p.stride + j) as *const [f64; 8]);
                for m in 0..8 {
                    s[m] += a[k] * b[m];
                    t[m] += a2[k] * b[m];
                }
            }
            (*c, *c2) = (s, t);
        }
    }
}

unsafe fn multiply(p: &Product) {
    if p.n == BLOCK {
        return multiply_block(p);
    }
    let half = p.n / 2;
    for step in 0..2 {
        let part = |row: usize, column: usize| {
            let (row, column, middle) = (row * half, column * half, step * half);
            multiply(&Product {
                c: p.c.add(row * p.stride + column),
                a: p.a.add(row * p.stride + middle),
                b: p.b.add(middle * p.stride + column),
                n: half,
                stride: p.stride,
            });
        };
        rayon::join(|| rayon::join(|| part(0, 0), || part(0, 1)), || rayon::join(|| part(1, 0), || part(1, 1)));
    }
}

fn measure_multiply(n: usize) {
    let stride = n + 8;
    let matrix = |item: fn(usize, usize) -> usize| -> Vec<f64> {
        (0..n * stride).map(|i| item(i / stride, i % stride) as f64).collect()
    };
    let (a, b) = (matrix(|i, j| (i + 2 * j) % 7), matrix(|i, j| (i + 1024 - j % 1024) % 5));
    let mut c = vec![0.0; n * stride];

    let start = Instant::now();
    unsafe { multiply(&Product { c: c.as_mut_ptr(), a: a.as_ptr(), b: b.as_ptr(), n, stride }) };
    let took = start.elapsed().as_secs_f64();
    for i in (0..n).step_by(n / 32 + 1) {
        for j in 0..n {
            let sum: f64 = (0..n).map(|k| a[i * stride + k] * b[k * stride + j]).sum();
            assert_eq!(c[i * stride + j], sum);
        }
    }
    println!("multiply {took:.6} s");
}

#[derive(Clone, Copy)]
struct Point {
    re: f64,
    im: f64,
}

fn butterfly(((x, y), w): ((&mut Point, &mut Point), &Point)) {
    let (low, high) = (*x, *y);
    let (re, im) = (low.re - high.re, low.im - high.im);
    *x = Point { re: low.re + high.re, im: low.im + high.im };
    *y = Point { re: re * w.re - im * w.im, im: re * w.im + im * w.re };
}

fn fft(x: &mut [Point], factors: &[Point]) {
    let n = x.len();
    if n <= FFT_SERIAL {
        let mut size = n;
        while size > 1 {
            let w = &factors[size / 2..size];
            for part in x.chunks_exact_mut(size) {
                let (low, high) = part.split_at_mut(size / 2);
                low.iter_mut().zip(high).zip(w).for_each(butterfly);
            }
            size /= 2;
        }
        return;
    }
    let (low, high) = x.split_at_mut(n / 2);
    let pairs = low.par_iter_mut().zip(&mut *high).zip(&factors[n / 2..n]);
    pairs.with_min_len(FFT_SERIAL / 2).for_each(butterfly);
    rayon::join(|| fft(low, factors), || fft(high, factors));
}

fn measure_fft(n: usize) {
    let tone = |k: usize| {
        let angle = -2.0 * PI * k as f64 / n as f64;
        Point { re: angle.cos(), im: angle.sin() }
    };
    let mut factors: Vec<Point> = (0..n).map(|k| tone(k.max(n / 2) - n / 2)).collect();
    for k in (1..n / 2).rev() {
        factors[k] = factors[2 * k];
    }
    let two_tones = |i: usize| {
        let w = tone(i * 5 % n);
        Point { re: w.re + if i % 2 == 1 { -0.5 } else { 0.5 }, im: -w.im }
    };
    let mut x: Vec<Point> = (0..n).map(two_tones).collect();

    let start = Instant::now();
    fft(&mut x, &factors);
    let took = start.elapsed().as_secs_f64();
    let size = n as f64;
    for (i, point) in x.iter().enumerate() {
        let right = size * [0.0, 1.0, 0.5][(i == n / 2 + n / 8) as usize + 2 * (i == 1) as usize];
        assert!((point.re - right).abs() + point.im.abs() < 1e-6 * size);
    }
    println!("fft {took:.6} s");
}

fn main() {
    pool::run(|| {
        measure_multiply(pool::arg(2) as usize);
        measure_fft(pool::arg(3) as usize);
    });
}
