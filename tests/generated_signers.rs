//! The signers of generated mail are real: whoever evaluates them finds what was stored.

use std::time::Duration;

use chrono::TimeDelta;
use signet::cli::generate::{GenerateOptions, generate};
use signet::smime::Policy;
use signet::store::{Store, StoreOptions};
use signet::trust::Trust;
use tokio_postgres::NoTls;

use crate::support::Node;

/// Fills the node's account with mail that came up to now.
pub async fn fill(node: &Node, messages: usize) {
    let (mut client, connection) = tokio_postgres::connect(&node.database.url(), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let options = GenerateOptions { messages, seed: 1, until: node.clock.now() };
    generate(&mut client, node.account, &options, |_| {}).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}

/// Makes every verdict due, as time does.
async fn expire_all(node: &Node) {
    let expire = "UPDATE verdict SET expires_at = $1";
    node.database.client().execute(expire, &[&node.clock.now()]).await.unwrap();
}

/// What verdicts say and rest on, of those that somebody evaluated.
async fn verdicts(node: &Node) -> Vec<String> {
    let statement = "SELECT to_jsonb(v) - 'verified_at' - 'expires_at' || jsonb_build_object(
             'revoked', (SELECT jsonb_agg(r ORDER BY r.certificate) FROM signer_revocation r WHERE r.signer_id = v.signer_id),
             'proved', (SELECT count(proved_at) FROM certificate c WHERE c.fingerprint = ANY (v.path)))
         FROM verdict v WHERE verified_at IS NOT NULL ORDER BY signer_id";
    let rows = node.database.client().query(statement, &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, serde_json::Value>(0).to_string()).collect()
}

/// Which versions of which rows there are of emails and of changes.
async fn rows(node: &Node) -> (String, i64) {
    let statement =
        "SELECT (SELECT md5(string_agg(format('%s %s %s', id, xmin, ctid), ',' ORDER BY id)) FROM email),
                            (SELECT count(*) FROM change)";
    let row = node.database.client().query_one(statement, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn an_evaluation_says_of_generated_signers_what_is_stored() {
    let node = Node::new().await;
    fill(&node, 16_000).await;
    let stored = verdicts(&node).await;
    let is_due = "SELECT count(*) FROM verdict WHERE expires_at <= $1";
    let due: i64 = node.database.client().query_one(is_due, &[&node.clock.now()]).await.unwrap().get(0);
    assert_eq!((stored.len(), due), (78, 2), "two of eighty wait for their first evaluation");
    let signed = "SELECT count(*) FROM email WHERE smime_status = 'signed'";
    let unsettled: i64 = node.database.client().query_one(signed, &[]).await.unwrap().get(0);
    assert!(unsettled > 0);

    node.clock.set(node.clock.now() + TimeDelta::days(400));
    let trust = Trust::new(
        Store::connect(&StoreOptions::new(node.database.url()), node.clock.clone()).await.unwrap(),
        Policy::default(),
        Duration::from_secs(10),
    );
    let (mut evaluated, mut changed) = (0, 0);
    while let Some(worked) = trust.work().await.unwrap() {
        evaluated += worked.verdicts;
        changed += worked.moved.emails;
    }
    assert_eq!((evaluated, changed), (80, u64::try_from(unsettled).unwrap()));
    let (now, before) = (verdicts(&node).await, rows(&node).await);
    assert_eq!(now.iter().filter(|verdict| !stored.contains(verdict)).count(), 2);

    expire_all(&node).await;
    while trust.work().await.unwrap().is_some() {}
    assert_eq!(verdicts(&node).await, now);
    assert_eq!(rows(&node).await, before, "no email was written, and nobody is told anything");
}
