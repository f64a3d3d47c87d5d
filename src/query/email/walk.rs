//! Lists of what a text finds, newest first, read through time: day by day in the newest week that has mail, and week by
//! week before it.
//!
//! Each row of the text index bears its day and its week as words. So one look into the index gives what a day or a week has
//! of the wanted words, and nothing older; a page of a frequent word costs the matches of the newest day or two, a page of a
//! rarer one a few weeks, however much mail there is. Only days and weeks with mail are looked at.

use super::source::List;
use crate::query::found::Words;

/// So many days and weeks are looked at before the index is asked for all that has the words: seven days, eight weeks.
const NEWEST: usize = 15;

/// A list that can be read through time.
pub(super) struct Walk {
    account: String,
    /// What a day or week `u` has of the list: FROM, WHERE and the order, over the row `x` of `email_search`.
    matches: String,
    /// The sort keys of such a row.
    columns: String,
}

impl Walk {
    /// `list` is read from `email_search x`; its order is by time, newest first.
    pub(super) fn new(account: &str, words: &Words, join: &str, list: &List) -> Self {
        let indexed = words.indexed_with(" && u.time::tsquery");
        Self {
            account: account.to_owned(),
            matches: format!(
                "email_search x{join} WHERE x.account_id = {account} AND {indexed} AND {} ORDER BY {}",
                list.predicate,
                list.order.clause()
            ),
            columns: list.order.columns(),
        }
    }

    /// A recursive part of the statement: the days and weeks with mail, newest first. It is read as far as needed.
    pub(super) fn unit(&self) -> String {
        let account = &self.account;
        format!(
            "unit AS (\n    \
             SELECT '''d:' || d.day || '''' AS time, to_timestamp(d.day * 86400) AS start, d.week\n    \
             FROM (SELECT day, floor(day / 7) AS week FROM (\n        \
             SELECT floor(extract(epoch FROM max(received_at)) / 86400) AS day FROM email WHERE account_id = {account}) n) d\n    \
             WHERE d.day IS NOT NULL\n    \
             UNION ALL\n    \
             SELECT CASE WHEN d.week = u.week THEN '''d:' || d.day || '''' ELSE '''w:' || d.week || '''' END,\n           \
             to_timestamp(CASE WHEN d.week = u.week THEN d.day * 86400 ELSE d.week * 604800 END), u.week\n    \
             FROM unit u CROSS JOIN LATERAL (SELECT day, floor(day / 7) AS week FROM (\n        \
             SELECT floor(extract(epoch FROM max(received_at)) / 86400) AS day FROM email\n        \
             WHERE account_id = {account} AND received_at < u.start) n) d\n    \
             WHERE d.day IS NOT NULL\n)"
        )
    }

    /// The first rows of the list, in their order, as far as the newest days and weeks have them.
    pub(super) fn newest(&self) -> String {
        self.rows(&format!("(SELECT * FROM unit LIMIT {NEWEST})"))
    }

    /// The list in its order. A nested loop keeps the order of the days and weeks, and nothing but a nested loop can
    /// read what refers to them; OFFSET 0 keeps the order within.
    pub(super) fn all(&self) -> String {
        self.rows("unit")
    }

    fn rows(&self, units: &str) -> String {
        let Self { matches, columns, .. } = self;
        format!(
            "SELECT r.* FROM {units} u CROSS JOIN LATERAL (\
             SELECT x.email_id AS id, x.thread_id, {columns} FROM {matches} OFFSET 0) r"
        )
    }
}
