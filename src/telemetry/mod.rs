//! What a node tells about itself: log lines and metrics.

mod log;
mod metrics;
mod registry;
mod upkeep;
mod verification;

pub use log::start_log;
pub use metrics::Metrics;
