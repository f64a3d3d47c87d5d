//! Verdicts on chains: every code, the two clocks, several paths, evidence of every worth.

mod clocks;
mod codes;
mod constraints;
mod demands;
mod door;
mod evidence;
mod fields;
mod loops;
mod mail_constraints;
mod many;
mod policies;
mod responses;
mod wanted;
mod ways;
mod weakness;

use chrono::{DateTime, Utc};
use signet::smime::{
    Certificate, Code, Policy, Problem, Revocation, TrustMaterial, Verdict, Work, evaluate, explain,
};

use crate::support::der;
use crate::support::pki::{self, Identity, KeyType, Spec};

pub const URL: &str = "http://crl.example.org/ca.crl";

/// A root, an authority below it, and what they published.
pub struct World {
    pub root: Identity,
    pub authority: Identity,
    /// Further anchors, intermediates and CRLs.
    pub material: TrustMaterial,
    pub policy: Policy,
}

impl World {
    pub fn new() -> Self {
        Self::with_authority(|_| {})
    }

    /// The authority is made after a change.
    pub fn with_authority(change: impl FnOnce(&mut Spec)) -> Self {
        let root = pki::authority("Root").self_signed();
        let mut spec = pki::authority("Authority");
        change(&mut spec);
        let authority = spec.issued_by(&root);
        Self::of(root, authority)
    }

    /// Anna's certificate, made after a change.
    pub fn anna(&self, change: impl FnOnce(&mut Spec)) -> Identity {
        let mut spec = anna();
        change(&mut spec);
        spec.issued_by(&self.authority)
    }

    fn of(root: Identity, authority: Identity) -> Self {
        let material = TrustMaterial {
            anchors: vec![root.certificate.clone().into()],
            intermediates: vec![authority.certificate.clone()],
            crls: Vec::new(),
            ocsp: Vec::new(),
        };
        Self { root, authority, material, policy: Policy::default() }
    }

    pub fn with_crl(mut self, crl: Vec<u8>) -> Self {
        self.material.crls.push(crl);
        self
    }

    fn asking(mut self, revocation: Revocation) -> Self {
        self.policy.revocation = revocation;
        self
    }

    fn verdict(&self, leaf: &Certificate, now: &str) -> Verdict {
        evaluate(leaf, &self.material, &self.policy, at(now))
    }

    fn words(&self, leaf: &Identity) -> Vec<String> {
        words(&self.problems(leaf)).into_iter().map(str::to_owned).collect()
    }

    fn work(&self, leaf: &Identity) -> Work {
        explain(&leaf.certificate, &self.material, &self.policy, at(NOW)).work
    }

    /// The codes at noon of New Year's Day 2026.
    fn codes(&self, leaf: &Identity) -> Vec<Code> {
        self.problems(leaf).into_iter().map(|problem| problem.code).collect()
    }

    fn problems(&self, leaf: &Identity) -> Vec<Problem> {
        self.verdict(&leaf.certificate, NOW).problems
    }
}

/// The code, and of invalid-chain the rule.
fn words(problems: &[Problem]) -> Vec<&str> {
    let word = |problem| match parameter(problem, "rule") {
        "" => problem.code.as_str(),
        rule => rule,
    };
    problems.iter().map(word).collect()
}

/// nameConstraints with these permitted and excluded bases.
fn name_constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> (&'static str, bool, Vec<u8>) {
    let subtrees = |tag: u8, bases: &[Vec<u8>]| {
        let subtrees: Vec<u8> = bases.iter().flat_map(|base| der::sequence(&[base])).collect();
        if bases.is_empty() { Vec::new() } else { der::context(tag, &subtrees) }
    };
    ("2.5.29.30", true, der::sequence(&[&subtrees(0, permitted), &subtrees(1, excluded)]))
}

/// A subjectAltName of these names.
fn alternative_names(names: &[Vec<u8>]) -> (&'static str, bool, Vec<u8>) {
    ("2.5.29.17", false, der::tlv(0x30, &names.concat()))
}

pub const NOW: &str = "2026-01-01T12:00:00Z";

pub fn at(text: &str) -> DateTime<Utc> {
    pki::at(text)
}

pub fn anna() -> Spec {
    pki::person("Anna", KeyType::P256, &["anna@example.org"])
}

/// A person whose certificate says where its revocation is published.
pub fn anna_with_source() -> Spec {
    let mut spec = anna();
    spec.extensions.push(("2.5.29.31", false, distribution_point(URL)));
    spec
}

/// cRLDistributionPoints with one point of one URL.
pub fn distribution_point(url: &str) -> Vec<u8> {
    let name = der::context(0, &der::context(0, &der::tlv(0x86, url.as_bytes())));
    der::sequence(&[&der::sequence(&[&name])])
}

/// An entry of a CRL: serial number, date, further extensions.
pub type Revoked<'a> = (i64, &'a str, Vec<(&'a str, Vec<u8>)>);

/// A CRL from the first of December 2025 to the first of February 2026.
pub fn current_crl(issuer: &Identity, revoked: &[Revoked<'_>]) -> Vec<u8> {
    crl(issuer, "2025-12-01T00:00:00Z", "2026-02-01T00:00:00Z", revoked)
}

pub fn crl(issuer: &Identity, this_update: &str, next_update: &str, revoked: &[Revoked<'_>]) -> Vec<u8> {
    let revoked: Vec<_> =
        revoked.iter().map(|(serial, date, extensions)| (*serial, at(date), extensions.clone())).collect();
    issuer.crl(at(this_update), at(next_update), &revoked)
}

fn reason(code: u8) -> (&'static str, Vec<u8>) {
    ("2.5.29.21", der::tlv(0x0A, &[code]))
}

fn parameter<'a>(problem: &'a Problem, name: &str) -> &'a str {
    problem.parameters.get(name).and_then(|value| value.as_str()).unwrap_or("")
}
