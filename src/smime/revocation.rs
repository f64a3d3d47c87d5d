//! What is known about the revocation of the certificates on a path (RFC 5280 §6.3).
//!
//! The rules of CRLs are applied here and not by OpenSSL, for the sake of the second clock: OpenSSL knows one time
//! and one outcome, while an interval in which a chain was good needs to know of each certificate from when on it
//! was revoked and up to when its evidence reaches, whatever the time of the evaluation. So a certificate's
//! [`Standing`] is gathered once and without a clock, and answers for any instant by comparison.
//!
//! A CRL is believed only after its signature verified with a key that may sign it, whoever brought it: a forged one
//! in a message neither hides the good one nor breaks a chain. OCSP responses become [`Evidence`] as CRLs do, by the
//! same rules (`answers`). Whatever was fetched arrives through [`TrustMaterial`].

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use chrono::{DateTime, Utc};
use openssl::sha::sha256;

pub(super) use self::answers::Responses;
pub(super) use self::standing::{Clock, Standing};
use self::standing::{Document, Evidence};
use super::crl::{self, Crl};
use super::distribution::{ALL_REASONS, DistributionPoint};
use super::node::Node;
use super::paths::{End, Path, Pool};
use super::validation;
use super::verdict::{EvidenceKind, EvidenceUsed, Policy, Revocation, TrustMaterial};

mod answers;
mod standing;

/// keyUsage's bit cRLSign.
const CRL_SIGN: u16 = 6;
/// How deep the keys that sign evidence may rest on evidence that other keys sign.
const MOST_NESTED_SIGNERS: usize = 3;

/// How many certificates that sign evidence are remembered, with what is known about them.
const MOST_ASKED: usize = 64;

/// The CRLs at hand, each read when it is first asked for, and the OCSP responses.
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
    responses: Responses<'a>,
    /// Whether the response's signature verifies with the certificate's key.
    signed_responses: RefCell<HashMap<(usize, usize), bool>>,
    /// Whether a responder's path breaks no rule.
    sound: RefCell<HashMap<Vec<usize>, bool>>,
    /// What is known about the revocation of a responder on a path.
    responders: RefCell<HashMap<Vec<usize>, Rc<Standing>>>,
    /// What came out about certificates on the paths of those who sign evidence.
    asked: RefCell<Vec<Asked>>,
}

/// What is known about the revocation of a certificate that vouches for evidence, or stands above one that does.
pub(super) struct Asked {
    /// Its place in the pool.
    pub(super) node: usize,
    /// The place of its issuer.
    pub(super) issuer: Option<usize>,
    /// What is known.
    pub(super) standing: Rc<Standing>,
}

impl<'a> Library<'a> {
    /// Sorts the CRLs by the names of their issuers.
    pub(super) fn new(
        pool: &'a Pool,
        material: &'a TrustMaterial,
        policy: &Policy,
        responses: Responses<'a>,
    ) -> Self {
        let mut library = Self {
            pool,
            revocation: policy.revocation,
            ders: Vec::new(),
            crls: Vec::new(),
            by_issuer: HashMap::new(),
            signed: RefCell::default(),
            signer_paths: RefCell::default(),
            responses,
            signed_responses: RefCell::default(),
            sound: RefCell::default(),
            responders: RefCell::default(),
            asked: RefCell::default(),
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
        let mut evidence = self.lists_about(path, depth, signers);
        evidence.extend(self.answers_about(path, depth, signers));
        self.lift_holds(&mut evidence);
        Standing::new(evidence, is_required(revocation, node))
    }

    /// What CRLs that are believed say about the certificate at `depth` of a path.
    fn lists_about(&self, path: &Path, depth: usize, signers: &mut Vec<usize>) -> Vec<Evidence> {
        let node = self.pool.node(path.nodes[depth]);
        let mut complete = self.complete_crls(node);
        complete.retain(|(crl, _)| self.is_believed(*crl, path, depth, signers));
        let mut evidence = Vec::new();
        for &(place, reasons) in &complete {
            let Some(crl) = self.crl(place) else { continue };
            let listed = crl.entry_for(node).flatten();
            evidence.push(Evidence {
                document: Document::Crl(place),
                reasons,
                this_update: crl.this_update,
                next_update: crl.next_update,
                revoked: listed,
            });
            for delta_place in self.deltas_of(crl) {
                let Some(delta) = self.crl(delta_place) else { continue };
                if self.is_believed(delta_place, path, depth, signers) {
                    evidence.push(Evidence {
                        document: Document::Delta { delta: delta_place, complete: place },
                        reasons,
                        this_update: delta.this_update,
                        next_update: delta.next_update,
                        revoked: delta.entry_for(node).unwrap_or(listed),
                    });
                }
            }
        }
        evidence
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
    fn lift_holds(&self, evidence: &mut [Evidence]) {
        let not_revoked: Vec<Evidence> =
            evidence.iter().filter(|evidence| evidence.revoked.is_none()).cloned().collect();
        for held in
            evidence.iter_mut().filter(|held| held.revoked.is_some_and(|entry| entry.reason.is_hold()))
        {
            if not_revoked.iter().any(|newer| self.lifts(newer, held)) {
                held.revoked = None;
            }
        }
    }

    /// Whether evidence that tells of no revocation ends a hold. While what tells of the hold is current, only its like
    /// can end it: of a CRL and an OCSP response that contradict each other, the one that says revoked counts.
    fn lifts(&self, newer: &Evidence, held: &Evidence) -> bool {
        if newer.this_update <= held.this_update {
            return false;
        }
        match (held.document, newer.document) {
            (Document::Response(_), Document::Response(_)) => true,
            (Document::Response(_), _) | (_, Document::Response(_)) => {
                newer.reasons == ALL_REASONS && held.next_update <= newer.this_update
            }
            (
                Document::Crl(one) | Document::Delta { complete: one, .. },
                Document::Crl(other) | Document::Delta { complete: other, .. },
            ) => self.crl(one).zip(self.crl(other)).is_some_and(|(one, other)| one.shares_scope(other)),
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
    /// and no certificate on it revoked.
    fn may_sign(&self, signer: usize, anchor: usize, at: DateTime<Utc>, signers: &mut Vec<usize>) -> bool {
        if signers.contains(&signer) || signers.len() >= MOST_NESTED_SIGNERS {
            return false;
        }
        signers.push(signer);
        let good = self.paths_of_signer(signer).iter().any(|path| {
            path.nodes.last() == Some(&anchor)
                && path.nodes.iter().enumerate().all(|(depth, &place)| {
                    let node = self.pool.node(place);
                    let standing = Rc::new(self.standing_below(path, depth, signers));
                    self.note_asked(path, depth, &standing);
                    node.parsed.not_before <= at && at < node.valid_until() && standing.vouches_at(at)
                })
        });
        signers.pop();
        good
    }

    /// Remembers what came out about a certificate on the path of one that signs evidence, once for each.
    fn note_asked(&self, path: &Path, depth: usize, standing: &Rc<Standing>) {
        let mut asked = self.asked.borrow_mut();
        let node = path.nodes[depth];
        if standing.is_asked && asked.len() < MOST_ASKED && asked.iter().all(|asked| asked.node != node) {
            let issuer = path.nodes.get(depth + 1).copied();
            asked.push(Asked { node, issuer, standing: Rc::clone(standing) });
        }
    }

    /// What came out about the certificates on the paths of those who sign evidence, as far as it was asked for.
    pub(super) fn into_asked(self) -> Vec<Asked> {
        self.asked.into_inner()
    }

    /// The evidence about a certificate to tell of: the newest of each kind, or what tells of a revocation.
    pub(super) fn used(&self, node: &Node, standing: &Standing) -> Vec<EvidenceUsed> {
        [EvidenceKind::Crl, EvidenceKind::DeltaCrl, EvidenceKind::Ocsp]
            .into_iter()
            .filter_map(|kind| {
                let evidence = standing.newest(kind)?;
                Some(EvidenceUsed {
                    kind,
                    digest: sha256(self.der(evidence.document)?),
                    certificate: node.certificate.clone(),
                    this_update: evidence.this_update,
                    next_update: evidence.next_update,
                    revoked_from: evidence.revoked.map(|entry| entry.effective),
                })
            })
            .collect()
    }

    fn der(&self, document: Document) -> Option<&'a [u8]> {
        match document {
            Document::Crl(place) | Document::Delta { delta: place, .. } => self.ders.get(place).copied(),
            Document::Response(place) => self.responses.held.get(place).map(|held| held.der),
        }
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
        Revocation::Named => !node.points.is_empty() || !node.responders.is_empty(),
        Revocation::Soft | Revocation::Off => false,
    }
}
