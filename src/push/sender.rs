//! The HTTP client of pushes: to destinations alone, without redirects, in bounded time. Of an answer it reads the
//! status and the header fields, never the body.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Certificate, Client, StatusCode, Url, redirect};

use super::Destinations;

const CONNECTING: Duration = Duration::from_secs(10);
/// All of a push, at most.
pub(super) const PUSHING: Duration = Duration::from_secs(30);
/// How long a push service keeps a push for a device that is away (RFC 8030 §5.2): after four weeks the subscription is
/// over anyway.
const TTL_SECONDS: u32 = 28 * 86_400;
/// The longest wait that a push service can ask for.
const LONGEST_RETRY: Duration = Duration::from_secs(86_400);

/// Sends pushes.
pub(super) struct Sender {
    client: Client,
    destinations: Destinations,
}

/// A push, ready to go.
pub(super) struct Message {
    /// The object, encrypted if the client gave keys.
    pub(super) body: Vec<u8>,
    /// Whether it is.
    pub(super) is_encrypted: bool,
    /// Who pushes (RFC 8292).
    pub(super) authorization: String,
}

/// How a push went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The push service took it.
    Accepted,
    /// The push service does not know the subscription any more (RFC 8030 §7.3).
    Gone,
    /// Too many pushes: less of them, and not before this time is over (RFC 8620 §7.2, RFC 8030 §8.4).
    TooMany(Option<Duration>),
    /// Another status.
    Status(u16, Option<Duration>),
    /// The address is one that pushes do not go to.
    Refused(String),
    /// Nobody answers, or not in time.
    Unreachable(String),
}

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
#[error("the client for pushes cannot be set up: {0}")]
pub struct ClientError(String);

impl Sender {
    /// `authorities` in PEM are trusted beside the system's.
    pub(super) fn new(destinations: Destinations, authorities: Option<&[u8]>) -> Result<Self, ClientError> {
        let failed = |error: reqwest::Error| ClientError(reason(&error));
        let authorities = authorities.map(Certificate::from_pem_bundle).transpose().map_err(failed)?;
        let client = Client::builder()
            .user_agent(concat!("signet/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(destinations.resolver()))
            .tls_certs_merge(authorities.unwrap_or_default())
            .redirect(redirect::Policy::none())
            .referer(false)
            // A proxy from the environment would resolve names itself.
            .no_proxy()
            .connect_timeout(CONNECTING)
            .timeout(PUSHING)
            .pool_max_idle_per_host(2)
            .build()
            .map_err(failed)?;
        Ok(Self { client, destinations })
    }

    /// The URL, if pushes may go there still: what the operator allows may have changed.
    pub(super) fn parse(&self, url: &str) -> Result<Url, Answer> {
        self.destinations.parse(url).map_err(|refusal| Answer::Refused(refusal.to_string()))
    }

    /// Sends a push (RFC 8620 §7.2, RFC 8030 §5).
    pub(super) async fn send(&self, url: Url, message: Message) -> Answer {
        let mut request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("TTL", TTL_SECONDS)
            .header("Urgency", "normal")
            .header(AUTHORIZATION, message.authorization);
        if message.is_encrypted {
            request = request.header(CONTENT_ENCODING, "aes128gcm");
        }
        match request.body(message.body).send().await {
            Ok(response) => answer(response.status(), response.headers()),
            Err(error) => Answer::Unreachable(reason(&error.without_url())),
        }
    }
}

impl Answer {
    /// A word for the metrics.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Accepted => "ok",
            Self::Gone => "gone",
            Self::TooMany(_) => "too_many",
            Self::Status(..) => "status",
            Self::Refused(_) => "refused",
            Self::Unreachable(_) => "unreachable",
        }
    }
}

fn answer(status: StatusCode, headers: &HeaderMap) -> Answer {
    // The other form, a date, asks for a clock that agrees with ours; our own waiting has to do.
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let retry_after = seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_RETRY));
    match status {
        _ if status.is_success() => Answer::Accepted,
        StatusCode::NOT_FOUND | StatusCode::GONE => Answer::Gone,
        StatusCode::TOO_MANY_REQUESTS => Answer::TooMany(retry_after),
        _ => Answer::Status(status.as_u16(), retry_after),
    }
}

/// The error with its causes, which say what it was.
fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(text, ": {error}").ok();
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_meaning() {
        let read = |status: u16, retry_after: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = retry_after {
                headers.insert(RETRY_AFTER, value.parse().unwrap());
            }
            answer(StatusCode::from_u16(status).unwrap(), &headers)
        };
        for status in [200, 201, 202, 204] {
            assert_eq!(read(status, None), Answer::Accepted);
        }
        assert_eq!((read(404, None), read(410, None)), (Answer::Gone, Answer::Gone));
        assert_eq!(read(429, Some("120")), Answer::TooMany(Some(Duration::from_secs(120))));
        assert_eq!(read(429, Some("999999999")), Answer::TooMany(Some(LONGEST_RETRY)));
        assert_eq!(read(503, Some("Fri, 31 Dec 1999 23:59:59 GMT")), Answer::Status(503, None));
        assert_eq!(read(301, None), Answer::Status(301, None));
    }
}
