//! What is weak by now and accepted before a date, the whole way: policy in the database, statuses, changes, commands.

use std::process::Command;

use openssl::hash::MessageDigest;
use serde_json::json;
use signet::cli::explain::Explanation;
use signet::smime::{Code, Status, Weakness};
use signet::store::email::SmimeColumns;
use signet::store::weakness::{accept, accepted, refuse};
use signet::wire::ids::EmailId;

use crate::support::Node;
use crate::support::audit::audit;
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed};
use crate::support::node::at;
use crate::support::pki::{self, Identity, KeyType};
use crate::trust::{DELIVERED, Pki, codes};

/// A message of Ann's whose digest is SHA-1.
fn old(pki: &Pki, ann: &Identity) -> Vec<u8> {
    let signature = Signature { digest: MessageDigest::sha1(), ..Signature::by(ann) };
    let mut data = SignedData::detached(&signature, ENTITY.as_bytes());
    data.certificates.push(pki.intermediate.certificate.0.clone());
    multipart_signed(&header("Ann <ann@example.org>"), ENTITY, &data.der())
}

/// A node that trusts the root, with one message of Ann's that is weak by its digest.
async fn with_old_mail() -> (Node, EmailId) {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let ann = pki.ann(|_| {});
    let email = node.deliver(&old(&pki, &ann), DELIVERED).await.email;
    (node, email)
}

impl Node {
    async fn accept(&self, weakness: Weakness, before: &str) -> bool {
        let before = at(before);
        self.store.transaction("test", async |t| accept(t, weakness, before).await).await.unwrap().is_some()
    }

    async fn refuse(&self, weakness: Weakness) -> bool {
        self.store.transaction("test", async |t| refuse(t, weakness).await).await.unwrap().is_some()
    }
}

fn statuses(columns: &SmimeColumns) -> (Status, Status) {
    (columns.status.unwrap(), columns.status_at_delivery.unwrap())
}

const FAILED: (Status, Status) = (Status::Failed, Status::Failed);
const AT_DELIVERY_ALONE: (Status, Status) = (Status::Failed, Status::Verified);
const VERIFIED: (Status, Status) = (Status::Verified, Status::Verified);

#[tokio::test]
async fn a_date_in_the_past_lifts_the_status_at_delivery_alone() {
    let (node, email) = with_old_mail().await;
    let refused = node.smime(email).await;
    assert_eq!((statuses(&refused), codes(&refused)), (FAILED, vec![Code::WeakDigest]));

    let before = node.email_state().await;
    // The instant of the delivery itself is too late.
    assert!(node.accept(Weakness::Sha1, DELIVERED).await);
    assert_eq!(statuses(&node.smime(email).await), FAILED);
    assert_eq!(node.email_state().await, before);

    assert!(node.accept(Weakness::Sha1, "2026-02-28T09:00:01Z").await);
    assert!(!node.accept(Weakness::Sha1, "2026-02-28T09:00:01Z").await, "it is so already");
    let lifted = node.smime(email).await;
    assert_eq!((statuses(&lifted), codes(&lifted)), (AT_DELIVERY_ALONE, vec![Code::WeakDigest]));
    assert_eq!(node.updated_since(before).await, [email.0]);
    audit(node.database.client()).await;
}

#[tokio::test]
async fn a_date_to_come_lifts_both_until_it_passes() {
    let (node, email) = with_old_mail().await;
    assert!(node.accept(Weakness::Sha1, "2026-03-01T15:00:00Z").await);
    let lifted = node.smime(email).await;
    assert_eq!((statuses(&lifted), lifted.errors), (VERIFIED, None));

    // Who asks why is told of the date, and a client sees a signer whom nothing speaks against.
    let explanation = Explanation::read(&node.store, node.account, email).await.unwrap();
    let story = explanation.story();
    assert!(story.contains("- sha1 is accepted no longer, as you set it"), "{story}");
    let signer = &explanation.to_json()["signers"][0];
    assert_eq!((&signer["isVerified"], &signer["errors"]), (&json!(true), &json!(null)));

    // The worker turns it at the date, although the chain is as good as before.
    node.clock.set(at("2026-03-01T14:59:59Z"));
    while node.trust.work().await.unwrap().is_some() {}
    assert_eq!(statuses(&node.stored_smime(email).await), VERIFIED);
    let before = node.email_state().await;
    node.clock.set(at("2026-03-01T15:00:00Z"));
    assert_eq!(node.trust.work().await.unwrap().unwrap().moved.emails, 1);
    let passed = node.stored_smime(email).await;
    assert_eq!((statuses(&passed), codes(&passed)), (AT_DELIVERY_ALONE, vec![Code::WeakDigest]));
    assert_eq!(node.updated_since(before).await, [email.0]);
    audit(node.database.client()).await;
}

#[tokio::test]
async fn what_is_remembered_as_verified_stays_when_it_is_refused() {
    let (node, email) = with_old_mail().await;
    node.accept(Weakness::Sha1, "2030-01-01T00:00:00Z").await;
    assert_eq!(statuses(&node.smime(email).await), VERIFIED);
    let before = node.email_state().await;
    assert!(node.refuse(Weakness::Sha1).await);
    assert!(!node.refuse(Weakness::Sha1).await, "it is so already");
    assert_eq!(statuses(&node.smime(email).await), AT_DELIVERY_ALONE);
    assert_eq!(node.updated_since(before).await, [email.0]);
    // An earlier date does not take it back either.
    node.accept(Weakness::Sha1, "2010-01-01T00:00:00Z").await;
    assert_eq!(statuses(&node.smime(email).await), AT_DELIVERY_ALONE);
    audit(node.database.client()).await;
}

/// Refusing lets nothing become verified that failed, whatever else has changed since.
#[tokio::test]
async fn refusing_mends_nothing() {
    let (node, email) = with_old_mail().await;
    node.accept(Weakness::Md5, "2030-01-01T00:00:00Z").await;
    // All of the account has heard of it, so that nothing is left that may mend what failed.
    while node.trust.work().await.unwrap().is_some() {}
    assert_eq!(statuses(&node.smime(email).await), FAILED);
    let date = "INSERT INTO weak_algorithm (name, accepted_before) VALUES ('sha1', '2026-02-28T09:00:01Z')";
    node.database.client().execute(date, &[]).await.unwrap();
    node.refuse(Weakness::Md5).await;
    assert_eq!(statuses(&node.smime(email).await), FAILED);
}

#[tokio::test]
async fn mail_that_comes_later_is_judged_by_what_is_accepted() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    node.accept(Weakness::ShortKey, "2026-02-28T12:00:00Z").await;
    let ann = pki.ann(|spec| spec.key = pki::key(KeyType::WeakRsa));
    let earlier = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let later = node.deliver(&pki.message(&ann, 2), "2026-02-28T12:00:00Z").await.email;
    assert_eq!(statuses(&node.stored_smime(earlier).await), AT_DELIVERY_ALONE);
    assert_eq!(statuses(&node.stored_smime(later).await), FAILED);
    audit(node.database.client()).await;
}

#[tokio::test]
async fn the_chain_is_judged_by_the_same_policy() {
    let (node, mut pki) = (Node::new().await, Pki::new());
    pki.intermediate =
        pki::Spec { digest: MessageDigest::sha1(), ..pki::authority("Old") }.issued_by(&pki.root);
    node.trust_root(&pki).await;
    let ann = pki.ann(|_| {});
    let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let refused = node.smime(email).await;
    assert_eq!((statuses(&refused), codes(&refused)), (FAILED, vec![Code::InvalidChain]));
    node.accept(Weakness::Sha1, "2026-03-01T00:00:00Z").await;
    assert_eq!(statuses(&node.smime(email).await), AT_DELIVERY_ALONE);
    node.accept(Weakness::Sha1, "2026-03-02T00:00:00Z").await;
    assert_eq!(statuses(&node.smime(email).await), VERIFIED);
}

#[tokio::test]
async fn other_problems_remain() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    node.accept(Weakness::Sha1, "2030-01-01T00:00:00Z").await;
    let ann = pki.ann(|spec| spec.key = pki::key(KeyType::WeakRsa));
    let raw = String::from_utf8(old(&pki, &ann)).unwrap().replace("at ten", "at six");
    let email = node.deliver(raw.as_bytes(), DELIVERED).await.email;
    let columns = node.smime(email).await;
    assert_eq!((statuses(&columns), codes(&columns)), (FAILED, vec![Code::ContentAltered, Code::WeakKey]));
}

#[tokio::test]
async fn clients_hear_of_it() {
    let (node, email) = with_old_mail().await;
    let state = node.one("Email/get", json!({"ids": [email], "properties": ["smimeStatus"]})).await;
    node.accept(Weakness::Sha1, "2030-01-01T00:00:00Z").await;
    while node.trust.work().await.unwrap().is_some() {}
    let changes = node.one("Email/changes", json!({"sinceState": state["state"]})).await;
    assert_eq!(changes["updated"], json!([email]));
    let properties = json!(["smimeStatus", "smimeStatusAtDelivery", "smimeErrors"]);
    let got = node.one("Email/get", json!({"ids": [email], "properties": properties})).await;
    assert_eq!(got["list"][0]["smimeStatus"], "signed/verified");
    assert_eq!(got["list"][0]["smimeErrors"], json!(null));
}

#[tokio::test]
async fn the_command_sets_lists_and_takes_back() {
    let (node, email) = with_old_mail().await;
    let url = node.database.url();
    let algorithm = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_signet"))
            .args(["algorithm", arguments[0], "--database-url", &url])
            .args(&arguments[1..])
            .output()
            .unwrap();
        let text = if output.status.success() { output.stdout } else { output.stderr };
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    assert_eq!(algorithm(&["list"]), (true, "sha1\trefused\nmd5\trefused\nshort-key\trefused\n".to_owned()));
    let (done, said) = algorithm(&["accept", "sha1", "--before", "2026-03-01"]);
    assert!(done && said.contains("sha1 is accepted before 2026-03-01T00:00:00Z"), "{said}");
    assert!(said.contains("messages changed: 1 (status: 0, status at delivery: 1)"), "{said}");
    assert_eq!(statuses(&node.stored_smime(email).await), AT_DELIVERY_ALONE);
    let (_, list) = algorithm(&["list"]);
    assert!(list.starts_with("sha1\taccepted before 2026-03-01T00:00:00Z\nmd5\trefused\n"), "{list}");
    let in_database = node.store.transaction("test", async |t| accepted(t).await).await.unwrap();
    assert_eq!(in_database.before(Weakness::Sha1), Some(at("2026-03-01T00:00:00Z")));
    assert!(algorithm(&["refuse", "sha1"]).0);
    let (done, said) = algorithm(&["refuse", "sha1"]);
    assert!(!done && said.contains("at no time anyway"), "{said}");
    for wrong in
        [&["accept", "sha256", "--before", "2026-01-01"][..], &["accept", "sha1", "--before", "soon"]]
    {
        let (done, said) = algorithm(wrong);
        assert!(
            !done && (said.contains("one of sha1, md5, short-key") || said.contains("write it like")),
            "{said}"
        );
    }
}
