//! Who writes, and with what words.

use super::random::Random;

const SYLLABLES: [&str; 24] = [
    "ba", "con", "de", "fer", "ga", "hol", "in", "jo", "ka", "lem", "mi", "nor", "o", "pra", "qui", "ra",
    "ser", "ta", "u", "ver", "wo", "xi", "yan", "zu",
];
/// Distinct words in the generated mail; how often they come follows Zipf's law.
const VOCABULARY: usize = 20_000;

/// A person with an address.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) address: String,
}

/// People who write, the first ones often.
pub(super) fn people(count: usize, words: &[String]) -> Vec<Person> {
    (0..count)
        .map(|index| {
            let (first, last) = (&words[index * 7 % words.len()], &words[(index * 13 + 5) % words.len()]);
            let domain = &words[(index % (count / 8 + 1)) * 31 % words.len()];
            Person {
                name: format!("{} {}", capitalised(first), capitalised(last)),
                address: format!("{first}.{last}{index}@{domain}.example.com"),
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
