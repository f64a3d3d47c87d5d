//! What verdicts have to tell the emails that rest on them: walks over accounts, in steps of bounded size.
//!
//! Whoever stores a verdict that says something new leaves a walk for each account that has emails of the signer, in
//! the same transaction. Whoever takes a walk writes some emails, their change events and the place that the walk has
//! come to, in one transaction too. So a step happens whole or not at all, on whatever node, and the account is locked
//! for a step only. An email that was told out of turn, because somebody asked for it, is found to be right already.
//!
//! A walk is locked before its account. While it is locked, the verdict cannot say something new, because that would
//! start the walk again.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::reverification::{ReverificationId, Tally};
use super::verdict::{News, wait_at_most};
use super::{AccountWriter, ChangeKind, DataType, StoreError, Transaction, row::TableRow, sql};
use crate::wire::ids::{AccountId, EmailId};

/// How many walks over one account a step takes up.
const WALKS: i64 = 16;

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The emails that changed.
    pub moved: Moved,
    /// How many emails were looked at.
    pub looked_at: u32,
    /// For how long the account was locked, but for the commit.
    pub held: Duration,
}

/// How much of the walks over an account lies ahead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ahead {
    /// How many walks, as far as they were looked at.
    pub walks: i64,
    /// How many emails their signers have in all.
    pub emails: i64,
}

/// How many emails changed, and in what. An email may change in its errors alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Whose smimeStatus, smimeStatusAtDelivery or smimeErrors changed.
    pub emails: u64,
    /// Whose smimeStatus changed.
    pub statuses: u64,
    /// Whose smimeStatusAtDelivery changed.
    pub statuses_at_delivery: u64,
}

impl AddAssign for Moved {
    fn add_assign(&mut self, other: Self) {
        self.emails += other.emails;
        self.statuses += other.statuses;
        self.statuses_at_delivery += other.statuses_at_delivery;
    }
}

/// Leaves walks over all accounts that have emails of these signers.
pub(super) async fn begin(transaction: &Transaction<'_>, news: &[News]) -> Result<(), StoreError> {
    if news.is_empty() {
        return Ok(());
    }
    let signers: Vec<i64> = news.iter().map(|news| news.signer.0).collect();
    let reopened: Vec<bool> = news.iter().map(|news| news.is_reopened).collect();
    let for_deliveries: Vec<bool> = news.iter().map(|news| news.is_for_deliveries).collect();
    let reverifications: Vec<Option<i64>> =
        news.iter().map(|news| news.reverification.map(|id| id.0)).collect();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&signers, &reopened, &for_deliveries, &reverifications, &transaction.now()];
    transaction.execute(sql!("verdict_move/begin"), &parameters).await.map(drop)
}

/// Locks an account that waits to be walked over; `None` if there is none that nobody walks over already. Those that
/// somebody writes to come last.
pub async fn claim_account(transaction: &Transaction<'_>) -> Result<Option<AccountId>, StoreError> {
    let now = transaction.now();
    let row = match transaction.query_opt(sql!("verdict_move/claim_account"), &[&now]).await? {
        Some(row) => Some(row),
        None => transaction.query_opt(sql!("verdict_move/claim_busy_account"), &[&now]).await?,
    };
    row.map(|row| TableRow::new("verdict_move", &row).value("account_id").map(AccountId)).transpose()
}

/// One step of the walks over an account that was claimed, which looks at `most` emails.
pub async fn step(transaction: &Transaction<'_>, account: AccountId, most: u32) -> Result<Step, StoreError> {
    let rows = transaction.query(sql!("verdict_move/claim"), &[&account.0, &WALKS]).await?;
    walk(transaction, account, &signers(&rows)?, most).await
}

/// One step of the walks over an account, waiting for whoever walks there already; `None` if there are none. No lock is
/// waited for longer than `wait`: then it fails, as [`StoreError::is_lock_timeout`] tells.
pub async fn step_when_free(
    transaction: &Transaction<'_>,
    account: AccountId,
    most: u32,
    wait: Duration,
) -> Result<Option<Step>, StoreError> {
    wait_at_most(transaction, wait).await?;
    let rows = transaction.query(sql!("verdict_move/wait"), &[&account.0, &WALKS]).await?;
    let signers = signers(&rows)?;
    if signers.is_empty() {
        return Ok(None);
    }
    walk(transaction, account, &signers, most).await.map(Some)
}

/// How much of the walks over an account lies ahead, of which only so many are looked at.
pub async fn ahead(
    transaction: &Transaction<'_>,
    account: AccountId,
    walks: i64,
) -> Result<Ahead, StoreError> {
    let row = transaction.query_opt(sql!("verdict_move/ahead"), &[&account.0, &walks]).await?;
    row.map_or(Ok(Ahead::default()), |row| {
        let row = TableRow::new("verdict_move", &row);
        Ok(Ahead { walks: row.value("walks")?, emails: row.value("emails")? })
    })
}

/// Whether some of these emails have not heard of their verdicts.
pub async fn is_any_pending(
    transaction: &Transaction<'_>,
    account: AccountId,
    emails: &[EmailId],
) -> Result<bool, StoreError> {
    Ok(!pending(transaction, account, emails).await?.is_empty())
}

/// Tells these emails of their verdicts before the walks come to them, waiting as [`step_when_free`] does.
pub async fn tell(
    transaction: &Transaction<'_>,
    account: AccountId,
    emails: &[EmailId],
    wait: Duration,
) -> Result<Moved, StoreError> {
    wait_at_most(transaction, wait).await?;
    let mut writer = AccountWriter::lock(transaction, account).await?;
    // Only now: whoever held the account may have told them.
    let told = pending(transaction, account, emails).await?;
    let moved = apply(&mut writer, &told).await?;
    writer.finish().await?;
    Ok(moved)
}

/// Leaves an account alone until an instant, after a step that failed.
pub async fn put_off(
    transaction: &Transaction<'_>,
    account: AccountId,
    until: DateTime<Utc>,
) -> Result<(), StoreError> {
    transaction.execute(sql!("verdict_move/put_off"), &[&account.0, &until]).await.map(drop)
}

/// What an email is to be told with.
#[derive(Clone, Copy, Debug, Default)]
struct Telling {
    is_reopened: bool,
    reverification: Option<ReverificationId>,
}

async fn walk(
    transaction: &Transaction<'_>,
    account: AccountId,
    signers: &[i64],
    most: u32,
) -> Result<Step, StoreError> {
    let mut writer = AccountWriter::lock(transaction, account).await?;
    let (locked, most) = (Instant::now(), i64::from(most));
    let rows = transaction.query(sql!("verdict_move/emails"), &[&account.0, &signers, &most]).await?;
    let mut told: BTreeMap<i64, Telling> = BTreeMap::new();
    let mut last = None;
    for row in &rows {
        let row = TableRow::new("verdict_move", row);
        let email: Option<i64> = row.value("email_id")?;
        last = Some((row.value::<i64>("signer_id")?, email));
        let is_concerned: bool = row.value("is_concerned")?;
        if let Some(email) = email.filter(|_| is_concerned) {
            told.entry(email).or_default().merge(&Telling::from_row(&row)?);
        }
    }
    let moved = apply(&mut writer, &told).await?;
    // Where the step is full, the walk that it ended in goes on, and those after it are yet to begin.
    let is_full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= most;
    let mut finished = signers.to_vec();
    if let Some((signer, Some(email))) = last.filter(|_| is_full) {
        finished.retain(|other| *other < signer);
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
            [&account.0, &signer, &email, &transaction.now()];
        transaction.execute(sql!("verdict_move/advance"), &parameters).await?;
    }
    if !finished.is_empty() {
        transaction.execute(sql!("verdict_move/finish"), &[&account.0, &finished]).await?;
    }
    writer.finish().await?;
    let looked_at = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    Ok(Step { moved, looked_at, held: locked.elapsed() })
}

/// Writes those of the emails that their verdicts change, with their change events.
async fn apply(writer: &mut AccountWriter<'_>, told: &BTreeMap<i64, Telling>) -> Result<Moved, StoreError> {
    let emails: Vec<i64> = told.keys().copied().collect();
    let reopened: Vec<bool> = told.values().map(|telling| telling.is_reopened).collect();
    let transaction = writer.transaction();
    let rows = transaction.query(sql!("verdict/apply"), &[&writer.account().0, &emails, &reopened]).await?;
    let (mut all, mut tally) = (Moved::default(), Tally::default());
    for row in &rows {
        let row = TableRow::new("email", row);
        let email = row.value("id")?;
        let moved = Moved {
            emails: 1,
            statuses: u64::from(row.value::<bool>("status_moved")?),
            statuses_at_delivery: u64::from(row.value::<bool>("status_at_delivery_moved")?),
        };
        all += moved;
        tally.moved(told.get(&email).and_then(|telling| telling.reverification), moved);
        writer.changed(DataType::Email, email, ChangeKind::Updated);
    }
    tally.note(transaction).await?;
    Ok(all)
}

async fn pending(
    transaction: &Transaction<'_>,
    account: AccountId,
    emails: &[EmailId],
) -> Result<BTreeMap<i64, Telling>, StoreError> {
    let emails: Vec<i64> = emails.iter().map(|email| email.0).collect();
    let rows = transaction.query(sql!("verdict_move/pending"), &[&account.0, &emails]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("verdict_move", row);
            Ok((row.value("email_id")?, Telling::from_row(&row)?))
        })
        .collect()
}

fn signers(rows: &[tokio_postgres::Row]) -> Result<Vec<i64>, StoreError> {
    rows.iter().map(|row| TableRow::new("verdict_move", row).value("signer_id")).collect()
}

impl Telling {
    fn from_row(row: &TableRow<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            is_reopened: row.value("is_reopened")?,
            reverification: row.value::<Option<i64>>("reverification_id")?.map(ReverificationId),
        })
    }

    /// Several of an email's signers have something to tell.
    fn merge(&mut self, other: &Self) {
        self.is_reopened |= other.is_reopened;
        self.reverification = self.reverification.max(other.reverification);
    }
}
