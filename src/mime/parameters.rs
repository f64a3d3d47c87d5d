//! Header fields with parameters: Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2183, RFC 2231).

use super::address::{quoted_string, read_comment};
use super::transfer_encoding::hex;
use super::{charset, encoded_word};

/// No more parameters, and no more sections of one parameter, are read than this.
const MAX_PARAMETERS: usize = 200;

/// A value and its parameters.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameterized {
    /// What stands before the first semicolon, without comments and white space, in lower case.
    pub(crate) value: String,
    parameters: Vec<(String, String)>,
}

impl Parameterized {
    /// Reads an unfolded value. Best effort: what is no parameter is passed over.
    pub(crate) fn parse(text: &str) -> Self {
        let mut sections = sections(text).into_iter();
        let value = sections.next().unwrap_or_default();
        let value = value.name.split_ascii_whitespace().collect::<String>().to_ascii_lowercase();
        Self {
            value,
            parameters: sections.take(MAX_PARAMETERS).filter_map(Section::into_parameter).collect(),
        }
    }

    /// All parameters as they stand, their names in lower case.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A parameter as it stands, of which RFC 2231 is not asked (charset, boundary).
    pub(crate) fn plain(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter for people: in the extended or continued form of RFC 2231, or plain with encoded words,
    /// which are not allowed there but common (RFC 8621 §4.1.4, name).
    pub(crate) fn decoded(&self, name: &str) -> Option<String> {
        let text = self
            .extended(name)
            .or_else(|| self.continued(name))
            .or_else(|| self.plain(name).map(encoded_word::decode))?;
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        (!text.is_empty()).then_some(text)
    }

    /// `name*=charset'language'percent-encoded` (RFC 2231 §4).
    fn extended(&self, name: &str) -> Option<String> {
        let value = self.plain(&format!("{name}*"))?;
        let (charset, octets) = split_extended(value);
        Some(charset::decode(Some(charset.unwrap_or("utf-8")), &percent_decoded(octets)).text)
    }

    /// `name*0=…; name*1*=…` (RFC 2231 §3): sections in order until one is missing; the first names the character set.
    fn continued(&self, name: &str) -> Option<String> {
        let mut charset = None;
        let mut octets = Vec::new();
        for number in 0..MAX_PARAMETERS {
            if let Some(value) = self.plain(&format!("{name}*{number}*")) {
                let encoded = if number == 0 {
                    let (named, encoded) = split_extended(value);
                    charset = named;
                    encoded
                } else {
                    value
                };
                octets.extend(percent_decoded(encoded));
            } else if let Some(value) = self.plain(&format!("{name}*{number}")) {
                octets.extend_from_slice(value.as_bytes());
            } else {
                break;
            }
        }
        (!octets.is_empty()).then(|| charset::decode(Some(charset.unwrap_or("utf-8")), &octets).text)
    }
}

/// What stands between two semicolons.
#[derive(Default)]
struct Section {
    name: String,
    value: Option<String>,
    /// How much of the value stood in quotes, so that white space at its end belongs to it.
    quoted: usize,
}

impl Section {
    fn into_parameter(self) -> Option<(String, String)> {
        let name = self.name.trim().to_ascii_lowercase();
        let value = self.value?;
        (!name.is_empty()).then_some((name, value))
    }
}

/// Cuts at semicolons and equals signs outside of quotes and comments; quotes are removed.
fn sections(text: &str) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let Some(section) = sections.last_mut() else { break };
        let after = rest.get(next.len_utf8()..).unwrap_or_default();
        rest = match (next, &mut section.value) {
            (';', _) => {
                trim_value(section);
                sections.push(Section::default());
                after
            }
            ('(', _) => read_comment(after).1,
            ('=', value @ None) => {
                *value = Some(String::new());
                after
            }
            ('"', Some(value)) => {
                let (text, length) = quoted_string(rest);
                value.push_str(&text);
                section.quoted = value.len();
                rest.get(length..).unwrap_or_default()
            }
            (c, Some(value)) => {
                if !(c.is_ascii_whitespace() && value.is_empty()) {
                    value.push(c);
                }
                after
            }
            (c, None) => {
                section.name.push(c);
                after
            }
        };
    }
    if let Some(section) = sections.last_mut() {
        trim_value(section);
    }
    sections
}

fn trim_value(section: &mut Section) {
    if let Some(value) = &mut section.value {
        value.truncate(value.trim_end().len().max(section.quoted));
    }
}

fn split_extended(value: &str) -> (Option<&str>, &str) {
    let mut pieces = value.splitn(3, '\'');
    match (pieces.next(), pieces.next(), pieces.next()) {
        (Some(charset), Some(_language), Some(encoded)) => {
            (Some(charset).filter(|charset| !charset.is_empty()), encoded)
        }
        _ => (None, value),
    }
}

fn percent_decoded(encoded: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if let (b'%', [high, low, behind @ ..]) = (first, after)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            octets.push(high << 4 | low);
            rest = behind;
        } else {
            octets.push(first);
        }
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_bare_and_in_lower_case() {
        for (text, value) in [
            (" Text/Plain; charset=us-ascii", "text/plain"),
            ("text / html (comment; x=y) ; a=b", "text/html"),
            ("ATTACHMENT", "attachment"),
            ("", ""),
            (";", ""),
        ] {
            assert_eq!(Parameterized::parse(text).value, value, "{text}");
        }
    }

    #[test]
    fn plain_parameters() {
        let parsed = Parameterized::parse(
            r#"multipart/mixed; boundary="a;b=\"c\""; Charset = utf-8 (comment); junk; empty="#,
        );
        assert_eq!(parsed.plain("boundary"), Some("a;b=\"c\""));
        assert_eq!(parsed.plain("charset"), Some("utf-8"));
        assert_eq!(parsed.plain("empty"), Some(""));
        assert_eq!(parsed.plain("junk"), None);
    }

    #[test]
    fn names_for_people() {
        for (text, name) in [
            (r#"attachment; filename="report.pdf""#, Some("report.pdf")),
            ("attachment; filename*=UTF-8''%e2%82%ac%20rates.txt", Some("€ rates.txt")),
            ("attachment; filename*=iso-8859-1'en'caf%E9; filename=cafe", Some("café")),
            ("attachment; filename*0=long; filename*1=\"name \"; filename*2=.txt", Some("longname .txt")),
            (
                "attachment; filename*0*=us-ascii'en'a%20; filename*1*=b%20; filename*2=\"c%20\"",
                Some("a b c%20"),
            ),
            ("attachment; filename=\"=?utf-8?B?w7xuaQ==?=.txt\"", Some("=?utf-8?B?w7xuaQ==?=.txt")),
            ("attachment; filename=\"=?utf-8?B?w7xuaQ==?=\"", Some("üni")),
            ("attachment; filename=two words.txt", Some("two words.txt")),
            ("attachment; filename=\"\"", None),
            ("attachment; filename=\"a\0\x07b\"", Some("ab")),
            ("attachment", None),
        ] {
            assert_eq!(Parameterized::parse(text).decoded("filename").as_deref(), name, "{text}");
        }
    }
}
