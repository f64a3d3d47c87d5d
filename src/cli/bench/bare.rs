//! The statements behind a request, as the server runs them, without the server: their plans, and how long they take
//! through the same driver on a connection of their own.

use std::time::{Duration, Instant};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls};

use super::named::Asks;
use crate::query::email::{EmailQuery, EmailQueryChanges, compile, compile_changes};
use crate::query::{Since, Statement, Window};
use crate::store::DataType;
use crate::wire::email_filter::{parse_filter, parse_sort};
use crate::wire::ids::{AccountId, EmailId};
use crate::wire::state::State;

/// What a client gets where it sets no limit of its own (`MAX_CHANGES` of the server).
const MAX_CHANGES: i64 = crate::jmap::changes::MAX_CHANGES as i64;

/// Connections to the database of the server.
pub(super) struct Database {
    /// For fixed statements.
    client: Client,
    /// For assembled ones, which are planned each time.
    planning: Client,
    account: AccountId,
}

/// The statements of a request.
#[derive(Default)]
pub(super) struct Bare(Vec<BareStatement>);

struct BareStatement {
    sql: String,
    parameters: Vec<Box<dyn ToSql + Sync + Send>>,
    /// The server keeps it prepared, too.
    prepared: tokio_postgres::Statement,
    is_assembled: bool,
}

/// What EXPLAIN (ANALYZE, BUFFERS) says of the statements together.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Plan {
    /// The types of their nodes, each once.
    pub(super) nodes: Vec<String>,
    /// Their indexes, each once.
    pub(super) indexes: Vec<String>,
    /// Rows that were read from tables and indexes, those that a filter then dropped included.
    pub(super) rows: u64,
    /// Blocks that were in PostgreSQL's cache.
    pub(super) blocks_hit: u64,
    /// Blocks that were fetched.
    pub(super) blocks_read: u64,
}

impl Database {
    /// Connects with the settings that the server gives its sessions.
    pub(super) async fn connect(url: &str, account: &str) -> anyhow::Result<Self> {
        let account = AccountId::parse(account)
            .with_context(|| format!("{account:?} is no account of this server's database"))?;
        let (client, planning) = (connected(url).await?, connected(url).await?);
        planning.batch_execute("SET plan_cache_mode = force_custom_plan").await?;
        Ok(Self { client, planning, account })
    }

    /// The statements of a request.
    pub(super) async fn statements(&self, asks: &Asks) -> anyhow::Result<Bare> {
        Ok(Bare(match asks {
            Asks::Nothing(_) => Vec::new(),
            Asks::Query(arguments) => vec![self.assembled(self.query(arguments)?).await?],
            Asks::Get(arguments) => self.get(arguments, ids(arguments)).await?,
            Asks::QueryAndGet(query, get) => {
                let query = self.assembled(self.query(query)?).await?;
                let found: Vec<i64> =
                    self.client.query_one(&query.sql, &query.parameters()).await?.get("ids");
                let mut statements = vec![query];
                statements.extend(self.get(get, found).await?);
                statements
            }
            Asks::Changes(arguments) => vec![self.changes(state(arguments, "sinceState")?).await?],
            Asks::QueryChanges(arguments) => {
                vec![self.assembled(self.query_changes(arguments)?).await?]
            }
        }))
    }

    /// Runs the statements one after the other; how long that takes.
    pub(super) async fn run(&self, bare: &Bare) -> anyhow::Result<Duration> {
        let started = Instant::now();
        for statement in &bare.0 {
            let client = if statement.is_assembled { &self.planning } else { &self.client };
            client.query(&statement.prepared, &statement.parameters()).await?;
        }
        Ok(started.elapsed())
    }

    /// Runs the statements once more and tells how.
    pub(super) async fn explain(&self, bare: &Bare) -> anyhow::Result<Plan> {
        let mut plan = Plan::default();
        for statement in &bare.0 {
            let sql = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {}", statement.sql);
            let explained: Value = self.client.query_one(&sql, &statement.parameters()).await?.get(0);
            let root = explained.pointer("/0/Plan").context("EXPLAIN gives no plan")?;
            plan.blocks_hit += number(root, "Shared Hit Blocks");
            plan.blocks_read += number(root, "Shared Read Blocks");
            plan.visit(root);
        }
        Ok(plan)
    }

    async fn assembled(&self, Statement { sql, parameters }: Statement) -> anyhow::Result<BareStatement> {
        let prepared = self.planning.prepare(&sql).await?;
        Ok(BareStatement { sql, parameters, prepared, is_assembled: true })
    }

    fn query(&self, arguments: &Value) -> anyhow::Result<Statement> {
        let filter = parse_filter(arguments.get("filter"), true).map_err(refused)?;
        let sort = parse_sort(arguments.get("sort")).map_err(refused)?;
        let integer = |name: &str| arguments.get(name).and_then(Value::as_i64).unwrap_or(0);
        let window = match arguments.get("anchor").and_then(Value::as_str) {
            None => Window::Position(integer("position")),
            Some(anchor) => {
                let EmailId(id) = EmailId::parse(anchor).context("the anchor is no email of this server")?;
                Window::Anchor { id, offset: integer("anchorOffset") }
            }
        };
        Ok(compile(&EmailQuery {
            account: self.account,
            filter: filter.as_ref(),
            sort: &sort,
            window,
            limit: arguments.get("limit").and_then(Value::as_u64),
            collapse_threads: is_true(arguments, "collapseThreads"),
            calculate_total: is_true(arguments, "calculateTotal"),
        }))
    }

    fn query_changes(&self, arguments: &Value) -> anyhow::Result<Statement> {
        let filter = parse_filter(arguments.get("filter"), true).map_err(refused)?;
        let sort = parse_sort(arguments.get("sort")).map_err(refused)?;
        let since = Since {
            data_type: DataType::Email.number(),
            state: state(arguments, "sinceQueryState")?,
            max_changes: MAX_CHANGES.unsigned_abs(),
        };
        Ok(compile_changes(&EmailQueryChanges {
            account: self.account,
            filter: filter.as_ref(),
            sort: &sort,
            collapse_threads: is_true(arguments, "collapseThreads"),
            since,
            thread_data_type: DataType::Thread.number(),
            up_to: None,
            calculate_total: false,
        }))
    }

    async fn changes(&self, since: i64) -> anyhow::Result<BareStatement> {
        let data_type = DataType::Email.number();
        let state = include_str!("../../../sql/change/state.sql");
        let newest: i64 = self.client.query_one(state, &[&self.account.0, &data_type]).await?.get("state");
        let sql = include_str!("../../../sql/change/since.sql");
        let parameters: Vec<Box<dyn ToSql + Sync + Send>> = vec![
            Box::new(self.account.0),
            Box::new(data_type),
            Box::new(since),
            Box::new(newest),
            Box::new(MAX_CHANGES),
        ];
        Ok(fixed(&self.client.prepare(sql).await?, sql, parameters))
    }

    /// The rows, and what else the properties need: columns of S/MIME, and each message.
    async fn get(&self, arguments: &Value, ids: Vec<i64>) -> anyhow::Result<Vec<BareStatement>> {
        let rows = include_str!("../../../sql/email/read.sql");
        let prepared = self.client.prepare(rows).await?;
        // Nothing that is measured asks for fields of the header that lists do not show.
        let parameters: Vec<Box<dyn ToSql + Sync + Send>> =
            vec![Box::new(self.account.0), Box::new(ids.clone()), Box::new(false)];
        let mut statements = vec![fixed(&prepared, rows, parameters)];
        let properties = arguments.get("properties").and_then(Value::as_array);
        let wants = |name: &str| properties.is_some_and(|all| all.iter().any(|property| property == name));
        if wants("smimeStatus") {
            let columns = include_str!("../../../sql/email/smime_columns.sql");
            let prepared = self.client.prepare(columns).await?;
            let parameters: Vec<Box<dyn ToSql + Sync + Send>> =
                vec![Box::new(self.account.0), Box::new(ids.clone())];
            statements.push(fixed(&prepared, columns, parameters));
        }
        if wants("bodyValues") {
            let messages = include_str!("../../../sql/blob/of_emails.sql");
            let prepared = self.client.prepare(messages).await?;
            let rows = self.client.query(rows, &[&self.account.0, &ids, &false]).await?;
            let hashes: Vec<Vec<u8>> = rows.iter().map(|row| row.get("blob_hash")).collect();
            statements.push(fixed(&prepared, messages, vec![Box::new(self.account.0), Box::new(hashes)]));
        }
        Ok(statements)
    }
}

impl Bare {
    /// Whether there is nothing to run.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl BareStatement {
    fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.parameters.iter().map(|parameter| parameter.as_ref() as &(dyn ToSql + Sync)).collect()
    }
}

impl Plan {
    fn visit(&mut self, node: &Value) {
        note(&mut self.nodes, node.get("Node Type"));
        note(&mut self.indexes, node.get("Index Name"));
        let children = node.get("Plans").and_then(Value::as_array).into_iter().flatten();
        // Bitmaps are no rows yet: the scan of the heap above them gives these.
        if node.get("Relation Name").is_some() {
            let of_loop = number(node, "Actual Rows")
                + number(node, "Rows Removed by Filter")
                + number(node, "Rows Removed by Index Recheck");
            self.rows += of_loop * number(node, "Actual Loops");
        }
        children.for_each(|child| self.visit(child));
    }
}

/// A connection with the settings that the server gives its sessions.
async fn connected(url: &str) -> anyhow::Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.context("the database cannot be reached")?;
    tokio::spawn(connection);
    client.batch_execute("SET max_parallel_workers_per_gather = 0; SET jit = off").await?;
    Ok(client)
}

fn note(names: &mut Vec<String>, name: Option<&Value>) {
    if let Some(name) = name.and_then(Value::as_str)
        && !names.iter().any(|known| known == name)
    {
        names.push(name.to_owned());
    }
}

fn number(node: &Value, name: &str) -> u64 {
    node.get(name).and_then(Value::as_f64).unwrap_or(0.0).round() as u64
}

fn fixed(
    prepared: &tokio_postgres::Statement,
    sql: &str,
    parameters: Vec<Box<dyn ToSql + Sync + Send>>,
) -> BareStatement {
    BareStatement { sql: sql.to_owned(), parameters, prepared: prepared.clone(), is_assembled: false }
}

fn refused(error: impl std::fmt::Debug) -> anyhow::Error {
    anyhow::anyhow!("{error:?}")
}

fn is_true(arguments: &Value, name: &str) -> bool {
    arguments.get(name) == Some(&Value::Bool(true))
}

fn state(arguments: &Value, name: &str) -> anyhow::Result<i64> {
    let text = arguments.get(name).and_then(Value::as_str);
    let State(state) =
        text.and_then(State::parse).with_context(|| format!("{name} is no state of this server"))?;
    Ok(state)
}

fn ids(arguments: &Value) -> Vec<i64> {
    let ids = arguments.get("ids").and_then(Value::as_array);
    let ids = ids.into_iter().flatten().filter_map(Value::as_str);
    ids.filter_map(EmailId::parse).map(|EmailId(id)| id).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_of_all_loops_count_and_those_that_were_dropped() {
        let mut plan = Plan::default();
        plan.visit(&json!({"Node Type": "Nested Loop", "Actual Rows": 9, "Actual Loops": 1, "Plans": [
            {"Node Type": "Index Scan", "Index Name": "a", "Relation Name": "email", "Actual Rows": 10,
             "Actual Loops": 1, "Rows Removed by Filter": 5},
            {"Node Type": "Index Scan", "Index Name": "b", "Relation Name": "email", "Actual Rows": 1,
             "Actual Loops": 10},
            {"Node Type": "Bitmap Index Scan", "Index Name": "a", "Actual Rows": 7, "Actual Loops": 1},
        ]}));
        assert_eq!((plan.rows, plan.indexes), (25, vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(plan.nodes, ["Nested Loop", "Index Scan", "Bitmap Index Scan"]);
    }
}
