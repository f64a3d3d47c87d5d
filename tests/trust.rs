//! Trust over time: statuses turn when they must, and only what really changed is written (RFC 9219 §4.1, §4.3).

use std::time::Duration;

use chrono::{DateTime, Utc};
use signet::smime::{AnchorPolicy, Code, Policy, Status};
use signet::store::email::{SmimeColumns, smime_columns};
use signet::store::trust::{Anchor, add_anchor, add_crls, remove_anchor, store_crls};
use signet::store::{DataType, change};
use signet::trust::{Freshness, Trust, material::crl_record};
use signet::wire::ids::EmailId;

use crate::support::Node;
use crate::support::audit::audit;
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed};
use crate::support::node::at;
use crate::support::pki::{Identity, KeyType, Spec, authority, person};

pub const DELIVERED: &str = "2026-02-28T09:00:00Z";

pub struct Pki {
    pub root: Identity,
    pub intermediate: Identity,
}

impl Pki {
    pub fn new() -> Self {
        let root = authority("Root").self_signed();
        let intermediate = authority("Intermediate").issued_by(&root);
        Self { root, intermediate }
    }

    pub fn ann(&self, change: impl FnOnce(&mut Spec)) -> Identity {
        let mut spec = person("Ann", KeyType::P256, &["ann@example.org"]);
        change(&mut spec);
        spec.issued_by(&self.intermediate)
    }

    /// The root as a trust anchor.
    pub fn anchor(&self, added_at: DateTime<Utc>) -> Anchor {
        let root = &self.root.certificate;
        Anchor {
            fingerprint: root.fingerprint(),
            der: root.0.clone(),
            name: "Root".to_owned(),
            added_at,
            policy: AnchorPolicy::default(),
        }
    }

    pub fn message(&self, signer: &Identity, number: u32) -> Vec<u8> {
        let entity = format!("{ENTITY}{number}\r\n");
        let mut data = SignedData::detached(&Signature::by(signer), entity.as_bytes());
        data.certificates.push(self.intermediate.certificate.0.clone());
        let header = header("Ann <ann@example.org>").replace("<1@", &format!("<{number}@"));
        multipart_signed(&header, &entity, &data.der())
    }
}

impl Node {
    pub async fn trust_root(&self, pki: &Pki) -> bool {
        let anchor = pki.anchor(self.clock.now());
        self.store
            .transaction("test", async |transaction| add_anchor(transaction, &anchor).await)
            .await
            .unwrap()
    }

    pub async fn smime(&self, email: EmailId) -> SmimeColumns {
        let account = self.account;
        assert_eq!(self.trust.refresh_emails(account, &[email]).await.unwrap(), Freshness::Fresh);
        self.stored_smime(email).await
    }

    pub async fn stored_smime(&self, email: EmailId) -> SmimeColumns {
        let account = self.account;
        let columns = self
            .store
            .transaction("test", async |transaction| smime_columns(transaction, account, &[email]).await);
        columns.await.unwrap().remove(&email).unwrap()
    }

    pub async fn email_state(&self) -> i64 {
        let account = self.account;
        let state =
            self.store.transaction("test", async |t| change::state(t, account, DataType::Email).await);
        state.await.unwrap()
    }

    pub async fn updated_since(&self, state: i64) -> Vec<i64> {
        let account = self.account;
        let changes = self.store.transaction("test", async |transaction| {
            change::since(transaction, account, DataType::Email, state, None).await
        });
        let changes = changes.await.unwrap().unwrap();
        assert_eq!((changes.created, changes.destroyed), (vec![], vec![]));
        changes.updated
    }
}

pub fn codes(columns: &SmimeColumns) -> Vec<Code> {
    columns.errors.iter().flatten().map(|problem| problem.code).collect()
}

#[tokio::test]
async fn a_certificate_that_expires_tomorrow_turns_its_messages_tomorrow() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let ann = pki.ann(|spec| spec.not_after = at("2026-03-02T08:00:00Z"));
    let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let today = node.smime(email).await;
    assert_eq!((today.status, today.status_at_delivery), (Some(Status::Verified), Some(Status::Verified)));
    assert_eq!((today.errors, today.verified_at), (None, Some(node.clock.now())));

    let before = node.email_state().await;
    node.clock.set(at("2026-03-02T08:00:01Z"));
    let tomorrow = node.smime(email).await;
    assert_eq!(
        (tomorrow.status, tomorrow.status_at_delivery),
        (Some(Status::Failed), Some(Status::Verified))
    );
    assert_eq!(codes(&tomorrow), [Code::CertificateExpired]);
    assert_eq!(node.updated_since(before).await, [email.0]);
    assert!(node.email_state().await > before);
    audit(node.database.client()).await;
}

#[tokio::test]
async fn the_worker_turns_statuses_although_nobody_asks() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let ann = pki.ann(|spec| spec.not_after = at("2026-03-02T08:00:00Z"));
    let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    node.clock.set(at("2026-03-02T08:00:00Z"));
    while node.trust.work().await.unwrap().is_some() {}
    assert_eq!(
        node.stored_smime(email).await.status,
        Some(Status::Verified),
        "notAfter itself is still valid"
    );
    node.clock.set(at("2026-03-02T08:00:01Z"));
    let worked = node.trust.work().await.unwrap().unwrap();
    assert_eq!((worked.verdicts, worked.moved.emails), (1, 1));
    assert_eq!(node.stored_smime(email).await.status, Some(Status::Failed));
    assert_eq!(node.trust.work().await.unwrap(), None);
}

#[tokio::test]
async fn a_verdict_that_says_the_same_writes_no_message_and_no_change() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let ann = pki.ann(|_| {});
    let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let first = node.smime(email).await;
    let (state, version) = (node.email_state().await, row_version(&node).await);

    node.clock.set(at("2026-03-02T12:00:00Z"));
    let second = node.smime(email).await;
    assert_eq!(second.verified_at, Some(node.clock.now()));
    assert_ne!(first.verified_at, second.verified_at);
    // RFC 9219 §4.3: smimeVerifiedAt alone is no change.
    assert_eq!((node.email_state().await, row_version(&node).await), (state, version));
}

/// The transaction that wrote the newest version of the one email.
async fn row_version(node: &Node) -> String {
    node.database.client().query_one("SELECT xmin::text FROM email", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn an_added_anchor_mends_what_failed_at_delivery_too_and_a_removed_one_spoils_the_present_only() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|_| {});
    let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let untrusted = node.smime(email).await;
    assert_eq!(
        (untrusted.status, untrusted.status_at_delivery),
        (Some(Status::Failed), Some(Status::Failed))
    );

    let before = node.email_state().await;
    assert!(node.trust_root(&pki).await);
    let trusted = node.smime(email).await;
    assert_eq!(
        (trusted.status, trusted.status_at_delivery),
        (Some(Status::Verified), Some(Status::Verified))
    );
    assert_eq!(node.updated_since(before).await, [email.0]);
    assert!(!node.trust_root(&pki).await, "it is there already");

    let fingerprint = pki.root.certificate.fingerprint();
    let removed = node
        .store
        .transaction("test", async |transaction| remove_anchor(transaction, &fingerprint).await)
        .await;
    assert!(removed.unwrap().is_some());
    let without = node.smime(email).await;
    assert_eq!((without.status, without.status_at_delivery), (Some(Status::Failed), Some(Status::Verified)));
    audit(node.database.client()).await;
}

#[tokio::test]
async fn a_revocation_after_delivery_leaves_the_status_at_delivery() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let mut serial = 0;
    let ann = pki.ann(|spec| serial = spec.serial);
    let early = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let crl = pki.intermediate.crl(
        at("2026-03-01T10:00:00Z"),
        at("2027-03-01T10:00:00Z"),
        &[(serial, at("2026-03-01T09:00:00Z"), vec![])],
    );
    let record = crl_record(&crl, "operator").unwrap();
    let added = node
        .store
        .transaction("test", async |transaction| add_crls(transaction, std::slice::from_ref(&record)).await);
    assert_eq!(added.await.unwrap().new, 1);
    let late = node.deliver(&pki.message(&ann, 2), "2026-03-01T11:00:00Z").await.email;

    let (early, late) = (node.smime(early).await, node.smime(late).await);
    assert_eq!((early.status, early.status_at_delivery), (Some(Status::Failed), Some(Status::Verified)));
    assert_eq!((late.status, late.status_at_delivery), (Some(Status::Failed), Some(Status::Failed)));
    assert_eq!(codes(&early), [Code::CertificateRevoked]);
    audit(node.database.client()).await;
}

#[tokio::test]
async fn a_crl_from_mail_makes_nothing_due_until_the_operator_vouches_for_it() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let mut serial = 0;
    let ann = pki.ann(|spec| serial = spec.serial);
    let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let (this_update, next_update) = (at("2026-03-01T10:00:00Z"), at("2027-03-01T10:00:00Z"));
    let crl = pki.intermediate.crl(this_update, next_update, &[(serial, this_update, vec![])]);
    let add = async |source: &str| {
        let record = crl_record(&crl, source).unwrap();
        let added = node.store.transaction("test", async |transaction| match source {
            "operator" => add_crls(transaction, std::slice::from_ref(&record)).await.map(|added| added.new),
            _ => store_crls(transaction, std::slice::from_ref(&record)).await,
        });
        added.await.unwrap()
    };
    assert_eq!(add("message").await, 1);
    assert_eq!(
        node.smime(email).await.status,
        Some(Status::Verified),
        "a stranger's mail sets nobody to work"
    );
    assert_eq!(add("operator").await, 1);
    assert_eq!(node.smime(email).await.status, Some(Status::Failed));
    assert_eq!((add("operator").await, add("message").await), (0, 0), "it stays the operator's");
}

#[tokio::test]
async fn past_the_deadline_the_answer_is_what_is_stored() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let ann = pki.ann(|_| {});
    let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    node.clock.set(at("2026-03-03T12:00:00Z"));
    let busy = node.database.client();
    busy.batch_execute("BEGIN; SELECT FROM verdict FOR UPDATE").await.unwrap();
    let hurried = Trust::new(node.store.clone(), Policy::default(), Duration::from_millis(200));
    let freshness = hurried.refresh_emails(node.account, &[email]).await.unwrap();
    assert_eq!(freshness, Freshness::DeadlinePassed);
    assert_eq!(node.stored_smime(email).await.status, Some(Status::Verified));
    busy.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(hurried.refresh_emails(node.account, &[email]).await.unwrap(), Freshness::Fresh);
}

#[tokio::test]
async fn two_nodes_never_evaluate_the_same_verdict_at_once() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let mut signers = Vec::new();
    for number in 0..70 {
        let ann = pki.ann(|_| {});
        signers.push(node.deliver(&pki.message(&ann, number), DELIVERED).await.email);
    }
    node.clock.set(at("2026-03-03T12:00:00Z"));
    let work = async || {
        let mut done = 0;
        while let Some(worked) = node.trust.work().await.unwrap() {
            done += worked.verdicts as usize;
        }
        done
    };
    let (one, other) = tokio::join!(work(), work());
    assert_eq!(one + other, signers.len(), "each verdict once");
}
