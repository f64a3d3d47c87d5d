//! Who signed: the SignerInfos of emails, with what is known of their signers.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::weakness::accepted;
use super::{StoreError, Transaction, row::TableRow, sql};
use crate::smime::{Certificate, EvidenceKind, EvidenceUsed, Problem, of_one_signature};
use crate::wire::ids::{AccountId, EmailId};

/// The signatures of an email.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EmailSignatures {
    /// What follows from the message's bytes alone and is wrong, weaknesses apart that are accepted now.
    pub facts: Vec<Problem>,
    /// The SignerInfos whose certificates are known, in the order of the CMS.
    pub signatures: Vec<Signature>,
}

/// A SignerInfo whose certificate is known (RFC 5652 §5.3).
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// Whose it is.
    pub signer: Arc<Signer>,
    /// Whether the verdict on this signer decides the message's status.
    pub is_sender: bool,
    /// The digest algorithm.
    pub digest: String,
    /// The signature algorithm.
    pub algorithm: String,
    /// The signingTime attribute.
    pub signing_time: Option<DateTime<Utc>>,
    /// What the bytes alone say against this signature, weaknesses apart that are accepted now.
    pub problems: Vec<Problem>,
}

/// A signer as an account sees it; signatures of one signer share it.
#[derive(Clone, Debug, PartialEq)]
pub struct Signer {
    /// SHA-256 of the certificate.
    pub fingerprint: Fingerprint,
    /// The certificate.
    pub certificate: Certificate,
    /// Since when the account has mail that was signed with the certificate: the earliest receivedAt, or when that mail
    /// was stored if that is earlier.
    pub first_seen_at: Option<DateTime<Utc>>,
    /// What its chain is worth; none before the first evaluation.
    pub verdict: Option<StoredVerdict>,
}

/// SHA-256 of a certificate's DER.
pub type Fingerprint = [u8; 32];

/// A verdict with what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredVerdict {
    /// When it was given.
    pub verified_at: DateTime<Utc>,
    /// From when on it is due.
    pub expires_at: DateTime<Utc>,
    /// Whether the chain was good then.
    pub is_good: bool,
    /// What was wrong with the chain then.
    pub problems: Vec<Problem>,
    /// The path that was good, or nearest to it, the leaf first; none if a program gave the verdict that kept no paths.
    pub path: Option<Vec<PathCertificate>>,
    /// What was believed about the certificates of the path.
    pub evidence: Vec<StoredEvidence>,
}

/// A certificate on a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathCertificate {
    /// SHA-256 of its DER.
    pub fingerprint: Fingerprint,
    /// The certificate; none if it was a trust anchor that has been removed since.
    pub certificate: Option<Certificate>,
    /// Whether it is a trust anchor.
    pub is_anchor: bool,
}

/// A piece of evidence of revocation that a verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredEvidence {
    /// The word for its kind ([`EvidenceKind::as_str`]).
    pub kind: String,
    /// SHA-256 of its DER, in hexadecimal digits.
    pub digest: String,
    /// The fingerprint of the certificate that it speaks about, in hexadecimal digits.
    pub certificate: String,
    /// thisUpdate.
    pub this_update: DateTime<Utc>,
    /// nextUpdate.
    pub next_update: DateTime<Utc>,
    /// From when on the certificate counts as revoked by it.
    pub revoked_from: Option<DateTime<Utc>>,
    /// `operator`, `message` or the URL that it came from; none if it was stored nowhere.
    #[serde(default)]
    pub source: Option<String>,
}

impl From<&EvidenceUsed> for StoredEvidence {
    /// Without the source, which sql/verdict/store.sql adds.
    fn from(used: &EvidenceUsed) -> Self {
        Self {
            kind: EvidenceKind::as_str(used.kind).to_owned(),
            digest: hex::encode(used.digest),
            certificate: hex::encode(used.certificate.fingerprint()),
            this_update: used.this_update,
            next_update: used.next_update,
            revoked_from: used.revoked_from,
            source: None,
        }
    }
}

/// The signatures of those of these emails that are signed.
pub async fn of_emails(
    transaction: &Transaction<'_>,
    account: AccountId,
    emails: &[EmailId],
) -> Result<BTreeMap<EmailId, EmailSignatures>, StoreError> {
    let numbers: Vec<i64> = emails.iter().map(|email| email.0).collect();
    let rows = transaction.query(sql!("signature/of_emails"), &[&account.0, &numbers]).await?;
    let (accepted, now) = (accepted(transaction).await?, transaction.now());
    let counts = |problem: &Problem| !accepted.lift(problem, now);
    let mut found: BTreeMap<EmailId, Found> = BTreeMap::new();
    for row in &rows {
        let row = TableRow::new("email_signature", row);
        let signer = signer(&row)?.map(Arc::new);
        for mut signature in row.json::<Vec<SignatureRow>>("signatures")?.unwrap_or_default() {
            signature.facts.retain(counts);
            signature.problems.iter_mut().for_each(|problems| problems.retain(counts));
            let email = found.entry(EmailId(signature.email)).or_default();
            email.facts.clone_from(&signature.facts);
            if let (Some(signer), Some(ordinal)) = (&signer, signature.ordinal) {
                email.signatures.insert(ordinal, signature.by(signer));
            }
        }
    }
    let in_order = |found: Found| EmailSignatures {
        facts: found.facts,
        signatures: found.signatures.into_values().collect(),
    };
    Ok(found.into_iter().map(|(email, found)| (email, in_order(found))).collect())
}

/// What was found of an email so far; signatures by their places.
#[derive(Default)]
struct Found {
    facts: Vec<Problem>,
    signatures: BTreeMap<i16, Signature>,
}

/// An element of `signatures` in sql/signature/of_emails.sql. Where an email has no signature, only `email` and `facts`
/// say anything.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignatureRow {
    email: i64,
    ordinal: Option<i16>,
    is_sender: Option<bool>,
    digest: Option<String>,
    algorithm: Option<String>,
    signing_time: Option<DateTime<Utc>>,
    problems: Option<Vec<Problem>>,
    facts: Vec<Problem>,
}

impl SignatureRow {
    fn by(self, signer: &Arc<Signer>) -> Signature {
        Signature {
            signer: Arc::clone(signer),
            is_sender: self.is_sender.unwrap_or_default(),
            digest: self.digest.unwrap_or_default(),
            algorithm: self.algorithm.unwrap_or_default(),
            signing_time: self.signing_time,
            problems: of_one_signature(self.problems.as_deref(), &self.facts),
        }
    }
}

fn signer(row: &TableRow<'_>) -> Result<Option<Signer>, StoreError> {
    let Some(der) = row.value::<Option<Vec<u8>>>("der")? else { return Ok(None) };
    let verdict = match row.value("verified_at")? {
        Some(verified_at) => Some(StoredVerdict {
            verified_at,
            expires_at: row.value("expires_at")?,
            is_good: row.value("is_good")?,
            problems: row.json("problems")?.unwrap_or_default(),
            path: path(row)?,
            evidence: row.json("evidence")?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(Some(Signer {
        fingerprint: fingerprint(row, "fingerprint", row.value("fingerprint")?)?,
        certificate: Certificate(der),
        first_seen_at: row.value("first_seen_at")?,
        verdict,
    }))
}

fn path(row: &TableRow<'_>) -> Result<Option<Vec<PathCertificate>>, StoreError> {
    let Some(fingerprints) = row.value::<Option<Vec<&[u8]>>>("path")? else { return Ok(None) };
    // Of an empty path nothing is aggregated.
    let ders: Vec<Option<Vec<u8>>> = row.value::<Option<_>>("ders")?.unwrap_or_default();
    let anchors: Vec<bool> = row.value::<Option<_>>("anchors")?.unwrap_or_default();
    let certificates = fingerprints.into_iter().zip(ders).zip(anchors).map(|((print, der), is_anchor)| {
        let fingerprint = fingerprint(row, "path", print)?;
        Ok(PathCertificate { fingerprint, certificate: der.map(Certificate), is_anchor })
    });
    certificates.collect::<Result<_, _>>().map(Some)
}

fn fingerprint(row: &TableRow<'_>, column: &'static str, bytes: &[u8]) -> Result<Fingerprint, StoreError> {
    bytes.try_into().map_err(|_| row.corrupt(column, format!("{} octets", bytes.len())))
}
