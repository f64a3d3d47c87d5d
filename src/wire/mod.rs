//! JMAP as JSON: ids, dates, envelopes, errors, filters, patches. Knows no SQL and no HTTP.

pub mod blob_id;
pub mod capability;
pub mod date;
pub mod email_filter;
pub mod envelope;
pub mod errors;
pub mod filter;
pub mod ids;
pub mod json;
pub mod keyword;
pub mod mailbox_filter;
pub mod patch;
pub mod quota_filter;
pub mod references;
pub mod session;
pub mod state;
pub mod submission_filter;
pub mod websocket;
