//! Since when an account knows a certificate.

use serde_json::json;
use signet::delivery::{Delivered, Incoming, deliver};
use signet::smime::{Code, Problem, of_one_signature};
use signet::store::{account, mailbox, signature};
use signet::wire::ids::{AccountId, EmailId};
use tokio_postgres::types::Json;

use super::{SIGNERS, signed_by};
use crate::support::Node;
use crate::support::audit::audit;
use crate::support::mail::Signature;
use crate::support::node::{CORE, MAIL, at, membership};
use crate::trust::Pki;

#[tokio::test]
async fn a_signer_is_known_since_the_earliest_message_that_came() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|_| {});
    let first = node.deliver(&pki.message(&ann, 1), "2026-02-20T00:00:00Z").await.email;
    assert_eq!(node.first_seen(first).await, "2026-02-20T00:00:00Z");
    let older = node.deliver(&pki.message(&ann, 2), "2026-02-10T00:00:00Z").await.email;
    let newer = node.deliver(&pki.message(&ann, 3), "2026-02-25T00:00:00Z").await.email;
    for email in [first, older, newer] {
        assert_eq!(node.first_seen(email).await, "2026-02-10T00:00:00Z");
    }
    // It is the certificate that is known, whatever comes beside it.
    let alone = signed_by(&[(&Signature::by(&ann), true)], &[]);
    let alone = node.deliver(&alone, "2026-02-26T00:00:00Z").await.email;
    assert_eq!(node.first_seen(alone).await, "2026-02-10T00:00:00Z");
    audit(node.database.client()).await;

    for email in [older, first, newer] {
        node.destroy(email).await;
        assert_eq!(node.first_seen(alone).await, "2026-02-10T00:00:00Z", "the memory outlives the message");
        audit(node.database.client()).await;
    }
    node.destroy(alone).await;
    audit(node.database.client()).await;
    let anew = node.deliver(&pki.message(&ann, 4), "2026-02-27T00:00:00Z").await.email;
    assert_eq!(node.first_seen(anew).await, "2026-02-27T00:00:00Z", "with the last message it went");
}

#[tokio::test]
async fn nobody_is_known_by_what_others_say_or_by_dates_to_come() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|_| {});
    let forged = String::from_utf8(pki.message(&ann, 1)).unwrap().replace("at ten", "at six");
    let forged = node.deliver(forged.as_bytes(), "2026-02-01T00:00:00Z").await.email;
    assert_eq!(node.first_seen(forged).await, json!(null));
    let signed = node.deliver(&pki.message(&ann, 2), "2027-01-01T00:00:00Z").await.email;
    assert_eq!(node.first_seen(signed).await, "2026-03-01T12:00:00Z");
    assert_eq!(node.first_seen(forged).await, "2026-03-01T12:00:00Z");
    audit(node.database.client()).await;
}

#[tokio::test]
async fn what_an_account_has_seen_is_its_own() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|_| {});
    let mine = node.deliver(&pki.message(&ann, 1), "2026-02-20T00:00:00Z").await.email;
    let other = other_account(&node).await;
    let incoming = Incoming {
        raw: pki.message(&ann, 2),
        received_at: Some(at("2026-01-01T00:00:00Z")),
        membership: membership(&[node.inbox], &[]),
    };
    let outcome = deliver(&node.trust, other, vec![incoming], None).await.unwrap().outcomes.remove(0);
    let Delivered::Stored(theirs) = outcome else { panic!("{outcome:?}") };
    assert_eq!(node.first_seen(mine).await, "2026-02-20T00:00:00Z");
    let read = async |account: AccountId, email: EmailId| {
        let found = node.store.transaction("test", async |transaction| {
            signature::of_emails(transaction, account, &[email]).await
        });
        let found = found.await.unwrap();
        found.get(&email).map(|email| email.signatures[0].signer.first_seen_at)
    };
    assert_eq!(read(other, theirs.email).await, Some(Some(at("2026-01-01T00:00:00Z"))));
    // Ids are counted for each account: the number alone says nothing.
    let beyond = EmailId(1_000_000);
    assert_eq!(read(other, beyond).await, None);
    let theirs = json!({"accountId": other, "ids": [theirs.email], "properties": ["smimeSigners"]});
    let responses = node.call(&[CORE, MAIL, SIGNERS], json!([["Email/get", theirs, "0"]])).await;
    assert_eq!(responses[0][1]["type"], "accountNotFound");
}

async fn other_account(node: &Node) -> AccountId {
    let created = node.store.transaction("test/account", async |transaction| {
        account::create(transaction, "other@example.org", transaction.now()).await
    });
    let other = created.await.unwrap().unwrap();
    let settings = mailbox::MailboxSettings {
        name: "Inbox".to_owned(),
        parent: None,
        role: Some("inbox".to_owned()),
        sort_order: 0,
        is_subscribed: true,
    };
    let made =
        node.store.write("test/mailbox", other, async |writer| mailbox::create(writer, &settings).await);
    assert_eq!(made.await.unwrap(), node.inbox);
    other
}

/// The rule stands twice: where it is told, and in the triggers that remember who was seen.
#[tokio::test]
async fn triggers_and_program_agree_on_what_is_intact() {
    let node = Node::new().await;
    let signer = |problem: Problem| problem.with("signer", "CN=Ann");
    for code in Code::ALL {
        let plain = vec![Problem::new(*code)];
        let others = vec![signer(Problem::new(*code))];
        for (own, message) in [
            (None, vec![]),
            (None, plain.clone()),
            (None, others.clone()),
            (Some(vec![]), plain.clone()),
            (Some(vec![]), others),
            (Some(plain.clone()), plain),
        ] {
            let of_it = of_one_signature(own.as_deref(), &message);
            let expected = !of_it.iter().any(|problem| problem.code.breaks_signature());
            let sql = "SELECT signature_is_intact($1::jsonb, $2::jsonb)";
            let client = node.database.client();
            let row = client.query_one(sql, &[&own.as_ref().map(Json), &Json(&message)]).await;
            assert_eq!(row.unwrap().get::<_, bool>(0), expected, "{code:?} {own:?} {message:?}");
        }
    }
}
