//! The way in: messages become emails, once, whole, and counted.

use std::time::Duration;

use signet::delivery::{Delivered, Incoming, deliver};
use signet::mime::Unreadable;
use signet::store::email::{self, EmailUpdate};
use signet::store::{DataType, change, thread};

use crate::support::Node;
use crate::support::audit::audit;
use crate::support::node::membership;

fn message(id: &str, subject: &str, references: &str) -> Vec<u8> {
    format!(
        "From: Ann <ann@example.org>\r\nTo: Bob <bob@example.net>\r\nSubject: {subject}\r\n\
         Message-ID: <{id}@example.org>\r\nReferences: {references}\r\nDate: Sun, 1 Mar 2026 10:00:00 +0100\r\n\r\nHello {id}.\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn a_message_is_stored_once_whatever_the_number_of_deliveries() {
    let node = Node::new().await;
    let stored = node.deliver(&message("1", "Hi", ""), "2026-03-01T09:00:00Z").await;
    let again = node.deliver_to(&message("1", "Hi", ""), "2026-03-01T10:00:00Z", &[node.inbox], &[]).await;
    assert_eq!(again, Delivered::AlreadyThere(stored.email));
    let twice = vec![message("2", "Hi", ""), message("2", "Hi", "")].into_iter().map(|raw| Incoming {
        raw,
        received_at: None,
        membership: membership(&[node.inbox], &[]),
    });
    let outcomes = deliver(&node.trust, node.account, twice.collect(), None).await.unwrap().outcomes;
    let [Delivered::Stored(first), Delivered::AlreadyThere(second)] = &outcomes[..] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(first.email, *second);
    assert_eq!(node.mailbox(node.inbox).await.total_emails, 2);
    audit(node.database.client()).await;
}

#[tokio::test]
async fn what_is_no_message_is_told_and_the_rest_goes_on() {
    let node = Node::new().await;
    let broken = Incoming { raw: Vec::new(), received_at: None, membership: membership(&[node.inbox], &[]) };
    let good = Incoming {
        raw: message("1", "Hi", ""),
        received_at: None,
        membership: membership(&[node.inbox], &[]),
    };
    let outcomes = deliver(&node.trust, node.account, vec![broken, good], None).await.unwrap().outcomes;
    assert_eq!(outcomes[0], Delivered::Unreadable(Unreadable::NoHeader));
    assert!(matches!(outcomes[1], Delivered::Stored(_)));
}

#[tokio::test]
async fn a_thread_is_joined_by_message_id_and_base_subject_together() {
    let node = Node::new().await;
    let first = node.deliver(&message("1", "Offer", ""), "2026-03-01T09:00:00Z").await;
    let reply = node.deliver(&message("2", "Re: Offer", "<1@example.org>"), "2026-03-01T10:00:00Z").await;
    let other = node.deliver(&message("3", "Lunch", "<1@example.org>"), "2026-03-01T11:00:00Z").await;
    assert_eq!(first.thread, reply.thread);
    assert_ne!(first.thread, other.thread);
    let account = node.account;
    let threads = node
        .store
        .transaction("test", async |transaction| thread::emails(transaction, account, &[first.thread]).await);
    assert_eq!(threads.await.unwrap()[&first.thread], [first.email, reply.email]);
    let inbox = node.mailbox(node.inbox).await;
    assert_eq!((inbox.total_emails, inbox.total_threads, inbox.unread_threads), (3, 2, 2));
}

#[tokio::test]
async fn counters_and_changes_follow_every_change() {
    let node = Node::new().await;
    let trash = node.make_mailbox("Trash", Some("trash")).await;
    let first = node.deliver(&message("1", "Offer", ""), "2026-03-01T09:00:00Z").await;
    let reply = node.deliver(&message("2", "Re: Offer", "<1@example.org>"), "2026-03-01T10:00:00Z").await;
    let account = node.account;
    let before = node
        .store
        .transaction("test", async |transaction| change::state(transaction, account, DataType::Email).await);
    let before = before.await.unwrap();

    let read =
        EmailUpdate { email: first.email, membership: membership(&[node.inbox], &["$seen", "$flagged"]) };
    let binned = EmailUpdate { email: reply.email, membership: membership(&[trash], &[]) };
    node.store
        .write("test", account, async |writer| email::update(writer, &[read.clone(), binned.clone()]).await)
        .await
        .unwrap();
    let (inbox, bin) = (node.mailbox(node.inbox).await, node.mailbox(trash).await);
    // The unread reply is in the trash alone, so it does not make the thread unread elsewhere (RFC 8621 §2).
    assert_eq!(
        (inbox.total_emails, inbox.unread_emails, inbox.total_threads, inbox.unread_threads),
        (1, 0, 1, 0)
    );
    assert_eq!((bin.total_emails, bin.unread_emails, bin.total_threads, bin.unread_threads), (1, 1, 1, 1));
    audit(node.database.client()).await;

    node.store
        .write("test", account, async |writer| email::destroy(writer, &[reply.email]).await)
        .await
        .unwrap();
    let changes = node
        .store
        .transaction("test", async |transaction| {
            change::since(transaction, account, DataType::Email, before, None).await
        })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (changes.created, changes.updated, changes.destroyed),
        (vec![], vec![first.email.0], vec![reply.email.0])
    );
    audit(node.database.client()).await;
}

#[tokio::test]
async fn changes_are_paged_at_true_states() {
    let node = Node::new().await;
    for number in 0..5 {
        node.deliver(&message(&number.to_string(), "Hi", ""), "2026-03-01T09:00:00Z").await;
    }
    let account = node.account;
    let (mut state, mut seen) = (0, Vec::new());
    loop {
        let page = node
            .store
            .transaction("test", async |transaction| {
                change::since(transaction, account, DataType::Email, state, Some(2)).await
            })
            .await
            .unwrap()
            .unwrap();
        assert!(page.created.len() <= 2 && page.new_state > state);
        seen.extend(page.created);
        state = page.new_state;
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    let beyond = node.store.transaction("test", async |transaction| {
        change::since(transaction, account, DataType::Email, state + 1, None).await
    });
    assert_eq!(beyond.await.unwrap(), None);
}

/// A first import must not have to do with plans for tables of which nothing is known.
#[tokio::test]
async fn the_planner_gets_to_know_tables_once_they_hold_mail() {
    let node = Node::new().await;
    let client = node.database.client();
    let is_known = async || {
        let known = "SELECT bool_and(reltuples >= 0) FROM pg_class WHERE relname IN ('email', 'blob', 'thread_mailbox')";
        client.query_one(known, &[]).await.unwrap().get::<_, bool>(0)
    };
    let subject = "a subject that takes some room ".repeat(8);
    let incoming = |n: u32| Incoming {
        raw: message(&n.to_string(), &subject, ""),
        received_at: None,
        membership: membership(&[node.inbox], &[]),
    };
    deliver(&node.trust, node.account, (0..10).map(incoming).collect(), None).await.unwrap();
    assert!(!is_known().await, "there is nothing worth a look");
    deliver(&node.trust, node.account, (10..300).map(incoming).collect(), None).await.unwrap();
    let learning = async {
        while !is_known().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), learning).await.unwrap();
}
