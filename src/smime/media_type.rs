//! The fields that say how the frame around a signature is to be read. Nobody signed them, and mail programs forgive
//! different mistakes in them: so only what all of them read alike will do.

/// Attributes of Content-Type that decide what is shown. Each may stand there once, as a whole (RFC 2231 §3 lets others
/// come in pieces, which not every reader puts together).
const DECISIVE: [&[u8]; 2] = [b"boundary", b"protocol"];

/// Whether a Content-Type is read alike by all: RFC 2045 §5.1 without comments, each quotation closed, each parameter with
/// a value. Values without quotes may hold what senders forget to quote.
pub(super) fn is_read_alike(value: &[u8]) -> bool {
    let mut reader = Reader { rest: value };
    reader.skip_blanks();
    if reader.token().is_none() || !reader.take(b'/') || reader.token().is_none() {
        return false;
    }
    let mut seen: Vec<Vec<u8>> = Vec::new();
    loop {
        reader.skip_blanks();
        if reader.rest.is_empty() {
            return true;
        }
        if !reader.take(b';') {
            return false;
        }
        reader.skip_blanks();
        if matches!(reader.rest.first(), None | Some(b';')) {
            continue;
        }
        let Some((name, is_plain)) = reader.parameter() else { return false };
        let name = name.to_ascii_lowercase();
        let base = name.split(|&octet| octet == b'*').next().unwrap_or_default();
        if DECISIVE.contains(&base) && (!is_plain || base.len() < name.len() || seen.contains(&name)) {
            return false;
        }
        seen.push(name);
    }
}

/// Whether a Content-Transfer-Encoding leaves a multipart as it is, which RFC 2045 §6.4 demands of it.
pub(super) fn is_identity(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    [&b"7bit"[..], b"8bit", b"binary"].iter().any(|identity| value.eq_ignore_ascii_case(identity))
}

/// Whether a line that is blank, but not empty, stands in a header: for some readers it ends there.
pub(super) fn has_blank_line(section: &[u8]) -> bool {
    section.split(|&octet| octet == b'\n').any(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        !line.is_empty() && line.trim_ascii().is_empty()
    })
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Blanks, and line ends that are followed by them (RFC 5322 §2.2.3).
    fn skip_blanks(&mut self) {
        loop {
            let after = match self.rest {
                [b' ' | b'\t', after @ ..] => after,
                [b'\r', b'\n', after @ ..] | [b'\n', after @ ..]
                    if matches!(after.first(), Some(b' ' | b'\t')) =>
                {
                    after
                }
                _ => return,
            };
            self.rest = after;
        }
    }

    fn take(&mut self, octet: u8) -> bool {
        let after = self.rest.strip_prefix(&[octet]);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn token(&mut self) -> Option<&'a [u8]> {
        self.while_in(|octet| octet.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&octet))
    }

    /// The name of a parameter, and whether its value says what it means without escapes.
    fn parameter(&mut self) -> Option<(&'a [u8], bool)> {
        let name = self.token()?;
        self.skip_blanks();
        if !self.take(b'=') {
            return None;
        }
        self.skip_blanks();
        if self.take(b'"') {
            return Some((name, self.quoted()?));
        }
        self.while_in(|octet| octet.is_ascii_graphic() && !b"()<>,;\\\"".contains(&octet))?;
        Some((name, true))
    }

    /// What follows the quote that opens: whether it holds no escapes; none if it is never closed, or holds controls.
    fn quoted(&mut self) -> Option<bool> {
        let mut is_plain = true;
        loop {
            self.skip_blanks();
            match self.rest {
                [b'"', after @ ..] => {
                    self.rest = after;
                    return Some(is_plain);
                }
                [b'\\', escaped, after @ ..] if !escaped.is_ascii_control() => {
                    (self.rest, is_plain) = (after, false);
                }
                [octet, after @ ..] if !octet.is_ascii_control() => self.rest = after,
                _ => return None,
            }
        }
    }

    fn while_in(&mut self, holds: impl Fn(u8) -> bool) -> Option<&'a [u8]> {
        let length = self.rest.iter().position(|&octet| !holds(octet)).unwrap_or(self.rest.len());
        let (taken, after) = self.rest.split_at_checked(length).filter(|(taken, _)| !taken.is_empty())?;
        self.rest = after;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_senders_write_is_read_alike() {
        for value in [
            "multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"b1\"",
            " multipart/signed;\r\n\tprotocol=application/pkcs7-signature;\n boundary=----=_Next_1;",
            "Multipart/Signed; boundary = \"a (b) c\" ; ; protocol=\"x\"",
            "application/pkcs7-mime; name=\"\u{fc}ber \\\"alles\\\".p7m\"; name*0*=utf-8''a; name*1=b",
            "application/pkcs7-mime",
        ] {
            assert!(is_read_alike(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn what_readers_differ_in_is_not() {
        for value in [
            "multipart/signed (clear); boundary=b1",
            "(clear) multipart/signed; boundary=b1",
            "multipart/signed; boundary=b1 (clear)",
            "multipart/signed; boundary=(b2)b1",
            "multipart/signed; (x) boundary=b1",
            "multipart/signed; boundary*0=b; boundary*1=1",
            "multipart/signed; boundary*=us-ascii''b1",
            "multipart/signed; boundary=b1; Boundary=b2",
            "multipart/signed; boundary=b1; protocol=a; protocol=b",
            "multipart/signed; boundary=\"b\\1\"",
            "multipart/signed; boundary=\"b1",
            "multipart/signed; boundary=b1; x",
            "multipart/signed; boundary=",
            "multipart/signed; boundary=b1\rX: y",
            "multipart/signed; boundary=\"b1\0\"",
            "multipart/signed, text/html; boundary=b1",
            "multipart / signed; boundary=b1",
            "\"multipart/signed\"; boundary=b1",
            "multipart/signed boundary=b1",
            "multipart",
            "",
        ] {
            assert!(!is_read_alike(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn blank_lines_are_seen_and_empty_ones_are_not() {
        assert!(has_blank_line(b"a: b\r\n \t\r\nc: d\r\n") && has_blank_line(b" \n"));
        assert!(!has_blank_line(b"a: b\r\n c\r\n\r\n") && !has_blank_line(b""));
    }
}
