//! The ids of a page.
//!
//! Where the source gives the list in order and leaves nothing to be tested, the page is read there. Else nobody can
//! tell before how many rows must be tested until a page is full: PostgreSQL has walked a million in order to find
//! none. So the list is walked in its order as far as [`Most`] says; most pages are full by then. If this one is not,
//! all that the filter leaves is gathered, from whichever index serves the filter best, and sorted.

use super::Parts;
use super::source::{List, Source};
use crate::query::order::Order;

/// Reading a list in its order and testing each row.
pub(super) struct Walk {
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
    /// An expression for the ids. Where it looks at parts of the statement, they are added to these; `walked` is the name of
    /// one.
    pub(super) fn ids(&self, walked: &str, with: &mut Vec<String>) -> String {
        let Self { parts, limit, .. } = self;
        let Some(walk) = &parts.walk else {
            return parts.either(|List { source, predicate, order }| {
                format!("ARRAY({})", self.in_order(source, &source.from(), predicate, order))
            });
        };
        with.push(format!("{walked} AS MATERIALIZED (SELECT ARRAY({}) AS ids)", self.walked(walk)));
        format!(
            "CASE WHEN cardinality((SELECT ids FROM {walked})) >= {limit} THEN (SELECT ids FROM {walked}) \
             ELSE ARRAY({}) END",
            self.gathered(&parts.list)
        )
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
    fn walked(&self, Walk { list: List { source, predicate, order }, most }: &Walk) -> String {
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
