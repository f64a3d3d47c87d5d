//! Octets to text: every text that leaves this room is valid UTF-8 without U+0000.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// Text decoded from a character set.
pub(crate) struct Decoded {
    /// Without U+0000; malformed sections stand as U+FFFD.
    pub(crate) text: String,
    /// Malformed sections were found, or the character set is unknown (RFC 8621 §4.1.4, isEncodingProblem).
    pub(crate) is_problem: bool,
}

/// Decodes `bytes` from `charset`; `None` means that none is given, which is us-ascii (RFC 2045 §5.2).
///
/// Heuristics, which RFC 8621 §9.1 asks to document: us-ascii with octets above 127 is read as UTF-8 where it is valid UTF-8,
/// else as windows-1252, which is reported as a problem. Names and their meaning are those of the WHATWG
/// Encoding Standard. UTF-7 hides ASCII from filters, so it is unknown here (§9.1).
pub(crate) fn decode(charset: Option<&str>, bytes: &[u8]) -> Decoded {
    let label = charset.map_or("us-ascii", str::trim);
    if is_ascii_label(label) {
        return decode_ascii(bytes);
    }
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) => {
            let (text, is_problem) = encoding.decode_with_bom_removal(bytes);
            Decoded { text: without_nul(text), is_problem }
        }
        None => Decoded { text: decode_ascii(bytes).text, is_problem: true },
    }
}

/// Whether [`decode`] knows the character set.
pub(crate) fn is_known(charset: &str) -> bool {
    is_ascii_label(charset) || Encoding::for_label(charset.as_bytes()).is_some()
}

/// Octets that should be UTF-8 already (RFC 6532): others become U+FFFD, U+0000 is dropped (RFC 8621 §4.1.2.1).
pub(crate) fn utf8(bytes: &[u8]) -> String {
    without_nul(String::from_utf8_lossy(bytes))
}

fn is_ascii_label(label: &str) -> bool {
    ["us-ascii", "ascii", "ansi_x3.4-1968"].iter().any(|known| label.eq_ignore_ascii_case(known))
}

fn decode_ascii(bytes: &[u8]) -> Decoded {
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded { text: without_nul(Cow::Borrowed(text)), is_problem: false },
        Err(_) => {
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
            Decoded { text: without_nul(text), is_problem: true }
        }
    }
}

fn without_nul(text: Cow<'_, str>) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_character_sets_decode() {
        for (charset, bytes, text) in [
            ("iso-8859-1", &b"caf\xe9"[..], "café"),
            ("UTF-8", "日本".as_bytes(), "日本"),
            ("iso-2022-jp", b"\x1b$BF|K\\\x1b(B", "日本"),
            ("us-ascii", b"plain", "plain"),
            ("us-ascii", "ünicode".as_bytes(), "ünicode"),
        ] {
            let decoded = decode(Some(charset), bytes);
            assert_eq!((decoded.text.as_str(), decoded.is_problem), (text, false), "{charset}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_reported_and_still_text() {
        for (charset, bytes, text) in [
            (Some("utf-8"), &b"a\xffb"[..], "a\u{fffd}b"),
            (None, b"caf\xe9", "café"),
            (Some("x-unheard-of"), b"plain", "plain"),
            (Some("utf-7"), b"+AGE-", "+AGE-"),
        ] {
            let decoded = decode(charset, bytes);
            assert_eq!((decoded.text.as_str(), decoded.is_problem), (text, true), "{charset:?}");
        }
    }

    #[test]
    fn nul_never_leaves() {
        assert_eq!(decode(Some("utf-8"), b"a\0b").text, "ab");
        assert_eq!(decode(Some("utf-16le"), b"a\0\0\0b\0").text, "ab");
        assert_eq!(utf8(b"\0a\xff"), "a\u{fffd}");
    }
}
