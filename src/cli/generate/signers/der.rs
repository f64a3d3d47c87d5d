//! Writing DER (X.690), as much of it as certificates, CRLs and signatures need.

use chrono::{DateTime, Datelike, Utc};

/// An element of a tag below 31.
pub(super) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    if content.len() < 0x80 {
        der.push(content.len() as u8);
    } else {
        let octets: Vec<u8> =
            content.len().to_be_bytes().into_iter().skip_while(|&octet| octet == 0).collect();
        der.push(0x80 | octets.len() as u8);
        der.extend(octets);
    }
    der.extend_from_slice(content);
    der
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub(super) fn set(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x31, &parts.concat())
}

/// An INTEGER of these octets; the first must be neither zero nor have its highest bit set.
pub(super) fn integer(octets: &[u8]) -> Vec<u8> {
    tlv(0x02, octets)
}

pub(super) fn octets(content: &[u8]) -> Vec<u8> {
    tlv(0x04, content)
}

/// A BIT STRING of whole octets.
pub(super) fn bits(content: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], content].concat())
}

/// An OBJECT IDENTIFIER by its content octets.
pub(super) fn oid(content: &[u8]) -> Vec<u8> {
    tlv(0x06, content)
}

/// UTCTime for the years up to 2049, GeneralizedTime for later ones (RFC 5280 §4.1.2.5).
pub(super) fn time(at: DateTime<Utc>) -> Vec<u8> {
    match at.year() {
        1950..2050 => tlv(0x17, at.format("%y%m%d%H%M%SZ").to_string().as_bytes()),
        _ => tlv(0x18, at.format("%Y%m%d%H%M%SZ").to_string().as_bytes()),
    }
}

/// An Extension (RFC 5280 §4.1) by the last octets of an identifier below id-ce, 2.5.29.
pub(super) fn extension(id_ce: u8, is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if is_critical { &[1, 1, 0xFF] } else { &[] };
    sequence(&[&oid(&[0x55, 0x1D, id_ce]), critical, &octets(value)])
}
