//! The node of the demonstration at work.

use std::future::Future;
use std::net::TcpListener;

use super::DemoError;
use crate::lifecycle::Node;

/// Serves until `stop`, and ends the node.
pub(super) async fn serve(
    node: Node,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    stop.await;
    drop(listener);
    node.end().await;
    Ok(())
}
