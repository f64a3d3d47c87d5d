//! What a client types, as a tsquery over the words of [`super::Document`] (RFC 8621 §4.4.1).

use std::fmt::Write;

use super::document::single_spaced;
use super::fold::fold;
use super::words::{Kind, Word, words};

/// More words than this are not looked for: the rest of such a text is ignored.
const MAX_WORDS: usize = 200;

/// Where a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// In all of them, and in the names of attachments.
    Text,
    /// In From.
    From,
    /// In To.
    To,
    /// In Cc.
    Cc,
    /// In Bcc.
    Bcc,
    /// In Subject.
    Subject,
    /// In the body.
    Body,
}

impl Field {
    /// What stands before its words in the index.
    fn prefix(self) -> &'static str {
        match self {
            Self::Text | Self::Body => "",
            Self::From => "f:",
            Self::To => "t:",
            Self::Cc => "c:",
            Self::Bcc => "b:",
            Self::Subject => "s:",
        }
    }
}

/// A client's text, ready for the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextQuery {
    /// Nothing was asked for (empty, or white space): every email has it.
    Everything,
    /// Something was asked for that holds no letter and no digit, and so is in no index: no email has it.
    Nothing,
    /// The text of a tsquery, valid whatever the client wrote.
    Words(String),
}

/// Reads a client's text.
///
/// Tokens between white space must all be present, each as the beginning of a word ("exam" finds
/// "example.com"); the parts of a token that holds several words must follow each other ("e-mail"). A text in
/// matching single or double quotes is a phrase: exactly these words in this order. Within it `\'`, `\"` and `\\`
/// stand for the character itself. A quote opens a phrase only where no word precedes it and closes one only
/// where none follows, so that "don't" and "o'clock" are what they seem to be; without its partner it is
/// punctuation. Tokens without letters or digits are ignored beside others that have some.
pub fn query(text: &str, field: Field) -> TextQuery {
    let tokens = tokens(text);
    if tokens.is_empty() {
        return TextQuery::Everything;
    }
    let parts: Vec<String> = patterns_of(&tokens).iter().map(|pattern| pattern.tsquery(field)).collect();
    if parts.is_empty() { TextQuery::Nothing } else { TextQuery::Words(parts.join(" & ")) }
}

/// Words that must follow each other for a text to have what a client looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    words: Vec<Word>,
    is_phrase: bool,
}

/// What [`query`] looks for, to be found in a text by [`super::highlights`].
pub fn patterns(text: &str) -> Vec<Pattern> {
    patterns_of(&tokens(text))
}

fn patterns_of(tokens: &[Token]) -> Vec<Pattern> {
    let mut room = MAX_WORDS;
    let patterns = tokens.iter().map_while(|token| {
        let words = sequence(&token.text);
        room = room.checked_sub(words.len())?;
        Some(Pattern { words, is_phrase: token.is_phrase })
    });
    patterns.filter(|pattern| !pattern.words.is_empty()).collect()
}

impl Pattern {
    /// The words in their order: each with how many places it stands after the first, and whether it is to be the
    /// beginning of a word only.
    pub(super) fn words(&self) -> impl Iterator<Item = (&Word, usize, bool)> {
        let first = self.words.first().map_or(0, |word| word.place);
        self.words.iter().enumerate().map(move |(index, word)| {
            let is_last = index + 1 == self.words.len();
            // A single ideograph is the beginning of a pair wherever another one follows it.
            let is_beginning = (is_last && !self.is_phrase) || word.kind == Kind::Single;
            (word, word.place - first, is_beginning)
        })
    }

    /// The pattern as tsquery: `('e' <1> 'mail':*)`.
    fn tsquery(&self, field: Field) -> String {
        let mut text = String::from("(");
        let mut previous = 0;
        for (index, (word, place, is_beginning)) in self.words().enumerate() {
            if index > 0 {
                let _ = write!(text, " <{}> ", place - previous);
            }
            // No word holds a quote or a backslash.
            let _ = write!(text, "'{}{}'", field.prefix(), word.text);
            match (is_beginning, field == Field::Body) {
                (true, true) => text.push_str(":*D"),
                (true, false) => text.push_str(":*"),
                (false, true) => text.push_str(":D"),
                (false, false) => {}
            }
            previous = place;
        }
        text.push(')');
        text
    }
}

/// Reads a client's text for the condition `header`: each token and phrase, folded, must be in the value as it is.
pub fn needles(text: &str) -> Vec<String> {
    tokens(text)
        .iter()
        .map(|token| single_spaced(&fold(&token.text)))
        .filter(|needle| !needle.is_empty())
        .take(MAX_WORDS)
        .collect()
}

struct Token {
    text: String,
    is_phrase: bool,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let opens =
            matches!(c, '\'' | '"') && !plain.ends_with(char::is_alphanumeric) && !plain.ends_with('\\');
        if opens && let Some((phrase, after)) = phrase(&rest[1..], c) {
            take(&mut plain, &mut tokens);
            tokens.push(Token { text: phrase, is_phrase: true });
            rest = after;
            continue;
        }
        if c.is_whitespace() {
            take(&mut plain, &mut tokens);
        } else {
            plain.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    take(&mut plain, &mut tokens);
    tokens
}

fn take(plain: &mut String, tokens: &mut Vec<Token>) {
    if !plain.is_empty() {
        tokens.push(Token { text: std::mem::take(plain), is_phrase: false });
    }
}

/// The phrase up to its closing quote, and what comes after it; none if it is never closed.
fn phrase(text: &str, quote: char) -> Option<(String, &str)> {
    let mut phrase = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if c == '\\'
            && let Some((_, escaped)) = characters.next_if(|(_, next)| matches!(next, '\'' | '"' | '\\'))
        {
            phrase.push(escaped);
        } else if c == quote && !characters.peek().is_some_and(|(_, next)| next.is_alphanumeric()) {
            return Some((phrase, &text[at + 1..]));
        } else {
            phrase.push(c);
        }
    }
    None
}

/// The words of a token in their sequence: one address where it is one, else its words.
fn sequence(token: &str) -> Vec<Word> {
    let words = words(token);
    let (addresses, plain): (Vec<Word>, Vec<Word>) =
        words.into_iter().partition(|word| word.kind == Kind::Address);
    let whole = addresses.into_iter().find(|address| {
        let inside = |word: &Word| address.span.start <= word.span.start && word.span.end <= address.span.end;
        plain.iter().all(inside)
    });
    match whole {
        Some(address) => vec![address],
        None => {
            // The last character of a run is in the pair before it already.
            let follows_pair =
                |index: usize| index > 0 && plain.get(index - 1).is_some_and(|word| word.kind == Kind::Pair);
            let is_needed =
                |(index, word): &(usize, &Word)| word.kind != Kind::Single || !follows_pair(*index);
            plain.iter().enumerate().filter(is_needed).map(|(_, word)| word.clone()).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tsquery(text: &str) -> String {
        match query(text, Field::Text) {
            TextQuery::Words(words) => words,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn tokens_are_beginnings_and_phrases_are_exact() {
        for (text, expected) in [
            ("Exam", "('exam':*)"),
            ("red apple", "('red':*) & ('apple':*)"),
            ("e-mail", "('e' <1> 'mail':*)"),
            ("\"red apple\"", "('red' <1> 'apple')"),
            ("'red apple' pie", "('red' <1> 'apple') & ('pie':*)"),
            ("joe@example.com", "('joe@example.com':*)"),
            ("@example.com", "('@example.com':*)"),
            ("\"joe@example.com\"", "('joe@example.com')"),
            ("example.com", "('example' <1> 'com':*)"),
            ("東京都", "('東京' <1> '京都':*)"),
            ("東", "('東':*)"),
            ("\"東京 x\"", "('東京' <2> 'x')"),
            ("AT & T", "('at':*) & ('t':*)"),
        ] {
            assert_eq!(tsquery(text), expected, "{text}");
        }
    }

    #[test]
    fn quotes_need_partners_and_escapes_work_within_them() {
        for (text, expected) in [
            ("don't can't", "('don' <1> 't':*) & ('can' <1> 't':*)"),
            ("'o\\'clock\\\" x'", "('o' <1> 'clock' <1> 'x')"),
            ("\"open end", "('open':*) & ('end':*)"),
            ("'tis O'Brien", "('tis':*) & ('o' <1> 'brien':*)"),
        ] {
            assert_eq!(tsquery(text), expected, "{text}");
        }
    }

    #[test]
    fn without_words_there_is_everything_or_nothing() {
        assert_eq!(query("  \t", Field::From), TextQuery::Everything);
        assert_eq!(query("€ \"\" !", Field::From), TextQuery::Nothing);
    }

    #[test]
    fn fields_have_their_own_words() {
        assert_eq!(query("al bo", Field::From), TextQuery::Words("('f:al':*) & ('f:bo':*)".to_owned()));
        assert_eq!(query("'al' bo", Field::Body), TextQuery::Words("('al':D) & ('bo':*D)".to_owned()));
    }

    #[test]
    fn needles_are_folded_tokens() {
        assert_eq!(needles("Büro \"a  B\" "), ["buro", "a b"]);
    }
}
