//! Trust anchors and evidence of revocation, as stored. Whoever changes them marks the verdicts that follow as due.

use chrono::{DateTime, Utc};

use super::{StoreError, Transaction, row::TableRow, sql};
use crate::smime::OcspSubject;

/// A trust anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// SHA-256 of `der`.
    pub fingerprint: [u8; 32],
    /// The certificate.
    pub der: Vec<u8>,
    /// What the operator calls it.
    pub name: String,
    /// When it was added.
    pub added_at: DateTime<Utc>,
}

/// A CRL as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlRecord {
    /// SHA-256 of `der`.
    pub digest: [u8; 32],
    /// The CRL.
    pub der: Vec<u8>,
    /// DER of the issuer's name.
    pub issuer: Vec<u8>,
    /// thisUpdate.
    pub this_update: DateTime<Utc>,
    /// nextUpdate.
    pub next_update: Option<DateTime<Utc>>,
    /// Whether it speaks for other issuers too (RFC 5280 §5.2.5).
    pub is_indirect: bool,
    /// "operator", "message", or the URL that it came from.
    pub source: String,
}

/// An OCSP response as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspRecord {
    /// SHA-256 of `der`.
    pub digest: [u8; 32],
    /// The OCSPResponse (RFC 6960 §4.2.1).
    pub der: Vec<u8>,
    /// The certificates that it speaks about; at least one.
    pub subjects: Vec<OcspSubject>,
    /// thisUpdate, the newest if there are several.
    pub this_update: DateTime<Utc>,
    /// nextUpdate, likewise.
    pub next_update: DateTime<Utc>,
    /// "operator", "message", or the URL that it came from.
    pub source: String,
}

/// Adds an anchor; `false` if it is there already. All verdicts become due, and at-delivery statuses that failed
/// may be verified by the next evaluation (RFC 9219 §4.1).
pub async fn add_anchor(transaction: &Transaction<'_>, anchor: &Anchor) -> Result<bool, StoreError> {
    transaction.query(sql!("trust/lock"), &[]).await?;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&anchor.fingerprint.as_slice(), &anchor.der, &anchor.name, &anchor.added_at];
    let added = transaction.execute(sql!("trust/add_anchor"), &parameters).await? == 1;
    if added {
        transaction.execute(sql!("verdict/reopen_all"), &[&transaction.now()]).await?;
        transaction.query(sql!("trust/notify"), &[]).await?;
    }
    Ok(added)
}

/// Removes an anchor; `false` if it is not there. All verdicts become due; at-delivery statuses stay.
pub async fn remove_anchor(
    transaction: &Transaction<'_>,
    fingerprint: &[u8; 32],
) -> Result<bool, StoreError> {
    transaction.query(sql!("trust/lock"), &[]).await?;
    let removed = transaction.execute(sql!("trust/remove_anchor"), &[&fingerprint.as_slice()]).await? == 1;
    if removed {
        make_all_due(transaction).await?;
    }
    Ok(removed)
}

/// Every anchor, oldest first.
pub async fn anchors(transaction: &Transaction<'_>) -> Result<Vec<Anchor>, StoreError> {
    let rows = transaction.query(sql!("trust/anchors"), &[]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("trust_anchor", row);
            Ok(Anchor {
                fingerprint: digest(&row, "fingerprint")?,
                der: row.value("der")?,
                name: row.value("name")?,
                added_at: row.value("added_at")?,
            })
        })
        .collect()
}

/// Adds CRLs that an operator vouches for; gives how many are new. All verdicts become due if there is any.
pub async fn add_crls(transaction: &Transaction<'_>, crls: &[CrlRecord]) -> Result<u64, StoreError> {
    transaction.query(sql!("trust/lock"), &[]).await?;
    let added = store_crls(transaction, crls).await?;
    if added > 0 {
        make_all_due(transaction).await?;
    }
    Ok(added)
}

/// Stores CRLs that came with a message. Nothing becomes due: a stranger's mail must not make this system work
/// harder than once for each signer and expiry (RFC 9219 §6).
pub async fn store_crls(transaction: &Transaction<'_>, crls: &[CrlRecord]) -> Result<u64, StoreError> {
    let mut added = 0;
    for crl in crls {
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
            &crl.digest.as_slice(),
            &crl.der,
            &crl.issuer,
            &crl.this_update,
            &crl.next_update,
            &crl.is_indirect,
            &crl.source,
            &transaction.now(),
        ];
        added += transaction.execute(sql!("trust/add_crl"), &parameters).await?;
    }
    Ok(added)
}

/// Stores OCSP responses, wherever they came from; gives how many are new, or came from a better source than before.
/// Nothing becomes due: who fetched them knows who waits for them, and mail must not make this system work.
pub async fn store_ocsp(transaction: &Transaction<'_>, responses: &[OcspRecord]) -> Result<u64, StoreError> {
    let mut added = 0;
    let mut responses: Vec<&OcspRecord> = responses.iter().collect();
    // In one order, so that nobody deadlocks.
    responses.sort_by_key(|response| response.digest);
    for response in responses {
        let Some(first) = response.subjects.first() else { continue };
        let issuers: Vec<&[u8]> = response.subjects.iter().map(|subject| subject.issuer.as_slice()).collect();
        let serials: Vec<&[u8]> = response.subjects.iter().map(|subject| subject.serial.as_slice()).collect();
        let revoked: Vec<bool> = response.subjects.iter().map(|subject| subject.is_revoked).collect();
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 10] = [
            &response.digest.as_slice(),
            &response.der,
            &first.issuer,
            &response.this_update,
            &response.next_update,
            &response.source,
            &transaction.now(),
            &issuers,
            &serials,
            &revoked,
        ];
        let row = transaction.query_opt(sql!("trust/add_ocsp"), &parameters).await?;
        let row =
            row.ok_or(StoreError::UnexpectedRows { statement: "trust/add_ocsp", expected: 1, affected: 0 })?;
        let count: i64 = TableRow::new("revocation_evidence", &row).value("added")?;
        added += u64::from(count > 0);
    }
    Ok(added)
}

/// Every CRL, newest first; `der` included.
pub async fn crls(transaction: &Transaction<'_>) -> Result<Vec<CrlRecord>, StoreError> {
    let rows = transaction.query(sql!("trust/crls"), &[]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("revocation_evidence", row);
            Ok(CrlRecord {
                digest: digest(&row, "digest")?,
                der: row.value("der")?,
                issuer: row.value("issuer")?,
                this_update: row.value("this_update")?,
                next_update: row.value("next_update")?,
                is_indirect: row.value("is_indirect")?,
                source: row.value("source")?,
            })
        })
        .collect()
}

/// How many verdicts are due, and how many there are.
pub async fn due_verdicts(
    transaction: &Transaction<'_>,
    now: DateTime<Utc>,
) -> Result<(i64, i64), StoreError> {
    let row = transaction.query_opt(sql!("verdict/count_due"), &[&now]).await?;
    let row =
        row.ok_or(StoreError::UnexpectedRows { statement: "verdict/count_due", expected: 1, affected: 0 })?;
    let row = TableRow::new("verdict", &row);
    Ok((row.value("due")?, row.value("total")?))
}

async fn make_all_due(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute(sql!("verdict/expire_all"), &[&transaction.now()]).await?;
    transaction.query(sql!("trust/notify"), &[]).await.map(drop)
}

fn digest(row: &TableRow<'_>, column: &'static str) -> Result<[u8; 32], StoreError> {
    let bytes: &[u8] = row.value(column)?;
    bytes.try_into().map_err(|_| row.corrupt(column, format!("{} octets", bytes.len())))
}
