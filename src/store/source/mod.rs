//! Sources: what certificates name that can be fetched, which verdicts want it, and the work of fetching it.
//!
//! A verdict is told of new content by becoming due. None is missed, although nobody holds a lock while the network is
//! used: what a verdict wants is committed before the evaluation that rests on it begins, content is committed before
//! verdicts are told of it, and who tells them waits for evaluations that are under way. So an evaluation that has not
//! seen the content is told of it.

mod lease;
mod list;
mod older;
mod want;

pub use lease::{
    Claim, Content, Told, claim, claim_missing, claim_untold, claim_url, counts, fail, forget, next_due,
    release, succeed, tell,
};
pub use list::{EvidenceRow, SourceRow, evidence, list};
pub use older::{OlderCrls, drop_crls, drop_responses, older_crls};
pub use want::{
    About, Bounds, Want, Wanting, notify, stop_waiting, wait, waiting_among, waiting_for_account,
    waiting_for_emails, want,
};

use super::{StoreError, Transaction, row::TableRow, sql};

/// The number of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub i64);

/// What a source gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// A CRL.
    Crl,
    /// What a responder says about one certificate.
    Ocsp,
    /// Certificates of an issuer.
    Issuer,
}

impl SourceKind {
    /// Its name in the table, in metrics and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crl => "crl",
            Self::Ocsp => "ocsp",
            Self::Issuer => "issuer",
        }
    }

    fn of(row: &TableRow<'_>) -> Result<Self, StoreError> {
        match row.value("kind")? {
            "crl" => Ok(Self::Crl),
            "ocsp" => Ok(Self::Ocsp),
            "issuer" => Ok(Self::Issuer),
            other => Err(row.corrupt("kind", format!("{other:?}"))),
        }
    }
}

/// DER of a certificate that a source asks about; `None` if it is gone, as an anchor may be.
pub async fn certificate(
    transaction: &Transaction<'_>,
    fingerprint: &[u8],
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = transaction.query_opt(sql!("source/certificate"), &[&fingerprint]).await?;
    row.map(|row| TableRow::new("certificate", &row).value("der")).transpose()
}

/// DER of stored certificates that have a name, by its DER.
pub async fn crl_issuers(transaction: &Transaction<'_>, name: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    let rows = transaction.query(sql!("source/crl_issuers"), &[&name]).await?;
    rows.iter().map(|row| TableRow::new("certificate", row).value("der")).collect()
}
