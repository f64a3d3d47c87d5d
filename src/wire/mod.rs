//! JMAP as JSON: ids, dates, envelopes, errors, filters, patches. Knows no SQL and no HTTP.

pub mod date;
pub mod email_filter;
pub mod filter;
pub mod ids;
pub mod keyword;
pub mod mailbox_filter;
