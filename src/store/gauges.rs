//! What monitoring asks: how far verdicts are behind, and how old evidence is.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::{StoreError, Transaction, row::TableRow, sql};

/// How many verdicts wait for an evaluation, each up to [`MOST_COUNTED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingVerdicts {
    /// All of them.
    pub due: i64,
    /// Those that have waited for too long.
    pub stale: i64,
}

/// Waiting verdicts beyond these are not counted: a gauge that costs more the worse things are makes them worse.
pub const MOST_COUNTED: i64 = 100_000;

/// How many verdicts are due now, and how many were due at an earlier instant already.
pub async fn waiting_verdicts(
    transaction: &Transaction<'_>,
    now: DateTime<Utc>,
    earlier: DateTime<Utc>,
) -> Result<WaitingVerdicts, StoreError> {
    let row = one(
        transaction,
        "verdict/count_waiting",
        sql!("verdict/count_waiting"),
        &[&now, &earlier, &MOST_COUNTED],
    )
    .await?;
    let row = TableRow::new("verdict", &row);
    Ok(WaitingVerdicts { due: row.value("due")?, stale: row.value("stale")? })
}

/// How old evidence is; what came with mail aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceAges {
    /// thisUpdate of the oldest that is the newest of its issuer and kind, and current.
    pub oldest: Option<DateTime<Utc>>,
    /// How many issuers there are whose newest evidence of a kind ran out not long ago.
    pub expired: i64,
}

/// How old the newest evidence of each issuer and kind is; it counts as expired if it ran out after `since`.
pub async fn evidence_ages(
    transaction: &Transaction<'_>,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<EvidenceAges, StoreError> {
    let row = one(transaction, "trust/evidence_ages", sql!("trust/evidence_ages"), &[&now, &since]).await?;
    let row = TableRow::new("revocation_evidence", &row);
    Ok(EvidenceAges { oldest: row.value("oldest")?, expired: row.value("expired")? })
}

/// Lets no statement of the transaction take longer than this.
pub async fn hurry(transaction: &Transaction<'_>, longest: Duration) -> Result<(), StoreError> {
    // Zero would be no limit at all.
    let milliseconds = i64::try_from(longest.as_millis()).unwrap_or(i64::MAX).max(1);
    transaction.query(sql!("trust/hurry"), &[&milliseconds]).await.map(drop)
}

async fn one(
    transaction: &Transaction<'_>,
    name: &'static str,
    statement: &'static str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Row, StoreError> {
    let row = transaction.query_opt(statement, parameters).await?;
    row.ok_or(StoreError::UnexpectedRows { statement: name, expected: 1, affected: 0 })
}
