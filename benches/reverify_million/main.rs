//! Measures what becomes of a million signed messages when verdicts are evaluated anew:
//! `reverify-million DATABASE_URL [MESSAGES [SIGNERS [NODES]]]`, on an empty database.
//!
//! MESSAGES by SIGNERS (1,000,000 by 5,000 unless told otherwise) in ten accounts, of which one has half. Then (a) all
//! verdicts run out and say the same again; (b) the root revokes an authority whose signers have about a tenth of the
//! messages, while clients read and mail is delivered; (c) another root becomes a trust anchor. Told are rows that were
//! written, transactions, change events against the messages that turned, and how long clients waited against how long
//! they wait when nothing else goes on.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a tool that cannot go on should stop where it stands"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signet::clock::Clock;
use signet::provision;
use signet::smime::AnchorPolicy;
use signet::store::reverification::ReverificationId;
use signet::store::trust::{Anchor, add_anchors, add_crls};
use signet::store::{mailbox, schema};
use signet::trust::{Trust, material::crl_record};
use signet::wire::ids::{AccountId, MailboxId};
use tokio_postgres::{Client, NoTls};

mod data;
mod load;
mod node;

use data::World;
use load::{Latencies, SHARES, within};

const ACCOUNTS: usize = 10;
/// How long clients are watched when nothing else goes on.
const QUIET: Duration = Duration::from_secs(20);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize, otherwise| arguments.get(at).map_or(otherwise, |text| text.parse().unwrap());
    let Some(url) = arguments.get(1) else {
        eprintln!("usage: reverify-million DATABASE_URL [MESSAGES [SIGNERS [NODES]]]");
        std::process::exit(64);
    };
    let (messages, signers, nodes) = (number(2, 1_000_000), number(3, 5_000), number(4, 1));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (accounts, inboxes): (Vec<AccountId>, Vec<MailboxId>) = node::alone(url, async |trust| {
        schema::migrate(trust.store()).await.unwrap();
        make_accounts(&trust).await
    })
    .into_iter()
    .unzip();
    let mut client = runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    });
    let now = Clock::system().now();
    let world = runtime.block_on(data::fill(&mut client, accounts, (messages, signers), now));
    // Those whom nobody has evaluated yet.
    node::settle(url);
    println!("{messages} messages of {signers} signers; {nodes} nodes");

    let due = "UPDATE verdict SET expires_at = $1";
    let watch = |what: &str, on: Option<ReverificationId>, nodes| {
        let before = runtime.block_on(counts(&client));
        let (seen, took) = node::work(url, nodes, on);
        tell(what, took, &before, &runtime.block_on(counts(&client)));
        seen
    };
    for nodes in [1, nodes] {
        runtime.block_on(client.execute(due, &[&Clock::system().now()])).unwrap();
        watch(&format!("(a) all verdicts run out, {nodes} nodes"), None, nodes);
    }

    let stop = AtomicBool::new(false);
    let quiet = std::thread::scope(|scope| {
        let quiet = scope.spawn(|| load::go_on(url, &world, &inboxes, &stop, 0));
        std::thread::sleep(QUIET);
        stop.store(true, Ordering::Relaxed);
        quiet.join().unwrap()
    });
    let authority = runtime.block_on(authority_of_a_tenth(&client, &world));
    let crl = world.signers.revoking_crl(authority, Clock::system().now()).unwrap();
    stop.store(false, Ordering::Relaxed);
    let busy = std::thread::scope(|scope| {
        let busy = scope.spawn(|| load::go_on(url, &world, &inboxes, &stop, 1));
        let on = node::alone(url, async |trust| revoke(&trust, &crl).await);
        let seen = watch("(b) an authority is revoked", Some(on), nodes);
        println!("    {} verdicts, {} messages turned", seen.verdicts, seen.moved.emails);
        stop.store(true, Ordering::Relaxed);
        busy.join().unwrap()
    });
    compare(&quiet, &busy);

    let on = node::alone(url, async |trust| add_anchor(&trust, &world).await);
    let seen = watch("(c) a trust anchor is added", Some(on), nodes);
    println!(
        "    {} messages turned, {} of them at delivery too",
        seen.moved.emails, seen.moved.statuses_at_delivery
    );
}

async fn make_accounts(trust: &Trust) -> Vec<(AccountId, MailboxId)> {
    let mut made = Vec::new();
    for number in 0..ACCOUNTS {
        let name = format!("reader{number}@example.org");
        let account = trust.store().transaction("bench/account", async |transaction| {
            let account = provision::make_account(transaction, &name).await?.unwrap();
            Ok((account, mailbox::all(transaction, account).await?))
        });
        let (account, mailboxes) = account.await.unwrap();
        let inbox = mailboxes.values().find(|mailbox| mailbox.settings.role.as_deref() == Some("inbox"));
        made.push((account, inbox.unwrap().id));
    }
    made
}

/// The authority whose signers have a share of the messages that is nearest to a tenth.
async fn authority_of_a_tenth(client: &Client, world: &World) -> usize {
    let rows = client.query("SELECT signer_id, sum(emails)::bigint FROM account_signer GROUP BY 1", &[]);
    let (mut by_authority, mut all) = (std::collections::BTreeMap::new(), 0);
    for row in rows.await.unwrap() {
        let (signer, emails): (i64, i64) = (row.get(0), row.get(1));
        all += emails;
        let place = world.signer_ids.iter().position(|id| id.0 == signer);
        if let Some(authority) = place.and_then(|place| world.signers.authority(place)) {
            *by_authority.entry(authority).or_insert(0) += emails;
        }
    }
    by_authority.into_iter().min_by_key(|(_, emails)| (emails - all / 10).abs()).unwrap().0
}

async fn revoke(trust: &Trust, crl: &[u8]) -> ReverificationId {
    let record = crl_record(crl, "operator").unwrap();
    let added = trust.store().transaction("bench/crl", async |transaction| {
        add_crls(transaction, std::slice::from_ref(&record)).await
    });
    added.await.unwrap().reverification.unwrap()
}

async fn add_anchor(trust: &Trust, world: &World) -> ReverificationId {
    let root = world.signers.stranger();
    let anchor = Anchor {
        fingerprint: root.fingerprint(),
        der: root.0.clone(),
        name: "Another".to_owned(),
        added_at: Clock::system().now(),
        policy: AnchorPolicy::default(),
    };
    let added = trust.store().transaction("bench/anchor", async |transaction| {
        add_anchors(transaction, std::slice::from_ref(&anchor)).await
    });
    added.await.unwrap().reverification.unwrap()
}

/// Rows of emails that were written so far; updates that are told; transactions that left their counts.
async fn counts(client: &Client) -> [i64; 3] {
    // Backends tell what they wrote when they are idle, and a second later at the latest.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    client.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
    let statement = "SELECT (SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'email'),
                            (SELECT count(*) FROM change WHERE data_type = 3 AND kind = 2),
                            (SELECT count(*) FROM reverification_step)";
    let row = client.query_one(statement, &[]).await.unwrap();
    [row.get(0), row.get(1), row.get(2)]
}

fn tell(what: &str, took: Duration, before: &[i64; 3], after: &[i64; 3]) {
    println!(
        "{what}: {:.1} s, {} email rows written, {} updates told, {} transactions",
        took.as_secs_f64(),
        after[0] - before[0],
        after[1] - before[1],
        after[2] - before[2]
    );
}

fn compare(quiet: &Latencies, busy: &Latencies) {
    for (what, quiet, busy) in [
        ("queries", &quiet.queries, &busy.queries),
        ("gets", &quiet.gets, &busy.gets),
        ("deliveries", &quiet.deliveries, &busy.deliveries),
    ] {
        for (name, share) in SHARES {
            let (quiet, busy) = (within(quiet, share), within(busy, share));
            let ratio = busy.as_secs_f64() / quiet.as_secs_f64();
            println!("    {what} {name}: {quiet:.1?} quiet, {busy:.1?} meanwhile, ratio {ratio:.1}");
        }
    }
}
