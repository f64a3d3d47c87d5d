//! Logins: names, password hashes, and the accounts that they reach.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, Transaction, row::TableRow, sql};
use crate::wire::ids::AccountId;

/// A login as stored.
#[derive(Clone)]
pub struct Login {
    /// Its name, in lower case.
    pub name: String,
    /// The argon2 hash in PHC form.
    pub password_hash: String,
    /// The accounts that it reaches, personal ones first, then by id.
    pub accounts: Vec<AccountAccess>,
}

/// How a login may use an account (RFC 8620 §2, accounts).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountAccess {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// Whether the account belongs to the login.
    pub is_personal: bool,
    /// Whether all of it is read-only for the login.
    pub is_read_only: bool,
}

/// The login of that name, with its accounts.
pub async fn by_name(store: &Store, name: &str) -> Result<Option<Login>, StoreError> {
    let name = name.to_lowercase();
    let rows = store.read("login/by_name", sql!("login/by_name"), &[&name]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let password_hash = TableRow::new("login", first).value("password_hash")?;
    let accounts = rows.iter().filter_map(|row| access(&TableRow::new("account_access", row)).transpose());
    let accounts = accounts.collect::<Result<_, _>>()?;
    Ok(Some(Login { name, password_hash, accounts }))
}

/// Makes a login; `false` if there is one of that name. Names are stored in lower case.
pub async fn create(
    transaction: &Transaction<'_>,
    name: &str,
    password_hash: &str,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    Ok(transaction.execute(sql!("login/create"), &[&name.to_lowercase(), &password_hash, &at]).await? == 1)
}

/// Changes the password of a login; `false` if there is none of that name.
pub async fn set_password(
    transaction: &Transaction<'_>,
    name: &str,
    password_hash: &str,
) -> Result<bool, StoreError> {
    Ok(transaction.execute(sql!("login/set_password"), &[&name.to_lowercase(), &password_hash]).await? == 1)
}

/// Gives a login access to an account, or changes what it may; `false` if either is unknown.
pub async fn grant(
    transaction: &Transaction<'_>,
    name: &str,
    account: AccountId,
    is_personal: bool,
    is_read_only: bool,
) -> Result<bool, StoreError> {
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&name.to_lowercase(), &account.0, &is_personal, &is_read_only];
    Ok(transaction.execute(sql!("login/grant"), &parameters).await? == 1)
}

/// Takes the access of a login to an account away; `false` if it had none.
pub async fn revoke(
    transaction: &Transaction<'_>,
    name: &str,
    account: AccountId,
) -> Result<bool, StoreError> {
    Ok(transaction.execute(sql!("login/revoke"), &[&name.to_lowercase(), &account.0]).await? == 1)
}

fn access(row: &TableRow<'_>) -> Result<Option<AccountAccess>, StoreError> {
    let Some(account) = row.value::<Option<i64>>("account_id")? else { return Ok(None) };
    Ok(Some(AccountAccess {
        account: AccountId(account),
        name: row.value("account_name")?,
        is_personal: row.value("is_personal")?,
        is_read_only: row.value("is_read_only")?,
    }))
}
