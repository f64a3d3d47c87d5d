//! Registering the signers of a message, so that their verdicts can be evaluated and its facts can point to them.

use std::collections::HashSet;

use super::Trust;
use super::material::{certificate_record, crl_record, ocsp_record};
use crate::smime::{Certificate, Facts, ParsedCertificate, SignerIdentifier, signer_material, significant};
use crate::store::StoreError;
use crate::store::signer::{
    CertificateRecord, NewSigner, SignerId, WantedCertificates, register as register_signers,
    store_certificates, stored_certificates,
};
use crate::store::trust::{CrlRecord, OcspRecord, store_crls, store_ocsp};

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
            let responses: Vec<OcspRecord> =
                gathered.iter().flat_map(|message| message.ocsp.clone()).collect();
            store_ocsp(transaction, &responses).await?;
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

/// The stored certificates that SignerInfos may mean whose certificate did not come with their messages. Asks the
/// database once, and only if there are any such.
pub async fn known_signers(trust: &Trust, messages: &[&Facts]) -> Result<Vec<Certificate>, StoreError> {
    let mut wanted = WantedCertificates::default();
    let missing: HashSet<&SignerIdentifier> =
        messages.iter().flat_map(|facts| facts.missing_signers()).collect();
    for identifier in missing {
        match identifier {
            SignerIdentifier::IssuerAndSerialNumber(issuer, serial) => {
                wanted.issuers_and_serials.push((issuer.clone(), significant(serial).to_vec()));
            }
            SignerIdentifier::SubjectKeyIdentifier(key) => wanted.key_identifiers.push(key.clone()),
        }
    }
    if wanted == WantedCertificates::default() {
        return Ok(Vec::new());
    }
    trust
        .store
        .transaction("trust/known_signers", async |transaction| {
            let ders = stored_certificates(transaction, &wanted).await?;
            Ok(ders.into_iter().map(Certificate).collect())
        })
        .await
}

/// What of a message's facts goes into tables that all messages share.
struct Gathered {
    signers: Vec<(usize, NewSigner)>,
    certificates: Vec<CertificateRecord>,
    crls: Vec<CrlRecord>,
    ocsp: Vec<OcspRecord>,
}

impl From<&Facts> for Gathered {
    fn from(facts: &Facts) -> Self {
        let signers = (0..facts.signers.len()).filter_map(|index| {
            let (leaf, intermediates) = signer_material(facts, index)?;
            let records = intermediates.iter().filter_map(|certificate| certificate_record(certificate).ok());
            Some((
                index,
                NewSigner { leaf: certificate_record(&leaf).ok()?, intermediates: records.collect() },
            ))
        });
        Self {
            signers: signers.collect(),
            certificates: facts
                .certificates
                .iter()
                .filter_map(|certificate| certificate_record(certificate).ok())
                .collect(),
            crls: facts.crls.iter().filter_map(|der| crl_record(der, "message").ok()).collect(),
            ocsp: responses(facts),
        }
    }
}

/// The OCSP responses that say something about certificates which came with the same message.
fn responses(facts: &Facts) -> Vec<OcspRecord> {
    if facts.ocsp.is_empty() {
        return Vec::new();
    }
    let signers = facts.signers.iter().filter_map(|signer| signer.certificate.as_ref());
    let certificates: Vec<ParsedCertificate> =
        signers.chain(&facts.certificates).filter_map(|certificate| certificate.parse().ok()).collect();
    facts.ocsp.iter().filter_map(|der| ocsp_record(der, &certificates, "message").ok()).collect()
}

impl Gathered {
    fn is_empty(&self) -> bool {
        self.signers.is_empty()
            && self.certificates.is_empty()
            && self.crls.is_empty()
            && self.ocsp.is_empty()
    }

    fn new_signers(&self) -> impl Iterator<Item = NewSigner> + '_ {
        self.signers.iter().map(|(_, signer)| signer.clone())
    }
}
