//! What the integration tests share.
#![allow(
    dead_code,
    unused_imports,
    reason = "whichever tests there are, this is where they find what they need"
)]

pub mod audit;
pub mod cluster;
pub mod der;
pub mod mail;
pub mod node;
pub mod pki;

pub use cluster::TestDatabase;
pub use node::Node;
