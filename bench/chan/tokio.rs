// chan: ping-pong, and 4 senders to 4 receivers over a channel of 64. Tokio has neither a rendezvous channel (the
// nearest holds one item) nor one with many receivers that share (a mutex around the one receiver is its manual's way).
// tokio.rs WORKERS MS [current]
#[path = "../rt.rs"]
mod rt;

use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, Mutex};

const MESSAGES: u64 = 100_000;

async fn ping_pong() {
    let (there, mut there_end) = mpsc::channel(1);
    let (back, mut back_end) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(item) = there_end.recv().await {
            back.send(item).await.unwrap();
        }
    });
    for i in 0..MESSAGES / 2 {
        there.send(i).await.unwrap();
        assert_eq!(back_end.recv().await, Some(i));
    }
}

async fn four_by_four() {
    let (sender, receiver) = mpsc::channel(64);
    let receiver = Arc::new(Mutex::new(receiver));
    let mut receivers = Vec::new();
    for _ in 0..4 {
        let sender = sender.clone();
        tokio::spawn(async move {
            for k in 0..MESSAGES / 4 {
                sender.send(k).await.unwrap();
            }
        });
        let receiver = receiver.clone();
        receivers.push(tokio::spawn(async move {
            let mut received = 0;
            loop {
                let item = receiver.lock().await.recv().await;
                match item {
                    Some(_) => received += 1,
                    None => return received,
                }
            }
        }));
    }
    drop(sender);
    let mut received = 0;
    for handle in receivers {
        received += handle.await.unwrap();
    }
    assert_eq!(received, MESSAGES);
}

fn report(work: &str, start: Instant, sent: u64) {
    println!("{work} {:.3} ns", start.elapsed().as_nanos() as f64 / sent as f64);
}

async fn first() {
    let budget = Duration::from_millis(rt::arg(2));
    let (mut start, mut sent) = (Instant::now(), 0);
    while start.elapsed() < budget {
        ping_pong().await;
        sent += MESSAGES;
    }
    report("pingpong", start, sent);
    (start, sent) = (Instant::now(), 0);
    while start.elapsed() < budget {
        four_by_four().await;
        sent += MESSAGES;
    }
    report("chan4x4", start, sent);
}

fn main() {
    rt::run(first());
}
