//! Candidate paths from a leaf to a trust anchor (RFC 5280 §6.1, RFC 4158).
//!
//! Every path is wanted, because a certificate authority may be cross-certified and one way may be good where
//! another is not. The search goes over the leaf's possible ancestors only, prefers edges whose signature
//! verifies, and knows for each ancestor how far the next anchor is, so that certificates which lead nowhere (a
//! hostile message may carry many) neither hide a good path nor cost more than their place in the bounds below.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};

use openssl::x509::X509VerifyResult;

use super::certificate::Certificate;
use super::node::Node;
use super::verdict::{AnchorPolicy, TrustMaterial, Work};

/// Where the pool keeps the leaf.
pub(super) const LEAF: usize = 0;

/// The longest path, the leaf and the anchor counted.
pub(super) const MOST_CERTIFICATES_ON_PATH: usize = 12;
/// How many paths to an anchor are tried.
const MOST_PATHS: usize = 64;
/// How many paths that reach no anchor are told.
const MOST_DEAD_ENDS: usize = 8;
/// How many steps the search takes.
const MOST_STEPS: usize = 4096;
/// How many certificates are looked at beside the anchors.
const MOST_CERTIFICATES: usize = 10_000;
/// How many ancestors of one leaf are looked at.
const MOST_ANCESTORS: usize = 512;
/// How many certificates of one name are asked whether they issued another.
const MOST_ISSUERS: usize = 256;
/// How many signatures of certificates and CRLs one evaluation checks.
const MOST_SIGNATURES: usize = 4096;

/// How a path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At a trust anchor.
    Anchor,
    /// At a root that nobody trusts.
    UntrustedRoot,
    /// At a certificate whose issuer is unknown.
    NoIssuer,
    /// Nowhere within [`MOST_CERTIFICATES_ON_PATH`].
    TooLong,
}

/// A path: places in the pool, the leaf first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) nodes: Vec<usize>,
    pub(super) end: End,
}

impl Path {
    /// Whether the certificate at `depth` is the anchor that the path ends at. A certificate below may be an anchor of
    /// other paths; on this one it is an issuer like any.
    pub(super) fn ends_at(&self, depth: usize) -> bool {
        self.end == End::Anchor && depth + 1 == self.nodes.len()
    }
}

/// Every certificate that an evaluation may use, the leaf at 0.
pub(super) struct Pool {
    nodes: Vec<Node>,
    by_subject: HashMap<String, Vec<usize>>,
    /// What the operator demands of paths to an anchor, where that is anything.
    demands: HashMap<usize, AnchorPolicy>,
    signatures_left: Cell<usize>,
    steps: Cell<usize>,
    verified: RefCell<HashMap<(usize, usize), bool>>,
}

impl Pool {
    /// Reads the certificates; those that cannot be read are left out. None if it is the leaf that cannot.
    pub(super) fn new(leaf: &Certificate, material: &TrustMaterial) -> Option<Self> {
        let own = material.anchors.iter().find(|anchor| anchor.certificate == *leaf);
        let mut pool = Self {
            nodes: vec![Node::read(leaf, own.is_some())?],
            by_subject: HashMap::new(),
            demands: HashMap::new(),
            signatures_left: Cell::new(MOST_SIGNATURES),
            steps: Cell::new(0),
            verified: RefCell::default(),
        };
        pool.note_demands(LEAF, own.map(|anchor| &anchor.policy));
        let mut seen: HashSet<&Certificate> = [leaf].into();
        let anchors = material.anchors.iter().map(|anchor| (&anchor.certificate, Some(&anchor.policy)));
        let intermediates = material.intermediates.iter().take(MOST_CERTIFICATES);
        for (certificate, policy) in anchors.chain(intermediates.map(|certificate| (certificate, None))) {
            if seen.insert(certificate)
                && let Some(node) = Node::read(certificate, policy.is_some())
            {
                let place = pool.nodes.len();
                pool.by_subject.entry(node.subject.clone()).or_default().push(place);
                pool.nodes.push(node);
                pool.note_demands(place, policy);
            }
        }
        Some(pool)
    }

    fn note_demands(&mut self, place: usize, policy: Option<&AnchorPolicy>) {
        if let Some(policy) = policy.filter(|policy| **policy != AnchorPolicy::default()) {
            self.demands.insert(place, policy.clone());
        }
    }

    /// What the operator demands of a path because of the anchor that it ends at.
    pub(super) fn demands_on(&self, path: &Path) -> Option<&AnchorPolicy> {
        if path.end == End::Anchor { self.demands.get(path.nodes.last()?) } else { None }
    }

    /// Whether a path ends at this certificate for good. Where anchors have demands of their own, another one above it
    /// may be content with what this one is not.
    fn is_summit(&self, place: usize) -> bool {
        self.node(place).is_anchor && self.demands.is_empty()
    }

    /// The certificate at a place that the pool gave out.
    pub(super) fn node(&self, place: usize) -> &Node {
        &self.nodes[place]
    }

    /// Every certificate.
    pub(super) fn all(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter()
    }

    /// Takes in a certificate that no path is looked for through; gives its place.
    pub(super) fn admit(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Whether a certificate bears the issuer's name and the issuer's key signed it.
    pub(super) fn is_issued_by(&self, subject: usize, issuer: usize) -> bool {
        self.node(subject).issuer == self.node(issuer).subject && self.is_signed_by(subject, issuer)
    }

    /// The places of the certificates with this subject, the leaf left out.
    pub(super) fn named(&self, subject: &str) -> &[usize] {
        self.by_subject.get(subject).map_or(&[], Vec::as_slice)
    }

    /// Whether the evaluation may check one more signature; counts it.
    pub(super) fn may_check_signature(&self) -> bool {
        let left = self.signatures_left.get();
        self.signatures_left.set(left.saturating_sub(1));
        left > 0
    }

    /// What has been done so far.
    pub(super) fn work(&self) -> Work {
        Work {
            certificates: self.nodes.len(),
            signatures: MOST_SIGNATURES - self.signatures_left.get(),
            steps: self.steps.get(),
        }
    }

    /// Every path from `start`: those that reach an anchor, shortest way first; if none does, the ones that tell
    /// best why not.
    pub(super) fn paths_from(&self, start: usize) -> Vec<Path> {
        let graph = Graph::new(self, start);
        let mut search =
            Search { pool: self, graph: &graph, steps: MOST_STEPS, found: Vec::new(), most: MOST_PATHS };
        let reaches_anchor = graph.distance.contains_key(&start);
        if !reaches_anchor {
            search.most = MOST_DEAD_ENDS;
        }
        search.walk(&mut vec![start], reaches_anchor);
        self.steps.set(self.steps.get() + MOST_STEPS - search.steps);
        if search.found.is_empty() {
            // There is an anchor, further away than a path may be long.
            search.found.push(Path { nodes: vec![start], end: End::TooLong });
        }
        search.found
    }

    /// Whether the signature of `subject` verifies with the key of `issuer`.
    fn is_signed_by(&self, subject: usize, issuer: usize) -> bool {
        if let Some(known) = self.verified.borrow().get(&(subject, issuer)) {
            return *known;
        }
        let verified = self.may_check_signature()
            && self.node(subject).x509().zip(self.node(issuer).x509()).is_some_and(|(subject, issuer)| {
                issuer.public_key().and_then(|key| subject.verify(&key)).unwrap_or(false)
            });
        // A failed verification leaves its story in OpenSSL's queue.
        drop(openssl::error::ErrorStack::get());
        self.verified.borrow_mut().insert((subject, issuer), verified);
        verified
    }

    /// The certificates that may have issued this one. Those whose key verifies the signature; if none does,
    /// those that bear the name and whose key identifier does not contradict, so that what is wrong can be told.
    fn issuers_of(&self, place: usize) -> Vec<usize> {
        let node = self.node(place);
        // Whoever floods a name has to flood the key identifier too before the true issuer is overlooked.
        let mut named = self.named(&node.issuer).to_vec();
        named.sort_by_key(|&issuer| node.key_identifiers_differ(self.node(issuer)));
        named.truncate(MOST_ISSUERS);
        let verified: Vec<usize> =
            named.iter().copied().filter(|&issuer| self.is_signed_by(place, issuer)).collect();
        if !verified.is_empty() {
            return verified;
        }
        named.retain(|&issuer| !node.key_identifiers_differ(self.node(issuer)));
        named
    }

    /// What OpenSSL says against `issuer` having issued `subject`, names and identifiers and key usage alone.
    pub(super) fn objection(&self, subject: usize, issuer: usize) -> Option<X509VerifyResult> {
        let (subject, issuer) = (self.node(subject).x509()?, self.node(issuer).x509()?);
        let result = issuer.issued(subject);
        (result != X509VerifyResult::OK).then_some(result)
    }
}

/// The possible ancestors of a certificate, and how far each is from an anchor.
struct Graph {
    issuers: HashMap<usize, Vec<usize>>,
    distance: HashMap<usize, usize>,
}

impl Graph {
    fn new(pool: &Pool, start: usize) -> Self {
        let mut issuers: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut waiting = VecDeque::from([start]);
        while let Some(place) = waiting.pop_front() {
            if issuers.contains_key(&place) || issuers.len() >= MOST_ANCESTORS {
                continue;
            }
            let above = if pool.is_summit(place) { Vec::new() } else { pool.issuers_of(place) };
            waiting.extend(above.iter().copied());
            issuers.insert(place, above);
        }
        let distance = distances(pool, &issuers);
        for above in issuers.values_mut() {
            above.sort_by_key(|place| (distance.get(place).copied().unwrap_or(usize::MAX), *place));
        }
        Self { issuers, distance }
    }
}

/// Breadth first, from the anchors down.
fn distances(pool: &Pool, issuers: &HashMap<usize, Vec<usize>>) -> HashMap<usize, usize> {
    let mut issued: HashMap<usize, Vec<usize>> = HashMap::new();
    for (&place, above) in issuers {
        for &issuer in above {
            issued.entry(issuer).or_default().push(place);
        }
    }
    let mut distance: HashMap<usize, usize> = HashMap::new();
    let mut waiting: VecDeque<(usize, usize)> =
        issuers.keys().filter(|place| pool.node(**place).is_anchor).map(|place| (*place, 0)).collect();
    while let Some((place, steps)) = waiting.pop_front() {
        if distance.contains_key(&place) {
            continue;
        }
        distance.insert(place, steps);
        waiting.extend(issued.get(&place).into_iter().flatten().map(|below| (*below, steps + 1)));
    }
    distance
}

struct Search<'a> {
    pool: &'a Pool,
    graph: &'a Graph,
    steps: usize,
    found: Vec<Path>,
    most: usize,
}

impl Search<'_> {
    /// Goes on from the last certificate of `path`. With `to_anchor`, only where an anchor can be reached.
    fn walk(&mut self, path: &mut Vec<usize>, to_anchor: bool) {
        if self.steps == 0 || self.found.len() >= self.most {
            return;
        }
        self.steps -= 1;
        let Some(&last) = path.last() else { return };
        if self.pool.node(last).is_anchor {
            self.found.push(Path { nodes: path.clone(), end: End::Anchor });
            if self.pool.is_summit(last) {
                return;
            }
        }
        let above = self.graph.issuers.get(&last).map_or(&[][..], Vec::as_slice);
        let next: Vec<usize> = above
            .iter()
            .copied()
            .filter(|place| !to_anchor || self.graph.distance.contains_key(place))
            .filter(|&place| !self.is_on(path, place))
            .collect();
        if next.is_empty() {
            if !to_anchor {
                let end =
                    if self.pool.node(last).is_self_issued() { End::UntrustedRoot } else { End::NoIssuer };
                self.found.push(Path { nodes: path.clone(), end });
            }
            return;
        }
        if path.len() >= MOST_CERTIFICATES_ON_PATH {
            if self.found.is_empty() && !to_anchor {
                self.found.push(Path { nodes: path.clone(), end: End::TooLong });
            }
            return;
        }
        for place in next {
            path.push(place);
            self.walk(path, to_anchor);
            path.pop();
        }
    }

    /// Whether the path has this name with this key already: the same authority, whichever certificate says so.
    fn is_on(&self, path: &[usize], place: usize) -> bool {
        let node = self.pool.node(place);
        path.iter().map(|&on| self.pool.node(on)).any(|on| {
            on.certificate == node.certificate
                || (on.subject == node.subject && on.public_key == node.public_key)
        })
    }
}
