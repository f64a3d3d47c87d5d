//! Learning what a source gives: fetched, and judged by its signature.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::super::Trust;
use super::Fetching;
use super::accept::{self, Rejected};
use crate::fetch::{Failure, Fetched, Method, Request, Validators};
use crate::smime::{Certificate, ocsp_request};
use crate::store::StoreError;
use crate::store::signer::CertificateRecord;
use crate::store::source::{self, Claim, Content, SourceKind};
use crate::store::trust::{self, CrlRecord, OcspRecord};

/// What is to be stored.
pub(super) enum Stored {
    Crl(CrlRecord),
    /// With the end of the certificate's validity.
    Ocsp(OcspRecord, DateTime<Utc>),
    Issuers(Vec<CertificateRecord>),
    Unchanged,
}

/// Why an attempt failed.
pub(super) struct Failed {
    pub(super) code: &'static str,
    pub(super) detail: String,
    pub(super) is_lasting: bool,
    pub(super) retry_after: Option<Duration>,
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code(),
            is_lasting: failure.is_lasting(),
            retry_after: failure.retry_after(),
            detail: failure.to_string(),
        }
    }
}

impl From<Rejected> for Failed {
    fn from(Rejected { code, detail }: Rejected) -> Self {
        Self { code, detail, is_lasting: false, retry_after: None }
    }
}

impl Failed {
    fn lasting(code: &'static str, detail: &str) -> Self {
        Self { code, detail: detail.to_owned(), is_lasting: true, retry_after: None }
    }
}

/// What an attempt learned, before it is noted.
pub(super) struct Learned {
    pub(super) stored: Stored,
    pub(super) content: Content,
}

impl Trust {
    /// Fetches and judges. An error is the database's.
    pub(super) async fn learn(
        &self,
        fetching: &Fetching,
        claim: &Claim,
    ) -> Result<Result<Learned, Failed>, StoreError> {
        let (method, about) = match claim.kind {
            SourceKind::Ocsp => {
                let Some(about) = self.about(claim).await? else {
                    return Ok(Err(Failed::lasting("gone", "the certificate or its issuer is gone")));
                };
                let Ok(question) = ocsp_request(&about.0, &about.1, None) else {
                    return Ok(Err(Failed::lasting(
                        "unreadable",
                        "nobody can be asked about the certificate",
                    )));
                };
                (Method::Ocsp(question), Some(about))
            }
            SourceKind::Crl | SourceKind::Issuer => {
                let (etag, last_modified) = (claim.etag.clone(), claim.last_modified.clone());
                (Method::Get(Validators { etag, last_modified }), None)
            }
        };
        let request = Request { url: claim.url.clone(), method, max_octets: fetching.max_octets(claim.kind) };
        let (octets, validators) = match fetching.0.fetcher.fetch(&request).await {
            Ok(Fetched::Content(octets, validators)) => (octets, validators),
            Ok(Fetched::NotModified) => return Ok(Ok(Learned::unchanged(claim))),
            Err(failure) => return Ok(Err(failure.into())),
        };
        let now = self.store.clock().now();
        let judged = match claim.kind {
            SourceKind::Crl => self.judge_crl(claim, octets, now).await?,
            SourceKind::Ocsp => judge_response(claim, octets, about, now).await,
            SourceKind::Issuer => judge_issuers(octets).await,
        };
        Ok(judged.map(|mut learned| {
            learned.content.etag = validators.etag;
            learned.content.last_modified = validators.last_modified;
            learned
        }))
    }

    /// The certificate that a responder is asked about, and its issuer.
    async fn about(&self, claim: &Claim) -> Result<Option<(Certificate, Certificate)>, StoreError> {
        let Some((certificate, issuer)) = &claim.about else { return Ok(None) };
        let found = self.store.transaction("source/about", async |transaction| {
            let certificate = source::certificate(transaction, certificate).await?;
            let issuer = source::certificate(transaction, issuer).await?;
            Ok(certificate.zip(issuer))
        });
        Ok(found.await?.map(|(certificate, issuer)| (Certificate(certificate), Certificate(issuer))))
    }

    async fn judge_crl(
        &self,
        claim: &Claim,
        octets: Vec<u8>,
        now: DateTime<Utc>,
    ) -> Result<Result<Learned, Failed>, StoreError> {
        let url = claim.url.clone();
        let record = match elsewhere(move || accept::read_crl(&octets, &url, now)).await {
            Ok(record) => record,
            Err(rejected) => return Ok(Err(rejected)),
        };
        if let Err(rejected) = is_not_older(claim, record.this_update) {
            return Ok(Err(rejected));
        }
        let issuers = self.store.transaction("source/crl_issuers", async |transaction| {
            let anchors = trust::anchors(transaction).await?.into_iter().map(|anchor| anchor.der);
            let others = source::crl_issuers(transaction, &record.issuer).await?;
            Ok(anchors.chain(others).map(Certificate).collect::<Vec<_>>())
        });
        let issuers = issuers.await?;
        let believed = elsewhere(move || accept::believe_crl(&record, &issuers).map(|()| record)).await;
        Ok(believed.map(|record| {
            let (this_update, next_update) = (Some(record.this_update), record.next_update);
            Learned::of(claim, Stored::Crl(record), this_update, next_update)
        }))
    }
}

impl Learned {
    fn of(
        claim: &Claim,
        stored: Stored,
        this_update: Option<DateTime<Utc>>,
        next_update: Option<DateTime<Utc>>,
    ) -> Self {
        let is_new = this_update > claim.this_update;
        let content = Content { is_new, this_update, next_update, ..Content::default() };
        Self { stored, content }
    }

    fn unchanged(claim: &Claim) -> Self {
        let content = Content {
            is_new: false,
            this_update: claim.this_update,
            next_update: claim.next_update,
            etag: claim.etag.clone(),
            last_modified: claim.last_modified.clone(),
        };
        Self { stored: Stored::Unchanged, content }
    }
}

async fn judge_response(
    claim: &Claim,
    octets: Vec<u8>,
    about: Option<(Certificate, Certificate)>,
    now: DateTime<Utc>,
) -> Result<Learned, Failed> {
    let Some((certificate, issuer)) = about else {
        return Err(Failed::lasting("gone", "the certificate or its issuer is gone"));
    };
    let url = claim.url.clone();
    let (record, certificate) =
        elsewhere(move || accept::read_response(&octets, &certificate, &issuer, &url, now)).await?;
    is_not_older(claim, record.this_update)?;
    let (this_update, next_update) = (Some(record.this_update), Some(record.next_update));
    Ok(Learned::of(claim, Stored::Ocsp(record, certificate.not_after), this_update, next_update))
}

async fn judge_issuers(octets: Vec<u8>) -> Result<Learned, Failed> {
    let records = elsewhere(move || accept::read_issuers(&octets)).await?;
    Ok(Learned { stored: Stored::Issuers(records), content: Content::default() })
}

/// A server that has fallen behind, or somebody on the way, gives what was good once.
fn is_not_older(claim: &Claim, this_update: DateTime<Utc>) -> Result<(), Failed> {
    match claim.this_update {
        Some(known) if this_update < known => Err(Rejected {
            code: "older",
            detail: format!("it is older than what was here before, of {known}"),
        }
        .into()),
        _ => Ok(()),
    }
}

/// Reads and checks signatures away from the threads that serve requests.
async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Rejected> + Send + 'static,
) -> Result<T, Failed> {
    match tokio::task::spawn_blocking(work).await {
        Ok(judged) => judged.map_err(Failed::from),
        Err(panic) => {
            tracing::error!(%panic, "the judgement of fetched content panicked");
            Err(Rejected { code: "unreadable", detail: "it cannot be judged".to_owned() }.into())
        }
    }
}
