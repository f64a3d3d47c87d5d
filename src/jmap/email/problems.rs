//! What is wrong with an object that is to become an Email: all of it, since a client gets one answer
//! (RFC 8620 §5.3).

use std::fmt::Display;

use crate::wire::errors::SetError;

/// So many properties are named; an object that is wrong in more places is wrong enough.
const MAX_PROBLEMS: usize = 100;

/// The properties that are invalid. Properties of parts are named by a path: `bodyStructure/subParts/0/charset`.
#[derive(Default)]
pub(super) struct Problems {
    properties: Vec<String>,
    descriptions: Vec<String>,
    special: Option<SetError>,
}

impl Problems {
    /// Notes that a property is invalid.
    pub(super) fn add(&mut self, property: impl Into<String>, problem: impl Display) {
        let property = property.into();
        if !self.properties.contains(&property) && self.properties.len() < MAX_PROBLEMS {
            self.descriptions.push(format!("`{property}`: {problem}"));
            self.properties.push(property);
        }
    }

    /// Notes what another reader found.
    pub(super) fn take<T>(&mut self, found: Result<T, SetError>) -> Option<T> {
        match found {
            Ok(value) => return Some(value),
            Err(SetError::InvalidProperties { properties, description }) => {
                self.properties.extend(properties);
                self.descriptions.push(description);
            }
            Err(special) => drop(self.special.get_or_insert(special)),
        }
        None
    }

    /// The error, if there is one. `missing` are ids of blobs that are not there: special errors come before
    /// invalidProperties (RFC 8620 §5.3).
    pub(super) fn into_error(self, missing: Vec<String>) -> Option<SetError> {
        if let Some(special) = self.special {
            return Some(special);
        }
        if !missing.is_empty() {
            return Some(SetError::BlobNotFound { not_found: missing });
        }
        (!self.properties.is_empty()).then(|| SetError::InvalidProperties {
            properties: self.properties,
            description: self.descriptions.join("; "),
        })
    }
}
