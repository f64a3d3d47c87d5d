//! Who writes, to everybody's accounts.

use super::languages::{Language, latin};
use super::random::Random;
use crate::mime::EmailAddress;

/// What random numbers are for; see [`Random::of`].
const KIND: u64 = 1;

/// Somebody with an address.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) address: String,
    /// In which they write as a rule.
    pub(super) language: &'static Language,
}

impl Person {
    /// Somebody with this address, whose name follows from a number.
    pub(super) fn with_address(address: &str, seed: u64, number: usize) -> Self {
        let mut random = Random::of(seed, KIND, number as u64);
        let language = Language::pick(&mut random);
        let (first, last) = (random.below(400), 400 + random.below(20_000));
        Self {
            name: format!("{} {}", language.name(first), language.name(last)),
            address: address.to_owned(),
            language,
        }
    }

    /// As header fields name them.
    pub(super) fn mailbox(&self) -> EmailAddress {
        EmailAddress { name: Some(self.name.clone()), email: self.address.clone() }
    }

    /// What stands behind the `@`.
    pub(super) fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("generated.example", |(_, domain)| domain)
    }
}

/// So many people, a few of them in each organisation and many in the largest.
pub(super) fn people(count: usize, seed: u64) -> Vec<Person> {
    (0..count)
        .map(|number| {
            let mut random = Random::of(seed, KIND, u64::MAX - number as u64);
            let (local, domain) = (latin(random.below(5_000)), latin(random.zipf(count / 8 + 1)));
            Person::with_address(&format!("{local}{number}@{domain}.example"), seed, number)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn everybody_has_an_address_of_their_own_and_domains_are_shared() {
        let people = people(5_000, 1);
        let addresses: HashSet<&str> = people.iter().map(|person| person.address.as_str()).collect();
        let domains: HashSet<&str> = people.iter().map(Person::domain).collect();
        assert_eq!(addresses.len(), people.len());
        assert!((100..600).contains(&domains.len()), "{}", domains.len());
    }
}
