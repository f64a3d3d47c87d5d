//! Unstructured text and phrases in ASCII: what ASCII cannot say stands in encoded words (RFC 2047).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::fold::{Folded, MAX_LINE};

/// An encoded word has no more characters (RFC 2047 §2).
const MAX_WORD: usize = 75;

/// What stands around the text of an encoded word: `=?utf-8?B?` and `?=`.
const FRAME: usize = 12;

/// Words of plain text that are longer are encoded, so that the line can be folded inside of them.
const MAX_PLAIN_WORD: usize = MAX_LINE / 3;

/// Text as a header field can hold it: tabs and line breaks become spaces; byte order marks and other control
/// characters are left out, as they are where encoded words are read (RFC 8621 §4.1.2.2).
pub(super) fn printable(text: &str) -> String {
    let spaced = text.replace("\r\n", " ").replace(['\t', '\r', '\n'], " ");
    spaced.chars().filter(|c| !c.is_control() && *c != '\u{feff}').collect()
}

/// Writes unstructured text (RFC 5322 §2.2.1): words as they stand where they can, encoded where they cannot.
pub(super) fn unstructured(text: &str, folded: &mut Folded) {
    for (position, run) in runs(&printable(text)).iter().enumerate() {
        let space = if position == 0 { " " } else { run.space.as_str() };
        if !run.is_encoded {
            folded.push(space, &run.text);
            continue;
        }
        for (number, word) in encoded_words(&run.text).iter().enumerate() {
            folded.push(if number == 0 { space } else { " " }, word);
        }
    }
}

/// Text as encoded words, whatever it is. White space between two of them is not shown (RFC 2047 §6.2).
pub(super) fn encoded_words(text: &str) -> Vec<String> {
    // Readable as it stands, unless most of it is escaped.
    let is_quoted = quoted_length(text) <= text.len() * 2;
    let fits = if is_quoted { quoted_fits } else { base64_fits };
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(longest_prefix(rest, fits));
        words.push(match is_quoted {
            true => format!("=?utf-8?Q?{}?=", quoted(piece)),
            false => format!("=?utf-8?B?{}?=", STANDARD.encode(piece)),
        });
        rest = after;
    }
    words
}

/// Whether a word would be misread as it stands.
pub(super) fn needs_encoding(word: &str) -> bool {
    !word.bytes().all(|octet| octet.is_ascii_graphic()) || word.contains("=?") || word.len() > MAX_PLAIN_WORD
}

/// Words that are written alike, with the white space between them.
struct Run {
    /// The white space before it.
    space: String,
    text: String,
    is_encoded: bool,
}

/// White space between neighbours that are encoded is encoded with them, since readers drop it there; so is white
/// space at either end, which would be lost.
fn runs(text: &str) -> Vec<Run> {
    let core = text.trim_matches(' ');
    let leading = text.len() - text.trim_start_matches(' ').len();
    let mut runs: Vec<Run> = Vec::new();
    let mut space = String::new();
    for (position, word) in core.split(' ').enumerate() {
        if position > 0 {
            space.push(' ');
        }
        if word.is_empty() {
            continue;
        }
        let is_encoded = needs_encoding(word) || position == 0 && leading > 0;
        let space = std::mem::take(&mut space);
        match runs.last_mut().filter(|last| last.is_encoded && is_encoded) {
            Some(last) => last.text.extend([space.as_str(), word]),
            None => runs.push(Run { space, text: word.to_owned(), is_encoded }),
        }
    }
    if let Some(first) = runs.first_mut() {
        first.text.insert_str(0, text.get(..leading).unwrap_or_default());
    } else if !text.is_empty() {
        runs.push(Run { space: String::new(), text: text.to_owned(), is_encoded: true });
        return runs;
    }
    let trailing = text.get(leading + core.len()..).unwrap_or_default();
    if let Some(last) = runs.last_mut()
        && !trailing.is_empty()
    {
        // The last words alone become an encoded run, unless they are one already.
        last.text.push_str(trailing);
        last.is_encoded = true;
    }
    merged(runs)
}

/// A last run that became encoded may stand beside another one.
fn merged(mut runs: Vec<Run>) -> Vec<Run> {
    if let [.., before, last] = runs.as_mut_slice()
        && before.is_encoded
        && last.is_encoded
    {
        let tail = format!("{}{}", last.space, last.text);
        before.text.push_str(&tail);
        runs.pop();
    }
    runs
}

/// The longest beginning of `text` that fits into one encoded word; at least one character.
fn longest_prefix(text: &str, fits: fn(&str) -> bool) -> usize {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.take(MAX_WORD)
        .take_while(|end| fits(text.get(..*end).unwrap_or_default()))
        .last()
        .unwrap_or_else(|| text.chars().next().map_or(text.len(), char::len_utf8))
}

fn quoted_fits(text: &str) -> bool {
    quoted_length(text) <= MAX_WORD - FRAME
}

fn base64_fits(text: &str) -> bool {
    text.len().div_ceil(3) * 4 <= MAX_WORD - FRAME
}

/// The Q encoding in the alphabet that is allowed everywhere, also in phrases (RFC 2047 §5 (3)).
fn quoted(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 3);
    for octet in text.bytes() {
        match octet {
            b' ' => encoded.push('_'),
            octet if is_plain(octet) => encoded.push(char::from(octet)),
            octet => encoded.push_str(&format!("={octet:02X}")),
        }
    }
    encoded
}

fn quoted_length(text: &str) -> usize {
    text.bytes().map(|octet| if octet == b' ' || is_plain(octet) { 1 } else { 3 }).sum()
}

fn is_plain(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!*+-/".contains(&octet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut folded = Folded::after_name("Subject");
        unstructured(text, &mut folded);
        folded.finish("Subject").unwrap()
    }

    #[test]
    fn words_are_encoded_only_where_they_must_be() {
        for (text, field) in [
            ("", ""),
            ("Dinner  on Thursday?", " Dinner  on Thursday?"),
            ("the café on Thursday", " the =?utf-8?Q?caf=C3=A9?= on Thursday"),
            ("é ü  x", " =?utf-8?B?w6kgw7w=?=  x"),
            (" x", " =?utf-8?Q?_x?="),
            ("x ", " =?utf-8?Q?x_?="),
            ("  ", " =?utf-8?Q?__?="),
            ("é y ", " =?utf-8?Q?=C3=A9_y_?="),
            ("=?utf-8?Q?x?=", " =?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?="),
            ("日本語の件名", " =?utf-8?B?5pel5pys6Kqe44Gu5Lu25ZCN?="),
            ("a\tb\r\nBcc: c\u{7}\0", " a b Bcc: c"),
        ] {
            assert_eq!(written(text), field, "{text:?}");
        }
    }

    #[test]
    fn no_word_is_longer_than_rfc_2047_allows_and_no_character_is_split() {
        for text in ["é".repeat(300), "日本語".repeat(100), "x".repeat(400), "🦀".repeat(90)] {
            let words = encoded_words(&text);
            assert!(words.iter().all(|word| word.len() <= MAX_WORD));
            let each: String = words.iter().map(|word| crate::mime::encoded_word::decode(word)).collect();
            assert_eq!(each, text);
        }
    }
}
