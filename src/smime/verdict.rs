//! Verdicts: what a signer's chain is worth at a time, given anchors and evidence (RFC 5280 §6).

use chrono::{DateTime, Utc};

use super::facts::Certificate;
use super::problem::Problem;

/// Everything an evaluation may use beside the signer's own certificates.
#[derive(Clone, Debug, Default)]
pub struct TrustMaterial {
    /// The trust anchors.
    pub anchors: Vec<Certificate>,
    /// Intermediates: those seen with the signer first, then stored ones.
    pub intermediates: Vec<Certificate>,
    /// DER of CRLs. Each is believed only after its signature was checked.
    pub crls: Vec<Vec<u8>>,
}

/// When evidence of revocation is required.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Revocation {
    /// For every certificate below the anchor.
    Hard,
    /// Where the certificate names a source; used where there is some anyway.
    #[default]
    Named,
    /// Used where there is some.
    Soft,
    /// Never looked at.
    Off,
}

/// The inputs of path validation that an operator chooses (RFC 5280 §6.1.1).
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// When evidence of revocation is required.
    pub revocation: Revocation,
    /// user-initial-policy-set as dotted OIDs; empty is anyPolicy.
    pub policies: Vec<String>,
    /// initial-explicit-policy.
    pub explicit_policy: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any_policy: bool,
    /// initial-policy-mapping-inhibit.
    pub inhibit_policy_mapping: bool,
}

/// Half-open intervals of time `[from, to)`, in order, not touching; `None` is unbounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals(pub Vec<(Option<DateTime<Utc>>, Option<DateTime<Utc>>)>);

impl Intervals {
    /// Whether `at` lies in one of them.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.0.iter().any(|(from, to)| from.is_none_or(|from| from <= at) && to.is_none_or(|to| at < to))
    }
}

/// What the chain of a signer is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What is wrong now; empty is good.
    pub problems: Vec<Problem>,
    /// When a delivery met a good chain.
    pub good: Intervals,
    /// When only missing evidence kept a delivery's chain from being known to be good.
    pub undetermined: Intervals,
    /// Until when this may be believed.
    pub expires_at: DateTime<Utc>,
}

/// Evaluates the chain of `leaf` at `now`.
pub fn evaluate(
    _leaf: &Certificate,
    _material: &TrustMaterial,
    _policy: &Policy,
    now: DateTime<Utc>,
) -> Verdict {
    Verdict {
        problems: Vec::new(),
        good: Intervals::default(),
        undetermined: Intervals::default(),
        expires_at: now,
    }
}
