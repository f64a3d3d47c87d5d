//! A mail server that does as it is told: a reply for each recipient and each message, or a broken connection.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The server; it ends with the value.
pub struct Relay {
    pub port: u16,
    script: Arc<Mutex<Script>>,
    task: JoinHandle<()>,
}

/// A message that was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// What stood behind MAIL FROM: the path and its parameters.
    pub from: String,
    /// What stood behind RCPT TO, of the recipients that were accepted.
    pub to: Vec<String>,
    /// The message, dots unstuffed.
    pub message: String,
}

#[derive(Default)]
struct Script {
    /// Replies to a recipient, the next one first; without one it is accepted.
    rcpt: HashMap<String, VecDeque<&'static str>>,
    /// Replies to a message; an empty one breaks the connection after the message came.
    data: VecDeque<&'static str>,
    mail: VecDeque<&'static str>,
    extensions: Vec<&'static str>,
    taken: Vec<Taken>,
    commands: Vec<String>,
}

impl Relay {
    /// Starts with these extensions.
    pub async fn start(extensions: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Arc::new(Mutex::new(Script { extensions: extensions.to_vec(), ..Script::default() }));
        let shared = Arc::clone(&script);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { serve(stream, &shared).await.ok() });
            }
        });
        Self { port, script, task }
    }

    /// Says this to the next RCPT TO of an address, after what it is to say before that.
    pub fn rcpt(&self, address: &str, reply: &'static str) {
        self.script().rcpt.entry(address.to_owned()).or_default().push_back(reply);
    }

    /// Says this to the next MAIL FROM.
    pub fn mail(&self, reply: &'static str) {
        self.script().mail.push_back(reply);
    }

    /// Says this to the next message.
    pub fn data(&self, reply: &'static str) {
        self.script().data.push_back(reply);
    }

    /// Breaks the connection when the next message has come, without a reply.
    pub fn break_after_message(&self) {
        self.script().data.push_back("");
    }

    /// The messages that were taken.
    pub fn taken(&self) -> Vec<Taken> {
        self.script().taken.clone()
    }

    /// The command lines that came.
    pub fn commands(&self) -> Vec<String> {
        self.script().commands.clone()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, script: &Mutex<Script>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut taken = Taken::default();
    stream.write_all(b"220 relay.example ESMTP\r\n").await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        script.lock().unwrap().commands.push(line.to_owned());
        let verb = line.split([' ', ':']).next().unwrap().to_ascii_uppercase();
        let reply = match verb.as_str() {
            "EHLO" => hello(&script.lock().unwrap().extensions),
            "AUTH" => "235 2.7.0 Welcome".to_owned(),
            "MAIL" => {
                taken = Taken { from: behind(line, "MAIL FROM:"), ..Taken::default() };
                script.lock().unwrap().mail.pop_front().unwrap_or("250 2.1.0 Ok").to_owned()
            }
            "RCPT" => {
                let to = behind(line, "RCPT TO:");
                let address = to.split(['<', '>']).nth(1).unwrap().to_owned();
                let next = script.lock().unwrap().rcpt.get_mut(&address).and_then(VecDeque::pop_front);
                let reply = next.unwrap_or("250 2.1.5 Ok");
                if reply.starts_with('2') {
                    taken.to.push(to);
                }
                reply.to_owned()
            }
            "DATA" => {
                stream.write_all(b"354 Go ahead\r\n").await?;
                taken.message = message(&mut stream).await?;
                let reply = script.lock().unwrap().data.pop_front().unwrap_or("250 2.6.0 Queued");
                match reply {
                    "" => return Ok(()),
                    reply => {
                        if reply.starts_with('2') {
                            script.lock().unwrap().taken.push(taken.clone());
                        }
                        reply.to_owned()
                    }
                }
            }
            "QUIT" => "221 2.0.0 Bye".to_owned(),
            _ => "502 5.5.1 Unknown command".to_owned(),
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        if verb == "QUIT" {
            return Ok(());
        }
    }
}

fn hello(extensions: &[&str]) -> String {
    let mut lines = vec!["relay.example"];
    lines.extend(extensions);
    let last = lines.len() - 1;
    let lines: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| format!("250{}{line}", if at == last { ' ' } else { '-' }))
        .collect();
    lines.join("\r\n")
}

fn behind(line: &str, prefix: &str) -> String {
    line.get(prefix.len()..).unwrap_or_default().trim().to_owned()
}

/// What comes until the line with a dot alone.
async fn message(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut octets = Vec::new();
    while !(octets == b".\r\n" || octets.ends_with(b"\r\n.\r\n")) {
        octets.push(stream.read_u8().await?);
    }
    octets.truncate(octets.len() - 3);
    let text = String::from_utf8(octets).unwrap();
    Ok(text.replace("\r\n.", "\r\n"))
}
