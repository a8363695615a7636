// What every Tokio contestant shares: its runtime, and the numbers on its command line.
#![allow(dead_code)]

use tokio::runtime::{Builder, Runtime};

pub fn arg(i: usize) -> u64 {
    let text = std::env::args().nth(i).expect("an argument is missing");
    text.parse().expect("an argument must be a number")
}

/// WORKERS threads of the multi-thread scheduler, or the current-thread one where the last argument says `current`.
pub fn runtime() -> Runtime {
    let mut builder = if std::env::args().last().as_deref() == Some("current") {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    builder.worker_threads(arg(1) as usize).enable_all().build().expect("a runtime")
}

/// The main task, spawned: a task that block_on runs itself stays outside of the workers.
pub fn run<F: std::future::Future<Output = ()> + Send + 'static>(main: F) {
    let runtime = runtime();
    runtime.block_on(async { tokio::spawn(main).await.expect("the main task") });
}
