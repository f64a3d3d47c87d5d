//! Range requests (RFC 9110 §14): one range of bytes; whatever else is asked for gets the whole.

/// What of a body to send.
#[derive(Debug, PartialEq)]
pub(super) enum Range {
    /// All of it.
    Whole,
    /// These bytes; at least one, all of them there.
    Part(std::ops::Range<usize>),
    /// Nothing of what was asked for is there.
    Unsatisfiable,
}

/// Reads a Range header for a body of `length` bytes.
pub(super) fn parse(header: Option<&str>, length: usize) -> Range {
    let Some((first, last)) = header
        .and_then(|value| value.strip_prefix("bytes="))
        .filter(|ranges| !ranges.contains(','))
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Range::Whole;
    };
    match (number(first), number(last)) {
        (Some(first), Some(last)) if last < first => Range::Whole,
        (Some(first), _) if first >= length => Range::Unsatisfiable,
        (Some(first), Some(last)) => Range::Part(first..last.saturating_add(1).min(length)),
        (Some(first), None) if last.is_empty() => Range::Part(first..length),
        (None, Some(0)) if first.is_empty() => Range::Unsatisfiable,
        (None, Some(_)) if first.is_empty() && length == 0 => Range::Unsatisfiable,
        (None, Some(suffix)) if first.is_empty() => Range::Part(length.saturating_sub(suffix)..length),
        _ => Range::Whole,
    }
}

fn number(text: &str) -> Option<usize> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_kept_inside() {
        let parse = |value| parse(Some(value), 10);
        assert_eq!(parse("bytes=0-3"), Range::Part(0..4));
        assert_eq!(parse("bytes=4-"), Range::Part(4..10));
        assert_eq!(parse("bytes=-3"), Range::Part(7..10));
        assert_eq!(parse("bytes=-99"), Range::Part(0..10));
        assert_eq!(parse("bytes=8-99999999999999999999999"), Range::Part(8..10));
        assert_eq!(parse("bytes=10-"), Range::Unsatisfiable);
        assert_eq!(parse("bytes=-0"), Range::Unsatisfiable);
        for whole in ["bytes=3-1", "bytes=x-1", "bytes=1-x", "bytes=0-1,3-4", "items=0-1", "bytes=-", ""] {
            assert_eq!(parse(whole), Range::Whole, "{whole}");
        }
        assert_eq!(super::parse(None, 10), Range::Whole);
        assert_eq!(super::parse(Some("bytes=-1"), 0), Range::Unsatisfiable);
    }
}
