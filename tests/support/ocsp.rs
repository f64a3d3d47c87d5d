//! An OCSP responder for tests (RFC 6960 §4.2.1), which can say and sign anything wrongly.

use chrono::{DateTime, Duration, Utc};
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use signet::smime::Certificate;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::der;
use super::pki::{self, Identity, Spec};

pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
pub const NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";
const NONCE: &str = "1.3.6.1.5.5.7.48.1.2";

/// What a response says of one certificate.
#[derive(Clone)]
pub struct Answer {
    /// The digest of CertID.
    pub digest: MessageDigest,
    /// The issuer's name and key, before they are hashed.
    pub issuer_name: Vec<u8>,
    pub issuer_key: Vec<u8>,
    pub serial: i64,
    /// DER of CertStatus.
    pub status: Vec<u8>,
    pub this_update: DateTime<Utc>,
    pub next_update: Option<DateTime<Utc>>,
    /// Object identifier, critical, DER of the value.
    pub extensions: Vec<(&'static str, bool, Vec<u8>)>,
}

/// A response before it is signed. Made by [`reply`], then changed as a test needs.
#[derive(Clone)]
pub struct Reply {
    pub answers: Vec<Answer>,
    /// DER of the ResponderID.
    pub responder: Vec<u8>,
    pub produced_at: DateTime<Utc>,
    pub nonce: Option<Vec<u8>>,
    /// Further extensions of the response.
    pub extensions: Vec<(&'static str, bool, Vec<u8>)>,
    pub certificates: Vec<Certificate>,
    pub key: PKey<Private>,
    /// Whether it is signed by way of SHA-1; the key must be of an elliptic curve then.
    pub by_sha1: bool,
}

pub fn good() -> Vec<u8> {
    der::tlv(0x80, &[])
}

pub fn unknown() -> Vec<u8> {
    der::tlv(0x82, &[])
}

/// Revoked at a moment, with a reason if there is one.
pub fn revoked(at: &str, reason: Option<u8>) -> Vec<u8> {
    let reason = reason.map(|reason| der::context(0, &der::tlv(0x0A, &[reason]))).unwrap_or_default();
    der::context(1, &[der::generalized_time(pki::at(at)), reason].concat())
}

/// What `issuer` says of a certificate of its own, from a moment on for a week.
pub fn answer(issuer: &Identity, certificate: &Certificate, status: Vec<u8>, this_update: &str) -> Answer {
    let (_, parsed) = X509Certificate::from_der(&certificate.0).unwrap();
    let serial = parsed.raw_serial().iter().fold(0, |serial, octet| serial << 8 | i64::from(*octet));
    let this_update = pki::at(this_update);
    Answer {
        digest: MessageDigest::sha1(),
        issuer_name: parsed.issuer().as_raw().to_vec(),
        issuer_key: key_octets(issuer),
        serial,
        status,
        this_update,
        next_update: Some(this_update + Duration::days(7)),
        extensions: Vec::new(),
    }
}

/// A response that `signer` signs and names itself in by its name; without certificates.
pub fn reply(signer: &Identity, answers: &[Answer]) -> Reply {
    Reply {
        answers: answers.to_vec(),
        responder: by_name(signer),
        produced_at: answers.first().map_or(DateTime::UNIX_EPOCH, |answer| answer.this_update),
        nonce: None,
        extensions: Vec::new(),
        certificates: Vec::new(),
        key: signer.key.clone(),
        by_sha1: false,
    }
}

/// ResponderID by name.
pub fn by_name(signer: &Identity) -> Vec<u8> {
    der::context(1, &signer.certificate.parse().unwrap().subject_der)
}

/// ResponderID by the hash of the key.
pub fn by_key(signer: &Identity) -> Vec<u8> {
    der::context(2, &der::octets(&hash(MessageDigest::sha1(), &key_octets(signer)).unwrap()))
}

/// The certificate of a responder that its issuer's revocation does not concern.
pub fn responder(name: &str) -> Spec {
    let mut spec = pki::person(name, pki::KeyType::P256, &[]);
    spec.key_usage = Some(0x80);
    spec.extended_key_usage = vec![OCSP_SIGNING];
    spec.extensions.push((NO_CHECK, false, der::null()));
    spec
}

/// authorityInfoAccess with one OCSP responder.
pub fn access(url: &str) -> (&'static str, bool, Vec<u8>) {
    let description = [der::oid("1.3.6.1.5.5.7.48.1"), der::tlv(0x86, url.as_bytes())].concat();
    ("1.3.6.1.5.5.7.1.1", false, der::sequence(&[&der::tlv(0x30, &description)]))
}

impl Reply {
    /// The same, with the certificate of its signer.
    pub fn with(mut self, certificate: &Certificate) -> Self {
        self.certificates.push(certificate.clone());
        self
    }

    /// DER of the OCSPResponse.
    pub fn der(&self) -> Vec<u8> {
        let answers: Vec<u8> = self.answers.iter().flat_map(Answer::der).collect();
        let mut extensions = extensions(&self.extensions);
        if let Some(nonce) = &self.nonce {
            extensions.extend(pki::extension(NONCE, false, &der::octets(nonce)));
        }
        let data = der::sequence(&[
            &self.responder,
            &der::generalized_time(self.produced_at),
            &der::tlv(0x30, &answers),
            &explicit(1, &extensions),
        ]);
        let certificates: Vec<u8> =
            self.certificates.iter().flat_map(|certificate| certificate.0.clone()).collect();
        let (algorithm, signature) = self.signature_over(&data);
        basic(der::sequence(&[&data, &algorithm, &der::bits(&signature), &explicit(0, &certificates)]))
    }

    fn signature_over(&self, data: &[u8]) -> (Vec<u8>, Vec<u8>) {
        if !self.by_sha1 {
            return (
                pki::signature_algorithm(&self.key, MessageDigest::sha256()),
                pki::sign(&self.key, data),
            );
        }
        let mut signer = Signer::new(MessageDigest::sha1(), &self.key).unwrap();
        signer.update(data).unwrap();
        (der::sequence(&[&der::oid("1.2.840.10045.4.1")]), signer.sign_to_vec().unwrap())
    }
}

/// An OCSPResponse around a BasicOCSPResponse.
pub fn basic(response: Vec<u8>) -> Vec<u8> {
    let bytes = der::sequence(&[&der::oid("1.3.6.1.5.5.7.48.1.1"), &der::octets(&response)]);
    der::sequence(&[&der::tlv(0x0A, &[0]), &der::context(0, &bytes)])
}

/// An OCSPResponse that says that there is none.
pub fn unsuccessful(status: u8) -> Vec<u8> {
    der::sequence(&[&der::tlv(0x0A, &[status])])
}

impl Answer {
    fn der(&self) -> Vec<u8> {
        let algorithm = der::sequence(&[&der::oid(self.digest_oid()), &der::null()]);
        let hashed = |bytes: &[u8]| der::octets(&hash(self.digest, bytes).unwrap());
        let id = der::sequence(&[
            &algorithm,
            &hashed(&self.issuer_name),
            &hashed(&self.issuer_key),
            &der::integer(self.serial),
        ]);
        let next_update = self.next_update.map(|at| der::context(0, &der::generalized_time(at)));
        der::sequence(&[
            &id,
            &self.status,
            &der::generalized_time(self.this_update),
            &next_update.unwrap_or_default(),
            &explicit(1, &extensions(&self.extensions)),
        ])
    }

    fn digest_oid(&self) -> &'static str {
        match self.digest.size() {
            16 => "1.2.840.113549.2.5",
            20 => "1.3.14.3.2.26",
            32 => "2.16.840.1.101.3.4.2.1",
            48 => "2.16.840.1.101.3.4.2.2",
            _ => "2.16.840.1.101.3.4.2.3",
        }
    }
}

fn extensions(extensions: &[(&'static str, bool, Vec<u8>)]) -> Vec<u8> {
    extensions.iter().flat_map(|(oid, critical, value)| pki::extension(oid, *critical, value)).collect()
}

/// `[n]` around a SEQUENCE; nothing if that were empty.
fn explicit(n: u8, content: &[u8]) -> Vec<u8> {
    if content.is_empty() { Vec::new() } else { der::context(n, &der::tlv(0x30, content)) }
}

fn key_octets(identity: &Identity) -> Vec<u8> {
    let (_, certificate) = X509Certificate::from_der(&identity.certificate.0).unwrap();
    certificate.public_key().subject_public_key.data.to_vec()
}
