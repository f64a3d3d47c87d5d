//! Sources as operators see them.

use chrono::{DateTime, Utc};

use super::SourceKind;
use crate::store::{StoreError, Transaction, row::TableRow, sql};

/// A source with its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// What it gives.
    pub kind: SourceKind,
    /// Where it is.
    pub url: String,
    /// For OCSP, the fingerprint of the certificate that is asked about, in hexadecimal digits.
    pub certificate: Option<String>,
    /// The last attempt.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// The last attempt that was good.
    pub last_success_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed: a code, and what it means.
    pub last_error: Option<(String, String)>,
    /// Attempts since the last success.
    pub attempts: u32,
    /// When it is tried next.
    pub due_at: DateTime<Utc>,
    /// Whether a node is at it.
    pub is_leased: bool,
    /// thisUpdate of the newest content.
    pub this_update: Option<DateTime<Utc>>,
    /// nextUpdate of the newest content.
    pub next_update: Option<DateTime<Utc>>,
    /// How many verdicts want it.
    pub verdicts: i64,
    /// How many of them lack it.
    pub lacking: i64,
}

/// A piece of evidence of revocation, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRow {
    /// SHA-256 of the content.
    pub digest: Vec<u8>,
    /// `crl` or `ocsp`.
    pub kind: String,
    /// DER of the issuer's name.
    pub issuer: Vec<u8>,
    /// thisUpdate.
    pub this_update: DateTime<Utc>,
    /// nextUpdate.
    pub next_update: Option<DateTime<Utc>>,
    /// "operator", "message", or the URL that it came from.
    pub source: String,
    /// The octets of its content.
    pub octets: i32,
}

/// Every piece of evidence, by where it came from.
pub async fn evidence(transaction: &Transaction<'_>) -> Result<Vec<EvidenceRow>, StoreError> {
    let rows = transaction.query(sql!("trust/evidence"), &[]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("revocation_evidence", row);
            Ok(EvidenceRow {
                digest: row.value("digest")?,
                kind: row.value("kind")?,
                issuer: row.value("issuer")?,
                this_update: row.value("this_update")?,
                next_update: row.value("next_update")?,
                source: row.value("source")?,
                octets: row.value("octets")?,
            })
        })
        .collect()
}

/// Every source, or those whose last attempt failed, by URL.
pub async fn list(transaction: &Transaction<'_>, only_failing: bool) -> Result<Vec<SourceRow>, StoreError> {
    let rows = transaction.query(sql!("source/list"), &[&transaction.now(), &only_failing]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("source", row);
            let (error, detail): (Option<String>, Option<String>) =
                (row.value("last_error")?, row.value("last_detail")?);
            Ok(SourceRow {
                kind: SourceKind::of(&row)?,
                url: row.value("url")?,
                certificate: row.value("certificate")?,
                last_attempt_at: row.value("last_attempt_at")?,
                last_success_at: row.value("last_success_at")?,
                last_error: error.map(|error| (error, detail.unwrap_or_default())),
                attempts: u32::try_from(row.value::<i32>("attempts")?).unwrap_or_default(),
                due_at: row.value("due_at")?,
                is_leased: row.value::<Option<bool>>("is_leased")?.unwrap_or_default(),
                this_update: row.value("this_update")?,
                next_update: row.value("next_update")?,
                verdicts: row.value("verdicts")?,
                lacking: row.value("lacking")?,
            })
        })
        .collect()
}
