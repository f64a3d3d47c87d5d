//! The ids of a page.
//!
//! Where the source gives the list in order and leaves nothing to be tested, the page is read there. Else nobody can
//! tell before how many rows must be tested until a page is full: PostgreSQL has walked a million in order to find
//! none. So the list is walked in its order as far as [`Most`] says; most pages are full by then. If this one is not,
//! all that the filter leaves is gathered, from whichever index serves the filter best, and sorted.

use super::Parts;
use super::source::{List, Source};
use super::texts::{FEW, Texts};
use super::walk::Walk;
use crate::query::order::Order;

/// Walking a list in its order and testing each row.
pub(super) struct Attempt {
    pub(super) list: List,
    pub(super) most: Most,
}

/// How many rows are tested.
pub(super) enum Most {
    /// In order of time, where neighbours in the list are neighbours on disk.
    Near,
    /// In another order, where each row is another block.
    Far,
    /// The order is of all mail, and this mailbox is looked for in it. As many as the mailbox has: gathering costs as much
    /// again. None where so many do not promise twice the rows of the page, so that most walks are for something.
    Mailbox(String),
}

/// The window that is read.
pub(super) struct Page<'a> {
    pub(super) parts: &'a Parts,
    /// Where it begins, an expression.
    pub(super) start: &'a str,
    /// How many ids at most, an expression; null is all of them.
    pub(super) limit: &'a str,
}

impl Page<'_> {
    /// An expression for the ids. Where it looks at parts of the statement, they are added to these; `tried` is the name of
    /// one.
    pub(super) fn ids(&self, tried: &str, with: &mut Vec<String>) -> String {
        let Self { parts, limit, .. } = self;
        if let Some(texts) = &parts.texts {
            with.extend(self.of_texts(texts));
            return self.found(texts);
        }
        let Some(attempt) = &parts.attempt else { return format!("ARRAY({})", self.listed(&parts.gathered)) };
        with.push(format!("{tried} AS MATERIALIZED (SELECT ARRAY({}) AS ids)", self.tried(attempt)));
        format!(
            "CASE WHEN cardinality((SELECT ids FROM {tried})) >= {limit} THEN (SELECT ids FROM {tried}) \
             ELSE ARRAY({}) END",
            self.gathered(&parts.gathered)
        )
    }

    /// The parts for a page of what a text finds, beside `few`.
    fn of_texts(&self, texts: &Texts) -> Vec<String> {
        let Self { parts, start, limit } = self;
        let weeks = texts.walk.iter().map(Walk::week);
        let first = texts.beginning.iter().flat_map(|beginning| {
            let rows = self.of_rows(&beginning.rows(&parts.order));
            [beginning.sample(), format!("first AS MATERIALIZED ({rows} LIMIT {start} + {limit})")]
        });
        weeks.chain(first).collect()
    }

    /// The page of what a text finds.
    fn found(&self, texts: &Texts) -> String {
        let Self { parts, start, limit } = self;
        let many = match &texts.walk {
            Some(walk) => format!("{} LIMIT {limit} OFFSET {start}", self.of_rows(&walk.rows())),
            None => self.listed(&parts.list),
        };
        let by_index = format!(
            "WHEN (SELECT count(*) FROM few) > {FEW} THEN ARRAY({many}) ELSE ARRAY({}) END",
            self.listed(&texts.few_list)
        );
        match &texts.beginning {
            None => format!("CASE {by_index}"),
            Some(_) => format!(
                "CASE WHEN (SELECT count(*) FROM first) = {start} + {limit} \
                 THEN ARRAY(SELECT id FROM first OFFSET {start}) {by_index}"
            ),
        }
    }

    /// The ids of rows that come in the order of the list.
    fn of_rows(&self, rows: &str) -> String {
        let is_listed = match self.parts.collapse_threads {
            true => self.parts.is_first_of_thread(),
            false => "true".to_owned(),
        };
        format!("SELECT c.id FROM ({rows}) c WHERE {is_listed}")
    }

    fn listed(&self, List { source, predicate, order }: &List) -> String {
        self.in_order(source, &source.from(), predicate, order)
    }

    /// From rows that come in this order.
    fn in_order(&self, source: &Source, from: &str, predicate: &str, order: &Order) -> String {
        let Self { parts, start, limit } = self;
        let (id, thread, clause) = (source.id, source.thread, order.clause());
        if !parts.collapse_threads || source.is_collapsed {
            return format!(
                "SELECT {id} FROM {from} AND {predicate} ORDER BY {clause} LIMIT {limit} OFFSET {start}"
            );
        }
        let columns = order.columns();
        // OFFSET 0 keeps the two from being planned as one: the inner list stays in its order, read as far as the
        // limit needs, and the test stays a look into the index for each row.
        format!(
            "SELECT c.id FROM (SELECT {id} AS id, {thread} AS thread_id, {columns} FROM {from} AND {predicate} \
             ORDER BY {clause} OFFSET 0) c WHERE {} LIMIT {limit} OFFSET {start}",
            parts.is_first_of_thread()
        )
    }

    /// From the first rows of a list that is longer.
    fn tried(&self, Attempt { list: List { source, predicate, order }, most }: &Attempt) -> String {
        let from = source.first(order, &self.most(most));
        self.in_order(source, &from, predicate, &order.over_columns(source.alias))
    }

    /// From all rows. OFFSET 0 keeps the limit from the planner: it would hope to meet a full page soon, as the walk has
    /// not.
    fn gathered(&self, List { source, predicate, order }: &List) -> String {
        let Self { parts, start, limit } = self;
        let (from, id, thread, columns) = (source.from(), source.id, source.thread, order.columns());
        let clause = order.over_columns("c").clause();
        let rows = format!(
            "(SELECT {id} AS id, {thread} AS thread_id, {columns} FROM {from} AND {predicate} OFFSET 0) c"
        );
        if !parts.collapse_threads {
            return format!("SELECT c.id FROM {rows} ORDER BY {clause} LIMIT {limit} OFFSET {start}");
        }
        format!(
            "SELECT c.id FROM (SELECT c.* FROM {rows} ORDER BY {clause} OFFSET 0) c \
             WHERE {} LIMIT {limit} OFFSET {start}",
            parts.is_first_of_thread()
        )
    }

    fn most(&self, most: &Most) -> String {
        let Self { parts: Parts { account, .. }, start, limit } = self;
        match most {
            Most::Near => format!("100 * ({start} + {limit}) + 1000"),
            Most::Far => format!("20 * ({start} + {limit}) + 1000"),
            Most::Mailbox(mailbox) => format!(
                "coalesce((SELECT CASE WHEN total_emails::float8 * total_emails \
                 > 2 * ({start} + {limit})::float8 * used_emails THEN total_emails ELSE 0 END \
                 FROM mailbox, account WHERE account_id = {account} AND mailbox.id = {mailbox} \
                 AND account.id = {account}), 0)"
            ),
        }
    }
}
