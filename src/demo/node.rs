//! The node of the demonstration.

use std::net::TcpListener;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::DemoError;
use crate::store::{self, Hint};
use crate::trust::{self, Trust};

/// How often the worker looks for verdicts that are due.
const WORKER_INTERVAL: Duration = Duration::from_secs(10);

/// Runs the node for as long as this is polled.
pub(super) async fn serve(_listener: TcpListener, trust: Trust) -> Result<(), DemoError> {
    let (hints, _) = broadcast::channel::<Hint>(64);
    let stop = CancellationToken::new();
    let worker = trust::run_worker(trust.clone(), WORKER_INTERVAL, hints.subscribe(), stop);
    tokio::select! {
        () = worker => {}
        () = store::listen(trust.store().clone(), hints.clone()) => {}
    }
    Ok(())
}
