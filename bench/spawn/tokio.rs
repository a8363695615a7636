// spawn: start and join a thousand tasks that do nothing, again and again. tokio.rs WORKERS MS [current]
#[path = "../rt.rs"]
mod rt;

use std::time::{Duration, Instant};

const BATCH: usize = 1000;

async fn first() {
    let budget = Duration::from_millis(rt::arg(2));
    let mut handles = Vec::with_capacity(BATCH);
    let mut tasks = 0;
    let start = Instant::now();
    while start.elapsed() < budget {
        for _ in 0..BATCH {
            handles.push(tokio::spawn(async {}));
        }
        for handle in handles.drain(..) {
            handle.await.unwrap();
        }
        tasks += BATCH;
    }
    println!("spawn {:.3} ns", start.elapsed().as_nanos() as f64 / tasks as f64);
}

fn main() {
    rt::run(first());
}
