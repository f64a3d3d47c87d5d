//! What must hold for an email to be in a list, and what of it is tested where.

use super::page::{Attempt, Most};
use super::source::{Driver, List, Source, Times};
use crate::query::conditions::joined;
use crate::query::found::Words;
use crate::query::order::{Order, Sort};

/// What is counted without looking at emails.
pub(super) enum Kept {
    /// By the mailbox.
    Mailbox(String),
    /// By the account.
    Account,
    Nothing,
}

/// What must hold, by what it is tested with.
pub(super) struct Filters<'a> {
    pub(super) account: &'a str,
    pub(super) driver: &'a Driver,
    pub(super) times: &'a Times,
    pub(super) words: Option<&'a Words>,
    pub(super) rest: &'a [String],
}

impl Filters<'_> {
    /// Whether nothing is left to be tested where the driver's rows are read.
    pub(super) fn is_driver_enough(&self) -> bool {
        self.rest.is_empty() && self.words.is_none()
    }

    /// The same, and time does not matter.
    fn is_driver_alone(&self) -> bool {
        self.is_driver_enough() && self.times.is_none()
    }

    /// Whether the list is read from an index in its order.
    pub(super) fn is_in_order(&self, sort: Sort<'_>) -> bool {
        (self.is_driver_enough() && sort.is_by_time())
            || (self.is_driver_alone() && self.driver.is_all() && sort.is_indexed())
    }

    pub(super) fn source(&self, order: &Order, sort: Sort<'_>, collapse_threads: bool) -> Source {
        match self.driver.mailbox() {
            Some(mailbox) if collapse_threads && self.is_driver_alone() && order.is_newest_first() => {
                Source::newest_of_threads(self.account, mailbox)
            }
            _ => {
                let needs_email = !self.is_driver_enough() || !sort.is_by_time() || collapse_threads;
                self.driver.source(self.account, self.times, needs_email)
            }
        }
    }

    /// What to walk first, if an index has the order. In order of time that is the list itself.
    pub(super) fn attempt(&self, list: &List, order: &Order, sort: Sort<'_>) -> Option<Attempt> {
        if sort.is_by_time() {
            return Some(Attempt { list: list.clone(), most: Most::Near });
        }
        let list = List {
            order: order.clone(),
            predicate: self.whole(),
            source: Source::mail(self.account, &Times::default(), &[]),
        };
        let most = self.driver.mailbox().map_or(Most::Far, |mailbox| Most::Mailbox(mailbox.to_owned()));
        sort.is_indexed().then_some(Attempt { list, most })
    }

    pub(super) fn kept(&self, collapse_threads: bool) -> Kept {
        match self.driver {
            Driver::Mailbox(mailbox) if self.is_driver_alone() => Kept::Mailbox(mailbox.clone()),
            driver if self.is_driver_alone() && driver.is_all() && !collapse_threads => Kept::Account,
            _ => Kept::Nothing,
        }
    }

    /// All of it, for a row `e` that was reached by its thread or its id.
    pub(super) fn whole(&self) -> String {
        let words = self.words.map(|words| words.predicate_of_one(self.account));
        self.all_of(self.of_row().into_iter().chain(words))
    }

    /// What is left for the rows that the driver gives, in their order.
    pub(super) fn of_driven(&self, more: Vec<String>) -> String {
        self.all_of(self.words.map(|words| words.predicate_of_one(self.account)).into_iter().chain(more))
    }

    /// What the driver and the times say of a row `e`.
    fn of_row(&self) -> Vec<String> {
        self.driver
            .predicates(self.account)
            .into_iter()
            .chain(self.times.predicates("e.received_at"))
            .collect()
    }

    pub(super) fn all_of(&self, more: impl IntoIterator<Item = String>) -> String {
        joined(self.rest.iter().cloned().chain(more).collect(), " AND ", "true")
    }
}
