//! What PostgreSQL knows of new tables. To a planner that knows nothing of a table, any index that begins with the account
//! is as good as another, and a plan that it keeps may read all of an account's mail for each email. It looks at tables
//! once in a minute or so; a first import has stored tens of thousands of messages by then.

use std::sync::atomic::{AtomicBool, Ordering};

use super::row::TableRow;
use super::{Store, StoreError, sql};

/// Whether the planner knows the tables of mail, as far as this process has seen.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    are_known: AtomicBool,
}

impl Store {
    /// Lets the planner look at tables that it never looked at, once they hold something: to be called after mail was
    /// stored. What is due is done in the background, and its failure harms nobody.
    pub async fn mail_was_stored(&self) {
        if self.statistics().are_known.load(Ordering::Relaxed) {
            return;
        }
        match self.is_due().await {
            Ok(true) if !self.statistics().are_known.swap(true, Ordering::Relaxed) => {
                let store = self.clone();
                self.runtime().spawn(async move {
                    if let Err(error) = store.execute("analyze", sql!("schema/analyze"), &[]).await {
                        tracing::warn!(%error, "the tables of mail could not be analyzed; PostgreSQL will do it in time");
                    }
                });
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "what the planner knows could not be asked"),
        }
    }

    async fn is_due(&self) -> Result<bool, StoreError> {
        let row = self
            .transaction("statistics", async |transaction| {
                transaction.query_opt(sql!("schema/is_new_to_planner"), &[]).await
            })
            .await?;
        let Some(row) = row else { return Ok(false) };
        let row = TableRow::new("pg_class", &row);
        if !row.value::<bool>("is_new")? {
            self.statistics().are_known.store(true, Ordering::Relaxed);
        }
        row.value("is_due")
    }
}
