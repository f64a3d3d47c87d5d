//! What is to be told about one message, and how it is told to machines.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use openssl::sha::sha256;
use serde_json::{Map, Value, json};

use super::Standing;
use crate::cli::told;
use crate::jmap::signers::SignerWriter;
use crate::locale::Language;
use crate::mime::{Message, Summary};
use crate::smime::status::{Clocks, Outcome, compose};
use crate::smime::{
    Anchor, Certificate, Code, Explanation, Facts, ParsedCertificate, Policy, Problem, SignerFacts, Status,
    TrustMaterial, examine_with, explain, of_one_signature,
};
use crate::store::signature::{
    EmailSignatures, PathCertificate, Signature, Signer, StoredEvidence, StoredVerdict,
};

/// One message and everything found out about it.
pub(super) struct Report {
    pub(super) file: PathBuf,
    /// The instant that `smimeStatus` holds for.
    pub(super) at: DateTime<Utc>,
    /// When the message was delivered, by its newest Received header.
    pub(super) received_at: Option<DateTime<Utc>>,
    pub(super) facts: Facts,
    pub(super) outcome: Outcome,
    pub(super) signers: Vec<SignerReport>,
}

/// One SignerInfo.
pub(super) struct SignerReport {
    pub(super) facts: SignerFacts,
    pub(super) certificate: Option<ParsedCertificate>,
    /// What its chain is worth; none without a certificate.
    pub(super) explanation: Option<Explanation>,
    /// The same as a server would keep it; none without a certificate.
    pub(super) signature: Option<Signature>,
}

impl Report {
    /// Examines a message, and evaluates the chain of each of its signers.
    pub(super) fn of(
        file: &Path,
        message: &Message<'_>,
        material: &TrustMaterial,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Self {
        let facts = examine_with(message, &material.intermediates);
        let trust = TrustMaterial {
            anchors: material.anchors.clone(),
            intermediates: [&facts.certificates[..], &material.intermediates].concat(),
            crls: [&facts.crls[..], &material.crls].concat(),
            ocsp: [&facts.ocsp[..], &material.ocsp].concat(),
        };
        let signers: Vec<SignerReport> = facts
            .signers
            .iter()
            .map(|signer| SignerReport::of(&facts, signer, &trust, policy, now))
            .collect();
        let verdicts: Vec<_> = signers
            .iter()
            .filter_map(|signer| Some((signer.facts.is_sender, &signer.explanation.as_ref()?.verdict)))
            .collect();
        let received_at = Summary::of(message).received_at;
        let outcome = compose(&facts, &verdicts, Clocks { now, received_at, weak: &policy.weak });
        Self { file: file.to_owned(), at: now, received_at, facts, outcome, signers }
    }

    /// What the exit status says of it.
    pub(super) fn standing(&self) -> Standing {
        match self.outcome.status {
            Some(status) if status.is_verified() => Standing::Verified,
            None | Some(Status::Unknown) => Standing::NoSignature,
            Some(_) => Standing::Failed,
        }
    }

    /// The object of the contract, its keys in the contract's order.
    pub(super) fn to_json(&self, language: Language) -> Value {
        json!({
            "file": self.file.display().to_string(),
            "smimeStatus": self.outcome.status.map(Status::as_str),
            "smimeErrors": self.outcome.errors.iter().map(|it| told::problem_object(it, language)).collect::<Vec<_>>(),
            "signers": self.signers.iter().map(|signer| signer.to_json(self, language)).collect::<Vec<_>>(),
        })
    }

    /// What a server would keep of the message's signatures.
    pub(super) fn signatures(&self) -> EmailSignatures {
        EmailSignatures {
            facts: self.facts.problems.clone(),
            signatures: self.signers.iter().filter_map(|signer| signer.signature.clone()).collect(),
        }
    }
}

impl SignerReport {
    fn of(
        facts: &Facts,
        signer: &SignerFacts,
        trust: &TrustMaterial,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Self {
        let counting = |problems: &[Problem]| -> Vec<Problem> {
            problems.iter().filter(|problem| !policy.weak.lift(problem, now)).cloned().collect()
        };
        let certificate = signer.certificate.as_ref();
        let explanation = certificate.map(|certificate| explain(certificate, trust, policy, now));
        let signature = certificate.zip(explanation.as_ref()).map(|(certificate, explanation)| Signature {
            signer: Arc::new(Signer {
                fingerprint: certificate.fingerprint(),
                certificate: certificate.clone(),
                first_seen_at: None,
                verdict: Some(verdict(facts, explanation, &trust.anchors, now)),
            }),
            is_sender: signer.is_sender,
            digest: signer.digest.clone(),
            algorithm: signer.algorithm.clone(),
            signing_time: signer.signing_time,
            problems: of_one_signature(Some(&counting(&signer.problems)), &counting(&facts.problems)),
        });
        Self {
            facts: signer.clone(),
            certificate: certificate.and_then(|certificate| certificate.parse().ok()),
            explanation,
            signature,
        }
    }

    /// The object of the contract. What the keys of its first version do not say follows in the words of
    /// docs/extensions/smime-signers.md; only of when a server first saw the signer nothing can be known here.
    fn to_json(&self, report: &Report, language: Language) -> Value {
        let certificate = self.certificate.as_ref();
        let mut object = Map::new();
        let mut add = |name: &str, value: Value| object.insert(name.to_owned(), value);
        add("subject", json!(certificate.map(|certificate| &certificate.subject)));
        add("addresses", json!(certificate.map_or(&[][..], |certificate| &certificate.addresses)));
        add("issuer", json!(certificate.map(|certificate| &certificate.issuer)));
        add("serial", json!(certificate.map(|certificate| &certificate.serial)));
        add("notBefore", json!(certificate.map(|certificate| date(certificate.not_before))));
        add("notAfter", json!(certificate.map(|certificate| date(certificate.not_after))));
        add("algorithm", json!(self.facts.algorithm));
        add("digest", json!(self.facts.digest));
        add("signingTime", json!(self.facts.signing_time.map(date)));
        for (name, value) in self.told(report, language) {
            if name != "firstSeenAt" && !object.contains_key(&name) {
                object.insert(name, value);
            }
        }
        Value::Object(object)
    }

    /// The SmimeSigner object.
    fn told(&self, report: &Report, language: Language) -> Map<String, Value> {
        let mut writer = SignerWriter::new(language);
        if let Some(signature) = &self.signature {
            return writer.object(&report.signatures(), signature);
        }
        let is_missing = |problem: &&Problem| problem.code == Code::SignerCertificateMissing;
        self.facts.problems.iter().find(is_missing).map(|problem| writer.missing(problem)).unwrap_or_default()
    }
}

/// A verdict as a server would keep it.
fn verdict(
    facts: &Facts,
    explanation: &Explanation,
    anchors: &[Anchor],
    now: DateTime<Utc>,
) -> StoredVerdict {
    let on_path = |certificate: &Certificate| PathCertificate {
        fingerprint: certificate.fingerprint(),
        certificate: Some(certificate.clone()),
        is_anchor: anchors.iter().any(|anchor| anchor.certificate == *certificate),
    };
    let from_message: Vec<String> = facts.crls.iter().map(|der| hex::encode(sha256(der))).collect();
    let with_source = |evidence: StoredEvidence| {
        let source = if from_message.contains(&evidence.digest) { "message" } else { "operator" };
        StoredEvidence { source: Some(source.to_owned()), ..evidence }
    };
    StoredVerdict {
        verified_at: now,
        expires_at: explanation.verdict.expires_at,
        is_good: explanation.verdict.problems.is_empty(),
        problems: explanation.verdict.problems.clone(),
        path: Some(explanation.path.iter().map(on_path).collect()),
        evidence: explanation.evidence.iter().map(StoredEvidence::from).map(with_source).collect(),
    }
}

/// The object for a file that could not be read.
pub(super) fn unreadable(file: &Path, error: &str) -> Value {
    json!({ "file": file.display().to_string(), "error": error })
}

/// A UTCDate (RFC 8620 §1.4).
pub(super) fn date(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
