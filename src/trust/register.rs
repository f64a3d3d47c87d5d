//! Registering the signers of a message, so that their verdicts can be evaluated and its facts can point to them.

use super::Trust;
use super::material::{certificate_record, crl_record};
use crate::smime::{Certificate, Facts};
use crate::store::StoreError;
use crate::store::signer::{
    CertificateRecord, NewSigner, SignerId, register as register_signers, store_certificates,
};
use crate::store::trust::{CrlRecord, store_crls};

/// A SignerInfo of a message with the number of its signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisteredSigner {
    /// Which of `Facts::signers` it is.
    pub index: usize,
    /// Its number.
    pub signer: SignerId,
}

/// Registers the signers of messages and stores what came with them. Gives, for each message, its signers whose
/// certificate is known. Signers that are new have a verdict that is due.
pub async fn register(trust: &Trust, messages: &[&Facts]) -> Result<Vec<Vec<RegisteredSigner>>, StoreError> {
    let gathered: Vec<Gathered> = messages.iter().map(|facts| Gathered::from(*facts)).collect();
    if gathered.iter().all(Gathered::is_empty) {
        return Ok(messages.iter().map(|_| Vec::new()).collect());
    }
    trust
        .store
        .transaction("trust/register", async |transaction| {
            let others: Vec<&CertificateRecord> =
                gathered.iter().flat_map(|message| &message.certificates).collect();
            store_certificates(transaction, &others).await?;
            let crls: Vec<CrlRecord> = gathered.iter().flat_map(|message| message.crls.clone()).collect();
            store_crls(transaction, &crls).await?;
            let signers: Vec<NewSigner> = gathered.iter().flat_map(|message| message.new_signers()).collect();
            let mut ids = register_signers(transaction, &signers).await?.into_iter();
            Ok(gathered
                .iter()
                .map(|message| {
                    let indexes = message.signers.iter().map(|(index, _)| *index);
                    indexes.zip(&mut ids).map(|(index, signer)| RegisteredSigner { index, signer }).collect()
                })
                .collect())
        })
        .await
}

/// What of a message's facts goes into tables that all messages share.
struct Gathered {
    signers: Vec<(usize, NewSigner)>,
    certificates: Vec<CertificateRecord>,
    crls: Vec<CrlRecord>,
}

impl From<&Facts> for Gathered {
    fn from(facts: &Facts) -> Self {
        let signers = facts.signers.iter().enumerate().filter_map(|(index, signer)| {
            let leaf = certificate_record(signer.certificate.as_ref()?).ok()?;
            let intermediates = intermediates_of(&leaf, &facts.certificates);
            Some((index, NewSigner { leaf, intermediates }))
        });
        Self {
            signers: signers.collect(),
            certificates: facts
                .certificates
                .iter()
                .filter_map(|certificate| certificate_record(certificate).ok())
                .collect(),
            crls: facts.crls.iter().filter_map(|der| crl_record(der, "message").ok()).collect(),
        }
    }
}

impl Gathered {
    fn is_empty(&self) -> bool {
        self.signers.is_empty() && self.certificates.is_empty() && self.crls.is_empty()
    }

    fn new_signers(&self) -> impl Iterator<Item = NewSigner> + '_ {
        self.signers.iter().map(|(_, signer)| signer.clone())
    }
}

/// Those of the certificates that came along whose names lead up from the leaf. Others would make of one person
/// many signers, each to be evaluated.
fn intermediates_of(leaf: &CertificateRecord, certificates: &[Certificate]) -> Vec<CertificateRecord> {
    let mut left: Vec<CertificateRecord> =
        certificates.iter().filter_map(|certificate| certificate_record(certificate).ok()).collect();
    let mut names = vec![leaf.issuer.clone()];
    let mut found = Vec::new();
    while let Some(name) = names.pop() {
        let (matching, rest) = left.into_iter().partition(|record| record.subject == name);
        left = rest;
        for record in matching as Vec<CertificateRecord> {
            names.push(record.issuer.clone());
            found.push(record);
        }
    }
    found.sort_by_key(|record| record.fingerprint);
    found
}
