//! The worker that runs on every node: statuses turn when certificates expire, not when somebody looks.

use std::time::Duration;

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::Trust;
use super::work::Worked;
use crate::store::Hint;

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

/// Works until nothing is due that another node does not already work on.
async fn drain(trust: &Trust, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match trust.work().await {
            Ok(Some(Worked { verdicts, moved })) if moved.emails > 0 => {
                tracing::info!(verdicts, emails = moved.emails, "verdicts moved messages")
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
