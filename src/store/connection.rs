//! A connection to the database: the driver's client, and the statements that it has prepared.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use deadpool_postgres::ClientWrapper;
use futures_util::future::FutureExt;
use tokio_postgres::{Client, Error, Statement};

use super::recent::Recent;

/// One connection of the pool.
pub(super) struct Connection {
    client: ClientWrapper,
    /// As many as there are files in `sql/` at most, so that none needs to go.
    fixed: Mutex<HashMap<&'static str, Statement>>,
    /// Their texts follow from filters, which strangers write.
    assembled: Mutex<Recent<Statement>>,
}

impl Connection {
    /// A connection that has prepared nothing yet.
    pub(super) fn new(client: ClientWrapper) -> Self {
        Self { client, fixed: Mutex::default(), assembled: Mutex::default() }
    }

    /// What the pool looks after.
    pub(super) fn client_mut(&mut self) -> &mut ClientWrapper {
        &mut self.client
    }

    /// A fixed statement, prepared at its first use.
    pub(super) async fn fixed(&self, text: &'static str) -> Result<Statement, Error> {
        let known = self.fixed.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(text).await?;
        self.fixed.lock().unwrap_or_else(PoisonError::into_inner).insert(text, statement.clone());
        Ok(statement)
    }

    /// A statement that the `query` room assembled, kept prepared as long as it is among the recent ones.
    pub(super) async fn assembled(&self, text: &str) -> Result<Statement, Error> {
        let known = self.assembled.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(text).await?;
        self.assembled.lock().unwrap_or_else(PoisonError::into_inner).insert(text, statement.clone());
        Ok(statement)
    }

    /// Sends a statement without parameters, and does not wait for what comes of it. Whatever is sent after it is
    /// processed after it.
    pub(super) fn send(&self, text: &'static str) {
        // The driver's future sends when it is first polled. Its answer is passed by.
        let _ = self.client.batch_execute(text).now_or_never();
    }
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
