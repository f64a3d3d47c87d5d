//! NIST's Public Key Interoperability Test Suite, the whole way from the signed message to the verdict.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use signet::smime::{self, Certificate, Code, Policy, Problem, Revocation, TrustMaterial};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/corpora/pkits");
const EXPECTED: &str = include_str!("pkits/expected.tsv");

/// Cases in which we do not say what the suite expects, each with the reason. This list must not grow.
const KNOWN: &[(&str, &str)] = &[];

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
    let known: Vec<&str> = KNOWN.iter().map(|(number, _)| *number).collect();
    assert_eq!(disagreeing, known, "PKITS: these cases disagree");
}

fn problems_of(case: &Case, anchor: &Certificate) -> Vec<Problem> {
    let name = case.message.trim_end_matches(".eml");
    let leaf = pems(&format!("/tmp/pk/{name}/leaf.pem"), "CERTIFICATE");
    if leaf.is_empty() {
        return vec![Problem::new(Code::SignatureInvalid)];
    }
    let leaf = Certificate(leaf[0].clone());
    let material = TrustMaterial {
        anchors: vec![anchor.clone()],
        intermediates: pems(&format!("/tmp/pk/{name}/all.pem"), "CERTIFICATE")
            .into_iter()
            .map(Certificate)
            .collect(),
        crls: pems(&format!("/tmp/pk/{name}/all.pem"), "X509 CRL"),
    };
    let verdict = smime::evaluate(&leaf, &material, &case.policy, at());
    verdict
        .problems
        .into_iter()
        .filter(|p| !p.parameters.get("rule").is_some_and(|r| r.as_str().unwrap().starts_with("weak-")))
        .collect()
}

fn pems(path: &str, kind: &str) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let begin = format!("-----BEGIN {kind}-----");
    text.split(&begin)
        .skip(1)
        .map(|rest| {
            let body: String = rest.split("-----END").next().unwrap().split_whitespace().collect();
            use base64::Engine;
            base64::engine::general_purpose::STANDARD.decode(body).unwrap()
        })
        .collect()
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
