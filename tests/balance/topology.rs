//! nginx in front of two nodes and a database, as in docker/compose.yaml, but as processes.

use std::fmt::Debug;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use signet::clock::Clock;
use tempfile::TempDir;

use crate::support::TestDatabase;
use crate::support::server::furnished;

/// Longer than anything here should take, on a machine with much else to do.
const LONG: Duration = Duration::from_secs(60);

pub struct Topology {
    pub nodes: [NodeProcess; 2],
    pub balancer: Balancer,
    pub database: Arc<TestDatabase>,
    folder: TempDir,
}

/// `signet serve`.
pub struct NodeProcess {
    pub address: SocketAddr,
    url: String,
    settings: PathBuf,
    child: Child,
}

/// nginx with the configuration that is shipped.
pub struct Balancer {
    pub address: SocketAddr,
    child: Child,
}

impl Topology {
    /// Starts all of it, with ann's account in the database.
    pub async fn start() -> Self {
        let (database, _) = furnished(&Clock::system()).await;
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("node.toml");
        // All users of the test are one to the server, and may be on one node all together.
        fs::write(&settings, "[limits]\nmax_concurrent_requests = 64\n").unwrap();
        let nodes = [(); 2].map(|()| NodeProcess::start(&database.url(), &settings, free_address()));
        for node in &nodes {
            node.is_ready().await;
        }
        let balancer = Balancer::start(folder.path(), [nodes[0].address, nodes[1].address]);
        Self { nodes, balancer, database, folder }
    }

    /// What nginx complained of.
    pub fn complaints(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap()
    }
}

impl NodeProcess {
    fn start(url: &str, settings: &Path, address: SocketAddr) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_signet"))
            .args(["serve", "--listen", &address.to_string(), "--database-url", url, "--config"])
            .arg(settings)
            .env("RUST_LOG", "warn")
            .spawn()
            .unwrap();
        Self { address, url: url.to_owned(), settings: settings.to_owned(), child }
    }

    /// Starts it again at the same address.
    pub fn start_again(&mut self) {
        *self = Self::start(&self.url, &self.settings, self.address);
    }

    /// Waits until it says that it is ready.
    pub async fn is_ready(&self) {
        until("the node is ready", async || self.get("/readyz").await.is_some_and(|it| it.status() == 200))
            .await;
    }

    /// Asks the node itself, past the balancer, over a connection of its own.
    pub async fn get(&self, path: &str) -> Option<reqwest::Response> {
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        client.get(format!("http://{}{path}", self.address)).send().await.ok()
    }

    /// The sum of its metrics that begin so.
    pub async fn metric(&self, beginning: &str) -> f64 {
        let text = self.get("/metrics").await.unwrap().text().await.unwrap();
        let values = text.lines().filter(|line| line.starts_with(beginning));
        values.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        signal(&self.child, "TERM");
    }

    /// SIGKILL: no step is taken.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(started.elapsed() < LONG, "the node does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Balancer {
    fn start(folder: &Path, nodes: [SocketAddr; 2]) -> Self {
        // Its workers are another user if the test runs as root.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        let address = free_address();
        let template = include_str!("../../docker/nginx.conf.template");
        let site = template
            .replace("${SIGNET_LISTEN}", &address.to_string())
            .replace("${SIGNET_NODE_1}", &nodes[0].to_string())
            .replace("${SIGNET_NODE_2}", &nodes[1].to_string());
        fs::write(folder.join("signet.conf"), site).unwrap();
        fs::write(folder.join("nginx.conf"), around(folder)).unwrap();
        // The shell ends nginx when this process is gone, however it ended: then nobody holds its standard input.
        let script = "\"$@\" <&- & nginx=$!; cat; kill -s TERM $nginx; wait $nginx";
        let configuration = folder.join("nginx.conf");
        let mut child = Command::new("sh")
            .args(["-c", script, "sh", nginx(), "-c", configuration.to_str().unwrap(), "-e"])
            .arg(folder.join("error.log"))
            .stdin(Stdio::piped())
            .stdout(File::create(folder.join("stdout")).unwrap())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(child.try_wait().unwrap().is_none() && started.elapsed() < LONG, "nginx does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { address, child }
    }
}

/// What stands around the site, in the image of nginx as here.
fn around(folder: &Path) -> String {
    let folder = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path {folder}/{kind};\n"))
        .concat();
    format!(
        "daemon off;\nworker_processes 2;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n\
         events {{\n    worker_connections 512;\n}}\n\
         http {{\n    access_log off;\n{temporary}    include {folder}/signet.conf;\n}}\n"
    )
}

fn nginx() -> &'static str {
    // Not in the PATH of everybody.
    let path = "/usr/sbin/nginx";
    if Path::new(path).exists() { path } else { "nginx" }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

/// Waits for a condition.
pub async fn until(what: impl Debug, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < LONG, "in vain: {what:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// A port that is free, and stays so while nobody listens there: no connection gets it by chance.
fn free_address() -> SocketAddr {
    const NOT_EPHEMERAL: std::ops::Range<u64> = 20_000..32_000;
    loop {
        let random = RandomState::new().hash_one(0) % (NOT_EPHEMERAL.end - NOT_EPHEMERAL.start);
        let address = SocketAddr::from(([127, 0, 0, 1], (NOT_EPHEMERAL.start + random) as u16));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
