//! A client of WebSockets, frame by frame (RFC 6455).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::TestServer;
use super::server::PASSWORD;

pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

/// Longer than anything here should take.
const LONG: Duration = Duration::from_secs(15);

/// An open WebSocket.
pub struct WebSocket {
    stream: TcpStream,
}

/// Sends a handshake as ann, with these header lines besides, each with its end; gives the head of the answer.
pub async fn handshake(server: &TestServer, lines: &str) -> (TcpStream, String) {
    handshake_with(server.address, lines).await.unwrap()
}

async fn handshake_with(address: SocketAddr, lines: &str) -> io::Result<(TcpStream, String)> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "GET /jmap/ws HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{lines}\r\n",
        address
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(tokio::time::timeout(LONG, stream.read_u8()).await??);
    }
    Ok((stream, String::from_utf8_lossy(&answer).into_owned()))
}

/// The header line by which ann says who she is.
pub fn authorization() -> String {
    format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("ann@example.org:{PASSWORD}")))
}

impl WebSocket {
    /// Opens one as ann.
    pub async fn open(server: &TestServer) -> Self {
        Self::open_with(server, &authorization()).await
    }

    /// Opens one with these header lines, each with its end.
    pub async fn open_with(server: &TestServer, lines: &str) -> Self {
        Self::connect(server.address, lines).await.unwrap()
    }

    /// Opens one as ann at an address; an error if nobody answers.
    pub async fn open_at(address: SocketAddr) -> io::Result<Self> {
        Self::connect(address, &authorization()).await
    }

    async fn connect(address: SocketAddr, lines: &str) -> io::Result<Self> {
        let lines = format!("{lines}Sec-WebSocket-Protocol: jmap\r\n");
        let (stream, answer) = handshake_with(address, &lines).await?;
        if !answer.starts_with("HTTP/1.1 101 ") {
            return Err(io::Error::other(answer));
        }
        let answer = answer.to_ascii_lowercase();
        assert!(answer.contains("sec-websocket-protocol: jmap\r\n"), "{answer}");
        assert!(answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"), "{answer}");
        Ok(Self { stream })
    }

    /// Sends one frame; `is_last` ends the message.
    pub async fn send_frame(&mut self, opcode: u8, data: &[u8], is_last: bool) {
        let mut frame = vec![opcode | if is_last { 0x80 } else { 0 }];
        match data.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length @ 126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        // A mask of zeros changes nothing.
        frame.extend([0; 4]);
        frame.extend(data);
        // The other end may have closed already.
        self.stream.write_all(&frame).await.ok();
    }

    pub async fn send(&mut self, message: Value) {
        self.send_frame(TEXT, message.to_string().as_bytes(), true).await;
    }

    /// The next frame; pings are answered and passed by.
    pub async fn frame(&mut self) -> (u8, Vec<u8>) {
        self.try_frame().await.unwrap()
    }

    /// The same; an error if the connection ends without one.
    pub async fn try_frame(&mut self) -> io::Result<(u8, Vec<u8>)> {
        loop {
            let (opcode, data) = tokio::time::timeout(LONG, self.any_frame()).await??;
            if opcode != PING {
                return Ok((opcode, data));
            }
            self.send_frame(PONG, &data, true).await;
        }
    }

    /// The next message.
    pub async fn message(&mut self) -> Value {
        let (opcode, data) = self.frame().await;
        assert_eq!(opcode, TEXT, "{data:?}");
        serde_json::from_slice(&data).unwrap()
    }

    /// The code of the Close frame that comes next.
    pub async fn close_code(&mut self) -> u16 {
        let (opcode, data) = self.frame().await;
        assert_eq!(opcode, CLOSE, "{}", String::from_utf8_lossy(&data));
        u16::from_be_bytes([data[0], data[1]])
    }

    /// Panics if a message comes within this time.
    pub async fn is_quiet_for(&mut self, time: Duration) {
        if let Ok((_, data)) = tokio::time::timeout(time, self.frame()).await {
            panic!("{}", String::from_utf8_lossy(&data));
        }
    }

    async fn any_frame(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let [first, second] = [self.stream.read_u8().await?, self.stream.read_u8().await?];
        let length = match second & 0x7f {
            126 => u64::from(self.stream.read_u16().await?),
            127 => self.stream.read_u64().await?,
            length => u64::from(length),
        };
        let mut data = vec![0; length as usize];
        self.stream.read_exact(&mut data).await?;
        Ok((first & 0x0f, data))
    }
}
