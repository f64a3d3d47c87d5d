//! What `signet bench query` found, as JSON for programs and as tables for people.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::bare::Plan;
use super::latency::{Percentiles, rounded};
use super::values::Values;

/// A whole measurement.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    /// The URL of the session.
    pub(super) url: String,
    /// Requests at a time.
    pub(super) connections: usize,
    /// What was asked for.
    pub(super) values: Values,
    /// A row for each query, in the order in which they were asked.
    pub(super) queries: Vec<QueryRow>,
    /// Requests that were answered with 429 or 503, and sent again.
    pub(super) refused: u64,
}

/// What was measured of a query.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct QueryRow {
    /// Its name.
    pub(super) name: String,
    /// Why it was left out, or what else is to be known.
    pub(super) remark: Option<String>,
    /// The first error, if there was any.
    pub(super) error: Option<String>,
    /// How many ids or objects the answer has.
    pub(super) answers: Option<u64>,
    /// The total, if it was asked for.
    pub(super) total: Option<u64>,
    /// Over HTTP.
    pub(super) http: Percentiles,
    /// Without the server.
    pub(super) bare: Option<BareRow>,
}

/// The statements of a query without the server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BareRow {
    /// Their time, measured in turns with the request.
    pub(super) time: Percentiles,
    /// How many times as long the request takes, at p50.
    pub(super) overhead: f64,
    /// Their plans.
    pub(super) plan: Plan,
}

impl Report {
    /// Reads a report that was written before.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is no report of queries", file.display()))
    }

    /// Whether anything went wrong.
    pub(super) fn has_errors(&self) -> bool {
        self.queries.iter().any(|row| row.error.is_some())
    }

    /// Tables in Markdown.
    pub(super) fn to_markdown(&self) -> String {
        let mut text = format!(
            "{} emails, {} in the largest mailbox; {} connection(s); {} request(s) refused and sent again\n\n\
             | query | answers | total | requests | p50 ms | p95 ms | p99 ms | remarks |\n\
             |---|---:|---:|---:|---:|---:|---:|---|\n",
            shown(self.values.emails),
            self.values.mailbox_emails,
            self.connections,
            self.refused
        );
        for row in &self.queries {
            let remark = row.error.as_ref().map(|error| format!("**{}**", in_cell(error)));
            let remark = remark.or_else(|| row.remark.as_deref().map(in_cell)).unwrap_or_default();
            let (answers, total) = (shown(row.answers), shown(row.total));
            let line = match row.http.count {
                0 => format!("| {} | | | | | | | {remark} |", row.name),
                count => {
                    let Percentiles { p50_ms, p95_ms, p99_ms, .. } = row.http;
                    format!(
                        "| {} | {answers} | {total} | {count} | {p50_ms} | {p95_ms} | {p99_ms} | {remark} |",
                        row.name
                    )
                }
            };
            text.push_str(&line);
            text.push('\n');
        }
        self.write_plans(&mut text);
        text
    }

    fn write_plans(&self, text: &mut String) {
        let mut rows = self.queries.iter().filter_map(|row| Some((&row.name, row.bare.as_ref()?))).peekable();
        if rows.peek().is_none() {
            return;
        }
        text.push_str(
            "\n| query | bare SQL p50 ms | HTTP / SQL | rows | blocks hit + read | indexes | nodes |\n\
             |---|---:|---:|---:|---:|---|---|\n",
        );
        for (name, BareRow { time, overhead, plan }) in rows {
            let Plan { nodes, indexes, rows, blocks_hit, blocks_read } = plan;
            let (indexes, nodes) = (indexes.join(", "), nodes.join(", "));
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "| {name} | {} | {overhead:.2} | {rows} | {blocks_hit} + {blocks_read} | {indexes} | {nodes} |",
                time.p50_ms
            );
        }
    }

    /// How p50 grew since a report of less mail.
    pub(super) fn growth_since(&self, old: &Self) -> String {
        let mut text = format!(
            "\nfrom {} to {} emails\n\n| query | p50 ms then | p50 ms now | times |\n|---|---:|---:|---:|\n",
            shown(old.values.emails),
            shown(self.values.emails)
        );
        for row in &self.queries {
            let before = old.queries.iter().find(|before| before.name == row.name);
            let Some(before) = before.filter(|before| before.http.count > 0 && row.http.count > 0) else {
                continue;
            };
            let (then, now) = (before.http.p50_ms, row.http.p50_ms);
            let _ = writeln!(text, "| {} | {then} | {now} | {:.2} |", row.name, ratio(now, then));
        }
        text
    }
}

/// How many times `whole` is as large as `part`.
pub(super) fn ratio(whole: f64, part: f64) -> f64 {
    if part > 0.0 { rounded(whole / part) } else { 0.0 }
}

/// What a cell of a table can hold.
pub(super) fn in_cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\r', '\n'], " ")
}

fn shown(number: Option<u64>) -> String {
    number.map_or_else(|| "?".to_owned(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(emails: u64, p50_ms: f64) -> Report {
        let http = Percentiles { count: 3, p50_ms, ..Percentiles::default() };
        let plan = Plan { indexes: vec!["email_received".to_owned()], rows: 50, ..Plan::default() };
        let bare = BareRow { time: Percentiles { p50_ms: 2.0, ..http }, overhead: ratio(p50_ms, 2.0), plan };
        let row = |name: &str| QueryRow { name: name.to_owned(), ..QueryRow::default() };
        Report {
            url: "http://localhost".to_owned(),
            connections: 1,
            values: Values { emails: Some(emails), ..Values::default() },
            queries: vec![
                QueryRow { http, bare: Some(bare), answers: Some(50), ..row("mailbox") },
                QueryRow { remark: Some("the list ends at 9".to_owned()), ..row("mailbox-10000") },
                QueryRow { error: Some("a|b\nc".to_owned()), ..row("from") },
            ],
            refused: 0,
        }
    }

    #[test]
    fn tables_have_a_line_for_each_query() {
        let report = report(10, 3.0);
        let text = report.to_markdown();
        assert!(text.contains("| mailbox | 50 | ? | 3 | 3 | 0 | 0 |  |\n"), "{text}");
        assert!(text.contains("| mailbox-10000 | | | | | | | the list ends at 9 |\n"), "{text}");
        assert!(text.contains("| from | | | | | | | **a\\|b c** |\n"), "{text}");
        assert!(text.contains("| mailbox | 2 | 1.50 | 50 | 0 + 0 | email_received |  |\n"), "{text}");
        assert!(report.has_errors());
    }

    #[test]
    fn growth_compares_what_both_have_measured() {
        let text = report(1000, 4.5).growth_since(&report(10, 3.0));
        assert!(text.contains("from 10 to 1000 emails"), "{text}");
        assert!(text.contains("| mailbox | 3 | 4.5 | 1.50 |\n"), "{text}");
        assert!(!text.contains("mailbox-10000"), "{text}");
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.json");
        std::fs::write(&file, serde_json::to_vec(&report(10, 3.0)).unwrap()).unwrap();
        assert_eq!(Report::read(&file).unwrap().queries.len(), 3);
        std::fs::write(&file, "{}").unwrap();
        assert!(Report::read(&file).is_err());
    }
}
