//! One header field, from a value in one of the forms of RFC 8621 §4.1.2.

use chrono::{DateTime, FixedOffset};

use super::address::{groups, mailboxes, says_nothing};
use super::encoded::{printable, unstructured};
use super::fold::{Folded, MAX_LINE};
use super::parameters::parameter;
use crate::mime::header_form::{HeaderForm, HeaderValue};

/// A header field's name is no longer.
const MAX_NAME: usize = 256;

/// A header field's value is no longer, in octets: readers of mail do not take more.
const MAX_VALUE: usize = 256 * 1024;

/// A header field, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    name: String,
    /// What stands between the colon and the CRLF at its end, folded.
    value: String,
}

/// Why a value cannot stand in a header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// The value is not of the form's type.
    #[error("the value is not of the form's type")]
    WrongType,
    /// The name, or something that cannot be folded, is longer than a line (RFC 5322 §2.1.1); or all of it is longer
    /// than readers take.
    #[error("it is too long for a header field")]
    TooLong,
    /// A raw value holds control characters, or line breaks that are no folding.
    #[error("it holds control characters, or line breaks that are no folding")]
    NotRaw,
    /// A message id or URL holds white space, control characters or angle brackets, or is empty.
    #[error("ids and URLs hold no white space, control characters or angle brackets, and are not empty")]
    NotBracketed,
}

impl Field {
    /// A field of this value in this form; `None` if the value says that there is none: null, or an empty list, which
    /// no header field can hold. The name is printable ASCII without a colon, as [`HeaderProperty`] checks.
    ///
    /// In texts and names, tabs and line breaks become spaces and other control characters are left out.
    ///
    /// [`HeaderProperty`]: crate::mime::HeaderProperty
    pub fn new(name: &str, form: HeaderForm, value: &HeaderValue) -> Result<Option<Self>, Unwritable> {
        if name.len() > MAX_NAME {
            return Err(Unwritable::TooLong);
        }
        let mut folded = Folded::after_name(name);
        match (form, value) {
            (_, HeaderValue::Null) => return Ok(None),
            (HeaderForm::Raw, HeaderValue::Text(value)) => return Self::raw(name, value).map(Some),
            (HeaderForm::Text, HeaderValue::Text(text)) => unstructured(text, &mut folded),
            (HeaderForm::Addresses, HeaderValue::Addresses(addresses)) => {
                if addresses.iter().all(says_nothing) {
                    return Ok(None);
                }
                mailboxes(addresses, &mut folded);
            }
            (HeaderForm::GroupedAddresses, HeaderValue::GroupedAddresses(list)) => {
                let is_empty = |addresses: &[_]| addresses.iter().all(says_nothing);
                if list.iter().all(|group| group.name.is_none() && is_empty(&group.addresses)) {
                    return Ok(None);
                }
                groups(list, &mut folded);
            }
            (HeaderForm::MessageIds | HeaderForm::Urls, HeaderValue::Strings(items)) => {
                if items.is_empty() {
                    return Ok(None);
                }
                bracketed(items, if form == HeaderForm::Urls { "," } else { "" }, &mut folded)?;
            }
            (HeaderForm::Date, HeaderValue::Date(at)) => folded.push(" ", &date_time(*at)),
            _ => return Err(Unwritable::WrongType),
        }
        let value =
            folded.finish(name).filter(|value| value.len() <= MAX_VALUE).ok_or(Unwritable::TooLong)?;
        Ok(Some(Self { name: name.to_owned(), value }))
    }

    /// A field of a token and parameters, as Content-Disposition is (RFC 2183 §2). `None` if a line got too long.
    pub fn with_parameters(name: &str, value: &str, parameters: &[(String, String)]) -> Option<Self> {
        let mut folded = Folded::after_name(name);
        let end = |is_last: bool| if is_last { "" } else { ";" };
        folded.push(" ", &format!("{value}{}", end(parameters.is_empty())));
        for (number, (parameter_name, parameter_value)) in parameters.iter().enumerate() {
            parameter(parameter_name, parameter_value, end(number + 1 == parameters.len()), &mut folded);
        }
        Some(Self { name: name.to_owned(), value: folded.finish(name)? })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value without its folding.
    pub fn unfolded(&self) -> String {
        self.value.replace("\r\n", "")
    }

    /// A value as it is to stand in the message. Bare line feeds of a folding become CRLF, and a space parts the value
    /// from the colon where it brings none.
    fn raw(name: &str, value: &str) -> Result<Self, Unwritable> {
        let lines: Vec<&str> =
            value.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
        let is_continued = |line: &&str| line.starts_with([' ', '\t']) && !line.trim_ascii().is_empty();
        let is_control = |c: char| c.is_control() && c != '\t';
        if lines.iter().any(|line| line.contains(is_control)) || !lines.iter().skip(1).all(is_continued) {
            return Err(Unwritable::NotRaw);
        }
        let is_parted = value.is_empty() || value.starts_with([' ', '\t', '\r', '\n']);
        let value = format!("{}{}", if is_parted { "" } else { " " }, lines.join("\r\n"));
        let mut lengths = value.split("\r\n").map(str::len);
        let first = name.len() + 1 + lengths.next().unwrap_or_default();
        if first > MAX_LINE || lengths.any(|length| length > MAX_LINE) || value.len() > MAX_VALUE {
            return Err(Unwritable::TooLong);
        }
        Ok(Self { name: name.to_owned(), value })
    }

    /// Writes the field with its CRLF.
    pub(in crate::mime) fn write(&self, message: &mut Vec<u8>) {
        for piece in [self.name.as_str(), ":", self.value.as_str(), "\r\n"] {
            message.extend_from_slice(piece.as_bytes());
        }
    }
}

fn bracketed(items: &[String], comma: &str, folded: &mut Folded) -> Result<(), Unwritable> {
    for (number, item) in items.iter().enumerate() {
        let is_bad = |c: char| c.is_whitespace() || c.is_control() || c == '<' || c == '>';
        if item.is_empty() || item.contains(is_bad) {
            return Err(Unwritable::NotBracketed);
        }
        let comma = if number + 1 < items.len() { comma } else { "" };
        folded.push(" ", &format!("<{item}>{comma}"));
    }
    Ok(())
}

/// date-time of RFC 5322 §3.3; a fraction of a second is left out.
fn date_time(at: DateTime<FixedOffset>) -> String {
    printable(&at.format("%a, %-d %b %Y %H:%M:%S %z").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(value: &str) -> Result<String, Unwritable> {
        let value = HeaderValue::Text(value.to_owned());
        Field::new("X", HeaderForm::Raw, &value).map(|field| field.unwrap().value)
    }

    #[test]
    fn raw_values_stand_as_they_are_and_end_nowhere_else() {
        assert_eq!(raw("two").unwrap(), " two");
        assert_eq!(raw("  two\r\n\tthree").unwrap(), "  two\r\n\tthree");
        assert_eq!(raw(" two\n three").unwrap(), " two\r\n three");
        assert_eq!(raw("").unwrap(), "");
        assert_eq!(raw("ünicode").unwrap(), " ünicode");
        for wrong in
            ["a\r\nBcc: b", "a\nb", "a\r\n\r\nbody", "a\r\n \r\n b", "a\r\n", "a\rb", "a\0", "\u{85}"]
        {
            assert_eq!(raw(wrong), Err(Unwritable::NotRaw), "{wrong:?}");
        }
        assert_eq!(raw(&"x".repeat(996)), Err(Unwritable::TooLong));
        assert!(raw(&"x".repeat(995)).is_ok());
    }

    #[test]
    fn ids_and_urls_stay_in_their_brackets() {
        let ids = |items: &[&str]| {
            let items = items.iter().map(|&item| item.to_owned()).collect();
            Field::new("References", HeaderForm::MessageIds, &HeaderValue::Strings(items))
        };
        assert_eq!(ids(&["a@x", "b@x"]).unwrap().unwrap().value, " <a@x> <b@x>");
        assert_eq!(ids(&[]), Ok(None));
        for wrong in ["", "a b", "a>", "a\r\nb", "<a"] {
            assert_eq!(ids(&[wrong]), Err(Unwritable::NotBracketed), "{wrong:?}");
        }
        assert_eq!(ids(&[&"x".repeat(999)]), Err(Unwritable::TooLong));
        let urls = vec!["https://example.org/?a,b".to_owned(), "mailto:a@b".to_owned()];
        let field = Field::new("List-Help", HeaderForm::Urls, &HeaderValue::Strings(urls)).unwrap().unwrap();
        assert_eq!(field.value, " <https://example.org/?a,b>, <mailto:a@b>");
    }

    #[test]
    fn dates_are_those_of_rfc_5322() {
        let at = DateTime::parse_from_rfc3339("1969-02-01T23:32:54.7-03:30").unwrap();
        let field = Field::new("Date", HeaderForm::Date, &HeaderValue::Date(at)).unwrap().unwrap();
        assert_eq!(field.value, " Sat, 1 Feb 1969 23:32:54 -0330");
    }
}
