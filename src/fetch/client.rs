//! The HTTP client.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::{Certificate, Client, Proxy, Response, StatusCode, Url, redirect};

use super::permits::Permits;
use super::{Failure, FetchOptions, Fetched, Method, RefusalReason, Request, Validators};
use crate::reach::{self, Reach, Refusal, Resolver};

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 3;
/// How long a name may take to resolve that a proxy will be asked for.
const RESOLVING: Duration = Duration::from_secs(5);
/// Octets of an ETag or a Last-Modified that are kept.
const LONGEST_VALIDATOR: usize = 256;
/// The longest wait that a server can ask for.
const LONGEST_RETRY: Duration = Duration::from_secs(86_400);

/// Fetches. Clones share connections and bounds.
#[derive(Clone)]
pub struct Fetcher(Arc<Shared>);

struct Shared {
    client: Client,
    reach: Reach,
    is_proxied: bool,
    timeout: Duration,
    permits: Permits,
}

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
#[error("the client for fetching cannot be set up: {0}")]
pub struct ClientError(String);

/// What one request led to.
enum Step {
    Arrived(Fetched),
    Redirected(Url),
}

impl Fetcher {
    /// Sets the HTTP client up; an error if the authorities or the proxy cannot be used.
    pub fn new(options: FetchOptions) -> Result<Self, ClientError> {
        let failed = |error: reqwest::Error| ClientError(reason(&error));
        let authorities = options.authorities.as_deref().map(Certificate::from_pem_bundle);
        let authorities = authorities.transpose().map_err(failed)?.unwrap_or_default();
        let proxy_url = options.proxy.as_deref().map(Url::parse).transpose();
        let proxy_url = proxy_url.map_err(|error| ClientError(error.to_string()))?;
        let proxy_host = proxy_url.as_ref().and_then(|url| url.host_str()).map(str::to_owned);
        let resolver = Resolver::new(options.reach.clone()).trusting(proxy_host);
        let mut client = Client::builder()
            .user_agent(concat!("signet/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(resolver))
            .tls_certs_merge(authorities)
            // Each redirect is judged as the first URL was, so they are followed here.
            .redirect(redirect::Policy::none())
            .referer(false)
            // The environment's proxy would be one that nobody configured.
            .no_proxy()
            .connect_timeout(options.connect_timeout)
            .pool_max_idle_per_host(1);
        if let Some(url) = &proxy_url {
            client = client.proxy(Proxy::all(url.as_str()).map_err(failed)?);
        }
        Ok(Self(Arc::new(Shared {
            client: client.build().map_err(failed)?,
            reach: options.reach,
            is_proxied: proxy_url.is_some(),
            timeout: options.timeout,
            permits: Permits::new(options.concurrency, options.concurrency_per_host),
        })))
    }

    /// Fetches. A redirect from https to http is followed like any other: what is fetched is signed or will be proved by
    /// a signature, so that a connection adds nothing to what it is worth, and authorities publish it by http anyway.
    pub async fn fetch(&self, request: &Request) -> Result<Fetched, Failure> {
        let mut url = self.judge(&request.url)?;
        let mut left = self.0.timeout;
        for _ in 0..=MOST_REDIRECTS {
            // Two redirects of one host must not wait for each other, so a permit lasts for one request.
            let permit = self.0.permits.acquire(url.host_str().unwrap_or_default()).await;
            let started = Instant::now();
            let step = tokio::time::timeout(left, self.step(&url, request)).await;
            drop(permit);
            match step.map_err(|_| Failure::TimedOut(self.0.timeout))?? {
                Step::Arrived(fetched) => return Ok(fetched),
                Step::Redirected(target) => url = self.judge(target.as_str())?,
            }
            left = left.saturating_sub(started.elapsed());
        }
        Err(Failure::Redirects("more often than is followed"))
    }

    /// The URL, if its form allows to call it.
    fn judge(&self, text: &str) -> Result<Url, Failure> {
        let refused = |reason: RefusalReason| Failure::Refused { url: text.to_owned(), reason };
        let url = Reach::read(text).map_err(|refusal| refused(refusal.into()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused(RefusalReason::Scheme));
        }
        self.0.reach.judge(&url).map_err(|refusal| refused(refusal.into()))?;
        // What listens below is something else, and might take a request for a command of its own.
        let is_of_others = url.port().is_some_and(|port| port < 1024 && port != 80 && port != 443);
        if is_of_others && !self.0.reach.is_allowed(&url) {
            return Err(refused(RefusalReason::Port));
        }
        Ok(url)
    }

    async fn step(&self, url: &Url, request: &Request) -> Result<Step, Failure> {
        self.judge_for_proxy(url).await?;
        let builder = match &request.method {
            Method::Get(validators) => {
                let mut builder = self.0.client.get(url.clone());
                if let Some(etag) = &validators.etag {
                    builder = builder.header(IF_NONE_MATCH, etag);
                }
                if let Some(last_modified) = &validators.last_modified {
                    builder = builder.header(IF_MODIFIED_SINCE, last_modified);
                }
                builder
            }
            Method::Ocsp(body) => self
                .0
                .client
                .post(url.clone())
                .header(CONTENT_TYPE, "application/ocsp-request")
                .body(body.clone()),
        };
        let sent = builder.header(ACCEPT_ENCODING, "identity").send().await;
        let response = sent.map_err(|error| unreachable(url, &error))?;
        let status = response.status();
        if is_redirect(status) {
            return Ok(Step::Redirected(target_of(url, response.headers())?));
        }
        match (status, &request.method) {
            (StatusCode::OK, _) => content(response, request.max_octets).await.map(Step::Arrived),
            (StatusCode::NOT_MODIFIED, Method::Get(validators)) if *validators != Validators::default() => {
                Ok(Step::Arrived(Fetched::NotModified))
            }
            _ => {
                Err(Failure::Status { status: status.as_u16(), retry_after: retry_after(response.headers()) })
            }
        }
    }

    /// A proxy resolves names itself, so the client's resolver never sees them. They are looked up here for that, and
    /// refused if they lead to what is not called. A name that does not resolve here is left to the proxy: where there is
    /// one, nodes often cannot resolve names of the internet.
    async fn judge_for_proxy(&self, url: &Url) -> Result<(), Failure> {
        let Some(host) = url.host_str().filter(|host| self.0.is_proxied && reach::literal(host).is_none())
        else {
            return Ok(());
        };
        let port = url.port_or_known_default().unwrap_or(80);
        let found = tokio::time::timeout(RESOLVING, tokio::net::lookup_host((host, port))).await;
        let Ok(Ok(found)) = found else { return Ok(()) };
        if self.0.reach.reachable(host, found).is_empty() {
            return Err(Failure::Refused { url: url.to_string(), reason: Refusal::PrivateAddress.into() });
        }
        Ok(())
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn target_of(url: &Url, headers: &HeaderMap) -> Result<Url, Failure> {
    let nowhere = Failure::Redirects("to nowhere");
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
    location.and_then(|location| url.join(location).ok()).ok_or(nowhere)
}

/// The content of an answer, unless it is larger than it may be. What the answer says of its type is not looked at.
async fn content(mut response: Response, most: usize) -> Result<Fetched, Failure> {
    if let Some(encoding) = response.headers().get(CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        // Nothing is ever decompressed, so no few octets become many.
        let encoding: String = String::from_utf8_lossy(encoding.as_bytes()).chars().take(32).collect();
        return Err(Failure::Encoded(encoding));
    }
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(Failure::TooLarge(most));
    }
    let validators =
        Validators { etag: validator(&response, ETAG), last_modified: validator(&response, LAST_MODIFIED) };
    let mut octets = Vec::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| Failure::BrokenOff(reason(&error.without_url())))?
    {
        if octets.len() + chunk.len() > most {
            return Err(Failure::TooLarge(most));
        }
        octets.extend_from_slice(&chunk);
    }
    Ok(Fetched::Content(octets, validators))
}

fn validator(response: &Response, name: HeaderName) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    (value.len() <= LONGEST_VALIDATOR).then(|| value.to_owned())
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    // The other form, a date, asks for a clock that agrees with ours; our own waiting has to do.
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY))
}

/// A request that came to nothing: because of where the name leads, or because nobody answered.
fn unreachable(url: &Url, error: &reqwest::Error) -> Failure {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        if let Some(refusal) = error.downcast_ref::<Refusal>() {
            return Failure::Refused { url: url.to_string(), reason: (*refusal).into() };
        }
        cause = error.source();
    }
    Failure::Unreachable(reason(error))
}

/// The error with its causes, which say what it was; without the URL, which everybody knows.
fn reason(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&dyn Error> = error.source();
    while let Some(error) = cause {
        let separator = if text.is_empty() { "" } else { ": " };
        write!(text, "{separator}{error}").ok();
        cause = error.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}
