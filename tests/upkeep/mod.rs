//! What nobody needs any more goes, and nothing else does.

mod blobs;
mod changes;
mod leftovers;
mod nodes;
mod outbox;
mod plans;

use chrono::TimeDelta;
use signet::store::Store;
use signet::telemetry::Metrics;
use signet::upkeep::{Mode, Removed, Task, Upkeep, UpkeepOptions};

use crate::support::Node;

/// Upkeep in steps of three rows, so that walks have several.
fn upkeep(store: &Store, choose: impl FnOnce(&mut UpkeepOptions)) -> Upkeep {
    let mut options = UpkeepOptions { batch: 3, ..UpkeepOptions::default() };
    choose(&mut options);
    Upkeep::new(store.clone(), options, Metrics::new())
}

/// Walks over a table from its beginning to its end, and tells how many rows went.
async fn walk(upkeep: &Upkeep, task: Task) -> u64 {
    upkeep.walk(task, Mode::Real).await.unwrap().rows
}

/// The same without doing it.
async fn rehearse(upkeep: &Upkeep, task: Task) -> Removed {
    upkeep.walk(task, Mode::Rehearsal).await.unwrap()
}

/// Lets time pass.
fn wait(node: &Node, time: TimeDelta) {
    node.clock.set(node.clock.now() + time);
}

async fn count(node: &Node, table: &str) -> i64 {
    node.database.client().query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
}

fn message(id: &str) -> Vec<u8> {
    format!(
        "From: Ann <ann@example.com>\r\nSubject: {id}\r\nMessage-ID: <{id}@example.com>\r\n\r\nHello.\r\n"
    )
    .into_bytes()
}
