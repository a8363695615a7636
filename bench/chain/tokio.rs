// chain: each task starts and joins the next, a thousand deep. tokio.rs WORKERS MS [current]
#[path = "../rt.rs"]
mod rt;

use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const DEPTH: u64 = 1000;

fn link(left: u64) -> JoinHandle<()> {
    tokio::spawn(async move {
        if left > 1 {
            link(left - 1).await.unwrap();
        }
    })
}

async fn first() {
    let budget = Duration::from_millis(rt::arg(2));
    let mut tasks = 0;
    let start = Instant::now();
    while start.elapsed() < budget {
        link(DEPTH).await.unwrap();
        tasks += DEPTH;
    }
    println!("chain {:.3} ns", start.elapsed().as_nanos() as f64 / tasks as f64);
}

fn main() {
    rt::run(first());
}
