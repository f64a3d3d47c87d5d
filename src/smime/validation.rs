//! What is wrong with a path whatever the time: signatures, constraints, policies, key usage (RFC 5280 §6.1).
//!
//! OpenSSL checks one path at a time, with its anchor as the only trusted certificate and its other certificates as
//! the only untrusted ones, and every complaint is collected. Time and revocation stay out of it: they are
//! arithmetic on what `paths` and `revocation` know, for any instant.

use chrono::{DateTime, SecondsFormat, Utc};
use openssl::asn1::Asn1Object;
use openssl::error::ErrorStack;
use openssl::pkey::Id;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509VerifyResult};
use openssl_sys as sys;

use super::algorithm::digest_of_pss;
use super::demand::algorithm_problem;
use super::ffi::{self, Complaint};
use super::node::Node;
use super::paths::{End, MOST_CERTIFICATES_ON_PATH, Path, Pool};
use super::primitive::has_sound_exponent;
use super::problem::{Code, Problem};
use super::verdict::Policy;

/// keyUsage's bits (RFC 5280 §4.2.1.3).
const DIGITAL_SIGNATURE: u16 = 0;
const NON_REPUDIATION: u16 = 1;
/// RSA keys shorter than this are no good for issuers (RFC 8551 §4.2).
const SHORTEST_RSA: u32 = 2048;

/// anyPolicy (RFC 5280 §4.2.1.4).
const ANY_POLICY: &str = "2.5.29.32.0";
const NAME_CONSTRAINTS: &str = "name-constraints";

/// The digest by which a certificate was signed, where forging one under it is within reach; of parameters of RSASSA-PSS
/// that are not known, nothing can be said, and they count as weak.
fn weak_digest(node: &Node) -> Option<&'static str> {
    match node.signature_algorithm.as_str() {
        "1.2.840.113549.1.1.2" => Some("md2"),
        "1.2.840.113549.1.1.4" => Some("md5"),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" | "1.2.840.10040.4.3" | "1.2.840.10045.4.1" => Some("sha1"),
        // Its parameters say which digest it has, SHA-1 if they do not (RFC 4055 §3.1).
        "1.2.840.113549.1.1.10" => match digest_of_pss(&node.signature_parameters) {
            Some(digest) => digest.is_weak().then(|| digest.name()),
            None => Some("unknown"),
        },
        _ => None,
    }
}

/// A date as problems carry it: UTCDate of RFC 8620 §1.4.
pub(super) fn date(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What is wrong with the path, whoever stands at its start: from the leaf upwards, each once. What is weak is told too:
/// whether it is accepted depends on the time (`weakness`).
pub(super) fn check(pool: &Pool, path: &Path, policy: &Policy) -> Vec<Problem> {
    let mut found: Vec<(usize, Problem)> = Vec::new();
    issuers_are_fit(pool, path, &mut found);
    names_are_permitted(pool, path, &mut found);
    if let Some(problem) = dead_end(pool, path) {
        found.push((path.nodes.len(), problem));
    }
    let objections = objections(pool, path);
    if objections.is_empty() {
        openssl_agrees(pool, path, policy, &mut found);
    } else {
        // With these, OpenSSL would not even put the path together.
        found.extend(objections);
    }
    in_order(found)
}

/// What keeps the leaf from signing mail (RFC 8550 §4.4.2 and §4.4.4).
pub(super) fn check_signer(pool: &Pool, leaf: usize) -> Vec<Problem> {
    let node = pool.node(leaf);
    let mut found = Vec::new();
    if !node.may(DIGITAL_SIGNATURE) && !node.may(NON_REPUDIATION) {
        found.push(Problem::new(Code::WrongKeyUsage).with("subject", node.parsed.subject.clone()));
    }
    if node.allows_email == Some(false) {
        found.push(Problem::new(Code::WrongExtendedKeyUsage).with("subject", node.parsed.subject.clone()));
    }
    found
}

/// A problem of the code invalid-chain.
pub(super) fn broken(rule: &str, subject: &str) -> Problem {
    Problem::new(Code::InvalidChain).with("rule", rule).with("subject", subject)
}

/// Rules that OpenSSL has not, or applies only in its strict mode, which refuses much that is in use.
fn issuers_are_fit(pool: &Pool, path: &Path, found: &mut Vec<(usize, Problem)>) {
    for (depth, &place) in path.nodes.iter().enumerate() {
        let node = pool.node(place);
        if path.ends_at(depth) {
            continue;
        }
        let demands = pool.demands_on(path);
        found.extend(
            demands.and_then(|demands| algorithm_problem(node, demands)).map(|problem| (depth, problem)),
        );
        let subject = node.parsed.subject.as_str();
        if let Some(digest) = weak_digest(node) {
            found.push((depth, broken("weak-signature", subject).with("algorithm", digest)));
        }
        if node.has_bad_extension {
            found.push((depth, broken("extension", subject)));
        }
        if depth == 0 {
            continue;
        }
        if !node.parsed.is_ca {
            found.push((depth, broken("basic-constraints", subject)));
        }
        found.extend(weak_key(node).map(|problem| (depth, problem)));
        if node.allows_email == Some(false) {
            found.push((depth, broken("extended-key-usage", subject)));
        }
    }
}

/// RFC 5280 §6.1.3 (b) and (c). A self-issued certificate is exempt, the leaf apart. An anchor's own constraints bind too:
/// RFC 5280 §6.1.1 leaves that to us, and whoever trusts an anchor trusts what its certificate says.
fn names_are_permitted(pool: &Pool, path: &Path, found: &mut Vec<(usize, Problem)>) {
    for (depth, &place) in path.nodes.iter().enumerate() {
        let node = pool.node(place);
        if depth > 0 && node.is_self_issued() {
            continue;
        }
        let issuers = path.nodes.iter().skip(depth + 1).map(|&place| pool.node(place));
        if issuers.filter_map(Node::constraints).any(|constraints| !constraints.permit(node.names())) {
            found.push((depth, broken(NAME_CONSTRAINTS, &node.parsed.subject)));
        }
    }
}

/// DSA, which only archives still have, is measured as RSA is; and an RSA key with an exponent of 1 certifies whatever
/// anybody likes, which no policy accepts: that has no number of bits.
fn weak_key(node: &Node) -> Option<Problem> {
    let problem = broken("weak-key", &node.parsed.subject);
    let key = node.x509()?.public_key().ok()?;
    let short = |algorithm: &str| {
        (key.bits() < SHORTEST_RSA)
            .then(|| problem.clone().with("algorithm", algorithm).with("bits", key.bits().to_string()))
    };
    match key.id() {
        Id::RSA | Id::RSA_PSS if !has_sound_exponent(&key) => Some(problem),
        Id::RSA | Id::RSA_PSS => short("rsa"),
        Id::DSA => short("dsa"),
        _ => None,
    }
}

fn dead_end(pool: &Pool, path: &Path) -> Option<Problem> {
    let last = pool.node(*path.nodes.last()?);
    match path.end {
        End::Anchor => None,
        End::UntrustedRoot => {
            Some(Problem::new(Code::UntrustedRoot).with("subject", last.parsed.subject.clone()))
        }
        End::NoIssuer => Some(
            Problem::new(Code::IssuerNotFound)
                .with("subject", last.parsed.subject.clone())
                .with("issuer", last.parsed.issuer.clone()),
        ),
        End::TooLong => Some(broken("too-long", &last.parsed.subject)),
    }
}

/// What speaks against neighbours on the path being issuer and subject.
fn objections(pool: &Pool, path: &Path) -> Vec<(usize, Problem)> {
    path.nodes
        .windows(2)
        .enumerate()
        .filter_map(|(depth, pair)| {
            let objection = pool.objection(pair[0], pair[1])?;
            let subject = &pool.node(pair[1]).parsed.subject;
            Some((depth + 1, problem_of(objection.as_raw(), subject)?))
        })
        .collect()
}

fn openssl_agrees(pool: &Pool, path: &Path, policy: &Policy, found: &mut Vec<(usize, Problem)>) {
    let subject = |depth: usize| {
        path.nodes
            .get(depth)
            .or(path.nodes.last())
            .map_or("", |&place| pool.node(place).parsed.subject.as_str())
    };
    let has_utf8_mailbox =
        |depth: usize| path.nodes.get(depth).is_some_and(|&place| pool.node(place).names().has_utf8_mailbox);
    let Some(certificates) =
        path.nodes.iter().map(|&place| pool.node(place).x509()).collect::<Option<Vec<_>>>()
    else {
        found.push((0, broken("encoding", subject(0))));
        return;
    };
    let report = match ask_openssl(&certificates, path.end, policy) {
        Ok(report) => report,
        Err(error) => {
            found.push((0, broken("other", subject(0)).with("detail", error.to_string())));
            return;
        }
    };
    for Complaint { code, depth } in report.complaints {
        if is_about_the_end(code) && path.end != End::Anchor {
            continue;
        }
        if is_about_names(code) && has_utf8_mailbox(depth) {
            continue;
        }
        if let Some(problem) = problem_of(code, subject(depth)) {
            found.push((depth, problem));
        }
    }
    // What was checked must be what time and revocation are taken of.
    let ours = path.nodes.iter().map(|&place| &pool.node(place).certificate.0);
    if path.end == End::Anchor && found.is_empty() && !report.chain.iter().eq(ours) {
        found.push((0, broken("path-building", subject(0))));
    }
}

fn ask_openssl(certificates: &[&X509], end: End, policy: &Policy) -> Result<ffi::PathReport, ErrorStack> {
    // What others left in this thread's queue is told nobody, or else one message would show the faults of another.
    drop(ErrorStack::get());
    let (Some(leaf), Some(last)) = (certificates.first(), certificates.last()) else {
        return Err(ErrorStack::get());
    };
    let mut untrusted = Stack::new()?;
    for &certificate in certificates.iter().skip(1) {
        untrusted.push(certificate.clone())?;
    }
    let mut flags = X509VerifyFlags::POLICY_CHECK
        | X509VerifyFlags::from_bits_retain(sys::X509_V_FLAG_NO_CHECK_TIME as _);
    flags.set(X509VerifyFlags::EXPLICIT_POLICY, policy.explicit_policy);
    flags.set(X509VerifyFlags::INHIBIT_ANY, policy.inhibit_any_policy);
    flags.set(X509VerifyFlags::INHIBIT_MAP, policy.inhibit_policy_mapping);
    // An anchor need not be a root.
    flags.set(X509VerifyFlags::PARTIAL_CHAIN, last.issued(last) != X509VerifyResult::OK);
    // OpenSSL takes an empty set for none at all, and would refuse every chain that has to have an explicit policy.
    let any = [ANY_POLICY.to_owned()];
    let wanted = if policy.policies.is_empty() { &any[..] } else { &policy.policies };
    let policies = wanted.iter().map(|oid| Asn1Object::from_str(oid)).collect::<Result<Vec<_>, _>>()?;
    let store = store_of((end == End::Anchor).then_some(*last))?;
    let depth = i32::try_from(MOST_CERTIFICATES_ON_PATH).unwrap_or(i32::MAX);
    ffi::check_path(leaf, &untrusted, &store, flags, depth, &policies)
}

fn store_of(anchor: Option<&X509>) -> Result<X509Store, ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    if let Some(anchor) = anchor {
        store.add_cert(anchor.clone())?;
    }
    Ok(store.build())
}

/// Complaints that the path leads to no anchor.
fn is_about_the_end(code: i32) -> bool {
    matches!(
        code,
        sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
            | sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
            | sys::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
            | sys::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
            | sys::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
            | sys::X509_V_ERR_CERT_UNTRUSTED
    )
}

/// Complaints that a name lies outside of its constraints. Of an SmtpUTF8Mailbox OpenSSL says so wrongly: it wants its
/// domain in U-labels, as RFC 8398 §6 did, and RFC 9598 §6 does no more.
fn is_about_names(code: i32) -> bool {
    matches!(code, sys::X509_V_ERR_PERMITTED_VIOLATION | sys::X509_V_ERR_EXCLUDED_VIOLATION)
}

/// What an error of OpenSSL is in our words.
fn problem_of(code: i32, subject: &str) -> Option<Problem> {
    let rule = match code {
        sys::X509_V_OK => return None,
        sys::X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE
        | sys::X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY
        | sys::X509_V_ERR_CERT_SIGNATURE_FAILURE
        | X509_V_ERR_NO_ISSUER_PUBLIC_KEY
        | X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM
        | X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH
        | X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY => "signature",
        sys::X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD | sys::X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD => {
            "encoding"
        }
        sys::X509_V_ERR_CERT_CHAIN_TOO_LONG => "too-long",
        sys::X509_V_ERR_PATH_LENGTH_EXCEEDED => "path-length",
        sys::X509_V_ERR_INVALID_CA | sys::X509_V_ERR_INVALID_NON_CA => "basic-constraints",
        sys::X509_V_ERR_KEYUSAGE_NO_CERTSIGN => "key-usage",
        sys::X509_V_ERR_AKID_SKID_MISMATCH | sys::X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH => {
            "authority-key-identifier"
        }
        sys::X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION => "critical-extension",
        sys::X509_V_ERR_INVALID_EXTENSION => "extension",
        sys::X509_V_ERR_INVALID_POLICY_EXTENSION | sys::X509_V_ERR_NO_EXPLICIT_POLICY => "policies",
        sys::X509_V_ERR_PERMITTED_VIOLATION
        | sys::X509_V_ERR_EXCLUDED_VIOLATION
        | sys::X509_V_ERR_SUBTREE_MINMAX
        | sys::X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE
        | sys::X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX
        | sys::X509_V_ERR_UNSUPPORTED_NAME_SYNTAX => NAME_CONSTRAINTS,
        _ => "other",
    };
    let problem = broken(rule, subject);
    Some(if rule == "other" { problem.with("detail", ffi::complaint_text(code)) } else { problem })
}

// Missing from openssl-sys.
const X509_V_ERR_NO_ISSUER_PUBLIC_KEY: i32 = 24;
const X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM: i32 = 76;
const X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH: i32 = 77;
const X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY: i32 = 78;

/// From the leaf upwards, each once.
fn in_order(mut found: Vec<(usize, Problem)>) -> Vec<Problem> {
    found.sort_by_key(|(depth, _)| *depth);
    let mut problems: Vec<Problem> = Vec::new();
    for (_, problem) in found {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}
