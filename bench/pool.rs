// What every rayon contestant shares: its threads, and the numbers on its command line.
pub fn arg(i: usize) -> u64 {
    let text = std::env::args().nth(i).expect("an argument is missing");
    text.parse().expect("an argument must be a number")
}

/// In a pool of WORKERS threads.
pub fn run<F: FnOnce() + Send>(main: F) {
    rayon::ThreadPoolBuilder::new().num_threads(arg(1) as usize).build().expect("a pool").install(main);
}
