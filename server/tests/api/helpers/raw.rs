//! A bare TCP connection, for what no HTTP client would send and what none would show.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use uuid::Uuid;

use super::visitor::Visitor;
use super::wait::DEADLINE;

pub struct Raw {
    stream: TcpStream,
}

/// How the server ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// FIN: in order.
    Closed,
    /// RST: cut.
    Reset,
}

impl Raw {
    pub async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap() }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends what the server may have stopped listening to.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref()).await
    }

    /// Ends this side's sending; the server still may answer.
    pub async fn finish_sending(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Everything until the server ends the connection, and how it ends it.
    pub async fn read_to_end(&mut self, within: std::time::Duration) -> (String, End) {
        let mut read = Vec::new();
        let end = timeout(within, self.stream.read_to_end(&mut read)).await;
        let end = match end.expect("the server keeps the connection open") {
            Ok(_) => End::Closed,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => End::Reset,
            Err(error) => panic!("{error}"),
        };
        (String::from_utf8_lossy(&read).into_owned(), end)
    }

    /// Reads until the text so far satisfies the caller.
    pub async fn read_until(&mut self, is_enough: impl Fn(&str) -> bool) -> String {
        let mut read = Vec::new();
        let reading = async {
            while !is_enough(&String::from_utf8_lossy(&read)) {
                let more = self.stream.read_buf(&mut read).await.unwrap();
                assert!(more > 0, "the server closed after {:?}", String::from_utf8_lossy(&read));
            }
        };
        timeout(DEADLINE, reading).await.expect("the server says nothing");
        String::from_utf8_lossy(&read).into_owned()
    }

    /// The bytes of a complete `PUT`, with further header lines, each ending in CRLF.
    pub fn put(visitor: &Visitor, id: Uuid, content: &str, lines: &str) -> String {
        let body = serde_json::json!({ "content": content }).to_string();
        let (token, length) = (visitor.token.as_deref().unwrap(), body.len());
        format!(
            "PUT /api/posts/{id} HTTP/1.1\r\nHost: postonce\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n{lines}\r\n{body}"
        )
    }
}
