//! `signet explain`: why a message has its status, and until when. The time is moved where the library is asked; the
//! program itself goes by the machine's clock.

use std::process::{Command, Output};

use serde_json::{Value, json};
use signet::cli::explain::Explanation;
use signet::store::trust::add_crls;
use signet::trust::material::crl_record;
use signet::wire::ids::EmailId;

use crate::support::Node;
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed};
use crate::support::node::at;
use crate::support::pki::{Identity, RevokedEntry, Spec};
use crate::trust::{DELIVERED, Pki};

/// Between the evaluation at noon and a day later.
const TONIGHT: &str = "2026-03-02T00:00:00Z";

/// A node that trusts the root of a PKI, and has one message of Ann's.
struct Case {
    node: Node,
    pki: Pki,
    ann: Identity,
    email: EmailId,
}

impl Case {
    async fn new(change: impl FnOnce(&mut Spec)) -> Self {
        Self::with_crls(change, |_| Vec::new()).await
    }

    /// The CRLs are the operator's before the message comes.
    async fn with_crls(change: impl FnOnce(&mut Spec), crls: impl FnOnce(&Pki) -> Vec<Vec<u8>>) -> Self {
        let (node, pki) = (Node::new().await, Pki::new());
        node.trust_root(&pki).await;
        let ann = pki.ann(|spec| {
            spec.serial = 11;
            change(spec);
        });
        add(&node, &crls(&pki)).await;
        let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
        Self { node, pki, ann, email }
    }

    async fn explanation(&self) -> Explanation {
        Explanation::read(&self.node.store, self.node.account, self.email).await.unwrap()
    }

    async fn next_change(&self) -> Value {
        self.explanation().await.to_json()["nextChange"].clone()
    }

    /// The words of the reasons for the next change, and its instant.
    async fn reasons(&self) -> (Vec<String>, Value) {
        let next = self.next_change().await;
        let reasons = next["reasons"].as_array().unwrap();
        let words = reasons.iter().map(|reason| reason["reason"].as_str().unwrap().to_owned()).collect();
        (words, next["at"].clone())
    }

    async fn run(&self, sql: &str) {
        self.node.database.client().batch_execute(sql).await.unwrap();
    }

    /// A story without what is made anew each time.
    fn without_chance(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, identity) in
            [("[ann]", &self.ann), ("[intermediate]", &self.pki.intermediate), ("[root]", &self.pki.root)]
        {
            text = text.replace(&hex::encode(identity.certificate.fingerprint()), name);
            let serial = identity.certificate.parse().unwrap().serial;
            text = text.replace(&format!("\"serialNumber\": \"{serial}\""), "\"serialNumber\": \"[serial]\"");
        }
        text
    }
}

/// CRLs of both authorities that are current for a week, in which the intermediate revokes these.
fn crls(pki: &Pki, revoked: &[RevokedEntry<'_>]) -> Vec<Vec<u8>> {
    let (this_update, next_update) = (at("2026-03-01T00:00:00Z"), at("2026-03-08T00:00:00Z"));
    vec![pki.root.crl(this_update, next_update, &[]), pki.intermediate.crl(this_update, next_update, revoked)]
}

async fn add(node: &Node, crls: &[Vec<u8>]) {
    let records: Vec<_> = crls.iter().map(|der| crl_record(der, "operator").unwrap()).collect();
    let added =
        node.store.transaction("test/crls", async |transaction| add_crls(transaction, &records).await);
    added.await.unwrap();
}

#[tokio::test]
async fn the_story_of_a_good_message() {
    let case = Case::with_crls(|_| {}, |pki| crls(pki, &[])).await;
    let explanation = case.explanation().await;
    insta::assert_snapshot!("story_good", case.without_chance(&explanation.story()));
}

/// The CA says a week later that the key was stolen before the message came.
#[tokio::test]
async fn what_was_remembered_differs_from_what_is_known_now() {
    let case = Case::new(|_| {}).await;
    case.node.clock.set(at("2026-03-07T00:00:00Z"));
    let revoked = [(11, at("2026-02-01T00:00:00Z"), vec![])];
    add(&case.node, &crls(&case.pki, &revoked)).await;
    case.node.trust.refresh_account(case.node.account).await.unwrap();
    let explanation = case.explanation().await;
    insta::assert_snapshot!("story_revoked", case.without_chance(&explanation.story()));
    let json = explanation.to_json();
    assert_eq!(json["smimeStatusAtDelivery"], "signed/verified");
    assert_eq!(json["composed"]["smimeStatusAtDelivery"], "signed/failed");
    let mut json = json;
    // The digest is of a CRL that is made anew each time.
    json["nextChange"]["reasons"].as_array_mut().unwrap().iter_mut().for_each(|reason| {
        reason.as_object_mut().unwrap().remove("digest");
    });
    let text = serde_json::to_string_pretty(&json).unwrap();
    insta::assert_snapshot!("json_revoked", case.without_chance(&text));
}

#[tokio::test]
async fn a_verdict_is_looked_at_again_after_a_day() {
    let case = Case::new(|_| {}).await;
    assert_eq!(case.reasons().await, (vec!["longest-belief".to_owned()], json!("2026-03-02T12:00:00Z")));
}

#[tokio::test]
async fn certificates_begin_and_expire() {
    let expiring = Case::new(|spec| spec.not_after = at(TONIGHT)).await;
    assert_eq!(
        expiring.reasons().await,
        (vec!["certificate-expires".to_owned()], json!("2026-03-02T00:00:01Z"))
    );
    let subject = expiring.next_change().await["reasons"][0]["subject"].clone();
    assert_eq!(subject, "CN=Ann");
    let beginning = Case::new(|spec| spec.not_before = at(TONIGHT)).await;
    assert_eq!(beginning.reasons().await, (vec!["certificate-begins".to_owned()], json!(TONIGHT)));
}

#[tokio::test]
async fn evidence_runs_out_and_revokes() {
    let crl = |pki: &Pki, next: &str, revoked: &[RevokedEntry<'_>]| {
        vec![pki.intermediate.crl(at("2026-03-01T00:00:00Z"), at(next), revoked)]
    };
    let expiring = Case::with_crls(|_| {}, |pki| crl(pki, TONIGHT, &[])).await;
    assert_eq!(expiring.reasons().await, (vec!["evidence-expires".to_owned()], json!(TONIGHT)));
    let reason = expiring.next_change().await["reasons"][0].clone();
    assert_eq!((&reason["kind"], &reason["source"]), (&json!("crl"), &json!("operator")));
    assert_eq!(
        reason["text"],
        "the CRL of the operator about the certificate of CN=Ann runs out (nextUpdate)"
    );
    let revoking =
        Case::with_crls(|_| {}, |pki| crl(pki, "2026-03-08T00:00:00Z", &[(11, at(TONIGHT), vec![])])).await;
    assert_eq!(revoking.reasons().await, (vec!["revocation-begins".to_owned()], json!(TONIGHT)));
}

#[tokio::test]
async fn trust_begins_and_ends() {
    let case = Case::new(|_| {}).await;
    for (column, reason) in [("trusted_until", "trust-ends"), ("trusted_from", "trust-begins")] {
        case.run(&format!(
            "UPDATE trust_anchor SET trusted_from = NULL, trusted_until = NULL;
             UPDATE trust_anchor SET {column} = '{TONIGHT}'; UPDATE verdict SET expires_at = verified_at"
        ))
        .await;
        case.node.trust.refresh_signatures(case.node.account, &[case.email]).await.unwrap();
        assert_eq!(case.reasons().await, (vec![reason.to_owned()], json!(TONIGHT)));
    }
}

#[tokio::test]
async fn evidence_begins() {
    let case = Case::with_crls(
        |_| {},
        |pki| vec![pki.intermediate.crl(at(TONIGHT), at("2026-03-08T00:00:00Z"), &[])],
    )
    .await;
    assert_eq!(case.reasons().await, (vec!["evidence-begins".to_owned()], json!(TONIGHT)));
}

#[tokio::test]
async fn what_the_chosen_path_does_not_explain_lies_elsewhere() {
    let case = Case::new(|_| {}).await;
    case.run("UPDATE verdict SET expires_at = verified_at + interval '1 hour'").await;
    assert_eq!(case.reasons().await, (vec!["elsewhere".to_owned()], json!("2026-03-01T13:00:00Z")));
}

#[tokio::test]
async fn a_verdict_that_ran_out_is_due_and_is_not_touched() {
    let case = Case::new(|_| {}).await;
    case.node.clock.set(at("2026-03-05T00:00:00Z"));
    let explanation = case.explanation().await;
    let json = explanation.to_json();
    assert_eq!(json["nextChange"]["when"], "due");
    assert_eq!(json["nextChange"]["at"], "2026-03-02T12:00:00Z");
    assert_eq!(json["signers"][0]["isDue"], true);
    assert!(explanation.story().contains("it is due"), "{}", explanation.story());
    assert_eq!(case.explanation().await.to_json(), json, "to explain is to read");
    case.node.trust.refresh_signatures(case.node.account, &[case.email]).await.unwrap();
    assert_eq!(case.next_change().await["when"], "at");
}

#[tokio::test]
async fn before_the_first_verdict_there_is_none_to_tell() {
    let case = Case::new(|_| {}).await;
    case.run(
        "UPDATE verdict SET verified_at = NULL, path = NULL; \
         UPDATE email SET smime_status = 'signed', smime_status_at_delivery = 'signed'",
    )
    .await;
    let explanation = case.explanation().await;
    let json = explanation.to_json();
    assert_eq!(json["nextChange"]["when"], "first-verdict");
    assert_eq!((&json["signers"][0]["chain"], &json["signers"][0]["delivery"]), (&json!(null), &json!(null)));
    assert!(explanation.story().contains("Verdict     none yet"), "{}", explanation.story());
}

#[tokio::test]
async fn what_the_bytes_decide_never_changes() {
    let case = Case::new(|_| {}).await;
    let altered = String::from_utf8(case.pki.message(&case.ann, 2)).unwrap().replace("at ten", "at six");
    let altered = case.node.deliver(altered.as_bytes(), DELIVERED).await.email;
    let explanation = Explanation::read(&case.node.store, case.node.account, altered).await.unwrap();
    let json = explanation.to_json();
    assert_eq!(json["nextChange"]["when"], "never");
    assert_eq!(json["facts"]["problems"][0]["code"], "content-altered");
    assert!(explanation.story().contains("NO: anybody"), "{}", explanation.story());
}

#[tokio::test]
async fn a_signer_without_certificate_is_told_by_its_name() {
    let case = Case::new(|_| {}).await;
    let other = case.pki.ann(|spec| spec.serial = 12);
    let data = SignedData {
        certificates: Vec::new(),
        ..SignedData::detached(&Signature::by(&other), ENTITY.as_bytes())
    };
    let raw = multipart_signed(&header("Ann <ann@example.org>"), ENTITY, &data.der());
    let email = case.node.deliver(&raw, DELIVERED).await.email;
    let json = Explanation::read(&case.node.store, case.node.account, email).await.unwrap().to_json();
    let signer = &json["signers"][0];
    assert_eq!(
        (&signer["issuer"], &signer["serialNumber"], &signer["isIntact"]),
        (&json!("CN=Intermediate"), &json!("0c"), &json!(false))
    );
}

#[tokio::test]
async fn the_program_tells_and_refuses() {
    let node = Node::of_the_demonstration().await;
    let url = node.database.url();
    let explain = |arguments: &[&str]| -> Output {
        Command::new(env!("CARGO_BIN_EXE_signet"))
            .args(["explain", "--database-url", &url])
            .args(arguments)
            .env_remove("SIGNET_CONFIG")
            .env("RUST_LOG", "off")
            .output()
            .unwrap()
    };
    let subjects = json!({"filter": {"subject": "minutes"}});
    let signed = node.one("Email/query", subjects).await["ids"][0].as_str().unwrap().to_owned();
    let unsigned = node.one("Email/query", json!({"filter": {"hasSmime": false}})).await["ids"][0].clone();
    let account: String =
        node.database.client().query_one("SELECT name FROM account", &[]).await.unwrap().get(0);

    let told = explain(&["--account", &account, &signed]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let story = String::from_utf8(told.stdout).unwrap();
    assert!(story.starts_with(&format!("a1 {signed}: signed/verified\n")), "{story}");
    assert!(story.contains("at once: the verdict ran out at"), "{story}");

    let json = |output: Output| -> Value { serde_json::from_slice(&output.stdout).unwrap() };
    let before = json(explain(&["--account", &account, "--json", &signed]));
    assert_eq!(before["nextChange"]["when"], "due");
    let refreshed = json(explain(&["--account", &account, "--json", "--refresh", &signed]));
    assert_eq!(refreshed["nextChange"]["when"], "at");
    assert_ne!(refreshed["signers"][0]["verifiedAt"], before["signers"][0]["verifiedAt"]);

    for (arguments, complaint) in [
        (["--account", "nobody", &signed], "there is no account"),
        (["--account", &account, "e999"], "has no email e999"),
        (["--account", &account, "17"], "is no id of an Email"),
        (["--account", &account, unsigned.as_str().unwrap()], "smimeStatus is null"),
    ] {
        let output = explain(&arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(complaint) && said.lines().count() == 1, "{said}");
    }
}
