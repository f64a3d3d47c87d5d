//! An HTTP server on this machine that answers as a test wants it to, badly included.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use signet::fetch::FetchOptions;
use signet::reach::{Allowed, Reach};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What is answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Status 200 with this content.
    Content(Vec<u8>),
    /// This status, header lines each with its end, and content.
    Status(u16, String, Vec<u8>),
    /// A redirect to there.
    Redirect(String),
    /// The connection stays open, and nothing is said.
    Silence,
    /// A good answer whose content comes an octet at a time and never ends.
    Drip,
    /// A good answer whose content comes fast and never ends.
    Endless,
    /// A good answer that promises more octets than these.
    BrokenOff(Vec<u8>),
    /// These octets whatever they are.
    Raw(Vec<u8>),
    /// The answer to an OCSP request: what this makes of the request.
    Made(Make),
}

/// Makes content of the body of a request.
#[derive(Clone)]
pub struct Make(pub Arc<MakeContent>);

type MakeContent = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

impl std::fmt::Debug for Make {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Make")
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// The server. It answers 404 until a test says otherwise.
pub struct Web {
    pub port: u16,
    shared: Arc<Shared>,
    thread: Option<(watch::Sender<bool>, std::thread::JoinHandle<()>)>,
}

struct Shared {
    answers: Mutex<HashMap<String, Answer>>,
    asked: Mutex<Vec<Asked>>,
    is_open: watch::Sender<bool>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Web {
    /// Starts it on a thread of its own, so that it answers whatever the test is busy with.
    pub async fn start() -> Self {
        let shared = Arc::new(Shared {
            answers: Mutex::default(),
            asked: Mutex::default(),
            is_open: watch::Sender::new(true),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
        });
        let (stop, mut stopped) = watch::channel(false);
        let (started, port) = tokio::sync::oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                started.send(listener.local_addr().unwrap().port()).unwrap();
                loop {
                    tokio::select! {
                        _ = stopped.changed() => return,
                        accepted = listener.accept() => {
                            let served = Arc::clone(&served);
                            tokio::spawn(async move { served.serve(accepted.unwrap().0).await });
                        }
                    }
                }
            });
        });
        Self { port: port.await.unwrap(), shared, thread: Some((stop, thread)) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// From now on this is the answer at a path.
    pub fn answer(&self, path: &str, answer: Answer) {
        self.shared.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// From now on this is the content at a path.
    pub fn content(&self, path: &str, content: &[u8]) {
        self.answer(path, Answer::Content(content.to_vec()));
    }

    /// Lets requests wait, or lets those go on that wait.
    pub fn open(&self, is_open: bool) {
        self.shared.is_open.send_replace(is_open);
    }

    /// The requests for a path so far.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|asked| asked.path == path).cloned().collect()
    }

    /// Waits until so many requests for a path have come.
    pub async fn until_asked(&self, path: &str, times: usize) {
        super::until("requests", async || self.asked(path).len() >= times).await;
    }

    /// How many requests there were at the same time, at most.
    pub fn most_at_once(&self) -> usize {
        self.shared.most_at_once.load(Ordering::SeqCst)
    }
}

/// How a test fetches: from this machine, and without patience.
pub fn options() -> FetchOptions {
    FetchOptions {
        reach: Reach::new(vec![Allowed::try_from("127.0.0.0/8".to_owned()).unwrap()]),
        timeout: Duration::from_secs(10),
        ..FetchOptions::default()
    }
}

impl Shared {
    async fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let asked = read(&mut stream).await?;
        let answer = self.answers.lock().unwrap().get(&asked.path).cloned();
        self.asked.lock().unwrap().push(asked.clone());
        let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        self.is_open.subscribe().wait_for(|is_open| *is_open).await.ok()?;
        let mut stream = stream.into_inner();
        // Whoever is content with what came counts as gone before the test sees the answer.
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        answer_with(&mut stream, &asked, answer.unwrap_or(Answer::Status(404, String::new(), Vec::new())))
            .await
    }
}

async fn answer_with(stream: &mut TcpStream, asked: &Asked, answer: Answer) -> Option<()> {
    let whole = |status: u16, headers: &str, content: &[u8]| {
        let length = content.len();
        let head =
            format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
        [head.as_bytes(), content].concat()
    };
    let octets = match answer {
        Answer::Content(content) => whole(200, "Content-Type: text/html\r\n", &content),
        Answer::Status(status, headers, content) => whole(status, &headers, &content),
        Answer::Redirect(target) => whole(302, &format!("Location: {target}\r\n"), b""),
        Answer::Made(Make(make)) => whole(200, "", &make(&asked.body)),
        Answer::BrokenOff(content) => {
            let length = content.len() + 10;
            let head = format!("HTTP/1.1 200 X\r\nContent-Length: {length}\r\n\r\n");
            [head.as_bytes(), &content].concat()
        }
        Answer::Raw(octets) => octets,
        Answer::Silence => std::future::pending().await,
        Answer::Drip | Answer::Endless => {
            let is_slow = matches!(answer, Answer::Drip);
            stream.write_all(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n").await.ok()?;
            let chunk = vec![b'0'; if is_slow { 1 } else { 65_536 }];
            loop {
                stream.write_all(&chunk).await.ok()?;
                if is_slow {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    };
    stream.write_all(&octets).await.ok()?;
    stream.shutdown().await.ok()
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut first = lines.first()?.split(' ').map(str::to_owned);
    let (method, path) = (first.next()?, first.next()?);
    let headers: BTreeMap<String, String> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Asked { method, path, headers, body })
}

impl Drop for Web {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.thread.take() {
            stop.send_replace(true);
            thread.join().ok();
        }
    }
}
