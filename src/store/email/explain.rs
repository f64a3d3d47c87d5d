//! What is remembered of one email's signature, beside what its facts and verdicts come to: for those who ask why.

use chrono::{DateTime, Utc};

use super::super::row::TableRow;
use super::super::signature::{EmailSignatures, of_emails};
use super::super::weakness::accepted;
use super::super::{StoreError, Transaction, sql};
use super::read::status;
use crate::smime::verdict::Interval;
use crate::smime::{AcceptedWeaknesses, Problem, Status};
use crate::wire::ids::{AccountId, EmailId};

/// All that is stored of an email's signature.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSmime {
    /// receivedAt.
    pub received_at: DateTime<Utc>,
    /// What the message shows.
    pub remembered: Remembered,
    /// What facts and verdicts come to, were they composed now.
    pub composed: Composed,
    /// The facts; none if smimeStatus is null.
    pub facts: Option<StoredFacts>,
    /// The signatures with their signers.
    pub signatures: EmailSignatures,
    /// In which interval of each signature's verdict the delivery lies; none where there is no verdict.
    pub deliveries: Vec<Option<DeliveryInterval>>,
    /// What is accepted of weak algorithms.
    pub accepted: AcceptedWeaknesses,
}

/// What the row of the email says.
#[derive(Clone, Debug, PartialEq)]
pub struct Remembered {
    /// smimeStatus.
    pub status: Option<Status>,
    /// smimeStatusAtDelivery.
    pub status_at_delivery: Option<Status>,
    /// smimeErrors, as codes.
    pub errors: Option<Vec<Problem>>,
}

/// What the view email_smime_outcome says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Composed {
    /// smimeStatus.
    pub status: Option<Status>,
    /// smimeStatusAtDelivery, if it were calculated now.
    pub status_at_delivery: Option<Status>,
}

/// What follows from the message's bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFacts {
    /// The word for the form (`smime::Form::as_str`).
    pub form: String,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// When they were stated.
    pub stated_at: DateTime<Utc>,
}

/// Where a delivery stands by a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryInterval {
    /// It met a good chain, as all deliveries of this interval.
    Good(Interval),
    /// Only missing evidence keeps that from being known, as of all deliveries of this interval.
    Undetermined(Interval),
    /// It met a chain that was not good.
    Neither,
}

/// What is stored of an email's signature; none if there is no such email.
pub async fn explain(
    transaction: &Transaction<'_>,
    account: AccountId,
    email: EmailId,
) -> Result<Option<StoredSmime>, StoreError> {
    let Some(row) = transaction.query_opt(sql!("email/explain"), &[&account.0, &email.0]).await? else {
        return Ok(None);
    };
    let row = TableRow::new("email", &row);
    let facts = match row.value::<Option<String>>("form")? {
        Some(form) => Some(StoredFacts {
            form,
            problems: row.json("problems")?.unwrap_or_default(),
            stated_at: row.value("checked_at")?,
        }),
        None => None,
    };
    let signatures = of_emails(transaction, account, &[email]).await?.remove(&email).unwrap_or_default();
    let mut deliveries = vec![None; signatures.signatures.len()];
    for row in transaction.query(sql!("signature/around"), &[&account.0, &email.0]).await? {
        let row = TableRow::new("verdict", &row);
        let ordinal: i16 = row.value("ordinal")?;
        let place = usize::try_from(ordinal).ok().and_then(|place| deliveries.get_mut(place));
        if let Some(place) = place {
            *place = Some(delivery(&row)?);
        }
    }
    Ok(Some(StoredSmime {
        received_at: row.value("received_at")?,
        remembered: Remembered {
            status: status(&row, "smime_status")?,
            status_at_delivery: status(&row, "smime_status_at_delivery")?,
            errors: row.json("smime_errors")?,
        },
        composed: Composed {
            status: status(&row, "now_status")?,
            status_at_delivery: status(&row, "now_status_at_delivery")?,
        },
        facts,
        signatures,
        deliveries,
        accepted: accepted(transaction).await?,
    }))
}

fn delivery(row: &TableRow<'_>) -> Result<DeliveryInterval, StoreError> {
    let interval = (row.value("since")?, row.value("until")?);
    Ok(if row.value("is_good")? {
        DeliveryInterval::Good(interval)
    } else if row.value("is_undetermined")? {
        DeliveryInterval::Undetermined(interval)
    } else {
        DeliveryInterval::Neither
    })
}
