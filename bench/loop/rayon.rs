// loop: parallel iterators. There is no prefix sum: the sums of chunks, then the chunks. rayon.rs WORKERS SIZE ITEMS
#[path = "../pool.rs"]
mod pool;

use rayon::prelude::*;
use std::hint::black_box;
use std::time::{Duration, Instant};

const EMPTY_BATCH: u32 = 100;
const EMPTY_BUDGET: Duration = Duration::from_millis(100);
const MOST_STEPS: u32 = 1000;
const PART: usize = 1 << 16;

fn row_steps(row: usize, size: usize) -> u64 {
    let ci = -1.5 + 3.0 * row as f64 / size as f64;
    let mut steps = 0;
    for column in 0..size {
        let cr = -2.0 + 3.0 * column as f64 / size as f64;
        let (mut zr, mut zi, mut n) = (0.0, 0.0, 0);
        while n < MOST_STEPS && zr * zr + zi * zi < 4.0 {
            (zr, zi) = (zr * zr - zi * zi + cr, 2.0 * zr * zi + ci);
            n += 1;
        }
        steps += n as u64;
    }
    steps
}

/// Eight sums side by side, as in loop.h.
fn sum_of(part: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let eights = part.chunks_exact(8);
    let rest: f64 = eights.remainder().iter().sum();
    for eight in eights {
        for (sum, x) in sums.iter_mut().zip(eight) {
            *sum += x;
        }
    }
    sums.iter().sum::<f64>() + rest
}

fn prefix(x: &mut [i64]) {
    let mut totals: Vec<i64> = x.par_chunks(PART).map(|part| part.iter().sum()).collect();
    let mut before = 0;
    for total in &mut totals {
        (*total, before) = (before, before + *total);
    }
    x.par_chunks_mut(PART).zip(totals).for_each(|(part, mut total)| {
        for item in part {
            total += *item;
            *item = total;
        }
    });
}

fn all() {
    let (size, n) = (pool::arg(2) as usize, pool::arg(3) as usize);

    let (start, mut loops) = (Instant::now(), 0);
    while start.elapsed() < EMPTY_BUDGET {
        for _ in 0..EMPTY_BATCH {
            (0..2).into_par_iter().for_each(|i| {
                black_box(i);
            });
        }
        loops += EMPTY_BATCH;
    }
    println!("empty {:.6} ns", start.elapsed().as_nanos() as f64 / loops as f64);

    let start = Instant::now();
    let steps: Vec<u64> = (0..size).into_par_iter().map(|row| row_steps(row, size)).collect();
    let took = start.elapsed().as_secs_f64();
    let (steps, right) = (steps.iter().sum::<u64>() as f64, if size == 1000 { 172811924.0 } else { 43301667.0 });
    assert!(steps > 0.999 * right && steps < 1.001 * right);
    println!("mandelbrot {took:.6} s");

    let doubles: Vec<f64> = (0..n).map(|i| (i % 1000) as f64 * 0.5).collect();
    let start = Instant::now();
    let sum: f64 = doubles.par_chunks(PART).map(sum_of).sum();
    let took = start.elapsed().as_secs_f64();
    assert_eq!(sum, n as f64 * 0.25 * 999.0);
    println!("sum {took:.6} s");
    drop(doubles);

    let mut integers: Vec<i64> = (0..n as i64).collect();
    let start = Instant::now();
    prefix(&mut integers);
    let took = start.elapsed().as_secs_f64();
    assert!((0i64..).zip(&integers).all(|(i, &x)| x == i * (i + 1) / 2));
    println!("prefix {took:.6} s");
}

fn main() {
    pool::run(all);
}
