//! Distinguished names as people read them.

use std::fmt::Write;

use x509_parser::prelude::*;

/// The longest name that is told in full, in characters.
const LONGEST: usize = 1024;

/// Short names of attribute types (RFC 4514 §3, and those that certificates use beside them).
const SHORT_NAMES: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.42", "GN"),
    ("2.5.4.65", "pseudonym"),
    ("2.5.4.97", "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

/// The name in the manner of RFC 4514: the most specific attribute first, special characters escaped, and control
/// and direction characters as well, so that a name cannot pretend to be something else on a terminal.
pub(super) fn text(name: &X509Name<'_>) -> String {
    let rdns: Vec<_> = name.iter_rdn().collect();
    let mut text = String::new();
    for (at, rdn) in rdns.iter().rev().enumerate() {
        for (position, attribute) in rdn.iter().enumerate() {
            if position > 0 {
                text.push('+');
            } else if at > 0 {
                text.push(',');
            }
            push_attribute(&mut text, attribute);
        }
        if text.chars().count() > LONGEST {
            return text.chars().take(LONGEST).chain(['…']).collect();
        }
    }
    text
}

/// The text of an attribute's value, if it is one of the string types of RFC 5280 §4.1.2.4.
pub(super) fn value(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    let value = attribute.attr_value();
    match value.tag().0 {
        // UTF8String, NumericString, PrintableString, IA5String, VisibleString
        12 | 18 | 19 | 22 | 26 => std::str::from_utf8(value.data).ok().map(str::to_owned),
        // TeletexString is Latin-1 wherever it is still met.
        20 => Some(value.data.iter().map(|&byte| char::from(byte)).collect()),
        // BMPString
        30 if value.data.len() % 2 == 0 => {
            let units = value.data.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}

fn push_attribute(text: &mut String, attribute: &AttributeTypeAndValue<'_>) {
    let oid = attribute.attr_type().to_id_string();
    let name = SHORT_NAMES.iter().find(|(known, _)| *known == oid).map_or(oid.as_str(), |(_, name)| name);
    text.push_str(name);
    text.push('=');
    match value(attribute) {
        Some(value) => push_escaped(text, &value),
        None => {
            text.push('#');
            text.push_str(&hex::encode(attribute.attr_value().data));
        }
    }
}

/// RFC 4514 §2.4.
fn push_escaped(text: &mut String, value: &str) {
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => {
                text.push('\\');
                text.push(c);
            }
            ' ' if at == 0 || at == last => text.push_str("\\ "),
            '#' if at == 0 => text.push_str("\\#"),
            _ if c.is_control() || is_direction(c) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(text, "\\{byte:02X}");
                }
            }
            _ => text.push(c),
        }
    }
}

/// Characters that reorder what stands beside them.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
