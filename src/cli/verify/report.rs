//! What is to be told about one message, and how it is told to machines.

use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::Standing;
use crate::locale::{self, Language};
use crate::mime::{Message, Summary};
use crate::smime::status::{Clocks, Outcome, compose};
use crate::smime::{
    Explanation, Facts, ParsedCertificate, Policy, Problem, SignerFacts, Status, TrustMaterial, examine_with,
    explain,
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
            .map(|signer| SignerReport {
                facts: signer.clone(),
                certificate: signer.certificate.as_ref().and_then(|certificate| certificate.parse().ok()),
                explanation: signer
                    .certificate
                    .as_ref()
                    .map(|certificate| explain(certificate, &trust, policy, now)),
            })
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
            "smimeErrors": self.outcome.errors.iter().map(|it| problem(it, language)).collect::<Vec<_>>(),
            "signers": self.signers.iter().map(SignerReport::to_json).collect::<Vec<_>>(),
        })
    }
}

impl SignerReport {
    fn to_json(&self) -> Value {
        let certificate = self.certificate.as_ref();
        json!({
            "subject": certificate.map(|certificate| &certificate.subject),
            "addresses": certificate.map_or(&[][..], |certificate| &certificate.addresses),
            "issuer": certificate.map(|certificate| &certificate.issuer),
            "serial": certificate.map(|certificate| &certificate.serial),
            "notBefore": certificate.map(|certificate| date(certificate.not_before)),
            "notAfter": certificate.map(|certificate| date(certificate.not_after)),
            "algorithm": self.facts.algorithm,
            "digest": self.facts.digest,
            "signingTime": self.facts.signing_time.map(date),
        })
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

fn problem(problem: &Problem, language: Language) -> Value {
    let mut object = Map::new();
    object.insert("code".to_owned(), problem.code.as_str().into());
    object.insert("parameters".to_owned(), Value::Object(problem.parameters.clone()));
    object.insert("text".to_owned(), locale::text(language, problem).into());
    Value::Object(object)
}
