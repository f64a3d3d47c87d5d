//! What strangers can make this server do.

use super::*;
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed};
use crate::support::pki::{KeyType, authority, person};
use crate::trust::DELIVERED;

const SOURCES: &str = "SELECT count(*) FROM source";

/// Mail of somebody with a certificate of his own making, which names these URLs.
fn stranger(number: u32, change: impl FnOnce(&mut Spec)) -> Vec<u8> {
    let mut spec = person("Mallory", KeyType::P256, &["ann@example.org"]);
    change(&mut spec);
    let signer = spec.issued_by(&authority("Nobody's authority").self_signed());
    let entity = format!("{ENTITY}{number}\r\n");
    let data = SignedData::detached(&Signature::by(&signer), entity.as_bytes());
    let header = header("Ann <ann@example.org>").replace("<1@", &format!("<{number}@"));
    multipart_signed(&header, &entity, &data.der())
}

#[tokio::test]
async fn revocation_is_asked_of_nobody_whose_chain_leads_to_no_anchor() {
    let scene = Scene::new().await;
    let message = stranger(1, |spec| {
        crl_at(spec, &scene.web.url("/ca.crl"));
        authority_at(spec, "1.3.6.1.5.5.7.48.1", &scene.web.url("/ocsp"));
    });
    scene.node.deliver(&message, DELIVERED).await;
    assert_eq!(scene.count(SOURCES).await, 0);
}

#[tokio::test]
async fn issuers_that_strangers_name_are_bounded_by_host_and_hour() {
    let scene = Scene::new().await;
    let deliver = async |number: u32| {
        let url = scene.web.url(&format!("/{number}.cer"));
        let message = stranger(number, |spec| authority_at(spec, CA_ISSUERS, &url));
        scene.node.deliver(&message, DELIVERED).await;
    };
    for number in 0..25 {
        deliver(number).await;
    }
    assert_eq!(scene.count(SOURCES).await, 20);
    let attempts = scene.node.trust.fetch_due().await.unwrap();
    assert_eq!(attempts.len(), 20);
    // What is not there is not asked for again soon.
    assert!(attempts.iter().all(|attempt| (attempt.next_at - scene.node.clock.now()).num_minutes() >= 30));
    scene.wait(3601);
    deliver(25).await;
    assert_eq!(scene.count(SOURCES).await, 21);
}

#[tokio::test]
async fn one_verdict_wants_so_much_and_no_more() {
    let scene = Scene::new().await;
    let ann = scene.pki.ann(|spec| {
        let point = |number: u32| {
            let url = scene.web.url(&format!("/{number}.crl"));
            let name = der::context(0, &der::context(0, &der::tlv(0x86, url.as_bytes())));
            der::sequence(&[&name])
        };
        let points: Vec<u8> = (0..40).flat_map(point).collect();
        spec.extensions.push(("2.5.29.31", false, der::tlv(0x30, &points)));
    });
    scene.deliver(&ann, 1).await;
    assert!((1..=32).contains(&scene.count(SOURCES).await));
}

#[tokio::test]
async fn what_no_verdict_wants_any_more_is_forgotten_in_time() {
    let scene = Scene::new().await;
    let (ann, _) = scene.ann("/ca.crl");
    scene.deliver(&ann, 1).await;
    scene.wait(89 * 86_400);
    assert_eq!(scene.node.trust.forget_sources().await.unwrap(), 0);
    scene.wait(86_400 * 2);
    assert_eq!(scene.node.trust.forget_sources().await.unwrap(), 0, "it is wanted still");
    scene.node.database.client().batch_execute("DELETE FROM signer_source").await.unwrap();
    scene.wait(89 * 86_400);
    assert_eq!(scene.node.trust.forget_sources().await.unwrap(), 0);
    scene.wait(86_400 * 2);
    assert_eq!(scene.node.trust.forget_sources().await.unwrap(), 1);
    assert_eq!(scene.count(SOURCES).await, 0);
}
