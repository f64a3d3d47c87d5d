//! Citations of RFCs in comments: `RFC 8621 §4.6`, `RFC 8620 §5.1, §5.3 and §5.4`, `RFC 8620 §3.1 to §3.5`,
//! `RFC 8621 §4.1.2–4.1.3`. In the tests of one RFC (`tests/rfc8620/…`) a section alone is one of that RFC.

use std::collections::BTreeSet;

/// A section of an RFC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Section {
    pub rfc: u32,
    /// Such as `4.1.2`; empty where the RFC is cited as a whole.
    pub number: String,
}

/// What a file cites.
pub fn citations(file: &str, text: &str) -> BTreeSet<Section> {
    let text = joined(text);
    let own_rfc = file.strip_prefix("tests/rfc").and_then(|rest| rest.get(..4)?.parse().ok());
    let mut found = BTreeSet::new();
    // The RFC that a section belongs to, as long as nothing but sections and what stands between them comes.
    let mut current: Option<u32> = None;
    let mut before = "";
    let mut last: Option<String> = None;
    for word in text.split_whitespace() {
        let bare = word.trim_start_matches(['(', '`', '[', '"']);
        if before.ends_with("RFC")
            && let Some(number) = bare.get(..4).and_then(|digits| digits.parse().ok())
            && !bare.get(4..5).is_some_and(|next| next.chars().all(|c| c.is_ascii_digit()))
        {
            current = Some(number);
            last = None;
            found.insert(Section { rfc: number, number: String::new() });
        } else if let Some(section) = bare.strip_prefix('§') {
            let rfc = current.or(own_rfc);
            for number in numbers(section, if before == "to" { last.as_deref() } else { None }) {
                found.extend(rfc.map(|rfc| Section { rfc, number: number.clone() }));
                last = Some(number);
            }
        } else if !["and", "or", "to"].contains(&word) {
            current = None;
            last = None;
        }
        // A sentence that ends takes its RFC along.
        if word.ends_with('.') {
            current = None;
        }
        before = word;
    }
    // The RFC as a whole counts only where no section of it is named.
    let with_sections: BTreeSet<u32> =
        found.iter().filter(|section| !section.number.is_empty()).map(|section| section.rfc).collect();
    found.retain(|section| !section.number.is_empty() || !with_sections.contains(&section.rfc));
    found
}

/// The text with each comment as one line.
fn joined(text: &str) -> String {
    let mut joined = String::new();
    for line in text.lines() {
        let line = line.trim_start();
        let comment = ["///", "//!", "//", "--"].iter().find_map(|mark| line.strip_prefix(mark));
        // A statement between two comments parts them.
        joined += comment.map_or("\u{1} ", |_| " ");
        joined += comment.unwrap_or(line);
    }
    joined
}

/// The numbers of a word after its `§`: one, or those of a range, which begins in the word or with `from`.
fn numbers(word: &str, from: Option<&str>) -> Vec<String> {
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '–').unwrap_or(word.len());
    let text = word[..end].trim_matches(['.', '–']);
    let (first, to) = match (text.split_once('–'), from) {
        (Some((first, to)), _) => (first, to),
        (None, Some(first)) => (first, text),
        (None, None) => return if text.is_empty() { Vec::new() } else { vec![text.to_owned()] },
    };
    // `4.1.2–4.1.4` and `4.1.2–4` are the same.
    let (Some((parent, start)), to) = (first.rsplit_once('.'), to.rsplit('.').next().unwrap_or(to)) else {
        return vec![first.to_owned(), to.to_owned()];
    };
    match (start.parse::<u32>(), to.parse::<u32>()) {
        (Ok(start), Ok(to)) => (start..=to).map(|last| format!("{parent}.{last}")).collect(),
        _ => vec![first.to_owned()],
    }
}

#[test]
fn citations_are_found_in_all_their_forms() {
    let of = |file: &str, text: &str| -> Vec<String> {
        citations(file, text)
            .into_iter()
            .map(|section| format!("{} {}", section.rfc, section.number))
            .collect()
    };
    assert_eq!(of("src/a.rs", "// as RFC 8621 §4.6 says."), ["8621 4.6"]);
    assert_eq!(
        of("src/a.rs", "/// (RFC 8620\n/// §5.1, §5.3 and §5.4). §9"),
        ["8620 5.1", "8620 5.3", "8620 5.4"]
    );
    assert_eq!(
        of("src/a.rs", "(RFC 8620 §3.2–3.4, RFC 9219 §4.2)"),
        ["8620 3.2", "8620 3.3", "8620 3.4", "9219 4.2"]
    );
    assert_eq!(of("src/a.rs", "RFC 8620 §3.1 to §3.3;"), ["8620 3.1", "8620 3.2", "8620 3.3"]);
    assert_eq!(of("src/a.rs", "`RFC 8621 §4.1.2.2–4`"), ["8621 4.1.2.2", "8621 4.1.2.3", "8621 4.1.2.4"]);
    assert_eq!(of("src/a.rs", "RFC 7617, and RFC 8620's errors, §3"), ["7617 ", "8620 "]);
    assert_eq!(of("sql/a/b.sql", "-- a/b: as RFC 8621\n-- §3 wants"), ["8621 3"]);
    assert_eq!(of("src/a.rs", "/// RFC 8620\nlet x = 1; // §5"), ["8620 "]);
    assert_eq!(
        of("tests/rfc8620/s5.rs", "/// §5.1: and RFC 8621 §4. Then §5.2"),
        ["8620 5.1", "8620 5.2", "8621 4"]
    );
}
