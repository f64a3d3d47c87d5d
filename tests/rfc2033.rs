//! LMTP (RFC 2033), over a stream in memory.

use std::time::Duration;

use signet::lmtp::{Door, Ending, Options, converse};
use signet::telemetry::Metrics;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use crate::support::Office;
use crate::support::office::{ANN, BOB};

/// The codes that a whole conversation is answered with; the client sends everything at once (RFC 2920).
async fn answers(office: &Office, said: &str) -> Vec<String> {
    answers_of(&door(office), said.as_bytes()).await.1
}

fn door(office: &Office) -> Door {
    let options = Options {
        host_name: "mail.example.org".to_owned(),
        max_size: 10_000,
        max_recipients: 100,
        max_connections: 4,
        timeout: Duration::from_secs(10),
        lifetime: Duration::from_secs(60),
    };
    Door {
        trust: office.trust.clone(),
        submitter: office.submitter.clone(),
        options,
        metrics: Metrics::new(),
        stop: CancellationToken::new(),
    }
}

/// How it ended, and the codes.
async fn answers_of(door: &Door, said: &[u8]) -> (Ending, Vec<String>) {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    client.write_all(said).await.unwrap();
    let ending = converse(server, door).await;
    let mut heard = String::new();
    client.read_to_string(&mut heard).await.unwrap();
    let last_lines = heard.lines().filter(|line| line.as_bytes()[3] == b' ');
    (ending, last_lines.map(|line| line[..3].to_owned()).collect())
}

const MESSAGE: &str = "From: x@example.net\r\nSubject: dots\r\n\r\n..a\r\n";

#[tokio::test]
async fn s4_2_each_recipient_has_a_reply_and_what_is_stored_is_there() {
    let office = Office::new().await;
    let said = format!(
        "LHLO mx\r\nMAIL FROM:<x@example.net>\r\nRCPT TO:<{ANN}>\r\nRCPT TO:<nobody@example.org>\r\n\
         RCPT TO:<{BOB}>\r\nDATA\r\n{MESSAGE}.\r\nQUIT\r\n"
    );
    let expected = ["220", "250", "250", "250", "550", "250", "354", "250", "250", "221"];
    assert_eq!(answers(&office, &said).await, expected);
    assert_eq!(answers(&office, &said).await, expected, "tried again");
    for account in [office.ann, office.bob] {
        let inbox = office.inbox(account).await;
        assert_eq!(inbox.len(), 1);
        assert!(inbox[0].ends_with("\r\n\r\n.a\r\n"), "{inbox:?}");
    }
}

#[tokio::test]
async fn s4_3_the_last_bdat_has_a_reply_for_each_recipient() {
    let office = Office::new().await;
    let said = format!(
        "LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<{ANN}>\r\nRCPT TO:<{BOB}>\r\nBDAT 8\r\nFrom: xyBDAT 9 LAST\r\n\r\n\r\nhello\
         QUIT\r\n"
    );
    let expected = ["220", "250", "250", "250", "250", "250", "250", "250", "221"];
    assert_eq!(answers(&office, &said).await, expected);
    assert_eq!(office.inbox(office.ann).await, ["From: xy\r\n\r\nhello"]);
}

#[tokio::test]
async fn s4_2_without_a_recipient_there_is_no_data_and_smuggled_mail_is_refused() {
    let office = Office::new().await;
    let said = "LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<no@example.org>\r\nDATA\r\nQUIT\r\n";
    assert_eq!(answers(&office, said).await, ["220", "250", "250", "550", "503", "221"]);
    let said = format!(
        "LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<{ANN}>\r\nDATA\r\na: b\r\n\r\n\n.\r\nRSET\r\n.\r\nQUIT\r\n"
    );
    assert_eq!(answers(&office, &said).await, ["220", "250", "250", "250", "354", "550", "221"]);
    assert!(office.inbox(office.ann).await.is_empty());
}
