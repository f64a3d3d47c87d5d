//! A file that is one message.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use chrono::{DateTime, Timelike, Utc};

use super::{Broken, BrokenReason, Found, received_at};

/// Reads the message.
pub(super) fn read(path: &Path, max_size: u64) -> Result<Found, Broken> {
    let name = path.display().to_string();
    match read_bounded(path, max_size) {
        Ok((raw, date)) => {
            Ok(Found { name, received_at: received_at(&raw, date), raw, keywords: Vec::new() })
        }
        Err(error) => Err(Broken { name, error }),
    }
}

fn read_bounded(path: &Path, max_size: u64) -> Result<(Vec<u8>, Option<DateTime<Utc>>), BrokenReason> {
    // Asked before it is opened: opening a pipe waits for somebody to write.
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "neither a file nor a folder").into());
    }
    let mut raw = Vec::new();
    // The file may grow while it is read.
    File::open(path)?.take(max_size.saturating_add(1)).read_to_end(&mut raw)?;
    if raw.len() as u64 > max_size {
        return Err(BrokenReason::TooLarge { max: max_size });
    }
    Ok((raw, modified_at(&metadata)))
}

/// When a file was last written to, in whole seconds.
fn modified_at(metadata: &Metadata) -> Option<DateTime<Utc>> {
    let modified: DateTime<Utc> = metadata.modified().ok()?.into();
    modified.with_nanosecond(0)
}
