//! A signer: a leaf certificate with the intermediates that came with it. Messages share signers, and with them
//! verdicts, so that what does not belong to the path must not make two signers of one.

use super::certificate::{Certificate, ParsedCertificate, same_name};
use super::facts::Facts;

/// How many intermediates one signer may bring: more than any path is long.
const MOST_INTERMEDIATES: usize = 32;

/// The certificate of the `index`th signer, and those embedded certificates whose names could place them on its path,
/// in the order of their fingerprints; none if the signer's certificate is not known.
pub fn signer_material(facts: &Facts, index: usize) -> Option<(Certificate, Vec<Certificate>)> {
    let leaf = facts.signers.get(index)?.certificate.clone()?;
    let mut wanted = vec![leaf.parse().ok()?.issuer_der];
    let mut others: Vec<(&Certificate, ParsedCertificate)> = facts
        .certificates
        .iter()
        .filter_map(|certificate| certificate.parse().ok().map(|parsed| (certificate, parsed)))
        .collect();
    let mut found: Vec<Certificate> = Vec::new();
    while let Some(name) = wanted.pop() {
        let (issuers, rest): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|(_, parsed)| same_name(&parsed.subject_der, &name));
        others = rest;
        for (certificate, parsed) in issuers {
            found.push(certificate.clone());
            wanted.push(parsed.issuer_der);
        }
    }
    found.sort_by_cached_key(Certificate::fingerprint);
    found.truncate(MOST_INTERMEDIATES);
    Some((leaf, found))
}
