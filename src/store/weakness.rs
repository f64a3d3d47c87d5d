//! Before when algorithms that are weak by now are accepted. Whoever changes that lets all messages be judged anew.

use chrono::{DateTime, Utc};

use super::reverification::{self, ReverificationId, Scope};
use super::{StoreError, Transaction, row::TableRow, sql};
use crate::smime::{AcceptedWeaknesses, Weakness};

/// Accepts what is weak before an instant; `None` if that is so already. All verdicts become due, and at-delivery
/// statuses that failed may be verified by the next evaluation; none that is remembered as verified falls.
pub async fn accept(
    transaction: &Transaction<'_>,
    weakness: Weakness,
    before: DateTime<Utc>,
) -> Result<Option<ReverificationId>, StoreError> {
    transaction.query(sql!("trust/lock"), &[]).await?;
    let is_new = transaction.execute(sql!("weakness/accept"), &[&weakness.as_str(), &before]).await? == 1;
    if is_new { reverification::begin(transaction, Scope::messages(true)).await.map(Some) } else { Ok(None) }
}

/// Accepts what is weak at no time; `None` if that is so already. All verdicts become due; at-delivery statuses stay.
pub async fn refuse(
    transaction: &Transaction<'_>,
    weakness: Weakness,
) -> Result<Option<ReverificationId>, StoreError> {
    transaction.query(sql!("trust/lock"), &[]).await?;
    let was_accepted = transaction.execute(sql!("weakness/refuse"), &[&weakness.as_str()]).await? == 1;
    if was_accepted {
        reverification::begin(transaction, Scope::messages(false)).await.map(Some)
    } else {
        Ok(None)
    }
}

/// Before when what is weak is accepted.
pub async fn accepted(transaction: &Transaction<'_>) -> Result<AcceptedWeaknesses, StoreError> {
    let rows = transaction.query(sql!("weakness/accepted"), &[]).await?;
    rows.iter().try_fold(AcceptedWeaknesses::default(), |accepted, row| {
        let row = TableRow::new("weak_algorithm", row);
        let name: &str = row.value("name")?;
        let weakness = Weakness::parse(name)
            .ok_or_else(|| row.corrupt("name", format!("{name} is none that is known")))?;
        Ok(accepted.with(weakness, row.value("accepted_before")?))
    })
}
