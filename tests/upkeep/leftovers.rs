//! Uploads, keys of threads, evidence, submissions: what is left of them goes, and what is needed stays.

use chrono::TimeDelta;
use signet::jmap::blobs::store_upload;
use signet::store::DataType;
use signet::store::change;
use signet::store::email;
use signet::upkeep::Task;

use super::{count, message, rehearse, upkeep, wait, walk};
use crate::support::Node;
use crate::support::audit::audit;

const RECEIVED: &str = "2026-02-28T10:00:00Z";

#[tokio::test]
async fn uploads_end_when_they_are_old_and_one_that_is_made_again_is_young() {
    let node = Node::new().await;
    let upkeep = upkeep(&node.store, |_| {});
    let upload = async |login: &str, data: &[u8]| {
        store_upload(&node.store, node.account, login, data.to_vec().into()).await.unwrap()
    };
    for number in 0..5_u8 {
        upload("demo@example.org", &[number]).await;
        upload("guest@example.org", &[number]).await;
    }
    wait(&node, TimeDelta::days(29));
    upload("demo@example.org", &[0]).await;
    assert_eq!(walk(&upkeep, Task::Uploads).await, 0);
    wait(&node, TimeDelta::days(2));
    assert_eq!((rehearse(&upkeep, Task::Uploads).await.rows, count(&node, "upload").await), (9, 10));
    assert_eq!((walk(&upkeep, Task::Uploads).await, count(&node, "upload").await), (9, 1));
    walk(&upkeep, Task::Orphans).await;
    wait(&node, TimeDelta::days(1));
    assert_eq!((walk(&upkeep, Task::Orphans).await, count(&node, "blob").await), (4, 1));
    audit(node.database.client()).await;
}

#[tokio::test]
async fn keys_of_threads_that_are_gone_go() {
    let node = Node::new().await;
    let upkeep = upkeep(&node.store, |_| {});
    let mut stored = Vec::new();
    for number in 0..9 {
        stored.push(node.deliver(&message(&number.to_string()), RECEIVED).await);
    }
    let keys = count(&node, "thread_key").await;
    assert_eq!(walk(&upkeep, Task::ThreadKeys).await, 0);
    let gone: Vec<_> = stored[..6].iter().map(|stored| stored.email).collect();
    let destroyed =
        node.store.write("test", node.account, async |writer| email::destroy(writer, &gone).await);
    assert_eq!(destroyed.await.unwrap().len(), 6);
    let per_message = u64::try_from(keys / 9).unwrap();
    assert_eq!(rehearse(&upkeep, Task::ThreadKeys).await.rows, 6 * per_message);
    assert_eq!(walk(&upkeep, Task::ThreadKeys).await, 6 * per_message);
    // What is left still joins.
    let reply = "From: bob@example.org\r\nSubject: Re: 8\r\nIn-Reply-To: <8@example.com>\r\n\r\nYes.\r\n";
    assert_eq!(node.deliver(reply.as_bytes(), RECEIVED).await.thread, stored[8].thread);
    // What begins anew after its thread went is another thread.
    assert_ne!(node.deliver(&message("0"), RECEIVED).await.thread, stored[0].thread);
    assert_eq!(walk(&upkeep, Task::ThreadKeys).await, 0);
    audit(node.database.client()).await;
}

/// A delivery that is under way leads the key of a thread that is gone to a new one.
#[tokio::test]
async fn a_key_that_a_delivery_is_about_to_use_again_stays() {
    let node = Node::new().await;
    let upkeep = upkeep(&node.store, |_| {});
    let gone = [node.deliver(&message("0"), RECEIVED).await.email];
    let destroyed =
        node.store.write("test", node.account, async |writer| email::destroy(writer, &gone).await);
    destroyed.await.unwrap();
    let client = node.database.client();
    client.batch_execute("BEGIN; UPDATE thread_key SET thread_id = 77").await.unwrap();
    assert_eq!(walk(&upkeep, Task::ThreadKeys).await, 0);
    client.batch_execute("ROLLBACK").await.unwrap();
    assert!(walk(&upkeep, Task::ThreadKeys).await > 0);
}

#[tokio::test]
async fn evidence_that_came_with_mail_goes_if_nobody_believed_it() {
    let node = Node::new().await;
    let client = node.database.client();
    let some = "
        INSERT INTO revocation_evidence (digest, kind, der, issuer, this_update, source, added_at, proved_at)
        SELECT sha256((source || n || coalesce(proved_at::text, ''))::bytea), 'crl', 'x', 'y', '2026-01-01', source, '2026-03-01', proved_at
        FROM generate_series(1, 4) n, (VALUES ('message', NULL), ('message', '2026-03-01'::timestamptz), ('operator', NULL),
                                              ('http://crl.example/1', NULL)) AS s (source, proved_at)";
    client.batch_execute(some).await.unwrap();
    let upkeep = upkeep(&node.store, |_| {});
    wait(&node, TimeDelta::days(89));
    assert_eq!(walk(&upkeep, Task::Evidence).await, 0);
    wait(&node, TimeDelta::days(2));
    assert_eq!(
        (rehearse(&upkeep, Task::Evidence).await.rows, count(&node, "revocation_evidence").await),
        (4, 16)
    );
    assert_eq!(walk(&upkeep, Task::Evidence).await, 4);
    assert_eq!(count(&node, "revocation_evidence WHERE source = 'message' AND proved_at IS NULL").await, 0);
    assert_eq!(count(&node, "revocation_evidence").await, 12);
}

/// RFC 8621 §7: the server MAY destroy EmailSubmission objects at any time after it has finished retrying.
#[tokio::test]
async fn submissions_end_after_a_year_unless_something_is_still_to_be_done() {
    let node = Node::new().await;
    let client = node.database.client();
    let some = "
        INSERT INTO email_submission (account_id, id, identity_id, email_id, thread_id, mail_from, send_at, undo_status)
        SELECT id, 900 + n, 1, 1, 1, '', '2026-03-01'::timestamptz + n * interval '1 day', 'final' FROM account, generate_series(1, 9) n;
        INSERT INTO outgoing (account_id, id, blob_hash, mail_from, queued_at, release_at, expires_at, due_at)
        SELECT id, 902, 'x', '', created_at, created_at, created_at, created_at FROM account";
    client.batch_execute(some).await.unwrap();
    let before = node.store.transaction("test", async |transaction| {
        change::state(transaction, node.account, DataType::EmailSubmission).await
    });
    assert_eq!(before.await.unwrap(), 0);
    wait(&node, TimeDelta::days(365 + 8) - TimeDelta::hours(13));
    let for_ever = super::upkeep(&node.store, |options| options.submission_age = None);
    assert_eq!(walk(&for_ever, Task::Submissions).await, 0);
    let upkeep = upkeep(&node.store, |_| {});
    assert_eq!(
        (rehearse(&upkeep, Task::Submissions).await.rows, count(&node, "email_submission").await),
        (6, 9)
    );
    assert_eq!(walk(&upkeep, Task::Submissions).await, 6);
    let left: Vec<i64> = client
        .query("SELECT id FROM email_submission ORDER BY id", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(left, [902, 908, 909]);
    let told = node.store.snapshot("test", async |transaction| {
        change::since(transaction, node.account, DataType::EmailSubmission, 0, None).await
    });
    assert_eq!(told.await.unwrap().unwrap().destroyed, [901, 903, 904, 905, 906, 907]);
    client.batch_execute("DELETE FROM outgoing").await.unwrap();
    assert_eq!(walk(&upkeep, Task::Submissions).await, 1);
}
