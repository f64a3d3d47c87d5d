//! Catalogues of the texts that people read, and the choice among languages.

mod catalogue;
mod language;
mod parameter;
#[cfg(test)]
mod tests;

pub use catalogue::text;
pub use language::Language;
