//! Which language a reader gets (RFC 8620 §3.8, RFC 9110 §12.5.4).

use std::str::FromStr;

/// How much of an Accept-Language header is read.
const MOST_RANGES: usize = 32;

/// A language with a catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, which everybody gets who asks for nothing that there is.
    #[default]
    English,
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Italian.
    Italian,
    /// Portuguese, in words that Brazil and Portugal share.
    Portuguese,
    /// Dutch.
    Dutch,
    /// Polish.
    Polish,
    /// Japanese.
    Japanese,
    /// Chinese in simplified characters.
    SimplifiedChinese,
    /// Arabic, written from right to left.
    Arabic,
}

impl Language {
    /// Every language, in the order of preference for a reader who takes any.
    pub const ALL: &[Self] = &[
        Self::English,
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Italian,
        Self::Portuguese,
        Self::Dutch,
        Self::Polish,
        Self::Japanese,
        Self::SimplifiedChinese,
        Self::Arabic,
    ];

    /// The tag for Content-Language (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Italian => "it",
            Self::Portuguese => "pt",
            Self::Dutch => "nl",
            Self::Polish => "pl",
            Self::Japanese => "ja",
            Self::SimplifiedChinese => "zh-Hans",
            Self::Arabic => "ar",
        }
    }

    /// Whether its lines run from right to left.
    pub fn is_right_to_left(self) -> bool {
        self == Self::Arabic
    }

    /// The best of our languages for an Accept-Language header (lookup, RFC 4647 §3.4); English if none fits.
    pub fn negotiate(accept_language: Option<&str>) -> Self {
        let ranges = accept_language.unwrap_or_default().split(',').take(MOST_RANGES).filter_map(range);
        let (refused, mut wanted): (Vec<_>, Vec<_>) = ranges.partition(|(_, weight)| *weight == 0);
        let refused: Vec<Self> = refused.into_iter().filter_map(|(range, _)| Self::named(range)).collect();
        // The sort is stable: equal weights keep the order of the header.
        wanted.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        let is_welcome = |language: &Self| !refused.contains(language);
        wanted
            .into_iter()
            .find_map(|(range, _)| match range {
                "*" => Self::ALL.iter().copied().find(is_welcome),
                range => Self::of_range(range).filter(is_welcome),
            })
            .unwrap_or_default()
    }

    /// The language that a range means as a whole, not by a part of it: who wants no `de-CH` may want German.
    fn named(range: &str) -> Option<Self> {
        Self::of_range(range)
            .filter(|language| range.eq_ignore_ascii_case(language.tag()) || !range.contains('-'))
    }

    /// The language of a range, which may be more special than what we have: `de-AT-1996` finds German.
    fn of_range(range: &str) -> Option<Self> {
        let mut subtags = range.split('-');
        let primary = subtags.next()?;
        let is_chinese = ["zh", "cmn"].iter().any(|tag| primary.eq_ignore_ascii_case(tag));
        if is_chinese {
            return reads_simplified(subtags).then_some(Self::SimplifiedChinese);
        }
        Self::ALL.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// Whether Chinese with these subtags is read in simplified characters. Lookup would cut `zh-Hant-TW` down to `zh` and
/// find them; but traditional characters are another way to write, which many readers of it find hard to read or
/// foreign, and a text about forgery must not leave doubts. They get their next choice, or English. Who takes simplified
/// characters beside traditional ones says so by `zh`, as browsers do: `zh-TW, zh;q=0.9`. Script decides before region
/// (RFC 5646 §4.1): `zh-Hans-HK` is simplified.
fn reads_simplified<'a>(subtags: impl Iterator<Item = &'a str>) -> bool {
    let mut is_of_traditional_region = false;
    for subtag in subtags {
        match subtag.to_ascii_lowercase().as_str() {
            "hans" => return true,
            "hant" => return false,
            "tw" | "hk" | "mo" => is_of_traditional_region = true,
            _ => {}
        }
    }
    !is_of_traditional_region
}

/// A language by its tag or a more special one, as people write it in a command: `pt-BR`, `zh_CN`.
impl FromStr for Language {
    type Err = String;

    fn from_str(tag: &str) -> Result<Self, String> {
        Self::of_range(&tag.replace('_', "-")).ok_or_else(|| {
            let tags: Vec<&str> = Self::ALL.iter().map(|language| language.tag()).collect();
            format!("there are texts in {}", tags.join(", "))
        })
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

    fn negotiated(header: &str) -> Language {
        Language::negotiate(Some(header))
    }

    #[test]
    fn whatever_is_asked_for_somebody_answers_in_english() {
        assert_eq!(Language::negotiate(None), Language::English);
        for header in
            ["", "en-GB, de;q=0.8", "tlh, *;q=0.1", "tlh", ";;q=,", "en;q=2", "en;q=0", "sv, da;q=0.9"]
        {
            assert_eq!(negotiated(header), Language::English, "{header}");
        }
    }

    #[test]
    fn every_language_is_found_by_its_tag_whatever_follows_it() {
        for &language in Language::ALL {
            let tag = language.tag();
            for range in
                [tag.to_owned(), tag.to_uppercase(), format!("{tag}-x-bank"), format!("tlh, {tag};q=0.001")]
            {
                assert_eq!(negotiated(&range), language, "{range}");
            }
        }
        for (range, language) in [
            ("de-CH", Language::German),
            ("de-Latn-AT-1996", Language::German),
            ("pt-BR", Language::Portuguese),
            ("pt-PT", Language::Portuguese),
            ("es-419", Language::Spanish),
            ("ar-EG", Language::Arabic),
            ("nl-BE", Language::Dutch),
            ("ja-JP", Language::Japanese),
        ] {
            assert_eq!(negotiated(range), language, "{range}");
        }
    }

    #[test]
    fn chinese_is_simplified_unless_the_range_says_traditional() {
        for range in [
            "zh",
            "zh-CN",
            "zh-Hans",
            "zh-hans-cn",
            "zh-SG",
            "zh-MY",
            "zh-cmn-Hans-CN",
            "cmn",
            "zh-Hans-HK",
            "zh-TW, zh;q=0.9, en;q=0.7",
        ] {
            assert_eq!(negotiated(range), Language::SimplifiedChinese, "{range}");
        }
        for range in ["zh-TW", "zh-Hant", "zh-HK", "zh-Hant-CN", "zh-MO, zh-TW"] {
            assert_eq!(negotiated(range), Language::English, "{range}");
        }
        assert_eq!(negotiated("zh-Hant-TW, ja;q=0.5"), Language::Japanese);
    }

    #[test]
    fn weights_decide_and_then_the_order() {
        assert_eq!(negotiated("en;q=0.5, fr;q=0.9, de;q=0.7"), Language::French);
        assert_eq!(negotiated("it, pl"), Language::Italian);
        assert_eq!(negotiated("sv-SE, *;q=0.5"), Language::English);
        assert_eq!(negotiated("*, de;q=0.9"), Language::English);
    }

    #[test]
    fn what_is_refused_is_not_given_while_there_is_another() {
        assert_eq!(negotiated("de-CH, de;q=0, nl;q=0.2"), Language::Dutch);
        assert_eq!(negotiated("de-CH;q=0, de"), Language::German);
        assert_eq!(negotiated("en;q=0, *;q=0.1"), Language::German);
        assert_eq!(negotiated("zh;q=0, zh-CN, pl;q=0.1"), Language::Polish);
    }

    #[test]
    fn a_command_takes_tags_as_people_write_them() {
        assert_eq!("zh_CN".parse(), Ok(Language::SimplifiedChinese));
        assert_eq!("pt-br".parse(), Ok(Language::Portuguese));
        for wrong in ["tlh", "", "*", "zh-TW", "de, fr"] {
            assert!(wrong.parse::<Language>().is_err_and(|error| error.contains("en, de, fr")), "{wrong}");
        }
    }

    #[test]
    fn ranges_are_read_with_their_weights() {
        assert_eq!(range("de-CH;q=0.85"), Some(("de-CH", 850)));
        assert_eq!(range(" fr "), Some(("fr", 1000)));
        assert_eq!(range("fr;q=high"), None);
        assert_eq!(range("fr;q=NaN"), None);
        assert_eq!(Language::of_range("EN-us"), Some(Language::English));
        assert_eq!(Language::of_range("sv"), None);
    }
}
