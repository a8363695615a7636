// lane: Tokio's mutex, locked and unlocked where nobody else wants it. tokio.rs WORKERS MS
#[path = "../rt.rs"]
mod rt;

use std::time::{Duration, Instant};
use tokio::sync::Mutex;

async fn first() {
    let budget = Duration::from_millis(rt::arg(2));
    let mutex = Mutex::new(0u64);
    let mut rounds = 0u64;
    let start = Instant::now();
    while start.elapsed() < budget {
        for _ in 0..10000 {
            *mutex.lock().await += 1;
        }
        rounds += 10000;
    }
    println!("alone {:.3} ns", start.elapsed().as_nanos() as f64 / rounds as f64);
}

fn main() {
    rt::run(first());
}
