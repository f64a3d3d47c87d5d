//! Bounds on what the parser opens, set before it starts.
//!
//! The parser's tree of nested messages is copied and taken down by recursion, so a few megabytes of messages in
//! messages would overflow the stack, which no `catch_unwind` catches. And each multipart whose boundary never comes is searched
//! to the end of the message. So the parser gets a copy in which the media types beyond the bounds are made
//! unknown, octet for octet: all offsets hold for the message itself.

use std::borrow::Cow;

/// Messages within the message that are opened; those after it stay closed.
const MAX_NESTED: usize = 100;

/// A header section that is longer is not looked through.
const MAX_SECTION: usize = 64 * 1024;

/// Octets that may be searched for boundaries: some ten seconds at worst.
const MAX_SEARCHED: usize = 5_000_000_000;

/// Subtypes that open a message, or whose children are messages.
const NESTING: [&[u8; 6]; 3] = [b"rfc822", b"global", b"digest"];

/// The octets for the parser: `raw` itself, save for the message that goes beyond the bounds.
pub(crate) fn bounded(raw: &[u8]) -> Cow<'_, [u8]> {
    let masked = [nesting_to_mask(raw), multiparts_to_mask(raw)].concat();
    if masked.is_empty() {
        return Cow::Borrowed(raw);
    }
    let mut copy = raw.to_vec();
    for at in masked {
        if let Some(octets) = copy.get_mut(at..at + NESTING[0].len()) {
            octets.fill(b'x');
        }
    }
    Cow::Owned(copy)
}

/// Where nesting subtypes stand that must not be seen: those beyond the bound; those of messages in base64 or
/// quoted-printable, which RFC 2046 §5.2.1 forbids and inside of which nobody can count; and digests, whose children
/// nest without saying so.
fn nesting_to_mask(raw: &[u8]) -> Vec<usize> {
    nesting_subtypes(raw)
        .enumerate()
        .filter(|&(number, at)| number >= MAX_NESTED || is_digest(raw, at) || may_be_encoded(raw, at))
        .map(|(_, at)| at)
        .collect()
}

/// A subtype stands behind a slash; the parser passes over white space, quotes and comments between the two.
fn nesting_subtypes(raw: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let ends_type = |&(_, octet): &(usize, &u8)| matches!(octet, b'/' | b')');
    raw.iter().enumerate().filter(ends_type).filter_map(|(at, _)| {
        let behind = raw.get(at + 1..)?;
        let skipped = behind.iter().position(|octet| !b" \t\r\"\\".contains(octet))?;
        let word = behind.get(skipped..skipped + NESTING[0].len())?;
        NESTING.iter().any(|subtype| word.eq_ignore_ascii_case(*subtype)).then_some(at + 1 + skipped)
    })
}

fn is_digest(raw: &[u8], at: usize) -> bool {
    raw.get(at..).is_some_and(|rest| starts_with(rest, b"digest"))
}

/// Whether the lines around `at`, up to an empty one on each side, name an encoding; also if they go on for too long.
fn may_be_encoded(raw: &[u8], at: usize) -> bool {
    let before = raw.get(at.saturating_sub(MAX_SECTION)..at).unwrap_or_default();
    let behind = raw.get(at..).unwrap_or_default();
    let behind = behind.get(..MAX_SECTION).unwrap_or(behind);
    let start = before.windows(3).rposition(is_empty_line).map_or(0, |at| at + 1);
    let end = behind.windows(3).position(is_empty_line).unwrap_or(behind.len());
    let is_cut = (start == 0 && before.len() == MAX_SECTION) || end == MAX_SECTION;
    let names_encoding = |lines: &[u8]| contains(lines, b"base64") || contains(lines, b"quoted-printable");
    is_cut || before.get(start..).is_some_and(names_encoding) || behind.get(..end).is_some_and(names_encoding)
}

fn is_empty_line(octets: &[u8]) -> bool {
    octets.starts_with(b"\n\n") || octets == b"\n\r\n"
}

/// Where multiparts stand that would be searched for beyond the bound.
fn multiparts_to_mask(raw: &[u8]) -> Vec<usize> {
    let allowed = (MAX_SEARCHED / raw.len().max(1)).max(MAX_NESTED);
    if raw.len() / b"multipart".len() <= allowed {
        return Vec::new();
    }
    occurrences(raw, b"multipart").skip(allowed).collect()
}

fn contains(octets: &[u8], word: &[u8]) -> bool {
    occurrences(octets, word).next().is_some()
}

fn occurrences<'a>(octets: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let positions = octets.windows(word.len()).enumerate();
    positions.filter(move |(_, window)| window.eq_ignore_ascii_case(word)).map(|(at, _)| at)
}

fn starts_with(octets: &[u8], word: &[u8]) -> bool {
    octets.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(raw: &str) -> String {
        String::from_utf8(bounded(raw.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn ordinary_mail_is_left_alone() {
        for raw in [
            "Content-Type: message/rfc822\n\nSubject: x\nContent-Transfer-Encoding: base64\n\naGk=\n",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nrfc822/global\n--b--\n",
            "Final-Recipient: rfc822; jane@example.com\nFrom: info@global.example\nX: base64\n\n",
        ] {
            assert_eq!(masked(raw), raw);
        }
    }

    #[test]
    fn encoded_messages_and_digests_stay_closed() {
        for (raw, expected) in [
            (
                "Content-Transfer-Encoding: base64\r\nContent-Type: message/rfc822\r\n\r\nx",
                "Content-Transfer-Encoding: base64\r\nContent-Type: message/xxxxxx\r\n\r\nx",
            ),
            (
                "Content-Type: message/ \"RFC822\"\nContent-Transfer-Encoding: Quoted-Printable\n\nx",
                "Content-Type: message/ \"xxxxxx\"\nContent-Transfer-Encoding: Quoted-Printable\n\nx",
            ),
            (
                "Content-Type: multipart/digest; boundary=b\n\n",
                "Content-Type: multipart/xxxxxx; boundary=b\n\n",
            ),
        ] {
            assert_eq!(masked(raw), expected);
        }
    }

    #[test]
    fn messages_nest_to_the_bound_and_no_further() {
        let raw = "Content-Type: message/rfc822\n\n".repeat(MAX_NESTED + 5);
        assert_eq!(masked(&raw).matches("rfc822").count(), MAX_NESTED);
        assert_eq!(masked(&raw).len(), raw.len());
    }

    #[test]
    fn multiparts_are_bounded_in_large_messages_only() {
        let raw = "Content-Type: multipart/x; boundary=b\n\n--b\n".repeat(5_000);
        let allowed = MAX_SEARCHED / raw.len();
        assert_eq!(masked(&raw).matches("multipart").count(), allowed.min(5_000));
    }
}
