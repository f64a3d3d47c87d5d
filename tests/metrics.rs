//! What a node tells of verification: counters of what it did, gauges of what is behind.

use std::time::Duration;

use serde_json::json;
use signet::clock::Clock;
use signet::smime::Policy;
use signet::store::trust::{add_anchor, add_crls, store_crls};
use signet::telemetry::Metrics;
use signet::trust::Trust;
use signet::trust::material::crl_record;

use crate::support::node::{NOON, at};
use crate::support::{Node, TestDatabase, TestServer};
use crate::trust::{DELIVERED, Pki};

const INTERVAL: Duration = Duration::from_secs(30);

/// The value of a metric with its labels, as a scrape tells it; none if it does not.
fn value(text: &str, metric: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
    line.map(|value| value.parse().unwrap())
}

#[tokio::test]
async fn deliveries_and_evaluations_are_counted_and_what_is_due_is_told() {
    let clock = Clock::frozen(at(NOON));
    let server = TestServer::start_at(&clock, |config| config.trust.worker_interval_seconds = 3600).await;
    let pki = Pki::new();
    let anchor = pki.anchor(clock.now());
    let added = server.store.transaction("test", async |transaction| add_anchor(transaction, &anchor).await);
    assert!(added.await.unwrap());
    let scrape = async || server.get("/metrics").send().await.unwrap().text().await.unwrap();
    let expect = async |expected: &[(&str, f64)]| {
        let text = scrape().await;
        for (metric, number) in expected {
            assert_eq!(value(&text, metric), Some(*number), "{metric} in\n{text}");
        }
    };
    expect(&[("signet_verdicts_due", 0.0), ("signet_verdicts_stale", 0.0)]).await;

    let ann = pki.ann(|spec| spec.not_after = at("2026-03-02T08:00:00Z"));
    let good = server.import(pki.message(&ann, 1), "inbox", DELIVERED).await;
    let altered = String::from_utf8(pki.message(&ann, 2)).unwrap().replace("at ten", "at six");
    let altered = server.import(altered.into_bytes(), "inbox", DELIVERED).await;
    server.import(b"From: ann@example.org\r\n\r\nNot signed\r\n".to_vec(), "inbox", DELIVERED).await;
    expect(&[
        ("signet_smime_messages_total{status=\"signed/verified\"}", 1.0),
        ("signet_smime_messages_total{status=\"signed/failed\"}", 1.0),
        ("signet_smime_problems_total{code=\"content-altered\"}", 1.0),
        ("signet_smime_facts_seconds_count", 2.0),
        ("signet_verdicts_total{outcome=\"good\"}", 1.0),
        ("signet_verdicts_total{outcome=\"failed\"}", 0.0),
        ("signet_verdict_seconds_count", 1.0),
        ("signet_verdict_moved_messages_total", 0.0),
        ("signet_verdicts_due", 0.0),
    ])
    .await;

    clock.set(at("2026-03-02T08:30:00Z"));
    expect(&[("signet_verdicts_due", 1.0), ("signet_verdicts_stale", 0.0)]).await;
    clock.set(at("2026-03-02T10:30:00Z"));
    expect(&[("signet_verdicts_due", 1.0), ("signet_verdicts_stale", 1.0)]).await;

    server.one("Email/get", json!({"ids": [good, altered], "properties": ["smimeStatus"]})).await;
    // The good one failed, and the altered one has an error more. The worker may have been first, and still count.
    let moved = async || value(&scrape().await, "signet_verdict_moved_messages_total").unwrap();
    let both = async { while moved().await < 2.0 {} };
    tokio::time::timeout(Duration::from_secs(20), both).await.expect("both messages are moved");
    expect(&[
        ("signet_verdicts_due", 0.0),
        ("signet_verdicts_stale", 0.0),
        ("signet_verdicts_total{outcome=\"failed\"}", 1.0),
        ("signet_smime_problems_total{code=\"certificate-expired\"}", 1.0),
        ("signet_verdict_moved_messages_total", 2.0),
    ])
    .await;
}

#[tokio::test]
async fn verdicts_that_lack_nothing_but_evidence_are_pending() {
    let (mut node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let metrics = Metrics::new();
    let policy = Policy { revocation: signet::smime::Revocation::Hard, ..Policy::default() };
    node.trust = Trust::new(node.store.clone(), policy, INTERVAL).with_metrics(metrics.clone());
    node.deliver(&pki.message(&pki.ann(|_| {}), 1), DELIVERED).await;
    let text = String::from_utf8(metrics.to_text()).unwrap();
    assert_eq!(value(&text, "signet_verdicts_total{outcome=\"pending\"}"), Some(1.0), "{text}");
    assert!(value(&text, "signet_smime_problems_total{code=\"revocation-unavailable\"}") >= Some(1.0));
}

/// What a node that begins now tells of the database.
async fn gauges(node: &Node) -> String {
    let metrics = Metrics::new();
    let trust = Trust::new(node.store.clone(), Policy::default(), INTERVAL).with_metrics(metrics.clone());
    trust.tell_gauges(INTERVAL).await;
    String::from_utf8(metrics.to_text()).unwrap()
}

#[tokio::test]
async fn evidence_gets_old_and_runs_out_and_strangers_cannot_ring_the_alarm() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ages = async || {
        let text = gauges(&node).await;
        (value(&text, "signet_evidence_oldest_seconds"), value(&text, "signet_evidence_expired"))
    };
    assert_eq!(ages().await, (None, Some(0.0)));
    let record = |der: Vec<u8>, source: &str| crl_record(&der, source).unwrap();
    let crl =
        |issuer: &crate::support::pki::Identity, from: &str, to: &str| issuer.crl(at(from), at(to), &[]);
    let operators = [
        record(crl(&pki.root, "2026-02-01T12:00:00Z", "2026-04-01T12:00:00Z"), "operator"),
        record(crl(&pki.root, "2026-02-20T12:00:00Z", "2026-05-01T12:00:00Z"), "operator"),
        record(crl(&pki.intermediate, "2026-02-24T12:00:00Z", "2026-02-28T12:00:00Z"), "operator"),
    ];
    let stranger = crate::support::pki::authority("Stranger").self_signed();
    let mailed = record(crl(&stranger, "2026-02-01T12:00:00Z", "2026-02-28T12:00:00Z"), "message");
    let stored = node.store.transaction("test", async |transaction| {
        store_crls(transaction, std::slice::from_ref(&mailed)).await?;
        add_crls(transaction, &operators).await
    });
    assert_eq!(stored.await.unwrap().new, 3);
    let days = |days: f64| Some(days * 86_400.0);
    assert_eq!(ages().await, (days(9.0), Some(1.0)), "the newest of the root's, and the intermediate's");
    node.clock.set(at("2026-03-31T12:00:00Z"));
    assert_eq!(ages().await, (days(39.0), Some(0.0)), "what ran out a month ago was given up");
}

/// A gauge that keeps its last value when the database does not answer says that all is well.
#[tokio::test]
async fn what_the_database_does_not_tell_in_time_is_not_told() {
    let node = Node::new().await;
    assert_eq!(value(&gauges(&node).await, "signet_verdicts_due"), Some(0.0));
    let client = node.database.client();
    client.batch_execute("BEGIN; LOCK TABLE verdict IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let text = gauges(&node).await;
    client.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(value(&text, "signet_verdicts_due"), None);
    assert_eq!(value(&text, "signet_verdicts_stale"), None);
    assert_eq!(value(&gauges(&node).await, "signet_verdicts_due"), Some(0.0));
}

/// A scrape counts what is due, and does not read all the verdicts that are not.
#[tokio::test]
async fn due_verdicts_are_counted_by_their_index() {
    let database = TestDatabase::new().await;
    let client = database.client();
    client
        .batch_execute(
            "INSERT INTO certificate (fingerprint, der, subject, issuer, added_at)
                 VALUES ('x', 'x', 'x', 'x', '2026-01-01Z');
             INSERT INTO signer (digest, leaf, intermediates)
                 SELECT sha256(n::text::bytea), 'x', '{}' FROM generate_series(1, 20000) n;
             INSERT INTO verdict (signer_id, expires_at)
                 SELECT id, timestamptz '2026-01-01Z' + id * interval '1 minute' FROM signer;",
        )
        .await
        .unwrap();
    client.batch_execute("VACUUM ANALYZE verdict").await.unwrap();
    let statement = include_str!("../sql/verdict/count_waiting.sql")
        .replace("$1", "timestamptz '2026-01-01 01:00Z'")
        .replace("$2", "timestamptz '2026-01-01 00:30Z'")
        .replace("$3", "100000");
    let rows = client.query(&format!("EXPLAIN {statement}"), &[]).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let plan = plan.join("\n");
    assert_eq!(plan.matches("verdict_expires_at").count(), 2, "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
}
