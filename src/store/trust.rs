//! Trust anchors and evidence of revocation, as stored. Whoever changes them marks the verdicts that follow as due.

use chrono::{DateTime, Utc};

use super::reverification::{self, ReverificationId, Scope};
use super::{StoreError, Transaction, row::TableRow, sql};
use crate::smime::{AnchorPolicy, Certificate, OcspSubject, Revocation};

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
    /// What is demanded of the chains that end at it.
    pub policy: AnchorPolicy,
}

impl From<Anchor> for crate::smime::Anchor {
    fn from(anchor: Anchor) -> Self {
        Self { certificate: Certificate(anchor.der), policy: anchor.policy }
    }
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

/// Adds an anchor; `false` if it is there already. Otherwise as [`add_anchors`].
pub async fn add_anchor(transaction: &Transaction<'_>, anchor: &Anchor) -> Result<bool, StoreError> {
    Ok(!add_anchors(transaction, std::slice::from_ref(anchor)).await?.new.is_empty())
}

/// Anchors that were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddedAnchors {
    /// The fingerprints of those that were not there already.
    pub new: Vec<[u8; 32]>,
    /// What follows from it, if there is any new one.
    pub reverification: Option<ReverificationId>,
}

/// Adds anchors; one that is there already stays as it is. All verdicts become due if there is a new one, and
/// at-delivery statuses that failed may be verified by the next evaluation (RFC 9219 §4.1).
pub async fn add_anchors(
    transaction: &Transaction<'_>,
    anchors: &[Anchor],
) -> Result<AddedAnchors, StoreError> {
    transaction.query(sql!("trust/lock"), &[]).await?;
    let mut added = AddedAnchors::default();
    for anchor in anchors {
        let policy = &anchor.policy;
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 9] = [
            &anchor.fingerprint.as_slice(),
            &anchor.der,
            &anchor.name,
            &anchor.added_at,
            &policy.revocation.map(Revocation::as_str),
            &policy.trusted_from,
            &policy.trusted_until,
            &policy.algorithms,
            &policy.policies,
        ];
        if transaction.execute(sql!("trust/add_anchor"), &parameters).await? == 1 {
            added.new.push(anchor.fingerprint);
        }
    }
    if !added.new.is_empty() {
        added.reverification = Some(reverification::begin(transaction, Scope::verdicts(true)).await?);
    }
    Ok(added)
}

/// Gives an anchor the name and the policy of this one. All verdicts become due if the policy differs, and if it is
/// laxer in anything, at-delivery statuses that failed may be verified, as if the anchor had been added anew. What is
/// remembered as verified stays, however strict the policy. `None` if nothing follows: it is not there, or differs in
/// its name at most.
pub async fn change_anchor(
    transaction: &Transaction<'_>,
    anchor: &Anchor,
    installation: Revocation,
) -> Result<Option<ReverificationId>, StoreError> {
    transaction.query(sql!("trust/lock"), &[]).await?;
    let all = anchors(transaction).await?;
    let Some(before) = all.into_iter().find(|before| before.fingerprint == anchor.fingerprint) else {
        return Ok(None);
    };
    let policy = &anchor.policy;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
        &anchor.fingerprint.as_slice(),
        &anchor.name,
        &policy.revocation.map(Revocation::as_str),
        &policy.trusted_from,
        &policy.trusted_until,
        &policy.algorithms,
        &policy.policies,
    ];
    transaction.execute(sql!("trust/change_anchor"), &parameters).await?;
    if before.policy == *policy {
        return Ok(None);
    }
    let reopens = policy.is_laxer_than(&before.policy, installation);
    reverification::begin(transaction, Scope::verdicts(reopens)).await.map(Some)
}

/// Removes an anchor; `None` if it is not there. All verdicts become due; at-delivery statuses stay.
pub async fn remove_anchor(
    transaction: &Transaction<'_>,
    fingerprint: &[u8; 32],
) -> Result<Option<ReverificationId>, StoreError> {
    transaction.query(sql!("trust/lock"), &[]).await?;
    let removed = transaction.execute(sql!("trust/remove_anchor"), &[&fingerprint.as_slice()]).await? == 1;
    if removed {
        reverification::begin(transaction, Scope::verdicts(false)).await.map(Some)
    } else {
        Ok(None)
    }
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
                policy: policy(&row)?,
            })
        })
        .collect()
}

/// CRLs that were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddedCrls {
    /// How many are new.
    pub new: u64,
    /// What follows from it, if there is any new one.
    pub reverification: Option<ReverificationId>,
}

/// Adds CRLs that an operator vouches for. All verdicts become due if there is a new one.
pub async fn add_crls(transaction: &Transaction<'_>, crls: &[CrlRecord]) -> Result<AddedCrls, StoreError> {
    transaction.query(sql!("trust/lock"), &[]).await?;
    let new = store_crls(transaction, crls).await?;
    let reverification =
        if new > 0 { Some(reverification::begin(transaction, Scope::verdicts(false)).await?) } else { None };
    Ok(AddedCrls { new, reverification })
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

fn policy(row: &TableRow<'_>) -> Result<AnchorPolicy, StoreError> {
    let revocation = row.value::<Option<&str>>("revocation")?.map(|text| {
        Revocation::parse(text)
            .ok_or_else(|| row.corrupt("revocation", format!("{text} is none that is known")))
    });
    Ok(AnchorPolicy {
        revocation: revocation.transpose()?,
        trusted_from: row.value("trusted_from")?,
        trusted_until: row.value("trusted_until")?,
        algorithms: row.value("algorithms")?,
        policies: row.value("policies")?,
    })
}

fn digest(row: &TableRow<'_>, column: &'static str) -> Result<[u8; 32], StoreError> {
    let bytes: &[u8] = row.value(column)?;
    bytes.try_into().map_err(|_| row.corrupt(column, format!("{} octets", bytes.len())))
}
