// sort: rayon's sort that is not stable. rayon.rs WORKERS ITEMS
#[path = "../pool.rs"]
mod pool;

use rayon::prelude::*;
use std::time::Instant;

/// As in sort.h.
fn item(i: u64) -> u64 {
    let mut x = (i + 1).wrapping_mul(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30).wrapping_mul(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d049bb133111eb);
    x ^ x >> 31
}

fn double(i: u64) -> f64 {
    item(i) as i64 as f64 / (1u64 << 40) as f64
}

fn measure<T: Clone + PartialOrd>(work: &str, input: &[T], bits: fn(&T) -> u64, sort: fn(&mut [T])) {
    let mut x = input.to_vec();
    let start = Instant::now();
    sort(&mut x);
    let took = start.elapsed().as_secs_f64();
    let sum = |x: &[T]| x.iter().map(bits).fold(0, u64::wrapping_add);
    assert!(x.windows(2).all(|two| two[0] <= two[1]) && sum(&x) == sum(input));
    println!("{work} {took:.6} s");
}

fn all() {
    let integers: Vec<u64> = (0..pool::arg(2)).map(item).collect();
    measure("sort", &integers, |&x| x, |x| x.par_sort_unstable_by(|a, b| a.cmp(b)));
    measure("sort_keys", &integers, |&x| x, |x| x.par_sort_unstable());
    let doubles: Vec<f64> = (0..pool::arg(2)).map(double).collect();
    measure("sort_doubles", &doubles, |x| x.to_bits(), |x| x.par_sort_unstable_by(f64::total_cmp));
}

fn main() {
    pool::run(all);
}
