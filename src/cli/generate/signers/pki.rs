//! Certificates and CRLs with Ed25519 keys (RFC 8410) that follow from a seed: the same seed gives the same octets, for
//! these signatures need no random numbers.

use chrono::{DateTime, Utc};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::sha::sha256;
use openssl::sign::Signer;

use super::der;
use crate::smime::Certificate;

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// id-Ed25519, as algorithm of keys and of signatures.
pub(super) const ED25519: &[u8] = &[0x2B, 0x65, 0x70];
/// id-kp-emailProtection and id-kp-clientAuth.
const EMAIL_PROTECTION: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 4];
const CLIENT_AUTH: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 2];

/// The last octet of the identifiers of extensions (RFC 5280 §4.2.1 and §5.2).
mod id_ce {
    pub(super) const SUBJECT_KEY_IDENTIFIER: u8 = 14;
    pub(super) const KEY_USAGE: u8 = 15;
    pub(super) const SUBJECT_ALT_NAME: u8 = 17;
    pub(super) const BASIC_CONSTRAINTS: u8 = 19;
    pub(super) const CRL_NUMBER: u8 = 20;
    pub(super) const NAME_CONSTRAINTS: u8 = 30;
    pub(super) const CRL_DISTRIBUTION_POINTS: u8 = 31;
    pub(super) const AUTHORITY_KEY_IDENTIFIER: u8 = 35;
    pub(super) const EXTENDED_KEY_USAGE: u8 = 37;
}

/// From when until when a certificate or a CRL is current.
pub(super) type Validity = (DateTime<Utc>, DateTime<Utc>);

/// A key with the name that it goes by.
pub(super) struct Holder {
    key: PKey<Private>,
    public: Vec<u8>,
    /// DER of the name.
    pub(super) name: Vec<u8>,
    /// Content octets of the serial number.
    pub(super) serial: Vec<u8>,
}

/// An authority: a holder with its certificate.
pub(super) struct Authority {
    pub(super) holder: Holder,
    pub(super) certificate: Certificate,
    /// Where its CRL is said to be.
    pub(super) url: String,
}

/// What a person's certificate allows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Signing mail.
    Mail,
    /// Having keys encrypted to it, not signing.
    NoSignature,
    /// Signing, but no mail.
    NoMail,
}

impl Holder {
    /// Whose key and serial number follow from `secret`.
    pub(super) fn new(secret: &str, name: &str) -> Result<Self, ErrorStack> {
        let key = PKey::private_key_from_raw_bytes(&sha256(secret.as_bytes()), Id::ED25519)?;
        let mut serial = sha256(format!("serial {secret}").as_bytes())[..16].to_vec();
        // A positive number of this many octets, in DER.
        serial[0] = serial[0] & 0x3F | 0x40;
        let common_name = der::sequence(&[&der::oid(COMMON_NAME), &der::tlv(0x0C, name.as_bytes())]);
        Ok(Self {
            public: key.raw_public_key()?,
            key,
            name: der::sequence(&[&der::set(&[&common_name])]),
            serial,
        })
    }

    /// The signature over these octets.
    pub(super) fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        Signer::new_without_digest(&self.key)?.sign_oneshot_to_vec(octets)
    }

    fn key_identifier(&self) -> Vec<u8> {
        sha256(&self.public)[..20].to_vec()
    }

    /// authorityKeyIdentifier of what it signs.
    fn as_issuer(&self) -> Vec<u8> {
        der::sequence(&[&der::tlv(0x80, &self.key_identifier())])
    }

    /// SubjectPublicKeyInfo (RFC 8410 §4).
    fn public_key(&self) -> Vec<u8> {
        der::sequence(&[&der::sequence(&[&der::oid(ED25519)]), &der::bits(&self.public)])
    }

    /// What is signed, the algorithm and the signature, as certificates and CRLs have them.
    fn signed(&self, tbs: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        Ok(der::sequence(&[tbs, &der::sequence(&[&der::oid(ED25519)]), &der::bits(&self.sign(tbs)?)]))
    }
}

impl Authority {
    /// A root, or one below `issuer`. With `only_for`, it may certify addresses of that host alone (RFC 5280 §4.2.1.10).
    pub(super) fn new(
        holder: Holder,
        number: usize,
        validity: Validity,
        issuer: Option<&Authority>,
        only_for: Option<&str>,
    ) -> Result<Self, ErrorStack> {
        let mut extensions = der::extension(id_ce::BASIC_CONSTRAINTS, true, &der::sequence(&[&[1, 1, 0xFF]]));
        // keyCertSign and cRLSign
        extensions.extend(der::extension(id_ce::KEY_USAGE, true, &[3, 2, 1, 0x06]));
        if let Some(host) = only_for {
            let subtree = der::sequence(&[&der::tlv(0x81, host.as_bytes())]);
            let constraints = der::sequence(&[&der::tlv(0xA0, &subtree)]);
            extensions.extend(der::extension(id_ce::NAME_CONSTRAINTS, true, &constraints));
        }
        if let Some(issuer) = issuer {
            extensions.extend(issuer.distribution_point());
        }
        let by = issuer.map_or(&holder, |issuer| &issuer.holder);
        let certificate = certificate(&holder, validity, by, &extensions)?;
        let url = format!("http://crl.generated.example/{number}.crl");
        Ok(Self { holder, certificate, url })
    }

    /// A certificate of a person with this address.
    pub(super) fn certify(
        &self,
        holder: &Holder,
        address: &str,
        validity: Validity,
        allows: Use,
    ) -> Result<Certificate, ErrorStack> {
        let names = der::sequence(&[&der::tlv(0x81, address.as_bytes())]);
        let mut extensions = der::extension(id_ce::SUBJECT_ALT_NAME, false, &names);
        // digitalSignature, or keyEncipherment
        let usage: &[u8] = if allows == Use::NoSignature { &[3, 2, 5, 0x20] } else { &[3, 2, 7, 0x80] };
        extensions.extend(der::extension(id_ce::KEY_USAGE, true, usage));
        let purpose = if allows == Use::NoMail { CLIENT_AUTH } else { EMAIL_PROTECTION };
        let purposes = der::sequence(&[&der::oid(purpose)]);
        extensions.extend(der::extension(id_ce::EXTENDED_KEY_USAGE, false, &purposes));
        extensions.extend(self.distribution_point());
        certificate(holder, validity, &self.holder, &extensions)
    }

    /// A complete CRL, which revokes these serial numbers since an instant each (RFC 5280 §5.1).
    pub(super) fn crl(
        &self,
        validity: Validity,
        revoked: &[(&[u8], DateTime<Utc>)],
    ) -> Result<Vec<u8>, ErrorStack> {
        let entries: Vec<u8> = revoked
            .iter()
            .flat_map(|(serial, since)| der::sequence(&[&der::integer(serial), &der::time(*since)]))
            .collect();
        let entries = if entries.is_empty() { Vec::new() } else { der::tlv(0x30, &entries) };
        // Newer lists have greater numbers.
        let number = validity.0.timestamp().to_be_bytes();
        let number = der::integer(&[&[0x01], &number[..]].concat());
        let extensions = [
            der::extension(id_ce::AUTHORITY_KEY_IDENTIFIER, false, &self.holder.as_issuer()),
            der::extension(id_ce::CRL_NUMBER, false, &number),
        ];
        let tbs = der::sequence(&[
            &der::integer(&[1]),
            &der::sequence(&[&der::oid(ED25519)]),
            &self.holder.name,
            &der::time(validity.0),
            &der::time(validity.1),
            &entries,
            &der::tlv(0xA0, &der::sequence(&[&extensions.concat()])),
        ]);
        self.holder.signed(&tbs)
    }

    /// cRLDistributionPoints of those whom it certifies, of one URL (RFC 5280 §4.2.1.13).
    fn distribution_point(&self) -> Vec<u8> {
        let name = der::tlv(0xA0, &der::tlv(0xA0, &der::tlv(0x86, self.url.as_bytes())));
        let points = der::sequence(&[&der::sequence(&[&name])]);
        der::extension(id_ce::CRL_DISTRIBUTION_POINTS, false, &points)
    }
}

/// A certificate of version 3 (RFC 5280 §4.1).
fn certificate(
    subject: &Holder,
    (not_before, not_after): Validity,
    issuer: &Holder,
    extensions: &[u8],
) -> Result<Certificate, ErrorStack> {
    let own = der::extension(id_ce::SUBJECT_KEY_IDENTIFIER, false, &der::octets(&subject.key_identifier()));
    let above = der::extension(id_ce::AUTHORITY_KEY_IDENTIFIER, false, &issuer.as_issuer());
    let tbs = der::sequence(&[
        &der::tlv(0xA0, &der::integer(&[2])),
        &der::integer(&subject.serial),
        &der::sequence(&[&der::oid(ED25519)]),
        &issuer.name,
        &der::sequence(&[&der::time(not_before), &der::time(not_after)]),
        &subject.name,
        &subject.public_key(),
        &der::tlv(0xA3, &der::sequence(&[&own, &above, extensions])),
    ]);
    issuer.signed(&tbs).map(Certificate)
}
