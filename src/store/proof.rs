//! What evaluations have proved of what strangers brought: certificates that lead to an anchor, evidence that was
//! believed, and by which of it somebody was revoked.

use chrono::{DateTime, Utc};

use super::signer::SignerId;
use super::{StoreError, Transaction, sql};
use crate::smime::{Code, EvidenceUsed, Explanation};

/// Notes what evaluations proved, so that it is found among much that nobody ever proved; and what revoked, so that it is
/// found when its issuer tells of it no longer.
pub async fn note(
    transaction: &Transaction<'_>,
    evaluated: &[(SignerId, &Explanation)],
) -> Result<(), StoreError> {
    let evidence: Vec<(SignerId, &EvidenceUsed)> = evaluated
        .iter()
        .flat_map(|(signer, explanation)| explanation.evidence.iter().map(|used| (*signer, used)))
        .collect();
    let digests: Vec<&[u8]> = evidence.iter().map(|(_, used)| used.digest.as_slice()).collect();
    let fingerprints: Vec<[u8; 32]> = evaluated
        .iter()
        .filter(|(_, explanation)| leads_to_anchor(explanation))
        .flat_map(|(_, explanation)| &explanation.path)
        .map(|certificate| certificate.fingerprint())
        .collect();
    let fingerprints: Vec<&[u8]> = fingerprints.iter().map(<[u8; 32]>::as_slice).collect();
    if !digests.is_empty() || !fingerprints.is_empty() {
        transaction.execute(sql!("trust/prove"), &[&digests, &fingerprints, &transaction.now()]).await?;
    }
    note_revocations(transaction, &evidence).await
}

async fn note_revocations(
    transaction: &Transaction<'_>,
    evidence: &[(SignerId, &EvidenceUsed)],
) -> Result<(), StoreError> {
    let mut revoking = evidence.to_vec();
    revoking.retain(|(_, used)| used.revoked_from.is_some());
    if revoking.is_empty() {
        return Ok(());
    }
    let signers: Vec<i64> = revoking.iter().map(|(signer, _)| signer.0).collect();
    let fingerprints: Vec<[u8; 32]> =
        revoking.iter().map(|(_, used)| used.certificate.fingerprint()).collect();
    let certificates: Vec<&[u8]> = fingerprints.iter().map(<[u8; 32]>::as_slice).collect();
    let digests: Vec<&[u8]> = revoking.iter().map(|(_, used)| used.digest.as_slice()).collect();
    let dates: Vec<Option<DateTime<Utc>>> = revoking.iter().map(|(_, used)| used.revoked_from).collect();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&signers, &certificates, &digests, &dates];
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
