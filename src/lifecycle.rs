//! A node from its start to its end: the database, the workers, and the steps in which it stops.

mod stopping;

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use self::stopping::{OneOpen, Open, Signal, Signals, Stopping};
use crate::budget::Budget;
use crate::clock::Clock;
use crate::config::{Config, ConfigError, RelayTls};
use crate::fetch::FetchOptions;
use crate::lmtp;
use crate::push::{self, Destinations, Push, PushOptions, Watchers};
use crate::reach::Reach;
use crate::smime::Policy;
use crate::store::quota::Limits;
use crate::store::schema::{self, SchemaError};
use crate::store::{self, ConnectError, Hint, Probe, Store, StoreOptions};
use crate::submit::{self, Relay, RelayOptions, SubmitOptions, Submitter};
use crate::telemetry::Metrics;
use crate::trust::{self, Fetching, FetchingOptions, Trust};
use crate::upkeep::{self, Upkeep, UpkeepOptions};

/// How many hints of other nodes may wait for a listener before it loses some, which costs it a look, no more.
const HINTS: usize = 1024;

/// How long a connection by LMTP may last.
const LMTP_LIFETIME: Duration = Duration::from_secs(3600);

/// An upload that no email holds stays for an hour (RFC 8620 §6).
const LEAST_UPLOAD_AGE: TimeDelta = TimeDelta::hours(1);

/// What the doors of a node share.
pub struct Node {
    /// The configuration.
    pub config: Config,
    /// The database, and what keeping verdicts needs.
    pub trust: Trust,
    /// The way out for messages.
    pub submitter: Submitter,
    /// What pushing to subscriptions needs.
    pub push: Push,
    /// What keeps the database small.
    pub upkeep: Upkeep,
    /// What tells whether the database is there.
    pub probe: Probe,
    /// Connections of this node that wait for changes.
    pub watchers: Watchers,
    /// Hints that something changed, from all nodes.
    pub hints: broadcast::Sender<Hint>,
    /// Where it listens for LMTP, if it does.
    pub lmtp_address: Option<SocketAddr>,
    /// Its memory for bodies of requests and messages that come by LMTP.
    pub octets: Budget,
    /// The metrics.
    pub metrics: Metrics,
    /// Cancelled when the node is to stop: new work is refused, what is under way is finished.
    pub stop: CancellationToken,
    /// The steps before that.
    pub stopping: Stopping,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration names no database.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The schema is not the one that this program knows.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The relay cannot be used.
    #[error("[relay]: {0}")]
    Relay(String),
    /// The settings of fetching cannot be used.
    #[error("[fetch]: {0}")]
    Fetch(String),
    /// The settings of push cannot be used.
    #[error("[push]: {0}")]
    Push(String),
    /// The address for LMTP cannot be had.
    #[error("cannot listen for LMTP on {address}: {source}")]
    Lmtp {
        /// The address of the configuration.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Connects to the database that the configuration names, whatever its schema.
pub async fn connect(config: &Config, clock: Clock) -> Result<Store, StartError> {
    let options = StoreOptions {
        url: config.database_url()?.expose().to_owned(),
        password: config.database_password()?.map(|password| password.expose().to_owned()),
        connections: config.database.connections,
        wait: Duration::from_secs(config.database.wait_seconds),
        statement_timeout: Duration::from_secs(config.database.statement_timeout_seconds),
        default_limits: Limits { octets: limit(config.quota.octets), emails: limit(config.quota.emails) },
        upload_quota: config.limits.max_unused_uploads,
    };
    Ok(Store::connect(&options, clock).await?)
}

/// Zero is without limit in the configuration.
fn limit(configured: u64) -> Option<i64> {
    (configured > 0).then(|| i64::try_from(configured).unwrap_or(i64::MAX))
}

/// What evaluating verdicts needs, by the configuration; with what they lack fetched, if the configuration says so.
pub fn trust(config: &Config, store: Store, metrics: Metrics) -> Result<Trust, StartError> {
    let policy = Policy { revocation: config.trust.revocation, ..Policy::default() };
    let trust =
        Trust::new(store, policy, Duration::from_secs(config.trust.refresh_seconds)).with_metrics(metrics);
    if !config.fetch.enabled {
        return Ok(trust);
    }
    let file = config.fetch.ca_file.as_deref();
    let options = FetchingOptions {
        fetch: FetchOptions {
            reach: Reach::new(config.fetch.allow.clone()),
            authorities: authorities(file).map_err(StartError::Fetch)?,
            proxy: config.fetch.proxy.as_ref().map(|proxy| proxy.expose().to_owned()),
            connect_timeout: Duration::from_secs(config.fetch.connect_timeout_seconds),
            timeout: Duration::from_secs(config.fetch.timeout_seconds),
            concurrency: config.fetch.concurrency,
            concurrency_per_host: config.fetch.concurrency_per_host,
        },
        max_crl_octets: config.fetch.max_crl_octets,
        max_ocsp_octets: config.fetch.max_ocsp_octets,
        max_issuer_octets: config.fetch.max_issuer_octets,
        delivery_wait: Duration::from_secs(config.fetch.delivery_wait_seconds),
    };
    let fetching = Fetching::new(options);
    let fetching = fetching.map_err(|error| StartError::Fetch(problem(file, &error)))?;
    Ok(trust.with_fetching(fetching))
}

/// The way out for messages, by the configuration.
pub fn submitter(config: &Config, trust: Trust, metrics: Metrics) -> Result<Submitter, StartError> {
    let submission = &config.submission;
    let options = SubmitOptions {
        host_name: submission.host_name(config.public_url.as_ref()),
        max_recipients: submission.max_recipients,
        max_size: submission.max_size,
        max_waiting: submission.max_waiting,
        max_delay: Duration::from_secs(submission.max_delay_seconds),
        retry: Duration::from_secs(submission.retry_seconds),
        max_age: Duration::from_secs(submission.max_age_seconds),
    };
    let file = config.relay.ca_file.as_deref();
    let authorities = authorities(file).map_err(StartError::Relay)?;
    let relay = config.relay.host.clone().map(|host| {
        let password = config.relay.password.as_ref().map(|password| password.expose().to_owned());
        let relay = RelayOptions {
            host,
            port: config.relay.port,
            tls: match config.relay.tls {
                RelayTls::Starttls => submit::RelayTls::StartTls,
                RelayTls::Implicit => submit::RelayTls::Implicit,
                RelayTls::None => submit::RelayTls::None,
            },
            authorities,
            credentials: config.relay.user.clone().map(|user| (user, password.unwrap_or_default())),
            timeout: Duration::from_secs(config.relay.timeout_seconds),
        };
        Relay::new(relay, &options.host_name).map_err(|error| StartError::Relay(problem(file, &error)))
    });
    Ok(Submitter::new(trust, options, relay.transpose()?, metrics))
}

/// What pushing needs, by the configuration.
fn push(config: &Config, store: Store, metrics: Metrics) -> Result<Push, StartError> {
    let file = config.push.ca_file.as_deref();
    let authorities = authorities(file).map_err(StartError::Push)?;
    let contact = config.push.contact.as_ref().map(|contact| contact.as_str());
    let public_url = config.public_url.as_ref().map(|url| url.as_str());
    let options = PushOptions {
        destinations: Destinations::new(config.push.allow.clone()),
        authorities,
        contact: contact.or(public_url.filter(|url| url.starts_with("https://"))).map(str::to_owned),
    };
    Push::new(store, options, metrics).map_err(|error| StartError::Push(problem(file, &error)))
}

/// What upkeep needs, by the configuration.
pub fn upkeep(config: &Config, store: Store, metrics: Metrics) -> Upkeep {
    // The configuration bounds them all.
    let period = |seconds: u64| TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 1000));
    let upkeep = &config.upkeep;
    let options = UpkeepOptions {
        change_age: period(upkeep.change_age_seconds),
        max_changes: upkeep.max_changes.into(),
        upload_age: period(upkeep.upload_age_seconds).max(LEAST_UPLOAD_AGE),
        blob_grace: period(upkeep.blob_grace_seconds),
        submission_age: Some(upkeep.submission_age_seconds).filter(|age| *age > 0).map(period),
        evidence_age: period(upkeep.evidence_age_seconds),
        batch: upkeep.batch.into(),
    };
    Upkeep::new(store, options, metrics)
}

/// The octets of a file of authorities.
fn authorities(file: Option<&Path>) -> Result<Option<Vec<u8>>, String> {
    file.map(|path| std::fs::read(path).map_err(|error| problem(Some(path), &error))).transpose()
}

/// What is wrong, with the file that it is wrong with, if there is one.
fn problem(file: Option<&Path>, error: &dyn Display) -> String {
    file.map_or_else(|| error.to_string(), |path| format!("{}: {error}", path.display()))
}

/// The port for LMTP, if there is to be one.
async fn lmtp_listener(config: &Config) -> Result<Option<TcpListener>, StartError> {
    let Some(address) = config.lmtp.listen.map(|listen| listen.socket()) else { return Ok(None) };
    let bound = TcpListener::bind(address).await;
    bound.map(Some).map_err(|source| StartError::Lmtp { address, source })
}

/// What the node has of memory for bodies of requests and messages that come by LMTP.
fn octets_in_memory(config: &Config, metrics: &Metrics) -> Budget {
    // Else the largest of them could never be taken.
    let message = if config.lmtp.listen.is_some() { config.lmtp.max_size as u64 } else { 0 };
    let largest = config.limits.max_size_upload.max(message);
    Budget::new("octets", config.node.max_octets_in_memory.max(largest), metrics)
}

/// How the door for LMTP behaves, by the configuration.
fn lmtp_options(config: &Config) -> lmtp::Options {
    lmtp::Options {
        host_name: config.submission.host_name(config.public_url.as_ref()),
        max_size: config.lmtp.max_size,
        max_recipients: config.lmtp.max_recipients,
        max_connections: config.lmtp.max_connections,
        timeout: Duration::from_secs(config.lmtp.timeout_seconds),
        lifetime: LMTP_LIFETIME,
    }
}

impl Node {
    /// Connects, checks the schema, and starts the workers.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, StartError> {
        let store = connect(&config, clock).await?;
        schema::check(&store).await?;
        let metrics = Metrics::new();
        let trust = trust(&config, store.clone(), metrics.clone())?;
        let submitter = submitter(&config, trust.clone(), metrics.clone())?;
        let push = push(&config, store.clone(), metrics.clone())?;
        let upkeep = upkeep(&config, store.clone(), metrics.clone());
        let octets = octets_in_memory(&config, &metrics);
        let lmtp_listener = lmtp_listener(&config).await?;
        let stop = CancellationToken::new();
        let (hints, receiver) = broadcast::channel(HINTS);
        let interval = Duration::from_secs(config.trust.worker_interval_seconds);
        let probe = Probe::new(&store);
        let listener = tokio::spawn(store::listen(store, hints.clone()));
        let (worker, stopped) = (trust.clone(), stop.clone());
        let worker = on_its_own_thread(move || trust::run_worker(worker, interval, receiver, stopped));
        let watchers = Watchers::default();
        let watching = tokio::spawn(watchers.clone().run(hints.subscribe(), stop.clone()));
        let (pusher, calls, stopped) = (push.clone(), hints.subscribe(), stop.clone());
        let pushing = on_its_own_thread(move || push::run_worker(pusher, calls, stopped));
        let interval = Duration::from_secs(config.submission.worker_interval_seconds);
        let (sending, receiver, stopped) = (submitter.clone(), hints.subscribe(), stop.clone());
        let sender = on_its_own_thread(move || submit::run_worker(sending, interval, receiver, stopped));
        let interval = Duration::from_secs(config.fetch.worker_interval_seconds);
        let (fetching, receiver, stopped) = (trust.clone(), hints.subscribe(), stop.clone());
        let fetcher = on_its_own_thread(move || trust::run_fetcher(fetching, interval, receiver, stopped));
        let mut tasks = vec![listener, worker, watching, pushing, sender, fetcher];
        if config.upkeep.enabled {
            let interval = Duration::from_secs(config.upkeep.interval_seconds);
            let (keeper, stopped) = (upkeep.clone(), stop.clone());
            tasks.push(on_its_own_thread(move || upkeep::run_worker(keeper, interval, stopped)));
        }
        let lmtp_address = lmtp_listener.as_ref().and_then(|listener| listener.local_addr().ok());
        if let Some(listener) = lmtp_listener {
            let door = lmtp::Door {
                trust: trust.clone(),
                submitter: submitter.clone(),
                options: lmtp_options(&config),
                memory: octets.clone(),
                metrics: metrics.clone(),
                stop: stop.clone(),
            };
            tasks.push(on_its_own_thread(move || lmtp::serve(listener, door)));
        }
        let (tasks, stopping) = (Mutex::new(tasks), Stopping::before(&stop));
        Ok(Self {
            config,
            trust,
            submitter,
            push,
            upkeep,
            probe,
            watchers,
            hints,
            lmtp_address,
            octets,
            metrics,
            stop,
            stopping,
            tasks,
        })
    }

    /// The database.
    pub fn store(&self) -> &Store {
        self.trust.store()
    }

    /// Ends the workers, and waits for them: they must not outlive the runtime that they run on. Then the pool of
    /// connections closes. Whoever else still holds the node keeps one without workers and without a database.
    pub async fn end(&self) {
        self.stop.cancel();
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        // The first task listens for as long as there are receivers, and holds nothing that is worth waiting for.
        let mut tasks = tasks.into_iter();
        if let Some(listener) = tasks.next() {
            listener.abort();
        }
        for task in tasks {
            task.await.ok();
        }
        self.store().close();
    }
}

/// Runs a worker that goes on until the node stops. What runs in transactions stays on one thread; this one is the
/// worker's own.
fn on_its_own_thread<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send + 'static) -> JoinHandle<()> {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work()))
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
