//! What the integration tests share.
#![allow(
    dead_code,
    unused_imports,
    reason = "whichever tests there are, this is where they find what they need"
)]

pub mod audit;
pub mod cluster;
pub mod der;
pub mod event_stream;
pub mod letter;
pub mod mail;
pub mod node;
pub mod ocsp;
pub mod office;
pub mod pki;
pub mod push_service;
pub mod relay;
pub mod server;
pub mod tls;
pub mod web;
pub mod web_socket;

pub use cluster::TestDatabase;
pub use letter::letter;
pub use node::Node;
pub use office::Office;
pub use relay::Relay;
pub use server::TestServer;
pub use web::Web;

/// Waits until something is so, for longer than it should ever take.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let started = std::time::Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < std::time::Duration::from_secs(30), "no {what} in time");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
