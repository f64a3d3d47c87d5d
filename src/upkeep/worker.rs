//! The worker that runs on every node.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::{Task, Upkeep};

/// A step rests for so long at least, so that whoever waits for a lock gets it.
const SHORTEST_REST: Duration = Duration::from_millis(10);

/// Does what is due, every `interval`, until `stop`. A step that is under way then is finished.
pub async fn run(upkeep: Upkeep, interval: Duration, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(interval) => {}
        }
        for task in Task::ALL {
            turn(&upkeep, task, &stop).await;
        }
    }
}

/// Takes steps of a task until nothing is due that no other node does, or it is the turn of others.
async fn turn(upkeep: &Upkeep, task: Task, stop: &CancellationToken) {
    let (mut removed, mut steps) = (0, 0);
    while !stop.is_cancelled() && task.steps_in_a_turn().is_none_or(|most| steps < most) {
        let began = Instant::now();
        match upkeep.step(task).await {
            Ok(Some(step)) => {
                removed += step.removed;
                steps += 1;
                if step.next.is_none() {
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(%error, task = task.name(), "upkeep failed; trying again later");
                break;
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(began.elapsed().max(SHORTEST_REST)) => {}
        }
    }
    if removed > 0 {
        tracing::info!(task = task.name(), removed, "upkeep");
    }
}
