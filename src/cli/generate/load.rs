//! The way of the rows into the tables: one thread plans, several write messages, and PostgreSQL takes in what they
//! wrote, in the order of the plan.

use std::num::NonZero;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use futures_util::SinkExt;
use tokio::sync::mpsc;
use tokio_postgres::{Error, Transaction};

use super::World;
use super::accounts::Account;
use super::plan::{Course, Letter};
use super::rows::{Rows, Table};

/// Messages whose rows go into the tables at a time.
const BATCH: usize = 2_000;

/// Messages of one account, as they are planned.
struct Batch {
    /// The account's place.
    account: usize,
    letters: Vec<Letter>,
}

/// The rows of so many messages.
struct Made {
    messages: usize,
    rows: Rows,
}

/// Fills the accounts, and gives the next id that each of them has free. `are_new`: the tables were made or emptied in
/// this transaction.
pub(super) async fn copy(
    transaction: &Transaction<'_>,
    world: &Arc<World>,
    accounts: &Arc<Vec<Account>>,
    are_new: bool,
    mut progress: impl FnMut(usize),
) -> Result<Vec<i64>, Error> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let (mut plans, mut made, mut writers) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..threads {
        let (plan, planned) = sync_channel(1);
        let (sender, receiver) = mpsc::channel(1);
        plans.push(plan);
        made.push(receiver);
        let (world, accounts) = (Arc::clone(world), Arc::clone(accounts));
        writers.push(tokio::task::spawn_blocking(move || write(&world, &accounts, &planned, &sender)));
    }
    let (world, accounts) = (Arc::clone(world), Arc::clone(accounts));
    let planner = tokio::task::spawn_blocking(move || plan(&world, &accounts, &plans));
    let mut messages = 0;
    // Batches went to the writers in turns, and come from them in turns.
    for writer in (0..threads).cycle() {
        let Some(batch) = made[writer].recv().await else { break };
        copy_batch(transaction, batch.rows, are_new).await?;
        messages += batch.messages;
        progress(messages);
    }
    for writer in writers {
        writer.await.expect("writing messages does not panic, and nobody aborts it");
    }
    Ok(planner.await.expect("planning does not panic, and nobody aborts it"))
}

/// Plans the accounts' mail one after the other and hands it to the writers in turns, as long as they take it.
fn plan(world: &World, accounts: &[Account], writers: &[SyncSender<Batch>]) -> Vec<i64> {
    let mut turns = writers.iter().cycle();
    let plan_one = |(place, account): (usize, &Account)| {
        let people = world.people.len();
        let mut course =
            Course::new(account.seed, account.messages, people, account.next_id, &world.calendar);
        loop {
            let letters: Vec<Letter> = course.by_ref().take(BATCH).collect();
            let batch = Batch { account: place, letters };
            if batch.letters.is_empty() || turns.next().is_none_or(|writer| writer.send(batch).is_err()) {
                return course.next_id();
            }
        }
    };
    accounts.iter().enumerate().map(plan_one).collect()
}

/// Writes what was planned, as long as somebody takes it.
fn write(world: &World, accounts: &[Account], planned: &Receiver<Batch>, made: &mpsc::Sender<Made>) {
    for batch in planned {
        let mut rows = Rows::default();
        for letter in &batch.letters {
            rows.add(world, &accounts[batch.account], letter);
        }
        if made.blocking_send(Made { messages: batch.letters.len(), rows }).is_err() {
            return;
        }
    }
}

async fn copy_batch(transaction: &Transaction<'_>, mut rows: Rows, are_new: bool) -> Result<(), Error> {
    for table in Table::ALL {
        let rows = rows.take(table);
        if rows.is_empty() {
            continue;
        }
        // What is frozen needs no VACUUM.
        let how = if are_new { " WITH (FREEZE)" } else { "" };
        let copy = format!("COPY {} ({}) FROM STDIN{how}", table.name(), table.columns());
        let mut sink = pin!(transaction.copy_in(&copy).await?);
        sink.send(bytes::Bytes::from(rows)).await?;
        sink.finish().await?;
    }
    Ok(())
}
