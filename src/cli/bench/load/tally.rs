//! What happened under load, counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::kind::Kind;
use super::watch::{DatabaseRow, ProcessRow};
use crate::cli::bench::client::{Failure, Refusals};
use crate::cli::bench::latency::{Latencies, Percentiles, rounded};
use crate::cli::bench::report::in_cell;

/// What one worker saw, or all together.
#[derive(Debug, Default)]
pub(super) struct Tally {
    done: BTreeMap<Kind, Latencies>,
    errors: BTreeMap<(Kind, String), Errors>,
    refusals: Refusals,
    /// Messages that a query did not find at once after they were imported.
    found_late: u64,
}

/// Errors of one kind.
#[derive(Debug)]
struct Errors {
    count: u64,
    /// What the first of them said.
    first: String,
}

/// Everything that is told of a run.
#[derive(Debug, Serialize)]
pub(super) struct LoadReport {
    pub(super) urls: Vec<String>,
    pub(super) users: usize,
    pub(super) connections: usize,
    pub(super) seconds: f64,
    /// Requests that were answered as they should be, of all kinds.
    pub(super) requests: usize,
    pub(super) requests_per_second: f64,
    pub(super) kinds: Vec<KindRow>,
    pub(super) errors: Vec<ErrorRow>,
    /// Requests that were answered with 429 or 503, by status.
    pub(super) refused: BTreeMap<u16, u64>,
    /// How many of these did not say when to come back.
    pub(super) refused_without_retry_after: u64,
    pub(super) found_late: u64,
    pub(super) processes: Vec<ProcessRow>,
    pub(super) database: Option<DatabaseRow>,
}

#[derive(Debug, Serialize)]
pub(super) struct KindRow {
    pub(super) kind: &'static str,
    pub(super) time: Percentiles,
}

#[derive(Debug, Serialize)]
pub(super) struct ErrorRow {
    pub(super) kind: &'static str,
    pub(super) error: String,
    pub(super) count: u64,
    pub(super) first: String,
}

impl Tally {
    /// Notes how something ended. What was refused for now is counted where it happens (see [`Refusals`]), and is no
    /// error however often.
    pub(super) fn note(&mut self, kind: Kind, outcome: Result<Duration, Failure>) {
        match outcome {
            Ok(took) => self.done.entry(kind).or_default().add(took),
            Err(Failure::Refused(_)) => {}
            Err(failure) => {
                let first = || Errors { count: 0, first: failure.to_string() };
                self.errors.entry((kind, failure.kind())).or_insert_with(first).count += 1;
            }
        }
    }

    /// A message was not found at once.
    pub(super) fn note_found_late(&mut self) {
        self.found_late += 1;
    }

    /// Adds what a connection was refused.
    pub(super) fn add_refusals(&mut self, refusals: &Refusals) {
        for (status, count) in &refusals.by_status {
            *self.refusals.by_status.entry(*status).or_default() += count;
        }
        self.refusals.without_retry_after += refusals.without_retry_after;
    }

    /// Adds what another worker saw.
    pub(super) fn add(&mut self, other: Self) {
        for (kind, latencies) in other.done {
            self.done.entry(kind).or_default().extend(&latencies);
        }
        for (key, errors) in other.errors {
            let first = Errors { count: 0, first: errors.first };
            self.errors.entry(key).or_insert(first).count += errors.count;
        }
        self.add_refusals(&other.refusals);
        self.found_late += other.found_late;
    }

    /// The report of a run that took so long, without where and what it ran on.
    pub(super) fn report(self, took: Duration) -> LoadReport {
        let kinds: Vec<KindRow> = self
            .done
            .iter()
            .map(|(kind, latencies)| KindRow { kind: kind.name(), time: latencies.percentiles() })
            .collect();
        let requests = kinds.iter().map(|row| row.time.count).sum();
        let errors = self.errors.into_iter().map(|((kind, error), Errors { count, first })| ErrorRow {
            kind: kind.name(),
            error,
            count,
            first,
        });
        LoadReport {
            urls: Vec::new(),
            users: 0,
            connections: 0,
            seconds: rounded(took.as_secs_f64()),
            requests,
            requests_per_second: rounded(requests as f64 / took.as_secs_f64().max(0.001)),
            kinds,
            errors: errors.collect(),
            refused: self.refusals.by_status,
            refused_without_retry_after: self.refusals.without_retry_after,
            found_late: self.found_late,
            processes: Vec::new(),
            database: None,
        }
    }
}

impl LoadReport {
    /// Whether anything went wrong. To be refused for now is right, if the server says when to come back.
    pub(super) fn has_errors(&self) -> bool {
        !self.errors.is_empty() || self.refused_without_retry_after > 0
    }

    /// Tables in Markdown.
    pub(super) fn to_markdown(&self) -> String {
        let mut text = format!(
            "{} connections of {} user(s) at {} node(s) for {} s: {} requests, {} a second\n\n\
             | kind | requests | p50 ms | p95 ms | p99 ms | max ms |\n|---|---:|---:|---:|---:|---:|\n",
            self.connections,
            self.users,
            self.urls.len(),
            self.seconds,
            self.requests,
            self.requests_per_second
        );
        // Writing to a string cannot fail.
        for KindRow { kind, time } in &self.kinds {
            let Percentiles { count, p50_ms, p95_ms, p99_ms, max_ms } = time;
            let _ = writeln!(text, "| {kind} | {count} | {p50_ms} | {p95_ms} | {p99_ms} | {max_ms} |");
        }
        let _ = writeln!(
            text,
            "\nrefused for now: {:?}, without Retry-After {}",
            self.refused, self.refused_without_retry_after
        );
        let _ = writeln!(text, "imported messages that were not found at once: {}", self.found_late);
        match self.errors.is_empty() {
            true => text.push_str("errors: none\n"),
            false => text.push_str("\n| kind | error | times | the first |\n|---|---|---:|---|\n"),
        }
        for ErrorRow { kind, error, count, first } in &self.errors {
            let _ = writeln!(text, "| {kind} | {} | {count} | {} |", in_cell(error), in_cell(first));
        }
        if !self.processes.is_empty() {
            text.push_str(
                "\n| process | MiB at most | MiB at the end | processor s |\n|---|---:|---:|---:|\n",
            );
        }
        for ProcessRow { name, most_mib, last_mib, processor_seconds } in &self.processes {
            let _ = writeln!(text, "| {name} | {most_mib} | {last_mib} | {processor_seconds} |");
        }
        if let Some(database) = &self.database {
            let DatabaseRow { connections, private_mib, deadlocks, longest_lock_wait_ms } = database;
            let private = private_mib.map_or_else(|| "unknown".to_owned(), |mib| mib.to_string());
            let _ = writeln!(
                text,
                "\nPostgreSQL: {connections} connections at most, their private memory {private} MiB at most, \
                 {deadlocks} deadlocks, longest wait for a lock {longest_lock_wait_ms} ms"
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted_by_kind_and_refusals_are_none() {
        let mut tally = Tally::default();
        let mut other = Tally::default();
        let failed = |detail: &str| Failure::Status { status: 500, detail: detail.to_owned() };
        tally.note(Kind::List, Ok(Duration::from_millis(2)));
        tally.note(Kind::List, Err(failed("a")));
        other.note(Kind::List, Ok(Duration::from_millis(4)));
        other.note(Kind::List, Err(failed("b")));
        other.note(Kind::Text, Err(Failure::Refused(503)));
        other.add_refusals(&Refusals { by_status: BTreeMap::from([(503, 10)]), without_retry_after: 0 });
        tally.add(other);
        let report = tally.report(Duration::from_secs(2));
        assert_eq!((report.requests, report.requests_per_second), (2, 1.0));
        let [error] = report.errors.as_slice() else { panic!("{:?}", report.errors) };
        assert_eq!((error.kind, error.error.as_str(), error.count), ("list", "HTTP 500", 2));
        assert_eq!(error.first, "HTTP 500: a");
        assert_eq!(report.refused, BTreeMap::from([(503, 10)]));
        assert!(report.has_errors());
    }

    #[test]
    fn who_is_refused_must_be_told_when_to_come_back() {
        let mut tally = Tally::default();
        tally.add_refusals(&Refusals { by_status: BTreeMap::from([(503, 1)]), without_retry_after: 0 });
        assert!(!tally.report(Duration::from_secs(1)).has_errors());
        let mut tally = Tally::default();
        tally.add_refusals(&Refusals { by_status: BTreeMap::from([(503, 1)]), without_retry_after: 1 });
        assert!(tally.report(Duration::from_secs(1)).has_errors());
    }
}
