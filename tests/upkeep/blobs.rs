//! Blobs go when nobody refers to them, and never while somebody is about to.

use std::cell::Cell;

use chrono::TimeDelta;
use serde_json::json;
use signet::delivery::{Delivered, Incoming, deliver};
use signet::jmap::blobs::{copy_upload, store_upload};
use signet::provision::create_account;
use signet::store::blob::{self, BlobHash};
use signet::store::{email, mailbox, upload};
use signet::upkeep::{Task, Upkeep};
use signet::wire::ids::{AccountId, MailboxId};
use tokio_postgres::NoTls;

use super::{count, message, rehearse, upkeep, wait, walk};
use crate::support::Node;
use crate::support::audit::audit;
use crate::support::node::{at, membership};

const RECEIVED: &str = "2026-02-28T10:00:00Z";
const DAY: TimeDelta = TimeDelta::days(1);

async fn destroy(node: &Node, ids: &[String]) {
    let set = node.one("Email/set", json!({"destroy": ids})).await;
    assert_eq!(set["destroyed"], json!(ids), "{set}");
}

/// Bob's account and his inbox.
async fn bob(node: &Node) -> (AccountId, MailboxId) {
    let bob = create_account(&node.store, "bob@example.org", "hash").await.unwrap().unwrap();
    let all = node.store.transaction("test", async |transaction| mailbox::all(transaction, bob).await);
    let inbox = all.await.unwrap().into_iter().find(|(_, it)| it.settings.role.as_deref() == Some("inbox"));
    (bob, inbox.unwrap().0)
}

async fn deliver_to(node: &Node, (account, inbox): (AccountId, MailboxId), raw: &[u8]) -> Delivered {
    let incoming = Incoming {
        raw: raw.to_vec(),
        received_at: Some(at(RECEIVED)),
        membership: membership(&[inbox], &[]),
    };
    deliver(&node.trust, account, vec![incoming], None).await.unwrap().outcomes.remove(0)
}

/// The first walk notices what lost a reference, and the time of grace passes.
async fn let_grace_pass(node: &Node, upkeep: &Upkeep) {
    walk(upkeep, Task::Orphans).await;
    wait(node, DAY);
}

#[tokio::test]
async fn the_bytes_of_destroyed_emails_go_after_their_time_of_grace() {
    let node = Node::new().await;
    let upkeep = upkeep(&node.store, |_| {});
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(node.deliver(&message(&number.to_string()), RECEIVED).await.email.to_string());
    }
    let kept = ids.pop().unwrap();
    destroy(&node, &ids).await;
    assert_eq!((walk(&upkeep, Task::Orphans).await, count(&node, "blob").await), (0, 7));
    wait(&node, DAY - TimeDelta::seconds(1));
    assert_eq!(walk(&upkeep, Task::Orphans).await, 0);
    wait(&node, TimeDelta::seconds(1));
    let told = rehearse(&upkeep, Task::Orphans).await;
    assert_eq!((told.rows, count(&node, "blob").await), (6, 7));
    assert_eq!(told.octets, 6 * message("0").len() as u64);
    assert_eq!(walk(&upkeep, Task::Orphans).await, 6);
    assert_eq!((count(&node, "blob").await, count(&node, "blob_orphan").await), (1, 0));
    audit(node.database.client()).await;
    destroy(&node, &[kept]).await;
    // What comes again within its grace stays.
    walk(&upkeep, Task::Orphans).await;
    node.deliver(&message("6"), RECEIVED).await;
    wait(&node, DAY);
    assert_eq!((walk(&upkeep, Task::Orphans).await, count(&node, "blob_orphan").await), (0, 0));
    audit(node.database.client()).await;
}

#[tokio::test]
async fn bytes_that_another_account_an_upload_or_a_message_on_its_way_has_stay() {
    let node = Node::new().await;
    let upkeep = upkeep(&node.store, |_| {});
    let bob = bob(&node).await;
    let of_both = node.deliver(&message("both"), RECEIVED).await.email.to_string();
    deliver_to(&node, bob, &message("both")).await;
    let uploaded = node.deliver(&message("uploaded"), RECEIVED).await.email.to_string();
    store_upload(&node.store, node.account, "demo@example.org", message("uploaded").into()).await.unwrap();
    let sent = node.deliver(&message("sent"), RECEIVED).await.email.to_string();
    let reported = node.deliver(&message("reported"), RECEIVED).await.email.to_string();
    let client = node.database.client();
    let refer = "
        INSERT INTO outgoing (account_id, id, blob_hash, mail_from, queued_at, release_at, expires_at, due_at)
        SELECT account_id, 901, blob_hash, '', received_at, received_at, received_at, received_at FROM email WHERE subject = 'sent';
        INSERT INTO email_submission (account_id, id, identity_id, email_id, thread_id, mail_from, send_at, undo_status)
        SELECT account_id, 902, 1, 1, 1, '', received_at, 'final' FROM email WHERE subject = 'reported';
        INSERT INTO email_submission_report (account_id, submission_id, ordinal, kind, blob_hash)
        SELECT account_id, 902, 1, 'dsn', blob_hash FROM email WHERE subject = 'reported'";
    client.batch_execute(refer).await.unwrap();
    destroy(&node, &[of_both, uploaded, sent, reported]).await;
    let_grace_pass(&node, &upkeep).await;
    assert_eq!((walk(&upkeep, Task::Orphans).await, count(&node, "blob_orphan").await), (0, 0));
    assert_eq!(count(&node, "blob").await, 4);

    // With each of these references the bytes may go as well.
    for end in ["DELETE FROM upload", "DELETE FROM outgoing", "DELETE FROM email_submission"] {
        client.batch_execute(end).await.unwrap();
        let_grace_pass(&node, &upkeep).await;
        assert_eq!(walk(&upkeep, Task::Orphans).await, 1, "{end}");
    }
    audit(client).await;
}

#[tokio::test]
async fn the_walk_over_all_blobs_finds_what_nobody_saw() {
    let node = Node::new().await;
    let upkeep = upkeep(&node.store, |_| {});
    for number in 0..7 {
        node.deliver(&message(&number.to_string()), RECEIVED).await;
    }
    let lost = "INSERT INTO blob (hash, size, data, created_at)
                SELECT sha256(n::text::bytea), 1, 'x', '2026-01-01' FROM generate_series(1, 8) n";
    node.database.client().batch_execute(lost).await.unwrap();
    walk(&upkeep, Task::Blobs).await;
    assert_eq!(count(&node, "blob_orphan").await, 8);
    let_grace_pass(&node, &upkeep).await;
    assert_eq!((walk(&upkeep, Task::Orphans).await, count(&node, "blob").await), (8, 7));
    audit(node.database.client()).await;
}

#[tokio::test]
async fn an_imported_upload_leaves_no_orphan_when_it_ends() {
    let node = Node::new().await;
    store_upload(&node.store, node.account, "demo@example.org", message("1").into()).await.unwrap();
    node.deliver(&message("1"), RECEIVED).await;
    node.database.client().batch_execute("DELETE FROM upload").await.unwrap();
    assert_eq!(count(&node, "blob_orphan").await, 0);
}

/// A blob that nobody refers to any more, and whose grace is over.
async fn ripe(node: &Node, upkeep: &Upkeep) -> BlobHash {
    let email = node.deliver(&message("1"), RECEIVED).await.email.to_string();
    destroy(node, &[email]).await;
    let_grace_pass(node, upkeep).await;
    BlobHash::of(&message("1"))
}

#[tokio::test]
async fn upkeep_passes_by_a_blob_that_a_delivery_is_about_to_refer_to() {
    let node = Node::new().await;
    let upkeep = upkeep(&node.store, |_| {});
    let hash = ripe(&node, &upkeep).await;
    let stored = node.store.transaction("test", async |transaction| {
        blob::store(transaction, &[(hash, message("1").as_slice())], transaction.now()).await?;
        assert_eq!(walk(&upkeep, Task::Orphans).await, 0);
        Ok(())
    });
    stored.await.unwrap();
    // Nothing came of that delivery, and its turn comes again.
    assert_eq!((walk(&upkeep, Task::Orphans).await, count(&node, "blob").await), (1, 0));
}

/// A delivery, and a copy to another account, that come while upkeep is at one of its steps.
#[tokio::test]
async fn who_comes_while_upkeep_is_at_a_blob_finds_it_or_stores_it_again() {
    let steps = [include_str!("../../sql/blob/lock.sql"), include_str!("../../sql/blob/collect.sql")];
    for done in 1..=steps.len() {
        let node = Node::new().await;
        let upkeep = upkeep(&node.store, |_| {});
        let hash = ripe(&node, &upkeep).await;
        let (client, connection) = tokio_postgres::connect(&node.database.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("BEGIN").await.unwrap();
        for step in &steps[..done] {
            assert_eq!(client.query(*step, &[&vec![hash.0.as_slice()]]).await.unwrap().len(), 1);
        }
        let (raw, inbox) = (message("1"), [node.inbox]);
        let (delivered, ()) = tokio::join!(node.deliver_to(&raw, RECEIVED, &inbox, &[]), async {
            node.database.until_somebody_waits_for_a_lock().await;
            client.query(steps[1], &[&vec![hash.0.as_slice()]]).await.unwrap();
            client.batch_execute("COMMIT").await.unwrap();
        });
        assert!(matches!(delivered, Delivered::Stored(_)), "{delivered:?}");
        assert_eq!(count(&node, "blob").await, 1);
        audit(node.database.client()).await;
    }
}

#[tokio::test]
async fn a_blob_that_is_copied_stays_though_its_source_goes_meanwhile() {
    let node = Node::new().await;
    let upkeep = upkeep(&node.store, |options| options.blob_grace = TimeDelta::zero());
    let (bob, _) = bob(&node).await;
    let login = "demo@example.org";
    let hash = BlobHash::of(b"x");
    store_upload(&node.store, node.account, login, b"x".as_slice().into()).await.unwrap();
    let copied = node.store.transaction("test", async |transaction| {
        assert!(blob::hold_readable(transaction, node.account, login, hash).await?);
        node.database.client().batch_execute("DELETE FROM upload").await.unwrap();
        walk(&upkeep, Task::Orphans).await;
        assert_eq!(walk(&upkeep, Task::Orphans).await, 0);
        upload::note(transaction, bob, login, hash, transaction.now()).await
    });
    copied.await.unwrap();
    assert_eq!((walk(&upkeep, Task::Orphans).await, count(&node, "blob").await), (0, 1));
    assert!(copy_upload(&node.store, bob, node.account, login, hash).await.unwrap());
    audit(node.database.client()).await;
}

/// Two accounts get and destroy the same messages all the time, and two nodes collect without any grace.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_while_everybody_is_busy() {
    let node = Node::new().await;
    let bob = bob(&node).await;
    let ann = (node.account, node.inbox);
    let keeping = |node: &Node| upkeep(&node.store, |options| options.blob_grace = TimeDelta::zero());
    let come_and_go = async |who: (AccountId, MailboxId)| {
        for round in 0..60 {
            let raw = message(&(round % 3).to_string());
            let delivered = deliver_to(&node, who, &raw).await;
            let Delivered::Stored(stored) = delivered else { panic!("{delivered:?}") };
            let ids = [stored.email];
            node.store
                .write("test/destroy", who.0, async |writer| email::destroy(writer, &ids).await)
                .await
                .unwrap();
        }
    };
    let is_over = Cell::new(false);
    let collect = async |upkeep: Upkeep| {
        while !is_over.get() {
            walk(&upkeep, Task::Orphans).await;
        }
        // What came last may still wait for its second look.
        walk(&upkeep, Task::Orphans).await;
        walk(&upkeep, Task::Orphans).await;
    };
    let everybody = async {
        tokio::join!(come_and_go(ann), come_and_go(bob));
        is_over.set(true);
    };
    tokio::join!(everybody, collect(keeping(&node)), collect(keeping(&node)));
    audit(node.database.client()).await;
    assert_eq!((count(&node, "blob").await, count(&node, "blob_orphan").await), (0, 0));
}
