//! NIST's Public Key Interoperability Test Suite, the whole way from the signed message to the verdict.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use signet::mime::Message;
use signet::smime::{self, Certificate, Code, Policy, Problem, Revocation, TrustMaterial};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/corpora/pkits");
const EXPECTED: &str = include_str!("pkits/expected.tsv");

/// Cases in which we do not say what the suite expects, each with the reason. This list must not grow.
///
/// 4.14.30 is expected to be invalid here, though NIST says valid: there, the only evidence about the certificate that
/// signs an indirect CRL is that CRL. We, like OpenSSL, do not let a key vouch for itself.
const KNOWN: &[(&str, &str)] =
    &[("4.1.5", "the parameters of the leaf's DSA key are inherited from its issuer's (RFC 3279 §2.3.2)")];

struct Case {
    number: &'static str,
    title: &'static str,
    message: &'static str,
    policy: Policy,
    is_valid: bool,
}

#[test]
fn pkits_agrees_but_for_the_known_cases() {
    let anchor = Certificate(read(Path::new(CORPUS).join("certs/TrustAnchorRootCertificate.crt")));
    let mut sections: BTreeMap<Vec<u32>, (usize, usize)> = BTreeMap::new();
    let mut disagreeing = Vec::new();
    for case in cases() {
        let problems = problems_of(&case, &anchor);
        let agrees = problems.is_empty() == case.is_valid;
        let (agreeing, all) = sections.entry(section_of(case.number)).or_default();
        *agreeing += usize::from(agrees);
        *all += 1;
        if !agrees {
            println!("{} {}: {problems:?}", case.number, case.title);
            disagreeing.push(case.number);
        }
    }
    for (section, (agreeing, all)) in &sections {
        println!("PKITS {}.{}: {agreeing} of {all}", section[0], section[1]);
    }
    assert_eq!(sections.values().map(|(_, all)| all).sum::<usize>(), 247);
    let known: Vec<&str> = KNOWN.iter().map(|(number, _)| *number).collect();
    assert_eq!(disagreeing, known, "PKITS: these cases disagree");
}

/// What stands against the message beside what no message of the suite has: a From that its certificate names, and
/// for the DSA cases keys and digests of today: those have 1024 bits and SHA-1, and fail by that alone in real life.
fn problems_of(case: &Case, anchor: &Certificate) -> Vec<Problem> {
    let raw = read(Path::new(CORPUS).join("smime").join(case.message));
    let facts = smime::examine(&Message::parse(&raw).unwrap());
    let mut problems = facts.problems;
    for certificate in facts.signers.iter().filter_map(|signer| signer.certificate.as_ref()) {
        let material = TrustMaterial {
            anchors: vec![anchor.clone().into()],
            intermediates: facts.certificates.clone(),
            crls: facts.crls.clone(),
            ocsp: Vec::new(),
        };
        problems.extend(smime::evaluate(certificate, &material, &case.policy, at()).problems);
    }
    let is_dsa = case.title.contains("DSA");
    problems.retain(|problem| !(is_nobodys(problem) || is_dsa && is_of_its_age(problem)));
    problems
}

fn is_nobodys(problem: &Problem) -> bool {
    matches!(problem.code, Code::FromMismatch | Code::NoAddressInCertificate)
}

fn is_of_its_age(problem: &Problem) -> bool {
    match problem.code {
        Code::WeakKey | Code::WeakDigest => true,
        Code::InvalidChain => {
            problem.parameters.get("rule").is_some_and(|rule| rule == "weak-key" || rule == "weak-signature")
        }
        _ => false,
    }
}

/// An instant at which everything in the suite that is meant to be valid is.
fn at() -> DateTime<Utc> {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn cases() -> Vec<Case> {
    EXPECTED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&'static str> = line.split('\t').collect();
            let [number, title, message, policies, flags, expected] = fields[..] else {
                panic!("not six fields: {line}");
            };
            Case {
                number,
                title,
                message,
                policy: Policy {
                    revocation: Revocation::Hard,
                    policies: policies.split(',').map(str::to_owned).collect(),
                    explicit_policy: flags.contains("explicit-policy"),
                    inhibit_any_policy: flags.contains("inhibit-any-policy"),
                    inhibit_policy_mapping: flags.contains("inhibit-policy-mapping"),
                    ..Policy::default()
                },
                is_valid: expected == "valid",
            }
        })
        .collect()
}

/// `4.14.30` belongs to section 4.14.
fn section_of(number: &str) -> Vec<u32> {
    number.split('.').take(2).map(|part| part.parse().unwrap()).collect()
}

fn read(path: impl AsRef<Path>) -> Vec<u8> {
    let path = path.as_ref();
    fs::read(path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}\nThe suite is not in the repository; fetch it with: scripts/fetch-corpora",
            path.display()
        )
    })
}
