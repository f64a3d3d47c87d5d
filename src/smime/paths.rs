//! Candidate paths from a leaf to a trust anchor (RFC 5280 §6.1, RFC 4158).
//!
//! Every path is wanted, because a certificate authority may be cross-certified and one way may be good where
//! another is not. The search goes over the leaf's possible ancestors only, prefers edges whose signature
//! verifies, and knows for each ancestor how far the next anchor is, so that certificates which lead nowhere (a
//! hostile message may carry many) neither hide a good path nor cost more than their place in the bounds below.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};

use chrono::{DateTime, Utc};
use openssl::x509::{X509, X509VerifyResult};
use x509_parser::prelude::*;

use super::certificate::{Certificate, ParsedCertificate};
use super::constraints::{Constraints, Names};
use super::distribution::DistributionPoint;
use super::matching::name_key;
use super::verdict::{TrustMaterial, Work};

const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
/// keyUsage, subjectAltName, basicConstraints, nameConstraints, extendedKeyUsage: where one of these cannot be read, what
/// it forbids is not known.
const JUDGED_BY: &[&str] = &["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.37"];
const OCSP: &str = "1.3.6.1.5.5.7.48.1";

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

/// A certificate as path building and revocation see it.
pub(super) struct Node {
    /// Its DER and the fields that a person is told.
    pub(super) certificate: Certificate,
    pub(super) parsed: ParsedCertificate,
    /// Keys of its names.
    pub(super) subject: String,
    pub(super) issuer: String,
    /// keyUsage, if present, with bit 0 = digitalSignature.
    pub(super) key_usage: Option<u16>,
    /// extendedKeyUsage, if present: whether it allows e-mail protection.
    pub(super) allows_email: Option<bool>,
    /// Where its revocation is published, in its order.
    pub(super) points: Vec<DistributionPoint>,
    /// The OCSP responder that it names.
    pub(super) ocsp: Option<String>,
    /// Whether the operator trusts it.
    pub(super) is_anchor: bool,
    /// The dotted OID of the algorithm that signed it, and the content of the algorithm's parameters.
    pub(super) signature_algorithm: String,
    pub(super) signature_parameters: Vec<u8>,
    /// Whether an extension occurs twice (RFC 5280 §4.2), or one that decides here cannot be read.
    pub(super) has_bad_extension: bool,
    /// The bits of its key if it is RSA.
    pub(super) rsa_bits: Option<u32>,
    public_key: Vec<u8>,
    x509: OnceCell<Option<X509>>,
    names: OnceCell<Names>,
    constraints: OnceCell<Option<Constraints>>,
}

impl Node {
    fn read(certificate: &Certificate, is_anchor: bool) -> Option<Self> {
        let parsed = certificate.parse().ok()?;
        let (_, x509) = X509Certificate::from_der(&certificate.0).ok()?;
        let issuer = name_key(x509.issuer());
        let parameters = x509.signature_algorithm.parameters.as_ref();
        let mut node = Self {
            certificate: certificate.clone(),
            parsed,
            subject: name_key(x509.subject()),
            key_usage: None,
            allows_email: None,
            points: Vec::new(),
            ocsp: None,
            is_anchor,
            signature_algorithm: x509.signature_algorithm.algorithm.to_id_string(),
            signature_parameters: parameters.map(|any| any.data.to_vec()).unwrap_or_default(),
            has_bad_extension: has_bad_extension(&x509),
            rsa_bits: rsa_bits(x509.public_key()),
            public_key: x509.public_key().raw.to_vec(),
            x509: OnceCell::new(),
            names: OnceCell::new(),
            constraints: OnceCell::new(),
            issuer,
        };
        for extension in x509.extensions() {
            if extension.oid.to_id_string() == CRL_DISTRIBUTION_POINTS {
                node.points = DistributionPoint::read_all(extension.value, &node.issuer);
            }
            node.read_extension(extension.parsed_extension());
        }
        Some(node)
    }

    fn read_extension(&mut self, extension: &ParsedExtension<'_>) {
        match extension {
            ParsedExtension::KeyUsage(usage) => self.key_usage = Some(usage.flags),
            ParsedExtension::ExtendedKeyUsage(usage) => {
                self.allows_email = Some(usage.any || usage.email_protection);
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                self.ocsp = access.accessdescs.iter().find_map(|description| {
                    (description.access_method.to_id_string() == OCSP)
                        .then(|| uri(&description.access_location))
                        .flatten()
                });
            }
            _ => {}
        }
    }

    /// The certificate as OpenSSL reads it; none if it cannot.
    pub(super) fn x509(&self) -> Option<&X509> {
        self.x509.get_or_init(|| X509::from_der(&self.certificate.0).ok()).as_ref()
    }

    /// The names that constraints apply to.
    pub(super) fn names(&self) -> &Names {
        self.names.get_or_init(|| self.read_again(Names::of).unwrap_or_default())
    }

    /// The name constraints that it imposes, if it does.
    pub(super) fn constraints(&self) -> Option<&Constraints> {
        self.constraints.get_or_init(|| self.read_again(Constraints::of).flatten()).as_ref()
    }

    fn read_again<T>(&self, read: impl FnOnce(&X509Certificate<'_>) -> T) -> Option<T> {
        X509Certificate::from_der(&self.certificate.0).ok().map(|(_, certificate)| read(&certificate))
    }

    /// Whether a bit of keyUsage is set; everything is allowed where the extension is absent.
    pub(super) fn may(&self, bit: u16) -> bool {
        self.key_usage.is_none_or(|usage| usage & (1 << bit) != 0)
    }

    /// The first instant at which it is valid no more: notAfter is included (RFC 5280 §4.1.2.5).
    pub(super) fn valid_until(&self) -> DateTime<Utc> {
        self.parsed.not_after + chrono::Duration::seconds(1)
    }

    /// Whether it names itself as its issuer (RFC 5280 §6.1).
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether the key identifiers, where both are present, speak against this issuer.
    fn key_identifiers_differ(&self, issuer: &Self) -> bool {
        match (&self.parsed.authority_key_identifier, &issuer.parsed.subject_key_identifier) {
            (Some(wanted), Some(present)) => wanted != present,
            _ => false,
        }
    }
}

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

/// Every certificate that an evaluation may use, the leaf at 0.
pub(super) struct Pool {
    nodes: Vec<Node>,
    by_subject: HashMap<String, Vec<usize>>,
    signatures_left: Cell<usize>,
    steps: Cell<usize>,
    verified: RefCell<HashMap<(usize, usize), bool>>,
}

impl Pool {
    /// Reads the certificates; those that cannot be read are left out. None if it is the leaf that cannot.
    pub(super) fn new(leaf: &Certificate, material: &TrustMaterial) -> Option<Self> {
        let is_anchor = material.anchors.iter().any(|anchor| anchor.certificate == *leaf);
        let mut pool = Self {
            nodes: vec![Node::read(leaf, is_anchor)?],
            by_subject: HashMap::new(),
            signatures_left: Cell::new(MOST_SIGNATURES),
            steps: Cell::new(0),
            verified: RefCell::default(),
        };
        let mut seen: HashSet<&Certificate> = [leaf].into();
        let anchors = material.anchors.iter().map(|anchor| (&anchor.certificate, true));
        let intermediates = material.intermediates.iter().take(MOST_CERTIFICATES);
        for (certificate, is_anchor) in anchors.chain(intermediates.map(|certificate| (certificate, false))) {
            if seen.insert(certificate)
                && let Some(node) = Node::read(certificate, is_anchor)
            {
                pool.by_subject.entry(node.subject.clone()).or_default().push(pool.nodes.len());
                pool.nodes.push(node);
            }
        }
        Some(pool)
    }

    /// The certificate at a place that the pool gave out.
    pub(super) fn node(&self, place: usize) -> &Node {
        &self.nodes[place]
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
            let above = if pool.node(place).is_anchor { Vec::new() } else { pool.issuers_of(place) };
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
            return;
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

fn has_bad_extension(certificate: &X509Certificate<'_>) -> bool {
    let mut seen = HashSet::new();
    certificate.extensions().iter().any(|extension| {
        let oid = extension.oid.to_id_string();
        (extension.parsed_extension().error().is_some() && JUDGED_BY.contains(&oid.as_str()))
            || !seen.insert(oid)
    })
}

fn uri(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::URI(uri) => Some((*uri).to_owned()),
        _ => None,
    }
}

fn rsa_bits(key: &SubjectPublicKeyInfo<'_>) -> Option<u32> {
    match key.parsed().ok()? {
        x509_parser::public_key::PublicKey::RSA(rsa) => u32::try_from(rsa.key_size()).ok(),
        _ => None,
    }
}
