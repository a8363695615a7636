// switch: two tasks yield to each other. tokio.rs WORKERS MS [current]
#[path = "../rt.rs"]
mod rt;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::task::yield_now;

static STOP: AtomicBool = AtomicBool::new(false);

async fn first() {
    let budget = Duration::from_millis(rt::arg(2));
    let other = tokio::spawn(async {
        while !STOP.load(Relaxed) {
            yield_now().await;
        }
    });
    let mut rounds = 0u64;
    let start = Instant::now();
    while start.elapsed() < budget {
        for _ in 0..10000 {
            yield_now().await;
        }
        rounds += 10000;
    }
    let took = start.elapsed();
    STOP.store(true, Relaxed);
    other.await.unwrap();
    println!("switch {:.3} ns", took.as_nanos() as f64 / (2 * rounds) as f64);
}

fn main() {
    rt::run(first());
}
