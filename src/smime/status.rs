//! The values of smimeStatus (RFC 9219 §4.1), and how facts and verdicts become one.

use chrono::{DateTime, Utc};

use super::facts::{Facts, Form};
use super::problem::Problem;
use super::verdict::Verdict;
use super::weakness::AcceptedWeaknesses;

/// smimeStatus and smimeStatusAtDelivery when they are not null (RFC 9219 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// S/MIME, but neither signed nor encrypted, or multipart/signed with a protocol that is not S/MIME.
    Unknown,
    /// Signed, not yet verified.
    Signed,
    /// Signed, and good.
    Verified,
    /// Signed, and not good.
    Failed,
    /// Reserved: encrypted, signed and good.
    EncryptedVerified,
    /// Reserved: encrypted, signed and not good.
    EncryptedFailed,
}

impl Status {
    /// Every value, in the order of the RFC.
    pub const ALL: [Self; 6] = [
        Self::Unknown,
        Self::Signed,
        Self::Verified,
        Self::Failed,
        Self::EncryptedVerified,
        Self::EncryptedFailed,
    ];

    /// The token of the RFC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Signed => "signed",
            Self::Verified => "signed/verified",
            Self::Failed => "signed/failed",
            Self::EncryptedVerified => "encrypted+signed/verified",
            Self::EncryptedFailed => "encrypted+signed/failed",
        }
    }

    /// Reads the token.
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == token)
    }

    /// Whether this counts as verified for the filters (RFC 9219 §4.2).
    pub fn is_verified(self) -> bool {
        matches!(self, Self::Verified | Self::EncryptedVerified)
    }
}

impl Form {
    /// The status that the form alone gives a message, before anything is verified; `None` is null (RFC 9219 §4.1).
    pub fn status_before_verdict(self) -> Option<Status> {
        match self {
            Self::None | Self::Encrypted => None,
            Self::Unknown => Some(Status::Unknown),
            Self::ClearSigned | Self::OpaqueSigned | Self::Partial => Some(Status::Signed),
        }
    }
}

/// What a message's facts and its signers' verdicts come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// smimeStatus; none is null.
    pub status: Option<Status>,
    /// smimeStatusAtDelivery; none is null, or nobody knows when the message was delivered.
    pub status_at_delivery: Option<Status>,
    /// smimeErrors.
    pub errors: Vec<Problem>,
}

/// What an outcome is asked for: the instants of both clocks, and what counts for nothing at them.
#[derive(Clone, Copy, Debug)]
pub struct Clocks<'a> {
    /// The present: when the verdicts were evaluated.
    pub now: DateTime<Utc>,
    /// receivedAt, if it is known.
    pub received_at: Option<DateTime<Utc>>,
    /// Before when what is weak is accepted.
    pub weak: &'a AcceptedWeaknesses,
}

/// Composes the outcome from the facts and the verdicts on their signers, each with whether the signer is the
/// message's sender, in the order of the facts. A signer without an entry has not been evaluated.
///
/// The view `email_smime_outcome` says the same in SQL, for many messages at once; a test holds the two together.
pub fn compose(facts: &Facts, verdicts: &[(bool, &Verdict)], clocks: Clocks<'_>) -> Outcome {
    match facts.form {
        Form::None | Form::Encrypted => return Outcome::default(),
        Form::Unknown => {
            let unknown = Some(Status::Unknown);
            return Outcome { status: unknown, status_at_delivery: unknown, errors: Vec::new() };
        }
        Form::ClearSigned | Form::OpaqueSigned | Form::Partial => {}
    }
    let mut deciding: Vec<&Verdict> =
        verdicts.iter().filter(|(is_sender, _)| *is_sender).map(|(_, verdict)| *verdict).collect();
    let senders =
        facts.signers.iter().filter(|signer| signer.is_sender && signer.certificate.is_some()).count();
    if deciding.len() < senders {
        // Not all of them have been evaluated: none of them decides yet.
        deciding.clear();
    }
    let is_good = deciding.iter().any(|verdict| verdict.problems.is_empty());
    let counts_at = |at| move |problem: &&Problem| !clocks.weak.lift(problem, at);
    let mut errors: Vec<Problem> = facts.problems.iter().filter(counts_at(clocks.now)).cloned().collect();
    let status = match (errors.is_empty(), deciding.is_empty()) {
        (false, _) => Status::Failed,
        (true, true) => Status::Signed,
        (true, false) if is_good => Status::Verified,
        (true, false) => Status::Failed,
    };
    if let (Some(first), false) = (deciding.first(), is_good) {
        errors.extend(first.problems.iter().cloned());
    }
    // Where nobody knows when the message came, what is accepted at some time is not known to count.
    let delivered_at = clocks.received_at.unwrap_or(DateTime::<Utc>::MIN_UTC);
    let status_at_delivery = if facts.problems.iter().any(|problem| counts_at(delivered_at)(&problem)) {
        Some(Status::Failed)
    } else if deciding.is_empty() {
        Some(Status::Signed)
    } else {
        clocks.received_at.map(|at| at_delivery(&deciding, at))
    };
    Outcome { status: Some(status), status_at_delivery, errors }
}

fn at_delivery(deciding: &[&Verdict], received_at: DateTime<Utc>) -> Status {
    if deciding.iter().any(|verdict| verdict.good.contains(received_at)) {
        Status::Verified
    } else if deciding.iter().any(|verdict| verdict.undetermined.contains(received_at)) {
        Status::Signed
    } else {
        Status::Failed
    }
}
