//! Names as path building and revocation compare them (RFC 5280 §7.1).
//!
//! A name becomes a key: case folded, spaces collapsed, string types alike. Two names match exactly when their
//! keys are equal, so that keys can stand in maps.

use std::fmt::Write;

use x509_parser::prelude::*;

use super::name;

/// The key of a distinguished name.
pub(super) fn name_key(name: &X509Name<'_>) -> String {
    name.iter_rdn().fold(String::new(), |mut key, rdn| {
        key.push_str(&rdn_key(rdn.iter()));
        key
    })
}

/// The key of a general name. Directory names match as names do, everything else by its bytes.
pub(super) fn general_name_key(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DirectoryName(name) => directory_key(&name_key(name)),
        GeneralName::URI(uri) => format!("uri:{uri}"),
        other => format!("other:{other:?}"),
    }
}

/// The key of a directory name among general names.
pub(super) fn directory_key(name: &str) -> String {
    format!("dir:{name}")
}

/// The key of a relative distinguished name: a set, whose order means nothing.
pub(super) fn rdn_key<'a>(attributes: impl Iterator<Item = &'a AttributeTypeAndValue<'a>>) -> String {
    let mut attributes: Vec<String> = attributes.map(attribute_key).collect();
    attributes.sort();
    let mut key = String::new();
    for attribute in attributes {
        // The length keeps a value that contains the separator from looking like two.
        let _ = write!(key, "/{}:{attribute}", attribute.len());
    }
    key.push(';');
    key
}

fn attribute_key(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    match name::value(attribute) {
        Some(text) => {
            let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
            format!("{oid}={}", words.join(" "))
        }
        None => {
            let value = attribute.attr_value();
            format!("{oid}#{}:{}", value.tag().0, hex::encode(value.data))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Last octet of the type under 2.5.4, string type, value.
    type Attribute<'a> = (u8, u8, &'a [u8]);

    fn key(rdns: &[&[Attribute<'_>]]) -> String {
        let tlv = |tag: u8, content: Vec<u8>| [vec![tag, content.len() as u8], content].concat();
        let rdns = rdns.iter().map(|attributes| {
            let attributes = attributes.iter().map(|(kind, tag, value)| {
                tlv(0x30, [tlv(0x06, vec![0x55, 4, *kind]), tlv(*tag, value.to_vec())].concat())
            });
            tlv(0x31, attributes.collect::<Vec<_>>().concat())
        });
        let der = tlv(0x30, rdns.collect::<Vec<_>>().concat());
        name_key(&X509Name::from_der(&der).unwrap().1)
    }

    #[test]
    fn case_spaces_and_string_types_do_not_matter() {
        let plain = key(&[&[(3, 0x13, b"Good CA")]]);
        assert_eq!(key(&[&[(3, 0x0C, b"good  ca ")]]), plain);
        assert_eq!(key(&[&[(3, 0x1E, b"\0G\0o\0o\0d\0 \0C\0A")]]), plain);
        assert_ne!(key(&[&[(3, 0x13, b"GoodCA")]]), plain);
        assert_ne!(key(&[&[(10, 0x13, b"Good CA")]]), plain);
    }

    #[test]
    fn order_matters_between_sets_and_not_within() {
        let (a, b): (Attribute<'_>, Attribute<'_>) = ((3, 0x13, b"a"), (10, 0x13, b"b"));
        assert_eq!(key(&[&[a, b]]), key(&[&[b, a]]));
        assert_ne!(key(&[&[a], &[b]]), key(&[&[b], &[a]]));
        assert_ne!(key(&[&[a, b]]), key(&[&[a], &[b]]));
    }

    #[test]
    fn a_value_cannot_pretend_to_be_two() {
        let one = key(&[&[(3, 0x0C, b"a;/9:2.5.4.10=b")]]);
        assert_ne!(one, key(&[&[(3, 0x0C, b"a")], &[(10, 0x0C, b"b")]]));
    }
}
