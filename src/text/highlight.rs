//! Where in a text a search matches, by the same cutting and folding as the index (RFC 8621 §5).

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use super::fold::fold;
use super::query::Pattern;
use super::words::{Kind, Word, words};

/// More matches than this in one text are not told.
const MAX_MATCHES: usize = 1000;

/// The places of the text that the patterns match, in order and apart from each other. Where a pattern matches the
/// beginning of a word, this beginning.
pub fn highlights(text: &str, patterns: &[Pattern]) -> Vec<Range<usize>> {
    if patterns.is_empty() {
        return Vec::new();
    }
    let Some(origin) = Origin::of(text) else { return Vec::new() };
    let (addresses, plain): (Vec<Word>, Vec<Word>) =
        words(text).into_iter().partition(|word| word.kind == Kind::Address);
    let mut found: Vec<Range<usize>> = patterns
        .iter()
        .flat_map(|pattern| matches(pattern, &plain, &addresses))
        .map(|span| origin.range(span))
        .collect();
    found.sort_by_key(|range| (range.start, range.end));
    merged(found)
}

/// Where a pattern matches in the folded text.
fn matches<'a>(
    pattern: &'a Pattern,
    plain: &'a [Word],
    addresses: &'a [Word],
) -> impl Iterator<Item = Range<usize>> + 'a {
    let is_address = pattern.words().next().is_some_and(|(word, ..)| word.kind == Kind::Address);
    let among = if is_address { addresses } else { plain };
    (0..among.len()).filter_map(move |at| match_at(pattern, among, at)).take(MAX_MATCHES)
}

/// The span from the first word of a match to its last, if the pattern matches where the word `at` stands. Plain words
/// follow each other place by place, and a pattern with an address has no other word.
fn match_at(pattern: &Pattern, among: &[Word], at: usize) -> Option<Range<usize>> {
    let start = among.get(at)?.span.start;
    let mut end = start;
    for (wanted, distance, is_beginning) in pattern.words() {
        let there = among.get(at + distance)?;
        let fits =
            if is_beginning { there.text.starts_with(&wanted.text) } else { there.text == wanted.text };
        if !fits {
            return None;
        }
        end = if is_beginning { there.span.start + wanted.text.len() } else { there.span.end };
    }
    Some(start..end)
}

fn merged(sorted: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(sorted.len());
    for range in sorted {
        match apart.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

/// Which place of the text a place of the folded text comes from.
enum Origin {
    /// Both are the same.
    Same,
    /// The places in the folded text and in the text at which their pieces begin, and the two ends.
    Pieces(Vec<(u32, u32)>),
}

impl Origin {
    /// Folds the text piece by piece: a character with the marks that belong to it. None if that comes to something
    /// else than folding all of it at once, or if the text is too long to be counted so.
    fn of(text: &str) -> Option<Self> {
        if text.is_ascii() && !text.contains('\0') {
            return Some(Self::Same);
        }
        let mut folded = String::with_capacity(text.len());
        let mut pieces = Vec::with_capacity(text.len());
        let mut start = 0;
        for (at, c) in text.char_indices().chain([(text.len(), '\0')]) {
            if at > start && (at == text.len() || !belongs_to_the_one_before(c)) {
                pieces.push((u32::try_from(folded.len()).ok()?, u32::try_from(start).ok()?));
                folded.push_str(&fold(&text[start..at]));
                start = at;
            }
        }
        pieces.push((u32::try_from(folded.len()).ok()?, u32::try_from(text.len()).ok()?));
        (folded == fold(text)).then_some(Self::Pieces(pieces))
    }

    /// The pieces of the text that a span of the folded text comes from.
    fn range(&self, span: Range<usize>) -> Range<usize> {
        let Self::Pieces(pieces) = self else { return span };
        let after = pieces.partition_point(|(folded, _)| *folded as usize <= span.start);
        let end = pieces.partition_point(|(folded, _)| (*folded as usize) < span.end);
        let original = |index: usize| pieces.get(index).or(pieces.last()).map_or(0, |(_, at)| *at as usize);
        original(after.saturating_sub(1))..original(end)
    }
}

/// Marks, and the vowels and finals of Hangul that are put together with what stands before them.
fn belongs_to_the_one_before(c: char) -> bool {
    is_combining_mark(c)
        || matches!(c, '\u{1160}'..='\u{11FF}' | '\u{D7B0}'..='\u{D7FF}' | '\u{FF9E}' | '\u{FF9F}')
}

#[cfg(test)]
mod tests {
    use super::super::query::patterns;
    use super::*;

    fn marked(text: &str, wanted: &str) -> String {
        let mut marked = String::new();
        let mut at = 0;
        for range in highlights(text, &patterns(wanted)) {
            marked.extend([&text[at..range.start], "[", &text[range.clone()], "]"]);
            at = range.end;
        }
        marked + &text[at..]
    }

    #[test]
    fn beginnings_phrases_and_addresses_are_found_as_the_index_finds_them() {
        for (text, wanted, expected) in [
            ("The Foosball competition", "foo", "The [Foo]sball competition"),
            ("food fool foo xfoo", "foo", "[foo]d [foo]l [foo] xfoo"),
            ("food fool foo", "\"foo\"", "food fool [foo]"),
            ("red apple, red  apples", "\"red apple\"", "[red apple], red  apples"),
            ("an apple is red", "red apple", "an [apple] is [red]"),
            ("e-mail and email", "e-mail", "[e-mail] and email"),
            ("e-mails", "e-mail", "[e-mail]s"),
            ("from joe.smith@example.com.", "smith@example.com", "from joe.[smith@example.com]."),
            ("from ann@example.org.", "exam", "from ann@[exam]ple.org."),
            ("from ann@example.org.", "@exam", "from ann[@exam]ple.org."),
            ("nothing", "else", "nothing"),
            ("anything", "", "anything"),
            ("a & b", "&", "a & b"),
        ] {
            assert_eq!(marked(text, wanted), expected);
        }
    }

    #[test]
    fn what_was_folded_is_marked_as_it_was_written() {
        for (text, wanted, expected) in [
            ("die Straße lang", "strasse", "die [Straße] lang"),
            ("die Straße lang", "stras", "die [Straß]e lang"),
            ("Büro und Bu\u{308}ro", "buro", "[Büro] und [Bu\u{308}ro]"),
            ("ﬁnance", "fin", "[ﬁn]ance"),
            ("İstanbul", "ist", "[İst]anbul"),
            ("ÅNGSTRÖM x", "angstrom", "[ÅNGSTRÖM] x"),
            ("東京都庁", "京都", "東[京都]庁"),
            ("東京都庁", "都", "東京[都]庁"),
            ("a\0b ab", "ab", "[a\0b] [ab]"),
            ("한국어 word", "word", "한국어 [word]"),
        ] {
            assert_eq!(marked(text, wanted), expected);
        }
    }

    #[test]
    fn hostile_texts_give_ranges_within_them() {
        for text in [
            "\u{308}\u{308}e\u{301}",
            "ﷺ \u{202E}e\u{301}\u{301}",
            "\0\0",
            "\u{1100}\u{1161}\u{11A8} ᄀ",
            "½ ⅷ ﬀ",
        ] {
            for wanted in ["e", "1", "ff", "صلى", "ㄱ", "viii"] {
                for range in highlights(text, &patterns(wanted)) {
                    assert!(text.get(range.clone()).is_some(), "{text:?} {wanted} {range:?}");
                }
            }
        }
        let many = "a ".repeat(10_000);
        assert_eq!(highlights(&many, &patterns("a")).len(), MAX_MATCHES);
    }
}
