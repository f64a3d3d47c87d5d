//! Certificate revocation lists, and whether one speaks about a certificate (RFC 5280 §5 and §6.3).
//!
//! Lists of large authorities hold hundreds of thousands of entries, and each evaluation reads them anew. So the
//! entries stay bytes: they are walked over, and the one that matters is read.

use chrono::{DateTime, Utc};
use openssl::pkey::{PKeyRef, Public};
use x509_parser::oid_registry::asn1_rs::{Any, Class, FromDer as _};
use x509_parser::prelude::*;

use super::distribution::{DistributionPoint, IssuingPoint};
use super::ffi;
use super::matching::{directory_key, name_key};
use super::node::Node;

const CRL_NUMBER: &str = "2.5.29.20";
const DELTA_CRL_INDICATOR: &str = "2.5.29.27";
const ISSUING_DISTRIBUTION_POINT: &str = "2.5.29.28";
const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
const CERTIFICATE_ISSUER: &str = "2.5.29.29";

/// The extensions of an entry that are understood, as content octets of their identifiers: reasonCode, invalidityDate,
/// certificateIssuer.
const ENTRY_EXTENSIONS: [&[u8]; 3] = [&[0x55, 0x1D, 0x15], &[0x55, 0x1D, 0x18], &[0x55, 0x1D, 0x1D]];

/// More fields or extensions than this are not read.
const MOST_ELEMENTS: usize = 64;

/// A CRL, read but not yet believed: whose signature it should bear is the business of `revocation`.
pub(super) struct Crl<'a> {
    signed: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    /// The content of revokedCertificates.
    entries: &'a [u8],
    /// The key of its issuer's name.
    pub(super) issuer: String,
    pub(super) this_update: DateTime<Utc>,
    pub(super) next_update: DateTime<Utc>,
    number: Option<Number>,
    /// The number of the complete CRL that this delta starts from (RFC 5280 §5.2.4).
    base: Option<Number>,
    point: Option<IssuingPoint>,
    /// DER of the issuing distribution point; CRLs that share it share a scope.
    scope: Option<Vec<u8>>,
}

/// The content octets of a non-negative INTEGER without leading zeros; longer is greater.
#[derive(PartialEq, Eq)]
struct Number(Vec<u8>);

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some((self.0.len(), &self.0).cmp(&(other.0.len(), &other.0)))
    }
}

/// What a CRL says about one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) revoked_at: DateTime<Utc>,
    /// From when on it counts: invalidityDate where the key was compromised, else the revocation date.
    pub(super) effective: DateTime<Utc>,
    pub(super) reason: Reason,
}

impl Entry {
    /// From what is said of a revocation: when, why (the number of a CRLReason), and since when the key is not the
    /// holder's alone.
    pub(super) fn new(revoked_at: DateTime<Utc>, reason: u8, invalid_from: Option<DateTime<Utc>>) -> Self {
        let reason = Reason(reason);
        let effective = match invalid_from {
            Some(from) if reason.is_compromise() => from.min(revoked_at),
            _ => revoked_at,
        };
        Self { revoked_at, effective, reason }
    }

    /// What is said of a certificate in words that cannot be read.
    fn unreadable() -> Self {
        Self { revoked_at: DateTime::UNIX_EPOCH, effective: DateTime::UNIX_EPOCH, reason: Reason(0) }
    }
}

/// CRLReason (RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason(u8);

impl Reason {
    /// Its name in the RFC.
    pub(super) fn as_str(self) -> &'static str {
        match self.0 {
            1 => "keyCompromise",
            2 => "cACompromise",
            3 => "affiliationChanged",
            4 => "superseded",
            5 => "cessationOfOperation",
            6 => "certificateHold",
            8 => "removeFromCRL",
            9 => "privilegeWithdrawn",
            10 => "aACompromise",
            _ => "unspecified",
        }
    }

    /// A hold can be lifted; every other revocation is for good.
    pub(super) fn is_hold(self) -> bool {
        self.0 == 6
    }

    fn is_removal(self) -> bool {
        self.0 == 8
    }

    fn is_compromise(self) -> bool {
        matches!(self.0, 1 | 2 | 10)
    }
}

/// The key of the name of a CRL's issuer, without reading the rest of what may be a large list.
pub(super) fn issuer_of(der: &[u8]) -> Option<String> {
    let (_, list) = Any::from_der(der).ok()?;
    let (_, tbs) = Any::from_der(list.data).ok()?;
    let (mut rest, mut field) = Any::from_der(tbs.data).ok()?;
    if field.tag().0 == 2 {
        // version, then the signature algorithm
        (rest, field) = Any::from_der(rest).ok()?;
    }
    if field.tag().0 != 16 {
        return None;
    }
    let (_, issuer) = X509Name::from_der(rest).ok()?;
    Some(name_key(&issuer))
}

impl<'a> Crl<'a> {
    /// Reads a CRL. None if it cannot be read, lacks nextUpdate, which RFC 5280 §5.1.2.5 demands, or has a critical
    /// extension that is not understood: such a one must not be used (RFC 5280 §5.2 and §5.3).
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let [list] = <[_; 1]>::try_from(Elements::all(der)?).ok()?;
        let [signed, algorithm, signature] = <[_; 3]>::try_from(Elements::all(list.content)?).ok()?;
        let mut fields = Elements::all(signed.content)?.into_iter().peekable();
        fields.next_if(|field| field.is(2));
        let same_algorithm = fields.next()?.whole == algorithm.whole;
        let (_, issuer) = X509Name::from_der(fields.next()?.whole).ok()?;
        let this_update = time(fields.next()?)?;
        let next_update = time(fields.next()?)?;
        let entries = fields.next_if(|field| field.is(16)).map_or(&[][..], |field| field.content);
        let extensions = fields.next();
        if !same_algorithm || fields.next().is_some() || !entries_are_understood(entries)? {
            return None;
        }
        let mut crl = Self {
            signed: signed.whole,
            algorithm: algorithm.whole,
            signature: signature.whole,
            entries,
            issuer: name_key(&issuer),
            this_update,
            next_update,
            number: None,
            base: None,
            point: None,
            scope: None,
        };
        if let Some(extensions) = extensions {
            if !extensions.is_context(0) {
                return None;
            }
            crl.read_extensions(extensions.content)?;
        }
        Some(crl)
    }

    /// Reads crlExtensions; none if a critical one is not understood.
    fn read_extensions(&mut self, content: &[u8]) -> Option<()> {
        let [extensions] = <[_; 1]>::try_from(Elements::all(content)?).ok()?;
        for extension in Elements::all(extensions.content)? {
            let (_, extension) = X509Extension::from_der(extension.whole).ok()?;
            match extension.oid.to_id_string().as_str() {
                CRL_NUMBER => self.number = Some(number(extension.value)?),
                DELTA_CRL_INDICATOR => self.base = Some(number(extension.value)?),
                ISSUING_DISTRIBUTION_POINT => {
                    self.scope = Some(extension.value.to_vec());
                    self.point = Some(IssuingPoint::read(extension.value, &self.issuer)?);
                }
                AUTHORITY_KEY_IDENTIFIER => {}
                _ if extension.critical => return None,
                _ => {}
            }
        }
        Some(())
    }

    /// Whether the signature verifies with this key.
    pub(super) fn is_signed_by(&self, key: &PKeyRef<Public>) -> bool {
        ffi::verify_signed(self.signed, self.algorithm, self.signature, key).unwrap_or(false)
    }

    pub(super) fn is_delta(&self) -> bool {
        self.base.is_some()
    }

    /// The reasons for which this CRL answers for the certificate by way of the distribution point; none if it
    /// does not (RFC 5280 §6.3.3 (b) and (d)).
    pub(super) fn reasons_for(&self, node: &Node, point: &DistributionPoint) -> Option<u16> {
        let indirect = self.point.as_ref().is_some_and(|point| point.indirect);
        let speaks = match &point.crl_issuers {
            Some(issuers) => indirect && issuers.contains(&self.issuer),
            None => self.issuer == node.issuer,
        };
        if !speaks {
            return None;
        }
        let Some(issuing) = &self.point else { return Some(point.reasons) };
        if let Some(names) = &issuing.names {
            let wanted = match (&point.names, &point.crl_issuers) {
                (Some(names), _) => names.clone(),
                (None, Some(issuers)) => issuers.iter().map(|name| directory_key(name)).collect(),
                (None, None) => Vec::new(),
            };
            if !names.iter().any(|name| wanted.contains(name)) {
                return None;
            }
        }
        if (issuing.only_users && node.parsed.is_ca)
            || (issuing.only_authorities && !node.parsed.is_ca)
            || issuing.only_attributes
        {
            return None;
        }
        Some(point.reasons & issuing.reasons)
    }

    /// Whether the two have the same issuer and scope.
    pub(super) fn shares_scope(&self, other: &Self) -> bool {
        self.issuer == other.issuer && self.scope == other.scope
    }

    /// Whether this delta brings the complete CRL up to date (RFC 5280 §5.2.4).
    pub(super) fn updates(&self, complete: &Self) -> bool {
        match (&self.base, &self.number, &complete.number) {
            (Some(base), Some(number), Some(complete_number)) => {
                self.shares_scope(complete) && base <= complete_number && complete_number <= number
            }
            _ => false,
        }
    }

    /// What the list says of the certificate; `Some(None)` where a delta removes it.
    pub(super) fn entry_for(&self, node: &Node) -> Option<Option<Entry>> {
        let serial = hex::decode(&node.parsed.serial).ok()?;
        let mut issuer = self.issuer.clone();
        let indirect = self.point.as_ref().is_some_and(|point| point.indirect);
        let mut found = None;
        for element in Elements(self.entries) {
            let mut fields = Elements(element.content);
            let is_same_serial = fields.next()?.content == serial;
            if !indirect && !is_same_serial {
                continue;
            }
            let Ok((_, revoked)) = RevokedCertificate::from_der(element.whole) else {
                // An entry that cannot be read revokes whom it may be about, for good.
                if is_same_serial {
                    found = Some(Entry::unreadable());
                }
                continue;
            };
            if indirect && let Some(name) = certificate_issuer(&revoked) {
                issuer = name;
            }
            if is_same_serial && issuer == node.issuer {
                found = Some(entry(&revoked));
            }
        }
        found.map(|entry: Entry| (!entry.reason.is_removal()).then_some(entry))
    }
}

/// Whether no entry has a critical extension that this module does not know; none if they cannot be read.
fn entries_are_understood(entries: &[u8]) -> Option<bool> {
    let mut elements = Elements(entries);
    for entry in &mut elements {
        let mut fields = Elements(entry.content);
        let (Some(_serial), Some(_date)) = (fields.next(), fields.next()) else { return None };
        let mut extensions = Elements(fields.next().map_or(&[][..], |extensions| extensions.content));
        for extension in &mut extensions {
            let mut parts = Elements(extension.content);
            let identifier = parts.next()?;
            let is_critical = parts.next()?.is(1);
            if is_critical && !ENTRY_EXTENSIONS.contains(&identifier.content) {
                return Some(false);
            }
        }
        if !extensions.0.is_empty() || !fields.0.is_empty() {
            return None;
        }
    }
    elements.0.is_empty().then_some(true)
}

/// The elements that DER content consists of, up to where it cannot be read.
struct Elements<'a>(&'a [u8]);

/// One element.
struct Element<'a> {
    header: x509_parser::oid_registry::asn1_rs::Header<'a>,
    whole: &'a [u8],
    content: &'a [u8],
}

impl<'a> Elements<'a> {
    /// All of them; none if something cannot be read.
    fn all(content: &'a [u8]) -> Option<Vec<Element<'a>>> {
        let mut elements = Elements(content);
        let all = elements.by_ref().take(MOST_ELEMENTS).collect();
        elements.0.is_empty().then_some(all)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (rest, any) = Any::from_der(self.0).ok()?;
        let whole = self.0.get(..self.0.len() - rest.len())?;
        self.0 = rest;
        Some(Element { header: any.header, whole, content: any.data })
    }
}

impl Element<'_> {
    /// Whether it bears this context-specific tag.
    fn is_context(&self, tag: u32) -> bool {
        self.header.class() == Class::ContextSpecific && self.header.tag().0 == tag
    }

    /// Whether it is of this universal type.
    fn is(&self, tag: u32) -> bool {
        self.header.class() == Class::Universal && self.header.tag().0 == tag
    }
}

fn time(element: Element<'_>) -> Option<DateTime<Utc>> {
    date(ASN1Time::from_der(element.whole).ok()?.1)
}

fn certificate_issuer(revoked: &RevokedCertificate<'_>) -> Option<String> {
    let extension =
        revoked.extensions().iter().find(|extension| extension.oid.to_id_string() == CERTIFICATE_ISSUER)?;
    let (_, names) = Any::from_der(extension.value).ok()?;
    let mut rest = names.data;
    while let Ok((after, name)) = GeneralName::from_der(rest) {
        if let GeneralName::DirectoryName(name) = name {
            return Some(name_key(&name));
        }
        rest = after;
    }
    None
}

fn entry(revoked: &RevokedCertificate<'_>) -> Entry {
    // A date outside the calendar must not make a revocation go away.
    let revoked_at = date(revoked.revocation_date).unwrap_or(DateTime::UNIX_EPOCH);
    let reason = revoked.reason_code().map_or(0, |(_, code)| code.0);
    let invalid_from = revoked.invalidity_date().and_then(|(_, at)| date(at));
    Entry::new(revoked_at, reason, invalid_from)
}

fn number(value: &[u8]) -> Option<Number> {
    let (_, integer) = Any::from_der(value).ok()?;
    let leading = integer.data.iter().take_while(|byte| **byte == 0).count();
    integer.data.get(leading..).map(|octets| Number(octets.to_vec()))
}

fn date(time: ASN1Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.timestamp(), 0)
}
