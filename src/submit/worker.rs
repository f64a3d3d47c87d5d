//! The worker that runs on every node and sends what is due.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::Submitter;
use crate::store::{Hint, outgoing};

/// How many messages a node works on at a time, so that a slow relay does not keep local mail waiting.
const LANES: usize = 4;

/// A message whose lease another node has may be due soon; looking for it more often would be of no use.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);

/// How long a node that is to stop waits for a message that is under way.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends until `stop`. Looks every `interval`, when a message becomes due, and when one is put into the outbox.
pub async fn run(
    submitter: Submitter,
    interval: Duration,
    hints: broadcast::Receiver<Hint>,
    stop: CancellationToken,
) {
    let lanes: Vec<_> = (0..LANES).map(|_| lane(&submitter, interval, hints.resubscribe(), &stop)).collect();
    drop(hints);
    join_all(lanes).await;
}

async fn lane(
    submitter: &Submitter,
    interval: Duration,
    mut hints: broadcast::Receiver<Hint>,
    stop: &CancellationToken,
) {
    while !stop.is_cancelled() {
        drain(submitter, stop).await;
        let sleep = until_next(submitter, interval).await;
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(sleep) => {}
            () = outbox_changed(&mut hints) => {}
        }
    }
}

/// Sends until nothing is due that nobody else works on.
async fn drain(submitter: &Submitter, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let sent = tokio::select! {
            sent = submitter.send_next() => sent,
            // As if the node had died: the lease runs out, and another node takes the message up.
            () = out_of_patience(stop) => return,
        };
        match sent {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be worked on; trying again later");
                return;
            }
        }
    }
}

/// Waits until the node is to stop, and so long as a message that is under way may still take.
async fn out_of_patience(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(PATIENCE).await;
}

async fn until_next(submitter: &Submitter, interval: Duration) -> Duration {
    let store = submitter.trust.store();
    let due_at = outgoing::next_due(store).await.ok().flatten();
    let wait = due_at.and_then(|due_at| (due_at - store.clock().now()).to_std().ok());
    wait.map_or(interval, |wait| wait.max(SHORTEST_SLEEP).min(interval))
}

async fn outbox_changed(hints: &mut broadcast::Receiver<Hint>) {
    loop {
        match hints.recv().await {
            Ok(Hint::Outbox) | Err(broadcast::error::RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
