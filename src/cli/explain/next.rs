//! When the status of an email can change next, and why.

use chrono::{DateTime, Duration, Utc};

use crate::cli::told::named;
use crate::smime::verdict::LONGEST_BELIEF;
use crate::smime::{AcceptedWeaknesses, Problem, Weakness};
use crate::store::email::StoredSmime;
use crate::store::signature::{PathCertificate, StoredEvidence, StoredVerdict};
use crate::store::trust::Anchor;
use crate::wire::date::utc_date;

/// When smimeStatus can change next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum NextChange {
    /// It cannot: the message's bytes decide.
    Never,
    /// With the first verdict on the signer, which is due.
    WithTheFirstVerdict,
    /// As soon as somebody evaluates: the verdict ran out at this instant.
    Due(DateTime<Utc>),
    /// At this instant, for these reasons; at least one.
    At(DateTime<Utc>, Vec<Reason>),
}

/// Why a verdict holds until an instant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reason {
    /// The certificate of this subject becomes valid.
    CertificateBegins(String),
    /// The certificate of this subject expires.
    CertificateExpires(String),
    /// The operator trusts this anchor from then on.
    TrustBegins(String),
    /// The operator trusts this anchor no longer.
    TrustEnds(String),
    /// This evidence becomes true.
    EvidenceBegins(About),
    /// This evidence runs out: nextUpdate.
    EvidenceExpires(About),
    /// This evidence says that the certificate is revoked from then on.
    RevocationBegins(About),
    /// This weakness is accepted no longer.
    WeaknessEnds(Weakness),
    /// No verdict is believed for longer.
    LongestBelief,
    /// Something on another path.
    Elsewhere,
}

/// Evidence with the subject of the certificate that it speaks about.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct About {
    pub(super) evidence: StoredEvidence,
    pub(super) subject: String,
}

impl Reason {
    /// The word in JSON.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::CertificateBegins(_) => "certificate-begins",
            Self::CertificateExpires(_) => "certificate-expires",
            Self::TrustBegins(_) => "trust-begins",
            Self::TrustEnds(_) => "trust-ends",
            Self::EvidenceBegins(_) => "evidence-begins",
            Self::EvidenceExpires(_) => "evidence-expires",
            Self::RevocationBegins(_) => "revocation-begins",
            Self::WeaknessEnds(_) => "weakness-ends",
            Self::LongestBelief => "longest-belief",
            Self::Elsewhere => "elsewhere",
        }
    }

    /// The reason as a person reads it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::CertificateBegins(subject) => format!("the certificate of {subject} becomes valid"),
            Self::CertificateExpires(subject) => format!("the certificate of {subject} expires"),
            Self::TrustBegins(subject) => {
                format!("the trust anchor {subject} is trusted from then on, as you set it")
            }
            Self::TrustEnds(subject) => {
                format!("the trust anchor {subject} is trusted no longer, as you set it")
            }
            Self::EvidenceBegins(about) => format!("{} becomes true (thisUpdate)", about.text()),
            Self::EvidenceExpires(about) => format!("{} runs out (nextUpdate)", about.text()),
            Self::RevocationBegins(about) => format!("{} revokes it from then on", about.text()),
            Self::WeaknessEnds(weakness) => {
                format!("{} is accepted no longer, as you set it", weakness.as_str())
            }
            Self::LongestBelief => "no verdict is believed for longer than 24 hours".to_owned(),
            Self::Elsewhere => {
                "something else that the evaluation met: a certificate or evidence of another path".to_owned()
            }
        }
    }
}

impl About {
    fn new(evidence: &StoredEvidence, path: &[PathCertificate]) -> Self {
        let is_about = |link: &&PathCertificate| hex::encode(link.fingerprint) == evidence.certificate;
        let certificate = path.iter().find(is_about).and_then(|link| link.certificate.as_ref());
        let subject =
            certificate.and_then(|certificate| certificate.parse().ok()).map(|parsed| parsed.subject);
        Self { evidence: evidence.clone(), subject: subject.unwrap_or_else(|| evidence.certificate.clone()) }
    }

    fn text(&self) -> String {
        format!("{} about the certificate of {}", named(&self.evidence), self.subject)
    }
}

impl NextChange {
    /// As a person reads it, without the reasons.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Never => "never: the bytes of the message decide".to_owned(),
            Self::WithTheFirstVerdict => "at once: the signer has not been evaluated yet".to_owned(),
            Self::Due(since) => format!(
                "at once: the verdict ran out at {}, because its time had come or because anchors or evidence changed",
                utc_date(*since)
            ),
            Self::At(at, _) => format!("{}, or when anchors or evidence change", utc_date(*at)),
        }
    }

    /// Of an email that is signed.
    pub(super) fn of(email: &StoredSmime, anchors: &[Anchor], now: DateTime<Utc>) -> Self {
        let senders = email.signatures.signatures.iter().filter(|signature| signature.is_sender);
        let verdicts: Option<Vec<&StoredVerdict>> =
            senders.map(|signature| signature.signer.verdict.as_ref()).collect();
        let counts = |problem: &Problem| !email.accepted.lift(problem, now);
        let is_bad = email
            .facts
            .as_ref()
            .is_none_or(|facts| facts.problems.iter().any(counts) || facts.form == "unknown");
        if is_bad {
            return Self::Never;
        }
        let first = verdicts.iter().flatten().min_by_key(|verdict| verdict.expires_at);
        match (&verdicts, first) {
            (Some(_), Some(first)) if first.expires_at <= now => Self::Due(first.expires_at),
            (Some(_), Some(first)) => Self::At(first.expires_at, reasons(first, anchors, &email.accepted)),
            _ => Self::WithTheFirstVerdict,
        }
    }
}

/// Why a verdict holds until it expires.
fn reasons(verdict: &StoredVerdict, anchors: &[Anchor], accepted: &AcceptedWeaknesses) -> Vec<Reason> {
    let at = verdict.expires_at;
    let path = verdict.path.as_deref().unwrap_or_default();
    let mut reasons: Vec<Reason> = path.iter().filter_map(|link| of_certificate(link, at)).collect();
    reasons.extend(path.last().and_then(|link| of_anchor(link, anchors, at)));
    for evidence in &verdict.evidence {
        let about = || About::new(evidence, path);
        if evidence.revoked_from == Some(at) {
            reasons.push(Reason::RevocationBegins(about()));
        }
        if evidence.next_update == at {
            reasons.push(Reason::EvidenceExpires(about()));
        }
        if evidence.this_update == at {
            reasons.push(Reason::EvidenceBegins(about()));
        }
    }
    let ends = |weakness: &Weakness| accepted.before(*weakness) == Some(at);
    reasons.extend(Weakness::ALL.into_iter().filter(ends).map(Reason::WeaknessEnds));
    if reasons.is_empty() {
        let is_longest = at >= verdict.verified_at + LONGEST_BELIEF;
        reasons.push(if is_longest { Reason::LongestBelief } else { Reason::Elsewhere });
    }
    reasons
}

fn of_certificate(link: &PathCertificate, at: DateTime<Utc>) -> Option<Reason> {
    let parsed = link.certificate.as_ref()?.parse().ok()?;
    if parsed.not_before == at {
        Some(Reason::CertificateBegins(parsed.subject))
    } else if parsed.not_after + Duration::seconds(1) == at {
        // notAfter itself is included (RFC 5280 §4.1.2.5).
        Some(Reason::CertificateExpires(parsed.subject))
    } else {
        None
    }
}

fn of_anchor(link: &PathCertificate, anchors: &[Anchor], at: DateTime<Utc>) -> Option<Reason> {
    let anchor = anchors.iter().find(|anchor| anchor.fingerprint == link.fingerprint)?;
    let subject = || link.certificate.as_ref()?.parse().ok().map(|parsed| parsed.subject);
    if anchor.policy.trusted_from == Some(at) {
        subject().map(Reason::TrustBegins)
    } else if anchor.policy.trusted_until == Some(at) {
        subject().map(Reason::TrustEnds)
    } else {
        None
    }
}
