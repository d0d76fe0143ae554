//! Programs beside the server that scripts start, and that end when this process ends, however it ends.

use std::io::Write;
use std::process::{Child, Command, Stdio};

/// What a script started in a folder.
pub struct Warden {
    script: String,
    folder: String,
    /// What `start` printed.
    pub address: String,
    /// Reads until this process is gone: its end of the pipe closes with the process.
    _child: Child,
}

impl Warden {
    /// Runs `scripts/<name> start` on a folder of this process's own.
    pub fn start(name: &str, purpose: &str) -> Self {
        Self::start_as(name, purpose, &[])
    }

    /// The same, with what the script reads from its environment.
    pub fn start_as(name: &str, purpose: &str, variables: &[(&str, &str)]) -> Self {
        let script = format!("{}/../scripts/{name}", env!("CARGO_MANIFEST_DIR"));
        let folder = format!("{}/{name}-{}-{purpose}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
        let address = run(&script, "start", &folder, variables);
        let mut child = Command::new("sh")
            .args(["-c", "cat >/dev/null; \"$0\" stop \"$1\"; rm -rf \"$1\"", &script, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.as_mut().unwrap().flush().unwrap();
        Self { script, folder, address, _child: child }
    }

    /// Runs the script again: `kill`, `freeze`, `thaw`, or `start` on what is down.
    pub fn tell(&self, command: &str) {
        run(&self.script, command, &self.folder, &[]);
    }
}

fn run(script: &str, command: &str, folder: &str, variables: &[(&str, &str)]) -> String {
    let variables = variables.iter().copied();
    let done = Command::new(script)
        .args([command, folder])
        .envs(variables)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(done.status.success(), "{script} {command} failed, and without it some stories cannot be told");
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}
