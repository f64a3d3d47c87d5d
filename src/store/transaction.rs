//! Transactions: each has a name, runs whole or not at all, and is tried again a few times when PostgreSQL says
//! that it only lost a race.

use std::pin::pin;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{IsolationLevel, Row};

use super::quota::Limits;
use super::{Store, StoreError};

/// How often a transaction is tried before its error is given up to the caller.
const ATTEMPTS: u32 = 5;

/// A transaction under way.
pub struct Transaction<'a> {
    inner: deadpool_postgres::Transaction<'a>,
    name: &'static str,
    now: DateTime<Utc>,
    default_limits: Limits,
    upload_quota: u64,
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
                Err(error) if error.is_retryable() && attempt < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(5) * 2_u32.pow(attempt)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
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
                Err(error) if error.is_retryable() && attempt < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(5) * 2_u32.pow(attempt)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Reads several things as they were at one instant: a transaction that writes nothing and sees one snapshot.
    pub async fn snapshot<T>(
        &self,
        name: &'static str,
        work: impl AsyncFn(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut client = self.client().await?;
        let failed = |source| StoreError::Database { transaction: name, source };
        let builder =
            client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
        let transaction = Transaction {
            inner: builder.start().await.map_err(failed)?,
            name,
            now: self.clock().now(),
            default_limits: self.default_limits(),
            upload_quota: self.upload_quota(),
        };
        let value = work(&transaction).await?;
        transaction.inner.commit().await.map_err(failed)?;
        Ok(value)
    }

    async fn execute_once(
        &self,
        name: &'static str,
        statement: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        let client = self.client().await?;
        let failed = |source| StoreError::Database { transaction: name, source };
        let prepared = client.prepare_cached(statement).await.map_err(failed)?;
        client.execute(&prepared, parameters).await.map_err(failed)
    }

    async fn attempt<T>(
        &self,
        name: &'static str,
        work: &impl AsyncFn(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut client = self.client().await?;
        let failed = |source| StoreError::Database { transaction: name, source };
        let transaction = Transaction {
            inner: client.transaction().await.map_err(failed)?,
            name,
            now: self.clock().now(),
            default_limits: self.default_limits(),
            upload_quota: self.upload_quota(),
        };
        let value = work(&transaction).await?;
        transaction.inner.commit().await.map_err(failed)?;
        Ok(value)
    }
}

impl Transaction<'_> {
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
        let prepared = self.inner.prepare_cached(statement).await.map_err(|error| self.failed(error))?;
        self.inner.query(&prepared, parameters).await.map_err(|error| self.failed(error))
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
        let prepared = self.inner.prepare_cached(statement).await.map_err(|error| self.failed(error))?;
        self.inner.execute(&prepared, parameters).await.map_err(|error| self.failed(error))
    }

    /// Sends rows to a fixed statement that copies them from its input in binary form, and tells how many there were. The
    /// values of a row have these types.
    pub(super) async fn copy<'v>(
        &self,
        statement: &'static str,
        types: &[Type],
        rows: impl Iterator<Item = Vec<Box<dyn ToSql + Sync + Send + 'v>>>,
    ) -> Result<u64, StoreError> {
        let prepared = self.inner.prepare_cached(statement).await.map_err(|error| self.failed(error))?;
        let sink = self.inner.copy_in(&prepared).await.map_err(|error| self.failed(error))?;
        let mut writer = pin!(BinaryCopyInWriter::new(sink, types));
        for row in rows {
            let row: Vec<&(dyn ToSql + Sync)> = row.iter().map(|value| &**value as _).collect();
            writer.as_mut().write(&row).await.map_err(|error| self.failed(error))?;
        }
        writer.finish().await.map_err(|error| self.failed(error))
    }

    /// Runs a statement that the `query` room assembled. It is not kept prepared: no two filters are alike, and
    /// the cache of statements never evicts.
    pub(super) async fn query_assembled(
        &self,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        self.inner.query(statement, parameters).await.map_err(|error| self.failed(error))
    }

    fn failed(&self, source: tokio_postgres::Error) -> StoreError {
        StoreError::Database { transaction: self.name, source }
    }
}
