//! nginx in front of two instances, told to hand whatever failed to the next one, be it idempotent or not. One
//! instance dies in mid-request; the proxy repeats the request at the other, and no client hears of it.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::order::{Ended, Order};
use super::weather::{WAYS, Way, rows_saying};
use crate::helpers::{Engine, Setup, TestApp, Visitor, eventually, nginx, tell};

#[test]
fn a_request_repeated_at_another_instance_is_one_row() {
    tell(Engine::Postgres, &Setup::with_faults(), &two_deaths_in_every_way);
}

/// What a death interrupts.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// Nothing was written yet.
    BeforeTheWrite,
    /// The row is there, the answer is not.
    AfterTheCommit,
}

async fn two_deaths_in_every_way(app: &mut TestApp) {
    let author = app.visitor().await;
    for way in WAYS {
        for moment in [Moment::BeforeTheWrite, Moment::AfterTheCommit] {
            let (first, second) = (app.another_instance().await, app.another_instance().await);
            let proxy = Proxy::start(first.address, second.address).await;
            let content = format!("{way:?}, killed {moment:?}");
            let fault = match moment {
                Moment::BeforeTheWrite => "request-late; delay=1000",
                Moment::AfterTheCommit => "slow; delay=1000",
            };
            let order = way.order(&author, &proxy.base(), &content, fault);
            let asked = tokio::spawn(send(order));
            wait_for(app, &author.at(first.base()), &content, moment).await;
            assert!(!asked.is_finished(), "{content}: the request outran its death");
            first.kill().await;

            let ended = asked.await.unwrap();
            let (status, rows) = match (way, moment) {
                // The other instance finds the row of the one that died.
                (Way::Put, Moment::AfterTheCommit) => (200, 1),
                (Way::Naive, Moment::AfterTheCommit) => (201, 2),
                _ => (201, 1),
            };
            assert_eq!(ended.status, status, "{content}: {}", ended.body);
            assert_eq!(rows_saying(app, &content).await, rows, "{content}");
            drop(second);
        }
    }
    assert_eq!(app.database.rows().await.len(), 6, "three ways, two moments");
}

/// Waits until the first instance is in the middle of the request.
async fn wait_for(app: &TestApp, at_first: &Visitor, content: &str, moment: Moment) {
    eventually(&format!("{content}: the middle of the request"), async || {
        let metrics = at_first.get("/metrics").await;
        let arrived = metrics
            .text()
            .lines()
            .any(|line| line.starts_with("postonce_faults_total") && !line.ends_with(" 0"));
        let written = rows_saying(app, content).await == 1;
        (arrived && written == matches!(moment, Moment::AfterTheCommit)).then_some(())
    })
    .await;
}

/// Sends once: whatever is repeated, the proxy repeats.
async fn send(order: Order) -> Ended {
    let client = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never()).build().unwrap();
    let mut request = client.request(order.method.parse().unwrap(), &order.url).body(order.body);
    for (name, value) in &order.headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    Ended { status: answer.status().as_u16(), body: answer.text().await.unwrap() }
}

/// A running nginx.
struct Proxy {
    _child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Proxy {
    async fn start(first: SocketAddr, second: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // nginx cannot pick a port by itself; another program may take this one first, and then the story fails.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let configuration = folder.path().join("nginx.conf");
        std::fs::write(&configuration, configure(folder.path(), address, first, second)).unwrap();
        let child = Command::new(nginx())
            .arg("-c")
            .arg(&configuration)
            .arg("-p")
            .arg(folder.path())
            .arg("-e")
            .arg(folder.path().join("error.log"))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("nginx: {error}; `scripts/setup test` installs it"));
        eventually("nginx", async || TcpStream::connect(address).await.ok()).await;
        Self { _child: child, address, _folder: folder }
    }

    fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// One process that stays in the foreground and writes into the story's folder alone. The second instance is the
/// first's reserve, so that the story knows which one to kill.
fn configure(folder: &Path, address: SocketAddr, first: SocketAddr, second: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "daemon off; master_process off; pid {folder}/nginx.pid; events {{}}
        http {{
          access_log off; error_log {folder}/error.log;
          client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
          fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
          upstream postonce {{ server {first} max_fails=0; server {second} backup max_fails=0; }}
          server {{
            listen {address};
            location / {{
              proxy_pass http://postonce;
              proxy_http_version 1.1;
              proxy_set_header Connection '';
              proxy_set_header Host $http_host;
              proxy_next_upstream error timeout non_idempotent;
            }}
          }}
        }}"
    )
}
