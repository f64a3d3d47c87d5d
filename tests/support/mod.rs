//! What the integration tests share.

pub mod audit;
pub mod cluster;
pub mod der;
pub(crate) mod der;
pub mod mail;
pub(crate) mod mail;
pub mod node;
pub mod pki;
pub(crate) mod pki;

#[allow(unused_imports, reason = "whichever tests there are, this is where they find it")]
pub use cluster::TestDatabase;
pub use node::Node;
