//! `signet bench query`: how long the named queries take over HTTP, and what their statements take without the server.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::bare::{Bare, Database};
use super::client::{Answer, Connection, Failure, Session, password, take};
use super::follow::Made;
use super::latency::Latencies;
use super::named::{Asks, Named, PAGE, Places, all, mailbox};
use super::report::{BareRow, QueryRow, Report, ratio};
use super::values::Values;
use crate::cli::CommandResult;

/// So many requests of each round are sent before any is measured.
const WARM_UP: usize = 3;
/// A query takes no more of a round than this; what is slow is measured less often.
const MOST_OF_ROUND: Duration = Duration::from_secs(20);

/// Measure the named queries over HTTP
///
/// What to ask for (the largest mailbox, a frequent author, a rare word, …) is found in the mail itself by plain JMAP, so
/// that any server can be measured.
#[derive(Debug, clap::Args)]
pub(super) struct Query {
    /// The URL of the Session object
    #[arg(long)]
    url: String,

    /// The name to log in with
    #[arg(long, value_name = "NAME")]
    user: String,

    /// A file whose first line is the password
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,

    /// How often all queries are gone through
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// Requests of each query in a round, on each connection
    #[arg(long, default_value_t = 60)]
    requests: usize,

    /// Requests at a time
    #[arg(long, default_value_t = 1)]
    connections: usize,

    /// Measure these queries only
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,

    /// Measure what was changed too: marks up to 10,000 emails with a keyword of its own, and takes the marks away again
    #[arg(long)]
    write: bool,

    /// The database of the server, if it is Signet: for the plans, and for the time that the bare statements take
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,

    /// Write the report as JSON too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Show how much p50 grew since this report
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
}

impl Query {
    pub(super) async fn run(self) -> CommandResult {
        ensure!(
            self.connections == 1 || self.database_url.is_none(),
            "bare statements are measured in turns with requests: --database-url wants one connection"
        );
        let old = self.compare.as_deref().map(Report::read).transpose()?;
        let session = Session::open(&self.url, &self.user, &password(&self.password_file)?).await?;
        let mut connection = Connection::new(&session)?;
        let values = Values::find(&mut connection).await.context("the mail cannot be looked at")?;
        let places = places(&mut connection, &values).await.context("the mail cannot be looked at")?;
        let mut named = all(&values, &places, session.has_smime());
        let made = match self.write {
            true => Some(Made::make(&mut connection, &values).await.context("nothing can be changed")?),
            false => None,
        };
        named.extend(made.iter().flat_map(|made| made.named.iter().cloned()));
        let measured = self.measure(&session, values, self.wanted(named)?).await;
        if let Some(made) = made {
            made.take_back(&mut connection).await.context("the marks cannot be taken away")?;
        }
        let report = measured?;
        if let Some(file) = &self.out {
            std::fs::write(file, serde_json::to_vec_pretty(&report)?)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        print!("{}", report.to_markdown());
        if let Some(old) = old {
            print!("{}", report.growth_since(&old));
        }
        Ok(if report.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// The queries that are to be measured.
    fn wanted(&self, named: Vec<Named>) -> anyhow::Result<Vec<Named>> {
        if self.only.is_empty() {
            return Ok(named);
        }
        for name in &self.only {
            let names: Vec<&str> = named.iter().map(|named| named.name.as_str()).collect();
            ensure!(
                names.contains(&name.as_str()),
                "there is no query {name:?}; there are {}",
                names.join(", ")
            );
        }
        Ok(named.into_iter().filter(|named| self.only.contains(&named.name)).collect())
    }

    async fn measure(
        &self,
        session: &Arc<Session>,
        values: Values,
        named: Vec<Named>,
    ) -> anyhow::Result<Report> {
        let mut connections = Vec::new();
        for _ in 0..self.connections.max(1) {
            connections.push(Connection::new(session)?);
        }
        let database = match &self.database_url {
            Some(url) => Some(Database::connect(url, &session.account).await?),
            None => None,
        };
        let mut measurements = Vec::with_capacity(named.len());
        for named in named {
            let bare = match &database {
                Some(database) => database.statements(&named.asks).await?,
                None => Bare::default(),
            };
            measurements.push(Measurement::of(named, bare, session));
        }
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}")
            .context("the progress bar has no such template")?;
        let bar = ProgressBar::new((self.rounds * measurements.len()) as u64).with_style(style);
        for _ in 0..self.rounds {
            for measurement in &mut measurements {
                bar.set_message(measurement.named.name.clone());
                measurement.round(&mut connections, database.as_ref(), self.requests).await?;
                bar.inc(1);
            }
        }
        bar.finish_and_clear();
        let mut queries = Vec::with_capacity(measurements.len());
        for measurement in measurements {
            queries.push(measurement.row(database.as_ref()).await?);
        }
        let refused = connections.iter().flat_map(|it| it.refusals.by_status.values()).sum();
        Ok(Report { url: self.url.clone(), connections: connections.len(), values, queries, refused })
    }
}

/// The first page of the largest mailbox, and emails deep in it.
async fn places(connection: &mut Connection, values: &Values) -> Result<Places, Failure> {
    let mut ids = async |threads: bool, position: u64, limit: u64| {
        let more = json!({"collapseThreads": threads, "position": position, "limit": limit});
        let mut found = connection.one("Email/query", mailbox(values, &more)).await?;
        let ids = serde_json::from_value::<Vec<String>>(take(&mut found, "ids"));
        ids.map_err(|_| Failure::lacks("ids", &found))
    };
    let deep = |length: u64| 10_000.min(length.saturating_sub(1));
    Ok(Places {
        page: ids(false, 0, PAGE).await?,
        anchor: ids(false, deep(values.mailbox_emails), 1).await?.pop(),
        thread_anchor: ids(true, deep(values.mailbox_threads), 1).await?.pop(),
    })
}

/// A query while it is measured.
struct Measurement {
    named: Named,
    body: Bytes,
    bare: Bare,
    http: Latencies,
    sql: Latencies,
    /// What the answers were, with how many of each.
    seen: BTreeMap<Seen, usize>,
    error: Option<Failure>,
}

/// What is compared of answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    answers: Option<u64>,
    total: Option<u64>,
    /// An error that is an answer, such as cannotCalculateChanges.
    told: Option<String>,
}

impl Measurement {
    fn of(named: Named, bare: Bare, session: &Session) -> Self {
        Self {
            body: session.encode(&named.asks.calls()),
            named,
            bare,
            http: Latencies::default(),
            sql: Latencies::default(),
            seen: BTreeMap::new(),
            error: None,
        }
    }

    /// So many requests on each connection; after an error, no more.
    async fn round(
        &mut self,
        connections: &mut [Connection],
        database: Option<&Database>,
        requests: usize,
    ) -> anyhow::Result<()> {
        if matches!(self.named.asks, Asks::Nothing(_)) || self.error.is_some() {
            return Ok(());
        }
        if let (Some(database), [connection]) = (database, &mut *connections) {
            return self.round_in_turns(connection, database, requests).await;
        }
        let body = self.body.clone();
        let workers = connections.iter_mut().map(|connection| requests_of(connection, &body, requests));
        for answers in futures_util::future::join_all(workers).await {
            for (index, answer) in answers.into_iter().enumerate() {
                self.note(answer, index >= WARM_UP);
            }
        }
        Ok(())
    }

    /// Request and statements in turns, each first every other time.
    async fn round_in_turns(
        &mut self,
        connection: &mut Connection,
        database: &Database,
        requests: usize,
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        for index in 0..requests + WARM_UP {
            let counts = index >= WARM_UP;
            for is_http in [index % 2 == 0, index % 2 == 1] {
                if is_http {
                    let answer = connection.post(&self.body).await;
                    self.note(answer, counts);
                } else {
                    let took = database.run(&self.bare).await?;
                    if counts {
                        self.sql.add(took);
                    }
                }
            }
            if self.error.is_some() || (counts && started.elapsed() > MOST_OF_ROUND) {
                break;
            }
        }
        Ok(())
    }

    fn note(&mut self, answer: Result<Answer, Failure>, counts: bool) {
        let outcome = answer.and_then(|answer| Ok((answer.took, self.read(&answer)?)));
        match outcome {
            Ok((took, seen)) => {
                *self.seen.entry(seen).or_default() += 1;
                if counts {
                    self.http.add(took);
                }
            }
            Err(failure) => self.error = Some(failure),
        }
    }

    fn read(&self, answer: &Answer) -> Result<Seen, Failure> {
        let is_about_changes = matches!(self.named.asks, Asks::Changes(_) | Asks::QueryChanges(_));
        let responses = match answer.responses() {
            // That a server cannot tell so many changes is what it has to say of them.
            Err(Failure::Method { kind, .. })
                if is_about_changes
                    && ["cannotCalculateChanges", "tooManyChanges"].contains(&kind.as_str()) =>
            {
                return Ok(Seen { answers: None, total: None, told: Some(kind) });
            }
            responses => responses?,
        };
        let last = responses.last().ok_or_else(|| Failure::Wrong("there is no response".to_owned()))?;
        let lists: &[&str] = match self.named.asks {
            Asks::Query(_) => &["ids"],
            Asks::Get(_) | Asks::QueryAndGet(..) => &["list"],
            Asks::Changes(_) => &["created", "updated", "destroyed"],
            Asks::QueryChanges(_) => &["removed", "added"],
            Asks::Nothing(_) => &[],
        };
        let mut answers = 0;
        for name in lists {
            let list = last.get(name).and_then(Value::as_array).ok_or_else(|| Failure::lacks(name, last))?;
            answers += list.len() as u64;
        }
        Ok(Seen { answers: Some(answers), total: last.get("total").and_then(Value::as_u64), told: None })
    }

    async fn row(self, database: Option<&Database>) -> anyhow::Result<QueryRow> {
        let http = self.http.percentiles();
        let bare = match database {
            Some(database) if !self.bare.is_empty() && http.count > 0 => {
                let time = self.sql.percentiles();
                let plan = database.explain(&self.bare).await?;
                Some(BareRow { time, overhead: ratio(http.p50_ms, time.p50_ms), plan })
            }
            _ => None,
        };
        let mut seen = self.seen.into_iter();
        let (first, others) = (seen.next().map(|(seen, _)| seen), seen.count());
        let remark = match (&self.named.asks, &first) {
            (Asks::Nothing(reason), _) => Some(reason.clone()),
            (_, Some(Seen { told: Some(told), .. })) => Some(told.clone()),
            _ if others > 0 => Some("answers differ".to_owned()),
            _ => None,
        };
        Ok(QueryRow {
            name: self.named.name,
            remark,
            error: self.error.map(|error| error.to_string()),
            answers: first.as_ref().and_then(|seen| seen.answers),
            total: first.and_then(|seen| seen.total),
            http,
            bare,
        })
    }
}

/// Requests one after the other, until there are enough or it has taken too long, or one fails.
async fn requests_of(
    connection: &mut Connection,
    body: &Bytes,
    requests: usize,
) -> Vec<Result<Answer, Failure>> {
    let started = Instant::now();
    let mut answers = Vec::new();
    for index in 0..requests + WARM_UP {
        answers.push(connection.post(body).await);
        let is_enough = index >= WARM_UP && started.elapsed() > MOST_OF_ROUND;
        if is_enough || answers.last().is_some_and(Result::is_err) {
            break;
        }
    }
    answers
}
