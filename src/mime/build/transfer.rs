//! Which Content-Transfer-Encoding the octets of a part get (RFC 2045 §6), and the encoding itself. Decoded, they are
//! what they were, octet for octet.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::fold::MAX_LINE;

/// Lines of quoted-printable and base64 are no longer (RFC 2045 §6.7, §6.8).
const MAX_ENCODED_LINE: usize = 76;

/// Octets as they stand in the message.
pub(super) struct Encoded {
    /// The value of Content-Transfer-Encoding.
    pub(super) encoding: &'static str,
    pub(super) octets: Vec<u8>,
}

impl Encoded {
    /// Text: as it stands if its lines may, else in whatever is shorter.
    pub(super) fn text(octets: Vec<u8>) -> Self {
        if has_mail_lines(&octets) && octets.is_ascii() {
            return Self { encoding: "7bit", octets };
        }
        let quoted = quoted_printable(&octets);
        if quoted.len() <= octets.len() / 3 * 4 + octets.len() / 20 + 8 {
            return Self { encoding: "quoted-printable", octets: quoted };
        }
        Self::binary(&octets)
    }

    /// Anything else.
    pub(super) fn binary(octets: &[u8]) -> Self {
        Self { encoding: "base64", octets: base64(octets) }
    }

    /// A message inside of the message. RFC 2046 §5.2.1 allows it no encoding, so it stands as it is; only what
    /// no line of mail can hold becomes base64, which readers understand, rather than get lost on the way.
    pub(super) fn message(octets: Vec<u8>) -> Self {
        match has_mail_lines(&octets) {
            true if octets.is_ascii() => Self { encoding: "7bit", octets },
            true => Self { encoding: "8bit", octets },
            false => Self::binary(&octets),
        }
    }
}

/// Whether lines end with CRLF and nothing else, are not too long, and hold no NUL (RFC 2045 §2.7, §2.8).
fn has_mail_lines(octets: &[u8]) -> bool {
    let mut lines = octets.split(|&octet| octet == b'\n').peekable();
    while let Some(line) = lines.next() {
        let line = match (line.strip_suffix(b"\r"), lines.peek()) {
            (Some(line), Some(_)) => line,
            (None, Some(_)) => return false,
            (_, None) => line,
        };
        if line.len() > MAX_LINE || line.contains(&b'\r') || line.contains(&0) {
            return false;
        }
    }
    true
}

/// CRLF stays a line break; every other CR and LF is encoded, so that nothing is lost (RFC 2045 §6.7).
fn quoted_printable(octets: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(octets.len() + octets.len() / 4);
    let mut column = 0;
    let mut rest = octets;
    while let Some((&octet, after)) = rest.split_first() {
        if let [b'\r', b'\n', behind @ ..] = rest {
            encoded.extend_from_slice(b"\r\n");
            (column, rest) = (0, behind);
            continue;
        }
        let is_at_end = after.is_empty() || after.starts_with(b"\r\n");
        let stands_for_itself = match octet {
            b' ' | b'\t' => !is_at_end,
            b'=' => false,
            octet => octet.is_ascii_graphic(),
        };
        let width = if stands_for_itself { 1 } else { 3 };
        // The last octet of a line needs no room for a soft line break behind it.
        if column + width + usize::from(!is_at_end) > MAX_ENCODED_LINE {
            encoded.extend_from_slice(b"=\r\n");
            column = 0;
        }
        match stands_for_itself {
            true => encoded.push(octet),
            false => encoded.extend_from_slice(format!("={octet:02X}").as_bytes()),
        }
        column += width;
        rest = after;
    }
    encoded
}

/// Lines with CRLF between them, and behind the last (RFC 2045 §6.8).
fn base64(octets: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(octets);
    let mut encoded = Vec::with_capacity(text.len() + text.len() / MAX_ENCODED_LINE * 2 + 2);
    for line in text.as_bytes().chunks(MAX_ENCODED_LINE) {
        encoded.extend_from_slice(line);
        encoded.extend_from_slice(b"\r\n");
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mime::TransferEncoding;

    fn decoded(encoded: &Encoded) -> Vec<u8> {
        let (encoding, is_known) = TransferEncoding::of(encoded.encoding);
        assert!(is_known);
        encoding.decode(&encoded.octets).into_owned()
    }

    #[test]
    fn text_comes_as_readable_as_it_can() {
        for (text, encoding) in [
            ("", "7bit"),
            ("plain\r\ntext", "7bit"),
            ("grüße\r\n", "quoted-printable"),
            ("bare\nfeeds\n", "quoted-printable"),
            ("a\rb and what is behind it", "quoted-printable"),
            ("日本語の本文", "base64"),
            (&"x".repeat(999), "quoted-printable"),
            (&"x".repeat(998), "7bit"),
        ] {
            let encoded = Encoded::text(text.as_bytes().to_vec());
            assert_eq!(encoded.encoding, encoding, "{text:?}");
            assert_eq!(decoded(&encoded), text.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn lines_keep_their_length_and_octets_their_value() {
        let all: Vec<u8> = (0..=255).cycle().take(5000).collect();
        let spaces = b" \t \r\n  x  \r\n\t".repeat(40);
        let equals = b"=".repeat(300);
        for octets in [all, spaces, equals, b"x".repeat(76), b"x".repeat(77), Vec::new()] {
            let quoted = Encoded { encoding: "quoted-printable", octets: quoted_printable(&octets) };
            for encoded in [quoted, Encoded::binary(&octets), Encoded::text(octets.clone())] {
                assert_eq!(decoded(&encoded), octets);
                assert!(encoded.octets.is_ascii());
                let longest = encoded.octets.split(|&octet| octet == b'\n').map(<[u8]>::len).max();
                assert!(longest.unwrap() <= 77 || encoded.encoding == "7bit");
            }
        }
    }

    #[test]
    fn messages_stand_as_they_are_if_a_message_can_hold_them() {
        for (octets, encoding) in [
            (&b"A: b\r\n\r\nc\r\n"[..], "7bit"),
            ("A: ü\r\n\r\n".as_bytes(), "8bit"),
            (b"A: b\n\nc\n", "base64"),
            (b"A: b\r\n\r\n\0", "base64"),
        ] {
            let encoded = Encoded::message(octets.to_vec());
            assert_eq!((encoded.encoding, decoded(&encoded)), (encoding, octets.to_vec()));
        }
    }
}
