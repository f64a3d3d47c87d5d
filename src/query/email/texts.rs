//! The ways to read a list of what a text finds, beside walking it in its order.

use super::filters::Filters;
use super::source::{List, Source, WITH_EMAIL};
use super::walk::Walk;
use crate::query::found::Words;
use crate::query::order::Order;

/// So many emails are read and sorted at once.
pub(super) const FEW: usize = 2000;
/// Words that so many emails of a sample have are frequent.
const FREQUENT: usize = 3;
/// How many times the sample a list is walked for a page of frequent words.
const FIRST: usize = 60;

/// In which direction of time a list goes, if it is sorted by receivedAt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    NewestFirst,
    OldestFirst,
}

/// The ways.
pub(super) struct Texts {
    /// The part of the statement that finds at most one more than [`FEW`].
    pub(super) few: String,
    /// The list of what it finds.
    pub(super) few_list: List,
    /// The list for counting, whose order does not matter.
    pub(super) counted: List,
    /// The list through time, for one of all mail, newest first.
    pub(super) walk: Option<Walk>,
    /// The beginning of a list that is sorted by time.
    pub(super) beginning: Option<Beginning>,
}

impl Texts {
    /// `driven` is the list that is walked in its order.
    pub(super) fn new(
        filters: &Filters<'_>,
        words: &Words,
        driven: &List,
        order: &Order,
        time: Option<Time>,
    ) -> Self {
        let account = filters.account;
        let is_of_all = filters.driver.is_all();
        let is_alone = is_of_all && filters.rest.is_empty() && time.is_some();
        let join = if is_alone { "" } else { WITH_EMAIL };
        let list = |source: Source, more: Vec<String>| List {
            order: order.read_from(source.received_at, source.id),
            predicate: filters.all_of(more),
            source,
        };
        let counted = match is_of_all {
            true => list(Source::found(account, words, join), Vec::new()),
            false => {
                list(filters.driver.source(account, filters.times, true), vec![words.predicate(account)])
            }
        };
        let few_source = if is_alone { Source::few_alone() } else { Source::few(account) };
        Self {
            few: format!(
                "few AS MATERIALIZED (SELECT x.email_id AS id, x.thread_id, x.received_at FROM email_search x \
                 WHERE x.account_id = {account} AND {} LIMIT {FEW} + 1)",
                words.indexed()
            ),
            few_list: list(few_source, filters.driver.predicates(account)),
            walk: (is_of_all && time == Some(Time::NewestFirst))
                .then(|| Walk::new(account, words, join, &counted)),
            beginning: time.map(|_| Beginning::new(account, words, driven)),
            counted,
        }
    }
}

/// The beginning of a list, as far as a page of frequent words may need it.
///
/// Of `n` emails of the account, the sample has √n ÷ 10, at least 20. Words that fewer than three of these have are in so
/// few emails that the index can be read for them; for others the list is walked, up to sixty times the sample.
pub(super) struct Beginning {
    /// FROM, WHERE and the order of all emails that the driver gives.
    emails: String,
    /// How many of them are the sample.
    size: String,
    has_words: String,
    predicate: String,
}

impl Beginning {
    fn new(account: &str, words: &Words, driven: &List) -> Self {
        Self {
            emails: format!("{} ORDER BY {}", driven.source.from(), driven.order.clause()),
            size: format!(
                "coalesce((SELECT greatest(20, ceil(sqrt(used_emails) / 10))::bigint FROM account WHERE id = {account}), 20)"
            ),
            has_words: words.predicate_of_one(account),
            predicate: driven.predicate.clone(),
        }
    }

    /// The part of the statement that counts the emails of the sample that have the words.
    pub(super) fn sample(&self) -> String {
        let Self { emails, size, has_words, .. } = self;
        format!(
            "sample AS MATERIALIZED (SELECT count(*) AS n FROM (SELECT e.id FROM {emails} LIMIT {size}) e WHERE {has_words})"
        )
    }

    /// The rows of the list in their order, if the words are frequent. `order` is over `e`.
    pub(super) fn rows(&self, order: &Order) -> String {
        let Self { emails, size, predicate, .. } = self;
        format!(
            "SELECT e.id, e.thread_id, {} FROM (SELECT e.* FROM {emails} LIMIT {FIRST} * {size}) e \
             WHERE {} AND {predicate} OFFSET 0",
            order.columns(),
            self.is_frequent()
        )
    }

    pub(super) fn is_frequent(&self) -> String {
        format!("(SELECT n FROM sample) >= {FREQUENT}")
    }
}
