//! A push service on this machine: HTTPS with a certificate of its own, and answers as a test wants them.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use signet::config::Config;
use signet::reach::Allowed;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

use super::tls::Localhost;

/// A push as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// A push service. It answers 201 unless a test has laid out something else.
pub struct PushService {
    port: u16,
    authority: NamedTempFile,
    answers: Arc<Mutex<VecDeque<String>>>,
    arrived: mpsc::UnboundedReceiver<Arrived>,
}

/// Longer than anything here should take.
const LONG: Duration = Duration::from_secs(20);

impl PushService {
    pub fn start() -> Self {
        let identity = Localhost::new();
        let mut authority = NamedTempFile::new().unwrap();
        authority.write_all(&identity.pem()).unwrap();
        let acceptor = identity.acceptor();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, arrived) = mpsc::unbounded_channel();
        let answers: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let laid_out = Arc::clone(&answers);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (acceptor, sender, answers) = (acceptor.clone(), sender.clone(), Arc::clone(&laid_out));
                std::thread::spawn(move || {
                    let mut stream = BufReader::new(acceptor.accept(stream.unwrap()).ok()?);
                    let push = read(&mut stream)?;
                    let answer = answers.lock().unwrap().pop_front();
                    let answer = answer.unwrap_or_else(|| "201 Created\r\n".to_owned());
                    sender.send(push).ok()?;
                    let answer = format!("HTTP/1.1 {answer}Content-Length: 0\r\nConnection: close\r\n\r\n");
                    stream.get_mut().write_all(answer.as_bytes()).ok()
                });
            }
        });
        Self { port, authority, answers, arrived }
    }

    /// Lets a node push here.
    pub fn allow(&self, config: &mut Config) {
        config.push.allow = vec![Allowed::try_from("127.0.0.0/8".to_owned()).unwrap()];
        config.push.ca_file = Some(self.authority.path().to_owned());
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// `https://localhost` with the port: what a token is for (RFC 8292 §2).
    pub fn origin(&self) -> String {
        self.url("")
    }

    /// Answers the next pushes so: a status line without its version, and header lines, each with its end.
    pub fn answer(&self, answers: &[&str]) {
        self.answers.lock().unwrap().extend(answers.iter().map(|answer| (*answer).to_owned()));
    }

    /// The next push.
    pub async fn push(&mut self) -> Arrived {
        tokio::time::timeout(LONG, self.arrived.recv()).await.expect("a push in time").unwrap()
    }

    /// The object in the next push, which is not encrypted.
    pub async fn object(&mut self) -> Value {
        serde_json::from_slice(&self.push().await.body).unwrap()
    }

    /// Panics if a push comes within this time.
    pub async fn is_quiet_for(&mut self, time: Duration) {
        if let Ok(push) = tokio::time::timeout(time, self.arrived.recv()).await {
            panic!("{push:?}");
        }
    }
}

fn read(stream: &mut impl BufRead) -> Option<Arrived> {
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let path = first.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let mut headers = BTreeMap::new();
    while let Some((name, value)) = line()?.split_once(": ") {
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    Some(Arrived { path, headers, body })
}
