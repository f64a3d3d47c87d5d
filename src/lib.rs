//! Signet: a JMAP mail server over PostgreSQL that verifies S/MIME signatures (RFC 8620, 8621, 9219).
//!
//! ARCHITECTURE.md tells the way of the data through these rooms. Lower floors never import higher ones;
//! `tests/floors.rs` reads the imports and fails on a breach.

pub mod budget;
pub mod cli;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod demo;
pub mod fetch;
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
pub mod jmap;
pub mod lifecycle;
pub mod lmtp;
pub mod locale;
pub mod mime;
pub mod provision;
pub mod push;
pub mod query;
pub mod reach;
pub mod smime;
pub mod store;
pub mod submit;
pub mod telemetry;
pub mod text;
pub mod trust;
pub mod upkeep;
pub mod wire;
