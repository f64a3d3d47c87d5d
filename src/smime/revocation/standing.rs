//! What is known about the revocation of one certificate, as an answer for any instant.

use chrono::{DateTime, Utc};

use crate::smime::crl::Entry;
use crate::smime::distribution::ALL_REASONS;
use crate::smime::node::Node;
use crate::smime::problem::{Code, Problem};
use crate::smime::validation::date;
use crate::smime::verdict::EvidenceKind;

/// How many pieces of evidence are kept for a certificate.
const MOST_EVIDENCE: usize = 32;

/// Which clock a question is asked by.
#[derive(Clone, Copy, Debug)]
pub(in crate::smime) enum Clock {
    /// The instant of the evaluation: evidence must be current.
    Now(DateTime<Utc>),
    /// The instant of a delivery: newer evidence is good evidence, and older evidence reaches up to its nextUpdate.
    Delivery(DateTime<Utc>),
}

impl Clock {
    /// The instant.
    pub(in crate::smime) fn instant(self) -> DateTime<Utc> {
        match self {
            Self::Now(at) | Self::Delivery(at) => at,
        }
    }
}

/// The document that a piece of evidence comes from, by its place in the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::smime) enum Document {
    /// A complete CRL.
    Crl(usize),
    /// A delta CRL, with the complete one that it updates.
    Delta {
        /// The delta CRL.
        delta: usize,
        /// The complete one.
        complete: usize,
    },
    /// An OCSP response.
    Response(usize),
}

impl Document {
    pub(in crate::smime) fn kind(self) -> EvidenceKind {
        match self {
            Self::Crl(_) => EvidenceKind::Crl,
            Self::Delta { .. } => EvidenceKind::DeltaCrl,
            Self::Response(_) => EvidenceKind::Ocsp,
        }
    }
}

/// What one document, or a CRL with its delta, says about one certificate.
#[derive(Clone, Debug)]
pub(in crate::smime) struct Evidence {
    pub(in crate::smime) document: Document,
    /// For which reasons it would tell of a revocation.
    pub(in crate::smime) reasons: u16,
    pub(in crate::smime) this_update: DateTime<Utc>,
    pub(in crate::smime) next_update: DateTime<Utc>,
    pub(in crate::smime) revoked: Option<Entry>,
}

impl Evidence {
    fn reaches(&self, clock: Clock) -> bool {
        match clock {
            Clock::Now(now) => self.this_update <= now && now < self.next_update,
            Clock::Delivery(at) => at < self.next_update,
        }
    }
}

/// What is known about the revocation of one certificate, whatever the time.
pub(in crate::smime) struct Standing {
    pub(in crate::smime) evidence: Vec<Evidence>,
    pub(in crate::smime) required: bool,
    /// Whether anybody wants to know.
    pub(in crate::smime) is_asked: bool,
}

impl Standing {
    /// A certificate of which nobody wants to know whether it is revoked.
    pub(super) fn unasked() -> Self {
        Self { evidence: Vec::new(), required: false, is_asked: false }
    }

    /// From what was believed; revocations are kept before anything else, then what is new.
    pub(super) fn new(mut evidence: Vec<Evidence>, required: bool) -> Self {
        evidence
            .sort_by_key(|evidence| (evidence.revoked.is_none(), std::cmp::Reverse(evidence.this_update)));
        evidence.truncate(MOST_EVIDENCE);
        Self { evidence, required, is_asked: true }
    }

    /// What is wrong with the certificate by this clock; `depth` is its place on the path.
    pub(in crate::smime) fn problem_at(&self, clock: Clock, node: &Node, depth: usize) -> Option<Problem> {
        if let Some(entry) = self.revoked_at(clock.instant()) {
            return Some(revoked(entry, node, depth));
        }
        if !self.lacks_evidence_at(clock) {
            return None;
        }
        let outdated = self.covered(|_| true)
            && self.evidence.iter().all(|evidence| evidence.this_update <= clock.instant());
        Some(if outdated {
            let latest = self.evidence.iter().map(|evidence| evidence.next_update).max();
            let problem = Problem::new(Code::RevocationExpired).with("subject", node.parsed.subject.clone());
            latest.map_or(problem.clone(), |at| problem.with("nextUpdate", date(at)))
        } else {
            unavailable(node)
        })
    }

    /// Whether evidence is required and there is none that reaches so far.
    pub(in crate::smime) fn lacks_evidence_at(&self, clock: Clock) -> bool {
        self.required && !self.covered(|evidence| evidence.reaches(clock))
    }

    /// Whether what signed a CRL or an OCSP response at an instant may be believed: never revoked, then or later, since
    /// whoever has a compromised key can date back; and with evidence from then or later where it is required.
    pub(super) fn vouches_at(&self, at: DateTime<Utc>) -> bool {
        self.evidence.iter().all(|evidence| evidence.revoked.is_none())
            && !self.lacks_evidence_at(Clock::Delivery(at))
    }

    /// The instants at which the answer can change.
    pub(in crate::smime) fn instants(&self) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        self.evidence.iter().flat_map(|evidence| {
            [
                Some(evidence.this_update),
                Some(evidence.next_update),
                evidence.revoked.map(|entry| entry.effective),
            ]
            .into_iter()
            .flatten()
        })
    }

    /// The newest of this kind; one that tells of a revocation before any that does not.
    pub(in crate::smime) fn newest(&self, kind: EvidenceKind) -> Option<&Evidence> {
        self.evidence
            .iter()
            .filter(|evidence| evidence.document.kind() == kind)
            .max_by_key(|evidence| (evidence.revoked.is_some(), evidence.this_update))
    }

    /// nextUpdate of the newest of this kind.
    pub(in crate::smime) fn newest_update(&self, kind: EvidenceKind) -> Option<DateTime<Utc>> {
        let of_kind = self.evidence.iter().filter(|evidence| evidence.document.kind() == kind);
        of_kind.max_by_key(|evidence| evidence.this_update).map(|evidence| evidence.next_update)
    }

    /// The revocation that counts at an instant, the earliest if there are several.
    pub(in crate::smime) fn revoked_at(&self, at: DateTime<Utc>) -> Option<&Entry> {
        self.evidence
            .iter()
            .filter_map(|evidence| evidence.revoked.as_ref())
            .filter(|entry| entry.effective <= at)
            .min_by_key(|entry| entry.effective)
    }

    /// Whether evidence that passes speaks for every reason (RFC 5280 §6.3.3).
    fn covered(&self, passes: impl Fn(&Evidence) -> bool) -> bool {
        let reasons = self
            .evidence
            .iter()
            .filter(|evidence| passes(evidence))
            .fold(0, |reasons, evidence| reasons | evidence.reasons);
        reasons == ALL_REASONS
    }
}

fn revoked(entry: &Entry, node: &Node, depth: usize) -> Problem {
    let code = if depth == 0 { Code::CertificateRevoked } else { Code::IssuerRevoked };
    let problem = Problem::new(code)
        .with("subject", node.parsed.subject.clone())
        .with("serial", node.parsed.serial.clone())
        .with("revokedAt", date(entry.revoked_at))
        .with("reason", entry.reason.as_str());
    if entry.effective == entry.revoked_at {
        problem
    } else {
        problem.with("invalidityDate", date(entry.effective))
    }
}

fn unavailable(node: &Node) -> Problem {
    let url = node.points.iter().find_map(|point| point.urls.first());
    let (kind, url) = match (url, node.responders.first()) {
        (None, Some(responder)) if node.points.is_empty() => ("ocsp", Some(responder)),
        (url, _) => ("crl", url),
    };
    let problem = Problem::new(Code::RevocationUnavailable)
        .with("subject", node.parsed.subject.clone())
        .with("kind", kind);
    match url {
        Some(url) => problem.with("url", url.clone()),
        None => problem,
    }
}
