//! Reverifications: that all verdicts became due at once, and what came of it, on whatever node the work was done.

use std::collections::BTreeMap;

use chrono::Duration;

use super::verdict_move::Moved;
use super::{StoreError, Transaction, row::TableRow, sql};

/// How long the counts of a reverification are kept.
pub(super) const KEPT: Duration = Duration::days(30);

/// The number of a reverification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReverificationId(pub i64);

/// How far a reverification is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many verdicts became due.
    pub total: u64,
    /// How many of them were evaluated. Those that another reverification made due again before count for that one.
    pub verdicts: u64,
    /// The emails that changed.
    pub moved: Moved,
    /// Verdicts to evaluate, and accounts to walk over for a verdict.
    pub waiting: u64,
    /// Such that failed, and are tried again later.
    pub put_off: u64,
}

/// Work that was done for a reverification, or for none.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<ReverificationId, (u64, Moved)>);

impl Tally {
    /// Counts a verdict that was evaluated.
    pub(super) fn verdict(&mut self, reverification: Option<ReverificationId>) {
        if let Some(id) = reverification {
            self.0.entry(id).or_default().0 += 1;
        }
    }

    /// Counts emails that changed.
    pub(super) fn moved(&mut self, reverification: Option<ReverificationId>, moved: Moved) {
        if let Some(id) = reverification {
            self.0.entry(id).or_default().1 += moved;
        }
    }

    /// Leaves the counts with the transaction's other work, if there are any.
    pub(super) async fn note(self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let column = |count: fn(&(u64, Moved)) -> u64| -> Vec<i64> {
            self.0.values().map(|counts| i64::try_from(count(counts)).unwrap_or(i64::MAX)).collect()
        };
        let ids: Vec<i64> = self.0.keys().map(|id| id.0).collect();
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [
            &ids,
            &column(|(verdicts, _)| *verdicts),
            &column(|(_, moved)| moved.emails),
            &column(|(_, moved)| moved.statuses),
            &column(|(_, moved)| moved.statuses_at_delivery),
        ];
        transaction.execute(sql!("reverification/note"), &parameters).await.map(drop)
    }
}

/// What a reverification looks at beyond the verdicts themselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// What failed at delivery may become verified.
    reopens: bool,
    /// Messages are looked at although a verdict says what it said before.
    is_of_messages: bool,
}

impl Scope {
    /// Anchors or evidence changed.
    pub(super) fn verdicts(reopens: bool) -> Self {
        Self { reopens, is_of_messages: false }
    }

    /// What counts of the messages' own facts changed.
    pub(super) fn messages(reopens: bool) -> Self {
        Self { reopens, is_of_messages: true }
    }
}

/// Begins one: all verdicts are due, and the workers of all nodes hear of it.
pub(super) async fn begin(
    transaction: &Transaction<'_>,
    scope: Scope,
) -> Result<ReverificationId, StoreError> {
    transaction.execute(sql!("reverification/forget"), &[&(transaction.now() - KEPT)]).await?;
    let row = transaction.query_opt(sql!("reverification/begin"), &[&transaction.now()]).await?;
    let row = row.ok_or(StoreError::UnexpectedRows {
        statement: "reverification/begin",
        expected: 1,
        affected: 0,
    })?;
    let id: i64 = TableRow::new("reverification", &row).value("id")?;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&transaction.now(), &id, &scope.reopens, &scope.is_of_messages];
    transaction.execute(sql!("verdict/expire_all"), &parameters).await?;
    transaction.query(sql!("trust/notify"), &[]).await?;
    Ok(ReverificationId(id))
}

/// How far a reverification is; `None` if it is not known any more.
pub async fn progress(
    transaction: &Transaction<'_>,
    id: ReverificationId,
) -> Result<Option<Progress>, StoreError> {
    let row = transaction.query_opt(sql!("reverification/progress"), &[&id.0, &transaction.now()]).await?;
    row.map(|row| {
        let row = TableRow::new("reverification", &row);
        let count = |column| row.value::<i64>(column).map(|count| u64::try_from(count).unwrap_or(0));
        Ok(Progress {
            total: count("total")?,
            verdicts: count("verdicts")?,
            moved: Moved {
                emails: count("emails")?,
                statuses: count("statuses")?,
                statuses_at_delivery: count("statuses_at_delivery")?,
            },
            waiting: count("waiting")?,
            put_off: count("put_off")?,
        })
    })
    .transpose()
}
