//! `signet bench load`: many users at work at one or several nodes, who notice when an answer cannot be right.

mod events;
mod followed;
mod kind;
mod tally;
mod user;
mod watch;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;

use self::events::Listener;
use self::kind::Shares;
use self::tally::{LoadReport, Tally};
use self::user::User;
use self::watch::{Process, Watch};
use self::worker::Worker;
use super::client::{Session, password};
use crate::cli::CommandResult;

/// Put a server under load for a while, reading and writing
///
/// Each connection sends one request after the other, and keeps to its node. What is imported is destroyed again. Answers
/// are checked where it is known what they must be: what was imported is found and told by /changes, states move forward,
/// and event sources at another node hear the newest state. The exit status is 1 if there was any error; 429 and 503 with
/// Retry-After are none.
#[derive(Debug, clap::Args)]
pub(super) struct Load {
    /// The URL of the Session object, of each node
    #[arg(long = "url", value_name = "URL", required = true)]
    urls: Vec<String>,

    /// The name to log in with; several users have the same password
    #[arg(long = "user", value_name = "NAME", required = true)]
    users: Vec<String>,

    /// A file whose first line is the password
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,

    /// Requests at a time, of all users at all nodes
    #[arg(long, default_value_t = 64)]
    connections: usize,

    /// For how long
    #[arg(long, default_value_t = 120)]
    seconds: u64,

    /// How much there is of something in relation to all else: list, text, smime, bodies, keyword, move, import, destroy,
    /// changes, mailboxes
    #[arg(long = "share", value_name = "KIND=SHARE")]
    shares: Vec<String>,

    /// Where the random numbers start; without it, each run has others
    #[arg(long)]
    seed: Option<u64>,

    /// A process whose memory and time are to be told
    #[arg(long = "pid", value_name = "NAME=PID", value_parser = Process::parse)]
    processes: Vec<Process>,

    /// The database of the nodes, for what PostgreSQL takes
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,

    /// Write the report as JSON too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Load {
    pub(super) async fn run(self) -> CommandResult {
        ensure!(self.connections > 0, "--connections is at least 1");
        let shares = Shares::of(&self.shares)?;
        let password = password(&self.password_file)?;
        let mut users = Vec::new();
        for name in &self.users {
            let mut nodes = Vec::new();
            for url in &self.urls {
                nodes.push(Session::open(url, name, &password).await?);
            }
            users.push(Arc::new(User::look_around(name, nodes).await?));
        }
        let watch = Watch::start(self.processes.clone(), self.database_url.as_deref()).await?;
        let started = Instant::now();
        let tally = self.work(&users, &Arc::new(shares), started).await?;
        let took = started.elapsed();
        let (processes, database) = watch.end().await?;
        let report = LoadReport {
            urls: self.urls.clone(),
            users: users.len(),
            connections: self.connections,
            processes,
            database,
            ..tally.report(took)
        };
        if let Some(file) = &self.out {
            std::fs::write(file, serde_json::to_vec_pretty(&report)?)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        print!("{}", report.to_markdown());
        Ok(if report.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// Lets all connections work until the time is over, and listeners listen until all have ended.
    async fn work(
        &self,
        users: &[Arc<User>],
        shares: &Arc<Shares>,
        started: Instant,
    ) -> anyhow::Result<Tally> {
        let mut tally = Tally::default();
        let mut listeners = Vec::new();
        for (index, user) in users.iter().enumerate() {
            // Beside the workers, spread over the nodes otherwise.
            listeners.push(Listener::start(user, index + 1)?);
        }
        let seed = self.seed.map_or_else(random_seed, Ok)?;
        let until = started + Duration::from_secs(self.seconds);
        let mut workers = JoinSet::new();
        for (number, user) in users.iter().cycle().take(self.connections).enumerate() {
            // So that the connections of each user are spread over all nodes.
            let node = number / users.len();
            let worker = Worker::new(user, node, number as u64 ^ (seed << 32), shares)?;
            workers.spawn(worker.work(until));
        }
        let progress = tokio::spawn(show_progress(self.seconds));
        while let Some(seen) = workers.join_next().await {
            tally.add(seen.context("a worker ended early")?);
        }
        progress.abort();
        for listener in listeners {
            tally.add(listener.end().await?);
        }
        Ok(tally)
    }
}

fn random_seed() -> anyhow::Result<u64> {
    let mut bytes = [0; 8];
    openssl::rand::rand_bytes(&mut bytes).context("there are no random numbers")?;
    Ok(u64::from_ne_bytes(bytes))
}

async fn show_progress(seconds: u64) {
    let bar = ProgressBar::new(seconds);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} s") {
        bar.set_style(style);
    }
    for _ in 0..seconds {
        tokio::time::sleep(Duration::from_secs(1)).await;
        bar.inc(1);
    }
    bar.finish_and_clear();
}
