//! The program as an operator meets it: what it says when it cannot start, and how it ends.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::TestDatabase;

fn signet(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signet"));
    command
        .args(arguments)
        .env_remove("SIGNET_DATABASE_URL")
        .env_remove("SIGNET_CONFIG")
        .env("RUST_LOG", "off");
    command
}

/// Runs the program with `input` on its standard input.
fn run(arguments: &[&str], input: &str) -> Output {
    let mut command = signet(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that fails early does not read, and that is its right.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    child.wait_with_output().unwrap()
}

/// The one line that a start that fails leaves on stderr.
fn complaint(arguments: &[&str]) -> String {
    let output = run(arguments, "");
    assert!(!output.status.success());
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    complaint
}

#[test]
fn starts_that_fail_say_why_in_one_line() {
    let said = complaint(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(said.contains("SIGNET_DATABASE_URL"), "{said}");
    let said =
        complaint(&["serve", "--listen", "127.0.0.1:0", "--database-url", "postgres://u:geheim@h:x/d"]);
    assert!(said.contains("database URL") && !said.contains("geheim"), "{said}");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://u:geheim@{nobody}/d");
    let said = complaint(&["migrate", "--database-url", &url]);
    assert!(said.contains("cannot be reached") && !said.contains("geheim"), "{said}");
}

#[test]
fn a_wrong_configuration_is_named_by_file_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("signet.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:0\"\nlissen = 1\n").unwrap();
    let said = complaint(&["serve", "--config", path(&file)]);
    assert!(said.contains("signet.toml: line 2") && said.contains("lissen"), "{said}");
    let said = complaint(&["serve", "--config", path(&folder.path().join("nothing.toml"))]);
    assert!(said.contains("nothing.toml"), "{said}");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = complaint(&["serve", "--listen", &address, "--database-url", "postgres://localhost/x"]);
    assert!(said.contains(&address) && said.contains("in use"), "{said}");
}

#[tokio::test]
async fn a_schema_that_is_missing_or_newer_stops_the_start() {
    let database = TestDatabase::new().await;
    let url = database.url();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--database-url", url.as_str()];
    let newer = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
                 VALUES (9999, 'future', '2026-01-01T00:00:00Z', '0')";
    database.client().batch_execute(newer).await.unwrap();
    for arguments in [serve.as_slice(), &["migrate", "--database-url", &url]] {
        let said = complaint(arguments);
        assert!(said.contains("9999") && said.contains("newer"), "{said}");
    }
    database.client().batch_execute("DROP TABLE refinery_schema_history").await.unwrap();
    let said = complaint(&serve);
    assert!(said.contains("signet migrate"), "{said}");
}

#[tokio::test]
async fn accounts_are_made_listed_and_shared() {
    let database = TestDatabase::new().await;
    let url = database.url();
    let account = |arguments: &[&str], input: &str| {
        let mut all = vec!["account", arguments[0], "--database-url", &url];
        all.extend(&arguments[1..]);
        let output = run(&all, input);
        let text = if output.status.success() { output.stdout } else { output.stderr };
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    assert_eq!(account(&["add", "Ann@example.org"], "secret\n"), (true, "a1 ann@example.org\n".to_owned()));
    assert!(account(&["add", "bob@example.org"], "secret\n").0);
    let (made, said) = account(&["add", "ann@example.org"], "other\n");
    assert!(!made && said.contains("already"), "{said}");
    let (made, said) = account(&["add", "carl"], "\n");
    assert!(!made && said.contains("empty"), "{said}");
    assert!(account(&["grant", "bob@example.org", "ann@example.org", "--read-only"], "").0);
    let (_, list) = account(&["list"], "");
    assert_eq!(
        list,
        "a1\tann@example.org\t0 emails\tann@example.org, bob@example.org\n\
         a2\tbob@example.org\t0 emails\tbob@example.org\n"
    );
    let (granted, said) = account(&["grant", "nobody", "ann@example.org"], "");
    assert!(!granted && said.contains("nobody"), "{said}");
    let roles =
        "SELECT string_agg(name || ' ' || role, ',' ORDER BY sort_order) FROM mailbox WHERE account_id = 1";
    let roles: String = database.client().query_one(roles, &[]).await.unwrap().get(0);
    assert_eq!(roles, "Inbox inbox,Drafts drafts,Sent sent,Archive archive,Junk junk,Trash trash");
}

#[tokio::test]
async fn sigterm_ends_a_node_with_status_0() {
    let database = TestDatabase::new().await;
    let mut node = Node::start(&database, 0).await;
    node.signal("TERM");
    assert!(node.end().await.success());
}

#[tokio::test]
async fn who_presses_ctrl_c_does_not_wait_for_a_balancer() {
    let database = TestDatabase::new().await;
    let mut node = Node::start(&database, 86_400).await;
    node.signal("INT");
    assert!(node.end().await.success());
}

#[tokio::test]
async fn a_node_tells_of_its_end_and_a_second_signal_does_not_wait_for_it() {
    let database = TestDatabase::new().await;
    let mut node = Node::start(&database, 86_400).await;
    let health = |path: &str| {
        let output = run(&["health", &format!("http://{}{path}", node.address)], "");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(health("/readyz"), (Some(0), String::new()));
    node.signal("TERM");
    let started = Instant::now();
    while health("/readyz").0 == Some(0) {
        assert!(started.elapsed() < Duration::from_secs(20), "the node does not notice");
    }
    let (status, said) = health("/readyz");
    assert!(status == Some(1) && said.contains("503"), "{said}");
    assert_eq!(health("/healthz").0, Some(0));
    node.signal("TERM");
    assert_eq!(node.end().await.code(), Some(143));
    let gone = run(&["health", &format!("http://{}/healthz", node.address)], "");
    assert_eq!(gone.status.code(), Some(1));
}

#[test]
fn a_command_has_a_scratch_database_and_its_status_comes_back() {
    let scratch = |command: &str| run(&["scratch", "sh", "-c", command], "");
    let program = env!("CARGO_BIN_EXE_signet");
    let listed =
        scratch(&format!("echo secret | {program} account add ann && {program} account list && exit 7"));
    let sending = [" off", "", " on"].map(|switch| format!(" && {program} account sending ann{switch}"));
    let switched = scratch(&format!("echo secret | {program} account add ann{}", sending.concat()));
    assert_eq!(String::from_utf8(switched.stdout).unwrap(), "a1 ann\noff\noff\non\n");
    assert_eq!(listed.status.code(), Some(7));
    assert_eq!(String::from_utf8(listed.stdout).unwrap(), "a1 ann\na1\tann\t0 emails\tann\n");
    assert_eq!(scratch("kill -KILL $$").status.code(), Some(128 + 9));
    let said = complaint(&["scratch", "/no/such/program"]);
    assert!(said.contains("/no/such/program"), "{said}");
}

/// A node that does not outlive its test.
/// `signet serve`.
struct Node {
    address: String,
    child: Child,
    _settings: tempfile::TempDir,
}

impl Node {
    /// Starts one that, at SIGTERM, is not ready for so long before it ends.
    async fn start(database: &TestDatabase, drain_seconds: u64) -> Self {
        let settings = tempfile::tempdir().unwrap();
        let file = settings.path().join("signet.toml");
        std::fs::write(&file, format!("[node]\ndrain_seconds = {drain_seconds}\n")).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let url = database.url();
        let serve = ["serve", "--config", path(&file), "--listen", &address, "--database-url", &url];
        let child = signet(&serve).spawn().unwrap();
        let node = Self { address, child, _settings: settings };
        let started = Instant::now();
        while TcpStream::connect(&node.address).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "the node does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // The port is open before the node is set up; the signal is waited for from then on.
        let ready = reqwest::get(format!("http://{}/readyz", node.address)).await.unwrap();
        assert_eq!(ready.status(), 200);
        node
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    async fn end(&mut self) -> std::process::ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "the node does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}
