// block: a thousand calls that block a millisecond, twice; then empty calls, one after the other. The pool of blocking
// threads is as large as it is without being asked for: 512. tokio.rs WORKERS MS [current]
#[path = "../rt.rs"]
mod rt;

use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;

const CALLS: usize = 1000;
const BATCH: usize = 100;

async fn thousand(work: &str) {
    let start = Instant::now();
    let mut handles = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        handles.push(spawn_blocking(|| std::thread::sleep(Duration::from_millis(1))));
    }
    for handle in handles {
        handle.await.unwrap();
    }
    println!("{work} {:.3} ms", start.elapsed().as_secs_f64() * 1e3);
}

async fn thousands() {
    thousand("block1000").await;
    thousand("block1000_again").await;
}

async fn offload() {
    let budget = Duration::from_millis(rt::arg(2));
    let mut calls = 0;
    let start = Instant::now();
    while start.elapsed() < budget {
        for _ in 0..BATCH {
            spawn_blocking(|| ()).await.unwrap();
        }
        calls += BATCH;
    }
    println!("offload {:.4} us", start.elapsed().as_secs_f64() * 1e6 / calls as f64);
}

fn main() {
    rt::run(thousands());
    rt::run(offload());
}
