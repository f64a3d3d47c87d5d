//! Which language a reader gets (RFC 8620 §3.8, RFC 9110 §12.5.4).

/// How much of an Accept-Language header is read.
const MOST_RANGES: usize = 32;

/// A language with a catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, which everybody gets who asks for nothing that there is.
    #[default]
    English,
}

impl Language {
    /// Every language, in the order of preference among those that a reader likes equally.
    pub const ALL: &[Self] = &[Self::English];

    /// The tag for Content-Language (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
        }
    }

    /// The best of our languages for an Accept-Language header (lookup, RFC 4647 §3.4); English if none fits.
    pub fn negotiate(accept_language: Option<&str>) -> Self {
        let mut ranges: Vec<(&str, u16)> = accept_language
            .unwrap_or_default()
            .split(',')
            .take(MOST_RANGES)
            .filter_map(range)
            .filter(|(_, weight)| *weight > 0)
            .collect();
        // The sort is stable: equal weights keep the order of the header.
        ranges.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        ranges.into_iter().find_map(|(range, _)| Self::of_range(range)).unwrap_or_default()
    }

    /// The language of a range, which may be more special than what we have: `en-GB` finds English.
    fn of_range(range: &str) -> Option<Self> {
        if range == "*" {
            return Some(Self::default());
        }
        let primary = range.split('-').next()?;
        Self::ALL.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// A language range and its weight in thousandths; none if it cannot be read.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut pieces = text.split(';').map(str::trim);
    let range = pieces.next().filter(|range| !range.is_empty())?;
    let Some(weight) = pieces.next() else { return Some((range, 1000)) };
    let weight: f32 = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?.trim().parse().ok()?;
    (0.0..=1.0).contains(&weight).then_some((range, (weight * 1000.0) as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_asked_for_somebody_answers_in_english() {
        for header in [
            None,
            Some(""),
            Some("en-GB, de;q=0.8"),
            Some("de, *;q=0.1"),
            Some("tlh"),
            Some(";;q=,"),
            Some("en;q=2"),
        ] {
            assert_eq!(Language::negotiate(header), Language::English);
        }
    }

    #[test]
    fn ranges_are_read_with_their_weights() {
        assert_eq!(range("de-CH;q=0.85"), Some(("de-CH", 850)));
        assert_eq!(range(" fr "), Some(("fr", 1000)));
        assert_eq!(range("fr;q=high"), None);
        assert_eq!(range("fr;q=NaN"), None);
        assert_eq!(Language::of_range("EN-us"), Some(Language::English));
        assert_eq!(Language::of_range("fr"), None);
    }
}
