//! LMTP (RFC 2033), over a stream in memory.

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use signet::budget::Budget;
use signet::lmtp::{Door, Ending, Options, converse};
use signet::store::address::{self, Address};
use signet::store::quota::{self, OwnLimit, PerResource};
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
        memory: Budget::new("octets", 100_000, &Metrics::new()),
        metrics: Metrics::new(),
        stop: CancellationToken::new(),
    }
}

/// How it ended, and the codes.
async fn answers_of(door: &Door, said: &[u8]) -> (Ending, Vec<String>) {
    let (ending, heard) = heard(door, said).await;
    let last_lines = heard.lines().filter(|line| line.as_bytes()[3] == b' ');
    (ending, last_lines.map(|line| line[..3].to_owned()).collect())
}

/// How it ended, and all that was answered to a client that says all it has to say, and no more.
async fn heard(door: &Door, said: &[u8]) -> (Ending, String) {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    client.write_all(said).await.unwrap();
    client.shutdown().await.unwrap();
    let ending = converse(server, door).await;
    let mut heard = String::new();
    client.read_to_string(&mut heard).await.unwrap();
    (ending, heard)
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

/// RFC 3463 §3.4, X.3.1: what the node has no memory for now is told at once where its size is announced, and else when it
/// was read to its end; it can come again.
#[tokio::test]
async fn what_does_not_fit_into_memory_is_to_come_again() {
    let office = Office::new().await;
    let mut door = door(&office);
    door.memory = Budget::new("octets", 5_000, &Metrics::new());
    let begin = format!("LHLO mx\r\nMAIL FROM:<x@example.net>\r\nRCPT TO:<{ANN}>\r\nRCPT TO:<{BOB}>\r\n");
    let large = format!("From: x@example.net\r\n\r\n{}", "0123456789\r\n".repeat(700));
    let said = format!(
        "LHLO mx\r\nMAIL FROM:<x@example.net> SIZE=6000\r\n{begin}DATA\r\n{large}.\r\n\
         MAIL FROM:<x@example.net>\r\nRCPT TO:<{ANN}>\r\nBDAT {}\r\n{large}BDAT {} LAST\r\n{MESSAGE}QUIT\r\n",
        large.len(),
        MESSAGE.len(),
    );
    let expected = [
        "220", "250", "452", "250", "250", "250", "250", "354", "452", "452", "250", "250", "250", "452",
        "221",
    ];
    assert_eq!(answers_of(&door, said.as_bytes()).await.1, expected);
    assert_eq!(door.memory.take(5_000).map(drop), Ok(()), "all was given back");
    let said = format!("{begin}DATA\r\n{MESSAGE}.\r\nQUIT\r\n");
    let expected = ["220", "250", "250", "250", "250", "354", "250", "250", "221"];
    assert_eq!(answers_of(&door, said.as_bytes()).await.1, expected);
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

#[tokio::test]
async fn s4_1_the_greeting_names_what_works() {
    let office = Office::new().await;
    let said =
        b"MAIL FROM:<>\r\nEHLO mx\r\nlhlo mx\r\nVRFY ann\r\nNOOP x\r\nMAIL FROM:<> RET=FULL\r\nQUIT\r\n";
    let (ending, heard) = heard(&door(&office), said).await;
    assert!(matches!(ending, Ending::Quit), "{ending:?}");
    insta::assert_snapshot!(heard.replace('\r', ""), @r"
    220 mail.example.org LMTP
    503 5.5.1 not now
    500 5.5.1 this is LMTP: say LHLO
    250-mail.example.org
    250-PIPELINING
    250-8BITMIME
    250-SMTPUTF8
    250-SIZE 10000
    250-CHUNKING
    250 ENHANCEDSTATUSCODES
    252 2.5.0 send some mail, and it will be seen
    250 2.0.0 ok
    555 5.5.4 a parameter is not known
    221 2.0.0 bye
    ");
}

/// §4.2, RFC 5321 §4.2.5: what cannot be stored at present is answered with 4yz, and nothing of it is lost.
#[tokio::test]
async fn s4_2_a_database_that_is_away_is_a_temporary_fault() {
    let office = Office::new().await;
    let said = format!(
        "LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<{ANN}>\r\nRCPT TO:<{BOB}>\r\nDATA\r\n{MESSAGE}.\r\nQUIT\r\n"
    );
    let client = office.database.client();
    client.batch_execute("ALTER TABLE email ADD CONSTRAINT fail CHECK (size < 0)").await.unwrap();
    let (_, text) = heard(&door(&office), said.as_bytes()).await;
    assert_eq!(text.matches("\r\n451 4.3.0 ").count(), 2, "{text}");
    assert!(office.inbox(office.ann).await.is_empty());
    client.batch_execute("ALTER TABLE email DROP CONSTRAINT fail").await.unwrap();

    let mut config: tokio_postgres::Config = office.database.url().parse().unwrap();
    let name = config.get_dbname().unwrap().to_owned();
    let (other, connection) = config.dbname("postgres").connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    other.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await.unwrap();
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    other.execute(kill, &[&name]).await.unwrap();
    let (_, text) = heard(&door(&office), said.as_bytes()).await;
    assert_eq!(text.matches("\r\n451 4.3.0 ").count(), 2, "{text}");
    other.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await.unwrap();

    let (_, text) = heard(&door(&office), said.as_bytes()).await;
    assert_eq!(text.matches("\r\n250 2.0.0 stored as ").count(), 2, "{text}");
}

#[tokio::test]
async fn a_full_account_is_told_apart_from_a_message_that_never_fits() {
    let office = Office::new().await;
    let own = |octets| PerResource { octets: OwnLimit::At(octets), emails: OwnLimit::At(1) };
    let store = office.trust.store();
    quota::set(store, office.ann, own(1_000_000)).await.unwrap();
    quota::set(store, office.bob, own(10)).await.unwrap();
    office.arrives(None, ANN, "From: first@example.net\r\n\r\n").await;
    let said =
        format!("LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<{ANN}>\r\nRCPT TO:<{BOB}>\r\nDATA\r\n{MESSAGE}.\r\n");
    let (_, text) = heard(&door(&office), said.as_bytes()).await;
    let replies: Vec<&str> = text.lines().rev().take(2).collect();
    assert!(replies[1].starts_with("452 4.2.2 ") && replies[0].starts_with("552 5.2.3 "), "{text}");
    assert_eq!(office.inbox(office.ann).await.len(), 1);
}

/// RFC 6531 §3: addresses and header fields in UTF-8.
#[tokio::test]
async fn smtputf8_reaches_the_inbox_octet_by_octet() {
    let office = Office::new().await;
    let (alias, ann) = (Address::parse("j\u{fc}rgen@b\u{fc}cher.example").unwrap(), office.ann);
    let added =
        office.trust.store().transaction("test/address", async |t| address::add(t, &alias, ann).await);
    assert!(added.await.unwrap());
    let message = "From: J\u{fc}rgen <j\u{fc}@example.net>\r\nSubject: Gr\u{fc}\u{df}e\r\n\r\n\u{20ac}\r\n";
    let said = format!(
        "LHLO mx\r\nMAIL FROM:<j\u{fc}@example.net> SMTPUTF8 BODY=8BITMIME\r\nRCPT TO:<j\u{fc}rgen+x@b\u{fc}cher.example>\r\n\
         DATA\r\n{message}.\r\nQUIT\r\n"
    );
    assert_eq!(answers(&office, &said).await, ["220", "250", "250", "250", "354", "250", "221"]);
    assert_eq!(office.inbox(ann).await, [message]);
}

/// RFC 5321 §4.5.1: postmaster needs no domain.
#[tokio::test]
async fn postmaster_is_found_without_a_domain() {
    let office = Office::new().await;
    let said = format!("LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<Postmaster>\r\nDATA\r\n{MESSAGE}.\r\nQUIT\r\n");
    assert_eq!(answers(&office, &said).await[3], "550");
    let (address, ann) = (Address::parse("postmaster@mail.example.org").unwrap(), office.ann);
    let added =
        office.trust.store().transaction("test/address", async |t| address::add(t, &address, ann).await);
    assert!(added.await.unwrap());
    assert_eq!(answers(&office, &said).await, ["220", "250", "250", "250", "354", "250", "221"]);
    assert_eq!(office.inbox(ann).await.len(), 1);
}

#[tokio::test]
async fn a_message_has_bounds_and_the_conversation_goes_on_beyond_them() {
    let office = Office::new().await;
    let mut door = door(&office);
    door.options.max_size = 100;
    door.options.max_recipients = 2;
    let large = "x".repeat(120);
    let begin = format!("MAIL FROM:<>\r\nRCPT TO:<{ANN}>\r\nRCPT TO:<{BOB}>\r\n");
    let said = format!(
        "LHLO mx\r\nMAIL FROM:<> SIZE=101\r\n{begin}RCPT TO:<ann+x@example.org>\r\nDATA\r\n{large}\r\n.\r\n\
         {begin}BDAT 60\r\n{}BDAT 60 LAST\r\n{}{begin}BDAT 9 LAST\r\nA: b\r\n\r\ncQUIT\r\n",
        &large[..60],
        &large[..60]
    );
    let (_, codes) = answers_of(&door, said.as_bytes()).await;
    let expected = [
        "220", "250", "552", "250", "250", "250", "452", "354", "552", "552", "250", "250", "250", "250",
        "552", "552", "250", "250", "250", "250", "250", "221",
    ];
    assert_eq!(codes, expected);
    assert_eq!(office.inbox(office.ann).await, ["A: b\r\n\r\nc"]);
}

#[tokio::test]
async fn whoever_wastes_time_is_sent_away() {
    let office = Office::new().await;
    let mut door = door(&office);
    let ended = async |door: &Door, said: String| heard(door, said.as_bytes()).await;
    let (ending, text) = ended(&door, format!("LHLO {}\r\n", "x".repeat(3000))).await;
    assert!(matches!(ending, Ending::Babble) && text.contains("500 5.5.6"), "{ending:?}");
    let (ending, _) = ended(&door, "LHLO mx\nQUIT\r\n".to_owned()).await;
    assert!(matches!(ending, Ending::Babble), "{ending:?}");
    for command in [
        "NOOP\r\n".to_owned(),
        "nonsense\r\n".to_owned(),
        format!("MAIL FROM:<>\r\nRCPT TO:<{ANN}>\r\nRSET\r\n"),
        "MAIL FROM:<>\r\nRCPT TO:<nobody@example.org>\r\nRSET\r\n".to_owned(),
        "BDAT 1\r\nx".to_owned(),
    ] {
        let (ending, text) = ended(&door, format!("LHLO mx\r\n{}", command.repeat(120))).await;
        assert!(matches!(ending, Ending::Idle) && text.contains("421 4.7.0"), "{command}: {ending:?}");
    }
    door.options.timeout = Duration::from_millis(50);
    let (client, server) = tokio::io::duplex(1 << 10);
    assert!(matches!(converse(server, &door).await, Ending::Silence));
    drop(client);
    door.options.lifetime = Duration::from_millis(10);
    let (client, server) = tokio::io::duplex(1 << 10);
    assert!(matches!(converse(server, &door).await, Ending::OutOfTime));
    drop(client);
    door.stop.cancel();
    let (mut client, server) = tokio::io::duplex(1 << 10);
    assert!(matches!(converse(server, &door).await, Ending::Stopped));
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("\r\n421 4.3.2 "), "{text}");
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_leaves_nothing_behind() {
    let office = Office::new().await;
    for cut in ["DATA\r\nA: b\r\n\r\nhalf\r\n", "DATA\r\nA: b\r\n\r\nhalf\r\n.", "BDAT 9 LAST\r\nA: b"] {
        let said = format!("LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<{ANN}>\r\n{cut}");
        let (ending, _) = heard(&door(&office), said.as_bytes()).await;
        assert!(matches!(ending, Ending::Gone), "{ending:?}");
    }
    assert!(office.inbox(office.ann).await.is_empty());
}

/// Commands, pieces of them and any octets, in any order: each answer is a reply, and nothing but a message whole is
/// stored.
#[tokio::test]
async fn whatever_is_said_is_answered_by_replies() {
    let office = Office::new().await;
    let door = door(&office);
    let piece = prop_oneof![
        Just(b"LHLO mx\r\n".to_vec()),
        Just(b"MAIL FROM:<>\r\n".to_vec()),
        Just(format!("RCPT TO:<{ANN}>\r\n").into_bytes()),
        Just(b"DATA\r\n".to_vec()),
        Just(b"BDAT 5\r\n".to_vec()),
        Just(b"BDAT 3 LAST\r\n".to_vec()),
        Just(b"\r\n.\r\n".to_vec()),
        Just(b"RSET\r\n".to_vec()),
        "[A-Z<>:@. ]{0,20}(\r\n|\r|\n)".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    let pieces = proptest::collection::vec(piece, 0..30);
    let mut runner = TestRunner::default();
    let (mut stored, mut told) = (0, 0);
    for _ in 0..150 {
        let said = pieces.new_tree(&mut runner).unwrap().current().concat();
        let (_, text) = heard(&door, &said).await;
        for line in text.split_terminator("\r\n") {
            let (code, rest) = line.split_at_checked(3).unwrap_or(("", line));
            assert!(
                code.parse::<u16>().is_ok_and(|code| (220..=555).contains(&code)),
                "{line:?} to {said:?}"
            );
            assert!(rest.starts_with([' ', '-']) && !rest.contains(['\r', '\n']), "{line:?} to {said:?}");
        }
        told += text.matches("stored as").count();
        stored = office.inbox(office.ann).await.len();
    }
    assert_eq!(stored, told);
}
