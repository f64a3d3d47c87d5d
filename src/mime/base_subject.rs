//! The base subject (RFC 5256 §2.1), by which subjects are sorted and threads told apart.

/// Strips replies, forwards and list tags from a decoded subject. Case is kept.
pub fn base_subject(subject: &str) -> String {
    let folded = subject.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    let mut base = folded.as_str();
    loop {
        base = without_trailers(base);
        base = without_leaders_and_blobs(base);
        match without_forward(base) {
            Some(inside) => base = inside,
            None => return base.to_owned(),
        }
    }
}

/// Step 2: `subj-trailer`, which is `(fwd)` or white space.
fn without_trailers(text: &str) -> &str {
    let mut text = text.trim_end();
    while let Some((before, trailer)) = text.split_at_checked(text.len().saturating_sub(5))
        && trailer.eq_ignore_ascii_case("(fwd)")
    {
        text = before.trim_end();
    }
    text
}

/// Steps 3 to 5: `subj-leader` always, `subj-blob` if something is left behind it.
fn without_leaders_and_blobs(text: &str) -> &str {
    let mut text = text;
    loop {
        let stripped = without_leader(text).or_else(|| without_blob(text).filter(|rest| !rest.is_empty()));
        match stripped {
            Some(rest) => text = rest,
            None => return text,
        }
    }
}

/// `subj-leader = (*subj-blob subj-refwd) / WSP`
fn without_leader(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix([' ', '\t']) {
        return Some(rest);
    }
    let mut rest = text;
    while let Some(behind) = without_blob(rest) {
        rest = behind;
    }
    without_reply(rest)
}

/// `subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"`
fn without_reply(text: &str) -> Option<&str> {
    let rest = ["fwd", "fw", "re"].iter().find_map(|word| without_prefix(text, word))?;
    let rest = rest.trim_ascii_start();
    without_blob(rest).unwrap_or(rest).strip_prefix(':')
}

/// `subj-blob = "[" *BLOBCHAR "]" *WSP`, a BLOBCHAR being anything but a square bracket.
fn without_blob(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    let end = inside.find(['[', ']'])?;
    Some(inside.get(end..)?.strip_prefix(']')?.trim_ascii_start())
}

/// Step 6: `[fwd:` … `]`.
fn without_forward(text: &str) -> Option<&str> {
    without_prefix(text, "[fwd:")?.strip_suffix(']')
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_rfc_5256() {
        for (subject, base) in [
            ("Dinner", "Dinner"),
            ("  Dinner \t on\tThursday ", "Dinner on Thursday"),
            ("Re: Dinner", "Dinner"),
            ("RE: re:Re : Dinner", "Dinner"),
            ("Fw: Fwd: FWD : Dinner", "Dinner"),
            ("Re[2]: Dinner", "Dinner"),
            ("re [x] : Dinner", "Dinner"),
            ("[list] Re: Dinner", "Dinner"),
            ("Re: [list] Dinner", "Dinner"),
            ("[a] [b] Re: [c] Dinner", "Dinner"),
            ("[list]", "[list]"),
            ("[a][b]", "[b]"),
            ("Re: [list]", "[list]"),
            ("Dinner (fwd)", "Dinner"),
            ("Dinner (FWD) (fwd)  ", "Dinner"),
            ("[fwd: Dinner]", "Dinner"),
            ("[Fwd: Re: Dinner (fwd)]", "Dinner"),
            ("Re: [fwd: [fwd: Dinner]]", "Dinner"),
            ("Re:", ""),
            ("(fwd)", ""),
            ("", ""),
            ("[", "["),
            ("[unclosed Re: x", "[unclosed Re: x"),
            ("[a[b]] Re: x", "[a[b]] Re: x"),
            ("Red: x", "Red: x"),
            ("Aw: x", "Aw: x"),
            ("Ré: x", "Ré: x"),
            ("é", "é"),
        ] {
            assert_eq!(base_subject(subject), base, "{subject}");
        }
    }

    #[test]
    fn the_base_of_a_base_is_itself_and_long_subjects_take_linear_steps() {
        let long = format!("{}Dinner{}", "Re: [x] ".repeat(5_000), " (fwd)".repeat(5_000));
        assert_eq!(base_subject(&long), "Dinner");
        assert_eq!(base_subject("Dinner"), "Dinner");
    }
}
