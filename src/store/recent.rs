//! A cache of what belongs to texts, bounded by their number and by their octets.

use std::collections::HashMap;

/// Texts at most. A connection's statements take some memory of PostgreSQL's (docs/performance.md says how much), so a
/// stranger's filters must not be kept without end.
const MOST_TEXTS: usize = 64;
/// Octets of all texts together at most.
const MOST_OCTETS: usize = 64 << 10;
/// Octets of a text that is kept: a larger one would drive out all that others use.
const MOST_OCTETS_OF_ONE: usize = 8 << 10;

/// What belongs to the texts that were used last.
pub(super) struct Recent<T> {
    entries: HashMap<Box<str>, Entry<T>>,
    octets: usize,
    uses: u64,
}

struct Entry<T> {
    value: T,
    last_use: u64,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), octets: 0, uses: 0 }
    }
}

impl<T> Recent<T> {
    /// What belongs to a text.
    pub(super) fn get(&mut self, text: &str) -> Option<&T> {
        self.uses += 1;
        let entry = self.entries.get_mut(text)?;
        entry.last_use = self.uses;
        Some(&entry.value)
    }

    /// Remembers what belongs to a text, and forgets what was not used for longest if there is too much.
    pub(super) fn insert(&mut self, text: &str, value: T) {
        if text.len() > MOST_OCTETS_OF_ONE {
            return;
        }
        self.uses += 1;
        let entry = Entry { value, last_use: self.uses };
        if self.entries.insert(text.into(), entry).is_none() {
            self.octets += text.len();
        }
        while self.entries.len() > MOST_TEXTS || self.octets > MOST_OCTETS {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        // A walk over few entries, and only where a statement has just been prepared, which costs far more.
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.last_use);
        if let Some(text) = oldest.map(|(text, _)| text.clone()) {
            self.octets -= text.len();
            self.entries.remove(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut recent = Recent::default();
        let text = |number: usize| format!("SELECT {number}");
        for number in 0..MOST_TEXTS {
            recent.insert(&text(number), number);
        }
        assert_eq!(recent.get(&text(0)), Some(&0));
        recent.insert(&text(MOST_TEXTS), MOST_TEXTS);
        assert_eq!(recent.entries.len(), MOST_TEXTS);
        assert_eq!(recent.get(&text(0)), Some(&0));
        assert_eq!(recent.get(&text(1)), None);
    }

    #[test]
    fn long_texts_take_the_room_of_many() {
        let mut recent = Recent::default();
        let text = |number: usize| format!("{number:0width$}", width = MOST_OCTETS_OF_ONE);
        for number in 0..MOST_TEXTS {
            recent.insert(&text(number), number);
            assert!(recent.octets <= MOST_OCTETS);
        }
        assert_eq!(recent.entries.len(), MOST_OCTETS / MOST_OCTETS_OF_ONE);
        assert_eq!(recent.get(&text(MOST_TEXTS - 1)), Some(&(MOST_TEXTS - 1)));
    }

    #[test]
    fn a_text_that_is_too_long_is_not_kept_and_drives_out_nothing() {
        let mut recent = Recent::default();
        recent.insert("SELECT 1", 1);
        recent.insert(&"x".repeat(MOST_OCTETS_OF_ONE + 1), 2);
        assert_eq!((recent.entries.len(), recent.get("SELECT 1")), (1, Some(&1)));
    }

    #[test]
    fn the_same_text_counts_once() {
        let mut recent = Recent::default();
        recent.insert("SELECT 1", 1);
        recent.insert("SELECT 1", 2);
        assert_eq!((recent.octets, recent.get("SELECT 1")), (8, Some(&2)));
    }
}
