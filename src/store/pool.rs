//! The pool of connections, and what a node needs to know to reach its database.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{self, Object, Pool};
use deadpool_postgres::{Manager, ManagerConfig, Metrics, PoolError, RecyclingMethod, Runtime};
use futures_util::future::{BoxFuture, FutureExt};
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use postgres_openssl::MakeTlsConnector;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::StoreError;
use super::connection::Connection;
use super::quota::Limits;
use super::statistics::Statistics;
use super::upload::Gathering;
use crate::clock::Clock;

/// How to reach the database, and how much to ask of it.
#[derive(Clone)]
pub struct StoreOptions {
    /// A connection URL (`postgres://…`) or key=value string, as libpq knows them. `sslmode=verify-full` and
    /// `sslrootcert=FILE` are understood beside what the driver reads.
    pub url: String,
    /// The password, if the URL does not hold it.
    pub password: Option<String>,
    /// Connections at most.
    pub connections: usize,
    /// How long a request waits for a connection.
    pub wait: Duration,
    /// How long one statement may run (statement_timeout).
    pub statement_timeout: Duration,
    /// How much an account may hold that the operator says nothing else of.
    pub default_limits: Limits,
    /// Octets of uploads that no email holds, for each login in each account (RFC 8620 §6).
    pub upload_quota: u64,
}

impl StoreOptions {
    /// The defaults for `url`: 16 connections, 10 s of waiting, 30 s for a statement, no limit for accounts, 1 GB of
    /// uploads.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password: None,
            connections: 16,
            wait: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            default_limits: Limits::default(),
            upload_quota: 1_000_000_000,
        }
    }
}

/// Why a connection could not be set up. The text never holds the password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL cannot be read.
    #[error("the database URL cannot be read: {0}")]
    BadUrl(String),
    /// The TLS settings cannot be used.
    #[error("TLS for the database cannot be set up: {0}")]
    Tls(String),
    /// Nobody answers, or the answer is no.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
}

/// The database as the other rooms see it. Clones share the pool.
#[derive(Clone)]
pub struct Store {
    pool: Pool<Connections>,
    connector: Connector,
    clock: Clock,
    default_limits: Limits,
    upload_quota: u64,
    gathering: Arc<Gathering>,
    statistics: Arc<Statistics>,
    /// What set the store up. Work that nobody waits for is done here: elsewhere it could end before its time.
    runtime: Handle,
}

/// How busy the pool is.
#[derive(Clone, Copy, Debug)]
pub struct PoolStatus {
    /// Connections that exist.
    pub size: usize,
    /// Connections that wait for work.
    pub idle: usize,
    /// Requests that wait for a connection.
    pub waiting: usize,
}

/// Makes connections of its own, beside the pool: for LISTEN and for migrations.
#[derive(Clone)]
pub(super) struct Connector {
    config: tokio_postgres::Config,
    tls: MakeTlsConnector,
}

impl Store {
    /// Sets the pool up and makes one connection, so that a wrong URL is known at once.
    pub async fn connect(options: &StoreOptions, clock: Clock) -> Result<Self, ConnectError> {
        let connector = Connector::new(options)?;
        let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let opener = OnRuntime { tls: connector.tls.clone(), runtime: Handle::current() };
        let manager = Manager::from_connect(connector.config.clone(), opener, manager_config);
        let connections = Connections { manager };
        let pool = Pool::builder(connections)
            .max_size(options.connections)
            .wait_timeout(Some(options.wait))
            .create_timeout(Some(options.wait))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| ConnectError::Unreachable(error.to_string()))?;
        let (default_limits, upload_quota) = (options.default_limits, options.upload_quota);
        let (gathering, statistics, runtime) = (Arc::default(), Arc::default(), Handle::current());
        let store =
            Self { pool, connector, clock, default_limits, upload_quota, gathering, statistics, runtime };
        match store.connection().await {
            Ok(connection) => drop(connection),
            Err(StoreError::NoConnection(reason)) => return Err(ConnectError::Unreachable(reason)),
            Err(error) => return Err(ConnectError::Unreachable(error.to_string())),
        }
        Ok(store)
    }

    /// The clock that rows are stamped with.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// How much an account may hold that the operator says nothing else of.
    pub fn default_limits(&self) -> Limits {
        self.default_limits
    }

    /// Octets of uploads that no email holds, for each login in each account.
    pub(super) fn upload_quota(&self) -> u64 {
        self.upload_quota
    }

    /// The uploads that are on their way.
    pub(super) fn gathering(&self) -> &Arc<Gathering> {
        &self.gathering
    }

    /// What is known of what the planner knows.
    pub(super) fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Where work is done that nobody waits for.
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// How busy the pool is.
    pub fn pool_status(&self) -> PoolStatus {
        let status = self.pool.status();
        PoolStatus { size: status.size, idle: status.available, waiting: status.waiting }
    }

    /// Closes the pool: connections end as soon as nobody uses them, and nobody gets one any more.
    pub fn close(&self) {
        self.pool.close();
    }

    /// Asks the database for an answer, whichever.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let connection = self.connection().await?;
        let ping = connection.simple_query("-- ping: is anybody there?\nSELECT 1").await;
        ping.map(drop).map_err(|source| StoreError::Database { transaction: "ping", source })
    }

    pub(super) async fn connection(&self) -> Result<Object<Connections>, StoreError> {
        self.pool.get().await.map_err(|error| match error {
            // What the driver says is what the operator needs to hear.
            PoolError::Backend(error) => StoreError::NoConnection(reason(&error)),
            other => StoreError::NoConnection(reason(&other)),
        })
    }

    pub(super) fn connector(&self) -> &Connector {
        &self.connector
    }
}

impl Connector {
    fn new(options: &StoreOptions) -> Result<Self, ConnectError> {
        let (url, tls_options) = TlsOptions::take_from(&options.url)?;
        let mut config =
            tokio_postgres::Config::from_str(&url).map_err(|error| ConnectError::BadUrl(reason(&error)))?;
        if config.get_hosts().is_empty() {
            return Err(ConnectError::BadUrl("it names no host".to_owned()));
        }
        if let Some(password) = &options.password {
            config.password(password);
        }
        if tls_options.verify {
            config.ssl_mode(tokio_postgres::config::SslMode::Require);
        }
        if config.get_application_name().is_none() {
            config.application_name("signet");
        }
        config.connect_timeout(options.wait);
        config.options(session_settings(options.statement_timeout, config.get_options()));
        Ok(Self { config, tls: tls_options.connector()? })
    }

    /// A client of its own and the connection that drives it.
    pub(super) async fn connect(
        &self,
    ) -> Result<
        (
            tokio_postgres::Client,
            tokio_postgres::Connection<
                tokio_postgres::Socket,
                postgres_openssl::TlsStream<tokio_postgres::Socket>,
            >,
        ),
        StoreError,
    > {
        self.config.connect(self.tls.clone()).await.map_err(|error| StoreError::NoConnection(reason(&error)))
    }
}

/// The settings of each session. What the URL's own `options` say comes last, and wins.
///
/// A page of a query reads as many rows as it shows; parallel workers would read ahead through all the others, and
/// take the processors that other requests could use. And compiling a plan takes longer than most pages do, which the
/// planner, who takes a walk for a long one, does not know.
fn session_settings(statement_timeout: Duration, given: Option<&str>) -> String {
    let milliseconds = statement_timeout.as_millis();
    let ours = format!("-c statement_timeout={milliseconds} -c max_parallel_workers_per_gather=0 -c jit=off");
    given.map_or_else(|| ours.clone(), |given| format!("{ours} {given}"))
}

/// Makes the pool's connections.
pub(super) struct Connections {
    manager: Manager,
}

impl managed::Manager for Connections {
    type Type = Connection;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Connection, tokio_postgres::Error> {
        self.manager.create().await.map(Connection::new)
    }

    /// Whoever gave it back ended its transaction, so it need not be asked anything.
    async fn recycle(
        &self,
        connection: &mut Connection,
        metrics: &Metrics,
    ) -> managed::RecycleResult<tokio_postgres::Error> {
        self.manager.recycle(connection.client_mut(), metrics).await
    }
}

/// Opens the pool's connections on the runtime that set the pool up. A connection is driven by a task; on the
/// runtime of whichever thread of the HTTP server asked first it would be slowed by that thread's other work, and
/// would end with the thread while others still use it.
struct OnRuntime {
    tls: MakeTlsConnector,
    runtime: Handle,
}

impl deadpool_postgres::Connect for OnRuntime {
    fn connect(
        &self,
        config: &tokio_postgres::Config,
    ) -> BoxFuture<'_, Result<(tokio_postgres::Client, JoinHandle<()>), tokio_postgres::Error>> {
        let (config, tls, runtime) = (config.clone(), self.tls.clone(), self.runtime.clone());
        async move {
            let driver = runtime.clone();
            let opening = runtime.spawn(async move {
                let (client, connection) = config.connect(tls).await?;
                let task = driver.spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::warn!(%error, "a connection to the database broke");
                    }
                });
                Ok((client, task))
            });
            match opening.await {
                Ok(opened) => opened,
                Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
                // The runtime is on its way out, and nobody waits for connections any more.
                Err(_) => std::future::pending().await,
            }
        }
        .boxed()
    }
}

/// What libpq knows about TLS and the driver does not.
struct TlsOptions {
    verify: bool,
    verify_name: bool,
    root: Option<String>,
}

impl TlsOptions {
    /// Takes `sslmode=verify-…` and `sslrootcert` out of the URL: the driver would refuse them.
    fn take_from(url: &str) -> Result<(String, Self), ConnectError> {
        let mut options = Self { verify: false, verify_name: false, root: None };
        let (base, separator, settings) = match url.split_once('?') {
            Some((base, query)) => (format!("{base}?"), '&', query),
            None if url.contains("://") => return Ok((url.to_owned(), options)),
            None => (String::new(), ' ', url),
        };
        let mut kept = Vec::new();
        for setting in settings.split(separator) {
            match setting.split_once('=') {
                Some(("sslmode", "verify-full")) => (options.verify, options.verify_name) = (true, true),
                Some(("sslmode", "verify-ca")) => options.verify = true,
                Some(("sslrootcert", file)) => {
                    let file = percent_encoding::percent_decode_str(file).decode_utf8();
                    options.root =
                        Some(file.map_err(|error| ConnectError::BadUrl(error.to_string()))?.into_owned());
                }
                _ => kept.push(setting),
            }
        }
        Ok((format!("{base}{}", kept.join(&separator.to_string())), options))
    }

    fn connector(&self) -> Result<MakeTlsConnector, ConnectError> {
        let failed = |error: openssl::error::ErrorStack| ConnectError::Tls(error.to_string());
        let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(failed)?;
        if let Some(root) = &self.root {
            builder.set_ca_file(root).map_err(|error| ConnectError::Tls(format!("{root}: {error}")))?;
        }
        // As libpq: `prefer` and `require` encrypt without looking at the certificate.
        builder.set_verify(if self.verify { SslVerifyMode::PEER } else { SslVerifyMode::NONE });
        let mut connector = MakeTlsConnector::new(builder.build());
        let verify_name = self.verify_name;
        connector.set_callback(move |configuration, _| {
            configuration.set_verify_hostname(verify_name);
            Ok(())
        });
        Ok(connector)
    }
}

/// The error with its causes in one line.
fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Many errors repeat their cause in their own text.
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_the_driver_does_not_know_are_taken_out_of_the_url() {
        let (url, options) =
            TlsOptions::take_from("postgres://h/d?sslmode=verify-full&sslrootcert=%2Fca.pem&user=u").unwrap();
        assert_eq!(url, "postgres://h/d?user=u");
        assert!(options.verify && options.verify_name);
        assert_eq!(options.root.as_deref(), Some("/ca.pem"));
        let (url, options) = TlsOptions::take_from("host=/tmp dbname=d sslmode=disable").unwrap();
        assert_eq!(url, "host=/tmp dbname=d sslmode=disable");
        assert!(!options.verify);
    }

    #[test]
    fn the_urls_own_options_come_last() {
        let ours = "-c statement_timeout=1500 -c max_parallel_workers_per_gather=0 -c jit=off";
        assert_eq!(session_settings(Duration::from_millis(1500), None), ours);
        let both = session_settings(Duration::from_millis(1500), Some("-c work_mem=8MB"));
        assert_eq!(both, format!("{ours} -c work_mem=8MB"));
    }

    #[test]
    fn the_password_need_not_stand_in_the_url() {
        let options =
            StoreOptions { password: Some("geheim".to_owned()), ..StoreOptions::new("postgres://u@h/d") };
        assert_eq!(Connector::new(&options).ok().unwrap().config.get_password(), Some(b"geheim".as_slice()));
    }

    #[tokio::test]
    async fn a_url_that_cannot_be_read_says_so_without_its_password() {
        let options = StoreOptions::new("postgres://u:geheim@h:notaport/d");
        let error = Store::connect(&options, Clock::system()).await.err().unwrap();
        assert!(matches!(error, ConnectError::BadUrl(_)));
        assert!(!error.to_string().contains("geheim"));
    }
}
