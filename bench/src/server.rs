//! A server process: its start, its memory, its end.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::load::Connection;

/// Signs the identities of every server of a run, so that one set of tokens is good on all of them.
const SESSION_KEY: &str = "b0";

/// How long a server that was asked to stop may take.
const GRACE: Duration = Duration::from_secs(12);

/// How a server writes; its own hidden flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writes {
    Batches,
    PerRequest,
}

pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts `binary` on a free port and waits until it listens.
    pub(crate) async fn start(binary: &Path, database_url: &str, writes: Writes) -> anyhow::Result<Self> {
        let compare = if writes == Writes::Batches { "batches" } else { "per-request" };
        let mut process = Command::new(binary)
            .args(["--addr", "127.0.0.1:0", "--write-rate", "0", "--compare", compare])
            .args([
                "--log-url",
                "none",
                "--database-url",
                database_url,
                "--session-key",
                &SESSION_KEY.repeat(32),
            ])
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", binary.display()))?;
        let out = process.stdout.take().context("the server has no output")?;
        let line = BufReader::new(out).lines().next_line().await?.context("the server did not start")?;
        let address = line.rsplit('/').next().context("the server does not say where it listens")?;
        Ok(Self { process, address: address.parse()? })
    }

    /// Tokens of `count` identities.
    pub(crate) async fn tokens(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let mut connection = Connection::open(self.address).await?;
        let mut tokens = Vec::with_capacity(count);
        for _ in 0..count {
            connection.ask(b"POST /api/session HTTP/1.1\r\nhost: bench\r\ncontent-length: 0\r\n\r\n").await?;
            let answer: serde_json::Value = serde_json::from_slice(connection.body())?;
            tokens.push(answer["token"].as_str().context("no token")?.to_owned());
        }
        Ok(tokens)
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        let id = self.process.id().context("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kilobytes * 1_024)
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(id) = self.process.id() {
            Command::new("kill").arg(id.to_string()).status().await?;
        }
        tokio::time::timeout(GRACE, self.process.wait()).await.context("the server does not stop")??;
        Ok(())
    }
}
