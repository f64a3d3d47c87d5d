//! One attempt to fetch a source that is leased: fetched, judged, stored, told.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::super::Trust;
use super::accept::{self, Rejected};
use super::{Fetching, schedule};
use crate::fetch::{Failure, Fetched, Method, Request, Validators};
use crate::smime::{Certificate, ocsp_request};
use crate::store::signer::{CertificateRecord, SignerId, store_certificates};
use crate::store::source::{self, Claim, Content, SourceKind, Told};
use crate::store::trust::{self, CrlRecord, OcspRecord};
use crate::store::{StoreError, Transaction};

/// Verdicts that are told of a source in one transaction.
const TOLD_AT_ONCE: i64 = 1000;

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The URL.
    pub url: String,
    /// `ok` (something new), `unchanged`, or why it failed.
    pub outcome: &'static str,
    /// What that means; empty for what is good.
    pub detail: String,
    /// When it is tried next.
    pub next_at: DateTime<Utc>,
}

impl Attempt {
    /// Whether something came, or is still what it was.
    pub fn is_good(&self) -> bool {
        matches!(self.outcome, "ok" | "unchanged")
    }
}

/// What is to be stored.
enum Stored {
    Crl(CrlRecord),
    /// With the end of the certificate's validity.
    Ocsp(OcspRecord, DateTime<Utc>),
    Issuers(Vec<CertificateRecord>),
    Unchanged,
}

/// Why an attempt failed.
struct Failed {
    code: &'static str,
    detail: String,
    is_lasting: bool,
    retry_after: Option<Duration>,
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
struct Learned {
    stored: Stored,
    content: Content,
}

impl Trust {
    /// Fetches a source that is leased, if it is due, and ends the lease. With `until`, a fetch that takes longer is
    /// broken off: the lease ends as if it had never been, and another node may try; `None` then, and where another node
    /// took the source over.
    pub(super) async fn attempt(
        &self,
        fetching: &Fetching,
        claim: &Claim,
        until: Option<Instant>,
    ) -> Result<Option<Attempt>, StoreError> {
        if !claim.is_due {
            self.tell_verdicts(claim).await?;
            return Ok(None);
        }
        let started = Instant::now();
        let learning = self.learn(fetching, claim);
        let learned = match until {
            None => learning.await?,
            Some(until) => match tokio::time::timeout_at(until.into(), learning).await {
                Ok(learned) => learned?,
                Err(_) => {
                    self.release(claim).await?;
                    return Ok(None);
                }
            },
        };
        let attempt = self.note(claim, &learned).await?;
        if let Some(attempt) = &attempt {
            self.metrics.fetch(claim.kind.as_str(), attempt.outcome, started.elapsed());
            self.tell_verdicts(claim).await?;
            match learned.map(|learned| learned.stored) {
                Ok(Stored::Crl(record)) => self.supersede_crls(record).await?,
                Ok(Stored::Ocsp(record, not_after)) => self.supersede_responses(&record, not_after).await?,
                _ => {}
            }
        }
        Ok(attempt)
    }

    /// Fetches and judges. An error is the database's.
    async fn learn(&self, fetching: &Fetching, claim: &Claim) -> Result<Result<Learned, Failed>, StoreError> {
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

    /// Stores what came and notes the attempt; `None` if another node has the source by now.
    async fn note(
        &self,
        claim: &Claim,
        learned: &Result<Learned, Failed>,
    ) -> Result<Option<Attempt>, StoreError> {
        let noted = self.store.transaction("source/note", async |transaction| match learned {
            Ok(learned) => note_success(transaction, claim, learned).await,
            Err(failed) => note_failure(transaction, claim, failed).await,
        });
        let attempt = noted.await?;
        match &attempt {
            Some(attempt) if learned.is_err() => tracing::info!(
                kind = claim.kind.as_str(),
                url = claim.url,
                error = attempt.outcome,
                detail = attempt.detail,
                failures = claim.attempts + 1,
                next_at = %attempt.next_at,
                "evidence could not be fetched"
            ),
            Some(attempt) => tracing::info!(
                kind = claim.kind.as_str(),
                url = claim.url,
                outcome = attempt.outcome,
                next_at = %attempt.next_at,
                "evidence was fetched"
            ),
            None => tracing::info!(url = claim.url, "a lease ran out before the fetch was over"),
        }
        Ok(attempt)
    }

    /// Makes the verdicts due that want the source, and ends the lease.
    async fn tell_verdicts(&self, claim: &Claim) -> Result<(), StoreError> {
        let mut after = SignerId(i64::MIN);
        loop {
            let told = self.store.transaction("source/tell", async |transaction| {
                source::tell(transaction, claim, after, TOLD_AT_ONCE).await
            });
            match told.await? {
                Told::UpTo(signer) => after = signer,
                Told::All => return Ok(()),
            }
        }
    }

    async fn release(&self, claim: &Claim) -> Result<(), StoreError> {
        let released = self.store.transaction("source/release", async |transaction| {
            source::release(transaction, claim).await?;
            source::notify(transaction).await
        });
        released.await
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

async fn note_success(
    transaction: &Transaction<'_>,
    claim: &Claim,
    learned: &Learned,
) -> Result<Option<Attempt>, StoreError> {
    let added = match &learned.stored {
        Stored::Crl(record) => trust::store_crls(transaction, std::slice::from_ref(record)).await?,
        Stored::Ocsp(record, _) => trust::store_ocsp(transaction, std::slice::from_ref(record)).await?,
        Stored::Issuers(records) => {
            store_certificates(transaction, &records.iter().collect::<Vec<_>>()).await?
        }
        Stored::Unchanged => 0,
    };
    let content = Content { is_new: learned.content.is_new || added > 0, ..learned.content.clone() };
    let next_at =
        schedule::after_success(claim.kind, transaction.now(), content.this_update, content.next_update);
    let is_mine = source::succeed(transaction, claim, &content, next_at).await?;
    let outcome = if content.is_new { "ok" } else { "unchanged" };
    Ok(is_mine.then(|| Attempt { url: claim.url.clone(), outcome, detail: String::new(), next_at }))
}

async fn note_failure(
    transaction: &Transaction<'_>,
    claim: &Claim,
    failed: &Failed,
) -> Result<Option<Attempt>, StoreError> {
    let wait = schedule::after_failure(
        claim.kind,
        claim.attempts.saturating_add(1),
        failed.is_lasting,
        failed.retry_after,
        jitter(),
    );
    let next_at = transaction.now() + chrono::Duration::from_std(wait).unwrap_or(chrono::Duration::days(1));
    let is_mine = source::fail(transaction, claim, failed.code, &failed.detail, next_at).await?;
    Ok(is_mine.then(|| Attempt {
        url: claim.url.clone(),
        outcome: failed.code,
        detail: failed.detail.clone(),
        next_at,
    }))
}

/// From 0 to 1.
fn jitter() -> f64 {
    let mut random = [0; 4];
    // Without random numbers nothing is spread, and all else holds.
    openssl::rand::rand_bytes(&mut random).ok();
    f64::from(u32::from_be_bytes(random)) / f64::from(u32::MAX)
}
