//! Identities (RFC 8621 §6).

use super::address::Address;
use super::{AccountWriter, ChangeKind, DataType, StoreError, Transaction, row::TableRow, sql};
use crate::mime::EmailAddress;
use crate::wire::ids::{AccountId, IdentityId};

/// An Identity as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// email: an address, or `*@` and a domain.
    pub email: String,
    /// What a client may change.
    pub settings: IdentitySettings,
    /// Whether a client may destroy it: false for those that the server made for the account's addresses.
    pub may_delete: bool,
}

/// What a client may change of an Identity (RFC 8621 §6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentitySettings {
    /// name.
    pub name: String,
    /// replyTo.
    pub reply_to: Option<Vec<EmailAddress>>,
    /// bcc.
    pub bcc: Option<Vec<EmailAddress>>,
    /// textSignature.
    pub text_signature: String,
    /// htmlSignature.
    pub html_signature: String,
}

/// Identities of an account by id, at most `limit` of them.
pub async fn all(
    transaction: &Transaction<'_>,
    account: AccountId,
    limit: i64,
) -> Result<Vec<Identity>, StoreError> {
    let rows = transaction.query(sql!("identity/all"), &[&account.0, &limit]).await?;
    rows.iter().map(|row| identity(&TableRow::new("identity", row))).collect()
}

/// These identities; one that is not there is left out.
pub async fn read(
    transaction: &Transaction<'_>,
    account: AccountId,
    ids: &[IdentityId],
) -> Result<Vec<Identity>, StoreError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = transaction.query(sql!("identity/read"), &[&account.0, &ids]).await?;
    rows.iter().map(|row| identity(&TableRow::new("identity", row))).collect()
}

/// How many identities the account has.
pub async fn count(transaction: &Transaction<'_>, account: AccountId) -> Result<i64, StoreError> {
    let row = transaction.query_opt(sql!("identity/count"), &[&account.0]).await?;
    row.map_or(Ok(0), |row| TableRow::new("identity", &row).value("identities"))
}

/// The addresses of the account that have no identity of their own yet.
pub async fn missing(transaction: &Transaction<'_>, account: AccountId) -> Result<Vec<String>, StoreError> {
    let rows = transaction.query(sql!("identity/missing"), &[&account.0]).await?;
    rows.iter().map(|row| TableRow::new("address", row).value("address")).collect()
}

/// Makes an identity for each address of the account that has none: one that nobody can destroy.
pub async fn make_missing(writer: &mut AccountWriter<'_>) -> Result<(), StoreError> {
    for address in missing(writer.transaction(), writer.account()).await? {
        insert(writer, &address, &IdentitySettings::default(), Some(&address)).await?;
    }
    Ok(())
}

/// Makes an identity. That the account may send from `email` was checked before.
pub async fn create(
    writer: &mut AccountWriter<'_>,
    email: &str,
    settings: &IdentitySettings,
) -> Result<IdentityId, StoreError> {
    insert(writer, email, settings, None).await
}

/// Changes what a client may change.
pub async fn update(
    writer: &mut AccountWriter<'_>,
    id: IdentityId,
    settings: &IdentitySettings,
) -> Result<(), StoreError> {
    let (reply_to, bcc) = (json(&settings.reply_to), json(&settings.bcc));
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
        &writer.account().0,
        &id.0,
        &settings.name,
        &reply_to,
        &bcc,
        &settings.text_signature,
        &settings.html_signature,
    ];
    let affected = writer.transaction().execute(sql!("identity/update"), &parameters).await?;
    if affected != 1 {
        return Err(StoreError::UnexpectedRows { statement: "identity/update", expected: 1, affected });
    }
    writer.changed(DataType::Identity, id.0, ChangeKind::Updated);
    Ok(())
}

/// Destroys an identity.
pub async fn destroy(writer: &mut AccountWriter<'_>, id: IdentityId) -> Result<(), StoreError> {
    let affected =
        writer.transaction().execute(sql!("identity/delete"), &[&writer.account().0, &id.0]).await?;
    if affected != 1 {
        return Err(StoreError::UnexpectedRows { statement: "identity/delete", expected: 1, affected });
    }
    writer.changed(DataType::Identity, id.0, ChangeKind::Destroyed);
    Ok(())
}

/// Which of these addresses lead to the account: it may send from where its own mail goes. The answers come in the
/// order of the addresses.
pub async fn own_addresses(
    transaction: &Transaction<'_>,
    account: AccountId,
    addresses: &[&str],
) -> Result<Vec<bool>, StoreError> {
    let ways: Vec<Vec<Address>> = addresses.iter().map(|address| Address::ways_of(address)).collect();
    let found = super::address::accounts_of(transaction, &ways.concat()).await?;
    let leads_here = |ways: &Vec<Address>| {
        let first = ways.iter().find_map(|way| found.get(way));
        first.is_some_and(|accounts| accounts.contains(&account))
    };
    Ok(ways.iter().map(leads_here).collect())
}

/// Which of these addresses lead to any account here, in the order of the addresses.
pub async fn local_addresses(
    transaction: &Transaction<'_>,
    addresses: &[&str],
) -> Result<Vec<bool>, StoreError> {
    let ways: Vec<Vec<Address>> = addresses.iter().map(|address| Address::ways_of(address)).collect();
    let found = super::address::accounts_of(transaction, &ways.concat()).await?;
    Ok(ways.iter().map(|ways| ways.iter().any(|way| found.contains_key(way))).collect())
}

async fn insert(
    writer: &mut AccountWriter<'_>,
    email: &str,
    settings: &IdentitySettings,
    default_for: Option<&str>,
) -> Result<IdentityId, StoreError> {
    let id = writer.new_id();
    let (reply_to, bcc) = (json(&settings.reply_to), json(&settings.bcc));
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 9] = [
        &writer.account().0,
        &id,
        &settings.name,
        &email,
        &reply_to,
        &bcc,
        &settings.text_signature,
        &settings.html_signature,
        &default_for,
    ];
    writer.transaction().execute(sql!("identity/insert"), &parameters).await?;
    writer.changed(DataType::Identity, id, ChangeKind::Created);
    Ok(IdentityId(id))
}

fn identity(row: &TableRow<'_>) -> Result<Identity, StoreError> {
    Ok(Identity {
        id: IdentityId(row.value("id")?),
        email: row.value("email")?,
        settings: IdentitySettings {
            name: row.value("name")?,
            reply_to: row.json("reply_to")?,
            bcc: row.json("bcc")?,
            text_signature: row.value("text_signature")?,
            html_signature: row.value("html_signature")?,
        },
        may_delete: row.value("may_delete")?,
    })
}

fn json(addresses: &Option<Vec<EmailAddress>>) -> Option<serde_json::Value> {
    addresses.as_ref().map(|addresses| serde_json::json!(addresses))
}
