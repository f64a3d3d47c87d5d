//! What is known about the revocation of the certificates on a path (RFC 5280 §6.3).
//!
//! The rules of CRLs are applied here and not by OpenSSL, for the sake of the second clock: OpenSSL knows one time
//! and one outcome, while an interval in which a chain was good needs to know of each certificate from when on it
//! was revoked and up to when its evidence reaches, whatever the time of the evaluation. So a certificate's
//! [`Standing`] is gathered once and without a clock, and answers for any instant by comparison.
//!
//! A CRL is believed only after its signature verified with a key that may sign it, whoever brought it: a forged one
//! in a message neither hides the good one nor breaks a chain. Evidence has no other source yet; OCSP responses
//! become [`Evidence`] as CRLs do, and what is fetched arrives through [`TrustMaterial`].

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use chrono::{DateTime, Utc};

use super::crl::{self, Crl, Entry};
use super::distribution::{ALL_REASONS, DistributionPoint};
use super::paths::{End, Node, Path, Pool};
use super::problem::{Code, Problem};
use super::validation::{self, date};
use super::verdict::{Policy, Revocation, TrustMaterial};

/// keyUsage's bit cRLSign.
const CRL_SIGN: u16 = 6;
/// How many pieces of evidence are kept for a certificate.
const MOST_EVIDENCE: usize = 32;
/// How deep the keys that sign CRLs may rest on CRLs that other keys sign.
const MOST_NESTED_SIGNERS: usize = 3;

/// Which clock a question is asked by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clock {
    /// The instant of the evaluation: evidence must be current.
    Now(DateTime<Utc>),
    /// The instant of a delivery: newer evidence is good evidence, and older evidence reaches up to its nextUpdate.
    Delivery(DateTime<Utc>),
}

impl Clock {
    /// The instant.
    pub(super) fn instant(self) -> DateTime<Utc> {
        match self {
            Self::Now(at) | Self::Delivery(at) => at,
        }
    }
}

/// What one CRL, or one with its delta, says about one certificate.
struct Evidence {
    /// For which reasons it would list the certificate.
    reasons: u16,
    this_update: DateTime<Utc>,
    next_update: DateTime<Utc>,
    revoked: Option<Entry>,
}

/// What is known about the revocation of one certificate, whatever the time.
pub(super) struct Standing {
    evidence: Vec<Evidence>,
    required: bool,
}

impl Standing {
    /// A certificate of which nobody wants to know whether it is revoked.
    fn unasked() -> Self {
        Self { evidence: Vec::new(), required: false }
    }

    /// What is wrong with the certificate by this clock; `depth` is its place on the path.
    pub(super) fn problem_at(&self, clock: Clock, node: &Node, depth: usize) -> Option<Problem> {
        if let Some(entry) = self.revoked_at(clock.instant()) {
            return Some(revoked(entry, node, depth));
        }
        if !self.required || self.covered(|evidence| evidence.reaches(clock)) {
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

    /// The instants at which the answer can change.
    pub(super) fn instants(&self) -> impl Iterator<Item = DateTime<Utc>> + '_ {
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

    /// The revocation that counts at an instant, the earliest if there are several.
    fn revoked_at(&self, at: DateTime<Utc>) -> Option<&Entry> {
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

impl Evidence {
    fn reaches(&self, clock: Clock) -> bool {
        match clock {
            Clock::Now(now) => self.this_update <= now && now < self.next_update,
            Clock::Delivery(at) => at < self.next_update,
        }
    }
}

/// The CRLs at hand, each read when it is first asked for.
pub(super) struct Library<'a> {
    pool: &'a Pool,
    /// What the installation requires; an anchor may require something else of the paths that end at it.
    revocation: Revocation,
    ders: Vec<&'a [u8]>,
    crls: Vec<OnceCell<Option<Crl<'a>>>>,
    by_issuer: HashMap<String, Vec<usize>>,
    /// Whether the CRL's signature verifies with the certificate's key.
    signed: RefCell<HashMap<(usize, usize), bool>>,
    /// Paths from a certificate that signs CRLs to an anchor, those with nothing against them but time.
    signer_paths: RefCell<HashMap<usize, Rc<Vec<Path>>>>,
}

impl<'a> Library<'a> {
    /// Sorts the CRLs by the names of their issuers.
    pub(super) fn new(pool: &'a Pool, material: &'a TrustMaterial, policy: &Policy) -> Self {
        let mut library = Self {
            pool,
            revocation: policy.revocation,
            ders: Vec::new(),
            crls: Vec::new(),
            by_issuer: HashMap::new(),
            signed: RefCell::default(),
            signer_paths: RefCell::default(),
        };
        let mut policies = material.anchors.iter().map(|anchor| anchor.policy.revocation);
        if policies.all(|of_anchor| of_anchor.unwrap_or(policy.revocation) == Revocation::Off) {
            return library;
        }
        let mut seen = std::collections::HashSet::new();
        for der in &material.crls {
            if seen.insert(der)
                && let Some(issuer) = crl::issuer_of(der)
            {
                library.by_issuer.entry(issuer).or_default().push(library.ders.len());
                library.ders.push(der);
                library.crls.push(OnceCell::new());
            }
        }
        library
    }

    /// What is known about the certificate at `depth` of a path to an anchor.
    pub(super) fn standing(&self, path: &Path, depth: usize) -> Standing {
        self.standing_below(path, depth, &mut Vec::new())
    }

    /// `signers` are the certificates whose own standing is being asked for, to be able to believe a CRL.
    fn standing_below(&self, path: &Path, depth: usize, signers: &mut Vec<usize>) -> Standing {
        let node = self.pool.node(path.nodes[depth]);
        let revocation = self.revocation_below(path);
        if revocation == Revocation::Off || path.ends_at(depth) {
            return Standing::unasked();
        }
        let mut complete = self.complete_crls(node);
        complete.retain(|(crl, _)| self.is_believed(*crl, path, depth, signers));
        let mut evidence = Vec::new();
        for &(place, reasons) in &complete {
            let Some(crl) = self.crl(place) else { continue };
            let listed = crl.entry_for(node).flatten();
            evidence.push((
                place,
                Evidence {
                    reasons,
                    this_update: crl.this_update,
                    next_update: crl.next_update,
                    revoked: listed,
                },
            ));
            for delta_place in self.deltas_of(crl) {
                let Some(delta) = self.crl(delta_place) else { continue };
                if self.is_believed(delta_place, path, depth, signers) {
                    evidence.push((
                        place,
                        Evidence {
                            reasons,
                            this_update: delta.this_update,
                            next_update: delta.next_update,
                            revoked: delta.entry_for(node).unwrap_or(listed),
                        },
                    ));
                }
            }
        }
        self.lift_holds(&mut evidence);
        let mut evidence: Vec<Evidence> = evidence.into_iter().map(|(_, evidence)| evidence).collect();
        evidence
            .sort_by_key(|evidence| (evidence.revoked.is_none(), std::cmp::Reverse(evidence.this_update)));
        evidence.truncate(MOST_EVIDENCE);
        Standing { evidence, required: is_required(revocation, node) }
    }

    /// The complete CRLs that answer for a certificate, with the reasons for which they do. First by the points
    /// that it names, then by the one that is always implied (RFC 5280 §6.3.3).
    fn complete_crls(&self, node: &Node) -> Vec<(usize, u16)> {
        let implied = DistributionPoint::implied(&node.issuer);
        let mut found: Vec<(usize, u16)> = Vec::new();
        for point in node.points.iter().chain([&implied]) {
            let own = std::slice::from_ref(&node.issuer);
            for issuer in point.crl_issuers.as_deref().unwrap_or(own) {
                for &place in self.by_issuer.get(issuer).map_or(&[][..], Vec::as_slice) {
                    let Some(crl) = self.crl(place).filter(|crl| !crl.is_delta()) else { continue };
                    let Some(reasons) = crl.reasons_for(node, point) else { continue };
                    match found.iter_mut().find(|(known, _)| *known == place) {
                        Some((_, known)) => *known |= reasons,
                        None => found.push((place, reasons)),
                    }
                }
            }
        }
        found
    }

    fn deltas_of(&self, complete: &Crl<'a>) -> Vec<usize> {
        let same_issuer = self.by_issuer.get(&complete.issuer).map_or(&[][..], Vec::as_slice);
        same_issuer
            .iter()
            .copied()
            .filter(|&place| self.crl(place).is_some_and(|delta| delta.is_delta() && delta.updates(complete)))
            .collect()
    }

    /// Takes away a certificateHold that newer evidence of the same scope does not repeat. Any other revocation
    /// stays, because issuers drop expired certificates from their lists.
    fn lift_holds(&self, evidence: &mut [(usize, Evidence)]) {
        let states: Vec<(usize, DateTime<Utc>, bool)> = evidence
            .iter()
            .map(|(place, evidence)| (*place, evidence.this_update, evidence.revoked.is_some()))
            .collect();
        for (place, evidence) in evidence {
            let lifted = states.iter().any(|(other, this_update, revoked)| {
                !revoked
                    && *this_update > evidence.this_update
                    && self.crl(*place).zip(self.crl(*other)).is_some_and(|(one, two)| one.shares_scope(two))
            });
            if lifted && evidence.revoked.is_some_and(|entry| entry.reason.is_hold()) {
                evidence.revoked = None;
            }
        }
    }

    /// Whether the CRL is signed by a key above the certificate on its own path, or by one that has a good path of
    /// its own to the same anchor (RFC 5280 §6.3.3 (f) and (g)).
    fn is_believed(&self, place: usize, path: &Path, depth: usize, signers: &mut Vec<usize>) -> bool {
        let Some(crl) = self.crl(place) else { return false };
        let above = &path.nodes[depth + 1..];
        let signs = |node: usize| {
            let certificate = self.pool.node(node);
            certificate.subject == crl.issuer && certificate.may(CRL_SIGN) && self.is_signed_by(place, node)
        };
        if above.iter().any(|&node| signs(node)) {
            return true;
        }
        let Some(&anchor) = path.nodes.last() else { return false };
        self.pool
            .named(&crl.issuer)
            .iter()
            .filter(|node| !path.nodes.contains(node))
            // A certificate that is no issuer of the path's must say itself that it signs lists.
            .filter(|&&node| self.pool.node(node).key_usage.is_some() && signs(node))
            .any(|&signer| self.may_sign(signer, anchor, crl.this_update, signers))
    }

    /// Whether a certificate that signs CRLs was good when it signed: a path to the anchor, valid at that time,
    /// and no certificate on it revoked, then or later, since whoever has a compromised key can date back.
    fn may_sign(&self, signer: usize, anchor: usize, at: DateTime<Utc>, signers: &mut Vec<usize>) -> bool {
        if signers.contains(&signer) || signers.len() >= MOST_NESTED_SIGNERS {
            return false;
        }
        signers.push(signer);
        let good = self.paths_of_signer(signer).iter().any(|path| {
            path.nodes.last() == Some(&anchor)
                && path.nodes.iter().enumerate().all(|(depth, &place)| {
                    let node = self.pool.node(place);
                    let standing = self.standing_below(path, depth, signers);
                    node.parsed.not_before <= at
                        && at < node.valid_until()
                        && standing.evidence.iter().all(|evidence| evidence.revoked.is_none())
                        && (!standing.required || standing.covered(|evidence| at < evidence.next_update))
                })
        });
        signers.pop();
        good
    }

    fn paths_of_signer(&self, signer: usize) -> Rc<Vec<Path>> {
        if let Some(paths) = self.signer_paths.borrow().get(&signer) {
            return Rc::clone(paths);
        }
        let mut paths = self.pool.paths_from(signer);
        paths.retain(|path| {
            path.end == End::Anchor && validation::check(self.pool, path, &Policy::default()).is_empty()
        });
        let paths = Rc::new(paths);
        self.signer_paths.borrow_mut().insert(signer, Rc::clone(&paths));
        paths
    }

    fn is_signed_by(&self, place: usize, node: usize) -> bool {
        if let Some(known) = self.signed.borrow().get(&(place, node)) {
            return *known;
        }
        let verified = self.pool.may_check_signature()
            && self
                .crl(place)
                .zip(self.pool.node(node).x509())
                .is_some_and(|(crl, issuer)| issuer.public_key().is_ok_and(|key| crl.is_signed_by(&key)));
        // A failed verification leaves its story in OpenSSL's queue.
        drop(openssl::error::ErrorStack::get());
        self.signed.borrow_mut().insert((place, node), verified);
        verified
    }

    fn crl(&self, place: usize) -> Option<&Crl<'a>> {
        self.crls.get(place)?.get_or_init(|| Crl::read(self.ders.get(place)?)).as_ref()
    }

    /// What is required on a path, by the anchor that it ends at. Whoever signs evidence about a path has a path to the
    /// same anchor, so that the same is required of both.
    fn revocation_below(&self, path: &Path) -> Revocation {
        self.pool.demands_on(path).and_then(|demands| demands.revocation).unwrap_or(self.revocation)
    }
}

fn is_required(revocation: Revocation, node: &Node) -> bool {
    match revocation {
        Revocation::Hard => true,
        Revocation::Named => !node.points.is_empty() || node.ocsp.is_some(),
        Revocation::Soft | Revocation::Off => false,
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
    let url = node.points.iter().find_map(|point| point.url.as_ref());
    let (kind, url) = match (url, &node.ocsp) {
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
