//! The demonstration: every state in its mailbox, the same on every start, and a process that cleans up.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use signet::clock::Clock;
use signet::demo::furnish::furnish;
use signet::provision;
use signet::smime::Policy;
use signet::store::{Store, StoreOptions, login};
use signet::trust::Trust;

use crate::support::TestDatabase;
use crate::support::audit::audit;
use crate::support::node::{NOON, at};

/// Each message of the demonstration: subject, smimeStatus, smimeStatusAtDelivery, codes.
const STATES: &[(&str, &str, &str, &str)] = &[
    ("Welcome", "", "", ""),
    ("Quote 2024-017: lamps for the reading room", "signed/verified", "signed/verified", ""),
    ("Re: Quote 2024-017: lamps for the reading room", "", "", ""),
    ("Re: Quote 2024-017: lamps for the reading room", "signed/verified", "signed/verified", ""),
    ("Prüfbericht März – drei kleine Änderungen", "signed/verified", "signed/verified", ""),
    ("Re: Prüfbericht März – drei kleine Änderungen", "", "", ""),
    ("Contract for the reading room, renewed", "signed/failed", "signed/verified", "certificate-expired"),
    ("Reading Room News, January", "", "", ""),
    ("Delivery note 4711", "signed/failed", "signed/verified", "certificate-revoked"),
    ("Minutes of 5 May", "signed/verified", "signed/verified", ""),
    ("Invoice 2025-102", "signed/failed", "signed/failed", "content-altered"),
    ("Invoice 2025-102, second copy", "signed/failed", "signed/failed", "signature-invalid"),
    ("Approval of all lamps", "signed/failed", "signed/failed", "content-altered"),
    ("Our new bank details", "signed/failed", "signed/failed", "from-mismatch"),
    ("An offer from a stranger", "signed/failed", "signed/failed", "untrusted-root"),
    ("Appointment on Thursday", "signed/failed", "signed/failed", "certificate-not-yet-valid"),
    ("Key signing party", "unknown", "unknown", ""),
    ("Confidential", "", "", ""),
    ("[standards] Draft 3", "signed/failed", "signed/failed", "partial-signature"),
    ("Lunch?", "", "", ""),
];

#[tokio::test]
async fn the_mailbox_holds_a_message_in_every_state() {
    let node = Empty::new().await;
    let furnished = furnish(&node.trust).await.unwrap();
    assert_eq!(furnished.delivered, STATES.len());

    let rows = node
        .database
        .client()
        .query(
            "SELECT subject, coalesce(smime_status::text, ''), coalesce(smime_status_at_delivery::text, ''),
                    coalesce((SELECT string_agg(problem ->> 'code', ' ')
                              FROM jsonb_array_elements(smime_errors) problem), '')
             FROM email ORDER BY received_at",
            &[],
        )
        .await
        .unwrap();
    let found: Vec<(&str, &str, &str, &str)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    assert_eq!(found, STATES);
    audit(node.database.client()).await;
}

#[tokio::test]
async fn a_second_start_delivers_nothing_again_even_what_was_thrown_away() {
    let node = Empty::new().await;
    let first = furnish(&node.trust).await.unwrap();
    node.database.client().batch_execute("DELETE FROM email WHERE subject = 'Lunch?'").await.unwrap();
    let second = furnish(&node.trust).await.unwrap();
    assert_eq!((second.delivered, second.account), (0, first.account));
    let emails = node.database.client().query_one("SELECT count(*) FROM email", &[]).await.unwrap();
    assert_eq!(emails.get::<_, i64>(0), 19);
}

#[tokio::test]
async fn a_start_that_was_interrupted_is_taken_up_by_the_next() {
    let (node, whole) = (Empty::new().await, Empty::new().await);
    furnish(&whole.trust).await.unwrap();
    // It ended right after it had made the account.
    let made = node.trust.store().transaction("test/account", async |transaction| {
        provision::make_account(transaction, "demo@example.org").await
    });
    let account = made.await.unwrap().unwrap();
    let taken_up = furnish(&node.trust).await.unwrap();
    assert_eq!((taken_up.account, taken_up.delivered), (account, STATES.len()));
    for table in ["mailbox", "email"] {
        assert_eq!(contents(&node, table).await, contents(&whole, table).await, "{table}");
    }
    // It ended right before the login.
    node.database.client().batch_execute("DELETE FROM login").await.unwrap();
    let again = furnish(&node.trust).await.unwrap();
    assert_eq!((again.account, again.delivered), (account, 0));
    let login = login::by_name(node.trust.store(), "demo@example.org").await.unwrap().unwrap();
    assert_eq!(login.accounts.len(), 1);
    audit(node.database.client()).await;
}

#[tokio::test]
async fn with_a_frozen_clock_ids_states_times_and_blobs_are_the_same_on_every_start() {
    let (one, other) = (Empty::new().await, Empty::new().await);
    furnish(&one.trust).await.unwrap();
    furnish(&other.trust).await.unwrap();
    for table in [
        "account",
        "mailbox",
        "email",
        "email_mailbox",
        "email_keyword",
        "change",
        "data_type_state",
        "email_smime",
        "verdict",
    ] {
        assert_eq!(contents(&one, table).await, contents(&other, table).await, "{table}");
    }
}

async fn contents(node: &Empty, table: &str) -> String {
    let contents = format!("SELECT string_agg(t::text, E'\n' ORDER BY t::text) FROM {table} t");
    node.database.client().query_one(&contents, &[]).await.unwrap().get(0)
}

#[test]
fn the_process_says_how_to_log_in_and_ends_in_order_on_sigterm() {
    let mut demo = Demo::start(&["--listen", "127.0.0.1:0"]);
    let told = demo.read_until("Ctrl-C");
    for expected in
        ["Delivered 20 messages to demo@example.org", "Session:   http://127.0.0.1:", "Password:  demo"]
    {
        assert!(told.contains(expected), "{told}");
    }
    let pid = demo.0.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    assert!(demo.0.wait().unwrap().success());
    let leftovers = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let prefix = format!("signet-pg-{pid}-");
    assert!(leftovers.into_iter().all(|entry| !entry.file_name().to_string_lossy().starts_with(&prefix)));
}

#[test]
fn the_commands_that_it_prints_show_what_they_promise_and_the_same_on_every_start() {
    let [answers, again] = [(), ()].map(|()| {
        let mut demo = Demo::start(&["--listen", "127.0.0.1:0", "--now", "2026-06-01T00:00:00Z"]);
        let told = demo.read_until("Ctrl-C");
        let commands = told.lines().filter(|line| line.starts_with("curl "));
        commands.map(method_responses).collect::<Vec<Value>>()
    });
    assert_eq!(answers, again);

    let [good_then_bad_now, why, changes] = &answers[..] else { panic!("{answers:?}") };
    let ids = &good_then_bad_now[0][1]["ids"];
    assert_eq!(ids.as_array().unwrap().len(), 2);
    for email in why[1][1]["list"].as_array().unwrap() {
        assert_eq!(email["smimeStatus"], "signed/failed");
        assert_eq!(email["smimeStatusAtDelivery"], "signed/verified");
        assert_eq!(email["smimeErrors"].as_array().unwrap().len(), 1);
    }
    assert_eq!(changes[0][1]["created"].as_array().unwrap().len(), 3);
}

/// Runs a printed command in a shell, as a person would.
fn method_responses(command: &str) -> Value {
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    let mut response: Value = serde_json::from_slice(&output.stdout).unwrap();
    response["methodResponses"].take()
}

#[test]
fn what_cannot_start_says_why_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let complaint = Demo::start(&["--listen", &address]).complaint();
    assert!(complaint.contains(&address) && complaint.contains("--listen 127.0.0.1:0"), "{complaint}");
    let complaint = Demo::start(&["--listen", "127.0.0.1:0", "--now", "2020-01-01T00:00:00Z"]).complaint();
    assert!(complaint.contains("2026-01-01"), "{complaint}");
}

/// A database without any account, and a clock that stands still.
struct Empty {
    database: TestDatabase,
    trust: Trust,
}

impl Empty {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let options = StoreOptions { connections: 4, ..StoreOptions::new(database.url()) };
        let store = Store::connect(&options, Clock::frozen(at(NOON))).await.unwrap();
        Self { database, trust: Trust::new(store, Policy::default(), Duration::from_secs(10)) }
    }
}

/// A running `signet demo`, killed with its test.
struct Demo(Child);

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_signet"));
        command.arg("demo").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// What it writes up to the line that holds `text`, or all of it.
    fn read_until(&mut self, text: &str) -> String {
        let mut told = String::new();
        let mut output = BufReader::new(self.0.stdout.as_mut().unwrap());
        while output.read_line(&mut told).unwrap() > 0 && !told.contains(text) {}
        told
    }

    /// The one line on stderr of a start that fails.
    fn complaint(mut self) -> String {
        assert!(!self.0.wait().unwrap().success());
        let mut complaint = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
        complaint
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
