//! What containers are made of: `Dockerfile`, `compose.yaml` and `deploy/`. No container runs here; what they say to the
//! server and to nginx is held against both.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::CommandFactory;
use server::config::Cli;

use crate::helpers::{Engine, Setup, TestApp, nginx, tell};

/// What programs beside this one read.
const OF_OTHERS: [&str; 1] = ["RUSTUP_TOOLCHAIN"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

/// The environment variables that set a flag of the server.
fn variables() -> Vec<String> {
    let command = Cli::command();
    let named = command.get_arguments().filter_map(|argument| argument.get_env());
    named.map(|name| name.to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_variable_of_the_image_is_one_of_the_server() {
    let (known, dockerfile) = (variables(), text("Dockerfile"));
    let set: Vec<&str> = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("ENV ")?.split('=').next())
        .filter(|name| !OF_OTHERS.contains(name))
        .collect();
    assert!(set.contains(&"ADDR") && set.contains(&"DATABASE_URL") && set.contains(&"LOG_URL"), "{set:?}");
    for name in set {
        assert!(known.iter().any(|variable| variable == name), "Dockerfile sets {name}: {known:?}");
    }
}

#[test]
fn every_variable_of_the_composed_instances_is_one_of_the_server_with_a_value_it_takes() {
    let (known, compose) = (variables(), text("compose.yaml"));
    let (_, instance) = compose.split_once("\nx-postonce:").expect("what both instances share");
    let (instance, _) = instance.split_once("\nservices:").unwrap();
    let (_, environment) = instance.split_once("  environment:\n").unwrap();
    let set: Vec<(&str, &str)> = environment
        .lines()
        .take_while(|line| line.starts_with("    "))
        .filter_map(|line| line.trim_start().split_once(": "))
        .filter(|(name, _)| !name.starts_with('#'))
        .collect();
    assert_eq!(set.len(), 5, "{set:?}");
    let command = Cli::command();
    let mut arguments = vec!["postonce".to_owned()];
    for (name, value) in set {
        assert!(known.iter().any(|variable| variable == name), "compose.yaml sets {name}: {known:?}");
        let flag = command.get_arguments().find(|argument| argument.get_env().is_some_and(|env| env == name));
        let flag = flag.and_then(|flag| flag.get_long()).unwrap();
        arguments.extend([format!("--{flag}"), value.trim_matches('"').to_owned()]);
    }
    command.try_get_matches_from(arguments).unwrap();
}

#[test]
fn what_the_image_copies_is_there() {
    let (dockerfile, ignored) = (text("Dockerfile"), text(".dockerignore"));
    let copied = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "))
        .filter(|line| !line.starts_with("--from"))
        .flat_map(|line| line.split(' ').rev().skip(1));
    for path in copied {
        assert!(root().join(path).exists(), "{path} is not there");
        assert!(!ignored.lines().any(|line| line == path), "{path} is ignored");
    }
}

#[test]
fn nginx_accepts_its_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().display().to_string();
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = folders.map(|kind| format!("{kind}_temp_path {here}/{kind};")).join(" ");
    let temporary = format!("http {{ {temporary}\n");
    // The names are those of the composed network, and the process's file is root's.
    let configuration = text("deploy/nginx.conf")
        .replace("server first:3000", "server 127.0.0.1:3001")
        .replace("server second:3000", "server 127.0.0.1:3002")
        .replace("pid /run/", &format!("pid {here}/"))
        .replace("http {\n", &temporary);
    let file = folder.path().join("nginx.conf");
    std::fs::write(&file, configuration).unwrap();
    let mut command = Command::new(nginx());
    command.arg("-t").arg("-c").arg(&file).args(["-p", &here, "-e", &format!("{here}/error.log")]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_health_check_tells_a_server_from_none() {
    tell(Engine::Sqlite, &Setup::default(), &a_server_that_lives_and_dies);
}

async fn a_server_that_lives_and_dies(app: &mut TestApp) {
    let healthy = |address: String| {
        let check = root().join("deploy/healthy");
        let output = Command::new(check).env("ADDR", address).output().unwrap();
        output.status.success()
    };
    assert!(healthy(app.address.to_string()));
    app.kill().await;
    assert!(!healthy(app.address.to_string()));
}
