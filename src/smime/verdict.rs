//! Verdicts: what a signer's chain is worth at a time, given anchors and evidence (RFC 5280 §6).

use chrono::{DateTime, Duration, Utc};

use super::certificate::Certificate;
use super::intervals::{self, Outcome};
use super::paths::{End, Node, Path, Pool};
use super::problem::{Code, Problem};
use super::revocation::{Clock, Library, Standing};
use super::validation::{self, broken, date};
use super::weakness::AcceptedWeaknesses;

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
    /// Before when what is weak is accepted, in the chain as in the message.
    pub weak: AcceptedWeaknesses,
}

/// A half-open interval of time `[from, to)`; `None` is unbounded.
pub type Interval = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// Half-open intervals of time `[from, to)`, in order, not touching; `None` is unbounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals(pub Vec<Interval>);

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

/// A verdict with the path that it rests on, for those who tell its story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The verdict.
    pub verdict: Verdict,
    /// The path that is good now, or that is nearest to it: the leaf first.
    pub path: Vec<Certificate>,
}

/// A verdict is looked at again after this long at the latest.
const LONGEST_BELIEF: Duration = Duration::hours(24);

/// Evaluates the chain of `leaf` at `now`.
///
/// Every path is tried (`paths`), each is checked once for what does not depend on time (`validation`), and what is
/// known about revocation is gathered once (`revocation`). All that is left for the two clocks is to compare dates.
pub fn evaluate(
    leaf: &Certificate,
    material: &TrustMaterial,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Verdict {
    explain(leaf, material, policy, now).verdict
}

/// Evaluates as [`evaluate`] does, and tells the path.
pub fn explain(
    leaf: &Certificate,
    material: &TrustMaterial,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Explanation {
    let Some(pool) = Pool::new(leaf, material) else {
        return Explanation { verdict: unreadable(now), path: vec![leaf.clone()] };
    };
    let library = Library::new(&pool, material, policy);
    let paths: Vec<AssessedPath<'_>> = pool
        .paths_from(LEAF)
        .into_iter()
        .map(|path| AssessedPath::new(&pool, &library, path, policy))
        .collect();
    // Those of the policy too: messages turn with them, whatever the chain is worth.
    let instants: Vec<DateTime<Utc>> =
        paths.iter().flat_map(AssessedPath::instants).chain(policy.weak.instants()).collect();
    let expires_at = instants
        .iter()
        .copied()
        .filter(|&instant| instant > now)
        .chain([now + LONGEST_BELIEF])
        .min()
        .unwrap_or(now + LONGEST_BELIEF);
    let (good, undetermined) = intervals::survey(instants, |at| {
        paths.iter().map(|path| path.outcome_at(at)).min().unwrap_or(Outcome::Bad)
    });
    let (path, problems) = best(&paths, now);
    Explanation { verdict: Verdict { problems, good, undetermined, expires_at }, path }
}

/// Where the pool keeps the leaf.
const LEAF: usize = 0;

/// The first path that has no problems, or else the one to an anchor that has the fewest; and its problems.
fn best(paths: &[AssessedPath<'_>], now: DateTime<Utc>) -> (Vec<Certificate>, Vec<Problem>) {
    paths
        .iter()
        .map(|path| (path, path.problems_at(Clock::Now(now))))
        .min_by_key(|(path, problems)| (path.path.end != End::Anchor, problems.len()))
        .map(|(path, problems)| (path.certificates(), problems))
        // A search that its bounds ended before it found anything says nothing good.
        .unwrap_or_else(|| (Vec::new(), vec![broken("too-long", "")]))
}

fn unreadable(now: DateTime<Utc>) -> Verdict {
    Verdict {
        problems: vec![broken("encoding", "")],
        good: Intervals::default(),
        undetermined: Intervals::default(),
        expires_at: now + LONGEST_BELIEF,
    }
}

/// A path with everything about it that the time does not change.
struct AssessedPath<'a> {
    pool: &'a Pool,
    path: Path,
    /// What is wrong at any time, unless it is a weakness that is accepted at that time.
    lasting: Vec<Problem>,
    accepted: &'a AcceptedWeaknesses,
    /// One for each certificate; none on a path without an anchor, where no evidence could be believed.
    standings: Vec<Standing>,
}

impl<'a> AssessedPath<'a> {
    fn new(pool: &'a Pool, library: &Library<'_>, path: Path, policy: &'a Policy) -> Self {
        let mut lasting = validation::check_signer(pool, LEAF);
        lasting.extend(validation::check(pool, &path, policy));
        let standings = match path.end {
            End::Anchor => (0..path.nodes.len()).map(|depth| library.standing(&path, depth)).collect(),
            _ => Vec::new(),
        };
        Self { pool, path, lasting, accepted: &policy.weak, standings }
    }

    fn certificates(&self) -> Vec<Certificate> {
        self.path.nodes.iter().map(|&place| self.pool.node(place).certificate.clone()).collect()
    }

    fn problems_at(&self, clock: Clock) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (depth, &place) in self.path.nodes.iter().enumerate() {
            let node = self.pool.node(place);
            problems.extend(out_of_date(node, depth, clock.instant()));
            problems.extend(
                self.standings.get(depth).and_then(|standing| standing.problem_at(clock, node, depth)),
            );
        }
        let counts = |problem: &&Problem| !self.accepted.lift(problem, clock.instant());
        problems.extend(self.lasting.iter().filter(counts).cloned());
        problems
    }

    fn outcome_at(&self, at: DateTime<Utc>) -> Outcome {
        if self.path.end != End::Anchor {
            return Outcome::Bad;
        }
        let problems = self.problems_at(Clock::Delivery(at));
        if problems.is_empty() {
            Outcome::Good
        } else if problems
            .iter()
            .all(|problem| matches!(problem.code, Code::RevocationUnavailable | Code::RevocationExpired))
        {
            Outcome::Undetermined
        } else {
            Outcome::Bad
        }
    }

    /// The instants at which anything about the path can change.
    fn instants(&self) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        let validity = self.path.nodes.iter().flat_map(|&place| {
            let node = self.pool.node(place);
            [node.parsed.not_before, node.valid_until()]
        });
        validity.chain(self.standings.iter().flat_map(Standing::instants))
    }
}

/// The anchor's own validity counts too: RFC 5280 §6.1 leaves it to us, and an operator who lets an anchor run out has
/// not renewed the trust in it.
fn out_of_date(node: &Node, depth: usize, at: DateTime<Utc>) -> Option<Problem> {
    let parsed = &node.parsed;
    let problem = |of_leaf| {
        let code = if depth == 0 { of_leaf } else { Code::IssuerExpired };
        Problem::new(code).with("subject", parsed.subject.clone())
    };
    if at < parsed.not_before {
        Some(problem(Code::CertificateNotYetValid).with("notBefore", date(parsed.not_before)))
    } else if at >= node.valid_until() {
        Some(problem(Code::CertificateExpired).with("notAfter", date(parsed.not_after)))
    } else {
        None
    }
}
