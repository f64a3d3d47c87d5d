//! Signers, certificates, evidence and verdicts as a delivery and the evaluations after it would have stored them.

use std::collections::HashMap;

use tokio_postgres::types::Json;
use tokio_postgres::{Error, Transaction};

use super::Signers;
use crate::smime::Explanation;
use crate::store::proof::Proved;
use crate::store::signer::{CertificateRecord, NewSigner, SignerId};
use crate::store::verdict::Record;
use crate::trust::material::{certificate_record, crl_record};

/// Verdicts that one statement stores.
const BATCH: usize = 1_000;

/// The statements that the server itself stores them by.
const STORE_CERTIFICATES: &str = include_str!("../../../../sql/signer/store_certificates.sql");
const STORE_VERDICTS: &str = include_str!("../../../../sql/verdict/store.sql");
const PROVE: &str = include_str!("../../../../sql/trust/prove.sql");
const NOTE_REVOCATIONS: &str = include_str!("../../../../sql/signer/note_revocations.sql");
const ADD_CRL: &str = include_str!("../../../../sql/trust/add_crl.sql");

impl Signers {
    /// Stores what is not there yet, and gives the signers' numbers in their order.
    pub async fn insert(&self, transaction: &Transaction<'_>) -> Result<Vec<SignerId>, Error> {
        self.insert_anchor_and_crls(transaction).await?;
        let signers: Vec<NewSigner> = (0..self.signers.len()).map(|index| self.new_signer(index)).collect();
        let records =
            signers.iter().flat_map(|signer| std::iter::once(&signer.leaf).chain(&signer.intermediates));
        self.insert_certificates(transaction, &records.collect::<Vec<_>>()).await?;
        self.insert_signers(transaction, &signers).await?;
        let digests: Vec<[u8; 32]> = signers.iter().map(NewSigner::digest).collect();
        let digests: Vec<&[u8]> = digests.iter().map(<[u8; 32]>::as_slice).collect();
        let rows = transaction
            .query(
                "SELECT s.digest, s.id, v.verified_at IS NULL AS is_new
                 FROM signer s JOIN verdict v ON v.signer_id = s.id WHERE s.digest = ANY ($1)",
                &[&digests],
            )
            .await?;
        let stored: HashMap<Vec<u8>, (i64, bool)> =
            rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();
        let stored: Vec<(SignerId, bool)> =
            digests.iter().map(|digest| stored[*digest]).map(|(id, is_new)| (SignerId(id), is_new)).collect();
        let evaluated: Vec<(SignerId, &Explanation)> = stored
            .iter()
            .zip(&self.signers)
            .filter(|((_, is_new), _)| *is_new)
            .filter_map(|((id, _), signer)| Some((*id, signer.explanation.as_ref()?)))
            .collect();
        for some in evaluated.chunks(BATCH) {
            self.insert_verdicts(transaction, some).await?;
        }
        Ok(stored.into_iter().map(|(id, _)| id).collect())
    }

    async fn insert_anchor_and_crls(&self, transaction: &Transaction<'_>) -> Result<(), Error> {
        let root = &self.authorities.root.certificate;
        let insert = "INSERT INTO trust_anchor (fingerprint, der, name, added_at)
                      VALUES ($1, $2, 'Generated', $3) ON CONFLICT DO NOTHING";
        transaction.execute(insert, &[&root.fingerprint().as_slice(), &root.0, &self.until]).await?;
        for der in &self.crls {
            let crl = crl_record(der, "operator").expect("CRLs that are made here can be read");
            let (digest, source) = (crl.digest.as_slice(), crl.source.as_str());
            transaction
                .execute(
                    ADD_CRL,
                    &[
                        &digest,
                        &crl.der,
                        &crl.issuer,
                        &crl.this_update,
                        &crl.next_update,
                        &crl.is_indirect,
                        &source,
                        &self.until,
                    ],
                )
                .await?;
        }
        Ok(())
    }

    fn new_signer(&self, index: usize) -> NewSigner {
        let record = |certificate| {
            certificate_record(certificate).expect("certificates that are made here can be read")
        };
        let signer = &self.signers[index];
        let chain = self.authorities.chain(signer.authority);
        NewSigner { leaf: record(&signer.leaf), intermediates: chain.iter().map(record).collect() }
    }

    async fn insert_certificates(
        &self,
        transaction: &Transaction<'_>,
        records: &[&CertificateRecord],
    ) -> Result<(), Error> {
        for some in records.chunks(BATCH) {
            let fingerprints: Vec<&[u8]> = some.iter().map(|record| record.fingerprint.as_slice()).collect();
            let ders: Vec<&[u8]> = some.iter().map(|record| record.der.as_slice()).collect();
            let subjects: Vec<&[u8]> = some.iter().map(|record| record.subject.as_slice()).collect();
            let issuers: Vec<&[u8]> = some.iter().map(|record| record.issuer.as_slice()).collect();
            let serials: Vec<Option<&[u8]>> = some.iter().map(|record| record.serial.as_deref()).collect();
            let keys: Vec<Option<&[u8]>> =
                some.iter().map(|record| record.key_identifier.as_deref()).collect();
            transaction
                .execute(
                    STORE_CERTIFICATES,
                    &[&fingerprints, &ders, &subjects, &issuers, &self.until, &serials, &keys],
                )
                .await?;
        }
        Ok(())
    }

    /// With a verdict that is due each.
    async fn insert_signers(
        &self,
        transaction: &Transaction<'_>,
        signers: &[NewSigner],
    ) -> Result<(), Error> {
        for authority in 0..self.authorities.below.len() {
            let chain = self.authorities.chain(authority);
            let mut intermediates: Vec<[u8; 32]> =
                chain.iter().map(|certificate| certificate.fingerprint()).collect();
            intermediates.sort_unstable();
            let intermediates: Vec<&[u8]> = intermediates.iter().map(<[u8; 32]>::as_slice).collect();
            let certified =
                signers.iter().zip(&self.signers).filter(|(_, signer)| signer.authority == authority);
            let (digests, leaves): (Vec<[u8; 32]>, Vec<&[u8]>) =
                certified.map(|(new, _)| (new.digest(), new.leaf.fingerprint.as_slice())).unzip();
            let digests: Vec<&[u8]> = digests.iter().map(<[u8; 32]>::as_slice).collect();
            transaction
                .execute(
                    "WITH made AS (
                         INSERT INTO signer (digest, leaf, intermediates)
                         SELECT digest, leaf, $3 FROM unnest($1::bytea[], $2::bytea[]) AS u (digest, leaf)
                         ON CONFLICT (digest) DO NOTHING
                         RETURNING id, leaf
                     )
                     INSERT INTO verdict (signer_id, family, expires_at)
                     SELECT m.id, signer_family(c.issuer, $3), $4
                     FROM made m JOIN certificate c ON c.fingerprint = m.leaf",
                    &[&digests, &leaves, &intermediates, &self.until],
                )
                .await?;
        }
        Ok(())
    }

    async fn insert_verdicts(
        &self,
        transaction: &Transaction<'_>,
        evaluated: &[(SignerId, &Explanation)],
    ) -> Result<(), Error> {
        let proved = Proved::of(evaluated);
        transaction.execute(PROVE, &[&proved.evidence, &proved.certificates, &self.until]).await?;
        let revoked = &proved.revoked;
        transaction
            .execute(
                NOTE_REVOCATIONS,
                &[&revoked.signers, &revoked.certificates, &revoked.digests, &revoked.since],
            )
            .await?;
        let records: Vec<Record<'_>> =
            evaluated.iter().map(|(signer, explanation)| Record::new(*signer, explanation)).collect();
        transaction.query(STORE_VERDICTS, &[&Json(records), &self.until]).await?;
        Ok(())
    }
}
