//! The course of an account's mail: what comes when, from whom, and what it answers. Everything else about a message
//! follows from its place, so that many can be written at a time.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use super::calendar::Calendar;
use super::random::Random;

/// What random numbers are for; see [`Random::of`].
const KIND: u64 = 2;
/// How many threads wait for answers; of those that waited for longer, nobody answers any more.
const MOST_OPEN: usize = 400;
/// The most messages of a thread.
const MOST_IN_THREAD: usize = 200;
/// A reply names so many of those before it, beside the first (RFC 5322 §3.6.4 would have all of them).
const MOST_REFERENCES: usize = 6;
/// How often a message is an answer, where there is one to answer.
const ANSWERS: f64 = 0.55;
/// How much of the mail the owner of the account writes.
const OWN: f64 = 0.12;

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// Whose account it is.
    Owner,
    /// One of the people, by number.
    Person(usize),
}

/// A message that another one answers: its place and who wrote it, of which its Message-ID follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) place: usize,
    pub(super) author: Author,
}

/// A message as it is planned.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// Its place among those of its account, from the oldest on.
    pub(super) place: usize,
    pub(super) id: i64,
    pub(super) thread: i64,
    pub(super) received_at: DateTime<Utc>,
    pub(super) author: Author,
    /// The first message of its thread, which may be this one.
    pub(super) first: usize,
    /// What it answers, the oldest first.
    pub(super) references: Vec<Answered>,
}

/// Plans an account's messages in the order of their arrival.
pub(super) struct Course<'a> {
    messages: usize,
    people: usize,
    /// Where this account's own acquaintances begin among the people.
    acquaintances: usize,
    calendar: &'a Calendar,
    random: Random,
    next_id: i64,
    place: usize,
    open: VecDeque<Open>,
}

/// A thread that waits for answers.
struct Open {
    id: i64,
    first: usize,
    said: Vec<Answered>,
    answers_left: usize,
}

impl<'a> Course<'a> {
    /// So many messages, from so many people; ids begin with `next_id`.
    pub(super) fn new(
        seed: u64,
        messages: usize,
        people: usize,
        next_id: i64,
        calendar: &'a Calendar,
    ) -> Self {
        let mut random = Random::of(seed, KIND, 0);
        let acquaintances = random.below(people);
        Self { messages, people, acquaintances, calendar, random, next_id, place: 0, open: VecDeque::new() }
    }

    /// The next id that is free after the messages that were planned.
    pub(super) fn next_id(&self) -> i64 {
        self.next_id
    }

    fn author(&mut self) -> Author {
        if self.random.chance(OWN) {
            return Author::Owner;
        }
        // Half of the mail is from those who write to everybody, half from those who write to the owner.
        let rank = self.random.zipf(self.people);
        Author::Person(if self.random.chance(0.5) { rank } else { (rank + self.acquaintances) % self.people })
    }

    fn new_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// The thread that the next message belongs to, with what it answers there: one of those that were begun lately, or
    /// a new one.
    fn thread(&mut self, said: Answered) -> (i64, usize, Vec<Answered>) {
        if self.random.chance(ANSWERS) && !self.open.is_empty() {
            let index = self.open.len() - 1 - self.random.zipf(self.open.len());
            return self.answer(index, said);
        }
        let (id, first) = (self.new_id(), said.place);
        let answers_left = self.random.pareto(1.6, MOST_IN_THREAD) - 1;
        if answers_left > 0 {
            if self.open.len() == MOST_OPEN {
                self.open.pop_front();
            }
            self.open.push_back(Open { id, first, said: vec![said], answers_left });
        }
        (id, first, Vec::new())
    }

    fn answer(&mut self, index: usize, said: Answered) -> (i64, usize, Vec<Answered>) {
        let open = &mut self.open[index];
        let references = open.said.clone();
        let found = (open.id, open.first, references);
        open.answers_left -= 1;
        if open.said.len() > MOST_REFERENCES {
            open.said.remove(1);
        }
        open.said.push(said);
        if open.answers_left == 0 {
            self.open.remove(index);
        }
        found
    }
}

impl Iterator for Course<'_> {
    type Item = Letter;

    fn next(&mut self) -> Option<Letter> {
        if self.place == self.messages {
            return None;
        }
        let place = self.place;
        self.place += 1;
        let part = (place as f64 + self.random.unit()) / self.messages as f64;
        let received_at = self.calendar.at(part);
        let author = self.author();
        let (thread, first, references) = self.thread(Answered { place, author });
        Some(Letter { place, id: self.new_id(), thread, received_at, author, first, references })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn letters(count: usize) -> Vec<Letter> {
        let calendar = Calendar::until(DateTime::from_timestamp(1_780_000_000, 0).expect("a time"));
        Course::new(1, count, 50, 100, &calendar).collect()
    }

    #[test]
    fn ids_are_distinct_and_follow_each_other() {
        let mut ids: Vec<i64> = Vec::new();
        for letter in letters(2_000) {
            if letter.references.is_empty() {
                ids.push(letter.thread);
            }
            ids.push(letter.id);
        }
        assert!(ids.iter().copied().eq(100..100 + ids.len() as i64));
    }

    #[test]
    fn threads_are_of_many_sizes_and_answers_are_near() {
        let letters = letters(20_000);
        assert!(letters.iter().map(|letter| letter.received_at).is_sorted());
        let mut sizes: HashMap<i64, usize> = HashMap::new();
        for letter in &letters {
            *sizes.entry(letter.thread).or_default() += 1;
            if let Some(last) = letter.references.last() {
                assert!(last.place < letter.place && letter.references[0].place == letter.first);
                assert!(letter.references.len() <= MOST_REFERENCES + 1);
            }
        }
        let answers = letters.iter().filter(|letter| !letter.references.is_empty()).count();
        assert!((9_000..11_500).contains(&answers), "{answers}");
        let alone = sizes.values().filter(|size| **size == 1).count();
        assert!(alone * 2 > sizes.len() && *sizes.values().max().expect("some") > 20);
    }

    #[test]
    fn a_few_people_write_much_and_many_little() {
        let mut by_author: HashMap<usize, usize> = HashMap::new();
        for letter in letters(20_000) {
            if let Author::Person(number) = letter.author {
                *by_author.entry(number).or_default() += 1;
            }
        }
        assert_eq!(by_author.len(), 50);
        assert!(by_author.values().max() > Some(&1_200) && by_author.values().min() < Some(&300));
    }
}
