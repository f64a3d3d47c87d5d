//! One SignerInfo: whose it is, and whether its digest and its signature value fit (RFC 5652 §5.4, §5.6).
//!
//! The digest of the content and the signature value are checked separately: a message that was altered on its way
//! asks something else of its reader than a forged one.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use openssl::asn1::Asn1Object;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use x509_parser::prelude::{ASN1Time, FromDer as _, X509Name};

use super::algorithm::{Digest, Scheme};
use super::certificate::{Certificate, ParsedCertificate};
use super::cms::{self, Attributes, SignerIdentifier, SignerInfo};
use super::name;
use super::primitive;
use super::problem::{Code, Problem};
use super::spki;

/// id-data (RFC 5652 §4).
const ID_DATA: &str = "1.2.840.113549.1.7.1";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
/// RFC 5035 §3, §4.
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
/// RFC 6211 §2.
const ALGORITHM_PROTECTION: &str = "1.2.840.113549.1.9.52";
/// How many certificates that a SignerInfo may mean are tried.
const MOST_CANDIDATES: usize = 8;

/// A certificate that came with the message or was known before, and what stands in it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) certificate: Certificate,
    pub(super) parsed: ParsedCertificate,
}

/// What was signed: the same content as it may have been when it was signed, and its digests so far.
pub(super) struct Content<'a> {
    pub(super) content_type: String,
    pub(super) variants: Vec<Cow<'a, [u8]>>,
    digests: Vec<(Digest, Vec<Vec<u8>>)>,
}

impl<'a> Content<'a> {
    pub(super) fn new(content_type: String, variants: Vec<Cow<'a, [u8]>>) -> Self {
        Self { content_type, variants, digests: Vec::new() }
    }

    /// The digest of each variant; computed once for all SignerInfos.
    fn digests(&mut self, algorithm: Digest) -> Vec<Vec<u8>> {
        if let Some((_, digests)) = self.digests.iter().find(|(known, _)| *known == algorithm) {
            return digests.clone();
        }
        let digests: Vec<_> = self.variants.iter().filter_map(|bytes| algorithm.of(bytes)).collect();
        self.digests.push((algorithm, digests.clone()));
        digests
    }
}

/// What was found about a SignerInfo.
#[derive(Debug)]
pub(super) struct Checked<'c> {
    pub(super) identifier: SignerIdentifier,
    pub(super) certificate: Option<&'c Known>,
    pub(super) problems: Vec<Problem>,
    pub(super) digest: String,
    pub(super) algorithm: String,
    pub(super) signing_time: Option<DateTime<Utc>>,
}

/// Checks a SignerInfo against the content and the certificates that it may mean.
pub(super) fn check<'c>(info: &SignerInfo, content: &mut Content<'_>, known: &'c [Known]) -> Checked<'c> {
    let mut problems = algorithm_problems(info);
    problems.extend(attribute_problem(info, content));
    let candidates: Vec<_> =
        known.iter().filter(|known| info.id.means(&known.parsed)).take(MOST_CANDIDATES).collect();
    let certificate = if candidates.is_empty() {
        problems.push(missing_certificate(&info.id));
        None
    } else {
        let (certificate, signer_problems) = signer_among(&candidates, info, content);
        problems.extend(signer_problems);
        Some(certificate)
    };
    Checked {
        identifier: info.id.clone(),
        certificate,
        problems,
        digest: info.digest.as_ref().map_or_else(|oid| readable(oid), |digest| digest.name().to_owned()),
        algorithm: info.scheme.as_ref().map_or_else(|oid| readable(oid), |scheme| scheme.name().to_owned()),
        signing_time: info.attributes.as_ref().and_then(signing_time),
    }
}

/// The name that OpenSSL has for an algorithm, or its object identifier.
fn readable(oid: &str) -> String {
    let name = Asn1Object::from_str(oid).ok().filter(|object| object.nid() != Nid::UNDEF);
    name.and_then(|object| object.nid().short_name().ok()).unwrap_or(oid).to_lowercase()
}

fn algorithm_problems(info: &SignerInfo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for unsupported in [info.digest.as_ref().err(), info.scheme.as_ref().err()].into_iter().flatten() {
        problems.push(Problem::new(Code::UnsupportedAlgorithm).with("algorithm", readable(unsupported)));
    }
    if let Ok(of_info) = info.digest {
        let of_scheme = info.scheme.as_ref().ok().and_then(|scheme| scheme.digest(of_info));
        if let Some(scheme) = info.scheme.as_ref().ok().filter(|scheme| !scheme.goes_with(of_info)) {
            let of_scheme = scheme.digest(of_info).filter(|of_scheme| *of_scheme != of_info);
            let signed = of_scheme.map_or(String::new(), |digest| format!("-{}", digest.name()));
            let pair = format!("{}{signed} with {}", scheme.name(), of_info.name());
            problems.push(Problem::new(Code::UnsupportedAlgorithm).with("algorithm", pair));
        }
        if let Some(weak) = [Some(of_info), of_scheme].into_iter().flatten().find(|digest| digest.is_weak()) {
            problems.push(Problem::new(Code::WeakDigest).with("algorithm", weak.name()));
        }
    }
    problems
}

/// What the signed attributes say of the content (RFC 5652 §5.6), whoever signed them.
fn attribute_problem(info: &SignerInfo, content: &mut Content<'_>) -> Option<Problem> {
    if content.content_type != ID_DATA {
        // A message is id-data (RFC 8551 §2.4.1). What was signed as something else, a timestamp for instance, was
        // not signed as mail.
        return Some(Problem::new(Code::SignatureInvalid).with("reason", "content-type"));
    }
    let Some(attributes) = &info.attributes else {
        // Whoever has the signature of a
        // message with attributes could pass those attributes off as the content of one without.
        let is_forbidden = content.variants.iter().any(|bytes| Attributes::are_in(bytes));
        return is_forbidden.then(|| malformed("attributes"));
    };
    let Ok(Some(content_type)) = attributes.single(CONTENT_TYPE) else {
        return Some(malformed("attributes"));
    };
    let Ok(Some(signed)) = attributes.single(MESSAGE_DIGEST) else { return Some(malformed("attributes")) };
    let (Ok(content_type), Ok(signed)) = (content_type.as_oid(), signed.octets()) else {
        return Some(malformed("attributes"));
    };
    if !algorithms_are_as_signed(attributes, info) {
        return Some(malformed("attributes"));
    }
    if content_type != content.content_type {
        return Some(Problem::new(Code::SignatureInvalid).with("reason", "content-type"));
    }
    let algorithm = *info.digest.as_ref().ok()?;
    (!content.digests(algorithm).contains(&signed)).then(|| Problem::new(Code::ContentAltered))
}

/// Which of the candidates signed. Certificates that only look alike (the same issuer and serial number, another
/// key) neither pass nor hide the right one.
fn signer_among<'c>(
    candidates: &[&'c Known],
    info: &SignerInfo,
    content: &mut Content<'_>,
) -> (&'c Known, Vec<Problem>) {
    let mut outcomes: Vec<(&'c Known, Vec<Problem>)> = Vec::new();
    for candidate in candidates {
        let problems = signer_problems(candidate, info, content);
        let is_other =
            |problem: &Problem| matches!(problem.code, Code::SignatureInvalid | Code::UnsupportedAlgorithm);
        if !problems.iter().any(is_other) {
            return (candidate, problems);
        }
        outcomes.push((candidate, problems));
    }
    // None fits: the first that the attributes allow is the one meant.
    let is_named =
        |problems: &[Problem]| !problems.iter().any(|problem| problem.parameters.contains_key("reason"));
    let at = outcomes.iter().position(|(_, problems)| is_named(problems));
    outcomes.swap_remove(at.unwrap_or(0))
}

/// What is wrong with the signature if this certificate's key made it.
fn signer_problems(signer: &Known, info: &SignerInfo, content: &mut Content<'_>) -> Vec<Problem> {
    let Some(key) = spki::read(&signer.parsed.public_key) else {
        return vec![Problem::new(Code::UnsupportedAlgorithm).with("algorithm", "public-key")];
    };
    if info.scheme.is_err() {
        // That the scheme is not supported is said already; of its key nothing can be said.
        return Vec::new();
    }
    let mut problems = primitive::key_problems(&key);
    if problems.iter().any(|problem| problem.code == Code::UnsupportedAlgorithm) {
        return problems;
    }
    if !info.attributes.as_ref().is_none_or(|attributes| names_certificate(attributes, &signer.certificate)) {
        problems.push(Problem::new(Code::SignatureInvalid).with("reason", "signing-certificate"));
    } else if let (Ok(digest), Ok(scheme)) = (&info.digest, &info.scheme) {
        problems.extend(value_problem(&key, *scheme, *digest, info, content));
    }
    problems
}

/// Whether the signature value fits the key, the attributes or, without any, the content.
fn value_problem(
    key: &PKey<Public>,
    scheme: Scheme,
    digest_of_info: Digest,
    info: &SignerInfo,
    content: &mut Content<'_>,
) -> Option<Problem> {
    let Some(algorithm) = scheme.digest(digest_of_info) else {
        let fits = |bytes: &[u8]| primitive::eddsa_fits(key, scheme, &info.signature, bytes);
        let fits = match &info.attributes {
            Some(attributes) => attributes.signed.iter().any(|bytes| fits(bytes)),
            None => content.variants.iter().any(|bytes| fits(bytes)),
        };
        return (!fits).then(|| Problem::new(Code::SignatureInvalid));
    };
    let digests = match &info.attributes {
        Some(attributes) => attributes.signed.iter().filter_map(|bytes| algorithm.of(bytes)).collect(),
        None => content.digests(algorithm),
    };
    if digests.iter().any(|digest| primitive::fits(key, scheme, algorithm, &info.signature, digest)) {
        return None;
    }
    // Without attributes an RSA signature still tells which digest was signed.
    let is_altered =
        info.attributes.is_none() && primitive::is_of_another_digest(key, scheme, algorithm, &info.signature);
    Some(Problem::new(if is_altered { Code::ContentAltered } else { Code::SignatureInvalid }))
}

/// Whether the signingCertificate attributes, where there are any, name this certificate (RFC 5035 §3, §4).
fn names_certificate(attributes: &Attributes, certificate: &Certificate) -> bool {
    let agrees = |oid, default| match attributes.single(oid) {
        Ok(None) => true,
        Ok(Some(value)) => cms::first_certificate_id(value, default).is_ok_and(|(algorithm, hash)| {
            Digest::from_oid(&algorithm).and_then(|algorithm| algorithm.of(&certificate.0)) == Some(hash)
        }),
        Err(_) => false,
    };
    agrees(SIGNING_CERTIFICATE, "1.3.14.3.2.26") && agrees(SIGNING_CERTIFICATE_V2, "2.16.840.1.101.3.4.2.1")
}

/// Whether CMSAlgorithmProtection, where it is there, names the algorithms of the SignerInfo (RFC 6211 §2), so that
/// nobody can exchange what nobody signed.
fn algorithms_are_as_signed(attributes: &Attributes, info: &SignerInfo) -> bool {
    match attributes.single(ALGORITHM_PROTECTION) {
        Ok(None) => true,
        Ok(Some(value)) => cms::protects(value, info).unwrap_or(false),
        Err(_) => false,
    }
}

/// signingTime (RFC 5652 §11.3), if it can be read.
fn signing_time(attributes: &Attributes) -> Option<DateTime<Utc>> {
    let value = attributes.single(SIGNING_TIME).ok()??;
    let (_, time) = ASN1Time::from_der(value.raw).ok()?;
    DateTime::from_timestamp(time.timestamp(), 0)
}

fn missing_certificate(id: &SignerIdentifier) -> Problem {
    let problem = Problem::new(Code::SignerCertificateMissing);
    match id {
        SignerIdentifier::IssuerAndSerialNumber(issuer, serial) => {
            let named = problem.with("serial", hex::encode(bounded(serial)));
            match X509Name::from_der(issuer) {
                Ok((_, issuer)) => named.with("issuer", name::text(&issuer)),
                Err(_) => named,
            }
        }
        SignerIdentifier::SubjectKeyIdentifier(key) => {
            problem.with("keyIdentifier", hex::encode(bounded(key)))
        }
    }
}

fn bounded(bytes: &[u8]) -> &[u8] {
    bytes.get(..64).unwrap_or(bytes)
}

fn malformed(reason: &str) -> Problem {
    Problem::new(Code::MalformedSignature).with("reason", reason)
}
