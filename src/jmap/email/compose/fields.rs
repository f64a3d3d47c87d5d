//! Header fields from the properties that stand for them (RFC 8621 §4.1.2, §4.1.3).

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::jmap::email::problems::Problems;
use crate::mime::build::Field;
use crate::mime::{HeaderForm, HeaderProperty, HeaderValue};
use crate::wire::date::parse_date;

/// The properties of Email that stand for a header field in a form (RFC 8621 §4.1.3).
const CONVENIENCE: [(&str, &str, HeaderForm); 11] = [
    ("messageId", "Message-ID", HeaderForm::MessageIds),
    ("inReplyTo", "In-Reply-To", HeaderForm::MessageIds),
    ("references", "References", HeaderForm::MessageIds),
    ("sender", "Sender", HeaderForm::Addresses),
    ("from", "From", HeaderForm::Addresses),
    ("to", "To", HeaderForm::Addresses),
    ("cc", "Cc", HeaderForm::Addresses),
    ("bcc", "Bcc", HeaderForm::Addresses),
    ("replyTo", "Reply-To", HeaderForm::Addresses),
    ("subject", "Subject", HeaderForm::Text),
    ("sentAt", "Date", HeaderForm::Date),
];

/// The order in which fields that are known stand in a message; what is not known stands behind them. Trace fields
/// and resent blocks stand first (RFC 5322 §3.6).
const ORDER: [&str; 13] = [
    "return-path",
    "received",
    "date",
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "bcc",
    "subject",
    "message-id",
    "in-reply-to",
    "references",
];

/// The header fields of an Email or a part under way.
#[derive(Default)]
pub(super) struct Fields {
    fields: Vec<Field>,
    /// Which property stands for which header field, by its name in lower case.
    properties: BTreeMap<String, String>,
}

/// The header property that a property of Email is short for.
pub(super) fn convenience(property: &str) -> Option<HeaderProperty> {
    let found = CONVENIENCE.iter().find(|(known, _, _)| *known == property);
    found.map(|(_, name, form)| HeaderProperty { name: (*name).to_owned(), form: *form, all: false })
}

impl Fields {
    /// Notes that a property stands for a header field; a problem if another one does already (RFC 8621 §4.6).
    pub(super) fn claim(&mut self, header: &str, path: &str, problems: &mut Problems) {
        if let Some(other) = self.properties.insert(header.to_ascii_lowercase(), path.to_owned()) {
            let both = format!("{other:?} and {path:?} stand for the same header field");
            problems.add(path, &both);
            problems.add(other, &both);
        }
    }

    /// Adds the fields that a property says. Null stands for none.
    pub(super) fn read(
        &mut self,
        header: &HeaderProperty,
        value: &Value,
        path: &str,
        problems: &mut Problems,
    ) {
        if value.is_null() {
            return;
        }
        self.claim(&header.name, path, problems);
        let values = match (header.all, value) {
            (false, value) => std::slice::from_ref(value),
            (true, Value::Array(values)) if !values.iter().any(Value::is_null) => values.as_slice(),
            (true, _) => return problems.add(path, "with `:all` it is an array of values"),
        };
        for value in values {
            match header_value(header.form, value).map(|value| Field::new(&header.name, header.form, &value))
            {
                Some(Ok(field)) => self.fields.extend(field),
                Some(Err(unwritable)) => problems.add(path, unwritable),
                None => problems.add(path, "the value is not of the form's type"),
            }
        }
    }

    /// Adds a field whose header was claimed.
    pub(super) fn push(&mut self, field: Field) {
        self.fields.push(field);
    }

    /// The one field of this name, taken out.
    pub(super) fn take(&mut self, name: &str) -> Option<Field> {
        let at = self.fields.iter().position(|field| field.name().eq_ignore_ascii_case(name))?;
        Some(self.fields.remove(at))
    }

    /// Which property stands for this header field.
    pub(super) fn property_of(&self, header: &str) -> Option<&str> {
        self.properties.get(&header.to_ascii_lowercase()).map(String::as_str)
    }

    /// Header fields that are claimed both here and there, by the properties there.
    pub(super) fn shared_with<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a str> {
        let shared = other.properties.iter().filter(|(header, _)| self.properties.contains_key(*header));
        shared.map(|(_, property)| property.as_str())
    }

    /// Whether there is a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name().eq_ignore_ascii_case(name))
    }

    /// The first field of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name().eq_ignore_ascii_case(name))
    }

    /// The fields as they came.
    pub(super) fn into_fields(self) -> Vec<Field> {
        self.fields
    }

    /// The fields in the order that readers of messages are used to.
    pub(super) fn into_ordered(mut self) -> Vec<Field> {
        let rank = |field: &Field| {
            let name = field.name().to_ascii_lowercase();
            if name.starts_with("resent-") {
                return 1;
            }
            ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len())
        };
        self.fields.sort_by_key(rank);
        self.fields
    }
}

/// A value of a form, as JSON says it; `None` if it is not of the form's type.
fn header_value(form: HeaderForm, value: &Value) -> Option<HeaderValue> {
    fn of<T: DeserializeOwned>(value: &Value) -> Option<T> {
        serde_json::from_value(value.clone()).ok()
    }
    Some(match form {
        HeaderForm::Raw | HeaderForm::Text => HeaderValue::Text(of(value)?),
        HeaderForm::Addresses => HeaderValue::Addresses(of(value)?),
        HeaderForm::GroupedAddresses => HeaderValue::GroupedAddresses(of(value)?),
        HeaderForm::MessageIds | HeaderForm::Urls => HeaderValue::Strings(of(value)?),
        HeaderForm::Date => HeaderValue::Date(parse_date(value.as_str()?)?),
    })
}
