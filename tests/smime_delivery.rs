//! Signed mail the whole way into the database.

use signet::delivery::{Delivered, Incoming, deliver};
use signet::smime::{Code, Status};
use signet::store::email::SmimeColumns;

use crate::support::Node;
use crate::support::audit::audit;
use crate::support::mail::{
    ENTITY, Signature, SignedData, header, multipart_signed, single_part, with_line_feeds,
};
use crate::support::node::membership;
use crate::support::pki::{Identity, KeyType, key, name};
use crate::trust::{DELIVERED, Pki, codes};

const FROM_ANN: &str = "Ann <ann@example.org>";

impl Pki {
    /// SignedData of Ann's without any certificate.
    fn bare(&self, signature: &Signature<'_>) -> SignedData {
        SignedData { certificates: Vec::new(), ..SignedData::detached(signature, ENTITY.as_bytes()) }
    }
}

impl Node {
    async fn delivered(&self, raw: &[u8]) -> SmimeColumns {
        let email = self.deliver(raw, DELIVERED).await.email;
        self.smime(email).await
    }
}

fn clear(data: &SignedData) -> Vec<u8> {
    multipart_signed(&header(FROM_ANN), ENTITY, &data.der())
}

#[tokio::test]
async fn line_ends_and_encodings_make_no_difference() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let ann = pki.ann(|_| {});
    let mut data = SignedData::detached(&Signature::by(&ann), ENTITY.as_bytes());
    data.certificates.push(pki.intermediate.certificate.0.clone());
    let opaque = SignedData { content: Some(ENTITY.as_bytes().to_vec()), ..data.clone() };
    for (encoding, cms, opaque) in [("DER", data.der(), opaque.der()), ("BER", data.ber(), opaque.ber())] {
        for raw in [
            multipart_signed(&header(FROM_ANN), ENTITY, &cms),
            single_part(&header(FROM_ANN), "application/pkcs7-mime; smime-type=signed-data", &opaque),
        ] {
            for (line_ends, raw) in [("LF", with_line_feeds(&raw)), ("CRLF", raw)] {
                let columns = node.delivered(&raw).await;
                let verified = Some(Status::Verified);
                assert_eq!(
                    (columns.status, columns.status_at_delivery, columns.errors),
                    (verified, verified, None),
                    "{encoding} {line_ends}"
                );
            }
        }
    }
    audit(node.database.client()).await;
}

#[tokio::test]
async fn a_certificate_seen_before_serves_a_message_that_comes_without() {
    for by_key_identifier in [false, true] {
        let (node, pki) = (Node::new().await, Pki::new());
        node.trust_root(&pki).await;
        // A serial number that DER writes with a zero octet in front.
        let ann = pki.ann(|spec| spec.serial = 0x00C0_FFEE);
        let bare = pki.bare(&Signature { by_key_identifier, ..Signature::by(&ann) });

        let stranger = node.delivered(&clear(&bare)).await;
        assert_eq!(
            (stranger.status, codes(&stranger)),
            (Some(Status::Failed), vec![Code::SignerCertificateMissing])
        );
        node.deliver(&pki.message(&ann, 1), DELIVERED).await;
        let known = multipart_signed(&header(FROM_ANN).replace("<1@", "<2@"), ENTITY, &bare.der());
        assert_eq!(node.delivered(&known).await.status, Some(Status::Verified), "{by_key_identifier}");
        audit(node.database.client()).await;
    }
}

#[tokio::test]
async fn a_certificate_beside_it_in_one_delivery_serves_too() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let ann = pki.ann(|_| {});
    let messages = [clear(&pki.bare(&Signature::by(&ann))), pki.message(&ann, 1)].map(|raw| Incoming {
        raw,
        received_at: None,
        membership: membership(&[node.inbox], &[]),
    });
    let receipt = deliver(&node.trust, node.account, messages.to_vec(), None).await.unwrap();
    for outcome in receipt.outcomes {
        let Delivered::Stored(stored) = outcome else { panic!("{outcome:?}") };
        assert_eq!(node.smime(stored.email).await.status, Some(Status::Verified));
    }
}

#[tokio::test]
async fn a_namesake_neither_helps_nor_hinders() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let mut namesake = None;
    let ann = pki.ann(|spec| {
        let mut other = spec.clone();
        other.key = key(KeyType::P256);
        namesake = Some(other);
    });
    let namesake: Identity = namesake.unwrap().issued_by(&pki.intermediate);
    node.deliver(&pki.message(&namesake, 1), DELIVERED).await;

    let bare = pki.bare(&Signature::by(&ann));
    let unknown = node.delivered(&clear(&bare)).await;
    assert_eq!(
        (unknown.status, codes(&unknown)),
        (Some(Status::Failed), vec![Code::SignerCertificateMissing])
    );
    node.deliver(&pki.message(&ann, 2), DELIVERED).await;
    let known = multipart_signed(&header(FROM_ANN).replace("<1@", "<3@"), ENTITY, &bare.der());
    assert_eq!(node.delivered(&known).await.status, Some(Status::Verified));
}

#[tokio::test]
async fn names_and_key_identifiers_of_any_length_are_delivered() {
    let (node, pki) = (Node::new().await, Pki::new());
    let noise: String =
        (0..1000).map(|n| hex::encode(openssl::sha::sha256(&[n as u8, (n >> 8) as u8]))).collect();
    let long = pki.ann(|spec| {
        spec.subject = name(&noise, None);
        let identifier = crate::support::der::octets(noise.as_bytes());
        spec.extensions.push(("2.5.29.14", false, identifier));
    });
    let authority = crate::support::pki::authority(&noise).self_signed();
    let crl = authority.crl(node.clock.now(), node.clock.now() + chrono::Duration::days(1), &[]);
    let mut data = SignedData::detached(&Signature::by(&long), ENTITY.as_bytes());
    data.certificates.extend([pki.intermediate.certificate.0.clone(), authority.certificate.0]);
    data.crls.push(crl);
    node.delivered(&clear(&data)).await;
    let longest = node
        .database
        .client()
        .query_one(
            "SELECT (SELECT max(length(subject)) FROM certificate), (SELECT max(length(issuer)) FROM revocation_evidence)",
            &[],
        )
        .await
        .unwrap();
    assert!(longest.get::<_, i32>(0) > 60_000 && longest.get::<_, i32>(1) > 60_000);
}
