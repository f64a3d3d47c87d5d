//! HTML as plain text, for previews and search: what a reader would see, roughly, and nothing that a browser would run.

use mail_parser::decoders::html::add_html_token;

/// Elements whose content is no text of the message.
const UNSEEN: [&str; 5] = ["head", "script", "style", "template", "title"];

/// Elements that stand on lines of their own.
const BLOCKS: [&str; 24] = [
    "address",
    "article",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "table",
    "tr",
    "ul",
];

/// Attributes that are shown, or read out, in place of something.
const SPOKEN: [&str; 2] = ["alt", "title"];

/// The longest character reference, in octets: `&CounterClockwiseContourIntegral;`.
const MAX_REFERENCE: usize = 33;

/// The text of an HTML document, up to about `limit` octets, white space as it comes.
pub fn to_text(html: &str, limit: usize) -> String {
    let mut text = String::new();
    let mut rest = html;
    while text.len() < limit {
        let Some(at) = rest.find('<') else {
            push_references(rest, &mut text);
            break;
        };
        let (before, markup) = rest.split_at(at);
        push_references(before, &mut text);
        rest = match Tag::read(markup) {
            Some((tag, after)) => tag.apply(after, &mut text),
            None => {
                text.push('<');
                markup.get(1..).unwrap_or_default()
            }
        };
    }
    text
}

/// Where a tag, comment or character reference begins that `html`, cut off at `at`, would end inside of; else `at` itself.
pub(crate) fn cut_before_markup(html: &str, at: usize) -> usize {
    let mut from = 0;
    while let Some(start) = html.get(from..at).and_then(|seen| seen.find('<')).map(|found| from + found) {
        let markup = html.get(start..).unwrap_or_default();
        let length = match Tag::read(markup) {
            Some((_, after)) => markup.len() - after.len(),
            None => 1,
        };
        if start + length > at {
            return start;
        }
        from = start + length;
    }
    let reference = html.get(from..at).and_then(|seen| seen.rfind('&')).map(|found| from + found);
    let is_cut = |start: &usize| {
        html.get(*start..).and_then(reference_length).is_some_and(|length| start + length > at)
    };
    reference.filter(is_cut).unwrap_or(at)
}

/// A tag, comment or declaration.
struct Tag<'a> {
    /// In lower case; empty for anything but an element.
    name: String,
    is_end: bool,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// Reads what begins with `<`, and gives what follows it; `None` if this is a lone `<`.
    fn read(markup: &'a str) -> Option<(Self, &'a str)> {
        let inside = markup.get(1..)?;
        if let Some(comment) = inside.strip_prefix("!--") {
            let after = comment.find("-->").and_then(|end| comment.get(end + 3..)).unwrap_or_default();
            return Some((Self { name: String::new(), is_end: false, attributes: "" }, after));
        }
        let named = inside.strip_prefix('/').unwrap_or(inside);
        let first = named.chars().next()?;
        if !first.is_ascii_alphabetic() && !"!?".contains(first) {
            return None;
        }
        let end = tag_end(named);
        let (content, after) = (named.get(..end).unwrap_or(named), named.get(end + 1..).unwrap_or_default());
        let name_end = content.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(content.len());
        let (name, attributes) = content.split_at(name_end);
        Some((
            Self { name: name.to_ascii_lowercase(), is_end: named.len() < inside.len(), attributes },
            after,
        ))
    }

    /// Writes what the tag shows, and gives where to go on.
    fn apply(&self, after: &'a str, text: &mut String) -> &'a str {
        if BLOCKS.contains(&self.name.as_str()) {
            text.push('\n');
        } else if ["td", "th"].contains(&self.name.as_str()) {
            text.push(' ');
        }
        if self.is_end {
            return after;
        }
        self.speak(text);
        match UNSEEN.contains(&self.name.as_str()) {
            true => skip_element(&self.name, after),
            false => after,
        }
    }

    fn speak(&self, text: &mut String) {
        let mut rest = self.attributes;
        while let Some((name, value, after)) = attribute(rest) {
            if SPOKEN.iter().any(|spoken| name.eq_ignore_ascii_case(spoken)) {
                text.push(' ');
                push_references(value, text);
                text.push(' ');
            }
            rest = after;
        }
    }
}

/// The `>` that ends a tag, outside of quoted attribute values; the end if there is none.
fn tag_end(inside: &str) -> usize {
    let mut quote = None;
    let mut after_equals = false;
    for (at, c) in inside.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '>') => return at,
            (None, '"' | '\'') if after_equals => quote = Some(c),
            _ => {}
        }
        after_equals = c == '=' || (after_equals && c.is_ascii_whitespace());
    }
    inside.len()
}

/// The next attribute with a value: its name, its value, and what follows.
fn attribute(attributes: &str) -> Option<(&str, &str, &str)> {
    let (before, behind) = attributes.split_once('=')?;
    let name = before.rsplit(|c: char| c.is_ascii_whitespace() || c == '/').find(|word| !word.is_empty());
    let behind = behind.trim_ascii_start();
    let (value, after) = match behind.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let quoted = behind.get(1..).unwrap_or_default();
            quoted.split_once(quote).unwrap_or((quoted, ""))
        }
        _ => behind.split_at(behind.find(|c: char| c.is_ascii_whitespace()).unwrap_or(behind.len())),
    };
    Some((name.unwrap_or_default(), value, after))
}

/// What follows an element that is not shown. A head that is not closed ends where the body begins.
fn skip_element<'a>(name: &str, after: &'a str) -> &'a str {
    let mut rest = after;
    while let Some(at) = rest.find('<') {
        let markup = rest.get(at..).unwrap_or_default();
        let inside = markup.get(1..).unwrap_or_default();
        if name == "head" && starts_with_name(inside, "body") {
            return markup;
        }
        if inside.strip_prefix('/').is_some_and(|inside| starts_with_name(inside, name)) {
            return markup.split_once('>').map_or("", |(_, after)| after);
        }
        rest = inside;
    }
    ""
}

fn starts_with_name(inside: &str, name: &str) -> bool {
    inside.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        && !inside.get(name.len()..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// Text with its character references resolved.
fn push_references(source: &str, text: &mut String) {
    let mut rest = source;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        text.push_str(before);
        let length = reference_length(reference).unwrap_or(1);
        let (reference, after) = reference.split_at(length);
        push_reference(reference, text);
        rest = after;
    }
    text.push_str(rest);
}

/// An unknown reference stands for itself, and U+0000 for nothing.
fn push_reference(reference: &str, text: &mut String) {
    let mut resolved = String::new();
    add_html_token(&mut resolved, reference.as_bytes(), false);
    text.extend(resolved.chars().filter(|c| *c != '\0'));
}

/// The length in octets of the character reference that `text` begins with.
fn reference_length(text: &str) -> Option<usize> {
    let end = text.bytes().take(MAX_REFERENCE).position(|octet| octet == b';')?;
    let name = text.get(1..end)?;
    let is_name = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'#';
    (!name.is_empty() && name.bytes().all(is_name)).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(html: &str) -> String {
        to_text(html, 10_000).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_a_reader_sees_is_kept() {
        for (html, text) in [
            ("<p>one</p><p>two</p>", "one two"),
            ("un<b>brok</b>en", "unbroken"),
            ("a<br>b<BR/>c", "a b c"),
            ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
            (
                "fish &amp; chips &lt;3 &#8364;&#x20AC; &euro; &unheard; AT&T",
                "fish & chips <3 €€ € &unheard; AT&T",
            ),
            ("<img src=x alt=\"a > b\"> <a title='T &amp; T' href=y>link</a>", "a > b T & T link"),
            ("1 < 2 and 3 <4", "1 < 2 and 3 <4"),
            ("x&#0;y", "xy"),
            ("é<ü>", "é<ü>"),
        ] {
            assert_eq!(folded(html), text, "{html}");
        }
    }

    #[test]
    fn what_a_reader_does_not_see_is_dropped() {
        for (html, text) in [
            ("<html><head><title>t</title><meta x></head><body>b</body>", "b"),
            ("<head><title>t</title><body>b", "b"),
            ("<header>h</header>", "h"),
            ("a<script>if (1 < 2) document.write('</p>')</script>b", "ab"),
            ("a<STYLE>p { }</Style >b", "ab"),
            ("a<!-- <p>x</p> -->b<!DOCTYPE html>", "ab"),
            ("a<script>never closed", "a"),
            ("a<!-- never closed", "a"),
            ("a<p never closed", "a"),
        ] {
            assert_eq!(folded(html), text, "{html}");
        }
    }

    #[test]
    fn text_is_bounded() {
        assert!(to_text(&"<p>word".repeat(100_000), 1_000).len() < 1_010);
    }

    #[test]
    fn a_cut_falls_before_markup() {
        for (html, at, cut) in [
            ("ab<p class=x>", 5, 2),
            ("ab<p>c", 5, 5),
            ("a <4 b", 4, 4),
            ("a&amp;b", 3, 1),
            ("a&amp;b", 6, 6),
            ("a & b;", 4, 4),
            ("<a title='x>y'>z", 13, 0),
            ("x<!-- y -->z", 8, 1),
        ] {
            assert_eq!(cut_before_markup(html, at), cut, "{html} at {at}");
        }
    }
}
