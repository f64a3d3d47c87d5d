//! What the integration tests share.

pub mod cluster;
pub(crate) mod der;
pub(crate) mod mail;
pub(crate) mod pki;

#[allow(unused_imports, reason = "whichever tests there are, this is where they find it")]
pub use cluster::TestDatabase;
