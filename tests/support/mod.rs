//! What the integration tests share.

pub mod cluster;
pub mod der;
pub mod mail;
pub mod pki;

#[allow(unused_imports, reason = "whichever tests there are, this is where they find it")]
pub use cluster::TestDatabase;
