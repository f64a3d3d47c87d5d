//! Who signed: the property smimeSigners (docs/extensions/smime-signers.md).

mod first_seen;

use serde_json::{Value, json};
use signet::wire::ids::EmailId;

use crate::support::Node;
use crate::support::audit::audit;
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed, single_part};
use crate::support::node::{CORE, MAIL, SMIMEVERIFY, at};
use crate::support::pki::{Identity, KeyType, person};
use crate::trust::{DELIVERED, Pki};

const SIGNERS: &str = "https://signet.invalid/jmap/smime-signers";
const FROM_ANN: &str = "Ann <ann@example.org>";

impl Node {
    /// smimeSigners of an email.
    async fn signers(&self, email: EmailId) -> Value {
        let got = self.with_signers(json!({"ids": [email]})).await;
        got["list"][0]["smimeSigners"].clone()
    }

    async fn with_signers(&self, mut arguments: Value) -> Value {
        arguments["accountId"] = json!(self.account);
        arguments["properties"] = json!(["smimeSigners"]);
        self.call(&[CORE, MAIL, SIGNERS], json!([["Email/get", arguments, "0"]])).await[0][1].clone()
    }

    async fn first_seen(&self, email: EmailId) -> Value {
        self.signers(email).await[0]["firstSeenAt"].clone()
    }

    async fn destroy(&self, email: EmailId) {
        let set = self.one("Email/set", json!({"destroy": [email]})).await;
        assert_eq!(set["destroyed"], json!([email]));
    }
}

/// A clear-signed message by these signers, each with its certificate unless it is left out.
fn signed_by(signatures: &[(&Signature<'_>, bool)], further: &[&Identity]) -> Vec<u8> {
    let mut data = SignedData::default();
    for (signature, with_certificate) in signatures {
        data.signer_infos.push(signature.over(ENTITY.as_bytes()));
        if *with_certificate {
            data.certificates.push(signature.signer.certificate.0.clone());
        }
    }
    data.certificates.extend(further.iter().map(|identity| identity.certificate.0.clone()));
    multipart_signed(&header(FROM_ANN), ENTITY, &data.der())
}

/// Without what is made anew each time: fingerprints, and the serial numbers of authorities.
fn without_chance(mut value: Value) -> Value {
    match &mut value {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                *value = match (name.as_str(), value.take()) {
                    ("fingerprint", Value::String(_)) => json!("[hex]"),
                    ("serialNumber", Value::String(serial)) if serial.len() > 2 => json!("[serial]"),
                    (_, value) => without_chance(value),
                };
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| *value = without_chance(value.take())),
        _ => {}
    }
    value
}

#[tokio::test]
async fn the_signers_of_the_demonstration() {
    let node = Node::of_the_demonstration().await;
    let sort = json!([{"property": "receivedAt", "isAscending": true}]);
    let ids = node.one("Email/query", json!({"sort": sort})).await["ids"].clone();
    let got = node.with_signers(json!({"ids": ids})).await;
    let list = got["list"].as_array().unwrap();
    for (name, number) in [
        ("unsigned", 1),
        ("good", 2),
        ("expired", 7),
        ("revoked", 9),
        ("opaque", 10),
        ("altered", 11),
        ("forged", 12),
        ("wrong_from", 14),
        ("unknown_root", 15),
        ("openpgp", 17),
        ("encrypted", 18),
        ("partly_signed", 19),
    ] {
        insta::assert_json_snapshot!(format!("demonstration_{name}"), list[number - 1]["smimeSigners"]);
    }
    audit(node.database.client()).await;
}

#[tokio::test]
async fn several_signers_of_several_kinds() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let ann = pki.ann(|spec| spec.serial = 11);
    let mut notary = person("Notary", KeyType::Ed25519, &["notary@example.com"]);
    notary.serial = 12;
    notary.not_after = at("2026-03-10T00:00:00Z");
    let notary = notary.issued_by(&pki.intermediate);
    let mut absent = person("Absent", KeyType::Rsa, &["absent@example.com"]);
    absent.serial = 13;
    let absent = absent.issued_by(&pki.intermediate);
    let by_ann = Signature { signing_time: Some(at("2026-02-28T08:59:00Z")), ..Signature::by(&ann) };
    let raw = signed_by(
        &[(&Signature::by(&absent), false), (&Signature::by(&notary), true), (&by_ann, true)],
        &[&pki.intermediate],
    );
    let email = node.deliver(&raw, DELIVERED).await.email;
    let signers = node.signers(email).await;
    insta::assert_json_snapshot!("several_signers", without_chance(signers.clone()));
    assert_eq!(signers[0]["fingerprint"], hex::encode(notary.certificate.fingerprint()));
    assert_eq!(signers[1]["chain"][2]["fingerprint"], hex::encode(pki.root.certificate.fingerprint()));

    // Nobody's status rests on the notary, and what is told of it is true all the same.
    node.clock.set(at("2026-03-11T00:00:00Z"));
    let later = node.signers(email).await;
    assert_eq!((&later[0]["isVerified"], &later[1]["isVerified"]), (&json!(false), &json!(true)));
    assert_eq!(later[0]["verifiedAt"], "2026-03-11T00:00:00Z");
    let all = node.with_signers(json!({"ids": null})).await;
    assert_eq!(all["list"][0]["smimeSigners"], later);
}

#[tokio::test]
async fn a_certificate_that_is_named_by_its_key_and_missing() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|_| {});
    let signature = Signature { by_key_identifier: true, ..Signature::by(&ann) };
    let email = node.deliver(&signed_by(&[(&signature, false)], &[]), DELIVERED).await.email;
    let signers = node.signers(email).await;
    assert_eq!(signers.as_array().unwrap().len(), 1);
    assert_eq!(
        signers[0]["subjectKeyIdentifier"],
        hex::encode(crate::support::pki::key_identifier(&ann.key))
    );
    assert_eq!(signers[0]["isIntact"], false);
    let told = signers[0].as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    let told: Vec<&str> = told.map(|(name, _)| name.as_str()).collect();
    assert_eq!(told, ["isSender", "isIntact", "isVerified", "errors", "subjectKeyIdentifier"]);
}

#[tokio::test]
async fn kinds_of_keys() {
    let (node, pki) = (Node::new().await, Pki::new());
    for (key_type, expected) in [
        (KeyType::Rsa, json!(["rsa", 2048, null])),
        (KeyType::WeakRsa, json!(["rsa", 1024, null])),
        (KeyType::P384, json!(["ec", 384, "P-384"])),
        (KeyType::P521, json!(["ec", 521, "P-521"])),
        (KeyType::Dsa, json!(["dsa", 1024, null])),
        (KeyType::Ed25519, json!(["ed25519", 256, null])),
    ] {
        let ann = person("Ann", key_type, &["ann@example.org"]).issued_by(&pki.intermediate);
        let data = SignedData::enclosing(&Signature::by(&ann), ENTITY.as_bytes());
        let raw =
            single_part(&header(FROM_ANN), "application/pkcs7-mime; smime-type=signed-data", &data.der());
        let email = node.deliver(&raw, DELIVERED).await.email;
        let signer = &node.signers(email).await[0];
        assert_eq!(
            json!([signer["keyAlgorithm"], signer["keySize"], signer["keyCurve"]]),
            expected,
            "{key_type:?}"
        );
        assert_eq!(signer["isIntact"], true, "{key_type:?}");
    }
}

#[tokio::test]
async fn evidence_is_told_with_where_it_came_from() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let ann = pki.ann(|spec| spec.serial = 11);
    let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let client = node.database.client();
    let store = "INSERT INTO revocation_evidence (digest, kind, der, issuer, this_update, source, added_at)
                 VALUES ('\\xaa', 'crl', '', '', '2026-03-01Z', 'operator', '2026-03-01Z')";
    client.batch_execute(store).await.unwrap();
    let used = |digest: &str, kind: &str, about: &Identity, revoked: Option<&str>| {
        json!({"kind": kind, "digest": digest, "certificate": hex::encode(about.certificate.fingerprint()),
               "thisUpdate": "2026-03-01T00:00:00Z", "nextUpdate": "2026-03-08T00:00:00Z", "revokedFrom": revoked})
    };
    let evidence = json!([
        used("aa", "crl", &ann, Some("2026-03-02T00:00:00Z")),
        used("bb", "ocsp", &pki.intermediate, None)
    ]);
    let path = [&ann, &pki.intermediate, &pki.root].map(|identity| identity.certificate.fingerprint());
    let record = json!([{"signer_id": 1, "expires_at": "2026-03-02T00:00:00Z", "is_good": true, "problems": [],
                         "good": "{}", "undetermined": "{}", "path": path.map(hex::encode), "evidence": evidence}]);
    let store = include_str!("../../sql/verdict/store.sql");
    let row = client.query_one(store, &[&record, &at("2026-03-01T12:00:00Z")]).await.unwrap();
    assert!(!row.get::<_, bool>("is_news"), "evidence alone is none");
    let signers = node.signers(email).await;
    let revocation = |place: usize| signers[0]["chain"][place]["revocation"].clone();
    assert_eq!(
        revocation(0),
        json!([{"kind": "crl", "source": "operator", "thisUpdate": "2026-03-01T00:00:00Z",
                "nextUpdate": "2026-03-08T00:00:00Z", "revokedAt": "2026-03-02T00:00:00Z"}])
    );
    assert_eq!(
        revocation(1),
        json!([{"kind": "ocsp", "source": null, "thisUpdate": "2026-03-01T00:00:00Z",
                "nextUpdate": "2026-03-08T00:00:00Z", "revokedAt": null}])
    );
    assert_eq!(revocation(2), json!([]));
}

#[tokio::test]
async fn path_and_evidence_are_nothing_new_by_themselves() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let email = node.deliver(&pki.message(&pki.ann(|_| {}), 1), DELIVERED).await.email;
    let properties = json!({"ids": [email], "properties": ["id"]});
    let before = node.one("Email/get", properties.clone()).await["state"].clone();
    let forget = "UPDATE verdict SET path = NULL";
    node.database.client().batch_execute(forget).await.unwrap();
    assert_eq!(node.signers(email).await[0]["chain"], json!(null), "nobody kept it");

    node.clock.set(at("2026-03-03T12:00:00Z"));
    let signers = node.signers(email).await;
    assert_eq!(signers[0]["verifiedAt"], "2026-03-03T12:00:00Z");
    assert_eq!(signers[0]["chain"].as_array().unwrap().len(), 3);
    assert_eq!(node.one("Email/get", properties).await["state"], before);
}

#[tokio::test]
async fn an_anchor_that_was_removed_leaves_its_fingerprint() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let email = node.deliver(&pki.message(&pki.ann(|_| {}), 1), DELIVERED).await.email;
    node.database.client().batch_execute("DELETE FROM trust_anchor").await.unwrap();
    let signers = node.signers(email).await;
    let root = &signers[0]["chain"][2];
    assert_eq!(root["fingerprint"], hex::encode(pki.root.certificate.fingerprint()));
    assert_eq!((&root["subject"], &root["isTrustAnchor"]), (&json!(null), &json!(false)));
}

#[tokio::test]
async fn nothing_shows_without_the_capability() {
    let (node, pki) = (Node::new().await, Pki::new());
    let email = node.deliver(&pki.message(&pki.ann(|_| {}), 1), DELIVERED).await.email;
    let get = json!([["Email/get",
        {"accountId": node.account, "ids": [email], "properties": ["smimeSigners"]}, "0"]]);
    for using in [&[CORE, MAIL][..], &[CORE, MAIL, SMIMEVERIFY]] {
        assert_eq!(node.call(using, get.clone()).await[0][1]["type"], "invalidArguments", "{using:?}");
    }
    let by_default = json!([["Email/get", {"accountId": node.account, "ids": [email]}, "0"]]);
    let got = node.call(&[CORE, MAIL, SIGNERS], by_default).await;
    assert!(got[0][1]["list"][0].get("smimeSigners").is_none(), "it was not asked for");
    // The extension adds one property, and neither a filter nor what another capability has.
    for (method, arguments) in [
        ("Email/query", json!({"filter": {"smimeSigners": true}})),
        ("Email/query", json!({"sort": [{"property": "smimeSigners"}]})),
        ("Email/get", json!({"ids": [email], "properties": ["smimeStatus"]})),
    ] {
        let mut arguments = arguments;
        arguments["accountId"] = json!(node.account);
        let responses = node.call(&[CORE, MAIL, SIGNERS], json!([[method, arguments, "0"]])).await;
        assert_eq!(responses[0][0], "error", "{method}");
    }
}

#[tokio::test]
async fn a_message_in_no_account_has_no_signers_that_anybody_vouches_for() {
    let (node, pki) = (Node::new().await, Pki::new());
    let email = node.deliver(&pki.message(&pki.ann(|_| {}), 1), DELIVERED).await.email;
    let blob = node.one("Email/get", json!({"ids": [email], "properties": ["blobId"]})).await;
    let blob = blob["list"][0]["blobId"].as_str().unwrap();
    let parse = json!({"accountId": node.account, "blobIds": [blob], "properties": ["smimeSigners"]});
    let parsed = node.call(&[CORE, MAIL, SIGNERS], json!([["Email/parse", parse, "0"]])).await;
    assert_eq!(parsed[0][1]["parsed"][blob], json!({"smimeSigners": null}));
}

/// Signatures that an older program stored have no problems of their own, and forged ones are forged all the same.
#[tokio::test]
async fn of_a_signature_without_problems_of_its_own_those_of_the_message_count() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let ann = pki.ann(|_| {});
    let good = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let forged = String::from_utf8(pki.message(&ann, 2)).unwrap().replace("at ten", "at six");
    let forged = node.deliver(forged.as_bytes(), DELIVERED).await.email;
    let before = (node.signers(good).await, node.signers(forged).await);
    assert_eq!((&before.0[0]["isIntact"], &before.1[0]["isIntact"]), (&json!(true), &json!(false)));
    let forget = "UPDATE email_signature SET problems = NULL";
    node.database.client().batch_execute(forget).await.unwrap();
    assert_eq!((node.signers(good).await, node.signers(forged).await), before);
}
