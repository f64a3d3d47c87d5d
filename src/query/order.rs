//! Sort keys: how a list is ordered, and when one row comes before another (RFC 8620 §5.5, RFC 8621 §4.4.2).

use super::conditions::{all_in_thread, has_keyword, some_in_thread};
use super::statement::Parameters;
use crate::wire::email_filter::{EmailSort, EmailSortProperty};
use crate::wire::filter::Collation;

const RECEIVED_AT: &str = "e.received_at";
const ID: &str = "e.id";

/// The comparators of Email/query.
#[derive(Clone, Copy)]
pub(super) struct Sort<'a> {
    pub(super) by: &'a [EmailSort],
    /// Whether ids decide upwards between equals, where the comparator that says so was left out: else the first does.
    pub(super) ties: Option<bool>,
}

impl Sort<'_> {
    pub(super) fn is_by_time(&self) -> bool {
        let is_time = |by: &EmailSort| by.property == EmailSortProperty::ReceivedAt;
        self.by.iter().all(is_time)
    }

    /// Whether an index gives all mail in this order, but for rows that are equal in the first key.
    pub(super) fn is_indexed(&self) -> bool {
        use EmailSortProperty as By;
        self.by.first().is_none_or(|first| match first.property {
            By::ReceivedAt | By::SentAt | By::Size => true,
            By::From | By::To | By::Subject => first.collation != Collation::AsciiNumeric,
            By::HasKeyword(_) | By::AllInThreadHaveKeyword(_) | By::SomeInThreadHaveKeyword(_) => false,
        })
    }
}

/// Whether the comparator knows two values only.
pub(super) fn is_by_keyword(by: &EmailSort) -> bool {
    use EmailSortProperty as By;
    matches!(by.property, By::HasKeyword(_) | By::AllInThreadHaveKeyword(_) | By::SomeInThreadHaveKeyword(_))
}

/// One thing to compare by: an expression that is never null, so that the order is total.
#[derive(Clone)]
pub(super) struct Key {
    expression: String,
    is_ascending: bool,
    /// The same for all emails of a thread.
    is_thread_wide: bool,
}

/// An order by keys; the last one is the id, so that no two rows are equal.
#[derive(Clone)]
pub(super) struct Order(Vec<Key>);

impl Order {
    /// The order of Email/query over the row `e`: newest first unless something else is asked for. The tie-break by
    /// id goes in the direction of the first comparator, as indexes that end with the id do.
    pub(super) fn of_emails(sort: &Sort<'_>, account: &str, parameters: &mut Parameters) -> Self {
        let mut keys: Vec<Key> = sort
            .by
            .iter()
            .map(|comparator| Key {
                expression: email_key(comparator, account, parameters),
                is_ascending: comparator.is_ascending,
                is_thread_wide: matches!(
                    comparator.property,
                    EmailSortProperty::AllInThreadHaveKeyword(_)
                        | EmailSortProperty::SomeInThreadHaveKeyword(_)
                ),
            })
            .collect();
        // Among emails that keywords do not tell apart, the newest comes first.
        if sort.by.iter().all(is_by_keyword) {
            keys.extend([Key::new(RECEIVED_AT, false), Key::new(ID, false)]);
            return Self(keys);
        }
        match sort.ties {
            Some(is_ascending) => {
                keys.push(Key::new(ID, is_ascending));
                Self(keys)
            }
            None => Self::with_tie_break(keys, ID),
        }
    }

    /// The same order where the list is read from a table that repeats receivedAt and the id.
    pub(super) fn read_from(&self, received_at: &str, id: &str) -> Self {
        let keys = self.0.iter().map(|key| {
            let expression = match key.expression.as_str() {
                RECEIVED_AT => received_at,
                ID => id,
                other => other,
            };
            Key { expression: expression.to_owned(), ..*key }
        });
        Self(keys.collect())
    }

    /// Whether this is the order that clients ask for most, and nothing else: newest first.
    pub(super) fn is_newest_first(&self) -> bool {
        let keys = self.0.iter().map(|key| (key.expression.as_str(), key.is_ascending));
        keys.eq([(RECEIVED_AT, false), (ID, false)])
    }

    /// Whether every key counts from its end.
    pub(super) fn is_downwards(&self) -> bool {
        self.0.iter().all(|key| !key.is_ascending)
    }

    /// These keys, and the id in the direction of the first.
    pub(super) fn with_tie_break(mut keys: Vec<Key>, id: &str) -> Self {
        let is_ascending = keys.first().is_none_or(|first| first.is_ascending);
        keys.push(Key::new(id, is_ascending));
        Self(keys)
    }

    /// What stands after ORDER BY.
    pub(super) fn clause(&self) -> String {
        let keys: Vec<String> = self
            .0
            .iter()
            .map(|key| format!("{}{}", key.expression, if key.is_ascending { "" } else { " DESC" }))
            .collect();
        keys.join(", ")
    }

    /// The keys as columns `k0`, `k1`, …, for a row that others are compared with.
    pub(super) fn columns(&self) -> String {
        let columns: Vec<String> =
            self.0.iter().enumerate().map(|(index, key)| format!("{} AS k{index}", key.expression)).collect();
        columns.join(", ")
    }

    /// The same order over the row `alias`, which has the columns of [`Order::columns`].
    pub(super) fn over_columns(&self, alias: &str) -> Self {
        let keys = self.0.iter().enumerate();
        Self(keys.map(|(index, key)| Key { expression: format!("{alias}.k{index}"), ..*key }).collect())
    }

    /// The order from its end.
    pub(super) fn reversed(self) -> Self {
        Self(self.0.into_iter().map(|key| Key { is_ascending: !key.is_ascending, ..key }).collect())
    }

    /// Whether the present row comes before the row `other`, which has the columns of [`Order::columns`].
    pub(super) fn before(&self, other: &str) -> String {
        comparison(&self.0.iter().enumerate().collect::<Vec<_>>(), &|index| format!("{other}.k{index}"), "")
    }

    /// The same for two rows of one thread, where some keys need no comparison.
    pub(super) fn before_in_thread(&self, other: &str) -> String {
        let keys: Vec<_> = self.0.iter().enumerate().filter(|(_, key)| !key.is_thread_wide).collect();
        comparison(&keys, &|index| format!("{other}.k{index}"), "")
    }

    /// Whether the present row is the one row of the part `end`, or comes before it. The other bound of the time holds
    /// for every row: without it PostgreSQL takes a third of all rows for the answer, and reads the table.
    pub(super) fn up_to(&self, end: &str) -> String {
        let other = |index| format!("(SELECT k{index} FROM {end})");
        let keys: Vec<_> = self.0.iter().enumerate().collect();
        let reached = comparison(&keys, &other, "=");
        match self.0.first() {
            Some(Key { expression, is_ascending, .. })
                if expression.ends_with(".received_at") || expression.ends_with(".newest_at") =>
            {
                let (to, from) =
                    if *is_ascending { ("<=", ">= '-infinity'") } else { (">=", "<= 'infinity'") };
                format!("{reached} AND {expression} {to} {} AND {expression} {from}", other(0))
            }
            _ => reached,
        }
    }
}

impl Key {
    pub(super) fn new(expression: &str, is_ascending: bool) -> Self {
        Self { expression: expression.to_owned(), is_ascending, is_thread_wide: false }
    }
}

/// With one direction for all keys, rows compare as wholes and an index can serve; else key by key. `other` names the
/// keys of the other row, and `or_equal` is `=` where a row that is equal in all keys counts too.
fn comparison(keys: &[(usize, &Key)], other: &dyn Fn(usize) -> String, or_equal: &str) -> String {
    let Some((last, firsts)) = keys.split_last() else { return "false".to_owned() };
    let sign = |key: &Key| if key.is_ascending { "<" } else { ">" };
    if keys.iter().all(|(_, key)| key.is_ascending == last.1.is_ascending) {
        let mine: Vec<&str> = keys.iter().map(|(_, key)| key.expression.as_str()).collect();
        let others: Vec<String> = keys.iter().map(|(index, _)| other(*index)).collect();
        return format!("({}) {}{or_equal} ({})", mine.join(", "), sign(last.1), others.join(", "));
    }
    let (index, key) = last;
    let innermost = format!("{} {}{or_equal} {}", key.expression, sign(key), other(*index));
    firsts.iter().rev().fold(innermost, |rest, (index, key)| {
        let (mine, sign, other) = (&key.expression, sign(key), other(*index));
        format!("({mine} {sign} {other} OR ({mine} = {other} AND {rest}))")
    })
}

fn email_key(sort: &EmailSort, account: &str, parameters: &mut Parameters) -> String {
    use EmailSortProperty as By;
    let text = |column: &str| text_key(column, sort.collation);
    match &sort.property {
        By::ReceivedAt => RECEIVED_AT.to_owned(),
        By::Size => "e.size".to_owned(),
        By::From => text("e.sort_from"),
        By::To => text("e.sort_to"),
        By::Subject => text("e.sort_subject"),
        By::SentAt => "coalesce(e.sent_at, '-infinity')".to_owned(),
        By::HasKeyword(keyword) => has_keyword("e", &parameters.add(keyword.as_str().to_owned())),
        By::AllInThreadHaveKeyword(keyword) => {
            format!("({})", all_in_thread(account, &parameters.add(keyword.as_str().to_owned())))
        }
        By::SomeInThreadHaveKeyword(keyword) => {
            format!("({})", some_in_thread(account, &parameters.add(keyword.as_str().to_owned())))
        }
    }
}

/// A folded text under a collation. `i;ascii-numeric` takes a text that begins with no digit for infinity
/// (RFC 4790 §9.1).
pub(super) fn text_key(folded: &str, collation: Collation) -> String {
    match collation {
        Collation::AsciiCasemap | Collation::UnicodeCasemap => folded.to_owned(),
        // So many digits as a number can hold; nothing that a person sorts has more.
        Collation::AsciiNumeric => {
            format!("coalesce(substring({folded} FROM '^[0-9]{{1,200}}')::numeric, 'Infinity')")
        }
    }
}
