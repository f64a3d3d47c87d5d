//! Nodes of this process: a thread, a runtime and a pool each, as separate programs would have.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signet::clock::Clock;
use signet::smime::Policy;
use signet::store::gauges::waiting_verdicts;
use signet::store::reverification::{Progress, ReverificationId, progress};
use signet::store::{Hint, Store, StoreOptions};
use signet::trust::{Trust, run_worker};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Runs something on a thread of its own with a pool of its own.
pub(super) fn alone<T>(url: &str, work: impl AsyncFnOnce(Trust) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::connect(&StoreOptions::new(url), Clock::system()).await.unwrap();
        work(Trust::new(store, Policy::default(), Duration::from_secs(10))).await
    })
}

/// Lets so many nodes work until nothing of a reverification is left, or without one until nothing is due; gives what was
/// done and how long it took.
pub(super) fn work(url: &str, nodes: usize, on: Option<ReverificationId>) -> (Progress, Duration) {
    let (start, is_done) = (Instant::now(), AtomicBool::new(false));
    let seen = std::thread::scope(|scope| {
        for _ in 0..nodes {
            let is_done = &is_done;
            scope.spawn(move || alone(url, async |trust| serve(trust, is_done).await));
        }
        let seen = alone(url, async |trust| wait(&trust, on).await);
        is_done.store(true, Ordering::Relaxed);
        seen
    });
    (seen, start.elapsed())
}

/// The worker of a node, until everything is done.
async fn serve(trust: Trust, is_done: &AtomicBool) {
    let (_hints, heard) = broadcast::channel::<Hint>(1);
    let stop = CancellationToken::new();
    let worker = run_worker(trust, Duration::from_millis(50), heard, stop.clone());
    let until = async {
        while !is_done.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
        std::future::pending::<()>().await
    };
    tokio::select! {
        () = worker => {}
        () = until => {}
    }
}

/// Until nothing is left of a reverification, or until no verdict is due.
async fn wait(trust: &Trust, on: Option<ReverificationId>) -> Progress {
    loop {
        let now = Clock::system().now();
        let seen = trust.store().transaction("bench/progress", async |transaction| match on {
            Some(id) => Ok(progress(transaction, id).await?.unwrap_or_default()),
            None => {
                let waiting = u64::from(waiting_verdicts(transaction, now, now).await?.due > 0);
                Ok(Progress { waiting, ..Progress::default() })
            }
        });
        let seen = seen.await.unwrap();
        if seen.waiting == 0 {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Works until nothing is due.
pub(super) fn settle(url: &str) {
    alone(url, async |trust| while trust.work().await.unwrap().is_some() {});
}
