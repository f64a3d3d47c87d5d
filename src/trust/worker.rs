//! The worker that runs on every node: statuses turn when certificates expire, not when somebody looks.

use std::time::{Duration, Instant};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::Trust;
use super::work::Worked;
use crate::store::Hint;

/// How long a worker rests between two steps at most.
const LONGEST_REST: Duration = Duration::from_millis(100);

/// Refreshes verdicts as they become due, until `stop`. Wakes every `interval` and when anchors or evidence change.
pub async fn run(
    trust: Trust,
    interval: Duration,
    mut hints: broadcast::Receiver<Hint>,
    stop: CancellationToken,
) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
            () = trust_changed(&mut hints) => {}
        }
        drain(&trust, &stop).await;
    }
}

/// Works until nothing is due that another node does not already work on. Who tells emails rests as long as that took:
/// clients and deliveries want the accounts, the disk and the processors too.
async fn drain(trust: &Trust, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let started = Instant::now();
        match trust.work().await {
            Ok(Some(Worked { verdicts, moved })) if moved.emails > 0 => {
                tracing::info!(verdicts, emails = moved.emails, "verdicts moved messages");
                tokio::time::sleep(started.elapsed().min(LONGEST_REST)).await;
            }
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "verdicts could not be refreshed; trying again later");
                return;
            }
        }
    }
}

async fn trust_changed(hints: &mut broadcast::Receiver<Hint>) {
    loop {
        match hints.recv().await {
            Ok(Hint::Trust) | Err(broadcast::error::RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
