//! The relay: TLS, logging in, and mail in UTF-8.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use signet::config::{Config, Overrides};
use signet::lifecycle;
use signet::submit::{RelayOptions, RelayTls};
use signet::telemetry::Metrics;
use tempfile::NamedTempFile;

use crate::support::office::{ANN, from_ann};
use crate::support::tls::Localhost;
use crate::support::{Office, Relay};

const CARL: &str = "carl@elsewhere.example";
const PASSWORD: &str = "open, Sesame";
const UNUSABLE: &str = "451 4.4.1 The relay cannot be used at present";

fn with_password(options: RelayOptions) -> RelayOptions {
    RelayOptions { credentials: Some(("signet".to_owned(), PASSWORD.to_owned())), ..options }
}

/// Sends a message to Carl; what the submission says of him then.
async fn send(office: &Office) -> Value {
    let id = office.send(&from_ann("To: carl@elsewhere.example\r\n"), &[CARL]).await;
    office.work().await;
    office.submission(&id).await["deliveryStatus"][CARL].clone()
}

/// Whether the message is still in the outbox.
async fn waits(office: &Office) -> bool {
    let rows = office.database.client().query("SELECT FROM outgoing", &[]).await.unwrap();
    !rows.is_empty()
}

#[tokio::test]
async fn a_message_goes_over_tls_to_a_relay_of_an_authority_of_the_operator_after_a_login() {
    for (tls, offered, mechanism) in [
        (RelayTls::StartTls, "AUTH PLAIN LOGIN", "PLAIN"),
        (RelayTls::StartTls, "AUTH CRAM-MD5 LOGIN", "LOGIN"),
        (RelayTls::Implicit, "AUTH PLAIN", "PLAIN"),
        (RelayTls::Implicit, "AUTH LOGIN", "LOGIN"),
    ] {
        let relay = Relay::start_with(tls, &["8BITMIME", offered]).await;
        let office = Office::open(Some(with_password(relay.options())), |_| {}).await;
        assert_eq!(send(&office).await["smtpReply"], "250 2.1.5 Ok", "{tls:?} {offered}");
        let [taken] = &relay.taken()[..] else { panic!("{:?}", relay.taken()) };
        assert!(taken.is_protected && taken.to == [format!("<{CARL}>")], "{taken:?}");
        assert_eq!(relay.logins(), [[mechanism, "signet", PASSWORD]]);
        assert!(!waits(&office).await);
    }
}

/// A certificate that leads nowhere, or that is another host's: neither the password nor the message goes there, and the
/// message waits.
#[tokio::test]
async fn a_relay_with_a_wrong_certificate_gets_nothing() {
    for tls in [RelayTls::StartTls, RelayTls::Implicit] {
        let relay = Relay::start_with(tls, &["AUTH PLAIN"]).await;
        let disguised = Relay::start_as(Localhost::disguised(), tls, &["AUTH PLAIN"]).await;
        let other = disguised.options().authorities;
        for wrong in [
            RelayOptions { authorities: None, ..relay.options() },
            RelayOptions { authorities: other, ..relay.options() },
            // Its authority is trusted, but the host has no such name.
            disguised.options(),
        ] {
            let office = Office::open(Some(with_password(wrong)), |_| {}).await;
            let status = send(&office).await;
            assert_eq!((&status["smtpReply"], &status["delivered"]), (&json!(UNUSABLE), &json!("queued")));
            assert!(waits(&office).await);
        }
        for relay in [relay, disguised] {
            assert_eq!((relay.taken(), relay.logins()), (vec![], vec![]));
            assert!(relay.commands().iter().all(|line| line.starts_with("EHLO") || line == "STARTTLS"));
        }
    }
}

/// RFC 3207 §6: who takes STARTTLS away, from the answer to EHLO, gets nothing either.
#[tokio::test]
async fn a_relay_without_the_starttls_that_is_demanded_gets_nothing() {
    let relay = Relay::start(&["AUTH PLAIN"]).await;
    let options = RelayOptions { tls: RelayTls::StartTls, ..with_password(relay.options()) };
    let office = Office::open(Some(options), |_| {}).await;
    assert_eq!(send(&office).await["smtpReply"], UNUSABLE);
    assert!(waits(&office).await);
    assert_eq!((relay.taken(), relay.logins()), (vec![], vec![]));
}

#[tokio::test]
async fn a_password_that_is_refused_shows_nowhere_and_the_message_waits_for_the_right_one() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let _logged = tracing::subscriber::set_default(subscriber);
    let relay = Relay::start_with(RelayTls::StartTls, &["AUTH PLAIN LOGIN"]).await;
    relay.auth("535 5.7.8 Authentication failed");
    let office = Office::open(Some(with_password(relay.options())), |_| {}).await;
    let id = office.send(&from_ann("X: 1\r\n"), &[CARL]).await;
    office.work().await;
    let status = office.submission(&id).await["deliveryStatus"][CARL].clone();
    assert_eq!((&status["smtpReply"], &status["delivered"]), (&json!(UNUSABLE), &json!("queued")));
    assert_eq!(relay.logins().len(), 1);

    let logged = log.text();
    assert!(logged.contains("the relay cannot be used") && logged.contains("535"), "{logged}");
    for secret in
        [PASSWORD.to_owned(), STANDARD.encode(PASSWORD), STANDARD.encode(format!("\0signet\0{PASSWORD}"))]
    {
        assert!(!logged.contains(&secret), "{logged}");
    }
    // The relay has learnt it meanwhile.
    office.wait(300);
    office.work().await;
    assert_eq!(relay.taken().len(), 1);
    assert!(!waits(&office).await);
}

#[tokio::test]
async fn a_file_of_authorities_that_cannot_be_used_is_named_at_the_start() {
    let office = Office::new().await;
    let mut nothing = NamedTempFile::new().unwrap();
    nothing.write_all(b"no certificate").unwrap();
    for (path, problem) in [
        (nothing.path().to_owned(), "no certificate in PEM"),
        (PathBuf::from("/nowhere/authorities.pem"), "No such file"),
    ] {
        let mut config = Config::load(None, Overrides::default()).unwrap();
        config.relay.host = Some("relay.example".to_owned());
        config.relay.ca_file = Some(path.clone());
        let started = lifecycle::submitter(&config, office.trust.clone(), Metrics::new());
        let error = started.err().unwrap().to_string();
        assert!(error.starts_with(&format!("[relay]: {}: {problem}", path.display())), "{error}");
    }
}

/// RFC 6531 §3.4: header fields need SMTPUTF8 as addresses do; a body alone does not.
#[tokio::test]
async fn mail_with_header_fields_in_utf8_asks_for_smtputf8() {
    let relay = Relay::start(&["8BITMIME", "SMTPUTF8"]).await;
    let office = Office::behind(&relay).await;
    let part = "Content-Type: multipart/mixed; boundary=b\r\nMIME-Version: 1.0\r\n\r\n--b\r\n";
    for header in ["X-City: Köln\r\n", &format!("{part}Content-Description: Köln\r\n")] {
        office.send(&from_ann(header), &[CARL]).await;
        office.work().await;
    }
    office.send(&from_ann("\r\nKöln\r\n"), &[CARL]).await;
    office.work().await;
    let asked: Vec<bool> = relay.taken().iter().map(|taken| taken.from.ends_with(" SMTPUTF8")).collect();
    assert_eq!(asked, [true, true, false]);
    assert!(relay.taken().iter().all(|taken| taken.from.contains(" BODY=8BITMIME")));
}

/// A relay that does not do RFC 6531 never will for this message: it comes back at once, with the reason (RFC 6531 §4).
#[tokio::test]
async fn a_relay_without_smtputf8_fails_what_needs_it() {
    let relay = Relay::start(&["8BITMIME"]).await;
    let office = Office::behind(&relay).await;
    for (header, recipient, reply) in [
        ("X-City: Köln\r\n", CARL, "550 5.6.9 The relay takes no international header fields"),
        ("X: 1\r\n", "jürgen@elsewhere.example", "553 5.6.7 The relay takes no international addresses"),
    ] {
        let id = office.send(&from_ann(header), &[recipient]).await;
        office.work().await;
        let status = office.submission(&id).await["deliveryStatus"][recipient].clone();
        assert_eq!((&status["smtpReply"], &status["delivered"]), (&json!(reply), &json!("no")));
    }
    assert_eq!(relay.taken(), []);
    // Ann is told of both.
    let inbox = office.inbox(office.ann).await;
    assert_eq!(inbox.len(), 2);
    assert!(inbox.iter().all(|report| report.contains(ANN) && report.contains("\r\nStatus: 5.6.")));
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(octets)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
