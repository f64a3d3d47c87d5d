//! Facts of a message: what follows from its bytes alone and never changes.

use std::borrow::Cow;
use std::collections::HashSet;

use chrono::{DateTime, Utc};

pub use super::certificate::Certificate;
use super::cms::SignedData;
pub use super::cms::SignerIdentifier;
use super::form::{self, Shape};
use super::from::{self, From};
use super::problem::{Code, Problem};
use super::signature::{self, Checked, Content, Known};
use super::signed_bytes;
use super::signer;
use crate::mime::Message;

/// Which form of S/MIME a message is (RFC 8551 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// No S/MIME that concerns the message as a whole: smimeStatus null.
    None,
    /// multipart/signed at the top (RFC 8551 §3.5.3).
    ClearSigned,
    /// signed-data at the top (RFC 8551 §3.5.2).
    OpaqueSigned,
    /// A multipart/signed below another multipart.
    Partial,
    /// Encrypted: whether it is signed cannot be seen; smimeStatus null.
    Encrypted,
    /// S/MIME neither signed nor encrypted, or multipart/signed of another protocol: smimeStatus unknown.
    Unknown,
}

impl Form {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClearSigned => "clear-signed",
            Self::OpaqueSigned => "opaque-signed",
            Self::Partial => "partial",
            Self::Encrypted => "encrypted",
            Self::Unknown => "unknown",
        }
    }
}

/// What a message says about its signatures.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The form.
    pub form: Form,
    /// What is wrong whatever the chain is worth, in a fixed order.
    pub problems: Vec<Problem>,
    /// One for each SignerInfo, in the order of the CMS.
    pub signers: Vec<SignerFacts>,
    /// The certificates that came with the signature beside the signers' own.
    pub certificates: Vec<Certificate>,
    /// DER of the CRLs that came with the signature.
    pub crls: Vec<Vec<u8>>,
    /// DER of the OCSP responses that came with the signature (RFC 5940).
    pub ocsp: Vec<Vec<u8>>,
}

/// One SignerInfo (RFC 5652 §5.3).
#[derive(Clone, Debug)]
pub struct SignerFacts {
    /// How the SignerInfo names the signer's certificate.
    pub identifier: SignerIdentifier,
    /// The signer's certificate, if it is known.
    pub certificate: Option<Certificate>,
    /// Whether the verdict on this signer's chain decides the message: the certificate names the From address,
    /// or none does and this is the first.
    pub is_sender: bool,
    /// The digest algorithm, `sha256`.
    pub digest: String,
    /// The signature algorithm, `rsa`, `rsa-pss`, `ecdsa`, `dsa`, `ed25519`, `ed448`.
    pub algorithm: String,
    /// The signingTime attribute; told, never used as a clock.
    pub signing_time: Option<DateTime<Utc>>,
    /// What is wrong with this SignerInfo; what is wrong with all of the message stands in [`Facts::problems`] alone.
    pub problems: Vec<Problem>,
}

/// How many certificates of a message are kept beside the signers' own.
const MOST_KEPT: usize = 256;
/// How many addresses a problem tells.
const MOST_TOLD: usize = 8;

/// States the facts of a message.
pub fn examine(message: &Message<'_>) -> Facts {
    examine_with(message, &[])
}

/// States the facts of a message, whose signers' certificates may be among those known before it.
pub fn examine_with(message: &Message<'_>, known: &[Certificate]) -> Facts {
    match form::shape_of(message) {
        Shape::None => Facts::of(Form::None, Vec::new()),
        Shape::Encrypted => Facts::of(Form::Encrypted, Vec::new()),
        Shape::Unknown => Facts::of(Form::Unknown, Vec::new()),
        Shape::Partial => Facts::of(Form::Partial, vec![Problem::new(Code::PartialSignature)]),
        Shape::BrokenClear(reason) => Facts::of(Form::ClearSigned, vec![malformed(reason)]),
        Shape::BrokenOpaque(reason) => Facts::of(Form::OpaqueSigned, vec![malformed(reason)]),
        Shape::Clear { first_part, cms } => {
            signed_facts(message, known, Form::ClearSigned, &cms, Some(first_part))
        }
        Shape::Opaque { cms } => signed_facts(message, known, Form::OpaqueSigned, &cms, None),
    }
}

impl Facts {
    /// How the SignerInfos name the certificates that are not known.
    pub fn missing_signers(&self) -> impl Iterator<Item = &SignerIdentifier> {
        self.signers.iter().filter(|signer| signer.certificate.is_none()).map(|signer| &signer.identifier)
    }

    fn of(form: Form, problems: Vec<Problem>) -> Self {
        Self {
            form,
            problems,
            signers: Vec::new(),
            certificates: Vec::new(),
            crls: Vec::new(),
            ocsp: Vec::new(),
        }
    }
}

/// The facts of a message that is signed as a whole; `detached` is its content when that stands beside the CMS.
fn signed_facts(
    message: &Message<'_>,
    known: &[Certificate],
    form: Form,
    cms: &[u8],
    detached: Option<Cow<'_, [u8]>>,
) -> Facts {
    let mut data = match SignedData::parse(cms) {
        Ok(data) => data,
        Err(reason) => return Facts::of(form, vec![malformed(reason.as_str())]),
    };
    let mut problems = Vec::new();
    let variants = match (detached, data.content.take()) {
        (Some(first_part), inside) => {
            let variants = signed_bytes::variants(first_part);
            // Nobody could say which of two the signer meant (RFC 8551 §3.5.3.1 has the content outside, and none inside).
            if inside.is_some_and(|inside| !variants.iter().any(|variant| **variant == inside[..])) {
                problems.push(malformed("two-contents"));
            }
            variants
        }
        (None, Some(content)) => vec![Cow::Owned(content)],
        (None, None) => return Facts::of(form, vec![malformed("no-content")]),
    };
    if data.signer_infos.is_empty() {
        return Facts::of(form, vec![malformed("no-signer")]);
    }
    let embedded = readable(data.certificates.into_iter().map(Certificate));
    let candidates: Vec<Known> = embedded.iter().cloned().chain(readable(known.iter().cloned())).collect();
    let mut content = Content::new(data.content_type, variants);
    let checked: Vec<Checked<'_>> =
        data.signer_infos.iter().map(|info| signature::check(info, &mut content, &candidates)).collect();

    problems.extend(signature_problems(&checked));
    let from = from::from_of(message);
    let (senders, from_problem) = senders(&checked, &from);
    problems.extend(from_problem);
    problems.extend(protected_problem(&from, content.variants.first()));
    Facts {
        form,
        problems: without_repetition(problems),
        certificates: kept(&embedded, &checked),
        signers: checked
            .into_iter()
            .zip(senders)
            .map(|(checked, is_sender)| checked.told(is_sender))
            .collect(),
        crls: data.crls,
        ocsp: data.ocsp,
    }
}

/// What is wrong with each SignerInfo: all must be intact. With several, each problem says whose it is.
fn signature_problems(checked: &[Checked<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for signer in checked {
        for problem in &signer.problems {
            problems.push(match signer.certificate {
                Some(known) if checked.len() > 1 => {
                    problem.clone().with("signer", known.parsed.subject.as_str())
                }
                _ => problem.clone(),
            });
        }
    }
    problems
}

/// Which SignerInfos are the sender's, and what is wrong with From.
fn senders(checked: &[Checked<'_>], from: &From) -> (Vec<bool>, Option<Problem>) {
    let first = checked.iter().position(|signer| signer.certificate.is_some());
    let only_first: Vec<bool> = (0..checked.len()).map(|at| Some(at) == first).collect();
    let address = match from {
        From::Ambiguous(reason) => {
            return (only_first, Some(Problem::new(Code::AmbiguousFrom).with("reason", *reason)));
        }
        From::One(address) => address,
    };
    let named: Vec<bool> = checked
        .iter()
        .map(|signer| signer.certificate.is_some_and(|known| from::names(&known.parsed, address)))
        .collect();
    if first.is_none() || named.contains(&true) {
        return (named, None);
    }
    let addresses: Vec<&str> = checked
        .iter()
        .filter_map(|signer| signer.certificate)
        .flat_map(|known| known.parsed.addresses.iter().map(String::as_str))
        .take(MOST_TOLD)
        .collect();
    let problem = if addresses.is_empty() {
        Problem::new(Code::NoAddressInCertificate).with("from", address.as_str())
    } else {
        Problem::new(Code::FromMismatch)
            .with("from", address.as_str())
            .with("addresses", addresses.join(", "))
    };
    (only_first, Some(problem))
}

/// What is wrong with From by the header that was signed, if one was.
fn protected_problem(outer: &From, signed: Option<&Cow<'_, [u8]>>) -> Option<Problem> {
    let protected = from::protected_from(signed?)?;
    match (outer, protected) {
        (From::One(outer), From::One(inner)) if !from::same_mailbox(outer, &inner) => {
            Some(Problem::new(Code::FromMismatch).with("from", outer.as_str()).with("signedFrom", inner))
        }
        (_, From::Ambiguous(reason)) => Some(Problem::new(Code::AmbiguousFrom).with("reason", reason)),
        _ => None,
    }
}

impl Checked<'_> {
    fn told(self, is_sender: bool) -> SignerFacts {
        SignerFacts {
            identifier: self.identifier,
            certificate: self.certificate.map(|known| known.certificate.clone()),
            is_sender,
            digest: self.digest,
            algorithm: self.algorithm,
            signing_time: self.signing_time,
            problems: self.problems,
        }
    }
}

fn readable(certificates: impl Iterator<Item = Certificate>) -> Vec<Known> {
    certificates
        .filter_map(|certificate| certificate.parse().ok().map(|parsed| Known { certificate, parsed }))
        .collect()
}

/// The certificates worth keeping to complete chains later: all but the signers' own, each once.
fn kept(embedded: &[Known], checked: &[Checked<'_>]) -> Vec<Certificate> {
    let leaves: Vec<&Certificate> =
        checked.iter().filter_map(|signer| signer.certificate).map(|known| &known.certificate).collect();
    let mut seen: HashSet<&Certificate> = leaves.iter().copied().collect();
    let mut certificates: Vec<&Certificate> = embedded
        .iter()
        .map(|known| &known.certificate)
        .filter(|certificate| seen.insert(certificate))
        .collect();
    if certificates.len() > MOST_KEPT {
        signer::issuers_first(&leaves, &mut certificates);
    }
    certificates.into_iter().take(MOST_KEPT).cloned().collect()
}

fn without_repetition(problems: Vec<Problem>) -> Vec<Problem> {
    let mut once: Vec<Problem> = Vec::with_capacity(problems.len());
    for problem in problems {
        if !once.contains(&problem) {
            once.push(problem);
        }
    }
    once
}

fn malformed(reason: &str) -> Problem {
    Problem::new(Code::MalformedSignature).with("reason", reason)
}
