//! Verdicts: what a signer's chain is worth at a time, given anchors and evidence (RFC 5280 §6).

use chrono::{DateTime, Duration, Utc};

use super::certificate::Certificate;
use super::demand;
use super::intervals::{self, Outcome};
use super::node::Node;
use super::paths::{End, LEAF, Path, Pool};
use super::problem::{Code, Problem};
use super::revocation::{Asked, Clock, Library, Responses, Standing};
use super::validation::{self, broken, date};
use super::wanted::{Subject, Wants};
use super::weakness::AcceptedWeaknesses;

/// Everything an evaluation may use beside the signer's own certificates.
#[derive(Clone, Debug, Default)]
pub struct TrustMaterial {
    /// The trust anchors.
    pub anchors: Vec<Anchor>,
    /// Intermediates: those seen with the signer first, then stored ones.
    pub intermediates: Vec<Certificate>,
    /// DER of CRLs. Each is believed only after its signature was checked.
    pub crls: Vec<Vec<u8>>,
    /// DER of OCSP responses (RFC 6960 §4.2.1). Each is believed only after its signature was checked.
    pub ocsp: Vec<Vec<u8>>,
}

/// A trust anchor, and what the operator demands of the chains that end at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The certificate.
    pub certificate: Certificate,
    /// The demands.
    pub policy: AnchorPolicy,
}

/// What an operator demands of the chains that end at an anchor. The default demands nothing beyond [`Policy`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnchorPolicy {
    /// When evidence of revocation is required below it; the installation's choice if there is none.
    pub revocation: Option<Revocation>,
    /// Before this instant it is not trusted, whatever the certificate says.
    pub trusted_from: Option<DateTime<Utc>>,
    /// From this instant on it is not trusted, whatever the certificate says.
    pub trusted_until: Option<DateTime<Utc>>,
    /// The algorithms that may sign certificates below it, by the names that [`is_algorithm_name`] knows; empty is any.
    ///
    /// [`is_algorithm_name`]: super::demand::is_algorithm_name
    pub algorithms: Vec<String>,
    /// Certificate policies as dotted OIDs, one of which must hold for the whole chain; empty is any.
    pub policies: Vec<String>,
}

impl From<Certificate> for Anchor {
    fn from(certificate: Certificate) -> Self {
        Self { certificate, policy: AnchorPolicy::default() }
    }
}

impl AnchorPolicy {
    /// Whether a chain may meet these demands that did not meet those before, when this is what the installation asks.
    pub fn is_laxer_than(&self, before: &Self, installation: Revocation) -> bool {
        // The strictest is the least.
        self.revocation.unwrap_or(installation) > before.revocation.unwrap_or(installation)
            || self.trusted_from < before.trusted_from
            || before.trusted_until.is_some_and(|end| self.trusted_until.is_none_or(|later| later > end))
            || allows_more(&self.algorithms, &before.algorithms)
            || allows_more(&self.policies, &before.policies)
    }
}

/// Whether names are allowed that were not before; no names are all names.
fn allows_more(names: &[String], before: &[String]) -> bool {
    !before.is_empty() && (names.is_empty() || names.iter().any(|name| !before.contains(name)))
}

/// When evidence of revocation is required.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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

impl Revocation {
    /// All of them, the strictest first.
    pub const ALL: [Self; 4] = [Self::Hard, Self::Named, Self::Soft, Self::Off];

    /// The word of the configuration and of the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Named => "named",
            Self::Soft => "soft",
            Self::Off => "off",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revocation| revocation.as_str() == word)
    }
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
    /// The evidence that was believed about the certificates of that path.
    pub evidence: Vec<EvidenceUsed>,
    /// What the certificates name that could be fetched to know more, or to know it for longer; each once.
    pub wanted: Vec<Wanted>,
    /// What it took.
    pub work: Work,
}

/// How much an evaluation had to do, whatever the machine and its load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Certificates that were read.
    pub certificates: usize,
    /// Signatures of certificates and CRLs that were checked while paths were looked for and evidence was judged.
    pub signatures: usize,
    /// Steps from a certificate to one that may have issued it.
    pub steps: usize,
}

/// A piece of evidence about a certificate that was believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceUsed {
    /// Its kind.
    pub kind: EvidenceKind,
    /// SHA-256 of the DER of the CRL or the OCSP response.
    pub digest: [u8; 32],
    /// The certificate that it speaks about.
    pub certificate: Certificate,
    /// thisUpdate.
    pub this_update: DateTime<Utc>,
    /// nextUpdate.
    pub next_update: DateTime<Utc>,
    /// From when on it says that the certificate is revoked, if it does.
    pub revoked_from: Option<DateTime<Utc>>,
}

/// What evidence of revocation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EvidenceKind {
    /// A complete CRL, for all or for some certificates of its issuer.
    Crl,
    /// A delta CRL together with the complete one that it updates.
    DeltaCrl,
    /// An OCSP response.
    Ocsp,
}

impl EvidenceKind {
    /// The word that is stored and told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crl => "crl",
            Self::DeltaCrl => "delta-crl",
            Self::Ocsp => "ocsp",
        }
    }
}

/// Something that a certificate names and that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it would be.
    pub what: WantedKind,
    /// Where it is, as the certificate says: an absolute URL of any scheme.
    pub url: String,
    /// nextUpdate of the newest believed evidence of the same certificate and kind; none if there is none, and for
    /// [`WantedKind::Issuer`].
    pub next_update: Option<DateTime<Utc>>,
    /// Whether the verdict could be another one if it were at hand: required evidence is missing or out of date now, or
    /// the chain ends without an issuer.
    pub is_missing: bool,
}

/// What can be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum WantedKind {
    /// A CRL from a distribution point, or a delta CRL from freshestCRL (RFC 5280 §4.2.1.13 and §4.2.1.15).
    Crl,
    /// What a responder says about a certificate (RFC 6960; RFC 5280 §4.2.2.1).
    Ocsp {
        /// The certificate that is asked about.
        certificate: Certificate,
        /// The certificate that issued it.
        issuer: Certificate,
    },
    /// Certificates of the issuer, by caIssuers (RFC 5280 §4.2.2.1).
    Issuer,
}

/// A verdict is looked at again after this long at the latest.
pub const LONGEST_BELIEF: Duration = Duration::hours(24);

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
    let Some(mut pool) = Pool::new(leaf, material) else {
        return Explanation {
            verdict: unreadable(now),
            path: vec![leaf.clone()],
            evidence: Vec::new(),
            wanted: Vec::new(),
            work: Work::default(),
        };
    };
    let responses = Responses::read(&mut pool, material);
    let pool = pool;
    let library = Library::new(&pool, material, policy, responses);
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
    let nearest = nearest(&paths, now);
    // A search that its bounds ended before it found anything says nothing good.
    let problems =
        nearest.map_or_else(|| vec![broken("too-long", "")], |nearest| nearest.problems_at(Clock::Now(now)));
    let is_open = !problems.is_empty() && !undetermined.0.is_empty();
    Explanation {
        verdict: Verdict { problems, good, undetermined, expires_at },
        path: nearest.map(AssessedPath::certificates).unwrap_or_default(),
        evidence: nearest.map(|nearest| nearest.evidence(&library)).unwrap_or_default(),
        wanted: wanted(&paths, &pool, library, now, is_open),
        work: pool.work(),
    }
}

/// The first path that has no problems, or else the one to an anchor that has the fewest.
fn nearest<'a, 'b>(paths: &'b [AssessedPath<'a>], now: DateTime<Utc>) -> Option<&'b AssessedPath<'a>> {
    paths.iter().min_by_key(|path| (path.path.end != End::Anchor, path.problems_at(Clock::Now(now)).len()))
}

/// What all paths name that could be fetched. `is_open`: whether more evidence could change the verdict.
fn wanted(
    paths: &[AssessedPath<'_>],
    pool: &Pool,
    library: Library<'_>,
    now: DateTime<Utc>,
    is_open: bool,
) -> Vec<Wanted> {
    let mut wants = Wants::default();
    for path in paths {
        wants.of_issuers(pool, &path.path);
        for subject in path.subjects() {
            wants.of_revocation(&subject, now, is_open);
        }
    }
    for Asked { node, issuer, standing } in &library.into_asked() {
        let issuer = issuer.map(|issuer| pool.node(issuer));
        wants.of_revocation(&Subject { node: pool.node(*node), issuer, standing }, now, is_open);
    }
    wants.into_list()
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
        let accepted = &policy.weak;
        let policy = demand::applied(policy, pool.demands_on(&path));
        let mut lasting = validation::check_signer(pool, LEAF);
        lasting.extend(validation::check(pool, &path, &policy));
        let standings = match path.end {
            End::Anchor => (0..path.nodes.len()).map(|depth| library.standing(&path, depth)).collect(),
            _ => Vec::new(),
        };
        Self { pool, path, lasting, accepted, standings }
    }

    fn certificates(&self) -> Vec<Certificate> {
        self.path.nodes.iter().map(|&place| self.pool.node(place).certificate.clone()).collect()
    }

    /// The certificates with what is known about their revocation.
    fn subjects(&self) -> impl Iterator<Item = Subject<'_>> {
        let node = |depth: usize| self.path.nodes.get(depth).map(|&place| self.pool.node(place));
        self.standings.iter().enumerate().filter_map(move |(depth, standing)| {
            Some(Subject { node: node(depth)?, issuer: node(depth + 1), standing })
        })
    }

    /// The evidence that was believed about its certificates.
    fn evidence(&self, library: &Library<'_>) -> Vec<EvidenceUsed> {
        self.subjects().flat_map(|subject| library.used(subject.node, subject.standing)).collect()
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
        problems.extend(self.out_of_trust(clock.instant()));
        let counts = |problem: &&Problem| !self.accepted.lift(problem, clock.instant());
        problems.extend(self.lasting.iter().filter(counts).cloned());
        problems
    }

    /// What is wrong at an instant at which the operator does not trust the anchor.
    fn out_of_trust(&self, at: DateTime<Utc>) -> Option<Problem> {
        let anchor = self.pool.node(*self.path.nodes.last()?);
        demand::out_of_trust(anchor, self.pool.demands_on(&self.path)?, at)
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
        let demands = self.pool.demands_on(&self.path);
        let trust = demands.map(|demands| [demands.trusted_from, demands.trusted_until]);
        validity
            .chain(trust.into_iter().flatten().flatten())
            .chain(self.standings.iter().flat_map(Standing::instants))
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
