//! Transactions: each has a name, runs whole or not at all, and is tried again a few times when PostgreSQL says
//! that it only lost a race.

use std::cell::Cell;
use std::pin::pin;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::future::{try_join, try_join3};
use tokio_postgres::Row;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use super::connection::Connection;
use super::quota::Limits;
use super::{Store, StoreError};

/// How often a transaction is tried before its error is given up to the caller.
const ATTEMPTS: u32 = 5;

/// What begins a transaction that writes.
const BEGIN: &str = "BEGIN";
/// What begins one that only reads, and sees one instant.
const BEGIN_READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A transaction under way.
///
/// Statements of one transaction may be awaited together (`try_join`): they go out without waiting for each other's
/// answers, so that all of them take the time of one round trip. They are processed one after the other, in an order that
/// depends on which of them the connection has prepared before: what must come after something else awaits it.
pub struct Transaction<'a> {
    connection: &'a Connection,
    stage: Cell<Stage>,
    name: &'static str,
    now: DateTime<Utc>,
    default_limits: Limits,
    upload_quota: u64,
}

/// What the database knows of a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing yet: what begins it goes out with its first statement.
    Ahead(&'static str),
    /// It is under way.
    Open,
    /// It was told how it ends.
    Over,
}

impl Store {
    /// Runs `work` in a transaction called `name`. `work` may run several times: what it does outside of the
    /// transaction must bear that.
    pub async fn transaction<T>(
        &self,
        name: &'static str,
        work: impl AsyncFn(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut attempt = 1;
        loop {
            let started = Instant::now();
            let outcome = self.attempt(name, &work).await;
            tracing::debug!(transaction = name, attempt, ok = outcome.is_ok(), elapsed = ?started.elapsed());
            match outcome {
                Ok(value) => return Ok(value),
                Err(error) => wait_for_another(attempt, error).await?,
            }
            attempt += 1;
        }
    }

    /// Runs one fixed statement that is a transaction by itself, under its name, and tells how many rows it affected. It may
    /// run several times, like the work of [`Store::transaction`].
    pub(super) async fn execute(
        &self,
        name: &'static str,
        statement: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        let mut attempt = 1;
        loop {
            match self.execute_once(name, statement, parameters).await {
                Ok(rows) => return Ok(rows),
                Err(error) => wait_for_another(attempt, error).await?,
            }
            attempt += 1;
        }
    }

    /// Reads several things as they were at one instant: a transaction that writes nothing and sees one snapshot.
    pub async fn snapshot<T>(
        &self,
        name: &'static str,
        work: impl AsyncFn(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.connection().await?;
        let transaction = Transaction::new(self, &connection, name, BEGIN_READING);
        let value = work(&transaction).await?;
        transaction.end_of_reading();
        Ok(value)
    }

    /// Reads by one fixed statement, which sees one instant without a transaction of its own around it.
    pub(super) async fn read(
        &self,
        name: &'static str,
        statement: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let connection = self.connection().await?;
        let rows = async { connection.query(&connection.fixed(statement).await?, parameters).await };
        rows.await.map_err(|source| StoreError::Database { transaction: name, source })
    }

    async fn execute_once(
        &self,
        name: &'static str,
        statement: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        let connection = self.connection().await?;
        let rows = async { connection.execute(&connection.fixed(statement).await?, parameters).await };
        rows.await.map_err(|source| StoreError::Database { transaction: name, source })
    }

    async fn attempt<T>(
        &self,
        name: &'static str,
        work: &impl AsyncFn(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.connection().await?;
        let transaction = Transaction::new(self, &connection, name, BEGIN);
        let value = work(&transaction).await?;
        transaction.commit().await?;
        Ok(value)
    }
}

/// Waits before a transaction is tried again. Gives its error back if it did more than lose a race, or was tried often
/// enough.
async fn wait_for_another(attempt: u32, error: StoreError) -> Result<(), StoreError> {
    if !error.is_retryable() || attempt >= ATTEMPTS {
        return Err(error);
    }
    tokio::time::sleep(Duration::from_millis(5) * 2_u32.pow(attempt)).await;
    Ok(())
}

impl<'a> Transaction<'a> {
    fn new(store: &Store, connection: &'a Connection, name: &'static str, begin: &'static str) -> Self {
        Self {
            connection,
            stage: Cell::new(Stage::Ahead(begin)),
            name,
            now: store.clock().now(),
            default_limits: store.default_limits(),
            upload_quota: store.upload_quota(),
        }
    }

    /// The time at which the transaction began, by the node's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// How much an account may hold that the operator says nothing else of.
    pub(super) fn default_limits(&self) -> Limits {
        self.default_limits
    }

    /// Octets of uploads that no email holds, for each login in each account.
    pub(super) fn upload_quota(&self) -> u64 {
        self.upload_quota
    }

    /// Runs a fixed statement, prepared once for each connection.
    pub(super) async fn query(
        &self,
        statement: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let run = async {
            let prepared = self.connection.fixed(statement).await?;
            self.connection.query(&prepared, parameters).await
        };
        self.begun(run).await
    }

    /// The one row or none that a fixed statement gives.
    pub(super) async fn query_opt(
        &self,
        statement: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(statement, parameters).await?.into_iter().next())
    }

    /// Runs a fixed statement and tells how many rows it affected.
    pub(super) async fn execute(
        &self,
        statement: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        let run = async {
            let prepared = self.connection.fixed(statement).await?;
            self.connection.execute(&prepared, parameters).await
        };
        self.begun(run).await
    }

    /// Sends rows to a fixed statement that copies them from its input in binary form, and tells how many there were. The
    /// values of a row have these types.
    pub(super) async fn copy<'v>(
        &self,
        statement: &'static str,
        types: &[Type],
        rows: impl Iterator<Item = Vec<Box<dyn ToSql + Sync + Send + 'v>>>,
    ) -> Result<u64, StoreError> {
        let run = async {
            let prepared = self.connection.fixed(statement).await?;
            let sink = self.connection.copy_in(&prepared).await?;
            let mut writer = pin!(BinaryCopyInWriter::new(sink, types));
            for row in rows {
                let row: Vec<&(dyn ToSql + Sync)> = row.iter().map(|value| &**value as _).collect();
                writer.as_mut().write(&row).await?;
            }
            writer.finish().await
        };
        self.begun(run).await
    }

    /// Runs a statement that the `query` room assembled. It stays prepared as long as it is among those that the
    /// connection ran last, so that it is not read and analysed anew; it is planned each time, since what is rare in one
    /// account, mailbox or text is frequent in another.
    pub(super) async fn query_assembled(
        &self,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let run = async {
            let connection = self.connection;
            let prepared = connection.assembled(statement).await?;
            let plan_each = connection.batch_execute("SET LOCAL plan_cache_mode = force_custom_plan");
            let rows = connection.query(&prepared, parameters);
            let plan_as_before = connection.batch_execute("SET LOCAL plan_cache_mode = DEFAULT");
            try_join3(plan_each, rows, plan_as_before).await.map(|(_, rows, _)| rows)
        };
        self.begun(run).await
    }

    /// Awaits what was asked of the database. Before the first thing goes out what begins the transaction; its answer is
    /// not waited for.
    async fn begun<T>(
        &self,
        run: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, StoreError> {
        let outcome = match self.stage.get() {
            Stage::Ahead(begin) => {
                self.stage.set(Stage::Open);
                try_join(self.connection.batch_execute(begin), run).await.map(|((), value)| value)
            }
            Stage::Open | Stage::Over => run.await,
        };
        outcome.map_err(|error| self.failed(error))
    }

    async fn commit(self) -> Result<(), StoreError> {
        if self.stage.replace(Stage::Over) != Stage::Open {
            return Ok(());
        }
        self.connection.batch_execute("COMMIT").await.map_err(|error| self.failed(error))
    }

    /// There is nothing to commit, so nobody waits for it.
    fn end_of_reading(self) {
        if self.stage.replace(Stage::Over) == Stage::Open {
            self.connection.send("COMMIT");
        }
    }

    fn failed(&self, source: tokio_postgres::Error) -> StoreError {
        StoreError::Database { transaction: self.name, source }
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.stage.get() == Stage::Open {
            self.connection.send("ROLLBACK");
        }
    }
}
