//! Older content of a source, which newer content may have made superfluous.

use std::collections::HashSet;

use crate::store::trust::{CrlRecord, OcspRecord};
use crate::store::{StoreError, Transaction, row::TableRow, sql};

/// CRLs that came from the same URL before a newer one, by digest and DER, and the serial numbers of the certificates of
/// their issuer that are stored, without leading zero octets.
#[derive(Clone, Debug, Default)]
pub struct OlderCrls {
    /// Digest and DER of each.
    pub crls: Vec<(Vec<u8>, Vec<u8>)>,
    /// The serial numbers.
    pub known_serials: HashSet<Vec<u8>>,
}

/// Looks for what a CRL may have made superfluous.
pub async fn older_crls(transaction: &Transaction<'_>, newer: &CrlRecord) -> Result<OlderCrls, StoreError> {
    let rows = transaction
        .query(sql!("source/older_crls"), &[&newer.source, &newer.issuer, &newer.this_update])
        .await?;
    if rows.is_empty() {
        return Ok(OlderCrls::default());
    }
    let crls = rows.iter().map(|row| {
        let row = TableRow::new("revocation_evidence", row);
        Ok((row.value("digest")?, row.value("der")?))
    });
    let crls = crls.collect::<Result<_, StoreError>>()?;
    let rows = transaction.query(sql!("source/known_serials"), &[&newer.issuer]).await?;
    let serials = rows.iter().map(|row| TableRow::new("certificate", row).value("serial"));
    Ok(OlderCrls { crls, known_serials: serials.collect::<Result<_, StoreError>>()? })
}

/// Drops CRLs of a URL; gives how many.
pub async fn drop_crls(
    transaction: &Transaction<'_>,
    digests: &[Vec<u8>],
    url: &str,
) -> Result<u64, StoreError> {
    transaction.execute(sql!("source/drop_crls"), &[&digests, &url]).await
}

/// Drops older responses of the same URL that called the certificate good which this one speaks about.
pub async fn drop_responses(transaction: &Transaction<'_>, newer: &OcspRecord) -> Result<u64, StoreError> {
    let Some(subject) = newer.subjects.first() else { return Ok(0) };
    let statement = sql!("source/drop_responses");
    transaction
        .execute(statement, &[&subject.issuer, &subject.serial, &newer.source, &newer.this_update])
        .await
}
