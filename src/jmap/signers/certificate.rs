//! What is told of a certificate. It came out of a message, so everything about it is bounded.

use serde_json::{Value, json};

use crate::smime::{Certificate, PublicKey};
use crate::store::signature::{Fingerprint, PathCertificate, StoredEvidence, StoredVerdict};
use crate::wire::date::utc_date;
use crate::wire::envelope::Arguments;

/// Addresses of a certificate that are told.
const MOST_ADDRESSES: usize = 32;
/// Octets of an address that is told; mail goes to none that is longer than 254 (RFC 5321 §4.5.3.1).
const LONGEST_ADDRESS: usize = 320;
/// Hexadecimal digits of a serial number that is told; RFC 5280 §4.1.2.2 allows 40.
const LONGEST_SERIAL: usize = 128;

/// Whose it is: subject, addresses, issuer, serialNumber, fingerprint, notBefore, notAfter. Of a certificate that cannot
/// be read there is the fingerprint alone.
pub(super) fn names(certificate: &Certificate, fingerprint: &Fingerprint) -> Arguments {
    let mut said = Arguments::new();
    if let Ok(parsed) = certificate.parse() {
        let addresses = parsed.addresses.iter().filter(|address| address.len() <= LONGEST_ADDRESS);
        let addresses: Vec<&String> = addresses.take(MOST_ADDRESSES).collect();
        let serial = Some(parsed.serial).filter(|serial| serial.len() <= LONGEST_SERIAL);
        said.insert("subject".to_owned(), json!(parsed.subject));
        said.insert("addresses".to_owned(), json!(addresses));
        said.insert("issuer".to_owned(), json!(parsed.issuer));
        said.insert("serialNumber".to_owned(), json!(serial));
        said.insert("notBefore".to_owned(), json!(utc_date(parsed.not_before)));
        said.insert("notAfter".to_owned(), json!(utc_date(parsed.not_after)));
    }
    said.insert("fingerprint".to_owned(), json!(hex::encode(fingerprint)));
    said
}

/// What key it has: keyAlgorithm, keySize, keyCurve.
pub(super) fn key(certificate: &Certificate) -> Arguments {
    let key = PublicKey::of(certificate);
    let mut said = Arguments::new();
    said.insert("keyAlgorithm".to_owned(), json!(key.as_ref().map(|key| &key.algorithm)));
    said.insert("keySize".to_owned(), json!(key.as_ref().and_then(|key| key.bits)));
    said.insert("keyCurve".to_owned(), json!(key.as_ref().and_then(|key| key.curve.as_ref())));
    said
}

/// The path that a verdict rests on, each certificate with the evidence about it; null if nobody kept it.
pub(super) fn chain(verdict: &StoredVerdict) -> Value {
    let link = |link: &PathCertificate| certificate_on_path(link, &verdict.evidence);
    verdict.path.as_ref().map_or(Value::Null, |path| path.iter().map(link).collect())
}

fn certificate_on_path(link: &PathCertificate, evidence: &[StoredEvidence]) -> Value {
    let certificate = link.certificate.as_ref();
    let mut names = certificate.map(|certificate| names(certificate, &link.fingerprint)).unwrap_or_default();
    let fingerprint = hex::encode(link.fingerprint);
    let about_it = evidence.iter().filter(|evidence| evidence.certificate == fingerprint);
    let mut take = |name: &str| names.remove(name).unwrap_or_default();
    json!({
        "subject": take("subject"),
        "issuer": take("issuer"),
        "serialNumber": take("serialNumber"),
        "fingerprint": fingerprint,
        "notBefore": take("notBefore"),
        "notAfter": take("notAfter"),
        "isTrustAnchor": link.is_anchor,
        "revocation": about_it.map(revocation).collect::<Vec<_>>(),
    })
}

fn revocation(evidence: &StoredEvidence) -> Value {
    json!({
        "kind": evidence.kind,
        "source": evidence.source,
        "thisUpdate": utc_date(evidence.this_update),
        "nextUpdate": utc_date(evidence.next_update),
        "revokedAt": evidence.revoked_from.map(utc_date),
    })
}
