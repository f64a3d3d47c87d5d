//! Many messages of few signers: verdicts are evaluated in bounded steps, by any node, and every message moves once.

use std::cell::Cell;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use signet::cli::generate::Signers;
use signet::smime::{AnchorPolicy, Code, Policy, Revocation, Status};
use signet::store::reverification::{Progress, ReverificationId, progress};
use signet::store::trust::{Anchor, add_anchors, add_crls, anchors, change_anchor, remove_anchor};
use signet::store::{Store, StoreOptions};
use signet::trust::{Trust, material::crl_record};
use signet::wire::ids::{AccountId, EmailId};

use crate::generated_signers::fill;
use crate::smime_chain::{URL, distribution_point};
use crate::support::Node;
use crate::support::node::at;
use crate::support::pki::Identity;
use crate::trust::{DELIVERED, Pki, codes};

/// More than some steps take, and more than whoever filters by verdicts waits for.
const MANY: i64 = 2_300;
/// What the first step of a node takes.
const STEP: i64 = 100;

/// One more node on the same database.
async fn another(node: &Node) -> Trust {
    let store = Store::connect(&StoreOptions::new(node.database.url()), node.clock.clone()).await.unwrap();
    Trust::new(store, Policy::default(), Duration::from_secs(10))
}

/// A message of a signer, and so many more that say the same, as rows alone.
async fn many(node: &Node, pki: &Pki, signer: &Identity, number: u32, copies: i64) -> EmailId {
    let email = node.deliver(&pki.message(signer, number), DELIVERED).await.email;
    multiply(node, node.account, email, node.account, copies).await;
    email
}

/// Copies of an email in an account, by rows of the tables that verdicts are told by.
async fn multiply(node: &Node, from: AccountId, email: EmailId, to: AccountId, copies: i64) {
    const COLUMNS: &str =
        "thread_id, received_at, size, has_attachment, smime_status, smime_status_at_delivery,
        keywords, preview, sort_from, sort_to, sort_subject, smime_errors";
    let statements = [
        format!(
            "INSERT INTO email (account_id, id, blob_hash, {COLUMNS})
             SELECT $3, a.next_id + n, sha256((a.next_id + n)::text::bytea), {COLUMNS}
             FROM email e, account a, generate_series(1, $4::bigint) AS n
             WHERE e.account_id = $1 AND e.id = $2 AND a.id = $3"
        ),
        "INSERT INTO email_smime (account_id, email_id, form, problems, checked_at)
         SELECT $3, a.next_id + n, form, problems, checked_at
         FROM email_smime e, account a, generate_series(1, $4::bigint) AS n
         WHERE e.account_id = $1 AND e.email_id = $2 AND a.id = $3"
            .to_owned(),
        "INSERT INTO email_signature (account_id, email_id, ordinal, signer_id, is_sender, digest, algorithm)
         SELECT $3, a.next_id + n, ordinal, signer_id, is_sender, digest, algorithm
         FROM email_signature e, account a, generate_series(1, $4::bigint) AS n
         WHERE e.account_id = $1 AND e.email_id = $2 AND a.id = $3"
            .to_owned(),
        "INSERT INTO account_signer AS s (account_id, signer_id, emails)
         SELECT $3, signer_id, $4 FROM email_signature WHERE account_id = $1 AND email_id = $2
         ON CONFLICT (account_id, signer_id) DO UPDATE SET emails = s.emails + excluded.emails"
            .to_owned(),
        "UPDATE account SET next_id = next_id + $4 + 1 WHERE id = $3 AND $1::bigint + $2::bigint > 0"
            .to_owned(),
    ];
    for statement in statements {
        node.database.client().execute(&statement, &[&from.0, &email.0, &to.0, &copies]).await.unwrap();
    }
}

async fn trust_the_root(node: &Node, pki: &Pki) -> ReverificationId {
    let anchor = pki.anchor(node.clock.now());
    let added = node.store.transaction("test", async |t| add_anchors(t, std::slice::from_ref(&anchor)).await);
    added.await.unwrap().reverification.unwrap()
}

async fn progress_of(node: &Node, id: ReverificationId) -> Progress {
    node.store.transaction("test", async |t| progress(t, id).await).await.unwrap().unwrap()
}

async fn finish(trust: &Trust) {
    while trust.work().await.unwrap().is_some() {}
}

/// How often emails are told to have changed since a state: how many so often.
async fn tellings(node: &Node, since: i64) -> Vec<(i64, i64)> {
    let statement = "SELECT times, count(*) FROM (
             SELECT count(*) AS times FROM change WHERE data_type = 3 AND state > $1 GROUP BY account_id, object_id
         ) AS told GROUP BY times ORDER BY times";
    let rows = node.database.client().query(statement, &[&since]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// How many emails have which status, now and at delivery.
async fn statuses(node: &Node) -> Vec<(String, String, i64)> {
    let statement = "SELECT smime_status::text, smime_status_at_delivery::text, count(*) FROM email GROUP BY 1, 2 ORDER BY 1, 2";
    let rows = node.database.client().query(statement, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

fn all(now: &str, at_delivery: &str, emails: i64) -> (String, String, i64) {
    (format!("signed/{now}"), format!("signed/{at_delivery}"), emails)
}

async fn count(node: &Node, of: &str) -> i64 {
    node.database.client().query_one(&format!("SELECT count(*) FROM {of}"), &[]).await.unwrap().get(0)
}

async fn state(node: &Node) -> i64 {
    node.database.client().query_one("SELECT max(state) FROM account", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn nodes_that_die_in_the_middle_lose_no_message_and_repeat_none() {
    let (node, pki) = (Node::new().await, Pki::new());
    let (ann, other) = (pki.ann(|_| {}), pki.ann(|_| {}));
    many(&node, &pki, &ann, 1, MANY).await;
    many(&node, &pki, &other, 2, 40).await;
    let emails = MANY + 42;
    let before = state(&node).await;
    let reverification = trust_the_root(&node, &pki).await;

    let nodes = [another(&node).await, another(&node).await];
    let (died, mut patience) = (Cell::new(0), 1);
    while progress_of(&node, reverification).await.waiting > 0 {
        // A node dies at some moment of its work; what it has not committed is lost. The other goes on meanwhile.
        let live = async |trust: &Trust, moments: u64| {
            if tokio::time::timeout(Duration::from_millis(moments), trust.work()).await.is_err() {
                died.set(died.get() + 1);
            }
        };
        tokio::join!(live(&nodes[0], patience), live(&nodes[1], patience / 2 + 1));
        patience += 3;
    }
    assert!(died.get() > 2, "{} deaths", died.get());
    assert_eq!(tellings(&node, before).await, [(1, emails)], "each of them once");
    assert_eq!(statuses(&node).await, [all("verified", "verified", emails)]);
    let seen = progress_of(&node, reverification).await;
    let emails = u64::try_from(emails).unwrap();
    assert_eq!((seen.total, seen.verdicts, seen.put_off), (2, 2, 0));
    let moved = seen.moved;
    assert_eq!((moved.emails, moved.statuses, moved.statuses_at_delivery), (emails, emails, emails));
    assert_eq!(count(&node, "verdict_move").await, 0);
}

#[tokio::test]
async fn a_hundred_accounts_of_one_signer_are_told_by_two_nodes() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|_| {});
    let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let accounts = "INSERT INTO account (name, created_at)
                    SELECT 'a' || n || '@example.org', '2026-01-01T00:00:00Z' FROM generate_series(1, 100) n RETURNING id";
    for row in node.database.client().query(accounts, &[]).await.unwrap() {
        multiply(&node, node.account, email, AccountId(row.get(0)), 7).await;
    }
    let reverification = trust_the_root(&node, &pki).await;
    let (one, other) = (another(&node).await, another(&node).await);
    tokio::join!(finish(&one), finish(&other));
    assert_eq!(progress_of(&node, reverification).await.moved.emails, 701);
    assert_eq!(tellings(&node, 0).await.iter().map(|(times, emails)| times * emails).sum::<i64>(), 701 + 1);
    assert_eq!(statuses(&node).await, [all("verified", "verified", 701)]);
}

#[tokio::test]
async fn a_verdict_that_changes_while_it_is_told_is_told_anew_and_deliveries_are_remembered() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|_| {});
    many(&node, &pki, &ann, 1, MANY).await;
    let before = state(&node).await;
    trust_the_root(&node, &pki).await;
    let first = node.trust.work().await.unwrap().unwrap().moved.emails;
    assert_eq!(i64::try_from(first).unwrap(), STEP, "a step is bounded");
    assert_eq!(statuses(&node).await.len(), 2);

    let fingerprint = pki.root.certificate.fingerprint();
    let removed = node.store.transaction("test", async |t| remove_anchor(t, &fingerprint).await);
    let reverification = removed.await.unwrap().unwrap();
    finish(&node.trust).await;
    let rest = MANY + 1 - STEP;
    // What had not heard of the anchor has nothing to hear, and failed at delivery as before.
    assert_eq!(statuses(&node).await, [all("failed", "failed", rest), all("failed", "verified", STEP)]);
    assert_eq!(tellings(&node, before).await, [(2, STEP)]);
    let moved = progress_of(&node, reverification).await.moved;
    assert_eq!((moved.emails, moved.statuses, moved.statuses_at_delivery), (first, first, 0));
}

#[tokio::test]
async fn an_anchor_that_comes_while_messages_are_told_mends_all_deliveries() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|spec| spec.not_after = at("2026-03-02T08:00:00Z"));
    many(&node, &pki, &ann, 1, MANY).await;
    trust_the_root(&node, &pki).await;
    assert!(node.trust.work().await.unwrap().unwrap().moved.emails > 0);
    // The certificate expires before the walk is over: it begins again, and still knows of the anchor.
    node.clock.set(at("2026-03-03T08:00:00Z"));
    finish(&node.trust).await;
    assert_eq!(statuses(&node).await, [all("failed", "verified", MANY + 1)]);
}

#[tokio::test]
async fn whoever_asks_for_a_message_finds_it_right_before_the_walk_comes_to_it() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|_| {});
    let first = many(&node, &pki, &ann, 1, MANY).await;
    let before = state(&node).await;
    trust_the_root(&node, &pki).await;
    node.trust.work().await.unwrap();
    let last = EmailId(first.0 + MANY);
    let told = node.smime(last).await;
    assert_eq!((told.status, told.status_at_delivery), (Some(Status::Verified), Some(Status::Verified)));
    assert_eq!(count(&node, "email WHERE smime_status = 'signed/verified'").await, STEP + 1);
    // A message that comes meanwhile is right as well.
    let late = node.deliver(&pki.message(&ann, 2), DELIVERED).await.email;
    assert_eq!(node.smime(late).await.status, Some(Status::Verified));
    finish(&node.trust).await;
    assert_eq!(statuses(&node).await, [all("verified", "verified", MANY + 2)]);
    assert_eq!(tellings(&node, before).await, [(1, MANY + 2)], "the one that was asked for once, too");
}

#[tokio::test]
async fn whoever_filters_by_verdicts_finds_all_messages_right() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|_| {});
    many(&node, &pki, &ann, 1, 400).await;
    trust_the_root(&node, &pki).await;
    assert_eq!(verified(&node).await, json!(401));
    assert_eq!(count(&node, "verdict_move").await, 0);
}

/// How many emails a filter finds to be verified.
async fn verified(node: &Node) -> Value {
    let query = json!({"filter": {"hasVerifiedSmime": true}, "calculateTotal": true, "limit": 1});
    node.one("Email/query", query).await["total"].clone()
}

#[tokio::test]
async fn whoever_filters_by_verdicts_does_not_wait_for_much_that_is_under_way() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|_| {});
    many(&node, &pki, &ann, 1, MANY).await;
    trust_the_root(&node, &pki).await;
    assert_eq!(verified(&node).await, json!(0), "the verdict is fresh, and no email has heard of it");
    node.trust.work().await.unwrap();
    assert_eq!(verified(&node).await, json!(STEP), "what the worker came to");
    finish(&node.trust).await;
    assert_eq!(verified(&node).await, json!(MANY + 1));
}

#[tokio::test]
async fn verdicts_that_ran_out_by_themselves_are_waited_for_however_many_they_are() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    for number in 0..40 {
        node.deliver(&pki.message(&pki.ann(|_| {}), number), DELIVERED).await;
    }
    let due = "verdict WHERE expires_at <= '2026-03-02T13:00:00Z'";
    node.clock.set(at("2026-03-02T13:00:00Z"));
    assert_eq!(count(&node, due).await, 40);
    assert_eq!(verified(&node).await, json!(40));
    assert_eq!(count(&node, due).await, 0);

    // A change makes all of them due while they are fresh: the workers' business.
    let fingerprint = pki.root.certificate.fingerprint();
    let removed = node.store.transaction("test", async |t| remove_anchor(t, &fingerprint).await);
    removed.await.unwrap().unwrap();
    assert_eq!(verified(&node).await, json!(40));
    finish(&node.trust).await;
    assert_eq!(verified(&node).await, json!(0));
}

#[tokio::test]
async fn two_nodes_share_what_a_revocation_turns() {
    let node = Node::new().await;
    fill(&node, 24_000).await;
    finish(&node.trust).await;
    let client = node.database.client();
    client.batch_execute("CREATE TABLE before AS SELECT id, smime_status, smime_status_at_delivery, smime_errors FROM email").await.unwrap();
    let before = state(&node).await;

    let crl = Signers::new(1, node.clock.now(), &[]).unwrap().revoking_crl(0, node.clock.now()).unwrap();
    let record = crl_record(&crl, "operator").unwrap();
    let added = node.store.transaction("test", async |t| add_crls(t, std::slice::from_ref(&record)).await);
    let reverification = added.await.unwrap().reverification.unwrap();
    let share = async |trust: &Trust| {
        let (mut verdicts, mut emails) = (0, 0);
        while let Some(worked) = trust.work().await.unwrap() {
            verdicts += worked.verdicts;
            emails += worked.moved.emails;
        }
        (verdicts, emails)
    };
    let (one, other) = (another(&node).await, another(&node).await);
    let (one, other) = tokio::join!(share(&one), share(&other));
    assert!(one.0 > 0 && other.0 > 0, "{one:?} {other:?}");
    assert_eq!(one.0 + other.0, 120, "each verdict once");

    let turned =
        "email e JOIN before b USING (id) WHERE (e.smime_status, e.smime_status_at_delivery, e.smime_errors)
                  IS DISTINCT FROM (b.smime_status, b.smime_status_at_delivery, b.smime_errors)";
    let turned = count(&node, turned).await;
    assert!(turned > 100, "{turned}");
    assert_eq!(one.1 + other.1, u64::try_from(turned).unwrap());
    assert_eq!(tellings(&node, before).await, [(1, turned)], "each email that turned once, and no other");
    let seen = progress_of(&node, reverification).await;
    assert_eq!((seen.verdicts, seen.moved.statuses_at_delivery, seen.waiting), (120, 0, 0));
}

#[tokio::test]
async fn a_writer_has_its_turn_between_steps() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|_| {});
    many(&node, &pki, &ann, 1, MANY).await;
    trust_the_root(&node, &pki).await;
    node.trust.work().await.unwrap();
    let (left, worker) = (Cell::new(0), another(&node).await);
    let write = async {
        for number in 2..5 {
            node.deliver(&pki.message(&ann, number), DELIVERED).await;
        }
        left.set(count(&node, "verdict_move").await);
    };
    tokio::join!(write, finish(&worker));
    assert_eq!(left.get(), 1, "the walk was not over when three messages had come");
    assert_eq!(statuses(&node).await, [all("verified", "verified", MANY + 4)]);
}

#[tokio::test]
async fn past_the_deadline_a_walk_under_way_is_not_waited_for() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|_| {});
    let email = many(&node, &pki, &ann, 1, MANY).await;
    trust_the_root(&node, &pki).await;
    node.trust.work().await.unwrap();
    let busy = node.database.client();
    busy.batch_execute("BEGIN; SELECT FROM verdict_move FOR UPDATE; SELECT FROM account FOR UPDATE")
        .await
        .unwrap();
    let hurried = Trust::new(node.store.clone(), Policy::default(), Duration::from_millis(200));
    let last = [EmailId(email.0 + MANY)];
    let passed = signet::trust::Freshness::DeadlinePassed;
    assert_eq!(hurried.refresh_emails(node.account, &last).await.unwrap(), passed);
    assert_eq!(hurried.refresh_account(node.account).await.unwrap(), passed);
    assert_eq!(hurried.work().await.unwrap(), None, "others have it under way");
    busy.batch_execute("ROLLBACK").await.unwrap();
    finish(&hurried).await;
    assert_eq!(statuses(&node).await, [all("verified", "verified", MANY + 1)]);
}

#[tokio::test]
async fn a_verdict_that_cannot_be_evaluated_keeps_no_other_waiting() {
    let (node, pki) = (Node::new().await, Pki::new());
    for number in 0..40 {
        node.deliver(&pki.message(&pki.ann(|_| {}), number), DELIVERED).await;
    }
    let reverification = trust_the_root(&node, &pki).await;
    // The one that is due for longest.
    let broken =
        "CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
        CREATE TRIGGER break BEFORE UPDATE OF verified_at ON verdict FOR EACH ROW
        WHEN (NEW.signer_id = 1 AND NEW.verified_at IS NOT NULL) EXECUTE FUNCTION break()";
    node.database.client().batch_execute(broken).await.unwrap();
    finish(&node.trust).await;
    let seen = progress_of(&node, reverification).await;
    assert_eq!((seen.verdicts, seen.waiting, seen.put_off), (39, 0, 1));
    node.database.client().batch_execute("DROP TRIGGER break ON verdict").await.unwrap();
    assert_eq!(node.trust.work().await.unwrap(), None, "it is put off");
    node.clock.set(node.clock.now() + chrono::Duration::minutes(5));
    finish(&node.trust).await;
    assert_eq!(progress_of(&node, reverification).await.verdicts, 40);
}

#[tokio::test]
async fn an_account_that_cannot_be_told_keeps_no_other_waiting() {
    let (node, pki) = (Node::new().await, Pki::new());
    let email = node.deliver(&pki.message(&pki.ann(|_| {}), 1), DELIVERED).await.email;
    let account = "INSERT INTO account (name, created_at) VALUES ('b@example.org', '2026-01-01T00:00:00Z') RETURNING id";
    let other = AccountId(node.database.client().query_one(account, &[]).await.unwrap().get(0));
    multiply(&node, node.account, email, other, 3).await;
    let reverification = trust_the_root(&node, &pki).await;
    let broken = format!(
        "CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
         CREATE TRIGGER break BEFORE UPDATE ON email FOR EACH ROW
         WHEN (NEW.account_id = {}) EXECUTE FUNCTION break()",
        node.account.0
    );
    node.database.client().batch_execute(&broken).await.unwrap();
    finish(&node.trust).await;
    assert_eq!(statuses(&node).await, [all("failed", "failed", 1), all("verified", "verified", 3)]);
    let seen = progress_of(&node, reverification).await;
    assert_eq!((seen.moved.emails, seen.waiting, seen.put_off), (3, 0, 1));
    node.database.client().batch_execute("DROP TRIGGER break ON email").await.unwrap();
    node.clock.set(node.clock.now() + chrono::Duration::minutes(5));
    finish(&node.trust).await;
    assert_eq!(statuses(&node).await, [all("verified", "verified", 4)]);
}

#[tokio::test]
async fn news_for_deliveries_alone_concern_those_that_are_not_calculated() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let publish = async |this_update: &str, next_update: &str| {
        let crl = pki.intermediate.crl(at(this_update), at(next_update), &[]);
        let record = crl_record(&crl, "operator").unwrap();
        let added =
            node.store.transaction("test", async |t| add_crls(t, std::slice::from_ref(&record)).await);
        let reverification = added.await.unwrap().reverification.unwrap();
        finish(&node.trust).await;
        progress_of(&node, reverification).await
    };
    publish("2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z").await;
    let ann = pki.ann(|spec| spec.extensions.push(("2.5.29.31", false, distribution_point(URL))));
    node.deliver(&pki.message(&ann, 1), DELIVERED).await;
    let version = "SELECT xmin::text FROM account";
    let version = async || node.database.client().query_one(version, &[]).await.unwrap().get::<_, String>(0);
    let before = version().await;
    assert_eq!(publish("2026-03-01T10:00:00Z", "2026-05-01T00:00:00Z").await.verdicts, 1);
    assert_eq!(version().await, before, "nothing to tell, and nobody locked");

    // A delivery of which the evidence says nothing yet.
    let late = node.deliver(&pki.message(&ann, 2), "2026-06-01T00:00:00Z").await.email;
    let undetermined = node.smime(late).await;
    assert_eq!(
        (undetermined.status, undetermined.status_at_delivery),
        (Some(Status::Verified), Some(Status::Signed))
    );
    let changes = state(&node).await;
    let moved = publish("2026-03-01T11:00:00Z", "2026-07-01T00:00:00Z").await.moved;
    assert_eq!((moved.emails, moved.statuses, moved.statuses_at_delivery), (1, 0, 1));
    assert_eq!(node.smime(late).await.status_at_delivery, Some(Status::Verified));
    assert_eq!(tellings(&node, changes).await, [(1, 1)]);
}

/// The anchor of the root as it is stored.
async fn stored(node: &Node) -> Anchor {
    node.store.transaction("test", async |t| anchors(t).await).await.unwrap().remove(0)
}

async fn change(node: &Node, policy: &AnchorPolicy) -> Option<ReverificationId> {
    let anchor = Anchor { policy: policy.clone(), name: "Renamed".to_owned(), ..stored(node).await };
    let changed =
        node.store.transaction("test", async |t| change_anchor(t, &anchor, Revocation::Named).await);
    let reverification = changed.await.unwrap();
    finish(&node.trust).await;
    reverification
}

#[tokio::test]
async fn demands_are_stored_and_laxer_ones_mend_what_failed_at_delivery() {
    let (node, pki) = (Node::new().await, Pki::new());
    let demands = AnchorPolicy {
        revocation: Some(Revocation::Soft),
        trusted_from: Some(at("2024-01-01T00:00:00Z")),
        trusted_until: Some(at("2025-01-01T00:00:00Z")),
        algorithms: vec!["ecdsa".to_owned(), "rsa-sha256".to_owned()],
        policies: vec!["2.5.29.32.0".to_owned()],
    };
    let anchor = Anchor { policy: demands.clone(), ..pki.anchor(node.clock.now()) };
    let added = node.store.transaction("test", async |t| add_anchors(t, std::slice::from_ref(&anchor)).await);
    assert_eq!(added.await.unwrap().new, [anchor.fingerprint]);
    assert_eq!(stored(&node).await, anchor);
    let email = node.deliver(&pki.message(&pki.ann(|_| {}), 1), DELIVERED).await.email;
    let before = node.smime(email).await;
    assert_eq!(codes(&before), [Code::UntrustedRoot, Code::InvalidChain]);
    assert_eq!(before.status_at_delivery, Some(Status::Failed));

    // Still outside of its time, so that nothing is mended.
    let no_policies = AnchorPolicy { policies: Vec::new(), ..demands };
    assert!(change(&node, &no_policies).await.is_some());
    assert_eq!(stored(&node).await.name, "Renamed");
    assert_eq!(codes(&node.smime(email).await), [Code::UntrustedRoot]);
    let longer = AnchorPolicy { trusted_until: Some(at("2027-01-01T00:00:00Z")), ..no_policies };
    assert!(change(&node, &longer).await.is_some());
    let mended = node.smime(email).await;
    assert_eq!((mended.status, mended.status_at_delivery), (Some(Status::Verified), Some(Status::Verified)));
    assert_eq!(change(&node, &longer).await, None, "it is so already");

    // However strict it becomes, what is remembered stays.
    let stricter = AnchorPolicy { algorithms: vec!["rsa-pss".to_owned()], ..longer.clone() };
    assert!(change(&node, &stricter).await.is_some());
    let spoilt = node.smime(email).await;
    assert_eq!((spoilt.status, spoilt.status_at_delivery), (Some(Status::Failed), Some(Status::Verified)));
    let late = node.deliver(&pki.message(&pki.ann(|_| {}), 2), DELIVERED).await.email;
    assert_eq!(node.smime(late).await.status_at_delivery, Some(Status::Failed));
    // Stricter still, in something else: what failed at delivery stays failed although it would be verified by now.
    let hard = AnchorPolicy { revocation: Some(Revocation::Hard), ..stricter };
    assert!(change(&node, &hard).await.is_some());
    assert_eq!(node.smime(late).await.status_at_delivery, Some(Status::Failed));
}

#[test]
fn laxer_is_what_more_chains_can_meet() {
    let day = |day| -> Option<DateTime<Utc>> { Some(at(&format!("2026-01-{day:02}T00:00:00Z"))) };
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let none = AnchorPolicy::default;
    let revocation = |revocation| AnchorPolicy { revocation: Some(revocation), ..none() };
    // The first of two is the stricter one.
    for (strict, lax) in [
        (revocation(Revocation::Hard), none()),
        (none(), revocation(Revocation::Soft)),
        (revocation(Revocation::Soft), revocation(Revocation::Off)),
        (AnchorPolicy { trusted_from: day(2), ..none() }, none()),
        (AnchorPolicy { trusted_from: day(2), ..none() }, AnchorPolicy { trusted_from: day(1), ..none() }),
        (AnchorPolicy { trusted_until: day(2), ..none() }, none()),
        (AnchorPolicy { trusted_until: day(2), ..none() }, AnchorPolicy { trusted_until: day(3), ..none() }),
        (AnchorPolicy { algorithms: names(&["rsa"]), ..none() }, none()),
        (
            AnchorPolicy { policies: names(&["1.2.3"]), ..none() },
            AnchorPolicy { policies: names(&["1.2.3", "1.2.4"]), ..none() },
        ),
    ] {
        assert!(lax.is_laxer_than(&strict, Revocation::Named), "{strict:?} {lax:?}");
        assert!(!strict.is_laxer_than(&lax, Revocation::Named), "{strict:?} {lax:?}");
        assert!(!lax.is_laxer_than(&lax, Revocation::Named));
    }
    let named = revocation(Revocation::Named);
    assert!(!named.is_laxer_than(&none(), Revocation::Named), "that is what the installation says");
}

#[tokio::test]
async fn the_tables_take_no_demands_that_mean_nothing() {
    let node = Node::new().await;
    for (column, value) in [
        ("revocation", "'never'"),
        ("algorithms", "'{RSA}'"),
        ("algorithms", "'{NULL}'"),
        ("algorithms", "'{\"\"}'"),
        ("policies", "'{1.2.x}'"),
        ("policies", "'{1}'"),
        ("trusted_from, trusted_until", "'2026-01-02', '2026-01-01'"),
    ] {
        let insert = format!(
            "INSERT INTO trust_anchor (fingerprint, der, name, added_at, {column}) VALUES ('', '', '', '2026-01-01', {value})"
        );
        let refused = node.database.client().batch_execute(&insert).await.unwrap_err();
        assert!(
            refused.code() == Some(&tokio_postgres::error::SqlState::CHECK_VIOLATION),
            "{column} {value}: {refused}"
        );
    }
}
