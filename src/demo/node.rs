//! The node of the demonstration at work.

use std::future::Future;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;

use super::DemoError;
use crate::http;
use crate::lifecycle::Node;

/// Serves until `stop`, finishes the requests that are under way, and ends the node.
pub(super) async fn serve(
    node: Node,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    let node = Arc::new(node);
    let mut serving = pin!(http::serve(Arc::clone(&node), http::engine(&node), listener));
    let served = tokio::select! {
        served = &mut serving => served,
        () = stop => {
            node.stop.cancel();
            serving.await
        }
    };
    node.end().await;
    Ok(served?)
}
