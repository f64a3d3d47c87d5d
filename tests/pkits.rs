//! NIST's Public Key Interoperability Test Suite, the whole way from the signed message to the verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use signet::mime::Message;
use signet::smime::{self, Certificate, Code, Policy, Problem, Revocation, TrustMaterial};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/corpora/pkits");
const EXPECTED: &str = include_str!("pkits/expected.tsv");

/// Cases in which we do not say what the suite expects: what we say, and why. This list must not grow.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "4.1.5",
        "invalid-chain:signature+revocation-unavailable+unsupported-algorithm",
        "The DSA key of an issuer and that of the leaf inherit their parameters from the issuer above (RFC 3279 §2.3.2), \
         which OpenSSL has given up. DSA of that time is refused as weak in any case.",
    ),
    (
        "4.14.30",
        "revocation-unavailable",
        "The only evidence about the certificate that signs an indirect CRL is that CRL, and we, like OpenSSL, let no key \
         vouch for itself. NIST takes it for valid, others dispute that.",
    ),
];

struct Case {
    number: &'static str,
    title: &'static str,
    message: &'static str,
    policy: Policy,
    /// What the suite expects of it.
    expected: &'static str,
}

#[test]
fn pkits_agrees_but_for_the_exceptions() {
    let anchor = Certificate(read(Path::new(CORPUS).join("certs/TrustAnchorRootCertificate.crt")));
    let mut sections: BTreeMap<Vec<u32>, (usize, usize)> = BTreeMap::new();
    let mut exceptions = Vec::new();
    let mut wrong = Vec::new();
    for case in cases() {
        let told = told(&problems_of(&case, &anchor));
        let exception = EXCEPTIONS.iter().find(|(number, ..)| *number == case.number);
        exceptions.extend(exception.map(|(number, ..)| *number));
        let expected = exception.map_or(case.expected, |(_, said, _)| said);
        if told != expected {
            wrong.push(format!("{} {}: {told}, and not {expected}", case.number, case.title));
        }
        let (agreeing, all) = sections.entry(section_of(case.number)).or_default();
        *agreeing += usize::from(told == case.expected);
        *all += 1;
    }
    for (section, (agreeing, all)) in &sections {
        println!("PKITS {}.{}: {agreeing} of {all}", section[0], section[1]);
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(exceptions.len(), EXCEPTIONS.len());
    let (agreeing, all) =
        sections.values().fold((0, 0), |sum, (agreeing, all)| (sum.0 + agreeing, sum.1 + all));
    assert_eq!((agreeing, all), (247 - EXCEPTIONS.len(), 247));
}

/// `valid`, or the codes, each once and in their order, with the rule where there is one.
fn told(problems: &[Problem]) -> String {
    let codes = problems.iter().map(|problem| match problem.parameters.get("rule") {
        Some(rule) => format!("{}:{}", problem.code.as_str(), rule.as_str().unwrap_or_default()),
        None => problem.code.as_str().to_owned(),
    });
    let codes: Vec<String> = codes.collect::<BTreeSet<_>>().into_iter().collect();
    if codes.is_empty() { "valid".to_owned() } else { codes.join("+") }
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
                expected,
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
