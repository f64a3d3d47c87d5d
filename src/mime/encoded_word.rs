//! Encoded words (RFC 2047): decoded where they are allowed, left alone where they are not.

use super::charset;
use super::transfer_encoding::{base64, unescape};

/// Decodes the encoded words of unstructured text, a phrase or the inside of a comment.
///
/// As RFC 8621 §4.1.2.2 demands, a word is decoded only if it stands alone between white space and its character set is known. White
/// space between two encoded words is not shown (RFC 2047 §6.2); the octets of neighbours in one character set are
/// joined before they are decoded, since senders do split characters. Control characters from inside are dropped.
pub(crate) fn decode(text: &str) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    let mut decoded = String::with_capacity(text.len());
    let mut run: Option<Run> = None;
    let mut space = "";
    for (word, is_space) in words(text) {
        if is_space {
            space = word;
            continue;
        }
        match EncodedWord::parse(word) {
            Some(encoded) => match &mut run {
                Some(run) => run.push(&encoded, &mut decoded),
                None => {
                    decoded.push_str(space);
                    run = Some(Run::starting_with(&encoded));
                }
            },
            None => {
                if let Some(run) = run.take() {
                    run.finish(&mut decoded);
                }
                decoded.push_str(space);
                decoded.push_str(word);
            }
        }
        space = "";
    }
    if let Some(run) = run {
        run.finish(&mut decoded);
    }
    decoded.push_str(space);
    decoded
}

/// The length in octets of the encoded word that `text` begins with, whatever follows it.
pub(crate) fn prefix_length(text: &str) -> Option<usize> {
    let mut marks = text.strip_prefix("=?")?.match_indices('?').map(|(at, _)| at + 2);
    let (_, encoding_end, text_end) = (marks.next()?, marks.next()?, marks.next()?);
    let end = text_end + 2;
    (encoding_end < text_end && text.get(text_end..end) == Some("?="))
        .then_some(end)
        .filter(|end| text.get(..*end).is_some_and(|word| EncodedWord::parse(word).is_some()))
}

/// Alternating runs of white space (true) and of anything else (false).
fn words(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_space = rest.chars().next()?.is_ascii_whitespace();
        let end = rest.find(|c: char| c.is_ascii_whitespace() != is_space).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some((word, is_space))
    })
}

struct EncodedWord<'a> {
    charset: &'a str,
    octets: Vec<u8>,
}

impl<'a> EncodedWord<'a> {
    /// `=?charset*language?encoding?text?=`, and nothing around it (RFC 2047 §2, RFC 2231 §5).
    fn parse(word: &'a str) -> Option<Self> {
        let mut sections = word.strip_prefix("=?")?.strip_suffix("?=")?.split('?');
        let (charset, encoding, text) = (sections.next()?, sections.next()?, sections.next()?);
        if sections.next().is_some() || word.contains(|c: char| c.is_ascii_whitespace()) {
            return None;
        }
        let charset = charset.split('*').next().unwrap_or(charset);
        let octets = match encoding {
            "b" | "B" => {
                let in_alphabet = |octet: u8| octet.is_ascii_alphanumeric() || b"+/=".contains(&octet);
                text.bytes().all(in_alphabet).then(|| base64(text.as_bytes()))?
            }
            "q" | "Q" => q_octets(text),
            _ => return None,
        };
        charset::is_known(charset).then_some(Self { charset, octets })
    }
}

/// The Q encoding: quoted-printable in which `_` is a space (RFC 2047 §4.2).
fn q_octets(text: &str) -> Vec<u8> {
    let spaced = text.replace('_', " ");
    let mut octets = Vec::with_capacity(spaced.len());
    unescape(spaced.as_bytes(), &mut octets);
    octets
}

/// Encoded words next to each other in one character set.
struct Run {
    charset: String,
    octets: Vec<u8>,
}

impl Run {
    fn starting_with(word: &EncodedWord<'_>) -> Self {
        Self { charset: word.charset.to_owned(), octets: word.octets.clone() }
    }

    fn push(&mut self, word: &EncodedWord<'_>, decoded: &mut String) {
        if self.charset.eq_ignore_ascii_case(word.charset) {
            self.octets.extend_from_slice(&word.octets);
        } else {
            std::mem::replace(self, Self::starting_with(word)).finish(decoded);
        }
    }

    fn finish(self, decoded: &mut String) {
        let text = charset::decode(Some(&self.charset), &self.octets).text;
        decoded.extend(text.chars().filter(|c| !c.is_control()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_2047_section_8() {
        for (encoded, decoded) in [
            ("=?ISO-8859-1?Q?a?=", "a"),
            ("=?ISO-8859-1?Q?a?= b", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a?=  \t =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a_b?=", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
            ("=?US-ASCII?Q?Keith_Moore?= <moore@cs.example>", "Keith Moore <moore@cs.example>"),
            ("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=", "If you can read this yo"),
        ] {
            assert_eq!(decode(encoded), decoded, "{encoded}");
        }
    }

    #[test]
    fn what_breaks_the_rules_of_placement_is_not_decoded() {
        for text in [
            "x=?utf-8?Q?a?=",
            "=?utf-8?Q?a?=x",
            "=?utf-8?Q?a?==?utf-8?Q?b?=",
            "=?utf-8?Q?a b?=",
            "=?x-unheard-of?Q?a?=",
            "=?utf-8?X?a?=",
            "=?utf-8?B?a*b?=",
            "=?utf-8?Q?a",
            "=?=",
            "=?",
            "=??=",
        ] {
            assert_eq!(decode(text), text);
        }
    }

    #[test]
    fn a_character_split_between_two_words_is_whole_again() {
        assert_eq!(decode("=?utf-8?Q?=C3?= =?UTF-8?Q?=A9?="), "é");
        assert_eq!(decode("=?utf-8?B?4pg=?= =?utf-8?B?gw==?="), "☃");
    }

    #[test]
    fn controls_from_inside_are_dropped_and_malformed_octets_marked() {
        assert_eq!(decode("=?utf-8?Q?a=00b=0D=0Ac=07?="), "abc");
        assert_eq!(decode("=?utf-8?Q?a=FFb?="), "a\u{fffd}b");
        assert_eq!(decode("=?utf-8*en?Q?language?="), "language");
    }

    #[test]
    fn an_encoded_word_is_found_at_the_front() {
        assert_eq!(prefix_length("=?utf-8?Q?a,b?=, rest"), Some(15));
        assert_eq!(prefix_length("=?utf-8?Q?a b?="), None);
        assert_eq!(prefix_length("=?"), None);
        assert_eq!(prefix_length("=?a?b"), None);
    }
}
