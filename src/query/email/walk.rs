//! The list of what a text finds in all mail, newest first, read week by week.
//!
//! Each row of the text index bears its week as a word. So one look into the index gives what a week has of the wanted
//! words, and nothing older. Only weeks with mail are looked at.

use super::source::List;
use crate::query::found::Words;

/// A list that can be read through time.
pub(super) struct Walk {
    account: String,
    /// What a week `w` has of the list: FROM, WHERE and the order, over the row `x` of `email_search`.
    matches: String,
    /// The sort keys of such a row.
    columns: String,
}

impl Walk {
    /// `list` is read from `email_search x`, with `join`; its order is by time, newest first.
    pub(super) fn new(account: &str, words: &Words, join: &str, list: &List) -> Self {
        let indexed = words.indexed_with(" && w.word::tsquery");
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

    /// A recursive part of the statement: the weeks with mail, newest first. It is read as far as needed.
    pub(super) fn week(&self) -> String {
        let week = |newest: &str| {
            format!(
                "SELECT '''w:' || n.week || '''' AS word, to_timestamp(n.week * 604800) AS start FROM {newest} n \
                 WHERE n.week IS NOT NULL"
            )
        };
        let newest = format!(
            "SELECT floor(extract(epoch FROM max(received_at)) / 604800) AS week FROM email WHERE account_id = {}",
            self.account
        );
        format!(
            "week AS (\n    {}\n    UNION ALL\n    {}\n)",
            week(&format!("({newest})")),
            week(&format!("week w CROSS JOIN LATERAL ({newest} AND received_at < w.start)"))
        )
    }

    /// The rows of the list in their order. A nested loop keeps the order of the weeks, and nothing but a nested loop
    /// can read what refers to them; OFFSET 0 keeps the order within.
    pub(super) fn rows(&self) -> String {
        let Self { matches, columns, .. } = self;
        format!(
            "SELECT r.* FROM week w CROSS JOIN LATERAL (\
             SELECT x.email_id AS id, x.thread_id, {columns} FROM {matches} OFFSET 0) r"
        )
    }
}
