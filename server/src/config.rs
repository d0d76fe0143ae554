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
}

#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, env = "ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,

    /// Where posts live: sqlite://<file> (created when missing) or postgres://…
    #[arg(long, env = "DATABASE_URL", default_value = "sqlite://data/postonce.db")]
    pub database_url: String,

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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

impl Cli {
    /// The configuration, whichever of the two spellings carried it.
    pub fn into_config(self) -> Config {
        match self.command {
            Some(Task::Serve(config)) => config,
            None => self.config,
        }
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
            let config = Cli::try_parse_from(arguments).unwrap().into_config();
            assert_eq!((config.write_rate, config.faults), (7, Switch::Off));
        }
    }
}
