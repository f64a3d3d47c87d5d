//! PostgreSQL: the pool, named transactions that retry, migrations, the change log, and one file per noun.
//!
//! Knows no JSON of the protocol. Every statement on mail names the account first; whether a login may touch
//! the account was decided before (`jmap::access`).

pub mod account;
pub mod address;
pub mod blob;
pub mod change;
mod connection;
pub mod email;
mod error;
pub mod gauges;
pub mod identity;
mod listen;
pub mod login;
pub mod mailbox;
pub mod matches;
mod membership;
pub mod outgoing;
mod pool;
mod probe;
pub mod proof;
pub mod push;
pub mod quota;
mod recent;
pub mod reverification;
mod row;
pub mod schema;
pub mod signature;
pub mod signer;
pub mod source;
mod statistics;
pub mod submission;
pub mod thread;
mod transaction;
pub mod trust;
pub mod upkeep;
pub mod upload;
pub mod vacation;
pub mod verdict;
pub mod verdict_move;
pub mod weakness;
mod writer;

pub use error::StoreError;
pub use listen::{AccountChanged, Hint, listen};
pub use pool::{ConnectError, PoolStatus, Store, StoreOptions};
pub use probe::Probe;
pub use transaction::Transaction;
pub use writer::{AccountWriter, ChangeKind, DataType};

/// The text of the statement `sql/<name>.sql`.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $name, ".sql"))
    };
}
use sql;
