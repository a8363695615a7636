// fork: a join for every call of fib and two deep for every node, parallel iterators over the first queens.
// rayon.rs WORKERS FIB QUEENS ROOTS
#[path = "../pool.rs"]
mod pool;

use rayon::prelude::*;
use std::time::Instant;

const QUEENS_MAX: usize = 14;
const QUEENS_GRAIN: usize = 4;
type Board = [i8; QUEENS_MAX];

fn fib(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (a, b) = rayon::join(|| fib(n - 1), || fib(n - 2));
    a + b
}

fn is_safe(board: &Board, row: usize, column: usize) -> bool {
    (0..row).all(|i| {
        let (other, far) = (board[i] as usize, row - i);
        other != column && other + far != column && other != column + far
    })
}

fn with(board: &Board, row: usize, column: usize) -> Board {
    let mut next = *board;
    next[row] = column as i8;
    next
}

fn queens_serial(board: &Board, row: usize, n: usize) -> u64 {
    if row == n {
        return 1;
    }
    (0..n)
        .filter(|&column| is_safe(board, row, column))
        .map(|column| queens_serial(&with(board, row, column), row + 1, n))
        .sum()
}

fn queens(board: &Board, row: usize, n: usize) -> u64 {
    if row == QUEENS_GRAIN {
        return queens_serial(board, row, n);
    }
    (0..n)
        .into_par_iter()
        .filter(|&column| is_safe(board, row, column))
        .map(|column| queens(&with(board, row, column), row + 1, n))
        .sum()
}

/// fork.h says what the tree is; four children are two joins deep.
const MIXES: u32 = 32;

fn node(parent: u64, child: u64) -> u64 {
    let mut x = parent.wrapping_add(child);
    for _ in 0..MIXES {
        x = x.wrapping_add(0x9e3779b97f4a7c15);
        x = (x ^ x >> 30).wrapping_mul(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27).wrapping_mul(0x94d049bb133111eb);
        x ^= x >> 31;
    }
    x
}

fn tree(id: u64) -> u64 {
    if id >= u64::MAX / 10000 * 2495 {
        return 1;
    }
    let two = |i| {
        let (a, b) = rayon::join(|| tree(node(id, i)), || tree(node(id, i + 1)));
        a + b
    };
    let (a, b) = rayon::join(|| two(0), || two(2));
    1 + a + b
}

fn all() {
    let (n, size, roots) = (pool::arg(2), pool::arg(3) as usize, pool::arg(4));

    let start = Instant::now();
    let result = fib(n);
    let took = start.elapsed().as_nanos() as f64;
    let (mut a, mut b) = (0, 1);
    for _ in 0..n {
        (a, b) = (b, a + b);
    }
    assert_eq!(result, a);
    println!("fib {:.6} ns", took / (2 * b - 1) as f64);

    let start = Instant::now();
    let found = queens(&[0; QUEENS_MAX], 0, size);
    let took = start.elapsed().as_secs_f64();
    let right = [1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14200, 73712, 365596];
    assert_eq!(found, right[size]);
    println!("nqueens {took:.6} s");

    let start = Instant::now();
    let nodes: u64 = (0..roots).into_par_iter().map(|i| tree(node(0, i))).sum();
    let took = start.elapsed().as_secs_f64();
    assert_eq!(nodes, if roots == 1000 { 315124 } else { 1800480 });
    println!("tree {took:.6} s");
}

fn main() {
    pool::run(all);
}
