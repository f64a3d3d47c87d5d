//! Content-Transfer-Encoding (RFC 2045 §6): the octets that a part stands for.

use std::borrow::Cow;

/// How a part's octets are written in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferEncoding {
    /// 7bit, 8bit, binary, none given, or one that is unknown, which counts as none (RFC 8621 §4.1.4, blobId).
    Identity,
    /// RFC 2045 §6.7.
    QuotedPrintable,
    /// RFC 2045 §6.8.
    Base64,
}

impl TransferEncoding {
    /// Reads the header field's value; the second is false for an encoding that is not known.
    pub(crate) fn of(value: &str) -> (Self, bool) {
        match value.trim().to_ascii_lowercase().as_str() {
            "" | "7bit" | "8bit" | "binary" => (Self::Identity, true),
            "quoted-printable" => (Self::QuotedPrintable, true),
            "base64" => (Self::Base64, true),
            _ => (Self::Identity, false),
        }
    }

    /// Decodes. Never fails: what is malformed is passed over (base64) or kept as it stands (quoted-printable).
    pub fn decode(self, encoded: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Identity => Cow::Borrowed(encoded),
            Self::QuotedPrintable => Cow::Owned(quoted_printable(encoded)),
            Self::Base64 => Cow::Owned(base64(encoded)),
        }
    }
}

/// Characters outside the alphabet are ignored, as RFC 2045 §6.8 demands; padding ends a group, and another may follow.
pub(crate) fn base64(encoded: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(encoded.len() / 4 * 3 + 3);
    let (mut group, mut count) = (0u32, 0u8);
    for &octet in encoded {
        if let Some(value) = sextet(octet) {
            group = group << 6 | u32::from(value);
            count += 1;
            if count == 4 {
                decoded.extend_from_slice(&group.to_be_bytes()[1..]);
                (group, count) = (0, 0);
            }
        } else if octet == b'=' {
            flush_group(group, count, &mut decoded);
            (group, count) = (0, 0);
        }
    }
    flush_group(group, count, &mut decoded);
    decoded
}

/// Two or three characters of an unfinished group hold one or two octets.
fn flush_group(group: u32, count: u8, decoded: &mut Vec<u8>) {
    match count {
        2 => decoded.push((group >> 4) as u8),
        3 => decoded.extend_from_slice(&[(group >> 10) as u8, (group >> 2) as u8]),
        _ => {}
    }
}

fn sextet(octet: u8) -> Option<u8> {
    match octet {
        b'A'..=b'Z' => Some(octet - b'A'),
        b'a'..=b'z' => Some(octet - b'a' + 26),
        b'0'..=b'9' => Some(octet - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Line by line: white space before a line's end was added in transit (RFC 2045 §6.7, rule 3), and `=` there joins the lines (rule 5).
fn quoted_printable(encoded: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(encoded.len());
    for line in encoded.split_inclusive(|&octet| octet == b'\n') {
        let (content, ending) = split_ending(line);
        let content = content.trim_ascii_end();
        match content.strip_suffix(b"=") {
            Some(joined) => unescape(joined, &mut decoded),
            None => {
                unescape(content, &mut decoded);
                decoded.extend_from_slice(ending);
            }
        }
    }
    decoded
}

fn split_ending(line: &[u8]) -> (&[u8], &[u8]) {
    let length = if line.ends_with(b"\r\n") { 2 } else { usize::from(line.ends_with(b"\n")) };
    line.split_at(line.len() - length)
}

/// `=XY` becomes an octet; an `=` that is followed by anything else stays (RFC 2045 §6.7, note 1 on robustness).
pub(crate) fn unescape(escaped: &[u8], decoded: &mut Vec<u8>) {
    let mut rest = escaped;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if let (b'=', [high, low, behind @ ..]) = (first, after)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            decoded.push(high << 4 | low);
            rest = behind;
        } else {
            decoded.push(first);
        }
    }
}

/// The value of a hexadecimal digit, in either case.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(encoding: TransferEncoding, encoded: &str) -> String {
        String::from_utf8(encoding.decode(encoded.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn base64_ignores_what_is_outside_its_alphabet_and_survives_a_cut() {
        for encoded in ["aGVsbG8gd29ybGQ=", "aGVs\r\nbG8g\nd29y bGQ", "aGVs!bG8*gd29ybGQ==="] {
            assert_eq!(decode(TransferEncoding::Base64, encoded), "hello world", "{encoded}");
        }
        assert_eq!(decode(TransferEncoding::Base64, "aGk=aGk="), "hihi");
        assert_eq!(decode(TransferEncoding::Base64, "a"), "");
    }

    #[test]
    fn quoted_printable_follows_the_five_rules() {
        for (encoded, decoded) in [
            ("a=3Db", "a=b"),
            ("caf=C3=a9", "café"),
            ("joined =\r\nline", "joined line"),
            ("joined = \t\nline", "joined line"),
            ("trailing  \r\nspace\t", "trailing\r\nspace"),
            ("wrong =XY =", "wrong =XY "),
            ("end=", "end"),
            ("=4", "=4"),
        ] {
            assert_eq!(decode(TransferEncoding::QuotedPrintable, encoded), decoded, "{encoded}");
        }
    }

    #[test]
    fn an_unknown_encoding_counts_as_none() {
        assert_eq!(TransferEncoding::of(" Base64 "), (TransferEncoding::Base64, true));
        assert_eq!(TransferEncoding::of("x-uuencode"), (TransferEncoding::Identity, false));
    }
}
