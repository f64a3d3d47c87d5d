//! Keys, certificates and CRLs for tests, written byte by byte so that nothing is too odd to be made.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use openssl::dsa::Dsa;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use openssl::sha::sha1;
use openssl::sign::Signer;
use openssl::x509::X509;
use signet::smime::Certificate;

use super::der;

/// The kinds of keys that tests sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// RSA 2048, the same key each time: making one takes long.
    Rsa,
    /// RSA 1024, likewise.
    WeakRsa,
    P256,
    P384,
    P521,
    Ed25519,
    Ed448,
    /// DSA 1024, the same key each time.
    Dsa,
}

/// A key with its certificate.
#[derive(Clone)]
pub struct Identity {
    pub key: PKey<Private>,
    pub certificate: Certificate,
}

/// An entry of a CRL: serial number, moment of revocation, further extensions as object identifier and DER.
pub type RevokedEntry<'a> = (i64, DateTime<Utc>, Vec<(&'a str, Vec<u8>)>);

/// The same with the content octets of the serial number.
pub type OddEntry<'a> = (Vec<u8>, DateTime<Utc>, Vec<(&'a str, Vec<u8>)>);

/// What stands in a certificate. Made by [`person`] or [`authority`], then changed as a test needs.
#[derive(Clone)]
pub struct Spec {
    pub subject: Vec<u8>,
    pub key: PKey<Private>,
    /// With which its issuer signs it.
    pub digest: MessageDigest,
    pub serial: i64,
    /// The content octets of a serial number that `serial` cannot say; none is `serial`.
    pub odd_serial: Option<Vec<u8>>,
    /// Another subjectKeyIdentifier than that of the key.
    pub forged_key_identifier: Option<Vec<u8>>,
    /// Version 1, which has no extensions.
    pub is_v1: bool,
    pub not_before: DateTime<Utc>,
    pub not_after: DateTime<Utc>,
    /// rfc822Name of the subjectAltName.
    pub addresses: Vec<String>,
    /// SmtpUTF8Mailbox of the subjectAltName (RFC 8398).
    pub utf8_addresses: Vec<String>,
    pub is_ca: bool,
    /// The octet of the keyUsage bits; none leaves the extension out.
    pub key_usage: Option<u8>,
    pub extended_key_usage: Vec<&'static str>,
    /// Further extensions: object identifier, critical, DER of the value.
    pub extensions: Vec<(&'static str, bool, Vec<u8>)>,
}

static SERIAL: AtomicI64 = AtomicI64::new(1000);
static RSA: LazyLock<PKey<Private>> = LazyLock::new(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap());
static DSA: LazyLock<PKey<Private>> = LazyLock::new(|| PKey::from_dsa(Dsa::generate(1024).unwrap()).unwrap());
static WEAK_RSA: LazyLock<PKey<Private>> =
    LazyLock::new(|| PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap());

/// A new key, or the one RSA key.
pub fn key(key_type: KeyType) -> PKey<Private> {
    match key_type {
        KeyType::Rsa => RSA.clone(),
        KeyType::WeakRsa => WEAK_RSA.clone(),
        KeyType::P256 => curve(Nid::X9_62_PRIME256V1),
        KeyType::P384 => curve(Nid::SECP384R1),
        KeyType::P521 => curve(Nid::SECP521R1),
        KeyType::Dsa => DSA.clone(),
        KeyType::Ed25519 => PKey::generate_ed25519().unwrap(),
        KeyType::Ed448 => PKey::generate_ed448().unwrap(),
    }
}

/// A new key on this curve.
pub fn curve(nid: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(nid).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A moment by its RFC 3339 text.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A name of one commonName, with an emailAddress if one is given.
pub fn name(common_name: &str, email: Option<&str>) -> Vec<u8> {
    let attribute = |oid: &str, value: Vec<u8>| der::set(&[&der::sequence(&[&der::oid(oid), &value])]);
    let mut parts = vec![attribute("2.5.4.3", der::utf8(common_name))];
    if let Some(email) = email {
        parts.push(attribute("1.2.840.113549.1.9.1", der::tlv(0x16, email.as_bytes())));
    }
    der::tlv(0x30, &parts.concat())
}

/// A person's certificate for these addresses.
pub fn person(common_name: &str, key_type: KeyType, addresses: &[&str]) -> Spec {
    Spec {
        subject: name(common_name, None),
        key: key(key_type),
        digest: MessageDigest::sha256(),
        serial: SERIAL.fetch_add(1, Ordering::SeqCst),
        odd_serial: None,
        forged_key_identifier: None,
        is_v1: false,
        not_before: at("2020-01-01T00:00:00Z"),
        not_after: at("2040-01-01T00:00:00Z"),
        addresses: addresses.iter().map(|&address| address.to_owned()).collect(),
        utf8_addresses: Vec::new(),
        is_ca: false,
        // digitalSignature, nonRepudiation
        key_usage: Some(0xC0),
        extended_key_usage: vec!["1.3.6.1.5.5.7.3.4"],
        extensions: Vec::new(),
    }
}

/// A certification authority's certificate.
pub fn authority(common_name: &str) -> Spec {
    Spec {
        is_ca: true,
        // keyCertSign, cRLSign
        key_usage: Some(0x06),
        extended_key_usage: Vec::new(),
        ..person(common_name, KeyType::P256, &[])
    }
}

impl Spec {
    /// A certificate signed by its own key.
    pub fn self_signed(self) -> Identity {
        let (issuer, key) = (self.subject.clone(), self.key.clone());
        self.signed_by(&issuer, &key)
    }

    /// A certificate signed by an authority.
    pub fn issued_by(self, issuer: &Identity) -> Identity {
        let subject = issuer.certificate.parse().unwrap().subject_der;
        self.signed_by(&subject, &issuer.key)
    }

    /// A certificate in which this issuer is named, whoever's key it is.
    pub fn signed_by(self, issuer: &[u8], issuer_key: &PKey<Private>) -> Identity {
        let algorithm = signature_algorithm(issuer_key, self.digest);
        let validity = der::sequence(&[&der::time(self.not_before), &der::time(self.not_after)]);
        let serial =
            self.odd_serial.as_ref().map_or(der::integer(self.serial), |octets| der::tlv(0x02, octets));
        let (version, extensions) = if self.is_v1 {
            (Vec::new(), Vec::new())
        } else {
            let extensions = der::tlv(0x30, &self.extensions_der(issuer_key));
            (der::context(0, &der::integer(2)), der::context(3, &extensions))
        };
        let tbs = der::sequence(&[
            &version,
            &serial,
            &algorithm,
            issuer,
            &validity,
            &self.subject,
            &self.key.public_key_to_der().unwrap(),
            &extensions,
        ]);
        let certificate = Certificate(signed(&tbs, &algorithm, issuer_key, self.digest));
        Identity { key: self.key, certificate }
    }

    fn extensions_der(&self, issuer_key: &PKey<Private>) -> Vec<u8> {
        let own = key_identifier(&self.key);
        let identifier = self.forged_key_identifier.as_deref().unwrap_or(&own);
        let mut extensions = vec![
            extension("2.5.29.14", false, &der::octets(identifier)),
            extension("2.5.29.35", false, &der::sequence(&[&der::tlv(0x80, &key_identifier(issuer_key))])),
        ];
        if self.is_ca {
            extensions.push(extension("2.5.29.19", true, &der::sequence(&[&der::boolean(true)])));
        }
        if let Some(bits) = self.key_usage {
            let unused = bits.trailing_zeros() as u8;
            extensions.push(extension("2.5.29.15", true, &der::tlv(0x03, &[unused, bits])));
        }
        if !self.extended_key_usage.is_empty() {
            let purposes: Vec<u8> = self.extended_key_usage.iter().flat_map(|oid| der::oid(oid)).collect();
            extensions.push(extension("2.5.29.37", false, &der::tlv(0x30, &purposes)));
        }
        let names: Vec<u8> = self
            .addresses
            .iter()
            .map(|address| der::tlv(0x81, address.as_bytes()))
            .chain(self.utf8_addresses.iter().map(|address| {
                let value = [der::oid("1.3.6.1.5.5.7.8.9"), der::context(0, &der::utf8(address))].concat();
                der::context(0, &value)
            }))
            .flatten()
            .collect();
        if !names.is_empty() {
            extensions.push(extension("2.5.29.17", false, &der::tlv(0x30, &names)));
        }
        extensions
            .extend(self.extensions.iter().map(|(oid, critical, value)| extension(oid, *critical, value)));
        extensions.concat()
    }
}

impl Identity {
    /// The certificate as OpenSSL's own type.
    pub fn x509(&self) -> X509 {
        X509::from_der(&self.certificate.0).unwrap()
    }

    /// A CRL of this authority (RFC 5280 §5.1): serial numbers with the moment of their revocation, and further
    /// entry extensions as object identifier and DER of the value.
    pub fn crl(
        &self,
        this_update: DateTime<Utc>,
        next_update: DateTime<Utc>,
        revoked: &[RevokedEntry<'_>],
    ) -> Vec<u8> {
        self.crl_with(this_update, next_update, revoked, &[])
    }

    /// The same with further extensions: object identifier, critical, DER of the value.
    pub fn crl_with(
        &self,
        this_update: DateTime<Utc>,
        next_update: DateTime<Utc>,
        revoked: &[RevokedEntry<'_>],
        extensions: &[(&'static str, bool, Vec<u8>)],
    ) -> Vec<u8> {
        let revoked: Vec<OddEntry<'_>> = revoked
            .iter()
            .map(|(serial, date, extensions)| {
                // Tag and length, which is short, stand before the content.
                (der::integer(*serial)[2..].to_vec(), *date, extensions.clone())
            })
            .collect();
        self.crl_of(this_update, next_update, &revoked, extensions)
    }

    /// The same with serial numbers that no integer holds.
    pub fn crl_of(
        &self,
        this_update: DateTime<Utc>,
        next_update: DateTime<Utc>,
        revoked: &[OddEntry<'_>],
        extensions: &[(&'static str, bool, Vec<u8>)],
    ) -> Vec<u8> {
        let digest = MessageDigest::sha256();
        let algorithm = signature_algorithm(&self.key, digest);
        let entries: Vec<u8> = revoked
            .iter()
            .flat_map(|(serial, date, extensions)| {
                let mut entry = [der::tlv(0x02, serial), der::time(*date)].concat();
                if !extensions.is_empty() {
                    let extensions: Vec<u8> =
                        extensions.iter().flat_map(|(oid, value)| extension(oid, false, value)).collect();
                    entry.extend(der::tlv(0x30, &extensions));
                }
                der::tlv(0x30, &entry)
            })
            .collect();
        let entries = if entries.is_empty() { Vec::new() } else { der::tlv(0x30, &entries) };
        let authority_key =
            extension("2.5.29.35", false, &der::sequence(&[&der::tlv(0x80, &key_identifier(&self.key))]));
        let number = extension("2.5.29.20", false, &der::integer(this_update.timestamp()));
        let others: Vec<u8> =
            extensions.iter().flat_map(|(oid, critical, value)| extension(oid, *critical, value)).collect();
        let tbs = der::sequence(&[
            &der::integer(1),
            &algorithm,
            &self.certificate.parse().unwrap().subject_der,
            &der::time(this_update),
            &der::time(next_update),
            &entries,
            &der::context(0, &der::sequence(&[&authority_key, &number, &others])),
        ]);
        signed(&tbs, &algorithm, &self.key, digest)
    }
}

/// SHA-1 of the public key (RFC 5280 §4.2.1.2, method 1, near enough).
pub fn key_identifier(key: &PKey<Private>) -> [u8; 20] {
    sha1(&key.public_key_to_der().unwrap())
}

/// A signature over bytes with the digest that goes with the key, SHA-256 for RSA.
pub fn sign(key: &PKey<Private>, bytes: &[u8]) -> Vec<u8> {
    sign_with(key, bytes, MessageDigest::sha256())
}

fn sign_with(key: &PKey<Private>, bytes: &[u8], digest: MessageDigest) -> Vec<u8> {
    if matches!(key.id(), Id::ED25519 | Id::ED448) {
        return Signer::new_without_digest(key).unwrap().sign_oneshot_to_vec(bytes).unwrap();
    }
    let mut signer = Signer::new(digest, key).unwrap();
    signer.update(bytes).unwrap();
    signer.sign_to_vec().unwrap()
}

/// What is signed, the algorithm, and the signature, as certificates, CRLs and OCSP responses have them.
pub fn signed(tbs: &[u8], algorithm: &[u8], key: &PKey<Private>, digest: MessageDigest) -> Vec<u8> {
    der::sequence(&[tbs, algorithm, &der::bits(&sign_with(key, tbs, digest))])
}

pub fn signature_algorithm(key: &PKey<Private>, digest: MessageDigest) -> Vec<u8> {
    match (key.id(), digest.type_()) {
        (Id::RSA, Nid::MD5) => der::sequence(&[&der::oid("1.2.840.113549.1.1.4"), &der::null()]),
        (Id::RSA, Nid::SHA1) => der::sequence(&[&der::oid("1.2.840.113549.1.1.5"), &der::null()]),
        (Id::RSA, _) => der::sequence(&[&der::oid("1.2.840.113549.1.1.11"), &der::null()]),
        (Id::ED25519, _) => der::sequence(&[&der::oid("1.3.101.112")]),
        (Id::ED448, _) => der::sequence(&[&der::oid("1.3.101.113")]),
        (_, Nid::SHA1) => der::sequence(&[&der::oid("1.2.840.10045.4.1")]),
        _ => der::sequence(&[&der::oid("1.2.840.10045.4.3.2")]),
    }
}

pub fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { der::boolean(true) } else { Vec::new() };
    der::sequence(&[&der::oid(oid), &critical, &der::octets(value)])
}
