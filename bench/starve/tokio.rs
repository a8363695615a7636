// starve: an echo server, and a task that is stuck. tokio.rs WORKERS compute|block
#[path = "../rt.rs"]
mod rt;

use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const STUCK: Duration = Duration::from_millis(50);

async fn serve(mut stream: TcpStream) {
    let mut buf = [0; 1024];
    while let Ok(n) = stream.read(&mut buf).await {
        if n == 0 || stream.write_all(&buf[..n]).await.is_err() {
            return;
        }
    }
}

async fn get_stuck(compute: bool) {
    loop {
        if compute {
            let until = Instant::now() + STUCK;
            while Instant::now() < until {}
        } else {
            std::thread::sleep(STUCK);
        }
        tokio::task::yield_now().await;
    }
}

async fn first() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    tokio::spawn(get_stuck(std::env::args().nth(2).as_deref() == Some("compute")));
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(serve(stream));
    }
}

fn main() {
    rt::run(first());
}
