//! The parsed forms of header fields, and the properties that ask for them (RFC 8621 §4.1.2–4.1.3).

use chrono::{DateTime, FixedOffset, SecondsFormat};
use serde::{Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

use super::address::{EmailAddress, EmailAddressGroup, parse_addresses, parse_grouped};
use super::date_time::parse_date_time;
use super::encoded_word;
use super::header::{HeaderField, Headers};
use super::message_id::{parse_message_ids, parse_urls};

/// How a header field's value is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderForm {
    /// §4.1.2.1: the octets as they stand.
    Raw,
    /// §4.1.2.2: unfolded, decoded, in NFC.
    Text,
    /// §4.1.2.3.
    Addresses,
    /// §4.1.2.4.
    GroupedAddresses,
    /// §4.1.2.5.
    MessageIds,
    /// §4.1.2.6.
    Date,
    /// §4.1.2.7.
    Urls,
}

/// A property of Email or EmailBodyPart that stands for a header field: `header:{name}[:as{form}][:all]` (§4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeaderProperty {
    /// The field's name, as the client writes it.
    pub name: String,
    /// The form of each value.
    pub form: HeaderForm,
    /// Whether all fields of the name are wanted, and not the last one.
    pub all: bool,
}

/// Why a property names no header field in a form that it may have: the caller answers invalidArguments (§4.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeaderProperty {
    /// It does not begin with `header:`, or something stands behind its suffixes.
    #[error("{0:?} is not of the form header:{{name}}[:as{{form}}][:all]")]
    Malformed(String),
    /// The name is empty or has characters that no field name has (RFC 5322 §2.2).
    #[error("{0:?} names no header field")]
    Name(String),
    /// No form has this name.
    #[error("{0:?} asks for a form that does not exist")]
    UnknownForm(String),
    /// The form is not for this field (§4.1.2).
    #[error("{0:?} asks for a form that this header field does not have")]
    ForbiddenForm(String),
}

/// A header field's value in one of the forms; it serializes as RFC 8621 shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum HeaderValue {
    /// There is no such field, or it does not parse.
    Null,
    /// Raw or Text.
    Text(String),
    /// Addresses.
    Addresses(Vec<EmailAddress>),
    /// GroupedAddresses.
    GroupedAddresses(Vec<EmailAddressGroup>),
    /// MessageIds or URLs.
    Strings(Vec<String>),
    /// Date.
    Date(DateTime<FixedOffset>),
    /// What `:all` asks for: a value for each field of the name.
    All(Vec<HeaderValue>),
}

impl HeaderForm {
    fn parse(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "asRaw" => Self::Raw,
            "asText" => Self::Text,
            "asAddresses" => Self::Addresses,
            "asGroupedAddresses" => Self::GroupedAddresses,
            "asMessageIds" => Self::MessageIds,
            "asDate" => Self::Date,
            "asURLs" => Self::Urls,
            _ => return None,
        })
    }

    /// Whether a field may be asked for in this form: the lists of §4.1.2.2–7. Fields that neither RFC 5322 nor
    /// RFC 2369 defines have all forms.
    pub fn is_allowed_for(self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        match FieldKind::of(&name) {
            FieldKind::Text => self == Self::Text || self == Self::Raw,
            FieldKind::Addresses => matches!(self, Self::Addresses | Self::GroupedAddresses | Self::Raw),
            FieldKind::MessageIds => self == Self::MessageIds || self == Self::Raw,
            FieldKind::Date => self == Self::Date || self == Self::Raw,
            FieldKind::Urls => self == Self::Urls || self == Self::Raw,
            FieldKind::Trace => self == Self::Raw,
            FieldKind::Other => true,
        }
    }

    /// A field's value in this form.
    pub fn value_of(self, field: HeaderField<'_>) -> HeaderValue {
        let strings = |strings: Option<Vec<String>>| strings.map_or(HeaderValue::Null, HeaderValue::Strings);
        match self {
            Self::Raw => HeaderValue::Text(field.raw()),
            Self::Text => HeaderValue::Text(text(field)),
            Self::Addresses => HeaderValue::Addresses(addresses(field)),
            Self::GroupedAddresses => HeaderValue::GroupedAddresses(parse_grouped(&field.unfolded())),
            Self::MessageIds => strings(message_ids(field)),
            Self::Date => date(field).map_or(HeaderValue::Null, HeaderValue::Date),
            Self::Urls => strings(parse_urls(&field.unfolded())),
        }
    }
}

impl HeaderProperty {
    /// Reads a property's name.
    pub fn parse(property: &str) -> Result<Self, InvalidHeaderProperty> {
        let malformed = || InvalidHeaderProperty::Malformed(property.to_owned());
        let mut sections = property.strip_prefix("header:").ok_or_else(malformed)?.split(':').peekable();
        let name = sections.next().unwrap_or_default();
        if name.is_empty() || !name.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(InvalidHeaderProperty::Name(property.to_owned()));
        }
        let form = match sections.next_if(|section| *section != "all") {
            Some(suffix) => HeaderForm::parse(suffix)
                .ok_or_else(|| InvalidHeaderProperty::UnknownForm(property.to_owned()))?,
            None => HeaderForm::Raw,
        };
        let all = sections.next_if_eq(&"all").is_some();
        if sections.next().is_some() {
            return Err(malformed());
        }
        if !form.is_allowed_for(name) {
            return Err(InvalidHeaderProperty::ForbiddenForm(property.to_owned()));
        }
        Ok(Self { name: name.to_owned(), form, all })
    }

    /// The property's value for a message's header fields, or for those of a body part.
    pub fn value_of(&self, headers: &Headers<'_>) -> HeaderValue {
        match self.all {
            true => {
                HeaderValue::All(headers.all(&self.name).map(|field| self.form.value_of(field)).collect())
            }
            false => headers.last(&self.name).map_or(HeaderValue::Null, |field| self.form.value_of(field)),
        }
    }
}

impl Serialize for HeaderValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Text(text) => text.serialize(serializer),
            Self::Addresses(addresses) => addresses.serialize(serializer),
            Self::GroupedAddresses(groups) => groups.serialize(serializer),
            Self::Strings(strings) => strings.serialize(serializer),
            // RFC 8620 §1.4: no fraction where it is zero; UTC is `Z`.
            Self::Date(date) => date.to_rfc3339_opts(SecondsFormat::Secs, true).serialize(serializer),
            Self::All(values) => values.serialize(serializer),
        }
    }
}

/// The Text form (§4.1.2.2).
pub(crate) fn text(field: HeaderField<'_>) -> String {
    encoded_word::decode(field.unfolded().trim_start_matches(' ')).nfc().collect()
}

/// The Addresses form (§4.1.2.3).
pub(crate) fn addresses(field: HeaderField<'_>) -> Vec<EmailAddress> {
    parse_addresses(&field.unfolded())
}

/// The MessageIds form (§4.1.2.5).
pub(crate) fn message_ids(field: HeaderField<'_>) -> Option<Vec<String>> {
    parse_message_ids(&field.unfolded())
}

/// The Date form (§4.1.2.6).
pub(crate) fn date(field: HeaderField<'_>) -> Option<DateTime<FixedOffset>> {
    parse_date_time(&field.unfolded())
}

/// What RFC 5322 and RFC 2369 make of a field.
enum FieldKind {
    Text,
    Addresses,
    MessageIds,
    Date,
    Urls,
    /// Received and Return-Path, which have no form but Raw.
    Trace,
    /// Defined elsewhere or nowhere; List-Id (RFC 2919) is one of these.
    Other,
}

impl FieldKind {
    fn of(name: &str) -> Self {
        match name {
            "subject" | "comments" | "keywords" => Self::Text,
            "from" | "sender" | "reply-to" | "to" | "cc" | "bcc" | "resent-from" | "resent-sender"
            | "resent-reply-to" | "resent-to" | "resent-cc" | "resent-bcc" => Self::Addresses,
            "message-id" | "in-reply-to" | "references" | "resent-message-id" => Self::MessageIds,
            "date" | "resent-date" => Self::Date,
            "list-help" | "list-unsubscribe" | "list-subscribe" | "list-post" | "list-owner"
            | "list-archive" => Self::Urls,
            "received" | "return-path" => Self::Trace,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn value(header: &str, property: &str) -> Value {
        let values: Vec<Value> = ["\n", "\r\n"]
            .iter()
            .map(|ending| {
                let section = header.replace('\n', ending);
                let value =
                    HeaderProperty::parse(property).unwrap().value_of(&Headers::parse(section.as_bytes()));
                serde_json::to_value(value).unwrap()
            })
            .collect();
        if !property.contains("asRaw") && property.contains(":as") {
            assert_eq!(values[0], values[1], "{property}");
        }
        values[0].clone()
    }

    #[test]
    fn each_form_has_the_shape_of_the_rfc() {
        let header = "\
Subject: =?utf-8?Q?caf=C3=A9?=
 and =?utf-8?Q?cre=CC=80me?=
To: Jane <jane@example.com>
To: Friends: bob@example.com;
Message-ID: <a@example.com>
References: nothing
Date: Fri, 21 Nov 1997 09:55:06 -0600
Resent-Date: Fri, 21 Nov 1997 09:55:06 +0000
List-Post: NO (closed)
List-Help: <https://example.com/help> (web),
 <mailto:help@example.com>
X-Other: one
x-other: two
";
        for (property, expected) in [
            ("header:Subject:asText", json!("café and crème")),
            ("header:to:asAddresses", json!([{"name": null, "email": "bob@example.com"}])),
            (
                "header:To:asGroupedAddresses:all",
                json!([
                    [{"name": null, "addresses": [{"name": "Jane", "email": "jane@example.com"}]}],
                    [{"name": "Friends", "addresses": [{"name": null, "email": "bob@example.com"}]}],
                ]),
            ),
            ("header:Message-ID:asMessageIds", json!(["a@example.com"])),
            ("header:References:asMessageIds", json!(null)),
            ("header:Date:asDate", json!("1997-11-21T09:55:06-06:00")),
            ("header:Resent-Date:asDate", json!("1997-11-21T09:55:06Z")),
            ("header:List-Post:asURLs", json!(null)),
            ("header:List-Help:asURLs", json!(["https://example.com/help", "mailto:help@example.com"])),
            ("header:X-Other", json!(" two")),
            ("header:X-OTHER:all", json!([" one", " two"])),
            ("header:X-Other:asRaw", json!(" two")),
            ("header:X-Other:asDate:all", json!([null, null])),
            ("header:X-None", json!(null)),
            ("header:X-None:asText:all", json!([])),
        ] {
            assert_eq!(value(header, property), expected, "{property}");
        }
    }

    #[test]
    fn forms_are_for_their_fields_only() {
        for property in [
            "header:From:asDate",
            "header:From:asText",
            "header:Subject:asAddresses",
            "header:received:asText",
            "header:Return-Path:asAddresses:all",
            "header:List-Post:asText",
            "header:Date:asMessageIds",
            "header:Message-ID:asURLs",
        ] {
            let refused = HeaderProperty::parse(property);
            assert_eq!(refused, Err(InvalidHeaderProperty::ForbiddenForm(property.to_owned())));
        }
        for property in
            ["header:List-Id:asText", "header:List-Id:asAddresses", "header:X:asURLs", "header:Received"]
        {
            assert!(HeaderProperty::parse(property).is_ok(), "{property}");
        }
    }

    #[test]
    fn properties_that_are_not_of_the_form_are_refused() {
        use InvalidHeaderProperty::{Malformed, Name, UnknownForm};
        type Refusal = fn(String) -> InvalidHeaderProperty;
        for (property, refusal) in [
            ("subject", Malformed as Refusal),
            ("header:", Name),
            ("header::all", Name),
            ("header:X Y", Name),
            ("header:Ü", Name),
            ("header:X:asWish", UnknownForm),
            ("header:X:astext", UnknownForm),
            ("header:X:", UnknownForm),
            ("header:X:all:asText", Malformed),
            ("header:X:asText:all:all", Malformed),
        ] {
            assert_eq!(HeaderProperty::parse(property), Err(refusal(property.to_owned())), "{property}");
        }
        let property = HeaderProperty::parse("header:all:all").unwrap();
        assert_eq!((property.name.as_str(), property.all), ("all", true));
    }
}
