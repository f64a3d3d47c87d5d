//! Accounts of mail.

use super::{Store, StoreError, Transaction, row::TableRow, sql};
use crate::wire::ids::AccountId;

/// Makes an account; `None` if there is one of that name.
pub async fn create(
    transaction: &Transaction<'_>,
    name: &str,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<Option<AccountId>, StoreError> {
    let row = transaction.query_opt(sql!("account/create"), &[&name, &at]).await?;
    row.map(|row| TableRow::new("account", &row).value("id").map(AccountId)).transpose()
}

/// The account of that name.
pub async fn by_name(transaction: &Transaction<'_>, name: &str) -> Result<Option<AccountId>, StoreError> {
    let row = transaction.query_opt(sql!("account/by_name"), &[&name]).await?;
    row.map(|row| TableRow::new("account", &row).value("id").map(AccountId)).transpose()
}

/// Whether the operator lets an account send; an account that is not there may not.
pub async fn may_send(transaction: &Transaction<'_>, account: AccountId) -> Result<bool, StoreError> {
    let row = transaction.query_opt(sql!("account/may_send"), &[&account.0]).await?;
    row.map_or(Ok(false), |row| TableRow::new("account", &row).value("may_send"))
}

/// Lets an account send, or keeps it from sending: what is submitted from the commit on, and what waits.
pub async fn set_may_send(
    transaction: &Transaction<'_>,
    account: AccountId,
    may_send: bool,
) -> Result<(), StoreError> {
    transaction.execute(sql!("account/set_may_send"), &[&account.0, &may_send]).await.map(drop)
}

/// An account as an operator sees it.
#[derive(Clone, Debug)]
pub struct AccountSummary {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// How many emails it holds.
    pub emails: i64,
    /// Who may use it.
    pub logins: Vec<String>,
}

/// Every account, by name.
pub async fn list(store: &Store) -> Result<Vec<AccountSummary>, StoreError> {
    store
        .transaction("account/list", async |transaction| {
            let rows = transaction.query(sql!("account/list"), &[]).await?;
            rows.iter()
                .map(|row| {
                    let row = TableRow::new("account", row);
                    Ok(AccountSummary {
                        id: AccountId(row.value("id")?),
                        name: row.value("name")?,
                        emails: row.value("emails")?,
                        logins: row.value("logins")?,
                    })
                })
                .collect()
        })
        .await
}
