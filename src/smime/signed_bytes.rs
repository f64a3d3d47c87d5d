//! The bytes that a clear-signed message's signature covers (RFC 1847 §2.1, RFC 8551 §3.1.1).

use std::borrow::Cow;

/// What may have been signed, given the first part as it is stored, from its first header to the last byte before the
/// line break of the boundary: these bytes themselves, and the same with every line ended by CRLF.
///
/// A signer signs with CRLF; stores and scripts on the way often leave LF. The stored form comes first, because
/// a part in the binary encoding may hold bare line feeds that were signed as such.
pub(super) fn variants(stored: Cow<'_, [u8]>) -> Vec<Cow<'_, [u8]>> {
    if !has_bare_line_feed(&stored) {
        return vec![stored];
    }
    let canonical = canonicalise(&stored);
    vec![stored, Cow::Owned(canonical)]
}

fn has_bare_line_feed(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b'\n') || bytes.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r')
}

/// Ends every line with CRLF. A carriage return alone is no line end (RFC 5322 §2.3) and stays.
fn canonicalise(bytes: &[u8]) -> Vec<u8> {
    let mut canonical = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    let mut before = 0;
    for &byte in bytes {
        if byte == b'\n' && before != b'\r' {
            canonical.push(b'\r');
        }
        canonical.push(byte);
        before = byte;
    }
    canonical
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_with_crlf_alone_have_one_variant() {
        assert_eq!(variants(Cow::Borrowed(b"a\r\nb\r\n")).len(), 1);
        assert_eq!(variants(Cow::Borrowed(b"a\rb")).len(), 1);
    }

    #[test]
    fn line_feeds_are_tried_as_stored_and_as_crlf() {
        for stored in [&b"a\nb\n"[..], b"a\r\nb\n", b"\na", b"a\r\n\nb"] {
            let variants = variants(Cow::Borrowed(stored));
            assert_eq!(variants[0], stored);
            let text = String::from_utf8(variants[1].to_vec()).unwrap();
            assert_eq!(text.replace("\r\n", "\n"), String::from_utf8_lossy(stored).replace("\r\n", "\n"));
            assert!(!text.replace("\r\n", "").contains('\n'));
        }
    }
}
