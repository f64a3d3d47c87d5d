//! A signer: a leaf certificate with the intermediates that came with it. Messages share signers, and with them
//! verdicts, so that what does not belong to the path must not make two signers of one.

use std::collections::{HashMap, HashSet};

use openssl::x509::X509;
use x509_parser::prelude::{FromDer as _, X509Name};

use super::certificate::{Certificate, ParsedCertificate};
use super::facts::Facts;
use super::matching::name_key;

/// How many intermediates one signer may bring: more than any path is long.
const MOST_INTERMEDIATES: usize = 32;
/// How many signatures are checked to tell the issuers of one message's signers from others of their names.
const MOST_SIGNATURES: usize = 1024;
/// How many are checked for one signer.
const MOST_SIGNATURES_OF_ONE: usize = 256;
/// Keys longer than this take so long to check with that they are passed over.
const LONGEST_KEY: u32 = 8192;

/// The certificate of the `index`th signer, and those embedded certificates whose names could place them on its path,
/// in the order of their fingerprints; none if the signer's certificate is not known.
///
/// Names cost nothing to forge. Where more certificates bear them than a signer may bring, signatures decide, lest the
/// ones that count be crowded out.
pub fn signer_material(facts: &Facts, index: usize) -> Option<(Certificate, Vec<Certificate>)> {
    let leaf = facts.signers.get(index)?.certificate.clone()?;
    let mut found = by_names(&key_of(&leaf.parse().ok()?.issuer_der)?, &facts.certificates);
    if found.len() > MOST_INTERMEDIATES {
        let signed = by_signatures(&[&leaf], &found, MOST_SIGNATURES_OF_ONE);
        if !signed.is_empty() {
            found = signed;
        }
    }
    let mut intermediates: Vec<Certificate> =
        found.into_iter().map(|candidate| candidate.certificate.clone()).collect();
    intermediates.sort_by_cached_key(Certificate::fingerprint);
    intermediates.truncate(MOST_INTERMEDIATES);
    Some((leaf, intermediates))
}

/// Moves the certificates that issued the leaves, or those issuers, to the front: for a message that brings more than
/// are kept.
pub(super) fn issuers_first(leaves: &[&Certificate], certificates: &mut [&Certificate]) {
    let candidates: Vec<Candidate<'_>> = certificates.iter().copied().filter_map(Candidate::read).collect();
    let issuers: HashSet<&Certificate> = by_signatures(leaves, &candidates, MOST_SIGNATURES)
        .into_iter()
        .map(|candidate| candidate.certificate)
        .collect();
    certificates.sort_by_key(|certificate| !issuers.contains(certificate));
}

/// An embedded certificate that may be on the path.
#[derive(Clone)]
struct Candidate<'a> {
    certificate: &'a Certificate,
    parsed: ParsedCertificate,
    /// Keys of its names.
    subject: String,
    issuer: String,
}

impl<'a> Candidate<'a> {
    fn read(certificate: &'a Certificate) -> Option<Self> {
        let parsed = certificate.parse().ok()?;
        let (subject, issuer) = (key_of(&parsed.subject_der)?, key_of(&parsed.issuer_der)?);
        Some(Self { certificate, parsed, subject, issuer })
    }
}

/// Those whose names lead up from this one.
fn by_names<'a>(issuer: &str, certificates: &'a [Certificate]) -> Vec<Candidate<'a>> {
    let mut others: HashMap<String, Vec<Candidate<'a>>> = HashMap::new();
    for candidate in certificates.iter().filter_map(Candidate::read) {
        others.entry(candidate.subject.clone()).or_default().push(candidate);
    }
    let mut wanted = vec![issuer.to_owned()];
    let mut found: Vec<Candidate<'a>> = Vec::new();
    while let Some(name) = wanted.pop() {
        for candidate in others.remove(&name).into_iter().flatten() {
            wanted.push(candidate.issuer.clone());
            found.push(candidate);
        }
    }
    found
}

/// Those among the candidates whose keys made the signatures, from the leaves upwards. Candidates with the key
/// identifier that the certificate below names are asked first.
fn by_signatures<'a>(
    leaves: &[&'a Certificate],
    candidates: &[Candidate<'a>],
    mut checks: usize,
) -> Vec<Candidate<'a>> {
    let mut left: Vec<&Candidate<'a>> = candidates.iter().collect();
    let mut found: Vec<Candidate<'a>> = Vec::new();
    let mut below: Vec<Candidate<'a>> = leaves.iter().copied().filter_map(Candidate::read).collect();
    while let Some(lower) = below.pop() {
        let Ok(subject) = X509::from_der(&lower.certificate.0) else { continue };
        let wanted = lower.parsed.authority_key_identifier.as_ref();
        left.sort_by_key(|candidate| candidate.parsed.subject_key_identifier.as_ref() != wanted);
        left.retain(|&candidate| {
            if candidate.subject != lower.issuer || checks == 0 || found.len() >= MOST_INTERMEDIATES {
                return true;
            }
            checks -= 1;
            let is_issuer = has_signed(candidate.certificate, &subject);
            if is_issuer {
                found.push(candidate.clone());
                below.push(candidate.clone());
            }
            !is_issuer
        });
    }
    // A failed verification leaves its story in OpenSSL's queue.
    drop(openssl::error::ErrorStack::get());
    found
}

fn has_signed(issuer: &Certificate, subject: &X509) -> bool {
    X509::from_der(&issuer.0)
        .and_then(|issuer| issuer.public_key())
        .is_ok_and(|key| key.bits() <= LONGEST_KEY && subject.verify(&key).unwrap_or(false))
}

/// Names are compared by their keys, each made once: a message may bring many long ones.
fn key_of(name: &[u8]) -> Option<String> {
    X509Name::from_der(name).ok().map(|(_, name)| name_key(&name))
}
