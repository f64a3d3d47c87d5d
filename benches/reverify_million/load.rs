//! Clients and deliveries that go on meanwhile, each at its own pace, and how long they wait.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signet::clock::Clock;
use signet::delivery::{Incoming, deliver};
use signet::jmap::{self, Context};
use signet::locale::Language;
use signet::store::email::Membership;
use signet::trust::Trust;
use signet::wire::capability::{Capability, CoreLimits};
use signet::wire::envelope::Request;
use signet::wire::ids::{AccountId, MailboxId};
use signet::wire::session::{Account, Principal};

use super::data::{World, address};
use super::node;

/// How long somebody waits between two requests.
const PAUSE: Duration = Duration::from_millis(20);

/// What is done, with how long each took.
#[derive(Default)]
pub(super) struct Latencies {
    pub(super) queries: Vec<Duration>,
    pub(super) gets: Vec<Duration>,
    pub(super) deliveries: Vec<Duration>,
}

/// A share of something at which half, nineteen of twenty, and 99 of a hundred are done.
pub(super) const SHARES: [(&str, f64); 3] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];

/// The time within which this share of them was done.
pub(super) fn within(latencies: &[Duration], share: f64) -> Duration {
    let mut sorted = latencies.to_vec();
    sorted.sort();
    let place = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

/// Goes on until `stop`: one reads and one delivers, in the account with most mail and in another.
pub(super) fn go_on(
    url: &str,
    world: &World,
    inboxes: &[MailboxId],
    stop: &AtomicBool,
    round: usize,
) -> Latencies {
    let mut all = Latencies::default();
    std::thread::scope(|scope| {
        let mut running = Vec::new();
        for place in [0, 1] {
            let (account, inbox) = (world.accounts[place], inboxes[place]);
            running
                .push(scope.spawn(move || node::alone(url, async |trust| read(&trust, account, stop).await)));
            running.push(scope.spawn(move || {
                let from = (round * 2 + place) * 100_000;
                node::alone(url, async |trust| send(&trust, world, (account, inbox), from, stop).await)
            }));
        }
        for some in running {
            let some = some.join().unwrap();
            all.queries.extend(some.queries);
            all.gets.extend(some.gets);
            all.deliveries.extend(some.deliveries);
        }
    });
    all
}

/// First pages of what is verified and of what is not, and what lists show of them.
async fn read(trust: &Trust, account: AccountId, stop: &AtomicBool) -> Latencies {
    let mut latencies = Latencies::default();
    let mut is_verified = false;
    while !stop.load(Ordering::Relaxed) {
        is_verified = !is_verified;
        let start = Instant::now();
        let query = json!({"accountId": account, "limit": 50, "filter": {"hasVerifiedSmime": is_verified},
            "sort": [{"property": "receivedAt", "isAscending": false}]});
        let page = call(trust, account, "Email/query", query).await;
        latencies.queries.push(start.elapsed());
        tokio::time::sleep(PAUSE).await;
        let start = Instant::now();
        let get = json!({"accountId": account, "ids": page["ids"],
            "properties": ["subject", "receivedAt", "preview", "smimeStatus", "smimeStatusAtDelivery"]});
        let got = call(trust, account, "Email/get", get).await;
        assert!(got["list"].is_array(), "{got}");
        latencies.gets.push(start.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    latencies
}

async fn call(trust: &Trust, account: AccountId, method: &str, arguments: Value) -> Value {
    let owned = Account {
        id: account,
        name: "reader".to_owned(),
        is_personal: true,
        is_read_only: false,
        capabilities: vec![Capability::Mail, Capability::SmimeVerify],
    };
    let context = Context {
        principal: Arc::new(Principal { username: "reader".to_owned(), accounts: vec![owned] }),
        using: Vec::new(),
        language: Language::negotiate(None),
        limits: Arc::new(CoreLimits::default()),
        clock: Clock::system(),
        deadline: None,
        session_state: "0".to_owned(),
        created_ids: Default::default(),
    };
    let using =
        ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:ietf:params:jmap:smimeverify"];
    let request = json!({"using": using, "methodCalls": [[method, arguments, "0"]]}).to_string();
    let request = Request::parse(request.as_bytes()).unwrap();
    let response = jmap::engine(&trust.clone().into()).process(context, request).await.unwrap();
    let response: Value = serde_json::from_slice(&response.to_json()).unwrap();
    response["methodResponses"][0][1].clone()
}

/// Delivers signed messages, each by another signer.
async fn send(
    trust: &Trust,
    world: &World,
    (account, inbox): (AccountId, MailboxId),
    from: usize,
    stop: &AtomicBool,
) -> Latencies {
    let mut latencies = Latencies::default();
    for number in from.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let incoming = Incoming {
            raw: message(world, number),
            received_at: Some(Clock::system().now()),
            membership: Membership { mailboxes: BTreeSet::from([inbox]), keywords: BTreeSet::new() },
        };
        let start = Instant::now();
        deliver(trust, account, vec![incoming], None).await.unwrap();
        latencies.deliveries.push(start.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    latencies
}

/// A multipart/signed message (RFC 8551 §3.5.3).
fn message(world: &World, number: usize) -> Vec<u8> {
    let signer = number * 7919 % world.signer_ids.len();
    let line = format!("This is line after line of message {number}.\r\n");
    let entity = format!("Content-Type: text/plain; charset=us-ascii\r\n\r\n{}", line.repeat(40));
    let der = world.signers.sign(signer, entity.as_bytes(), Clock::system().now(), false).unwrap();
    let base64 = openssl::base64::encode_block(&der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!(
        "From: {}\r\nTo: reader@example.org\r\nSubject: Message {number}\r\n\
         Message-ID: <more-{number}@example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n \
         micalg=sha-512; boundary=\"=_signed\"\r\n\r\n--=_signed\r\n{entity}\r\n--=_signed\r\n\
         Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--=_signed--\r\n",
        address(signer),
        lines.join("\r\n"),
    )
    .into_bytes()
}
