//! Older CRLs and responses of a source go when they say nothing more than the newest. Otherwise a list that is fetched
//! each day would be kept, and read by each evaluation, a hundred times over. What an issuer drops from its list once a
//! certificate has expired is kept with the last list that had it, if the certificate is known here: whether it was
//! revoked when a message came is asked after its expiry too.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use x509_parser::prelude::*;

use super::super::Trust;
use crate::smime::significant;
use crate::store::StoreError;
use crate::store::source;
use crate::store::trust::{CrlRecord, OcspRecord};

/// issuingDistributionPoint and deltaCRLIndicator (RFC 5280 §5.2.5 and §5.2.4): lists of another scope say other
/// things.
const SCOPE: [&str; 2] = ["2.5.29.28", "2.5.29.27"];

impl Trust {
    /// Drops older responses of a source that called the same certificate good, if a newer one says anything about it:
    /// responders forget what has expired (RFC 6960 §4.4.4).
    pub(super) async fn supersede_responses(
        &self,
        newer: &OcspRecord,
        not_after: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if newer.this_update > not_after || newer.this_update > self.store.clock().now() {
            return Ok(());
        }
        let dropped = self.store.transaction("source/drop_responses", async |transaction| {
            source::drop_responses(transaction, newer).await
        });
        dropped.await.map(drop)
    }

    /// Drops those older CRLs of a source that a newer one supersedes.
    pub(super) async fn supersede_crls(&self, newer: CrlRecord) -> Result<(), StoreError> {
        // One whose time is still to come is not believed yet.
        if newer.is_indirect || newer.this_update > self.store.clock().now() {
            return Ok(());
        }
        let older = self.store.transaction("source/older_crls", async |transaction| {
            source::older_crls(transaction, &newer).await
        });
        let older = older.await?;
        if older.crls.is_empty() {
            return Ok(());
        }
        let url = newer.source.clone();
        let work = tokio::task::spawn_blocking(move || {
            let is_superseded = |der: &[u8]| says_no_more(der, &newer.der, &older.known_serials);
            let superseded = older.crls.iter().filter(|(_, der)| is_superseded(der));
            superseded.map(|(digest, _)| digest.clone()).collect::<Vec<_>>()
        });
        let digests = work.await.unwrap_or_default();
        if digests.is_empty() {
            return Ok(());
        }
        let dropped = self.store.transaction("source/drop_crls", async |transaction| {
            source::drop_crls(transaction, &digests, &url).await
        });
        let dropped = dropped.await?;
        tracing::debug!(url, dropped, "older CRLs are superseded");
        Ok(())
    }
}

/// Whether an older CRL says nothing of the known certificates that a newer one of the same scope does not say too.
fn says_no_more(older: &[u8], newer: &[u8], known_serials: &HashSet<Vec<u8>>) -> bool {
    let read = |der| CertificateRevocationList::from_der(der).ok().map(|(_, crl)| crl);
    let Some((older, newer)) = read(older).zip(read(newer)) else { return false };
    if scope(&older) != scope(&newer) {
        return false;
    }
    let of_known =
        |revoked: &RevokedCertificate<'_>| known_serials.contains(significant(revoked.raw_serial()));
    let entries: HashMap<&[u8], Entry<'_>> = newer
        .iter_revoked_certificates()
        .filter(|revoked| of_known(revoked))
        .map(|revoked| (significant(revoked.raw_serial()), entry(revoked)))
        .collect();
    older
        .iter_revoked_certificates()
        .filter(|revoked| of_known(revoked))
        .all(|revoked| entries.get(significant(revoked.raw_serial())) == Some(&entry(revoked)))
}

/// What an entry says: its date, and the extensions by identifier and value.
type Entry<'a> = (i64, Vec<(String, &'a [u8])>);

fn entry<'a>(revoked: &'a RevokedCertificate<'_>) -> Entry<'a> {
    let extensions = revoked.extensions().iter();
    let extensions = extensions.map(|extension| (extension.oid.to_id_string(), extension.value));
    (revoked.revocation_date.timestamp(), extensions.collect())
}

fn scope<'a>(crl: &'a CertificateRevocationList<'_>) -> Vec<(String, &'a [u8])> {
    let extensions = crl.extensions().iter();
    let all = extensions.map(|extension| (extension.oid.to_id_string(), extension.value));
    all.filter(|(oid, _)| SCOPE.contains(&oid.as_str())).collect()
}
