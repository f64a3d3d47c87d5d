//! The log.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts the log on stderr. `filter` as in `signet=debug,warn`; RUST_LOG wins over it.
pub fn start_log(json: bool, filter: &str) -> Result<(), String> {
    let filter = match std::env::var("RUST_LOG") {
        Ok(filter) => EnvFilter::try_new(filter),
        Err(_) => EnvFilter::try_new(filter),
    };
    let filter = filter.map_err(|error| format!("the log filter cannot be read: {error}"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start, in tests, is no fault.
    let started = if json { builder.json().try_init() } else { builder.try_init() };
    started.or(Ok(()))
}
