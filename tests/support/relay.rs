//! A mail server that does as it is told: a reply for each recipient and each message, or a broken connection.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::ssl::{Ssl, SslAcceptor};
use signet::submit::{RelayOptions, RelayTls};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_openssl::SslStream;

use super::tls::Localhost;

/// The server; it ends with the value.
pub struct Relay {
    pub port: u16,
    tls: RelayTls,
    identity: Localhost,
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
    /// Whether it came over TLS.
    pub is_protected: bool,
}

#[derive(Default)]
struct Script {
    /// Replies to a recipient, the next one first; without one it is accepted.
    rcpt: HashMap<String, VecDeque<&'static str>>,
    /// Replies to a message; an empty one breaks the connection after the message came.
    data: VecDeque<&'static str>,
    mail: VecDeque<&'static str>,
    /// Replies to who has logged in.
    auth: VecDeque<&'static str>,
    extensions: Vec<&'static str>,
    taken: Vec<Taken>,
    commands: Vec<String>,
    /// How, as whom and with which password somebody logged in.
    logins: Vec<[String; 3]>,
}

/// A connection, whatever protects it.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

type Stream = BufReader<Box<dyn Wire>>;

impl Relay {
    /// Starts with these extensions, without TLS.
    pub async fn start(extensions: &[&'static str]) -> Self {
        Self::start_with(RelayTls::None, extensions).await
    }

    /// Starts with these extensions and this kind of TLS, with a certificate that is its own authority.
    pub async fn start_with(tls: RelayTls, extensions: &[&'static str]) -> Self {
        Self::start_as(Localhost::new(), tls, extensions).await
    }

    /// The same with this certificate.
    pub async fn start_as(identity: Localhost, tls: RelayTls, extensions: &[&'static str]) -> Self {
        let acceptor = identity.acceptor();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Arc::new(Mutex::new(Script { extensions: extensions.to_vec(), ..Script::default() }));
        let shared = Arc::clone(&script);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, acceptor) = (Arc::clone(&shared), acceptor.clone());
                tokio::spawn(async move { serve(stream, tls, &acceptor, &shared).await.ok() });
            }
        });
        Self { port, tls, identity, script, task }
    }

    /// How to reach it.
    pub fn options(&self) -> RelayOptions {
        RelayOptions {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: self.tls,
            authorities: (self.tls != RelayTls::None).then(|| self.identity.pem()),
            credentials: None,
            timeout: Duration::from_secs(10),
        }
    }

    /// Says this to the next RCPT TO of an address, after what it is to say before that.
    pub fn rcpt(&self, address: &str, reply: &'static str) {
        self.script().rcpt.entry(address.to_owned()).or_default().push_back(reply);
    }

    /// Says this to the next MAIL FROM.
    pub fn mail(&self, reply: &'static str) {
        self.script().mail.push_back(reply);
    }

    /// Says this to who logs in next.
    pub fn auth(&self, reply: &'static str) {
        self.script().auth.push_back(reply);
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

    /// How, as whom and with which password somebody logged in.
    pub fn logins(&self) -> Vec<[String; 3]> {
        self.script().logins.clone()
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

async fn serve(
    stream: TcpStream,
    tls: RelayTls,
    acceptor: &SslAcceptor,
    script: &Mutex<Script>,
) -> std::io::Result<()> {
    let mut is_protected = tls == RelayTls::Implicit;
    let mut stream: Stream = BufReader::new(Box::new(stream));
    if is_protected {
        stream = protected(stream, acceptor).await?;
    }
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
            "EHLO" if tls == RelayTls::StartTls && !is_protected => hello(&["STARTTLS"]),
            "EHLO" => hello(&script.lock().unwrap().extensions),
            "STARTTLS" if tls == RelayTls::StartTls && !is_protected => {
                stream.write_all(b"220 2.0.0 Go ahead\r\n").await?;
                stream = protected(stream, acceptor).await?;
                is_protected = true;
                continue;
            }
            "AUTH" => {
                let login = login(&mut stream, line).await?;
                let mut script = script.lock().unwrap();
                script.logins.push(login);
                script.auth.pop_front().unwrap_or("235 2.7.0 Welcome").to_owned()
            }
            "MAIL" => {
                taken = Taken { from: behind(line, "MAIL FROM:"), is_protected, ..Taken::default() };
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

async fn protected(stream: Stream, acceptor: &SslAcceptor) -> std::io::Result<Stream> {
    let ssl = Ssl::new(acceptor.context()).unwrap();
    let mut stream = SslStream::new(ssl, stream.into_inner()).unwrap();
    Pin::new(&mut stream).accept().await.map_err(std::io::Error::other)?;
    Ok(BufReader::new(Box::new(stream)))
}

/// What a client says after AUTH (RFC 4954 §4): mechanism, user, password.
async fn login(stream: &mut Stream, line: &str) -> std::io::Result<[String; 3]> {
    let decode = |text: &str| String::from_utf8(STANDARD.decode(text.trim()).unwrap()).unwrap();
    if let Some(initial) = line.strip_prefix("AUTH PLAIN ") {
        let initial = decode(initial);
        let [_, user, password] = initial.split('\0').collect::<Vec<_>>()[..] else { panic!("{initial:?}") };
        return Ok(["PLAIN", user, password].map(str::to_owned));
    }
    let mut login = ["LOGIN".to_owned(), String::new(), String::new()];
    for (question, answer) in ["Username:", "Password:"].into_iter().zip(&mut login[1..]) {
        stream.write_all(format!("334 {}\r\n", STANDARD.encode(question)).as_bytes()).await?;
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        *answer = decode(&line);
    }
    Ok(login)
}

/// What comes until the line with a dot alone.
async fn message(stream: &mut Stream) -> std::io::Result<String> {
    let mut octets = Vec::new();
    while !(octets == b".\r\n" || octets.ends_with(b"\r\n.\r\n")) {
        octets.push(stream.read_u8().await?);
    }
    octets.truncate(octets.len() - 3);
    let text = String::from_utf8(octets).unwrap();
    Ok(text.replace("\r\n.", "\r\n"))
}
