//! Filter tree, sort and window into one SQL statement with numbered parameters. The only room that assembles SQL.
//!
//! A statement's text consists of constants and `$n`; whatever a client says is a parameter. Every table is read
//! within one account. [`email::compile`], [`mailbox::compile`] and [`submission::compile`] put together what the small rooms give:
//! `conditions` the predicate over the alias `e`, `found` what texts must have, `order` the sort keys and what "comes before" means in them,
//! `window` the place of the first row, `changes` what happened since a state.

mod changes;
mod conditions;
pub mod email;
mod found;
pub mod mailbox;
mod order;
mod statement;
pub mod submission;
mod window;

pub use changes::Since;
pub use statement::Statement;
pub use window::Window;
