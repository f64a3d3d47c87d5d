//! Text with matches marked, as HTML (RFC 8621 §5).

use std::ops::Range;

/// A preview has no more octets than this (RFC 8621 §5).
const MAX_PREVIEW: usize = 255;
/// So many octets at most stand before the first match of a preview.
const BEFORE: usize = 70;

const OPEN: &str = "<mark>";
const CLOSE: &str = "</mark>";

/// All of a text with the ranges marked; they are in order and apart from each other. White space is as it was.
pub(super) fn marked(text: &str, ranges: &[Range<usize>]) -> String {
    let mut html = String::with_capacity(text.len() + ranges.len() * (OPEN.len() + CLOSE.len()));
    let mut at = 0;
    for range in ranges {
        escape(&text[at..range.start], &mut html);
        html.push_str(OPEN);
        escape(&text[range.clone()], &mut html);
        html.push_str(CLOSE);
        at = range.end;
    }
    escape(&text[at..], &mut html);
    html
}

/// The part of a text around the first of the ranges, with those that are in it marked, and white space collapsed.
pub(super) fn excerpt(text: &str, ranges: &[Range<usize>]) -> String {
    let Some(first) = ranges.first() else { return String::new() };
    let mut html = Excerpt::default();
    let mut ranges = ranges.iter().peekable();
    let start = beginning(text, first.start);
    for (at, c) in text[start..].char_indices().map(|(at, c)| (start + at, c)) {
        while ranges.next_if(|range| range.end <= at).is_some() {}
        let is_marked = ranges.peek().is_some_and(|range| range.start <= at);
        if !html.push(c, is_marked) {
            break;
        }
    }
    html.finish()
}

/// Where to begin so that the match is soon met: at a word that is not far before it.
fn beginning(text: &str, first: usize) -> usize {
    let mut octets = 0;
    let mut word = first;
    for (at, c) in text[..first].char_indices().rev() {
        octets += escaped(c).map_or(c.len_utf8(), str::len);
        if octets > BEFORE {
            return word;
        }
        if is_gap(c) {
            word = at + c.len_utf8();
        }
    }
    0
}

/// An excerpt that grows up to its limit.
#[derive(Default)]
struct Excerpt {
    html: String,
    is_marked: bool,
    /// A space is due before the next character.
    has_gap: bool,
}

impl Excerpt {
    /// Adds a character; false if there was no room for it.
    fn push(&mut self, c: char, is_marked: bool) -> bool {
        if is_gap(c) {
            if !is_marked {
                self.close();
            }
            self.has_gap = !self.html.is_empty();
            return true;
        }
        if !is_marked {
            self.close();
        }
        let mut piece = String::new();
        if self.has_gap {
            piece.push(' ');
        }
        if is_marked && !self.is_marked {
            piece.push_str(OPEN);
        }
        escape(c.encode_utf8(&mut [0; 4]), &mut piece);
        let still_to_come = if is_marked { CLOSE.len() } else { 0 };
        if self.html.len() + piece.len() + still_to_come > MAX_PREVIEW {
            return false;
        }
        self.html.push_str(&piece);
        self.is_marked = is_marked;
        self.has_gap = false;
        true
    }

    /// There is always room for this.
    fn close(&mut self) {
        if std::mem::take(&mut self.is_marked) {
            self.html.push_str(CLOSE);
        }
    }

    fn finish(mut self) -> String {
        self.close();
        self.html
    }
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match escaped(c) {
            Some(entity) => html.push_str(entity),
            None => html.push(c),
        }
    }
}

/// What must not stand in HTML as it is (RFC 8621 §5), and the quotes, for clients that put it into an attribute.
fn escaped(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{highlights, patterns};

    fn shown(text: &str, wanted: &str) -> String {
        excerpt(text, &highlights(text, &patterns(wanted)))
    }

    #[test]
    fn everything_but_the_marks_is_escaped() {
        let text = "<b>R&D</b> \"r\"";
        assert_eq!(
            marked(text, &highlights(text, &patterns("r"))),
            "&lt;b&gt;<mark>R</mark>&amp;D&lt;/b&gt; &quot;<mark>r</mark>&quot;"
        );
        assert_eq!(shown("a </mark><script>  x", "script"), "a &lt;/mark&gt;&lt;<mark>script</mark>&gt; x");
    }

    #[test]
    fn an_excerpt_begins_at_a_word_shortly_before_the_first_match() {
        assert_eq!(
            shown("Hello,\r\n\r\n the  needle\tis here.", "needle"),
            "Hello, the <mark>needle</mark> is here."
        );
        let text = format!("{} the needle {}", "hay ".repeat(500), "straw ".repeat(500));
        let preview = shown(&text, "needle");
        assert!(
            preview.starts_with("hay ") && preview.contains("the <mark>needle</mark> straw"),
            "{preview}"
        );
        assert!(preview.len() > 230, "{preview}");
        assert_eq!(shown("two\nwords together", "\"two words\""), "<mark>two words</mark> together");
        assert_eq!(shown("one two", "one two"), "<mark>one</mark> <mark>two</mark>");
    }

    #[test]
    fn an_excerpt_is_no_longer_than_255_octets_whatever_stands_in_it() {
        for filler in ["&", "<é>", "\u{1F600}", "needle", "needle ", "<needle>", " & "] {
            let text = format!("{} needle {}", filler.repeat(200), filler.repeat(200));
            let preview = shown(&text, "needle");
            assert!(preview.len() <= MAX_PREVIEW, "{} {preview}", preview.len());
            assert!(preview.contains("<mark>needle"), "{preview}");
            assert_eq!(preview.matches(OPEN).count(), preview.matches(CLOSE).count(), "{preview}");
        }
        let long = "xyz ".repeat(150);
        let preview = shown(&long, &format!("\"{long}\""));
        assert!(preview.starts_with("<mark>xyz xyz") && preview.ends_with("</mark>"), "{preview}");
        assert!(preview.len() > MAX_PREVIEW - 4, "{preview}");
    }
}
