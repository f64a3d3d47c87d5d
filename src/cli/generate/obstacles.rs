//! Indexes, foreign keys and triggers, which cost more row by row than all at once.

use tokio_postgres::{Error, Transaction};

use super::rows::Table;

/// What was taken away, by the statements that make it again, the first one last.
pub(super) struct Obstacles(Vec<String>);

impl Obstacles {
    /// Where there is no mail yet, takes away what slows the filling of its tables, until the end of the transaction or
    /// until it is made again. The tables count as new then (COPY FREEZE). `None` where there is mail.
    pub(super) async fn take_away(transaction: &Transaction<'_>) -> Result<Option<Self>, Error> {
        if !are_empty(transaction).await? {
            return Ok(None);
        }
        let names = Table::names();
        transaction
            .batch_execute(&format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", names.join(", ")))
            .await?;
        // Somebody may have come first.
        if !are_empty(transaction).await? {
            return Ok(None);
        }
        let obstacles = include_str!("../../../sql/generated/obstacles.sql");
        let obstacles = transaction.query(obstacles, &[&names.as_slice()]).await?;
        for obstacle in &obstacles {
            transaction.batch_execute(obstacle.get("take_away")).await?;
        }
        transaction.batch_execute(&format!("TRUNCATE {}", names.join(", "))).await?;
        Ok(Some(Self(obstacles.iter().map(|obstacle| obstacle.get("make_again")).collect())))
    }

    /// Makes everything again as it was.
    pub(super) async fn make_again(self, transaction: &Transaction<'_>) -> Result<(), Error> {
        for statement in self.0.iter().rev() {
            transaction.batch_execute(statement).await?;
        }
        Ok(())
    }
}

async fn are_empty(transaction: &Transaction<'_>) -> Result<bool, Error> {
    let row = transaction.query_one(include_str!("../../../sql/generated/are_empty.sql"), &[]).await?;
    Ok(row.get("are_empty"))
}
