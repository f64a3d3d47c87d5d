//! A certificate as path building and revocation see it: its fields as keys, bits and URLs, read once.

use std::cell::OnceCell;
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use openssl::x509::X509;
use x509_parser::prelude::*;

use super::ber::{Reader, tag};
use super::certificate::{Certificate, ParsedCertificate};
use super::constraints::{Constraints, Names};
use super::distribution::DistributionPoint;
use super::matching::name_key;

const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
/// The same for delta CRLs (RFC 5280 §4.2.1.15).
const FRESHEST_CRL: &str = "2.5.29.46";
/// keyUsage, subjectAltName, basicConstraints, nameConstraints, extendedKeyUsage: where one of these cannot be read, what
/// it forbids is not known.
const JUDGED_BY: &[&str] = &["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.37"];
/// id-ad-ocsp and id-ad-caIssuers (RFC 5280 §4.2.2.1).
const OCSP: &str = "1.3.6.1.5.5.7.48.1";
const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
/// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
const OCSP_NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";

/// How many URLs of one method of access are read.
const MOST_URLS: usize = 16;

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
    /// Whether extendedKeyUsage makes it an OCSP responder of its issuer's (RFC 6960 §4.2.2.2); anyExtendedKeyUsage does
    /// not.
    pub(super) is_responder: bool,
    /// Whether its issuer answers for it as long as it is valid, revoked or not (RFC 6960 §4.2.2.2.1).
    pub(super) needs_no_check: bool,
    /// Where its revocation is published, in its order.
    pub(super) points: Vec<DistributionPoint>,
    /// Where delta CRLs are published, in its order.
    pub(super) freshest: Vec<DistributionPoint>,
    /// The URLs of the OCSP responders that it names.
    pub(super) responders: Vec<String>,
    /// The URLs where its issuer's certificates are.
    pub(super) ca_issuers: Vec<String>,
    /// Whether the operator trusts it.
    pub(super) is_anchor: bool,
    /// The dotted OID of the algorithm that signed it, and the content of the algorithm's parameters.
    pub(super) signature_algorithm: String,
    pub(super) signature_parameters: Vec<u8>,
    /// Whether an extension occurs twice (RFC 5280 §4.2), or one that decides here cannot be read.
    pub(super) has_bad_extension: bool,
    /// The DER of its SubjectPublicKeyInfo.
    pub(super) public_key: Vec<u8>,
    x509: OnceCell<Option<X509>>,
    names: OnceCell<Names>,
    constraints: OnceCell<Option<Constraints>>,
}

impl Node {
    pub(super) fn read(certificate: &Certificate, is_anchor: bool) -> Option<Self> {
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
            is_responder: false,
            needs_no_check: false,
            points: Vec::new(),
            freshest: Vec::new(),
            responders: Vec::new(),
            ca_issuers: Vec::new(),
            is_anchor,
            signature_algorithm: x509.signature_algorithm.algorithm.to_id_string(),
            signature_parameters: parameters.map(|any| any.data.to_vec()).unwrap_or_default(),
            has_bad_extension: has_bad_extension(&x509),
            public_key: x509.public_key().raw.to_vec(),
            x509: OnceCell::new(),
            names: OnceCell::new(),
            constraints: OnceCell::new(),
            issuer,
        };
        for extension in x509.extensions() {
            match extension.oid.to_id_string().as_str() {
                CRL_DISTRIBUTION_POINTS => {
                    node.points = DistributionPoint::read_all(extension.value, &node.issuer);
                }
                FRESHEST_CRL => {
                    node.freshest = DistributionPoint::read_all(extension.value, &node.issuer);
                }
                OCSP_NO_CHECK => node.needs_no_check = true,
                _ => {}
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
                self.is_responder = usage.ocsp_signing;
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                self.responders = urls_of(access, OCSP);
                self.ca_issuers = urls_of(access, CA_ISSUERS);
            }
            _ => {}
        }
    }

    /// The certificate as OpenSSL reads it; none if it cannot.
    pub(super) fn x509(&self) -> Option<&X509> {
        self.x509.get_or_init(|| X509::from_der(&self.certificate.0).ok()).as_ref()
    }

    /// The octets of its public key, without what says of which algorithm it is: what OCSP hashes.
    pub(super) fn key_octets(&self) -> Option<&[u8]> {
        let mut info = Reader::new(&self.public_key).expect(tag::SEQUENCE).ok()?.reader();
        info.expect(tag::SEQUENCE).ok()?;
        // The first octet of a BIT STRING counts its unused bits.
        info.expect(tag::BIT_STRING).ok()?.content.get(1..)
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
    pub(super) fn key_identifiers_differ(&self, issuer: &Self) -> bool {
        match (&self.parsed.authority_key_identifier, &issuer.parsed.subject_key_identifier) {
            (Some(wanted), Some(present)) => wanted != present,
            _ => false,
        }
    }
}

/// The URLs of one method of access.
fn urls_of(access: &AuthorityInfoAccess<'_>, method: &str) -> Vec<String> {
    access
        .accessdescs
        .iter()
        .filter(|description| description.access_method.to_id_string() == method)
        .filter_map(|description| match description.access_location {
            GeneralName::URI(uri) => Some(uri.to_owned()),
            _ => None,
        })
        .take(MOST_URLS)
        .collect()
}

fn has_bad_extension(certificate: &X509Certificate<'_>) -> bool {
    let mut seen = HashSet::new();
    certificate.extensions().iter().any(|extension| {
        let oid = extension.oid.to_id_string();
        (extension.parsed_extension().error().is_some() && JUDGED_BY.contains(&oid.as_str()))
            || !seen.insert(oid)
    })
}
