//! Getting something from a URL that a stranger chose, safely: a certificate says where its CRLs, its responder and its
//! issuer are, and mail brings certificates of anybody (RFC 9219 §6).
//!
//! Every request is bounded in octets, in time, in redirects, and in how many there are at once; it goes to addresses
//! that [`crate::reach`] allows, carries nothing but what it asks, and believes nothing of the answer: content is judged
//! by whoever asked.

mod client;
mod permits;

use std::time::Duration;

pub use client::{ClientError, Fetcher};

use crate::reach::{Reach, Refusal};

/// How fetching behaves.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Which addresses are called.
    pub reach: Reach,
    /// Certificates of authorities that https is trusted by beside the system's, in PEM.
    pub authorities: Option<Vec<u8>>,
    /// The URL of an HTTP proxy that everything goes through.
    pub proxy: Option<String>,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long all of it may take, redirects included; waiting for others does not count.
    pub timeout: Duration,
    /// Requests under way at once.
    pub concurrency: usize,
    /// Requests under way at once to one host.
    pub concurrency_per_host: usize,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            reach: Reach::default(),
            authorities: None,
            proxy: None,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            concurrency: 8,
            concurrency_per_host: 2,
        }
    }
}

/// What is to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where.
    pub url: String,
    /// How.
    pub method: Method,
    /// Octets of the answer at most.
    pub max_octets: usize,
}

/// How something is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// By GET; not again if nothing changed since (RFC 9110 §13.1).
    Get(Validators),
    /// An OCSP request by POST (RFC 6960, appendix A.1).
    Ocsp(Vec<u8>),
}

/// What a server said of content, to be asked for what is newer (RFC 9110 §8.8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// ETag.
    pub etag: Option<String>,
    /// Last-Modified.
    pub last_modified: Option<String>,
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// Octets; nothing is known of them.
    Content(Vec<u8>, Validators),
    /// It is what it was (RFC 9110 §15.4.5).
    NotModified,
}

/// Why nothing came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The URL, or one that it redirects to, is not called.
    #[error("{url}: {reason}")]
    Refused {
        /// Which.
        url: String,
        /// Why.
        reason: RefusalReason,
    },
    /// More redirects than are followed, or one to nowhere.
    #[error("it redirects {0}")]
    Redirects(&'static str),
    /// Another status than 200.
    #[error("the server answers with status {status}")]
    Status {
        /// The status.
        status: u16,
        /// How long the server asks to be left alone (RFC 9110 §10.2.3).
        retry_after: Option<Duration>,
    },
    /// More octets than may be.
    #[error("it is larger than {0} octets")]
    TooLarge(usize),
    /// The content is compressed, though nobody asked for that.
    #[error("the content is encoded as {0}")]
    Encoded(String),
    /// It took too long.
    #[error("it takes longer than {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The name does not resolve, nobody answers, or TLS fails.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The connection ended before the content did.
    #[error("the answer breaks off: {0}")]
    BrokenOff(String),
}

/// Why a URL is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusalReason {
    /// It is no URL, or leads to an address that is not called.
    #[error(transparent)]
    Reach(#[from] Refusal),
    /// Neither http nor https.
    #[error("only http and https are fetched")]
    Scheme,
    /// A port of other services.
    #[error("ports under 1024 other than 80 and 443 are not called")]
    Port,
}

impl Failure {
    /// A short word for tables and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Redirects(_) => "redirects",
            Self::Status { .. } => "status",
            Self::TooLarge(_) => "too-large",
            Self::Encoded(_) => "encoded",
            Self::TimedOut(_) => "timeout",
            Self::Unreachable(_) => "unreachable",
            Self::BrokenOff(_) => "broken-off",
        }
    }

    /// Whether trying again soon would be of no use: the URL itself is at fault.
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// How long the server asks to be left alone, if it does.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
