//! What OCSP responses say about the certificates of a path (RFC 6960), as evidence beside that of CRLs.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::standing::{Document, Evidence, Standing};
use super::{Library, MOST_NESTED_SIGNERS};
use crate::smime::certificate::Certificate;
use crate::smime::distribution::ALL_REASONS;
use crate::smime::node::Node;
use crate::smime::ocsp::{Answer, Response, Status};
use crate::smime::paths::{End, Path, Pool};
use crate::smime::responder::{has_signed, may_respond};
use crate::smime::validation;
use crate::smime::verdict::{Policy, TrustMaterial};

/// How many responses one evaluation reads, to find those about its certificates.
const MOST_READ: usize = 4096;
/// How many of those it looks into.
const MOST_RESPONSES: usize = 256;

/// The OCSP responses at hand, by the certificates that they may be about.
#[derive(Default)]
pub(in crate::smime) struct Responses<'a> {
    pub(super) held: Vec<Held<'a>>,
    /// The places of answers about a serial number: of the response, and within it.
    by_serial: HashMap<Vec<u8>, Vec<(usize, usize)>>,
}

/// A response, and the places in the pool of the certificates that came with it and may have signed it.
pub(super) struct Held<'a> {
    pub(super) der: &'a [u8],
    response: Response<'a>,
    brought: Vec<usize>,
}

impl<'a> Responses<'a> {
    /// Reads the responses that are about certificates of the pool; others are left out. A responder's certificate that
    /// came with a response is admitted to the pool for the sake of that response alone: no path is looked for through
    /// it. What is said about such a one counts too.
    pub(in crate::smime) fn read(pool: &mut Pool, material: &'a TrustMaterial) -> Self {
        let mut responses = Self::default();
        let mut seen = HashSet::new();
        let mut waiting: Vec<(&[u8], Response<'a>)> = material
            .ocsp
            .iter()
            .filter(|der| seen.insert(*der))
            .take(MOST_READ)
            .filter_map(|der| Some((der.as_slice(), Response::read(der).ok()?)))
            .collect();
        let mut serials: HashSet<Vec<u8>> = pool.all().filter_map(serial_of).collect();
        for _ in 0..2 {
            let (about, others): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, response)| {
                response.answers.iter().any(|answer| serials.contains(answer.serial))
            });
            for (der, response) in about {
                if responses.held.len() < MOST_RESPONSES {
                    let brought = responses.add(pool, der, response);
                    serials.extend(brought.iter().filter_map(|&place| serial_of(pool.node(place))));
                }
            }
            waiting = others;
        }
        responses
    }

    /// Gives the places of the certificates that came with the response and may have signed it.
    fn add(&mut self, pool: &mut Pool, der: &'a [u8], response: Response<'a>) -> Vec<usize> {
        let place = self.held.len();
        for (position, answer) in response.answers.iter().enumerate() {
            self.by_serial.entry(answer.serial.to_vec()).or_default().push((place, position));
        }
        let brought: Vec<usize> = response
            .certificates
            .iter()
            .filter_map(|der| Node::read(&Certificate(der.to_vec()), false))
            .filter(|node| node.is_responder && response.names(node))
            .map(|node| pool.admit(node))
            .collect();
        self.held.push(Held { der, response, brought: brought.clone() });
        brought
    }

    fn about(&self, node: &Node) -> impl Iterator<Item = (usize, &Held<'a>, &Answer<'a>)> {
        let serial = serial_of(node).unwrap_or_default();
        let places = self.by_serial.get(&serial).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|&(place, position)| {
            let held = self.held.get(place)?;
            Some((place, held, held.response.answers.get(position)?))
        })
    }
}

/// The content octets of the serial number.
fn serial_of(node: &Node) -> Option<Vec<u8>> {
    hex::decode(&node.parsed.serial).ok()
}

impl Library<'_> {
    /// What responses that are believed say about the certificate at `depth` of a path. `unknown` says nothing.
    pub(super) fn answers_about(&self, path: &Path, depth: usize, signers: &mut Vec<usize>) -> Vec<Evidence> {
        let node = self.pool.node(path.nodes[depth]);
        let Some(&issuer) = path.nodes.get(depth + 1) else { return Vec::new() };
        let mut evidence = Vec::new();
        for (place, held, answer) in self.responses.about(node) {
            let revoked = match answer.status {
                Status::Good => None,
                Status::Revoked(entry) => Some(entry),
                Status::Unknown => continue,
            };
            if answer.means(&node.parsed, self.pool.node(issuer))
                && answer.remembers(node.valid_until())
                && self.is_answer_believed((place, held, answer), path, depth, signers)
            {
                evidence.push(Evidence {
                    document: Document::Response(place),
                    reasons: ALL_REASONS,
                    this_update: answer.this_update,
                    next_update: answer.next_update,
                    revoked,
                });
            }
        }
        evidence
    }

    /// Whether the issuer of the certificate signed the response, or a responder of the issuer's (RFC 6960 §4.2.2.2).
    fn is_answer_believed(
        &self,
        (place, held, answer): (usize, &Held<'_>, &Answer<'_>),
        path: &Path,
        depth: usize,
        signers: &mut Vec<usize>,
    ) -> bool {
        let Some(&issuer) = path.nodes.get(depth + 1) else { return false };
        if self.has_signed_response(issuer, place, held) {
            return true;
        }
        let known = held.response.responder_name().map_or(&[][..], |name| self.pool.named(name));
        let candidates = held.brought.iter().chain(known).copied();
        candidates
            .filter(|&responder| {
                may_respond(self.pool.node(responder), &held.response, answer)
                    && self.pool.is_issued_by(responder, issuer)
                    && self.has_signed_response(responder, place, held)
            })
            .any(|responder| self.may_answer(responder, held, path, depth, signers))
    }

    /// Whether a responder's certificate breaks no rule, and is not revoked; its issuer may have said that nobody need
    /// ask (RFC 6960 §4.2.2.2.1), but a revocation that is known counts. The path above is the one that is being
    /// evaluated, and is judged there.
    fn may_answer(
        &self,
        responder: usize,
        held: &Held<'_>,
        path: &Path,
        depth: usize,
        signers: &mut Vec<usize>,
    ) -> bool {
        if signers.contains(&responder) || signers.len() >= MOST_NESTED_SIGNERS {
            return false;
        }
        let above = path.nodes.iter().skip(depth + 1).copied();
        let own = Path { nodes: std::iter::once(responder).chain(above).collect(), end: End::Anchor };
        if !self.is_sound(&own) {
            return false;
        }
        let standing = self.responders_standing(responder, &own, signers);
        self.note_asked(&own, 0, &standing);
        standing.vouches_at(held.response.produced_at)
    }

    /// What is known about a responder's revocation, found out once for each path: it may have signed many responses.
    /// Within another such question the answer may be less than all, and is not kept.
    fn responders_standing(&self, responder: usize, own: &Path, signers: &mut Vec<usize>) -> Rc<Standing> {
        let is_outermost = signers.is_empty();
        if is_outermost && let Some(known) = self.responders.borrow().get(&own.nodes) {
            return Rc::clone(known);
        }
        signers.push(responder);
        let mut standing = self.standing_below(own, 0, signers);
        signers.pop();
        standing.required &= !self.pool.node(responder).needs_no_check;
        let standing = Rc::new(standing);
        if is_outermost {
            self.responders.borrow_mut().insert(own.nodes.clone(), Rc::clone(&standing));
        }
        standing
    }

    /// Whether nothing speaks against a responder's path but time.
    fn is_sound(&self, path: &Path) -> bool {
        if let Some(known) = self.sound.borrow().get(&path.nodes) {
            return *known;
        }
        let is_sound = validation::check(self.pool, path, &Policy::default()).is_empty();
        self.sound.borrow_mut().insert(path.nodes.clone(), is_sound);
        is_sound
    }

    fn has_signed_response(&self, node: usize, place: usize, held: &Held<'_>) -> bool {
        if let Some(known) = self.signed_responses.borrow().get(&(place, node)) {
            return *known;
        }
        let signer = self.pool.node(node);
        let verified = held.response.names(signer)
            && self.pool.may_check_signature()
            && has_signed(signer, &held.response);
        self.signed_responses.borrow_mut().insert((place, node), verified);
        verified
    }
}
