//! Signatures as mail carries them: CMS objects (RFC 5652 §5) with Ed25519 and SHA-512 (RFC 8419).

use chrono::{DateTime, Utc};
use openssl::error::ErrorStack;
use openssl::sha::sha512;

use super::der;
use super::pki::{ED25519, Holder};
use crate::smime::Certificate;

/// id-data and id-signedData.
const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 13, 1, 7, 1];
const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 13, 1, 7, 2];
/// id-contentType, id-messageDigest and id-signingTime.
const CONTENT_TYPE: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 13, 1, 9, 3];
const MESSAGE_DIGEST: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 13, 1, 9, 4];
const SIGNING_TIME: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 13, 1, 9, 5];
const SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];

/// What is signed.
#[derive(Clone, Copy)]
pub(super) struct Content<'a> {
    pub(super) octets: &'a [u8],
    /// Whether it stands in the object, and not beside it.
    pub(super) is_inside: bool,
}

/// The ContentInfo of a signature over `content`, with these certificates. `issuer` is the name of who certified the
/// signer.
pub(super) fn sign(
    signer: &Holder,
    issuer: &[u8],
    certificates: &[&Certificate],
    content: Content<'_>,
    at: DateTime<Utc>,
) -> Result<Vec<u8>, ErrorStack> {
    let digest_algorithm = der::sequence(&[&der::oid(SHA512)]);
    // A SET OF in the order of DER, which is that of its elements' octets: the shortest comes first.
    let attributes = [
        attribute(CONTENT_TYPE, &der::oid(DATA)),
        attribute(SIGNING_TIME, &der::time(at)),
        attribute(MESSAGE_DIGEST, &der::octets(&sha512(content.octets))),
    ]
    .concat();
    // The signature is over the attributes as a SET OF, though they bear another tag where they stand (§5.4).
    let signature = signer.sign(&der::tlv(0x31, &attributes))?;
    let signer_info = der::sequence(&[
        &der::integer(&[1]),
        &der::sequence(&[issuer, &der::integer(&signer.serial)]),
        &digest_algorithm,
        &der::tlv(0xA0, &attributes),
        &der::sequence(&[&der::oid(ED25519)]),
        &der::octets(&signature),
    ]);
    let certificates: Vec<u8> =
        certificates.iter().flat_map(|certificate| certificate.0.iter().copied()).collect();
    let inside = match content.is_inside {
        true => der::tlv(0xA0, &der::octets(content.octets)),
        false => Vec::new(),
    };
    let signed_data = der::sequence(&[
        &der::integer(&[1]),
        &der::set(&[&digest_algorithm]),
        &der::sequence(&[&der::oid(DATA), &inside]),
        &der::tlv(0xA0, &certificates),
        &der::set(&[&signer_info]),
    ]);
    Ok(der::sequence(&[&der::oid(SIGNED_DATA), &der::tlv(0xA0, &signed_data)]))
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(kind), &der::set(&[value])])
}
