//! What the server is told when it starts. The comments on the flags are the text of `--help`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Press Post as often as the network makes you. It is posted once.
#[derive(Debug, Parser)]
#[command(name = "postonce", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Task>,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Subcommand)]
pub enum Task {
    /// Serve the API and the pages; what `postonce` alone does.
    Serve(Config),
    /// Apply the log again and print one line of JSON: how many records there are, how many of them changed
    /// something, and the feed's hash before and after.
    Replay(Replay),
}

#[derive(Clone, Debug, Args)]
pub struct Replay {
    /// The position in the log from which to apply it; in every partition, where it has several.
    #[arg(long, default_value_t = 0)]
    pub from: u32,

    #[command(flatten)]
    pub urls: Urls,
}

/// Where everything is kept.
#[derive(Clone, Debug, Args)]
pub struct Urls {
    /// Where posts live: sqlite://<file> (created when missing) or postgres://…
    #[arg(long, env = "DATABASE_URL", default_value = "sqlite://data/postonce.db")]
    pub database_url: String,

    /// Where posts wait while the database is away: sqlite://<file> (created when missing),
    /// kafka://<host>:<port>/<topic>, or none.
    #[arg(long, env = "LOG_URL", default_value = "sqlite://data/log.db")]
    pub log_url: String,
}

#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, env = "ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,

    #[command(flatten)]
    pub urls: Urls,

    /// The key that signs identities: hexadecimal, at least 64 digits. Of two keys separated by a comma the first
    /// signs and both verify. Without one, a key is generated and kept beside the SQLite database; with Postgres
    /// it must be given, since every instance has to share it.
    #[arg(long, env = "SESSION_KEY", hide_env_values = true)]
    pub session_key: Option<String>,

    /// Whether a request may ask for a fault to befall it.
    #[arg(long, env = "FAULTS", value_enum, default_value_t = Switch::Off)]
    pub faults: Switch,

    /// New ids per identity and second, with bursts of ten times that; 0 is unlimited.
    #[arg(long, env = "WRITE_RATE", default_value_t = 50)]
    pub write_rate: u32,

    /// The folder of the built site. Found beside the binary or in target/site when not given.
    #[arg(long, env = "LEPTOS_SITE_ROOT")]
    pub site_root: Option<PathBuf>,

    /// Serves what `make bench` compares the server with: an empty endpoint, and on demand one transaction per request.
    #[arg(long, hide = true, value_enum)]
    pub compare: Option<Compare>,
}

/// How a server that is compared writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compare {
    /// As every server does.
    Batches,
    /// The same statements, one command each. On Postgres with a pool and without the lock of the batches.
    PerRequest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

impl Cli {
    /// What is to be done, whichever of the two spellings of serving was used.
    pub fn into_task(self) -> Task {
        self.command.unwrap_or(Task::Serve(self.config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_serve() {
        for arguments in
            [vec!["postonce", "--write-rate", "7"], vec!["postonce", "serve", "--write-rate", "7"]]
        {
            let Task::Serve(config) = Cli::try_parse_from(arguments).unwrap().into_task() else {
                panic!("it does not serve")
            };
            assert_eq!((config.write_rate, config.faults), (7, Switch::Off));
        }
    }

    #[test]
    fn the_log_is_replayed_from_a_position() {
        let arguments = ["postonce", "replay", "--from", "7", "--log-url", "sqlite://other.db"];
        let Task::Replay(replay) = Cli::try_parse_from(arguments).unwrap().into_task() else {
            panic!("it does not replay")
        };
        assert_eq!((replay.from, replay.urls.log_url.as_str()), (7, "sqlite://other.db"));
    }
}
