//! The change log, as /changes reads it (RFC 8620 §5.2).

use super::{DataType, StoreError, Transaction, row::TableRow, sql};
use crate::wire::ids::AccountId;

/// What happened to the objects of a data type since a state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The state that these changes lead to.
    pub new_state: i64,
    /// More have happened since `new_state`.
    pub has_more: bool,
    /// Ids of objects that are new.
    pub created: Vec<i64>,
    /// Ids of objects that changed.
    pub updated: Vec<i64>,
    /// Ids of objects that are gone.
    pub destroyed: Vec<i64>,
    /// Whether nothing but counters changed in all of `updated`, of which there is at least one (RFC 8621 §2.2).
    pub only_counters: bool,
}

/// The newest state of a data type; 0 before its first change.
pub async fn state(
    transaction: &Transaction<'_>,
    account: AccountId,
    data_type: DataType,
) -> Result<i64, StoreError> {
    state_and_oldest(transaction, account, data_type).await.map(|(newest, _)| newest)
}

/// The newest state of a data type, and the oldest from which on all that happened is known.
pub async fn state_and_oldest(
    transaction: &Transaction<'_>,
    account: AccountId,
    data_type: DataType,
) -> Result<(i64, i64), StoreError> {
    let row = transaction.query_opt(sql!("change/state"), &[&account.0, &data_type.number()]).await?;
    let Some(row) = row else { return Ok((0, 0)) };
    let row = TableRow::new("data_type_state", &row);
    Ok((row.value("state")?, row.value("oldest")?))
}

/// What happened since `since`, for at most `max` objects. `None` if that is no longer known, or was never a state.
pub async fn since(
    transaction: &Transaction<'_>,
    account: AccountId,
    data_type: DataType,
    since: i64,
    max: Option<u64>,
) -> Result<Option<Changes>, StoreError> {
    let (newest, oldest) = state_and_oldest(transaction, account, data_type).await?;
    if since < oldest || since > newest {
        return Ok(None);
    }
    let max = max.map_or(i64::MAX, |max| i64::try_from(max).unwrap_or(i64::MAX));
    let rows = transaction
        .query(sql!("change/since"), &[&account.0, &data_type.number(), &since, &newest, &max])
        .await?;
    let mut changes = Changes { new_state: newest, ..Changes::default() };
    let mut updated_kinds = Vec::new();
    for row in &rows {
        let row = TableRow::new("change", row);
        let object: i64 = row.value("object_id")?;
        changes.new_state = row.value("upto")?;
        match row.value::<&str>("outcome")? {
            "created" => changes.created.push(object),
            "destroyed" => changes.destroyed.push(object),
            "updated" => {
                changes.updated.push(object);
                updated_kinds.push(row.value::<bool>("only_counters")?);
            }
            "unseen" => {}
            other => return Err(row.corrupt("kind", format!("unknown outcome {other}"))),
        }
    }
    changes.has_more = changes.new_state < newest;
    changes.only_counters = !updated_kinds.is_empty() && updated_kinds.iter().all(|only| *only);
    Ok(Some(changes))
}
