//! The parameters of a problem as a text shows them. They come out of messages and certificates: whoever wrote those
//! must not get more out of a text than a value in its place.

use chrono::{DateTime, Timelike, Utc};
use fluent_bundle::{FluentArgs, FluentValue};
use serde_json::Value;

use super::Language;
use crate::smime::Problem;

/// The longest parameter that is told, in characters.
const LONGEST: usize = 200;

/// What a parameter is to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of a few words of ours, for which the texts have variants.
    Choice,
    /// A UTCDate.
    Date,
    /// A name of somebody, for whom a text has words if there is none.
    Name,
    /// A number of something, for which the texts have plural forms.
    Number,
    /// Anything else.
    Text,
}

/// Every parameter that a text may ask for. One that a problem does not have is `none`.
pub(super) const PARAMETERS: &[(&str, Kind)] = &[
    ("addresses", Kind::Text),
    ("algorithm", Kind::Text),
    ("bits", Kind::Number),
    ("detail", Kind::Text),
    ("from", Kind::Text),
    ("invalidityDate", Kind::Date),
    ("issuer", Kind::Name),
    ("keyIdentifier", Kind::Text),
    ("kind", Kind::Choice),
    ("nextUpdate", Kind::Date),
    ("notAfter", Kind::Date),
    ("notBefore", Kind::Date),
    ("reason", Kind::Choice),
    ("revokedAt", Kind::Date),
    ("rule", Kind::Choice),
    ("serial", Kind::Text),
    ("signedFrom", Kind::Text),
    ("signer", Kind::Text),
    ("subject", Kind::Name),
    ("trustedFrom", Kind::Date),
    ("trustedUntil", Kind::Date),
    ("url", Kind::Text),
];

/// The parameters as a text wants them; `no_name` stands for names that are missing.
pub(super) fn arguments(language: Language, problem: &Problem, no_name: &str) -> FluentArgs<'static> {
    let mut arguments = FluentArgs::with_capacity(PARAMETERS.len());
    for &(name, kind) in PARAMETERS {
        let value = problem.parameters.get(name).filter(|value| !is_empty(value));
        arguments.set(name, argument(language, kind, value, no_name));
    }
    arguments
}

fn argument(language: Language, kind: Kind, value: Option<&Value>, no_name: &str) -> FluentValue<'static> {
    let Some(value) = value else {
        return if kind == Kind::Name { no_name.to_owned().into() } else { "none".into() };
    };
    match (kind, number(value)) {
        (Kind::Number, Some(number)) => number.into(),
        (Kind::Choice, _) => told(value).into(),
        (Kind::Date, _) => isolated(language, date(value).unwrap_or_else(|| told(value))).into(),
        _ => isolated(language, told(value)).into(),
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// A number, whichever way a problem holds it.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse::<u32>().ok().map(f64::from))
}

/// A UTCDate as people of all our languages read it, to the minute if it is a whole one.
fn date(value: &Value) -> Option<String> {
    let at: DateTime<Utc> = value.as_str()?.parse().ok()?;
    Some(at.format(if at.second() == 0 { "%Y-%m-%d %H:%M UTC" } else { "%Y-%m-%d %H:%M:%S UTC" }).to_string())
}

/// A parameter as text: bounded, on one line, without characters that reorder their surroundings.
fn told(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut harmless = text.chars().filter(|c| !c.is_control() && !is_layout(*c));
    let mut told: String = harmless.by_ref().take(LONGEST).collect();
    if harmless.next().is_some() {
        told.push('…');
    }
    told
}

/// Separators of lines and paragraphs, and marks of direction (UAX #9 §2).
fn is_layout(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Between lines that run from right to left, a parameter is a stretch of its own direction (FIRST STRONG ISOLATE, UAX #9
/// §2.4): an address and the full stop after it would change places otherwise.
fn isolated(language: Language, told: String) -> String {
    if language.is_right_to_left() { format!("\u{2068}{told}\u{2069}") } else { told }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::text;
    use crate::smime::{Code, Problem};

    #[test]
    fn parameters_are_bounded_and_cannot_disturb_the_text() {
        let hostile = format!("a\u{202E}b\u{2069}\r\n\0\u{2028}{}", "x".repeat(10_000));
        for &language in Language::ALL {
            let problem = Problem::new(Code::FromMismatch).with("from", hostile.as_str()).with("other", "y");
            let told = text(language, &problem);
            assert!(told.chars().count() < 1000 && told.contains("abxxx") && told.contains('…'), "{told}");
            let marks = told.chars().filter(|c| is_layout(*c) || c.is_control());
            let ours = if language.is_right_to_left() { 2 * told.matches("abx").count() } else { 0 };
            assert_eq!(marks.count(), ours, "{told}");
        }
    }

    #[test]
    fn dates_are_told_to_the_minute_or_to_the_second() {
        let date = |text: &str| date(&Value::from(text));
        assert_eq!(date("2026-01-31T12:00:00Z").as_deref(), Some("2026-01-31 12:00 UTC"));
        assert_eq!(date("2026-01-31T23:59:59Z").as_deref(), Some("2026-01-31 23:59:59 UTC"));
        assert_eq!(date("some day"), None);
        let told =
            |at: &str| text(Language::English, &Problem::new(Code::CertificateExpired).with("notAfter", at));
        assert!(told("2026-01-31T12:00:00Z").contains(" at 2026-01-31 12:00 UTC. "));
        assert!(told("some day").contains(" at some day. "));
    }

    #[test]
    fn who_has_no_name_is_told_in_words() {
        for problem in
            [Problem::new(Code::WrongKeyUsage), Problem::new(Code::WrongKeyUsage).with("subject", " ")]
        {
            assert!(
                text(Language::English, &problem).starts_with("The certificate of (no name) is not meant")
            );
            assert!(
                text(Language::German, &problem).starts_with("Das Zertifikat von (ohne Namen) ist nicht")
            );
        }
    }

    #[test]
    fn bits_are_counted_as_each_language_counts() {
        let told = |language, bits: Value| {
            text(language, &Problem::new(Code::WeakKey).with("algorithm", "rsa").with("bits", bits))
        };
        for (language, bits, expected) in [
            (Language::English, 1, "only 1 bit and"),
            (Language::English, 512, "only 512 bits and"),
            (Language::German, 512, "nur 512 Bit und"),
            (Language::French, 1024, "que 1024 bits et"),
            (Language::Polish, 1024, "tylko 1024 bity i"),
            (Language::Polish, 512, "tylko 512 bitów i"),
            (Language::Polish, 1, "tylko 1 bit i"),
            (Language::Japanese, 768, "768 ビットしか"),
            (Language::SimplifiedChinese, 768, "768 位，"),
            (Language::Arabic, 1024, " 1024 بت "),
        ] {
            for bits in [Value::from(bits), bits.to_string().into()] {
                let told = told(language, bits);
                assert!(told.contains(expected), "{expected} in {told}");
            }
        }
    }

    #[test]
    fn arabic_isolates_what_runs_from_left_to_right() {
        let problem = Problem::new(Code::CertificateExpired)
            .with("subject", "CN=Anna")
            .with("notAfter", "2026-01-31T12:00:00Z");
        let arabic = text(Language::Arabic, &problem);
        assert!(arabic.contains("\u{2068}CN=Anna\u{2069}"), "{arabic}");
        assert!(arabic.contains("\u{2068}2026-01-31 12:00 UTC\u{2069}."), "{arabic}");
        for &language in Language::ALL.iter().filter(|language| !language.is_right_to_left()) {
            assert!(!text(language, &problem).contains(is_layout), "{language:?}");
        }
    }
}
