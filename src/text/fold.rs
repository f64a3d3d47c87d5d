//! Folding: what is the same to a person who searches becomes the same characters.

use unicode_normalization::UnicodeNormalization;

/// Folds case, accents and compatibility forms: `Ångström` and `ANGSTROM` are both `angstrom`, `ﬁ` is `fi`.
///
/// Marks that carry meaning stay (the vowel signs of Indic scripts, the voicing marks of kana), and Hangul
/// syllables are put together again. NUL, which PostgreSQL's text cannot hold, is dropped.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.chars().filter(|c| *c != '\0').map(|c| c.to_ascii_lowercase()).collect();
    }
    text.nfkd()
        .flat_map(char::to_lowercase)
        .filter(|c| *c != '\0' && !is_accent(*c))
        .nfc()
        .flat_map(plain_letters)
        .collect()
}

/// Marks that people leave out when they type: accents, Hebrew points, Arabic vowels.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{0591}'..='\u{05BD}' | '\u{05BF}'..='\u{05C7}' | '\u{064B}'..='\u{065F}'
        | '\u{0670}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
        | '\u{FE20}'..='\u{FE2F}')
}

/// Letters that people write with plain ones and that Unicode does not decompose.
fn plain_letters(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ø' => ('o', None),
        'ł' => ('l', None),
        'đ' => ('d', None),
        'ı' => ('i', None),
        'ς' => ('σ', None),
        other => (other, None),
    };
    std::iter::once(first).chain(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_forms_fold() {
        for (text, folded) in [
            ("Ångström", "angstrom"),
            ("STRASSE Straße", "strasse strasse"),
            ("İstanbul ıssız", "istanbul issiz"),
            ("ﬁnance ①", "finance 1"),
            ("Łódź Søren", "lodz soren"),
            ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
            ("한국어", "한국어"),
            ("ガ が", "ガ が"),
            ("a\0b", "ab"),
            ("हिन्दी", "हिन्दी"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }
}
