//! A signer: a leaf certificate with the intermediates that came with it. Messages share signers, and with them
//! verdicts, so that what does not belong to the path must not make two signers of one.

use std::collections::HashMap;

use x509_parser::prelude::{FromDer as _, X509Name};

use super::certificate::Certificate;
use super::facts::Facts;
use super::matching::name_key;

/// How many intermediates one signer may bring: more than any path is long.
const MOST_INTERMEDIATES: usize = 32;

/// The certificate of the `index`th signer, and those embedded certificates whose names could place them on its path,
/// in the order of their fingerprints; none if the signer's certificate is not known.
pub fn signer_material(facts: &Facts, index: usize) -> Option<(Certificate, Vec<Certificate>)> {
    let leaf = facts.signers.get(index)?.certificate.clone()?;
    let mut wanted = vec![key_of(&leaf.parse().ok()?.issuer_der)?];
    let mut others: HashMap<String, Vec<(&Certificate, String)>> = HashMap::new();
    for certificate in &facts.certificates {
        let Ok(parsed) = certificate.parse() else { continue };
        if let (Some(subject), Some(issuer)) = (key_of(&parsed.subject_der), key_of(&parsed.issuer_der)) {
            others.entry(subject).or_default().push((certificate, issuer));
        }
    }
    let mut found: Vec<Certificate> = Vec::new();
    while let Some(name) = wanted.pop() {
        for (certificate, issuer) in others.remove(&name).into_iter().flatten() {
            found.push(certificate.clone());
            wanted.push(issuer);
        }
    }
    found.sort_by_cached_key(Certificate::fingerprint);
    found.truncate(MOST_INTERMEDIATES);
    Some((leaf, found))
}

/// Names are compared by their keys, each made once: a message may bring many long ones.
fn key_of(name: &[u8]) -> Option<String> {
    X509Name::from_der(name).ok().map(|(_, name)| name_key(&name))
}
