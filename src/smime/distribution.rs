//! Distribution points, as certificates name them and as CRLs bear them (RFC 5280 §4.2.1.13 and §5.2.5).
//!
//! Read here from the DER, because x509-parser takes the implicit tag of nameRelativeToCRLIssuer for an explicit one
//! and then forgets the whole name, which would widen a CRL's scope.

use x509_parser::oid_registry::asn1_rs::{Any, Class};
use x509_parser::prelude::{AttributeTypeAndValue, FromDer as _, GeneralName};

use super::matching::{directory_key, general_name_key, name_key, rdn_key};

/// Every reason flag of RFC 5280 §4.2.1.13, bits 1 to 8.
pub(super) const ALL_REASONS: u16 = 0x1FE;
/// More distribution points than this in one certificate are not read.
const MOST_POINTS: usize = 32;
/// More URLs than this of one distribution point are not told.
const MOST_URLS: usize = 8;

/// One DistributionPoint of cRLDistributionPoints.
#[derive(Debug, Default)]
pub(super) struct DistributionPoint {
    /// Keys of its names, if it has a name.
    pub(super) names: Option<Vec<String>>,
    /// The reasons for which it answers.
    pub(super) reasons: u16,
    /// Keys of the cRLIssuer names, if present.
    pub(super) crl_issuers: Option<Vec<String>>,
    /// The URLs among its names, in their order.
    pub(super) urls: Vec<String>,
}

/// What issuingDistributionPoint says about the scope of a CRL.
#[derive(Debug)]
pub(super) struct IssuingPoint {
    pub(super) names: Option<Vec<String>>,
    pub(super) only_users: bool,
    pub(super) only_authorities: bool,
    pub(super) only_attributes: bool,
    pub(super) reasons: u16,
    pub(super) indirect: bool,
}

impl DistributionPoint {
    /// Reads the extension's value. `issuer` is the key of the certificate's issuer. What cannot be read becomes a
    /// point that no CRL serves: the certificate did name a source.
    pub(super) fn read_all(value: &[u8], issuer: &str) -> Vec<Self> {
        let Some(points) = sequence(value) else { return vec![Self::default()] };
        points
            .iter()
            .take(MOST_POINTS)
            .map(|point| Self::read(point.data, issuer).unwrap_or_default())
            .collect()
    }

    /// The point that stands for a complete CRL of the certificate's issuer (RFC 5280 §6.3.3).
    pub(super) fn implied(issuer: &str) -> Self {
        Self { names: Some(vec![directory_key(issuer)]), reasons: ALL_REASONS, ..Self::default() }
    }

    fn read(content: &[u8], issuer: &str) -> Option<Self> {
        let fields = elements(content)?;
        let mut point = Self { reasons: ALL_REASONS, ..Self::default() };
        let mut name = None;
        for field in &fields {
            match field.tag().0 {
                0 => name = Some(field.data),
                1 => point.reasons = reasons(field.data)?,
                2 => {
                    let names = general_names(field.data)?;
                    point.crl_issuers = Some(names.iter().filter_map(directory).collect());
                }
                _ => return None,
            }
        }
        if let Some(name) = name {
            let base = point.crl_issuers.as_ref().and_then(|issuers| issuers.first());
            let (names, urls) = point_name(name, base.map_or(issuer, String::as_str))?;
            point.names = Some(names);
            point.urls = urls;
        }
        Some(point)
    }
}

impl IssuingPoint {
    /// Reads the extension's value; `issuer` is the key of the CRL's issuer. None if it cannot be read: the
    /// extension is critical.
    pub(super) fn read(value: &[u8], issuer: &str) -> Option<Self> {
        let mut point = Self {
            names: None,
            only_users: false,
            only_authorities: false,
            only_attributes: false,
            reasons: ALL_REASONS,
            indirect: false,
        };
        for field in sequence(value)? {
            match field.tag().0 {
                0 => point.names = Some(point_name(field.data, issuer)?.0),
                1 => point.only_users = boolean(field.data)?,
                2 => point.only_authorities = boolean(field.data)?,
                3 => point.reasons = reasons(field.data)?,
                4 => point.indirect = boolean(field.data)?,
                5 => point.only_attributes = boolean(field.data)?,
                _ => return None,
            }
        }
        Some(point)
    }
}

/// The keys of a DistributionPointName, and its URLs. A name that is relative continues that of the issuer.
fn point_name(content: &[u8], issuer: &str) -> Option<(Vec<String>, Vec<String>)> {
    let (_, choice) = Any::from_der(content).ok()?;
    match choice.tag().0 {
        0 => {
            let names = general_names(choice.data)?;
            let urls = names.iter().filter_map(|name| match name {
                GeneralName::URI(uri) => Some((*uri).to_owned()),
                _ => None,
            });
            Some((names.iter().map(general_name_key).collect(), urls.take(MOST_URLS).collect()))
        }
        1 => {
            let mut rest = choice.data;
            let mut attributes = Vec::new();
            while !rest.is_empty() {
                let (after, attribute) = AttributeTypeAndValue::from_der(rest).ok()?;
                attributes.push(attribute);
                rest = after;
            }
            Some((vec![directory_key(&format!("{issuer}{}", rdn_key(attributes.iter())))], Vec::new()))
        }
        _ => None,
    }
}

fn general_names(content: &[u8]) -> Option<Vec<GeneralName<'_>>> {
    let mut rest = content;
    let mut names = Vec::new();
    while !rest.is_empty() {
        let (after, name) = GeneralName::from_der(rest).ok()?;
        names.push(name);
        rest = after;
    }
    Some(names)
}

fn directory(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DirectoryName(name) => Some(name_key(name)),
        _ => None,
    }
}

/// ReasonFlags: a BIT STRING, its first octet counting the unused bits.
fn reasons(content: &[u8]) -> Option<u16> {
    let (_, octets) = content.split_first()?;
    let flags = octets
        .iter()
        .take(2)
        .enumerate()
        .fold(0, |flags, (at, octet)| flags | (u16::from(octet.reverse_bits()) << (8 * at)));
    Some(flags & ALL_REASONS)
}

fn boolean(content: &[u8]) -> Option<bool> {
    match content {
        [octet] => Some(*octet != 0),
        _ => None,
    }
}

fn sequence(value: &[u8]) -> Option<Vec<Any<'_>>> {
    let (rest, sequence) = Any::from_der(value).ok()?;
    (rest.is_empty() && sequence.class() == Class::Universal && sequence.tag().0 == 16)
        .then(|| elements(sequence.data))
        .flatten()
}

fn elements(content: &[u8]) -> Option<Vec<Any<'_>>> {
    let mut rest = content;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (after, element) = Any::from_der(rest).ok()?;
        found.push(element);
        rest = after;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::{FromDer as _, X509Name};

    use super::*;

    /// DER with a length below 128.
    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, content.len() as u8], content].concat()
    }

    /// commonName of one type of string.
    fn attribute(tag: u8, text: &str) -> Vec<u8> {
        tlv(0x30, &[tlv(0x06, &[0x55, 4, 3]), tlv(tag, text.as_bytes())].concat())
    }

    fn name(rdns: &[Vec<u8>]) -> Vec<u8> {
        tlv(0x30, &rdns.iter().map(|attributes| tlv(0x31, attributes)).collect::<Vec<_>>().concat())
    }

    fn key(name: &[u8]) -> String {
        name_key(&X509Name::from_der(name).unwrap().1)
    }

    #[test]
    fn a_relative_name_continues_that_of_the_issuer() {
        let issuer = name(&[attribute(0x13, "CA")]);
        let full = name(&[attribute(0x13, "CA"), attribute(0x0C, "crl  1")]);
        let relative = tlv(0xA0, &tlv(0xA1, &attribute(0x13, "CRL 1")));
        let relative = DistributionPoint::read_all(&tlv(0x30, &tlv(0x30, &relative)), &key(&issuer));
        let full = IssuingPoint::read(&tlv(0x30, &tlv(0xA0, &tlv(0xA0, &tlv(0xA4, &full)))), "");
        assert_eq!(relative[0].names, full.unwrap().names);
        assert_eq!(relative[0].reasons, ALL_REASONS);
    }

    #[test]
    fn reasons_and_flags_are_read() {
        // keyCompromise and aACompromise, the latter in the second octet
        let point = tlv(0x30, &tlv(0x30, &tlv(0x81, &[7, 0x40, 0x80])));
        assert_eq!(DistributionPoint::read_all(&point, "")[0].reasons, 0b1_0000_0010);
        let issuing = [tlv(0x81, &[0xFF]), tlv(0x84, &[0xFF]), tlv(0x85, &[0])].concat();
        let issuing = IssuingPoint::read(&tlv(0x30, &issuing), "").unwrap();
        assert!(issuing.only_users && issuing.indirect);
        assert!(!issuing.only_authorities && !issuing.only_attributes);
    }

    #[test]
    fn what_cannot_be_read_is_a_point_that_no_list_serves() {
        for broken in [&[][..], &[0x30], b"\x30\x02\x30\x01", b"\x30\x04\x30\x02\x87\x00", b"\x04\x00"] {
            let points = DistributionPoint::read_all(broken, "");
            assert!(points.iter().all(|point| point.reasons == 0), "{broken:?}");
            assert_eq!(points.len(), 1, "{broken:?}");
        }
        assert!(IssuingPoint::read(b"\x30\x02\x87\x00", "").is_none());
    }
}
