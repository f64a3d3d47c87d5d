//! Vacation responses (RFC 8621 §8), and who has had one (RFC 3834 §2).

use chrono::{DateTime, Utc};

use super::{AccountWriter, ChangeKind, DataType, StoreError, Transaction, row::TableRow, sql};
use crate::wire::ids::AccountId;

/// The number under which the one object of an account is logged.
const SINGLETON: i64 = 0;

/// A VacationResponse (RFC 8621 §8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VacationResponse {
    /// isEnabled.
    pub is_enabled: bool,
    /// fromDate.
    pub from_date: Option<DateTime<Utc>>,
    /// toDate.
    pub to_date: Option<DateTime<Utc>>,
    /// subject.
    pub subject: Option<String>,
    /// textBody.
    pub text_body: Option<String>,
    /// htmlBody.
    pub html_body: Option<String>,
}

impl VacationResponse {
    /// Whether a message that arrives now is answered.
    pub fn is_in_effect(&self, now: DateTime<Utc>) -> bool {
        self.is_enabled
            && self.from_date.is_none_or(|from| from <= now)
            && self.to_date.is_none_or(|to| now < to)
    }
}

/// The response of an account.
pub async fn read(transaction: &Transaction<'_>, account: AccountId) -> Result<VacationResponse, StoreError> {
    let Some(row) = transaction.query_opt(sql!("vacation/read"), &[&account.0]).await? else {
        return Ok(VacationResponse::default());
    };
    let row = TableRow::new("vacation_response", &row);
    Ok(VacationResponse {
        is_enabled: row.value("is_enabled")?,
        from_date: row.value("from_date")?,
        to_date: row.value("to_date")?,
        subject: row.value("subject")?,
        text_body: row.value("text_body")?,
        html_body: row.value("html_body")?,
    })
}

/// Changes the response of an account. It is another response now, so those who had the old one may get it.
pub async fn write(writer: &mut AccountWriter<'_>, response: &VacationResponse) -> Result<(), StoreError> {
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
        &writer.account().0,
        &response.is_enabled,
        &response.from_date,
        &response.to_date,
        &response.subject,
        &response.text_body,
        &response.html_body,
    ];
    writer.transaction().execute(sql!("vacation/write"), &values).await?;
    writer.transaction().execute(sql!("vacation/forget"), &[&writer.account().0, &writer.now()]).await?;
    writer.changed(DataType::VacationResponse, SINGLETON, ChangeKind::Updated);
    Ok(())
}

/// Notes that a sender, by its canonical address, is answered; `false` if it was already after `since`, or if `most`
/// senders were.
pub async fn note_reply(
    writer: &AccountWriter<'_>,
    sender: &str,
    since: DateTime<Utc>,
    most: i64,
) -> Result<bool, StoreError> {
    writer.transaction().execute(sql!("vacation/forget"), &[&writer.account().0, &since]).await?;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&writer.account().0, &sender, &writer.now(), &most];
    Ok(writer.transaction().execute(sql!("vacation/reply"), &values).await? == 1)
}
