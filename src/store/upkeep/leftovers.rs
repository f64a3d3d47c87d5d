//! What is left when mail goes, or was never wanted: uploads, keys of threads, evidence that nobody believed, submissions
//! that are over, the counts of old reverifications.

use chrono::{DateTime, Utc};

use super::super::{StoreError, Transaction, reverification, row::TableRow, sql, submission};
use super::{Mode, Place, Step, accounts_after, count, one};
use crate::wire::ids::{AccountId, SubmissionId};

/// Accounts that a step looks at.
const ACCOUNTS: i64 = 1000;

/// Ends uploads from before `before` (RFC 8620 §6); with them goes the right of their logins to read the blobs.
pub async fn expire_uploads(
    transaction: &Transaction<'_>,
    place: &Place,
    before: DateTime<Utc>,
    batch: i64,
) -> Result<Step, StoreError> {
    let row =
        transaction.query_opt(sql!("upload/expire"), &[&place.account, &place.key, &before, &batch]).await?;
    let row = one(row, "upload/expire")?;
    let row = TableRow::new("upload", &row);
    Ok(Step { removed: count(&row, "removed")?, next: Place::of_row(&row)?, ..Step::default() })
}

/// Forgets keys that lead to threads without an email: nothing ever joins these again.
pub async fn forget_thread_keys(
    transaction: &Transaction<'_>,
    place: &Place,
    batch: i64,
) -> Result<Step, StoreError> {
    let rows = transaction.query(sql!("thread/walk_keys"), &[&place.account, &place.key, &batch]).await?;
    let Some(last) = rows.last() else { return Ok(Step::default()) };
    let next = Place::of_row(&TableRow::new("thread_key", last))?;
    let mut gone = (Vec::new(), Vec::new());
    for row in &rows {
        let row = TableRow::new("thread_key", row);
        if row.value("is_gone")? {
            gone.0.push(row.value::<i64>("account_id")?);
            gone.1.push(row.value::<Vec<u8>>("key")?);
        }
    }
    if gone.0.is_empty() {
        return Ok(Step { next, ..Step::default() });
    }
    // A delivery may be about to lead a key to a new thread. What nobody has locked is looked at again under our lock.
    let locked = transaction.query(sql!("thread/lock_keys"), &[&gone.0, &gone.1]).await?;
    let mut keys = (Vec::new(), Vec::new());
    for row in &locked {
        let row = TableRow::new("thread_key", row);
        keys.0.push(row.value::<i64>("account_id")?);
        keys.1.push(row.value::<&[u8]>("key")?);
    }
    let removed = transaction.execute(sql!("thread/forget_keys"), &[&keys.0, &keys.1]).await?;
    Ok(Step { removed, next, ..Step::default() })
}

/// Forgets evidence that came with mail before `before`, and that no evaluation believed.
pub async fn forget_evidence(
    transaction: &Transaction<'_>,
    place: &Place,
    before: DateTime<Utc>,
    batch: i64,
) -> Result<Step, StoreError> {
    let row = transaction.query_opt(sql!("trust/forget_evidence"), &[&place.key, &before, &batch]).await?;
    let row = one(row, "trust/forget_evidence")?;
    let row = TableRow::new("revocation_evidence", &row);
    Ok(Step { removed: count(&row, "removed")?, next: Place::of_key(&row)?, ..Step::default() })
}

/// Destroys at most `batch` submissions of one account that were to be sent before `before` and of which nothing is left to
/// do (RFC 8621 §7). Clients hear of it as of any change.
pub async fn end_submissions(
    transaction: &Transaction<'_>,
    place: &Place,
    before: DateTime<Utc>,
    batch: i64,
    mode: Mode,
) -> Result<Step, StoreError> {
    let accounts = accounts_after(transaction, place, ACCOUNTS).await?;
    let Some(end) = accounts.last() else { return Ok(Step::default()) };
    let Some(row) = transaction.query_opt(sql!("submission/over"), &[&accounts, &before]).await? else {
        return Ok(Step { next: Some(Place::after_account(*end)), ..Step::default() });
    };
    let account: i64 = TableRow::new("account", &row).value("id")?;
    if mode == Mode::Rehearsal {
        let removed = over_in_account(transaction, account, before, i64::MAX).await?.len() as u64;
        return Ok(Step { removed, next: Some(Place::after_account(account)), ..Step::default() });
    }
    let removed = transaction
        .write(AccountId(account), async |writer| {
            let over = over_in_account(writer.transaction(), account, before, batch).await?;
            for id in &over {
                submission::destroy(writer, *id).await?;
            }
            Ok(over.len() as u64)
        })
        .await?;
    // Where more may be left, the account comes once more.
    let is_full = batch.unsigned_abs() == removed;
    let next = if is_full { Place::before_account(account) } else { Place::after_account(account) };
    Ok(Step { removed, next: Some(next), ..Step::default() })
}

async fn over_in_account(
    transaction: &Transaction<'_>,
    account: i64,
    before: DateTime<Utc>,
    most: i64,
) -> Result<Vec<SubmissionId>, StoreError> {
    let rows = transaction.query(sql!("submission/over_in_account"), &[&account, &before, &most]).await?;
    rows.iter().map(|row| TableRow::new("email_submission", row).value("id").map(SubmissionId)).collect()
}

/// Forgets the counts of old reverifications.
pub async fn forget_reverifications(transaction: &Transaction<'_>) -> Result<Step, StoreError> {
    let before = transaction.now() - reverification::KEPT;
    let removed = transaction.execute(sql!("reverification/forget"), &[&before]).await?;
    Ok(Step { removed, ..Step::default() })
}
