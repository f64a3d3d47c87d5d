//! What the operator demands of the paths that end at an anchor, beyond what is demanded of every path.
//!
//! Each path is judged by its own anchor, and the best path decides. So an anchor with demands does not hinder a path
//! that goes on to another anchor above it: who wants a demand met by all of an issuer's certificates trusts nothing
//! above that issuer.

use chrono::{DateTime, Utc};
use openssl::asn1::Asn1Object;

use super::algorithm::{Digest, Scheme};
use super::ber::{Reader, push_element, tag};
use super::node::Node;
use super::problem::{Code, Problem};
use super::validation::{broken, date};
use super::verdict::{AnchorPolicy, Policy};

/// Families of signature algorithms that an anchor's policy can name.
const FAMILIES: &[&str] = &["rsa", "rsa-pss", "ecdsa", "dsa", "ed25519", "ed448"];
/// The digests that can follow the name of a family, those left out that no certificate may be signed by anyway.
const DIGESTS: &[&str] = &[
    "sha224", "sha256", "sha384", "sha512", "sha3-224", "sha3-256", "sha3-384", "sha3-512", "shake128",
    "shake256",
];

/// Whether an anchor's policy can allow an algorithm of this name: a family (`ecdsa`), or a family with a digest
/// (`ecdsa-sha384`). `rsa` is RSASSA-PKCS1-v1_5 alone.
pub fn is_algorithm_name(name: &str) -> bool {
    // EdDSA has its own.
    let with_digest = |family: &str| {
        let digest = name.strip_prefix(family).and_then(|rest| rest.strip_prefix('-'));
        !matches!(family, "ed25519" | "ed448") && digest.is_some_and(|digest| DIGESTS.contains(&digest))
    };
    FAMILIES.iter().any(|&family| name == family || with_digest(family))
}

/// The inputs of path validation for the paths that end at an anchor (RFC 5280 §6.1.1). An anchor's policies stand in
/// place of the installation's, and one of them is then required (initial-explicit-policy).
pub(super) fn applied(policy: &Policy, of_anchor: Option<&AnchorPolicy>) -> Policy {
    let mut applied = policy.clone();
    if let Some(of_anchor) = of_anchor {
        applied.revocation = of_anchor.revocation.unwrap_or(policy.revocation);
        if !of_anchor.policies.is_empty() {
            applied.policies = of_anchor.policies.clone();
            applied.explicit_policy = true;
        }
    }
    applied
}

/// What is wrong with the algorithm that signed a certificate below an anchor that allows some alone. What signed the
/// mail itself is a fact about the message, and no business of the anchor's.
pub(super) fn algorithm_problem(node: &Node, of_anchor: &AnchorPolicy) -> Option<Problem> {
    let (family, name) = algorithm_of(node);
    let allowed = &of_anchor.algorithms;
    if allowed.is_empty() || allowed.iter().any(|allowed| *allowed == name || *allowed == family) {
        return None;
    }
    Some(broken("algorithm", &node.parsed.subject).with("algorithm", name))
}

/// What is wrong with an anchor at an instant that lies outside of the time in which the operator trusts it.
pub(super) fn out_of_trust(anchor: &Node, of_anchor: &AnchorPolicy, at: DateTime<Utc>) -> Option<Problem> {
    let problem = Problem::new(Code::UntrustedRoot).with("subject", anchor.parsed.subject.clone());
    match (of_anchor.trusted_from, of_anchor.trusted_until) {
        (Some(from), _) if at < from => Some(problem.with("trustedFrom", date(from))),
        (_, Some(until)) if at >= until => Some(problem.with("trustedUntil", date(until))),
        _ => None,
    }
}

/// The family of the algorithm that signed a certificate, and its name with the digest; of one that is not known, its
/// object identifier as both.
fn algorithm_of(node: &Node) -> (String, String) {
    match scheme_of(node) {
        Some(scheme) => {
            let family = scheme.name().to_owned();
            // What names no digest has none: a certificate says it in its algorithm (RFC 5280 §4.1.1.2).
            let digest = scheme.digest(Digest::Sha1);
            let name = digest.map_or_else(|| family.clone(), |digest| format!("{family}-{}", digest.name()));
            (family, name)
        }
        None => (node.signature_algorithm.clone(), node.signature_algorithm.clone()),
    }
}

fn scheme_of(node: &Node) -> Option<Scheme> {
    let oid = Asn1Object::from_str(&node.signature_algorithm).ok()?;
    let mut algorithm = Vec::new();
    push_element(&mut algorithm, tag::OID, oid.as_slice());
    if !node.signature_parameters.is_empty() {
        push_element(&mut algorithm, tag::SEQUENCE, &node.signature_parameters);
    }
    Scheme::read(Reader::new(&algorithm)).ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_algorithms_are_families_or_families_with_digests() {
        for name in [
            "rsa",
            "rsa-sha256",
            "rsa-pss",
            "rsa-pss-sha512",
            "ecdsa-sha384",
            "ecdsa-sha3-256",
            "ed25519",
            "ed448",
        ] {
            assert!(is_algorithm_name(name), "{name}");
        }
        for name in [
            "",
            "RSA",
            "rsa-",
            "rsa-md5",
            "ecdsa-sha1",
            "sha256",
            "ed25519-sha512",
            "ed448-shake256",
            "rsa-pss-rsa",
        ] {
            assert!(!is_algorithm_name(name), "{name}");
        }
    }
}
