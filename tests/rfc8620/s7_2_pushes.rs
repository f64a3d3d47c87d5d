//! RFC 8620 §7.2: what is pushed, when, and how (RFC 8030, 8188, 8291, 8292, 9749).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::{BigNum, BigNumContext};
use openssl::derive::Deriver;
use openssl::ec::{EcGroup, EcKey, EcPoint, PointConversionForm};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;
use openssl::sign::Signer;
use openssl::symm::{Cipher, decrypt_aead};
use serde_json::{Value, json};
use signet::clock::Clock;
use signet::store::mailbox::{self, MailboxSettings};
use signet::store::push;
use signet::wire::ids::AccountId;

use super::s7_2_push_subscription::{A_WHILE, create, get, mailbox_state, make_mailbox, subscribe, verify};
use crate::support::TestServer;
use crate::support::node::{NOON, at};
use crate::support::push_service::{Arrived, PushService};

#[tokio::test]
async fn only_the_types_that_are_asked_for_are_pushed() {
    let mut service = PushService::start();
    let server = TestServer::start_with(|config| service.allow(config)).await;
    subscribe(&server, &mut service, json!({"types": ["EmailDelivery"]})).await;
    make_mailbox(&server, "One").await;
    service.is_quiet_for(A_WHILE).await;
    let raw = b"From: ann@example.org\r\n\r\nHello\r\n".to_vec();
    server.import(raw, "inbox", "2026-01-01T00:00:00Z").await;
    let change = service.object().await;
    assert_eq!(change["changed"]["a1"].as_object().unwrap().keys().collect::<Vec<_>>(), ["EmailDelivery"]);
}

/// The client's half of RFC 8291.
struct Device {
    key: EcKey<Private>,
    public: Vec<u8>,
    auth: [u8; 16],
}

impl Device {
    fn new() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = EcKey::generate(&group).unwrap();
        let mut context = BigNumContext::new().unwrap();
        let form = PointConversionForm::UNCOMPRESSED;
        let public = key.public_key().to_bytes(&group, form, &mut context).unwrap();
        Self { key, public, auth: *b"sixteen octets!!" }
    }

    fn keys(&self) -> Value {
        json!({
            "p256dh": URL_SAFE_NO_PAD.encode(&self.public),
            "auth": URL_SAFE_NO_PAD.encode(self.auth),
        })
    }

    fn decrypt(&self, push: &Arrived) -> Value {
        assert_eq!(push.headers["content-encoding"], "aes128gcm");
        let (salt, rest) = push.body.split_at(16);
        assert_eq!(rest[..4], 4096_u32.to_be_bytes());
        let (theirs, sealed) = rest[5..].split_at(usize::from(rest[4]));
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let point = EcPoint::from_bytes(&group, theirs, &mut BigNumContext::new().unwrap()).unwrap();
        let their_key = PKey::from_ec_key(EcKey::from_public_key(&group, &point).unwrap()).unwrap();
        let our_key = PKey::from_ec_key(self.key.clone()).unwrap();
        let mut deriver = Deriver::new(&our_key).unwrap();
        deriver.set_peer(&their_key).unwrap();
        let shared = deriver.derive_to_vec().unwrap();
        let info = [b"WebPush: info\0".as_slice(), &self.public, theirs, &[1]].concat();
        let input = hmac(&hmac(&self.auth, &shared), &info);
        let pseudorandom = hmac(salt, &input);
        let key = hmac(&pseudorandom, b"Content-Encoding: aes128gcm\0\x01");
        let nonce = hmac(&pseudorandom, b"Content-Encoding: nonce\0\x01");
        let (sealed, tag) = sealed.split_at(sealed.len() - 16);
        let opened =
            decrypt_aead(Cipher::aes_128_gcm(), &key[..16], Some(&nonce[..12]), &[], sealed, tag).unwrap();
        serde_json::from_slice(opened.strip_suffix(&[2]).unwrap()).unwrap()
    }
}

fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let key = PKey::hmac(key).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    signer.update(data).unwrap();
    signer.sign_to_vec().unwrap()
}

#[tokio::test]
async fn with_keys_everything_is_encrypted() {
    let mut service = PushService::start();
    let server = TestServer::start_with(|config| service.allow(config)).await;
    let device = Device::new();
    let id = create(&server, &service.url("/p"), json!({"keys": device.keys()})).await;
    let push = service.push().await;
    assert!(!String::from_utf8_lossy(&push.body).contains("PushVerification"));
    let verification = device.decrypt(&push);
    assert_eq!(verification["@type"], "PushVerification");
    verify(&server, &id, &verification).await;
    make_mailbox(&server, "One").await;
    assert_eq!(device.decrypt(&service.push().await), mailbox_state(&server).await);
}

/// RFC 9749 §4: each push is authenticated with the key that the Session object tells, by RFC 8292.
#[tokio::test]
async fn each_push_says_who_pushes() {
    let mut service = PushService::start();
    let clock = Clock::frozen(at(NOON));
    let nodes = TestServer::pair_with(&clock, |config| {
        service.allow(config);
        config.public_url = Some("https://mail.example.org".to_owned().try_into().unwrap());
    })
    .await;
    let mut keys = Vec::new();
    for node in &nodes {
        let session: Value = node.get("/jmap/session").send().await.unwrap().json().await.unwrap();
        let capability = &session["capabilities"]["urn:ietf:params:jmap:webpush-vapid"];
        keys.push(capability["applicationServerKey"].as_str().unwrap().to_owned());
    }
    assert_eq!(keys[0], keys[1], "nodes share the key");

    create(&nodes[0], &service.url("/p"), json!({})).await;
    let push = service.push().await;
    let authorization = push.headers["authorization"].strip_prefix("vapid ").unwrap();
    let (token, key) = authorization.strip_prefix("t=").unwrap().split_once(", k=").unwrap();
    assert_eq!(key, keys[0]);
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("{token}") };
    let json =
        |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    assert_eq!(json(header), json!({"typ": "JWT", "alg": "ES256"}));
    let claims_object = json(claims);
    assert_eq!(claims_object["aud"], service.origin());
    assert_eq!(claims_object["sub"], "https://mail.example.org");
    let ahead = claims_object["exp"].as_i64().unwrap() - at(NOON).timestamp();
    assert!((1..=86_400).contains(&ahead), "{ahead}");

    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let point = URL_SAFE_NO_PAD.decode(key).unwrap();
    let point = EcPoint::from_bytes(&group, &point, &mut BigNumContext::new().unwrap()).unwrap();
    let public = EcKey::from_public_key(&group, &point).unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert_eq!(signature.len(), 64);
    let number = |octets: &[u8]| BigNum::from_slice(octets).unwrap();
    let signature =
        EcdsaSig::from_private_components(number(&signature[..32]), number(&signature[32..])).unwrap();
    let digest = sha256(format!("{header}.{claims}").as_bytes());
    assert!(signature.verify(&digest, &public).unwrap());
}

#[tokio::test]
async fn a_push_that_fails_is_tried_again_and_tells_what_happened_meanwhile() {
    let mut service = PushService::start();
    let server = TestServer::start_with(|config| service.allow(config)).await;
    subscribe(&server, &mut service, json!({})).await;
    service.answer(&["500 Oops\r\n", "429 Too Many Requests\r\nRetry-After: 3\r\n"]);
    make_mailbox(&server, "One").await;
    service.object().await;
    make_mailbox(&server, "Two").await;
    service.object().await;
    // Before the push service said so, nothing comes.
    let asked = tokio::time::Instant::now();
    let third = service.object().await;
    assert!(asked.elapsed() > Duration::from_millis(2500), "{:?}", asked.elapsed());
    assert_eq!(third, mailbox_state(&server).await);
    service.is_quiet_for(A_WHILE).await;
}

#[tokio::test]
async fn a_subscription_that_the_push_service_does_not_know_is_dropped() {
    let mut service = PushService::start();
    let server = TestServer::start_with(|config| service.allow(config)).await;
    let is_gone = async |id: &str| {
        let gone = async {
            while get(&server, json!({"ids": [id]})).await["list"] != json!([]) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
    };
    for status in ["404 Not Found\r\n", "410 Gone\r\n"] {
        let id = subscribe(&server, &mut service, json!({})).await;
        service.answer(&[status]);
        make_mailbox(&server, status.trim()).await;
        service.object().await;
        is_gone(&id).await;
    }
    // Who does not want the verification is not asked twice; nor is a redirect followed.
    for status in ["403 Forbidden\r\n", "307 Temporary Redirect\r\nLocation: /elsewhere\r\n"] {
        service.answer(&[status]);
        let id = create(&server, &service.url("/p"), json!({})).await;
        service.object().await;
        is_gone(&id).await;
    }
    service.is_quiet_for(A_WHILE).await;
}

#[tokio::test]
async fn of_two_nodes_one_pushes_and_each_change_once() {
    let mut service = PushService::start();
    let clock = Clock::system();
    let [one, other] = TestServer::pair_with(&clock, |config| service.allow(config)).await;
    subscribe(&one, &mut service, json!({})).await;
    for name in ["One", "Two", "Three"] {
        make_mailbox(&other, name).await;
        assert_eq!(service.object().await, mailbox_state(&one).await);
        service.is_quiet_for(A_WHILE).await;
    }
}

#[tokio::test]
async fn what_a_node_had_claimed_when_it_died_another_tells() {
    let mut service = PushService::start();
    let clock = Clock::frozen(at(NOON));
    let [mut one, mut other] = TestServer::pair_with(&clock, |config| service.allow(config)).await;
    subscribe(&one, &mut service, json!({})).await;
    for node in [&mut one, &mut other] {
        node.stop();
        node.ended().await;
    }
    // The change is noted, whether or not any node runs; and a node takes it, and is gone.
    let account = AccountId(1);
    let settings = MailboxSettings {
        name: "One".to_owned(),
        parent: None,
        role: None,
        sort_order: 0,
        is_subscribed: true,
    };
    let made =
        one.store.write("test/mailbox", account, async |writer| mailbox::create(writer, &settings).await);
    made.await.unwrap();
    clock.set(at("2026-03-01T12:00:10Z"));
    let claimed = one.store.transaction("test/claim", async |transaction| {
        assert_eq!(push::spread(transaction, 10).await?, 1);
        push::claim(transaction, chrono::Duration::seconds(60)).await
    });
    assert!(claimed.await.unwrap().is_some());

    let survivor = one.restart(|config| service.allow(config)).await;
    service.is_quiet_for(A_WHILE).await;
    clock.set(at("2026-03-01T12:01:11Z"));
    let hint = "SELECT pg_notify('signet_push', '')";
    survivor.database.client().query(hint, &[]).await.unwrap();
    assert_eq!(service.object().await, mailbox_state(&survivor).await);
}
