//! `postonce`: the server.

use clap::Parser;
use server::config::{Cli, Task};
use server::startup::{self, Server};
use server::telemetry;
use tokio::signal::unix::{SignalKind, signal};

/// Gives the memory of a crowd back within seconds, by a thread of its own; the system's allocator keeps it in a
/// heap per thread.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How many tasks a worker runs before it looks for what other threads have handed over. What became of a batch comes
/// that way from SQLite's thread, and the next one waits for it; Tokio by itself would look every fifth of a millisecond.
const TASKS_BETWEEN_LOOKS: u32 = 3;

fn main() -> anyhow::Result<()> {
    let task = Cli::parse().into_task();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().global_queue_interval(TASKS_BETWEEN_LOOKS).build()?.block_on(run(task))
}

async fn run(task: Task) -> anyhow::Result<()> {
    telemetry::start_logging();
    let config = match task {
        Task::Serve(config) => config,
        Task::Replay(replay) => return startup::replay(replay).await,
    };
    // Before anything is announced: whoever reads the line may send a signal at once.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Server::build(config)
        .await?
        .run(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
        .await
}
