// million: that many tasks asleep at once, all until the same instant. tokio.rs WORKERS TASKS SECONDS [current]
#[path = "../rt.rs"]
mod rt;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::time::sleep_until;

static ASLEEP: AtomicU64 = AtomicU64::new(0);

fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0
}

async fn first() {
    let count = rt::arg(2);
    let mut handles = Vec::with_capacity(count as usize);
    let before = resident();
    let start = Instant::now();
    let wake = start + Duration::from_secs(rt::arg(3));
    for _ in 0..count {
        handles.push(tokio::spawn(async move {
            ASLEEP.fetch_add(1, Relaxed);
            sleep_until(wake.into()).await;
        }));
    }
    while ASLEEP.load(Relaxed) < count {
        tokio::task::yield_now().await;
    }
    assert!(Instant::now() < wake, "late: more seconds are needed");
    println!("million_spawn {:.6} s", start.elapsed().as_secs_f64());
    println!("million_bytes {:.1} B", (resident() - before) / count as f64);
    for handle in handles {
        handle.await.unwrap();
    }
    println!("million_wake {:.6} s", wake.elapsed().as_secs_f64());
}

fn main() {
    rt::run(first());
}
