//! Signers: a leaf certificate with the intermediates seen beside it, shared by all messages and accounts.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use openssl::sha::Sha256;

use super::{StoreError, Transaction, row::TableRow, sql};
use crate::smime::verdict::LONGEST_BELIEF;
use crate::wire::ids::{AccountId, EmailId};

/// The number of a signer; never shown to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignerId(pub i64);

/// A certificate with the names that paths are built by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRecord {
    /// SHA-256 of `der`.
    pub fingerprint: [u8; 32],
    /// The certificate.
    pub der: Vec<u8>,
    /// DER of the subject.
    pub subject: Vec<u8>,
    /// DER of the issuer.
    pub issuer: Vec<u8>,
    /// The serial number without leading zero octets; none if it is longer than anybody needs.
    pub serial: Option<Vec<u8>>,
    /// subjectKeyIdentifier; none if there is none, or if it is longer than anybody needs.
    pub key_identifier: Option<Vec<u8>>,
}

/// What SignerInfos name certificates by (RFC 5652 §5.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedCertificates {
    /// DER of the issuer's name, and the serial number without leading zero octets.
    pub issuers_and_serials: Vec<(Vec<u8>, Vec<u8>)>,
    /// subjectKeyIdentifier.
    pub key_identifiers: Vec<Vec<u8>>,
}

/// A signer that may be new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSigner {
    /// The signer's certificate.
    pub leaf: CertificateRecord,
    /// The intermediates that came with it and may be on its path.
    pub intermediates: Vec<CertificateRecord>,
}

impl NewSigner {
    /// What makes two signers the same: the leaf and the set of intermediates.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let intermediates: BTreeSet<[u8; 32]> =
            self.intermediates.iter().map(|record| record.fingerprint).collect();
        let mut sha = Sha256::new();
        sha.update(&self.leaf.fingerprint);
        intermediates.iter().for_each(|fingerprint| sha.update(fingerprint));
        sha.finish()
    }
}

/// Registers signers, each with a verdict that is due. One that is known keeps its number and its verdict.
pub async fn register(
    transaction: &Transaction<'_>,
    signers: &[NewSigner],
) -> Result<Vec<SignerId>, StoreError> {
    let records: Vec<&CertificateRecord> = signers
        .iter()
        .flat_map(|signer| std::iter::once(&signer.leaf).chain(&signer.intermediates))
        .collect();
    store_certificates(transaction, &records).await?;
    let mut ids = Vec::with_capacity(signers.len());
    for signer in signers {
        let digest = signer.digest();
        let known = transaction.query_opt(sql!("signer/by_digest"), &[&digest.as_slice()]).await?;
        let row = match known {
            Some(row) => row,
            None => insert(transaction, signer, &digest).await?,
        };
        ids.push(SignerId(TableRow::new("signer", &row).value("id")?));
    }
    Ok(ids)
}

/// Stores certificates that are not there yet.
pub async fn store_certificates(
    transaction: &Transaction<'_>,
    records: &[&CertificateRecord],
) -> Result<u64, StoreError> {
    let fingerprints: Vec<&[u8]> = records.iter().map(|record| record.fingerprint.as_slice()).collect();
    let ders: Vec<&[u8]> = records.iter().map(|record| record.der.as_slice()).collect();
    let subjects: Vec<&[u8]> = records.iter().map(|record| record.subject.as_slice()).collect();
    let issuers: Vec<&[u8]> = records.iter().map(|record| record.issuer.as_slice()).collect();
    let serials: Vec<Option<&[u8]>> = records.iter().map(|record| record.serial.as_deref()).collect();
    let key_identifiers: Vec<Option<&[u8]>> =
        records.iter().map(|record| record.key_identifier.as_deref()).collect();
    transaction
        .execute(
            sql!("signer/store_certificates"),
            &[&fingerprints, &ders, &subjects, &issuers, &transaction.now(), &serials, &key_identifiers],
        )
        .await
}

/// DER of the stored certificates that have one of these names; of those that share one, the few that have been
/// known longest, so that nobody can push known ones out by sending many of the same name.
pub async fn stored_certificates(
    transaction: &Transaction<'_>,
    wanted: &WantedCertificates,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let (issuers, serials): (Vec<&[u8]>, Vec<&[u8]>) = wanted
        .issuers_and_serials
        .iter()
        .map(|(issuer, serial)| (issuer.as_slice(), serial.as_slice()))
        .unzip();
    let rows = transaction
        .query(sql!("signer/certificates_by_name"), &[&issuers, &serials, &wanted.key_identifiers])
        .await?;
    rows.iter().map(|row| TableRow::new("certificate", row).value("der")).collect()
}

/// Those of these signers whose verdicts are due.
pub async fn stale_among(
    transaction: &Transaction<'_>,
    signers: &[SignerId],
    now: DateTime<Utc>,
) -> Result<Vec<SignerId>, StoreError> {
    let signers: Vec<i64> = signers.iter().map(|signer| signer.0).collect();
    ids(transaction.query(sql!("signer/stale_among"), &[&signers, &now]).await?)
}

/// Which signers of an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those whose verdicts decide it.
    Senders,
    /// All of them.
    All,
}

/// The signers of these emails whose verdicts are due.
pub async fn stale_for_emails(
    transaction: &Transaction<'_>,
    account: AccountId,
    emails: &[EmailId],
    whose: Whose,
    now: DateTime<Utc>,
) -> Result<Vec<SignerId>, StoreError> {
    let emails: Vec<i64> = emails.iter().map(|email| email.0).collect();
    let all = whose == Whose::All;
    ids(transaction.query(sql!("signer/stale_for_emails"), &[&account.0, &emails, &now, &all]).await?)
}

/// A signer whose verdict is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale {
    /// Whose.
    pub signer: SignerId,
    /// Whether a change of anchors or evidence made it due, and it had not run out by itself.
    pub is_under_way: bool,
}

/// The signers whose verdicts decide emails of this account and are due, at most `limit` of them. A verdict runs out by
/// itself after [`LONGEST_BELIEF`].
pub async fn stale_for_account(
    transaction: &Transaction<'_>,
    account: AccountId,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Stale>, StoreError> {
    let since = now - LONGEST_BELIEF;
    let rows =
        transaction.query(sql!("signer/stale_for_account"), &[&account.0, &now, &limit, &since]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("verdict", row);
            let is_under_way = row.value::<Option<bool>>("is_under_way")?.unwrap_or(false);
            Ok(Stale { signer: SignerId(row.value("signer_id")?), is_under_way })
        })
        .collect()
}

async fn insert(
    transaction: &Transaction<'_>,
    signer: &NewSigner,
    digest: &[u8; 32],
) -> Result<tokio_postgres::Row, StoreError> {
    let intermediates: BTreeSet<&[u8]> =
        signer.intermediates.iter().map(|record| record.fingerprint.as_slice()).collect();
    let intermediates: Vec<&[u8]> = intermediates.into_iter().collect();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&digest.as_slice(), &signer.leaf.fingerprint.as_slice(), &intermediates, &transaction.now()];
    let row = transaction.query_opt(sql!("signer/insert"), &parameters).await?;
    row.ok_or(StoreError::UnexpectedRows { statement: "signer/insert", expected: 1, affected: 0 })
}

fn ids(rows: Vec<tokio_postgres::Row>) -> Result<Vec<SignerId>, StoreError> {
    rows.iter().map(|row| TableRow::new("verdict", row).value("signer_id").map(SignerId)).collect()
}
