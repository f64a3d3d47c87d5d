//! Lists in angle brackets: message ids (RFC 5322 §3.6.4, RFC 8621 §4.1.2.5) and URLs (RFC 2369 §2, RFC 8621 §4.1.2.7).

use super::address::{quoted_string, read_comment};

/// A field is read up to this many items; those after it are not seen.
const MAX_ITEMS: usize = 10_000;

/// The ids of an unfolded value, without angle brackets, comments and white space; `None` if there is none.
///
/// Words between the ids are passed over: In-Reply-To and References may hold phrases (RFC 5322 §4.5.4).
pub(crate) fn parse_message_ids(value: &str) -> Option<Vec<String>> {
    in_angle_brackets(value)
}

/// The URLs of an unfolded value; `None` if there is none, as where List-Post says `NO`.
pub(crate) fn parse_urls(value: &str) -> Option<Vec<String>> {
    in_angle_brackets(value)
}

fn in_angle_brackets(value: &str) -> Option<Vec<String>> {
    let mut items = Vec::new();
    let mut rest = value;
    while let Some(next) = rest.chars().next() {
        let after = rest.get(next.len_utf8()..).unwrap_or_default();
        rest = match next {
            '(' => read_comment(after).1,
            '"' => rest.get(quoted_string(rest).1..).unwrap_or_default(),
            '<' => {
                let (inside, after) = after.split_once('>')?;
                let item: String = inside.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
                if item.is_empty() || item.contains('<') {
                    return None;
                }
                items.push(item);
                after
            }
            _ => after,
        };
        if items.len() == MAX_ITEMS {
            break;
        }
    }
    (!items.is_empty()).then_some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_bare() {
        for (value, expected) in [
            (" <a@example.com>", Some(vec!["a@example.com"])),
            (
                "<a@example.com><b@example.com> (comment <x@y>)\t<c@[192.0.2.1]>",
                Some(vec!["a@example.com", "b@example.com", "c@[192.0.2.1]"]),
            ),
            ("< a@ example.com >", Some(vec!["a@example.com"])),
            ("Message from Jane of \"1 <x@y> Jan\" <a@example.com>", Some(vec!["a@example.com"])),
            ("a@example.com", None),
            ("<a@example.com", None),
            ("<>", None),
            ("<a<b@example.com>", None),
            ("", None),
        ] {
            let expected: Option<Vec<String>> =
                expected.map(|ids| ids.into_iter().map(str::to_owned).collect());
            assert_eq!(parse_message_ids(value), expected, "{value}");
        }
    }
}
