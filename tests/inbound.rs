//! Mail with an envelope: whom it reaches, and what is told of it.

use signet::delivery::inbound::{Envelope, Outcome, receive, resolve};
use signet::delivery::{Delivered, Incoming, deliver};
use signet::provision::create_account;
use signet::store::address::{self, Address};
use signet::store::{DataType, change};
use signet::wire::ids::{AccountId, MailboxId};

use crate::support::Node;
use crate::support::audit::audit;
use crate::support::node::membership;

fn message(id: &str) -> Vec<u8> {
    format!(
        "From: Ann <ann@example.com>\r\nSubject: {id}\r\nMessage-ID: <{id}@example.com>\r\n\r\nHello.\r\n"
    )
    .into_bytes()
}

fn envelope(recipients: &[&str]) -> Envelope {
    Envelope {
        reverse_path: Some("ann@example.com".to_owned()),
        recipients: recipients.iter().map(|&recipient| recipient.to_owned()).collect(),
    }
}

async fn account(node: &Node, name: &str) -> AccountId {
    create_account(&node.store, name, "hash").await.unwrap().unwrap()
}

async fn add(node: &Node, text: &str, account: AccountId) -> bool {
    let parsed = Address::parse(text).unwrap();
    let added = node
        .store
        .transaction("test/address", async |transaction| address::add(transaction, &parsed, account).await);
    added.await.unwrap()
}

async fn outcomes(node: &Node, recipients: &[&str], raw: Vec<u8>) -> Vec<Outcome> {
    let told = receive(&node.trust, &envelope(recipients), raw).await;
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, recipients);
    told.into_iter().map(|(_, outcome)| outcome).collect()
}

#[tokio::test]
async fn a_recipient_leads_where_its_address_its_untagged_address_or_its_domain_does() {
    let node = Node::new().await;
    let (ann, bob) = (account(&node, "Ann@example.org").await, account(&node, "bob@example.org").await);
    assert!(add(&node, "team@example.org", ann).await && add(&node, "Team@Example.org", bob).await);
    assert!(!add(&node, "TEAM@example.org", bob).await);
    assert!(add(&node, "ann+shop@example.org", bob).await);
    assert!(add(&node, "@b\u{fc}cher.example", ann).await);
    let recipients = [
        "ANN@Example.org",
        "ann+lists@example.org",
        "ann+shop@example.org",
        "team+x@example.org",
        "whoever@xn--bcher-kva.example",
        "nobody@example.org",
        "ann",
        "",
    ]
    .map(str::to_owned);
    let resolved = resolve(&node.store, &recipients).await.unwrap();
    assert_eq!(
        resolved,
        [vec![ann], vec![ann], vec![bob], vec![ann, bob], vec![ann], vec![], vec![], vec![]]
    );
    let of_ann = node.store.transaction("test/address", async |t| address::of_account(t, ann).await);
    let of_ann: Vec<String> = of_ann.await.unwrap().iter().map(Address::to_string).collect();
    assert_eq!(of_ann, ["@xn--bcher-kva.example", "ann@example.org", "team@example.org"]);
}

#[tokio::test]
async fn one_message_for_many_is_one_blob_and_an_email_in_each_inbox() {
    let node = Node::new().await;
    let ann = account(&node, "ann@example.org").await;
    let bob = account(&node, "bob@example.org").await;
    let raw = message("1");
    let told = outcomes(&node, &["ann@example.org", "nobody@example.org", "bob+x@example.org"], raw.clone());
    let told = told.await;
    let [
        Outcome::Stored { account: first, .. },
        Outcome::NoSuchAddress,
        Outcome::Stored { account: second, email },
    ] = &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!((*first, *second), (ann, bob));
    // The same delivery again, and a new recipient besides.
    let cem = account(&node, "cem@example.org").await;
    let told = outcomes(&node, &["bob@example.org", "cem@example.org"], raw.clone()).await;
    assert_eq!(told[0], Outcome::AlreadyThere { account: bob, email: *email });
    assert!(matches!(told[1], Outcome::Stored { account, .. } if account == cem));
    let client = node.database.client();
    let blobs = client.query("SELECT data FROM blob", &[]).await.unwrap();
    assert_eq!(blobs.len(), 1);
    assert_eq!(blobs[0].get::<_, &[u8]>(0), raw);
    let inboxes = "SELECT count(*) FROM email_mailbox x JOIN mailbox m ON m.account_id = x.account_id AND m.id = x.mailbox_id
                   WHERE m.role = 'inbox' AND x.is_unread";
    assert_eq!(client.query_one(inboxes, &[]).await.unwrap().get::<_, i64>(0), 3);
    audit(client).await;
}

#[tokio::test]
async fn an_alias_of_several_accounts_reaches_each_once() {
    let node = Node::new().await;
    let (ann, bob) = (account(&node, "ann@example.org").await, account(&node, "bob@example.org").await);
    add(&node, "team@example.org", ann).await;
    add(&node, "team@example.org", bob).await;
    let told = outcomes(&node, &["team@example.org", "ann@example.org"], message("1")).await;
    assert!(told.iter().all(|outcome| matches!(outcome, Outcome::Stored { .. })), "{told:?}");
    let client = node.database.client();
    assert_eq!(client.query_one("SELECT count(*) FROM email", &[]).await.unwrap().get::<_, i64>(0), 2);
}

#[tokio::test]
async fn mail_finds_a_place_where_there_is_no_inbox() {
    let node = Node::new().await;
    account(&node, "ann@example.org").await;
    let client = node.database.client();
    client
        .execute("UPDATE mailbox SET role = NULL, name = 'Renamed' WHERE role = 'inbox'", &[])
        .await
        .unwrap();
    for n in ["1", "2"] {
        let told = outcomes(&node, &["ann@example.org"], message(n)).await;
        assert!(matches!(told[0], Outcome::Stored { .. }), "{told:?}");
    }
    let places = "SELECT m.role, m.total_emails FROM mailbox m WHERE m.name = 'Inbox'";
    let row = client.query_one(&format!("{places} AND m.total_emails > 0"), &[]).await.unwrap();
    assert_eq!((row.get::<_, Option<&str>>(0), row.get::<_, i64>(1)), (Some("inbox"), 2));
    audit(client).await;
}

#[tokio::test]
async fn what_is_no_message_is_refused_for_good_and_a_fault_of_ours_is_not() {
    let node = Node::new().await;
    account(&node, "ann@example.org").await;
    let told = outcomes(&node, &["ann@example.org"], Vec::new()).await;
    assert!(matches!(&told[0], Outcome::Refused(refusal) if refusal.status == "5.6.0"), "{told:?}");
    let client = node.database.client();
    client.batch_execute("ALTER TABLE email ADD CONSTRAINT fail CHECK (size < 0)").await.unwrap();
    let told = outcomes(&node, &["ann@example.org", "nobody@example.org"], message("1")).await;
    assert!(matches!(told[0], Outcome::TemporaryFailure(_)), "{told:?}");
    assert_eq!(told[1], Outcome::NoSuchAddress);
    client.batch_execute("ALTER TABLE email DROP CONSTRAINT fail").await.unwrap();
    let told = outcomes(&node, &["ann@example.org"], message("1")).await;
    assert!(matches!(told[0], Outcome::Stored { .. }), "{told:?}");
    audit(client).await;
}

#[tokio::test]
async fn ten_deliveries_at_once_into_one_account_are_ten_emails() {
    let node = Node::new().await;
    let ann = account(&node, "ann@example.org").await;
    let deliveries = (0..10).map(|n| {
        let (node, raw) = (&node, message(&n.to_string()));
        async move { outcomes(node, &["ann@example.org"], raw).await }
    });
    for told in futures_util::future::join_all(deliveries).await {
        assert!(matches!(told[0], Outcome::Stored { .. }), "{told:?}");
    }
    // And ten times the same message is one.
    let same = (0..10).map(|_| outcomes(&node, &["ann@example.org"], message("same")));
    let told = futures_util::future::join_all(same).await.concat();
    assert_eq!(told.iter().filter(|outcome| matches!(outcome, Outcome::Stored { .. })).count(), 1);
    let total = "SELECT total_emails FROM mailbox WHERE account_id = $1 AND role = 'inbox'";
    let client = node.database.client();
    assert_eq!(client.query_one(total, &[&ann.0]).await.unwrap().get::<_, i64>(0), 11);
    audit(client).await;
}

/// Accounts do not wait for each other: what is delivered to one that somebody writes to waits, whatever else its message is
/// delivered to does not.
#[tokio::test]
async fn a_hundred_accounts_do_not_wait_for_one() {
    let node = Node::new().await;
    let ann = account(&node, "ann@example.org").await;
    let names: Vec<String> = (0..100).map(|n| format!("u{n}@example.org")).collect();
    for name in &names {
        account(&node, name).await;
    }
    let client = node.database.client();
    let lock = format!("BEGIN; SELECT FROM account WHERE id = {} FOR UPDATE", ann.0);
    client.batch_execute(&lock).await.unwrap();
    let recipients: Vec<&str> =
        ["ann@example.org"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let for_all = outcomes(&node, &recipients, message("for all"));
    let others = async {
        let deliveries =
            names.iter().map(|name| async { outcomes(&node, &[name.as_str()], message(name)).await });
        let told = futures_util::future::join_all(deliveries).await.concat();
        assert!(told.iter().all(|outcome| matches!(outcome, Outcome::Stored { .. })), "{told:?}");
        let all = "SELECT count(*) FROM email WHERE account_id <> $1";
        while client.query_one(all, &[&ann.0]).await.unwrap().get::<_, i64>(0) < 200 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        client.batch_execute("COMMIT").await.unwrap();
    };
    let (told, ()) = tokio::join!(for_all, others);
    assert!(told.iter().all(|outcome| matches!(outcome, Outcome::Stored { .. })), "{told:?}");
    audit(client).await;
}

/// The same bytes for several accounts at once, in any order: whoever comes second waits for the first, and nobody for ever.
#[tokio::test]
async fn the_same_messages_for_two_accounts_at_once_reach_both() {
    let node = Node::new().await;
    let other = account(&node, "ann@example.org").await;
    let boxes = "SELECT id FROM mailbox WHERE account_id = $1 AND role = 'inbox'";
    let client = node.database.client();
    let inbox = MailboxId(client.query_one(boxes, &[&other.0]).await.unwrap().get(0));
    let messages = |mailbox: MailboxId, is_reversed: bool| {
        let incoming = |n: u32| Incoming {
            raw: message(&format!("m{n}")),
            received_at: None,
            membership: membership(&[mailbox], &[]),
        };
        let mut all: Vec<Incoming> = (0..50).map(incoming).collect();
        if is_reversed {
            all.reverse();
        }
        all
    };
    let one = deliver(&node.trust, node.account, messages(node.inbox, false), None);
    let two = deliver(&node.trust, other, messages(inbox, true), None);
    let (one, two) = tokio::join!(one, two);
    for outcome in one.unwrap().outcomes.into_iter().chain(two.unwrap().outcomes) {
        assert!(matches!(outcome, Delivered::Stored(_)), "{outcome:?}");
    }
    let blobs: i64 = client.query_one("SELECT count(*) FROM blob", &[]).await.unwrap().get(0);
    assert_eq!(blobs, 50);
    audit(client).await;
}

/// RFC 8621 §1.5: the state of EmailDelivery changes with each new Email and with nothing else.
#[tokio::test]
async fn new_mail_moves_the_state_of_email_delivery_and_nothing_else_does() {
    let node = Node::new().await;
    let account = node.account;
    let state = async || {
        let read = node.store.transaction("test/state", async |transaction| {
            change::state(transaction, account, DataType::EmailDelivery).await
        });
        read.await.unwrap()
    };
    let before = state().await;
    let stored = node.deliver(&message("1"), "2026-03-01T09:00:00Z").await;
    let delivered = state().await;
    assert!(delivered > before);
    let update = serde_json::json!({"update": {stored.email.to_string(): {"keywords/$seen": true}}});
    assert_ne!(node.one("Email/set", update).await["updated"], serde_json::Value::Null);
    node.one("Email/set", serde_json::json!({"destroy": [stored.email.to_string()]})).await;
    assert_eq!(state().await, delivered);
}
