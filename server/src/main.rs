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

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let task = Cli::parse().into_task();
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
