//! Measures what a refresh of a CRL costs: `reverification DATABASE_URL [MESSAGES [SIGNERS]]`, on an empty database.
//!
//! An account gets MESSAGES clear-signed messages by SIGNERS signers (100,000 by 1,000 unless told otherwise), each
//! delivered as any message is. Then the authority's CRL is renewed twice, once with the same content and once with ten
//! more signers revoked, and the time is taken until every verdict is fresh and every message right by it. Beside it
//! stands what it would cost to verify messages again one by one, facts and chain, measured on a sample in memory on all
//! processors, without a database.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a tool that cannot go on should stop where it stands"
)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use openssl::base64::encode_block;
use openssl::pkcs7::{Pkcs7, Pkcs7Flags};
use openssl::stack::Stack;
use signet::clock::Clock;
use signet::delivery::{Incoming, deliver};
use signet::mime::Message;
use signet::provision;
use signet::smime::{AnchorPolicy, Policy, TrustMaterial, examine, explain, signer_material};
use signet::store::email::Membership;
use signet::store::reverification::{Progress, progress};
use signet::store::trust::{Anchor, add_anchors, add_crls};
use signet::store::{Store, StoreOptions, mailbox, schema};
use signet::trust::{Trust, material::crl_record};
use signet::wire::ids::{AccountId, MailboxId};

mod pki;

use pki::{Pki, address};

/// How many messages are delivered at once.
const BATCH: usize = 200;
/// How many messages are verified again one by one.
const SAMPLE: usize = 4_000;
#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize, otherwise| arguments.get(at).map_or(otherwise, |text| text.parse().unwrap());
    let Some(url) = arguments.get(1) else {
        eprintln!("usage: reverification DATABASE_URL [MESSAGES [SIGNERS]]");
        std::process::exit(64);
    };
    let (messages, signers) = (number(2, 100_000), number(3, 1_000));
    let pki = Pki::new(signers);
    let store = Store::connect(&StoreOptions::new(url), Clock::system()).await.unwrap();
    schema::migrate(&store).await.unwrap();
    let trust = Trust::new(store.clone(), Policy::default(), Duration::from_secs(10));
    trust_root(&trust, &pki).await;
    let began = now();
    refresh(&trust, &pki, began - chrono::Duration::hours(3), 0).await;

    let sample = fill(&trust, &pki, messages).await;
    let same = refresh(&trust, &pki, began - chrono::Duration::hours(2), 0).await;
    tell("the CRL says the same", &same);
    let revoked = refresh(&trust, &pki, began - chrono::Duration::hours(1), 10).await;
    tell("the CRL revokes ten signers more", &revoked);

    let each = one_by_one(&sample, &pki) * messages as f64;
    println!("verifying each of {messages} messages again, by {} of them: {each:.1} s", sample.len());
    println!("ratio: {:.0} and {:.0}", each / same.1.as_secs_f64(), each / revoked.1.as_secs_f64());
}

fn now() -> DateTime<Utc> {
    Clock::system().now()
}

async fn trust_root(trust: &Trust, pki: &Pki) {
    let root = pki.root.certificate();
    let anchor = Anchor {
        fingerprint: root.fingerprint(),
        der: root.0.clone(),
        name: "Root".to_owned(),
        added_at: now(),
        policy: AnchorPolicy::default(),
    };
    let added = trust
        .store()
        .transaction("bench/trust", async |transaction| {
            add_anchors(transaction, std::slice::from_ref(&anchor)).await
        })
        .await;
    added.unwrap();
}

/// Adds a CRL, and works until nothing that follows from it is left.
async fn refresh(
    trust: &Trust,
    pki: &Pki,
    this_update: DateTime<Utc>,
    revoked: usize,
) -> (Progress, Duration) {
    let record = crl_record(&pki.crl(this_update, revoked), "operator").unwrap();
    let start = Instant::now();
    let added = trust
        .store()
        .transaction("bench/crl", async |transaction| {
            add_crls(transaction, std::slice::from_ref(&record)).await
        })
        .await;
    let reverification = added.unwrap().reverification.unwrap();
    while trust.work().await.unwrap().is_some() {}
    let took = start.elapsed();
    let seen = trust
        .store()
        .transaction("bench/progress", async |transaction| progress(transaction, reverification).await)
        .await;
    (seen.unwrap().unwrap(), took)
}

fn tell(what: &str, (seen, took): &(Progress, Duration)) {
    println!(
        "{what}: {} verdicts evaluated and {} messages changed in {:.2} s",
        seen.verdicts,
        seen.moved.emails,
        took.as_secs_f64()
    );
}

/// Delivers the messages, and gives the first of them.
async fn fill(trust: &Trust, pki: &Pki, messages: usize) -> Vec<Vec<u8>> {
    let (account, inbox) = account(trust).await;
    let (start, mut sample) = (Instant::now(), Vec::new());
    for first in (0..messages).step_by(BATCH) {
        let raw: Vec<Vec<u8>> =
            (first..messages.min(first + BATCH)).map(|number| message(pki, number)).collect();
        let room = SAMPLE.saturating_sub(sample.len());
        sample.extend(raw.iter().take(room).cloned());
        let incoming = raw.into_iter().map(|raw| Incoming {
            raw,
            received_at: Some(now()),
            membership: Membership { mailboxes: BTreeSet::from([inbox]), keywords: BTreeSet::new() },
        });
        deliver(trust, account, incoming.collect(), None).await.unwrap();
    }
    println!("{messages} messages signed and delivered in {:.0} s", start.elapsed().as_secs_f64());
    sample
}

async fn account(trust: &Trust) -> (AccountId, MailboxId) {
    let made = trust
        .store()
        .transaction("bench/account", async |transaction| {
            let account = provision::make_account(transaction, "much@example.org").await?.unwrap();
            Ok((account, mailbox::all(transaction, account).await?))
        })
        .await;
    let (account, mailboxes) = made.unwrap();
    let inbox = mailboxes.into_values().find(|mailbox| mailbox.settings.role.as_deref() == Some("inbox"));
    (account, inbox.unwrap().id)
}

/// A multipart/signed message (RFC 8551 §3.5.3) of some 5 KB.
fn message(pki: &Pki, number: usize) -> Vec<u8> {
    let signer = number % pki.people.len();
    let identity = &pki.people[signer];
    let line = format!("This is line after line of message {number}.\r\n");
    let entity =
        format!("Content-Type: text/plain; charset=us-ascii\r\n\r\n{}", line.repeat(20 + number % 40));
    let mut others = Stack::new().unwrap();
    others.push(pki.authority.certificate.clone()).unwrap();
    let flags = Pkcs7Flags::DETACHED | Pkcs7Flags::BINARY;
    let signature =
        Pkcs7::sign(&identity.certificate, &identity.key, &others, entity.as_bytes(), flags).unwrap();
    let base64 = encode_block(&signature.to_der().unwrap());
    let base64: String =
        base64.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect();
    let address = address(signer);
    format!(
        "From: {address}\r\nTo: much@example.org\r\nSubject: Message {number}\r\n\
         Date: Mon, 2 Mar 2026 10:00:00 +0000\r\nMessage-ID: <signed-{number}@example.org>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n \
         micalg=sha-256; boundary=\"=_signed\"\r\n\r\n--=_signed\r\n{entity}\r\n--=_signed\r\n\
         Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{base64}--=_signed--\r\n",
    )
    .into_bytes()
}

/// The seconds that a message takes, facts and chain, when all processors do nothing else.
fn one_by_one(sample: &[Vec<u8>], pki: &Pki) -> f64 {
    let now = now();
    let material = Arc::new(TrustMaterial {
        anchors: vec![pki.root.certificate().into()],
        intermediates: vec![pki.authority.certificate()],
        crls: vec![pki.crl(now - chrono::Duration::hours(1), 10)],
        ocsp: Vec::new(),
    });
    let processors = std::thread::available_parallelism().unwrap().get();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for share in sample.chunks(sample.len().div_ceil(processors)) {
            let material = Arc::clone(&material);
            scope.spawn(move || {
                for raw in share {
                    let facts = examine(&Message::parse(raw).unwrap());
                    assert!(facts.problems.is_empty(), "{:?}", facts.problems);
                    let (leaf, _) = signer_material(&facts, 0).unwrap();
                    std::hint::black_box(explain(&leaf, &material, &Policy::default(), now));
                }
            });
        }
    });
    start.elapsed().as_secs_f64() / sample.len() as f64
}
