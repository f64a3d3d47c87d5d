//! Uploads on their way into the database: together and yet each for itself, within a bound that costs nothing to keep.

use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::{Value, json};
use signet::store::blob::{self, BlobHash};
use signet::store::upload;
use signet::store::{Store, StoreError, StoreOptions};
use tokio_postgres::Client;

use crate::support::Node;
use crate::support::audit::audit;

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";

async fn upload(node: &Node, login: &str, data: &str) -> Result<BlobHash, StoreError> {
    upload::store(&node.store, node.account, login, Bytes::copy_from_slice(data.as_bytes())).await
}

async fn is_there(node: &Node, login: &str, hash: BlobHash) -> bool {
    let read = node.store.transaction("test/blob", async |transaction| {
        blob::read(transaction, node.account, login, hash).await
    });
    read.await.unwrap().is_some()
}

/// Octets that uploads of a login count for.
async fn counted(client: &Client, login: &str) -> i64 {
    let sum = "SELECT coalesce(sum(octets), 0)::bigint FROM upload WHERE login_name = $1 AND NOT is_held";
    client.query_one(sum, &[&login]).await.unwrap().get(0)
}

/// A node where a login may have so many small uploads that no email holds.
async fn with_room_for(uploads: u64) -> Node {
    let mut node = Node::new().await;
    let options = StoreOptions { upload_quota: uploads << 16, ..StoreOptions::new(node.database.url()) };
    node.store = Store::connect(&options, node.clock.clone()).await.unwrap();
    node
}

#[tokio::test]
async fn many_at_once_are_all_there() {
    let node = Node::new().await;
    let texts: Vec<String> = (0..50).map(|n| format!("upload {}", n % 40)).collect();
    let hashes = join_all(texts.iter().map(|text| upload(&node, ANN, text))).await;
    for (text, hash) in texts.iter().zip(hashes) {
        let hash = hash.unwrap();
        assert_eq!(hash, BlobHash::of(text.as_bytes()));
        assert!(is_there(&node, ANN, hash).await && !is_there(&node, BOB, hash).await);
    }
    assert_eq!(counted(node.database.client(), ANN).await, 40 << 16, "the same bytes count once");
    audit(node.database.client()).await;
}

#[tokio::test]
async fn one_that_fails_fails_alone() {
    let node = Node::new().await;
    let refusal = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                       $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
                   CREATE TRIGGER refusal BEFORE INSERT ON blob FOR EACH ROW WHEN (NEW.size = 7)
                       EXECUTE FUNCTION refuse()";
    node.database.client().batch_execute(refusal).await.unwrap();
    let texts: Vec<String> = (0..20).map(|n| format!("upload {n}")).chain(["seven77".to_owned()]).collect();
    let outcomes = join_all(texts.iter().rev().map(|text| upload(&node, ANN, text))).await;
    let failed: Vec<bool> = outcomes.iter().rev().map(Result::is_err).collect();
    assert_eq!(failed.iter().filter(|failed| **failed).count(), 1);
    assert_eq!(failed.last(), Some(&true));
    assert!(upload(&node, ANN, "and the next").await.is_ok());
    audit(node.database.client()).await;
}

/// RFC 8620 §6: "When an upload would take the user over quota, the server MUST delete unreferenced blobs in date order,
/// oldest first": also when many come at once, by two nodes.
#[tokio::test]
async fn the_bound_holds_for_many_at_once() {
    let node = with_room_for(5).await;
    let options = StoreOptions { upload_quota: 5 << 16, ..StoreOptions::new(node.database.url()) };
    let other = Store::connect(&options, node.clock.clone()).await.unwrap();
    let uploads = (0..60).map(|n| {
        let store = if n % 2 == 0 { &node.store } else { &other };
        upload::store(store, node.account, ANN, Bytes::from(format!("upload {n}")))
    });
    for outcome in join_all(uploads).await {
        outcome.unwrap();
    }
    upload(&node, ANN, "the last").await.unwrap();
    assert_eq!(counted(node.database.client(), ANN).await, 5 << 16);
    assert!(is_there(&node, ANN, BlobHash::of(b"the last")).await);
    audit(node.database.client()).await;
}

/// Whoever waits for a lock keeps nobody else waiting.
#[tokio::test]
async fn other_logins_do_not_wait() {
    let node = Node::new().await;
    upload(&node, ANN, "first").await.unwrap();
    let client = node.database.client();
    client.batch_execute("BEGIN; SELECT FROM upload_room FOR UPDATE").await.unwrap();
    let waiting = tokio::spawn({
        let (store, account) = (node.store.clone(), node.account);
        async move { upload::store(&store, account, ANN, Bytes::from_static(b"second")).await }
    });
    node.database.until_somebody_waits_for_a_lock().await;
    upload(&node, BOB, "another").await.unwrap();
    assert!(!waiting.is_finished());
    client.batch_execute("COMMIT").await.unwrap();
    waiting.await.unwrap().unwrap();
    audit(client).await;
}

/// RFC 8620 §6: what an email holds is referenced and does not count, from when it comes to when it goes.
#[tokio::test]
async fn what_an_email_holds_does_not_count_until_it_goes() {
    let node = Node::new().await;
    let client = node.database.client();
    let raw = "Subject: x\r\n\r\nx";
    let hash = upload(&node, ANN, raw).await.unwrap();
    assert_eq!(counted(client, ANN).await, 1 << 16);
    node.deliver_to(raw.as_bytes(), "2026-03-01T09:00:00Z", &[node.inbox], &[]).await;
    assert_eq!(counted(client, ANN).await, 0);
    upload(&node, ANN, raw).await.unwrap();
    assert_eq!(counted(client, ANN).await, 0, "uploaded again");
    let query = node.one("Email/query", json!({})).await;
    node.one("Email/set", json!({"destroy": query["ids"]})).await;
    assert_eq!(counted(client, ANN).await, 1 << 16);
    assert!(is_there(&node, ANN, hash).await, "within the hour");
    audit(client).await;
}

/// What an upload costs does not follow what came before it.
#[tokio::test]
async fn an_upload_reads_few_rows_however_many_there_are() {
    let node = Node::new().await;
    let client = node.database.client();
    let many = "INSERT INTO upload (account_id, hash, login_name, uploaded_at, is_held)
                SELECT 1, sha256(n::text::bytea), 'ann@example.org', '2026-03-01T11:59:00Z'::timestamptz, n % 2 = 0
                FROM generate_series(1, 20000) n";
    client.batch_execute(many).await.unwrap();
    assert_eq!(node.account.0, 1);
    for statistics in ["", "ANALYZE"] {
        client.batch_execute(statistics).await.unwrap();
        let plan = forget(client, 10_000 << 16).await;
        assert!(most_rows(&plan) <= 10.0, "within the bound: {plan:#}");
        let plan = forget(client, 9_990 << 16).await;
        assert!(most_rows(&plan) <= 11.0, "beyond it by ten: {plan:#}");
    }
}

/// What sql/upload/forget.sql reads, by EXPLAIN, where a login may have so many octets.
async fn forget(client: &Client, quota: i64) -> Value {
    let statement = include_str!("../sql/upload/forget.sql");
    let text = statement
        .replace("$1", "1")
        .replace("$2", "'ann@example.org'")
        .replace("$3", "'\\x00'::bytea")
        .replace("$4", &quota.to_string())
        .replace("$5", "'2026-03-01T11:00:00Z'::timestamptz")
        .replace("$6", "1000")
        .replace("$7", "65536");
    client.batch_execute("BEGIN").await.unwrap();
    let explain = format!("EXPLAIN (ANALYZE, FORMAT JSON) {text}");
    let plan: Value = client.query_one(&explain, &[]).await.unwrap().get(0);
    client.batch_execute("ROLLBACK").await.unwrap();
    plan[0]["Plan"].clone()
}

/// The most rows that a node of the plan read, all its loops together.
fn most_rows(node: &Value) -> f64 {
    let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
    let read = number("Actual Rows") + number("Rows Removed by Filter");
    let below = node["Plans"].as_array().into_iter().flatten().map(most_rows);
    below.fold(read * number("Actual Loops"), f64::max)
}
