//! What a client is told to send, and what it has in the end.

use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// How long a client may take from its start to its end, retries included. Interpreters start slowly where many do.
const PATIENCE: Duration = Duration::from_secs(60);

/// One request, to be sent as often as the client sees fit.
#[derive(Clone, Debug, Serialize)]
pub struct Order {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// How long the client waits for one answer.
    pub patience_ms: u64,
}

/// The last answer that a client got.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Ended {
    pub status: u16,
    pub body: String,
}

/// Runs a client to its end, with `input` on its standard input; its output is what it says.
pub async fn run(program: &str, arguments: &[String], input: &str) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; `scripts/setup test` installs it"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    let output = timeout(PATIENCE, child.wait_with_output()).await.expect("the client does not end").unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} gave up: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a script that reads an [`Order`] as JSON and writes an [`Ended`] as JSON.
pub async fn run_script(program: &str, script: &str, order: &Order) -> Ended {
    let path = format!("{}/../end2end/clients/{script}", env!("CARGO_MANIFEST_DIR"));
    let said = run(program, &[path], &serde_json::to_string(order).unwrap()).await;
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{script} said {said:?}: {error}"))
}
