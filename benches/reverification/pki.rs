//! A root, an authority below it, and people with certificates that name the authority's CRL. The keys are thrown away.

use chrono::{DateTime, Duration, Utc};
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Extension, X509NameBuilder};
use signet::smime::Certificate;

/// Keys are made for so many people, who share them; their certificates differ.
const KEYS: usize = 16;
/// The serial number of the first person's certificate.
const FIRST: usize = 1000;

/// Everybody.
pub(super) struct Pki {
    pub(super) root: Identity,
    pub(super) authority: Identity,
    pub(super) people: Vec<Identity>,
}

/// A certificate with its key.
pub(super) struct Identity {
    pub(super) certificate: X509,
    pub(super) key: PKey<Private>,
}

impl Identity {
    pub(super) fn certificate(&self) -> Certificate {
        Certificate(self.certificate.to_der().unwrap())
    }
}

impl Pki {
    pub(super) fn new(people: usize) -> Self {
        let root = authority("Root", 1, None);
        let authority = authority("Authority", 2, Some(&root));
        let keys: Vec<_> = (0..KEYS).map(|_| key()).collect();
        let people = (0..people).map(|number| person(number, &keys[number % KEYS], &authority)).collect();
        Self { root, authority, people }
    }

    /// The authority's CRL for a week, which revokes the first so many people (RFC 5280 §5.1).
    pub(super) fn crl(&self, this_update: DateTime<Utc>, revoked: usize) -> Vec<u8> {
        // sha256WithRSAEncryption, NULL
        let algorithm = [0x30, 13, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 13, 1, 1, 11, 5, 0];
        let entries: Vec<u8> = (FIRST..FIRST + revoked)
            .flat_map(|serial| tlv(0x30, &[integer(serial), time(this_update)].concat()))
            .collect();
        let entries = if revoked == 0 { Vec::new() } else { tlv(0x30, &entries) };
        let issuer = self.authority.certificate.subject_name().to_der().unwrap();
        let next_update = time(this_update + Duration::days(7));
        let tbs = [&integer(1), &algorithm[..], &issuer, &time(this_update), &next_update, &entries].concat();
        let tbs = tlv(0x30, &tbs);
        let mut signer = Signer::new(MessageDigest::sha256(), &self.authority.key).unwrap();
        let signature = signer.sign_oneshot_to_vec(&tbs).unwrap();
        tlv(0x30, &[&tbs[..], &algorithm, &tlv(3, &[&[0], &signature[..]].concat())].concat())
    }
}

/// The address of a person.
pub(super) fn address(number: usize) -> String {
    format!("signer-{number}@example.org")
}

fn authority(name: &str, serial: u32, issuer: Option<&Identity>) -> Identity {
    let key = key();
    let certificate = certificate(name, serial, &key, issuer, |builder| {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build().unwrap();
        builder.append_extension(usage).unwrap();
    });
    Identity { certificate, key }
}

fn person(number: usize, key: &PKey<Private>, issuer: &Identity) -> Identity {
    let serial = u32::try_from(FIRST + number).unwrap();
    let certificate = certificate(&format!("Signer {number}"), serial, key, Some(issuer), |builder| {
        let context = builder.x509v3_context(Some(&issuer.certificate), None);
        let names = SubjectAlternativeName::new().email(&address(number)).build(&context).unwrap();
        builder.append_extension(names).unwrap();
        builder.append_extension(KeyUsage::new().critical().digital_signature().build().unwrap()).unwrap();
        builder.append_extension(ExtendedKeyUsage::new().email_protection().build().unwrap()).unwrap();
        builder.append_extension(distribution_point()).unwrap();
    });
    Identity { certificate, key: key.clone() }
}

fn certificate(
    name: &str,
    serial: u32,
    key: &PKey<Private>,
    issuer: Option<&Identity>,
    extend: impl FnOnce(&mut X509Builder),
) -> X509 {
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer.map_or(&subject, |issuer| issuer.certificate.subject_name())).unwrap();
    builder.set_not_before(&Asn1Time::from_str("20200101000000Z").unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_str("20400101000000Z").unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    let context = builder.x509v3_context(issuer.map(|issuer| &*issuer.certificate), None);
    let own = SubjectKeyIdentifier::new().build(&context).unwrap();
    builder.append_extension(own).unwrap();
    if let Some(issuer) = issuer {
        let context = builder.x509v3_context(Some(&issuer.certificate), None);
        let above = AuthorityKeyIdentifier::new().keyid(true).build(&context).unwrap();
        builder.append_extension(above).unwrap();
    }
    extend(&mut builder);
    builder.sign(issuer.map_or(key, |issuer| &issuer.key), MessageDigest::sha256()).unwrap();
    builder.build()
}

/// cRLDistributionPoints of one URL (RFC 5280 §4.2.1.13).
fn distribution_point() -> X509Extension {
    let name = tlv(0xA0, &tlv(0xA0, &tlv(0x86, b"http://crl.example.org/ca.crl")));
    let points = Asn1OctetString::new_from_bytes(&tlv(0x30, &tlv(0x30, &name))).unwrap();
    X509Extension::new_from_der(&Asn1Object::from_str("2.5.29.31").unwrap(), false, &points).unwrap()
}

fn key() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn integer(number: usize) -> Vec<u8> {
    let octets: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|&octet| octet == 0).collect();
    // A first bit that is set would make it negative.
    let sign: &[u8] = if octets.first().is_some_and(|&first| first >= 0x80) { &[0] } else { &[] };
    tlv(2, &[sign, &octets].concat())
}

/// UTCTime, which is for the years up to 2049.
fn time(at: DateTime<Utc>) -> Vec<u8> {
    tlv(0x17, at.format("%y%m%d%H%M%SZ").to_string().as_bytes())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length: Vec<u8> = match content.len() {
        short @ 0..0x80 => vec![short as u8],
        long => {
            let octets: Vec<u8> = long.to_be_bytes().into_iter().skip_while(|&octet| octet == 0).collect();
            [&[0x80 | octets.len() as u8], &octets[..]].concat()
        }
    };
    [&[tag], &length[..], content].concat()
}
