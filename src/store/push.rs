//! Push subscriptions (RFC 8620 §7.2) and the leased work that they stand for.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::{DataType, StoreError, Transaction, row::TableRow, sql};
use crate::wire::ids::{AccountId, PushSubscriptionId};

/// A subscription as its login may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: PushSubscriptionId,
    /// deviceClientId.
    pub device_client_id: String,
    /// verificationCode, once the client has told it.
    pub verification_code: Option<String>,
    /// expires.
    pub expires_at: DateTime<Utc>,
    /// types; `None` is all of them.
    pub types: Option<Vec<String>>,
}

/// The client's half of encryption (RFC 8291 §2).
#[derive(Clone, PartialEq, Eq)]
pub struct SubscriptionKeys {
    /// A point of P-256, uncompressed: 65 octets.
    pub p256dh: Vec<u8>,
    /// The authentication secret: 16 octets.
    pub auth: Vec<u8>,
}

/// A subscription to make.
pub struct NewSubscription {
    /// deviceClientId.
    pub device_client_id: String,
    /// Where to push to.
    pub url: String,
    /// What to encrypt with.
    pub keys: Option<SubscriptionKeys>,
    /// The code that only the subscriber will learn.
    pub verification_code: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// The types to tell of; `None` is all of them.
    pub types: Option<Vec<String>>,
    /// The states from which on the subscriber is to be told.
    pub told: String,
}

/// A subscription that this node alone may push to until its lease ends.
pub struct Claim {
    /// Its id.
    pub id: PushSubscriptionId,
    /// Whose it is.
    pub login: String,
    /// Where to push to.
    pub url: String,
    /// What to encrypt with.
    pub keys: Option<SubscriptionKeys>,
    /// The code for its verification.
    pub verification_code: String,
    /// Whether the client told the code: only then may it hear anything else.
    pub is_verified: bool,
    /// The types to tell of; `None` is all of them.
    pub types: Option<Vec<String>>,
    /// The states that the subscriber knows.
    pub told: String,
    /// How many attempts this makes since the last success, from 1.
    pub attempts: u32,
    changes: i64,
    lease: i64,
}

/// The newest state of a data type of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeState {
    /// The account.
    pub account: AccountId,
    /// The data type.
    pub data_type: DataType,
    /// The number of its newest change.
    pub state: i64,
}

/// How much is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Subscriptions that are due, leased or put off.
    pub waiting: i64,
    /// When the first of them is due.
    pub next_due: Option<DateTime<Utc>>,
}

/// The subscriptions of a login, all or those called `ids`, by id.
pub async fn by_login(
    transaction: &Transaction<'_>,
    login: &str,
    ids: Option<&[PushSubscriptionId]>,
) -> Result<Vec<Subscription>, StoreError> {
    let ids: Option<Vec<i64>> = ids.map(|ids| ids.iter().map(|id| id.0).collect());
    let rows = transaction.query(sql!("push/by_login"), &[&login, &transaction.now(), &ids]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("push_subscription", row);
            Ok(Subscription {
                id: PushSubscriptionId(row.value("id")?),
                device_client_id: row.value("device_client_id")?,
                verification_code: row.value("verification_code")?,
                expires_at: row.value("expires_at")?,
                types: row.value("types")?,
            })
        })
        .collect()
}

/// How many subscriptions a login has.
pub async fn count(transaction: &Transaction<'_>, login: &str) -> Result<i64, StoreError> {
    one(transaction, sql!("push/count"), &[&login, &transaction.now()], "push_subscription", "subscriptions")
        .await
}

/// Counts one more subscription that a login makes, and tells how many it made in a period that began `since` or
/// later.
pub async fn allow(
    transaction: &Transaction<'_>,
    login: &str,
    since: DateTime<Utc>,
) -> Result<i32, StoreError> {
    one(transaction, sql!("push/allow"), &[&login, &transaction.now(), &since], "push_allowance", "made")
        .await
}

/// Makes a subscription, which is due at once for its verification. The login is there: it asks.
pub async fn create(
    transaction: &Transaction<'_>,
    login: &str,
    new: &NewSubscription,
) -> Result<PushSubscriptionId, StoreError> {
    let (p256dh, auth) = new.keys.as_ref().map(|keys| (&keys.p256dh, &keys.auth)).unzip();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 10] = [
        &login,
        &new.device_client_id,
        &new.url,
        &p256dh,
        &auth,
        &new.verification_code,
        &new.expires_at,
        &new.types,
        &transaction.now(),
        &new.told,
    ];
    let id = one(transaction, sql!("push/create"), &parameters, "push_subscription", "id").await?;
    transaction.query(sql!("push/notify"), &[]).await?;
    Ok(PushSubscriptionId(id))
}

/// The code that was sent to a subscription of a login, which is locked; `None` if it has no such subscription.
pub async fn verification_code(
    transaction: &Transaction<'_>,
    login: &str,
    id: PushSubscriptionId,
) -> Result<Option<String>, StoreError> {
    let row = transaction.query_opt(sql!("push/verification_code"), &[&login, &id.0]).await?;
    row.map(|row| TableRow::new("push_subscription", &row).value("verification_code")).transpose()
}

/// Writes what a client may change. `is_verified` says that the client told the code; it never takes that back.
pub async fn update(
    transaction: &Transaction<'_>,
    login: &str,
    subscription: &Subscription,
    is_verified: bool,
) -> Result<(), StoreError> {
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
        &login,
        &subscription.id.0,
        &subscription.expires_at,
        &subscription.types,
        &is_verified,
        &transaction.now(),
    ];
    let affected = transaction.execute(sql!("push/update"), &parameters).await?;
    if affected != 1 {
        return Err(StoreError::UnexpectedRows { statement: "push/update", expected: 1, affected });
    }
    transaction.query(sql!("push/notify"), &[]).await.map(drop)
}

/// Destroys a subscription of a login; `false` if it has no such subscription.
pub async fn destroy(
    transaction: &Transaction<'_>,
    login: &str,
    id: PushSubscriptionId,
) -> Result<bool, StoreError> {
    Ok(transaction.execute(sql!("push/destroy"), &[&login, &id.0]).await? == 1)
}

/// The newest states of all accounts that a login reaches, by account and data type.
pub async fn states(transaction: &Transaction<'_>, login: &str) -> Result<Vec<TypeState>, StoreError> {
    let rows = transaction.query(sql!("push/states"), &[&login]).await?;
    let read = |row: &Row| {
        let row = TableRow::new("data_type_state", row);
        let account = AccountId(row.value("account_id")?);
        // A newer program may have stored a type that this one does not know: it has no name to tell it by.
        let data_type = DataType::of_number(row.value("data_type")?);
        let state = row.value("state")?;
        Ok(data_type.map(|data_type| TypeState { account, data_type, state }))
    };
    rows.iter().filter_map(|row| read(row).transpose()).collect()
}

/// Notes that an account changed, in the transaction that changes it, if anybody subscribed to it.
pub(super) async fn wake(transaction: &Transaction<'_>, account: AccountId) -> Result<(), StoreError> {
    if transaction.execute(sql!("push/wake"), &[&account.0, &transaction.now()]).await? > 0 {
        transaction.query(sql!("push/notify"), &[]).await?;
    }
    Ok(())
}

/// Makes the subscriptions of some accounts that changed due, and tells how many accounts that were.
pub async fn spread(transaction: &Transaction<'_>, accounts: i64) -> Result<i64, StoreError> {
    one(transaction, sql!("push/spread"), &[&transaction.now(), &accounts], "push_wake", "accounts").await
}

/// Leases the subscription that is due for longest; `None` if none is due.
pub async fn claim(
    transaction: &Transaction<'_>,
    lease: chrono::Duration,
) -> Result<Option<Claim>, StoreError> {
    let now = transaction.now();
    let row = transaction.query_opt(sql!("push/claim"), &[&now, &(now + lease)]).await?;
    row.map(|row| {
        let row = TableRow::new("push_subscription", &row);
        let keys: (Option<Vec<u8>>, Option<Vec<u8>>) = (row.value("p256dh")?, row.value("auth")?);
        Ok(Claim {
            id: PushSubscriptionId(row.value("id")?),
            login: row.value("login")?,
            url: row.value("url")?,
            keys: keys.0.zip(keys.1).map(|(p256dh, auth)| SubscriptionKeys { p256dh, auth }),
            verification_code: row.value("verification_code")?,
            is_verified: row.value("is_verified")?,
            types: row.value("types")?,
            told: row.value("told")?,
            attempts: row.value::<i32>("attempts")?.unsigned_abs(),
            changes: row.value("changes")?,
            lease: row.value("lease")?,
        })
    })
    .transpose()
}

/// Ends a lease: the subscriber knows `told` now. It is due again if there is `more`, or if something happened since
/// the claim, but it rests until `rest_until` first. A lease that ran out and was taken by another node stays as it
/// is.
pub async fn settle(
    transaction: &Transaction<'_>,
    claim: &Claim,
    told: &str,
    rest_until: DateTime<Utc>,
    more: bool,
) -> Result<(), StoreError> {
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&claim.id.0, &claim.lease, &told, &rest_until, &claim.changes, &more];
    transaction.execute(sql!("push/settle"), &parameters).await.map(drop)
}

/// Ends a lease without success: to be tried again at `at`.
pub async fn put_off(
    transaction: &Transaction<'_>,
    claim: &Claim,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    transaction.execute(sql!("push/put_off"), &[&claim.id.0, &claim.lease, &at]).await.map(drop)
}

/// Destroys the subscription of a claim.
pub async fn forget(transaction: &Transaction<'_>, claim: &Claim) -> Result<(), StoreError> {
    transaction.execute(sql!("push/forget"), &[&claim.id.0, &claim.lease]).await.map(drop)
}

/// Destroys subscriptions whose time is over, and tells how many.
pub async fn expire(transaction: &Transaction<'_>) -> Result<u64, StoreError> {
    transaction.execute(sql!("push/expire"), &[&transaction.now()]).await
}

/// How much is to be told, by all nodes together.
pub async fn backlog(transaction: &Transaction<'_>) -> Result<Backlog, StoreError> {
    let rows = transaction.query(sql!("push/backlog"), &[&transaction.now()]).await?;
    let row = TableRow::new("push_subscription", only(&rows, "push/backlog")?);
    Ok(Backlog { waiting: row.value("waiting")?, next_due: row.value("next_due")? })
}

/// The private key by which push services know this server (RFC 8292), in PKCS #8. If there is none yet, `new` is
/// kept, unless another node was faster.
pub async fn vapid_key(
    transaction: &Transaction<'_>,
    new: impl FnOnce() -> Vec<u8>,
) -> Result<Vec<u8>, StoreError> {
    if let Some(row) = transaction.query_opt(sql!("vapid/read"), &[]).await? {
        return TableRow::new("vapid_key", &row).value("private_key");
    }
    transaction.execute(sql!("vapid/create"), &[&new(), &transaction.now()]).await?;
    one(transaction, sql!("vapid/read"), &[], "vapid_key", "private_key").await
}

/// The value of one column of the one row that a statement gives.
async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(
    transaction: &Transaction<'_>,
    statement: &'static str,
    parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    let rows = transaction.query(statement, parameters).await?;
    TableRow::new(table, only(&rows, column)?).value(column)
}

fn only<'a>(rows: &'a [Row], statement: &'static str) -> Result<&'a Row, StoreError> {
    match rows {
        [row] => Ok(row),
        rows => Err(StoreError::UnexpectedRows { statement, expected: 1, affected: rows.len() as u64 }),
    }
}
