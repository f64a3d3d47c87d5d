//! What processes and PostgreSQL take while they are under load.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};
use tokio_util::sync::CancellationToken;

use crate::cli::bench::latency::rounded;

/// How often it is looked.
const INTERVAL: Duration = Duration::from_millis(500);
/// Clock ticks of a second in /proc (USER_HZ), which is the same on all Linux machines of today.
const TICKS: f64 = 100.0;
/// Octets of a MiB.
const MIB: f64 = 1024.0 * 1024.0;

/// A process to watch.
#[derive(Clone, Debug)]
pub(super) struct Process {
    name: String,
    pid: u32,
}

/// What was seen of a process.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct ProcessRow {
    pub(super) name: String,
    /// Resident memory at most, and at the end.
    pub(super) most_mib: f64,
    pub(super) last_mib: f64,
    /// Processor time meanwhile.
    pub(super) processor_seconds: f64,
}

/// What was seen of PostgreSQL.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct DatabaseRow {
    /// Connections to the database at most.
    pub(super) connections: usize,
    /// What their processes share with no other, at most; none if this machine does not tell.
    pub(super) private_mib: Option<f64>,
    /// Deadlocks meanwhile.
    pub(super) deadlocks: i64,
    /// The longest that anybody was seen to wait for a lock.
    pub(super) longest_lock_wait_ms: f64,
}

/// Looks at processes and at the database until it is stopped.
pub(super) struct Watch {
    stop: CancellationToken,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<anyhow::Result<()>>,
}

#[derive(Debug, Default)]
struct Seen {
    processes: Vec<ProcessRow>,
    database: Option<DatabaseRow>,
}

impl Process {
    /// Reads `NAME=PID`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (name, pid) = text.split_once('=').ok_or_else(|| "a process is NAME=PID".to_owned())?;
        let pid = pid.parse().map_err(|_| format!("{pid:?} is no number of a process"))?;
        Ok(Self { name: name.to_owned(), pid })
    }

    /// Octets of resident memory, and seconds of processor time since it began; none if it is gone.
    fn look(&self) -> Option<(f64, f64)> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        // What stands before the last parenthesis is a name, which may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        Some((kilobytes(&status, "VmRSS:")? * 1024.0, (ticks(11)? + ticks(12)?) / TICKS))
    }
}

impl Watch {
    /// Begins to look.
    pub(super) async fn start(processes: Vec<Process>, database_url: Option<&str>) -> anyhow::Result<Self> {
        let database = match database_url {
            Some(url) => Some(Database::connect(url).await?),
            None => None,
        };
        let first = processes
            .iter()
            .map(|process| process.look().map(|(_, seconds)| seconds))
            .collect::<Option<Vec<f64>>>()
            .context("there is no such process")?;
        let (stop, seen) = (CancellationToken::new(), Arc::new(Mutex::new(Seen::default())));
        let task = tokio::spawn(look(processes, first, database, Arc::clone(&seen), stop.clone()));
        Ok(Self { stop, seen, task })
    }

    /// Ends, and tells what was seen.
    pub(super) async fn end(self) -> anyhow::Result<(Vec<ProcessRow>, Option<DatabaseRow>)> {
        self.stop.cancel();
        self.task.await.context("the watch ended early")??;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((std::mem::take(&mut seen.processes), seen.database.take()))
    }
}

async fn look(
    processes: Vec<Process>,
    first: Vec<f64>,
    database: Option<Database>,
    seen: Arc<Mutex<Seen>>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut rows: Vec<ProcessRow> = processes
        .iter()
        .map(|process| ProcessRow { name: process.name.clone(), ..ProcessRow::default() })
        .collect();
    let mut database_row = DatabaseRow::default();
    loop {
        let is_last = stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_none();
        for ((process, row), first) in processes.iter().zip(&mut rows).zip(&first) {
            // One that ended keeps what was seen of it.
            if let Some((octets, seconds)) = process.look() {
                row.last_mib = rounded(octets / MIB);
                row.most_mib = row.most_mib.max(row.last_mib);
                row.processor_seconds = rounded(seconds - first);
            }
        }
        if let Some(database) = &database {
            database.look(&mut database_row).await?;
        }
        if is_last {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.processes = rows;
            seen.database = database.is_some().then_some(database_row);
            return Ok(());
        }
    }
}

/// A connection of its own to the database that the nodes use.
struct Database {
    client: Client,
    deadlocks_before: i64,
}

impl Database {
    async fn connect(url: &str) -> anyhow::Result<Self> {
        let (client, connection) =
            tokio_postgres::connect(url, NoTls).await.context("the database cannot be reached")?;
        tokio::spawn(connection);
        let mut database = Self { client, deadlocks_before: 0 };
        database.deadlocks_before = database.deadlocks().await?;
        Ok(database)
    }

    async fn look(&self, row: &mut DatabaseRow) -> anyhow::Result<()> {
        let sessions = include_str!("../../../../sql/bench/sessions.sql");
        let sessions = self.client.query(sessions, &[]).await?;
        row.connections = row.connections.max(sessions.len());
        let private: Option<f64> = sessions.iter().map(|session| private_octets(session.get("pid"))).sum();
        if let Some(octets) = private {
            let most = row.private_mib.unwrap_or(0.0);
            row.private_mib = Some(most.max(rounded(octets / MIB)));
        }
        let waits = sessions.iter().filter_map(|session| session.get::<_, Option<f64>>("waits_ms"));
        row.longest_lock_wait_ms =
            waits.fold(row.longest_lock_wait_ms, |longest, wait| longest.max(rounded(wait)));
        row.deadlocks = self.deadlocks().await? - self.deadlocks_before;
        Ok(())
    }

    async fn deadlocks(&self) -> anyhow::Result<i64> {
        let sql = include_str!("../../../../sql/bench/deadlocks.sql");
        Ok(self.client.query_one(sql, &[]).await?.get("deadlocks"))
    }
}

/// What a process has for itself: it would be free without it. Shared buffers are nobody's own.
fn private_octets(pid: i32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"));
    match text {
        Ok(text) => {
            Some((kilobytes(&text, "Private_Clean:")? + kilobytes(&text, "Private_Dirty:")?) * 1024.0)
        }
        // It ended since it was listed.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && fs::exists("/proc/self").ok()? => {
            Some(0.0)
        }
        Err(_) => None,
    }
}

fn kilobytes(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_time_of_a_process_are_read() {
        let me = Process::parse(&format!("me={}", std::process::id())).unwrap();
        let (octets, seconds) = me.look().unwrap();
        assert!(octets > 1e6 && seconds >= 0.0, "{octets} {seconds}");
        assert!(private_octets(std::process::id() as i32).is_some_and(|octets| octets > 1e5));
        assert!(Process { name: String::new(), pid: u32::MAX }.look().is_none());
        assert!(Process::parse("me").is_err() && Process::parse("me=x").is_err());
    }
}
