//! What evaluations have proved of what strangers brought: certificates that lead to an anchor, evidence that was
//! believed, and by which of it somebody was revoked.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::signer::SignerId;
use super::{StoreError, Transaction, sql};
use crate::smime::{Certificate, Code, EvidenceUsed, Explanation};

/// What some evaluations have proved, as the statements take it: what one has proved counts once for all.
#[derive(Debug, Default)]
pub(crate) struct Proved {
    /// Digests of evidence that was believed.
    pub(crate) evidence: Vec<Vec<u8>>,
    /// Fingerprints of certificates on paths that lead to an anchor.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// What was revoked.
    pub(crate) revoked: Revoked,
}

/// Revocations that were believed, each on the path of a signer.
#[derive(Debug, Default)]
pub(crate) struct Revoked {
    pub(crate) signers: Vec<i64>,
    /// Fingerprints of what was revoked.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// Digests of the evidence that tells of it.
    pub(crate) digests: Vec<Vec<u8>>,
    pub(crate) since: Vec<Option<DateTime<Utc>>>,
}

impl Proved {
    /// What these evaluations have proved.
    pub(crate) fn of(evaluated: &[(SignerId, &Explanation)]) -> Self {
        let (mut evidence, mut certificates) = (BTreeSet::new(), BTreeSet::new());
        let mut revoked = Revoked::default();
        for (signer, explanation) in evaluated {
            if leads_to_anchor(explanation) {
                certificates.extend(explanation.path.iter().map(Certificate::fingerprint));
            }
            for used in &explanation.evidence {
                evidence.insert(used.digest);
                if used.revoked_from.is_some() {
                    revoked.add(*signer, used);
                }
            }
        }
        let columns = |digests: BTreeSet<[u8; 32]>| digests.into_iter().map(Vec::from).collect();
        Self { evidence: columns(evidence), certificates: columns(certificates), revoked }
    }
}

impl Revoked {
    fn add(&mut self, signer: SignerId, used: &EvidenceUsed) {
        self.signers.push(signer.0);
        self.certificates.push(used.certificate.fingerprint().to_vec());
        self.digests.push(used.digest.to_vec());
        self.since.push(used.revoked_from);
    }
}

/// Notes what evaluations proved, so that it is found among much that nobody ever proved; and what revoked, so that it is
/// found when its issuer tells of it no longer.
pub async fn note(
    transaction: &Transaction<'_>,
    evaluated: &[(SignerId, &Explanation)],
) -> Result<(), StoreError> {
    let Proved { evidence, certificates, revoked } = Proved::of(evaluated);
    if !evidence.is_empty() || !certificates.is_empty() {
        transaction.execute(sql!("trust/prove"), &[&evidence, &certificates, &transaction.now()]).await?;
    }
    if revoked.signers.is_empty() {
        return Ok(());
    }
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&revoked.signers, &revoked.certificates, &revoked.digests, &revoked.since];
    transaction.execute(sql!("signer/note_revocations"), &parameters).await.map(drop)
}

/// Whether the path that is told breaks no rule but of time and revocation.
fn leads_to_anchor(explanation: &Explanation) -> bool {
    explanation.verdict.problems.iter().all(|problem| {
        matches!(
            problem.code,
            Code::CertificateExpired
                | Code::CertificateNotYetValid
                | Code::CertificateRevoked
                | Code::IssuerExpired
                | Code::IssuerRevoked
                | Code::RevocationUnavailable
                | Code::RevocationExpired
                | Code::WrongKeyUsage
                | Code::WrongExtendedKeyUsage
        )
    })
}
