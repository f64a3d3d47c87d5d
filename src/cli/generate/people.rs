//! Who writes, with what words, and what the chains of those who sign are worth.

use chrono::{DateTime, Duration, Utc};

use super::random::Random;
use crate::smime::{Code, Problem};

const SYLLABLES: [&str; 24] = [
    "ba", "con", "de", "fer", "ga", "hol", "in", "jo", "ka", "lem", "mi", "nor", "o", "pra", "qui", "ra",
    "ser", "ta", "u", "ver", "wo", "xi", "yan", "zu",
];
/// Distinct words in the generated mail; how often they come follows Zipf's law.
const VOCABULARY: usize = 20_000;

/// A person with an address, and the worth of the chain that this person signs with.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) worth: Worth,
}

/// The verdict on a signer, as the table `verdict` holds it.
pub(super) struct Worth {
    pub(super) evaluated: bool,
    pub(super) is_good: bool,
    pub(super) problems: Vec<Problem>,
    good: Good,
    pub(super) undetermined: bool,
}

/// When a chain was good.
enum Good {
    Always,
    Before(DateTime<Utc>),
    Never,
}

impl Worth {
    /// Of twenty signers fourteen are good, and the others cover what can be wrong with a chain.
    fn of(index: usize, until: DateTime<Utc>) -> Self {
        let bad = |code, good| Self {
            evaluated: true,
            is_good: false,
            problems: vec![Problem::new(code)],
            good,
            undetermined: false,
        };
        let good = Self {
            evaluated: true,
            is_good: true,
            problems: Vec::new(),
            good: Good::Always,
            undetermined: false,
        };
        match index % 20 {
            14 | 15 => bad(Code::CertificateExpired, Good::Before(until - Duration::days(200))),
            16 => bad(Code::CertificateRevoked, Good::Before(until - Duration::days(400))),
            17 => bad(Code::UntrustedRoot, Good::Never),
            18 => Self { evaluated: false, is_good: false, good: Good::Never, ..good },
            19 => Self { undetermined: true, ..bad(Code::RevocationUnavailable, Good::Never) },
            _ => good,
        }
    }

    /// Whether the chain was good at a time of delivery.
    pub(super) fn was_good(&self, received_at: DateTime<Utc>) -> bool {
        match self.good {
            Good::Always => true,
            Good::Before(end) => received_at < end,
            Good::Never => false,
        }
    }

    /// The column `verdict.good`.
    pub(super) fn good(&self) -> String {
        match self.good {
            Good::Always => "{(,)}".to_owned(),
            Good::Before(end) => format!("{{(,\"{}\")}}", end.to_rfc3339()),
            Good::Never => "{}".to_owned(),
        }
    }
}

/// People who write, the first ones often.
pub(super) fn people(count: usize, words: &[String], until: DateTime<Utc>) -> Vec<Person> {
    (0..count)
        .map(|index| {
            let (first, last) = (&words[index * 7 % words.len()], &words[(index * 13 + 5) % words.len()]);
            let domain = &words[(index % (count / 8 + 1)) * 31 % words.len()];
            Person {
                name: format!("{} {}", capitalised(first), capitalised(last)),
                address: format!("{first}.{last}{index}@{domain}.example.com"),
                worth: Worth::of(index, until),
            }
        })
        .collect()
}

/// The words of the mail, common ones first.
pub(super) fn vocabulary() -> Vec<String> {
    (0..VOCABULARY)
        .map(|index| {
            let base = SYLLABLES.len();
            let mut rest = index + base;
            let mut word = String::new();
            while rest > 0 {
                word.push_str(SYLLABLES[rest % base]);
                rest /= base;
            }
            word
        })
        .collect()
}

/// So many words.
pub(super) fn text(words: &[String], count: usize, random: &mut Random) -> String {
    let chosen: Vec<&str> = (0..count).map(|_| words[random.zipf(words.len())].as_str()).collect();
    chosen.join(" ")
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}
