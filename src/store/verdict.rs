//! Verdicts: claimed when they are due, applied to the messages that they change.
//!
//! Locks are taken in one order everywhere: the shared lock on trust, then verdicts by number, then accounts by
//! number. A delivery locks the verdicts that it rests on the same way, so that it either sees the new verdict or
//! is seen by the one who applies it.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

use super::signer::SignerId;
use super::{AccountWriter, ChangeKind, DataType, StoreError, Transaction, row::TableRow, sql};
use crate::smime::{Anchor, Certificate, Explanation, Intervals, TrustMaterial};
use crate::wire::ids::AccountId;

/// A verdict that is locked and due.
pub struct Claim {
    /// Whose.
    pub signer: SignerId,
}

/// Locks the verdict of this signer, waiting for whoever works on it; `None` if it is fresh by then. No lock of the
/// transaction is waited for longer than `wait`: then it fails, as [`StoreError::is_lock_timeout`] tells.
pub async fn claim(
    transaction: &Transaction<'_>,
    signer: SignerId,
    now: DateTime<Utc>,
    wait: Duration,
) -> Result<Option<Claim>, StoreError> {
    // Zero would be no limit at all.
    let milliseconds = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX).max(1);
    transaction.query(sql!("verdict/wait_at_most"), &[&milliseconds]).await?;
    transaction.query(sql!("trust/lock_shared"), &[]).await?;
    let row = transaction.query_opt(sql!("verdict/claim"), &[&signer.0, &now]).await?;
    Ok(row.map(|_| Claim { signer }))
}

/// Locks the verdict that is due for longest, passing by those that another node works on.
pub async fn claim_next(
    transaction: &Transaction<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Claim>, StoreError> {
    transaction.query(sql!("verdict/take_time"), &[]).await?;
    transaction.query(sql!("trust/lock_shared"), &[]).await?;
    let row = transaction.query_opt(sql!("verdict/claim_next"), &[&now]).await?;
    row.map(|row| TableRow::new("verdict", &row).value("signer_id").map(|id| Claim { signer: SignerId(id) }))
        .transpose()
}

/// Locks verdicts against change until the transaction ends. Done before the account is locked.
pub(super) async fn hold(transaction: &Transaction<'_>, signers: &[SignerId]) -> Result<(), StoreError> {
    let ids: Vec<i64> = signers.iter().map(|signer| signer.0).collect();
    transaction.query(sql!("trust/lock_shared"), &[]).await?;
    transaction.query(sql!("verdict/hold"), &[&ids]).await.map(drop)
}

/// The signer's certificate and everything that an evaluation of it may use.
pub async fn material(
    transaction: &Transaction<'_>,
    signer: SignerId,
) -> Result<(Certificate, TrustMaterial), StoreError> {
    let row = transaction.query_opt(sql!("signer/leaf"), &[&signer.0]).await?;
    let row = row.ok_or(StoreError::UnexpectedRows { statement: "signer/leaf", expected: 1, affected: 0 })?;
    let leaf = Certificate(TableRow::new("certificate", &row).value("der")?);
    let signers = vec![signer.0];
    let material = TrustMaterial {
        anchors: certificates(transaction.query(sql!("trust/anchors"), &[]).await?)?
            .into_iter()
            .map(Anchor::from)
            .collect(),
        intermediates: certificates(transaction.query(sql!("signer/issuers"), &[&signer.0]).await?)?,
        crls: evidence(transaction.query(sql!("signer/crls"), &[&signers]).await?)?,
        ocsp: evidence(transaction.query(sql!("signer/ocsp"), &[&signers]).await?)?,
    };
    Ok((leaf, material))
}

/// How many messages a verdict moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Whose smimeStatus, smimeStatusAtDelivery or smimeErrors changed.
    pub emails: u64,
}

/// Stores the verdict of a claim, and writes the messages whose status, at-delivery status or errors it changes,
/// with their change events. A verdict that says what the one before said writes no message.
pub async fn apply(
    transaction: &Transaction<'_>,
    claim: &Claim,
    explanation: &Explanation,
) -> Result<Moved, StoreError> {
    let verdict = &explanation.verdict;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
        &claim.signer.0,
        &transaction.now(),
        &verdict.expires_at,
        &verdict.problems.is_empty(),
        &tokio_postgres::types::Json(&verdict.problems),
        &multirange(&verdict.good),
        &multirange(&verdict.undetermined),
    ];
    let row = transaction.query_opt(sql!("verdict/store"), &parameters).await?;
    let row =
        row.ok_or(StoreError::UnexpectedRows { statement: "verdict/store", expected: 1, affected: 0 })?;
    if !TableRow::new("verdict", &row).value::<bool>("says_something_new")? {
        return Ok(Moved::default());
    }
    let mut moved = Moved::default();
    for row in transaction.query(sql!("verdict/moved_accounts"), &[&claim.signer.0]).await? {
        let account = AccountId(TableRow::new("email", &row).value("account_id")?);
        moved.emails += apply_in_account(transaction, claim, account).await?;
    }
    transaction.execute(sql!("verdict/close"), &[&claim.signer.0]).await?;
    Ok(moved)
}

async fn apply_in_account(
    transaction: &Transaction<'_>,
    claim: &Claim,
    account: AccountId,
) -> Result<u64, StoreError> {
    let mut writer = AccountWriter::lock(transaction, account).await?;
    let rows = transaction.query(sql!("verdict/apply"), &[&account.0, &claim.signer.0]).await?;
    for row in &rows {
        writer.changed(DataType::Email, TableRow::new("email", row).value("id")?, ChangeKind::Updated);
    }
    writer.finish().await?;
    Ok(rows.len() as u64)
}

fn certificates(rows: Vec<tokio_postgres::Row>) -> Result<Vec<Certificate>, StoreError> {
    rows.iter().map(|row| TableRow::new("certificate", row).value("der").map(Certificate)).collect()
}

fn evidence(rows: Vec<tokio_postgres::Row>) -> Result<Vec<Vec<u8>>, StoreError> {
    rows.iter().map(|row| TableRow::new("revocation_evidence", row).value("der")).collect()
}

/// The text form of a tstzmultirange.
fn multirange(intervals: &Intervals) -> String {
    let bound = |at: &Option<DateTime<Utc>>| {
        at.map_or(String::new(), |at| at.to_rfc3339_opts(SecondsFormat::Micros, true))
    };
    let ranges = intervals.0.iter().map(|(from, to)| format!("[{},{})", bound(from), bound(to)));
    format!("{{{}}}", ranges.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_become_a_multirange() {
        let at = DateTime::from_timestamp(0, 0);
        assert_eq!(multirange(&Intervals(vec![])), "{}");
        assert_eq!(
            multirange(&Intervals(vec![(None, at), (at, None)])),
            "{[,1970-01-01T00:00:00.000000Z),[1970-01-01T00:00:00.000000Z,)}"
        );
    }
}
