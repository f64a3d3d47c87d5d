//! What a client types, as a search over the words of [`super::Document`] (RFC 8621 §4.4.1).

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
    /// What stands before its words among those of header fields.
    fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["f:", "t:", "c:", "b:", "s:", "a:"],
            Self::From => &["f:"],
            Self::To => &["t:"],
            Self::Cc => &["c:"],
            Self::Bcc => &["b:"],
            Self::Subject => &["s:"],
            Self::Body => &[],
        }
    }

    fn has_body(self) -> bool {
        matches!(self, Self::Text | Self::Body)
    }
}

/// A client's text, ready for the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextQuery {
    /// Nothing was asked for (empty, or white space): every email has it.
    Everything,
    /// Something was asked for that holds no letter and no digit, and so is in no index: no email has it.
    Nothing,
    /// What each of the patterns must find; valid for the database whatever the client wrote.
    Words(Vec<Search>),
}

/// A pattern as the database looks for it in a row of `email_search`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// A tsquery for the index: an email without these words has no match.
    pub tsquery: String,
    /// Whether every email with these words has a match. Else one of the patterns for LIKE must fit too.
    pub is_exact: bool,
    /// Patterns for LIKE over the words of header fields with a space behind them; one must fit, or the other.
    pub fields: Vec<String>,
    /// The same over the words of the body.
    pub body: Option<String>,
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
    let searches: Vec<Search> = patterns_of(&tokens).iter().map(|pattern| pattern.search(field)).collect();
    if searches.is_empty() { TextQuery::Nothing } else { TextQuery::Words(searches) }
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
            let is_beginning = is_last && (!self.is_phrase || word.kind == Kind::Single);
            (word, word.place - first, is_beginning)
        })
    }

    fn search(&self, field: Field) -> Search {
        let plain = if field.has_body() { Some("") } else { None };
        let by_index: Vec<String> =
            plain.iter().chain(field.prefixes()).map(|prefix| self.tsquery(prefix)).collect();
        Search {
            tsquery: format!("({})", by_index.join(" | ")),
            is_exact: self.indexed().count() == 1,
            fields: field.prefixes().iter().map(|prefix| self.like(prefix)).collect(),
            body: plain.map(|prefix| self.like(prefix)),
        }
    }

    /// The words that the index is asked for: `'e' & 'mail':*`.
    fn tsquery(&self, prefix: &str) -> String {
        // No word holds a quote or a backslash.
        let lexemes: Vec<String> = self
            .indexed()
            .map(|(word, is_beginning)| format!("'{prefix}{word}'{}", if is_beginning { ":*" } else { "" }))
            .collect();
        lexemes.join(" & ")
    }

    fn indexed(&self) -> impl Iterator<Item = (&str, bool)> {
        let follows_pair = |index: usize| {
            index
                .checked_sub(1)
                .and_then(|before| self.words.get(before))
                .is_some_and(|word| word.kind == Kind::Pair)
        };
        // The last character of a run is in the pair before it already.
        let is_needed = move |index: usize, word: &Word| word.kind != Kind::Single || !follows_pair(index);
        self.words()
            .enumerate()
            .filter(move |(index, (word, ..))| is_needed(*index, word))
            .map(|(_, (word, _, is_beginning))| (word.text.as_str(), is_beginning))
    }

    /// The words in their order, as they stand in the columns: `% e mail%`.
    fn like(&self, prefix: &str) -> String {
        let mut text = String::from("%");
        let mut ends_within_word = false;
        for (word, _, is_beginning) in self.words() {
            // Of what LIKE takes for more than itself, words hold the underscore only.
            text.extend([" ", prefix, &word.text.replace('_', "\\_")]);
            ends_within_word = is_beginning;
        }
        text.push_str(if ends_within_word { "%" } else { " %" });
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
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each pattern the tsquery, and what LIKE must find where that is not enough.
    fn searched(text: &str, field: Field) -> String {
        let TextQuery::Words(searches) = query(text, field) else {
            return format!("{:?}", query(text, field));
        };
        let shown = |search: &Search| {
            let likes: Vec<&str> = search.body.iter().chain(&search.fields).map(String::as_str).collect();
            match search.is_exact {
                true => search.tsquery.clone(),
                false => format!("{} like {}", search.tsquery, likes.join(" or ")),
            }
        };
        searches.iter().map(shown).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn tokens_are_beginnings_and_phrases_are_exact() {
        for (text, expected) in [
            ("Exam", "('exam':*)"),
            ("red apple", "('red':*); ('apple':*)"),
            ("e-mail", "('e' & 'mail':*) like % e mail%"),
            ("\"red apple\"", "('red' & 'apple') like % red apple %"),
            ("'red apple' pie", "('red' & 'apple') like % red apple %; ('pie':*)"),
            ("joe@example.com", "('joe@example.com':*)"),
            ("@example.com", "('@example.com':*)"),
            ("\"joe@example.com\"", "('joe@example.com')"),
            ("example.com", "('example' & 'com':*) like % example com%"),
            ("東京都", "('東京' & '京都') like % 東京 京都 都%"),
            ("東京", "('東京')"),
            ("東", "('東':*)"),
            ("\"東\"", "('東':*)"),
            ("\"東京 x\"", "('東京' & 'x') like % 東京 京 x %"),
            ("AT & T", "('at':*); ('t':*)"),
        ] {
            assert_eq!(searched(text, Field::Body), expected, "{text}");
        }
    }

    #[test]
    fn quotes_need_partners_and_escapes_work_within_them() {
        for (text, expected) in [
            ("don't can't", "('don' & 't':*) like % don t%; ('can' & 't':*) like % can t%"),
            ("'o\\'clock\\\" x'", "('o' & 'clock' & 'x') like % o clock x %"),
            ("\"open end", "('open':*); ('end':*)"),
            ("'tis O'Brien", "('tis':*); ('o' & 'brien':*) like % o brien%"),
        ] {
            assert_eq!(searched(text, Field::Body), expected, "{text}");
        }
    }

    #[test]
    fn without_words_there_is_everything_or_nothing() {
        assert_eq!(query("  \t", Field::From), TextQuery::Everything);
        assert_eq!(query("€ \"\" !", Field::From), TextQuery::Nothing);
    }

    #[test]
    fn fields_have_their_own_words() {
        assert_eq!(searched("al 'bo'", Field::From), "('f:al':*); ('f:bo')");
        assert_eq!(searched("e-al", Field::Subject), "('s:e' & 's:al':*) like % s:e s:al%");
        assert_eq!(
            searched("'al'", Field::Text),
            "('al' | 'f:al' | 't:al' | 'c:al' | 'b:al' | 's:al' | 'a:al')"
        );
        assert!(searched("a-b", Field::Text).ends_with(
            "like % a b% or % f:a f:b% or % t:a t:b% or % c:a c:b% or % b:a b:b% or % s:a s:b% or % a:a a:b%"
        ));
    }

    #[test]
    fn an_underscore_stands_for_itself() {
        let TextQuery::Words(searches) = query("a_b@x", Field::From) else { panic!("it has words") };
        assert_eq!(searches[0].fields, ["% f:a\\_b@x%"]);
    }

    #[test]
    fn needles_are_folded_tokens() {
        assert_eq!(needles("Büro \"a  B\" "), ["buro", "a b"]);
    }
}
