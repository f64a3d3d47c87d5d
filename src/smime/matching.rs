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
