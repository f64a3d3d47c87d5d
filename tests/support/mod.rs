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
pub mod web_socket;

pub use cluster::TestDatabase;
pub use letter::letter;
pub use node::Node;
pub use office::Office;
pub use relay::Relay;
pub use server::TestServer;
