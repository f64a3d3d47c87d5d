//! EmailBodyValue (RFC 8621 §4.1.4): a text part as text.

use serde::Serialize;

use super::structure::BodyPart;
use super::{charset, html};

/// The text of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BodyValue {
    /// The text, with LF for line ends.
    pub value: String,
    /// The character set or the transfer encoding is unknown, or something was malformed.
    pub is_encoding_problem: bool,
    /// The value was cut to maxBodyValueBytes.
    pub is_truncated: bool,
}

impl BodyValue {
    /// Decodes a part of the message `raw`, and cuts it to `max_bytes` octets of UTF-8; 0 is without limit (RFC 8621 §4.2).
    ///
    /// The cut splits no character, and in HTML no tag, comment or character reference.
    pub fn of(raw: &[u8], part: &BodyPart, max_bytes: usize) -> Self {
        let octets = part.section.and_then(|section| section.data(raw)).unwrap_or_default();
        let decoded = charset::decode(part.charset.as_deref(), &octets);
        let mut value = decoded.text.replace("\r\n", "\n");
        let is_truncated = max_bytes > 0 && value.len() > max_bytes;
        if is_truncated {
            value.truncate(cut(&value, max_bytes, part.media_type == "text/html"));
        }
        Self { value, is_encoding_problem: decoded.is_problem || !part.is_encoding_known, is_truncated }
    }
}

fn cut(value: &str, max_bytes: usize, is_html: bool) -> usize {
    let at = value.floor_char_boundary(max_bytes);
    if is_html { html::cut_before_markup(value, at) } else { at }
}

#[cfg(test)]
mod tests {
    use super::super::door::Message;
    use super::*;

    fn value_of(header: &str, body: &str, max_bytes: usize) -> Vec<BodyValue> {
        let value = |ending: &str| {
            let raw = format!("{header}\n\n{body}").replace('\n', ending);
            let message = Message::parse(raw.as_bytes()).unwrap();
            BodyValue::of(raw.as_bytes(), &message.structure().root, max_bytes)
        };
        vec![value("\n"), value("\r\n")]
    }

    #[test]
    fn line_ends_are_lf_and_encodings_are_undone() {
        for value in value_of(
            "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable",
            "caf=E9\nl=C3=A4=\nst\n",
            0,
        ) {
            assert_eq!(value.value, "café\nlÃ¤st\n");
            assert!(!value.is_encoding_problem && !value.is_truncated);
        }
    }

    #[test]
    fn unknown_encodings_are_problems() {
        for header in
            ["Content-Transfer-Encoding: x-uuencode", "Content-Type: text/plain; charset=x-unheard-of"]
        {
            for value in value_of(header, "text", 0) {
                assert_eq!(value.value, "text");
                assert!(value.is_encoding_problem, "{header}");
            }
        }
    }

    #[test]
    fn a_cut_splits_neither_characters_nor_tags() {
        let plain = "Content-Type: text/plain; charset=utf-8";
        let html = "Content-Type: text/html; charset=utf-8";
        for (header, body, max_bytes, expected) in [
            (plain, "aé€", 2, "a"),
            (plain, "aé€", 3, "aé"),
            (plain, "aé€", 6, "aé€"),
            (plain, "a<b c", 3, "a<b"),
            (html, "a<b c>", 4, "a"),
            (html, "a&eacute;", 4, "a"),
        ] {
            for value in value_of(header, body, max_bytes) {
                assert_eq!(value.value, expected);
                assert_eq!(value.is_truncated, value.value != body);
            }
        }
    }
}
