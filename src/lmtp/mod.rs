//! LMTP (RFC 2033), the door by which a mail server hands mail over: commands and replies, a message as DATA or BDAT
//! carries it, and a session that speaks so over any stream. What is answered with 250 is committed.

mod command;
mod data;
mod reply;
mod session;

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

pub use command::Command;
pub use data::{DataReader, Fault};
pub use reply::Reply;
pub use session::Options;

use crate::submit::Submitter;
use crate::trust::Trust;

/// Speaks LMTP over a stream until the client quits, or wastes time, or is gone.
pub async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    trust: &Trust,
    submitter: &Submitter,
    options: &Options,
) -> io::Result<()> {
    session::Session::new(stream, trust, submitter, options).run().await
}
