//! Cutting text into words with their places.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use super::fold::fold;

/// A word longer than this counts by its first characters, in the index and in a query alike.
const MAX_WORD: usize = 64;
/// An address longer than this counts by its first characters.
const MAX_ADDRESS: usize = 128;
/// An address is also filed from each of its last words on, this many of them: `smith@example.com` finds
/// `joe.smith@example.com`, and a bounce address of thirty words does not fill the index.
const MAX_ADDRESS_ENDS: usize = 4;

/// A word with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The folded text.
    pub text: String,
    /// How many words stand before it in the text. An address shares the place of its first word.
    pub place: usize,
    /// What it stands for.
    pub kind: Kind,
    /// Where it stands in the folded text.
    pub(super) span: Range<usize>,
}

/// What a [`Word`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A run of letters and digits.
    Letters,
    /// Two neighbouring characters of a script without spaces.
    Pair,
    /// One that no other one follows.
    Single,
    /// An address or the end of one: `joe.smith@example.com`, `smith@example.com`, `@example.com`.
    Address,
}

/// Cuts a text into words: runs of letters and digits; the characters of scripts that have no spaces between words, as
/// overlapping pairs and the last one alone; and after these the addresses as a whole.
///
/// `joe@mail.example.com` gives joe, mail, example, com, `joe@mail.example.com` and `@mail.example.com`.
pub fn words(text: &str) -> Vec<Word> {
    let folded = fold(text);
    let mut words = Vec::new();
    let mut place = 0;
    for run in runs(&folded) {
        let taken = if folded[run.clone()].starts_with(is_unspaced) {
            pairs(&folded, run, place, &mut words)
        } else {
            words.push(word(&folded, run, place, Kind::Letters, MAX_WORD));
            1
        };
        place += taken;
    }
    let addresses: Vec<Word> =
        folded.match_indices('@').flat_map(|(at, _)| address_words(&folded, at, &words)).collect();
    words.extend(addresses);
    words
}

/// The runs of word characters of one kind: of scripts with spaces, or without.
fn runs(folded: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + folded[at..].find(is_word_character)?;
        let unspaced = folded[start..].starts_with(is_unspaced);
        let length = folded[start..].find(|c| !is_word_character(c) || is_unspaced(c) != unspaced);
        at = length.map_or(folded.len(), |length| start + length);
        Some(start..at)
    })
}

/// Adds the pairs of a run and its last character; returns how many places they take.
fn pairs(folded: &str, run: Range<usize>, first_place: usize, words: &mut Vec<Word>) -> usize {
    let starts: Vec<usize> = folded[run.clone()].char_indices().map(|(at, _)| run.start + at).collect();
    for (index, start) in starts.iter().enumerate() {
        let (end, kind) = match (starts.get(index + 1), starts.get(index + 2)) {
            (None, _) => (run.end, Kind::Single),
            (Some(_), Some(end)) => (*end, Kind::Pair),
            (Some(_), None) => (run.end, Kind::Pair),
        };
        words.push(word(folded, *start..end, first_place + index, kind, MAX_WORD));
    }
    starts.len()
}

/// The address around the `@` at `at`, and its ends.
fn address_words(folded: &str, at: usize, words: &[Word]) -> Vec<Word> {
    let after = &folded[at + 1..];
    let domain = &after[..after.find(|c| !is_domain_character(c)).unwrap_or(after.len())];
    let end = at + 1 + domain.trim_end_matches(['.', '-']).len();
    let before = &folded[..at];
    let start = before
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_local_character(*c))
        .last()
        .map_or(at, |(at, _)| at);
    let local = within(words, start..at);
    let Some(domain) = within(words, at + 1..end).first() else { return Vec::new() };
    let mut address = vec![word(folded, at..end, domain.place, Kind::Address, MAX_ADDRESS)];
    let ends = local.iter().rev().take(MAX_ADDRESS_ENDS).rev();
    let whole = local.first().filter(|_| local.len() > MAX_ADDRESS_ENDS);
    address.extend(
        whole
            .into_iter()
            .chain(ends)
            .map(|first| word(folded, first.span.start..end, first.place, Kind::Address, MAX_ADDRESS)),
    );
    address
}

/// The words that start inside the span; words come in the order of their places.
fn within(words: &[Word], span: Range<usize>) -> &[Word] {
    let first = words.partition_point(|word| word.span.start < span.start);
    let last = words.partition_point(|word| word.span.start < span.end);
    words.get(first..last).unwrap_or_default()
}

fn word(folded: &str, span: Range<usize>, place: usize, kind: Kind, most: usize) -> Word {
    Word { text: folded[span.clone()].chars().take(most).collect(), place, kind, span }
}

/// Letters, digits, and the marks that folding leaves because they carry meaning.
fn is_word_character(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

fn is_local_character(c: char) -> bool {
    is_word_character(c) || matches!(c, '.' | '_' | '+' | '-' | '=')
}

fn is_domain_character(c: char) -> bool {
    is_word_character(c) || matches!(c, '.' | '-')
}

/// Han, Hiragana and Katakana are written without spaces, and so are Thai, Lao, Burmese and Khmer. (Hangul has spaces:
/// its words are matched like Latin ones.)
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E01}'..='\u{0E4E}' | '\u{0E81}'..='\u{0ECD}' | '\u{1000}'..='\u{103E}' | '\u{1780}'..='\u{17D3}' |
        '\u{3005}' | '\u{3007}' | '\u{3041}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| format!("{}:{}", word.text, word.place)).collect()
    }

    #[test]
    fn letters_and_digits_make_words() {
        assert_eq!(
            cut("Don't PANIC: 42 times, e-mail_me!"),
            ["don:0", "t:1", "panic:2", "42:3", "times:4", "e:5", "mail:6", "me:7"]
        );
        assert!(cut(" \t…—!?@ \0").is_empty());
    }

    #[test]
    fn unspaced_scripts_make_pairs() {
        assert_eq!(cut("abc東京都 庁x"), ["abc:0", "東京:1", "京都:2", "都:3", "庁:4", "x:5"]);
        assert_eq!(cut("ข้าว 7"), ["ข\u{e49}:0", "\u{e49}า:1", "าว:2", "ว:3", "7:4"]);
    }

    #[test]
    fn addresses_are_words_too() {
        assert_eq!(
            cut("<Joe.Smith@Mail.example.com>."),
            [
                "joe:0",
                "smith:1",
                "mail:2",
                "example:3",
                "com:4",
                "@mail.example.com:2",
                "joe.smith@mail.example.com:0",
                "smith@mail.example.com:1"
            ]
        );
        assert_eq!(cut("a.b.c.d.e@x").iter().filter(|word| word.contains('@')).count(), 6);
        assert_eq!(cut("joe@ @@ @.-"), ["joe:0"]);
    }

    #[test]
    fn long_words_count_by_their_beginning() {
        assert_eq!(words(&"ü".repeat(5000))[0].text.chars().count(), MAX_WORD);
        let address = words(&format!("a@{}", "b.".repeat(5000)));
        assert!(address.iter().all(|word| word.text.chars().count() <= MAX_ADDRESS));
    }
}
