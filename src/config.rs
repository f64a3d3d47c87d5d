//! The configuration: a TOML file, over it the environment, over it the flags. Unknown keys are errors.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

mod defaults;
mod values;

pub use values::{Contact, DatabaseUrl, LmtpAddress, ProxyUrl, PublicUrl, Secret};

use crate::reach::Allowed;
use crate::smime::Revocation;

/// Everything that an operator can choose. `docs/signet.toml` shows all of it with the defaults.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen for HTTP.
    pub listen: SocketAddr,
    /// What stands before the paths of this server in the URLs that it gives out, as clients see it; without one it
    /// follows from each request (Host, Forwarded, X-Forwarded-Proto and -Host).
    pub public_url: Option<PublicUrl>,
    /// The database.
    pub database: DatabaseConfig,
    /// What clients may ask for (RFC 8620 §2).
    pub limits: LimitsConfig,
    /// How signatures are judged.
    pub trust: TrustConfig,
    /// How messages are sent.
    pub submission: SubmissionConfig,
    /// The server that takes mail for recipients elsewhere.
    pub relay: RelayConfig,
    /// Push (RFC 8620 §7).
    pub push: PushConfig,
    /// How much an account may hold.
    pub quota: QuotaConfig,
    /// The door for other mail servers.
    pub lmtp: LmtpConfig,
    /// Evidence from the network.
    pub fetch: FetchConfig,
    /// What goes when nobody needs it any more.
    pub upkeep: UpkeepConfig,
    /// What the node has for all of its clients together, and how it stops.
    pub node: NodeConfig,
    /// The log.
    pub log: LogConfig,
}

/// How to reach the database.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// A connection URL.
    pub url: Option<DatabaseUrl>,
    /// A file whose first line is the password, for URLs without one.
    pub password_file: Option<PathBuf>,
    /// Connections at most.
    pub connections: usize,
    /// How long a request waits for a connection.
    pub wait_seconds: u64,
    /// How long one statement may run.
    pub statement_timeout_seconds: u64,
}

/// What clients may ask for (RFC 8620 §2).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Octets of one upload.
    pub max_size_upload: u64,
    /// Octets of uploads that no email holds, for each user in each account.
    pub max_unused_uploads: u64,
    /// Uploads of one user at a time.
    pub max_concurrent_upload: u64,
    /// Octets of one API request.
    pub max_size_request: u64,
    /// API requests of one user at a time.
    pub max_concurrent_requests: u64,
    /// Method calls in one API request.
    pub max_calls_in_request: u64,
    /// Objects in one /get.
    pub max_objects_in_get: u64,
    /// Objects in one /set.
    pub max_objects_in_set: u64,
    /// How long the calls of one API request may take together; those that come later are answered with
    /// serverUnavailable.
    pub request_seconds: u64,
}

/// How signatures are judged.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrustConfig {
    /// When evidence of revocation is required: `hard`, `named`, `soft` or `off`.
    #[serde(deserialize_with = "revocation")]
    pub revocation: Revocation,
    /// How often the worker looks for verdicts that are due.
    #[serde(deserialize_with = "values::interval")]
    pub worker_interval_seconds: u64,
    /// How long a request waits for verdicts before it answers from what is stored.
    pub refresh_seconds: u64,
}

/// How messages are sent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SubmissionConfig {
    /// The name by which this server calls itself towards other mail servers and in what it writes into messages;
    /// without one, the host of `public_url`.
    pub host_name: Option<String>,
    /// Recipients of one message at most.
    pub max_recipients: u64,
    /// Octets of one message at most.
    pub max_size: u64,
    /// Messages of one account that wait to be sent at most.
    pub max_waiting: u64,
    /// How far ahead a message may be sent; 0 is not at all.
    #[serde(deserialize_with = "values::period")]
    pub max_delay_seconds: u64,
    /// How long after the first attempt the second is.
    #[serde(deserialize_with = "values::period")]
    pub retry_seconds: u64,
    /// How long it is tried before a message has failed.
    #[serde(deserialize_with = "values::period")]
    pub max_age_seconds: u64,
    /// How often each node looks for messages that are due.
    #[serde(deserialize_with = "values::interval")]
    pub worker_interval_seconds: u64,
}

/// The server that takes mail for recipients elsewhere, by SMTP.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RelayConfig {
    /// Its host; without one, mail reaches local users only.
    pub host: Option<String>,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: RelayTls,
    /// A file of certificates of authorities, in PEM, to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The name to log in with, if it wants one.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// How long each step of the conversation may take.
    pub timeout_seconds: u64,
}

/// How the connection to the relay is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelayTls {
    /// By STARTTLS, without which nothing is sent.
    #[default]
    Starttls,
    /// From the first octet on.
    Implicit,
    /// Not at all.
    None,
}

/// Push (RFC 8620 §7).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PushConfig {
    /// Networks and hosts that pushes may go to beside public addresses, by http too.
    pub allow: Vec<Allowed>,
    /// A file of certificates of authorities, in PEM, to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// A mailto or https URI that push services are told (RFC 8292 §2.1).
    pub contact: Option<Contact>,
    /// Event sources and WebSockets of one user at a time.
    pub max_streams: u64,
    /// How often a connection that is held open is asked whether its user may still hear anything.
    pub recheck_seconds: u64,
}

/// Fetching of CRLs, OCSP responses and issuers that certificates name.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FetchConfig {
    /// Whether anything is fetched.
    pub enabled: bool,
    /// Networks and hosts that are called beside public addresses.
    pub allow: Vec<Allowed>,
    /// A file of certificates of authorities, in PEM, that https is trusted by beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The URL of an HTTP proxy that everything goes through.
    pub proxy: Option<ProxyUrl>,
    /// How long a connection may take to be made.
    pub connect_timeout_seconds: u64,
    /// How long one fetch may take.
    pub timeout_seconds: u64,
    /// Fetches of a node at once.
    pub concurrency: usize,
    /// Fetches of a node at once from one host.
    pub concurrency_per_host: usize,
    /// Octets of a CRL at most.
    pub max_crl_octets: usize,
    /// Octets of an OCSP response at most.
    pub max_ocsp_octets: usize,
    /// Octets of an issuer's certificates at most.
    pub max_issuer_octets: usize,
    /// How long a delivery waits for evidence that is being fetched.
    pub delivery_wait_seconds: u64,
    /// How often each node looks for what is due, beside being told.
    #[serde(deserialize_with = "values::interval")]
    pub worker_interval_seconds: u64,
}

/// How much an account may hold that the operator says nothing else of (RFC 9425).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuotaConfig {
    /// Octets of messages; 0 is without limit.
    pub octets: u64,
    /// Emails; 0 is without limit.
    pub emails: u64,
}

/// The door for other mail servers (RFC 2033).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LmtpConfig {
    /// Where to listen; without it, no mail comes this way.
    pub listen: Option<LmtpAddress>,
    /// Octets of a message at most.
    pub max_size: usize,
    /// Recipients of a message at most.
    pub max_recipients: usize,
    /// Connections of a node at a time at most.
    pub max_connections: usize,
    /// How long a client may be silent.
    pub timeout_seconds: u64,
}

/// What goes when nobody needs it any more.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpkeepConfig {
    /// Whether this node does any.
    pub enabled: bool,
    /// How often it looks whether something is due.
    #[serde(deserialize_with = "values::interval")]
    pub interval_seconds: u64,
    /// How long changes are known to /changes.
    #[serde(deserialize_with = "values::period")]
    pub change_age_seconds: u64,
    /// Changes of an account that are known at most.
    pub max_changes: u32,
    /// How long an upload is its user's; an hour at least.
    #[serde(deserialize_with = "values::period")]
    pub upload_age_seconds: u64,
    /// How long a blob stays that nobody refers to.
    #[serde(deserialize_with = "values::period")]
    pub blob_grace_seconds: u64,
    /// How long a submission is told of; 0 is for ever.
    #[serde(deserialize_with = "values::period")]
    pub submission_age_seconds: u64,
    /// How long evidence is kept that came with mail and that nobody believed.
    #[serde(deserialize_with = "values::period")]
    pub evidence_age_seconds: u64,
    /// Rows that one transaction removes at most.
    #[serde(deserialize_with = "values::batch")]
    pub batch: u32,
}

/// What a node has for all of its clients together, and how it stops.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NodeConfig {
    /// For how long, after SIGTERM, the node says that it is not ready, and does everything else as ever.
    pub drain_seconds: u64,
    /// Connections at a time at most; requests over others are refused.
    pub max_connections: u64,
    /// Event sources and WebSockets at a time at most.
    pub max_streams: u64,
    /// Requests that are processed at a time at most.
    pub max_requests: u64,
    /// Octets of requests and downloads in memory at most; never less than those of one upload.
    pub max_octets_in_memory: u64,
}

/// The log.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `text` for people, `json` for machines.
    pub format: LogFormat,
    /// What to log, for instance `info` or `signet=debug,warn`.
    pub filter: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What flags and environment say; they win over the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--public-url`.
    pub public_url: Option<String>,
    /// `--database-url`.
    pub database_url: Option<String>,
    /// `--database-password-file`.
    pub database_password_file: Option<PathBuf>,
    /// The relay's password, from the environment.
    pub relay_password: Option<String>,
}

/// Why there is no configuration to start with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("the file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file says something that is no configuration.
    #[error("{}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
    /// A flag says something that is no configuration.
    #[error("{0}")]
    InvalidFlag(String),
    /// Nobody says where the database is.
    #[error("no database is named: set --database-url, SIGNET_DATABASE_URL, or `url` in [database]")]
    NoDatabase,
}

impl Config {
    /// Reads the file, if there is one, and lays `overrides` over it.
    pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Self, ConfigError> {
        let mut config = file.map(Self::read).transpose()?.unwrap_or_default();
        if let Some(listen) = overrides.listen {
            config.listen = listen;
        }
        if let Some(url) = overrides.public_url {
            config.public_url = Some(PublicUrl::try_from(url).map_err(ConfigError::InvalidFlag)?);
        }
        if let Some(url) = overrides.database_url {
            config.database.url = Some(DatabaseUrl(url));
        }
        if let Some(file) = overrides.database_password_file {
            config.database.password_file = Some(file);
        }
        if let Some(password) = overrides.relay_password {
            config.relay.password = Some(Secret(password));
        }
        Ok(config)
    }

    /// The connection URL, for commands that need a database.
    pub fn database_url(&self) -> Result<&DatabaseUrl, ConfigError> {
        self.database.url.as_ref().ok_or(ConfigError::NoDatabase)
    }

    /// The password of the database that stands in a file of its own, if there is one.
    pub fn database_password(&self) -> Result<Option<Secret>, ConfigError> {
        let Some(path) = &self.database.password_file else { return Ok(None) };
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
        Ok(Some(Secret(text.lines().next().unwrap_or_default().to_owned())))
    }

    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|message| ConfigError::Invalid { path: path.to_owned(), message })
    }

    /// One line of what is wrong; never the text around it, which may hold a password.
    fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let line =
                error.span().map(|span| text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1);
            let message = error.message().lines().collect::<Vec<_>>().join(" ");
            line.map_or(message.clone(), |line| format!("line {line}: {message}"))
        })
    }
}

impl SubmissionConfig {
    /// The name by which this server calls itself.
    pub fn host_name(&self, public_url: Option<&PublicUrl>) -> String {
        self.host_name
            .clone()
            .or_else(|| public_url.map(PublicUrl::host))
            .unwrap_or_else(|| "localhost".to_owned())
    }
}

impl LimitsConfig {
    /// How long the calls of one API request may take together.
    pub fn request_time(&self) -> Duration {
        Duration::from_secs(self.request_seconds)
    }
}

fn revocation<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Revocation, D::Error> {
    let word = String::deserialize(deserializer)?;
    Revocation::parse(&word)
        .ok_or_else(|| serde::de::Error::unknown_variant(&word, &["hard", "named", "soft", "off"]))
}

#[cfg(test)]
mod tests;
