//! The real binary as a child process.

use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::wait::DEADLINE;

/// How the server is to be started.
#[derive(Clone, Default)]
pub struct Setup {
    pub faults: bool,
    /// New ids per identity and second; 0 is unlimited.
    pub write_rate: u32,
    /// What `--session-key` says, where it is not the one that all stories share.
    pub session_key: Option<String>,
    /// What is logged beside warnings, in the words of `RUST_LOG`.
    pub log: Option<&'static str>,
    pub log_kind: LogKind,
}

/// Where posts wait while the database is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogKind {
    /// A file in the story's folder.
    #[default]
    Embedded,
    /// A topic of the story's own.
    Kafka,
    /// Nowhere.
    None,
}

impl Setup {
    /// The setup of the demo, where a request may ask for a fault.
    pub fn with_faults() -> Self {
        Self { faults: true, ..Self::default() }
    }

    pub fn on_log(self, log_kind: LogKind) -> Self {
        Self { log_kind, ..self }
    }
}

/// The key that signs identities, the same after a restart.
const SESSION_KEY: &str = "3c2f8f0d6e1a4b7c9d5e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e";

/// A server that has said where it listens.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
    /// Kept open, so that the server can always write to it.
    _stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts the server and waits until it serves. Standard error is appended to `stderr`.
    pub async fn start(setup: &Setup, urls: &Urls, address: SocketAddr, stderr: &Path) -> Self {
        let errors = OpenOptions::new().create(true).append(true).open(stderr).unwrap();
        let mut child = command(setup, urls, address, errors).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        timeout(DEADLINE, stdout.read_line(&mut line))
            .await
            .unwrap_or_else(|_| panic!("the server did not say that it listens: {}", tail(stderr)))
            .unwrap();
        let address = line
            .trim_end()
            .strip_prefix("listening on http://")
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| panic!("the server said {line:?}: {}", tail(stderr)));
        Self { child, address, _stdout: stdout }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// As a power cut does it: nothing is finished, nothing is flushed.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks the server to end in order.
    pub fn terminate(&self) {
        let pid = self.pid();
        let told = std::process::Command::new("sh").args(["-c", &format!("kill -TERM {pid}")]).status();
        assert!(told.unwrap().success());
    }

    pub async fn exited(&mut self) -> ExitStatus {
        timeout(DEADLINE, self.child.wait()).await.expect("the server does not end").unwrap()
    }

    pub fn has_exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("the server has ended")
    }

    /// Resident memory, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

/// Where a story's server keeps things.
#[derive(Clone, Debug)]
pub struct Urls {
    pub database: String,
    pub log: String,
}

/// Applies the log again with the binary's own command, and returns the line that it prints.
pub async fn replay(urls: &Urls) -> serde_json::Value {
    let output = postonce()
        .args(["replay", "--from", "0"])
        .args(["--database-url", &urls.database, "--log-url", &urls.log])
        .output();
    let output = timeout(DEADLINE, output).await.expect("the replay does not end").unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn command(setup: &Setup, urls: &Urls, address: SocketAddr, errors: File) -> Command {
    let mut command = postonce();
    command
        .envs(setup.log.map(|log| ("RUST_LOG", log)))
        .args(["--addr", &address.to_string()])
        .args(["--database-url", &urls.database])
        .args(["--log-url", &urls.log])
        .args(["--session-key", setup.session_key.as_deref().unwrap_or(SESSION_KEY)])
        .args(["--faults", if setup.faults { "on" } else { "off" }])
        .args(["--write-rate", &setup.write_rate.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors)
        .kill_on_drop(true);
    command
}

fn postonce() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postonce"));
    // Nothing of the developer's own environment decides what a test sees.
    command.env_clear().envs(
        ["PATH", "HOME", "TMPDIR", "RUST_LOG"]
            .iter()
            .filter_map(|name| std::env::var_os(name).map(|value| (*name, value))),
    );
    command.env("RUST_BACKTRACE", "1").current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    command
}

/// The nginx that is installed.
pub fn nginx() -> &'static Path {
    let installed = Path::new("/usr/sbin/nginx");
    // Debian keeps it off the PATH of ordinary users.
    if installed.exists() { installed } else { Path::new("nginx") }
}

/// The last lines of a server's standard error.
pub fn tail(stderr: &Path) -> String {
    let text = std::fs::read_to_string(stderr).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}

/// Where the standard error of a test's server goes.
pub fn stderr_path(folder: &Path) -> PathBuf {
    folder.join("stderr.txt")
}
