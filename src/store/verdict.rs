//! Verdicts: claimed when they are due, and stored with what they have to tell the emails that rest on them.
//!
//! Locks are taken in one order everywhere: the shared lock on trust, then verdicts by number, then walks
//! (`verdict_move`), then accounts by number. A delivery locks the verdicts that it rests on the same way, so that it
//! either sees the new verdict or is seen by the one who stores it.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use tokio_postgres::types::Json;

use super::reverification::{ReverificationId, Tally};
use super::signature::StoredEvidence;
use super::signer::SignerId;
use super::{StoreError, Transaction, row::TableRow, sql, verdict_move};
use crate::smime::{Anchor, Certificate, Explanation, Intervals, Problem, TrustMaterial};

/// A verdict that is locked and due.
#[derive(Debug, PartialEq, Eq)]
pub struct Claim {
    /// Whose.
    pub signer: SignerId,
}

/// Claims whose signers were issued by the same name and came with the same intermediates: whatever is the issuer of
/// one may be that of all.
pub struct Group {
    /// The claims, each with its signer's certificate.
    pub members: Vec<(Claim, Certificate)>,
    issuer: Vec<u8>,
    intermediates: Vec<Vec<u8>>,
}

/// What a verdict says that the one before did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) signer: SignerId,
    /// A trust anchor was added meanwhile.
    pub(super) is_reopened: bool,
    /// Nothing of the present.
    pub(super) is_for_deliveries: bool,
    pub(super) reverification: Option<ReverificationId>,
}

/// Locks those verdicts of these signers that are due, waiting for whoever works on them; a verdict that is fresh by
/// then is left out. No lock of the transaction is waited for longer than `wait`: then it fails, as
/// [`StoreError::is_lock_timeout`] tells.
pub async fn claim(
    transaction: &Transaction<'_>,
    signers: &[SignerId],
    now: DateTime<Utc>,
    wait: Duration,
) -> Result<Vec<Claim>, StoreError> {
    let signers: Vec<i64> = signers.iter().map(|signer| signer.0).collect();
    wait_at_most(transaction, wait).await?;
    transaction.query(sql!("trust/lock_shared"), &[]).await?;
    claims(transaction.query(sql!("verdict/claim"), &[&signers, &now]).await?)
}

/// Locks at most so many verdicts that are due for longest, passing by those that another node works on, and those that
/// were put off.
pub async fn claim_next(
    transaction: &Transaction<'_>,
    now: DateTime<Utc>,
    most: usize,
) -> Result<Vec<Claim>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    transaction.query(sql!("trust/lock_shared"), &[]).await?;
    claims(transaction.query(sql!("verdict/claim_next"), &[&now, &most]).await?)
}

/// Leaves a verdict alone until an instant, after an evaluation that failed for a fault of ours. Requests try it.
pub async fn put_off(
    transaction: &Transaction<'_>,
    signer: SignerId,
    until: DateTime<Utc>,
) -> Result<(), StoreError> {
    transaction.execute(sql!("verdict/put_off"), &[&signer.0, &until]).await.map(drop)
}

/// Locks verdicts against change until the transaction ends. Done before the account is locked.
pub(super) async fn hold(transaction: &Transaction<'_>, signers: &[SignerId]) -> Result<(), StoreError> {
    let ids: Vec<i64> = signers.iter().map(|signer| signer.0).collect();
    transaction.query(sql!("trust/lock_shared"), &[]).await?;
    transaction.query(sql!("verdict/hold"), &[&ids]).await.map(drop)
}

/// No lock of the transaction is waited for longer than this.
pub(super) async fn wait_at_most(transaction: &Transaction<'_>, wait: Duration) -> Result<(), StoreError> {
    // Zero would be no limit at all.
    let milliseconds = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX).max(1);
    transaction.query(sql!("verdict/wait_at_most"), &[&milliseconds]).await.map(drop)
}

/// Puts claims together that can be evaluated with the same material.
pub async fn groups(transaction: &Transaction<'_>, claims: &[Claim]) -> Result<Vec<Group>, StoreError> {
    let signers: Vec<i64> = claims.iter().map(|claim| claim.signer.0).collect();
    let mut groups: Vec<Group> = Vec::new();
    // They come sorted by what makes a group.
    for row in transaction.query(sql!("signer/leaves"), &[&signers]).await? {
        let row = TableRow::new("signer", &row);
        let claim = Claim { signer: SignerId(row.value("id")?) };
        let member = (claim, Certificate(row.value("der")?));
        let (issuer, intermediates) = (row.value("issuer")?, row.value("intermediates")?);
        match groups.last_mut() {
            Some(group) if group.issuer == issuer && group.intermediates == intermediates => {
                group.members.push(member);
            }
            _ => groups.push(Group { members: vec![member], issuer, intermediates }),
        }
    }
    Ok(groups)
}

/// Everything that an evaluation of these signers may use, but the anchors, which are the same for all.
pub async fn material(
    transaction: &Transaction<'_>,
    group: &Group,
    anchors: &[Anchor],
) -> Result<TrustMaterial, StoreError> {
    let Some((Claim { signer }, _)) = group.members.first() else { return Ok(TrustMaterial::default()) };
    // Responses speak about one certificate each, and a CRL may be kept for one signer: each member has its own.
    let members: Vec<i64> = group.members.iter().map(|(claim, _)| claim.signer.0).collect();
    let issuers = transaction.query(sql!("signer/issuers"), &[&signer.0]).await?;
    Ok(TrustMaterial {
        anchors: anchors.to_vec(),
        intermediates: issuers
            .iter()
            .map(|row| TableRow::new("certificate", row).value("der").map(Certificate))
            .collect::<Result<_, _>>()?,
        crls: evidence(transaction.query(sql!("signer/crls"), &[&members]).await?)?,
        ocsp: evidence(transaction.query(sql!("signer/ocsp"), &[&members]).await?)?,
    })
}

/// Stores the verdicts of claims. Where one says something new, the emails that rest on it are walked over
/// ([`verdict_move`]); where it says what the one before said, no email is looked at.
pub async fn store(
    transaction: &Transaction<'_>,
    evaluated: &[(Claim, Explanation)],
) -> Result<(), StoreError> {
    if evaluated.is_empty() {
        return Ok(());
    }
    let records: Vec<Record<'_>> =
        evaluated.iter().map(|(claim, explanation)| Record::new(claim.signer, explanation)).collect();
    let rows = transaction.query(sql!("verdict/store"), &[&Json(records), &transaction.now()]).await?;
    if rows.len() != evaluated.len() {
        let (expected, affected) = (evaluated.len() as u64, rows.len() as u64);
        return Err(StoreError::UnexpectedRows { statement: "verdict/store", expected, affected });
    }
    let (mut news, mut tally) = (Vec::new(), Tally::default());
    for row in &rows {
        let row = TableRow::new("verdict", row);
        let reverification = row.value::<Option<i64>>("reverification_id")?.map(ReverificationId);
        tally.verdict(reverification);
        let is_news: bool = row.value("is_news")?;
        if is_news || row.value("is_news_for_deliveries")? {
            news.push(News {
                signer: SignerId(row.value("signer_id")?),
                is_reopened: row.value("is_reopened")?,
                is_for_deliveries: !is_news,
                reverification,
            });
        }
    }
    verdict_move::begin(transaction, &news).await?;
    tally.note(transaction).await
}

/// A verdict as sql/verdict/store.sql takes it.
#[derive(Debug, Serialize)]
pub(crate) struct Record<'a> {
    signer_id: i64,
    expires_at: DateTime<Utc>,
    is_good: bool,
    problems: &'a [Problem],
    good: String,
    undetermined: String,
    /// Fingerprints in hexadecimal digits.
    path: Vec<String>,
    evidence: Vec<StoredEvidence>,
}

impl<'a> Record<'a> {
    /// The verdict on a signer.
    pub(crate) fn new(signer: SignerId, explanation: &'a Explanation) -> Self {
        let verdict = &explanation.verdict;
        Self {
            signer_id: signer.0,
            expires_at: verdict.expires_at,
            is_good: verdict.problems.is_empty(),
            problems: &verdict.problems,
            good: multirange(&verdict.good),
            undetermined: multirange(&verdict.undetermined),
            path: explanation.path.iter().map(|certificate| hex::encode(certificate.fingerprint())).collect(),
            evidence: explanation.evidence.iter().map(StoredEvidence::from).collect(),
        }
    }
}

fn claims(rows: Vec<tokio_postgres::Row>) -> Result<Vec<Claim>, StoreError> {
    rows.iter()
        .map(|row| Ok(Claim { signer: SignerId(TableRow::new("verdict", row).value("signer_id")?) }))
        .collect()
}

fn evidence(rows: Vec<tokio_postgres::Row>) -> Result<Vec<Vec<u8>>, StoreError> {
    rows.iter().map(|row| TableRow::new("revocation_evidence", row).value("der")).collect()
}

/// The text form of a tstzmultirange.
fn multirange(intervals: &Intervals) -> String {
    let bound = |at: &Option<DateTime<Utc>>| {
        at.map_or(String::new(), |at| at.to_rfc3339_opts(SecondsFormat::Micros, true))
    };
    let ranges = intervals.0.iter().map(|(from, to)| format!("[{},{})", bound(from), bound(to)));
    format!("{{{}}}", ranges.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_become_a_multirange() {
        let at = DateTime::from_timestamp(0, 0);
        assert_eq!(multirange(&Intervals(vec![])), "{}");
        assert_eq!(
            multirange(&Intervals(vec![(None, at), (at, None)])),
            "{[,1970-01-01T00:00:00.000000Z),[1970-01-01T00:00:00.000000Z,)}"
        );
    }
}
