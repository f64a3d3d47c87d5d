//! A message of a Maildir: a file whose name carries its flags.

use std::path::Path;

use super::{Broken, Found, eml};
use crate::wire::keyword::Keyword;

/// The letters behind `:2,`, and what they are in JMAP. `T`, which has none, is handled apart.
const FLAGS: [(char, &str); 5] =
    [('D', Keyword::DRAFT), ('F', "$flagged"), ('P', "$forwarded"), ('R', "$answered"), ('S', Keyword::SEEN)];

/// Whether a folder is a Maildir.
pub(super) fn is_maildir(folder: &Path) -> bool {
    ["cur", "new"].iter().all(|inside| folder.join(inside).is_dir())
}

/// Reads the message, unless it is trashed: that is IMAP's \Deleted, and such messages are not visible in JMAP
/// (RFC 8621 §4.1.1).
pub(super) fn read(path: &Path, max_size: u64) -> Option<Result<Found, Broken>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let flags = name.rsplit_once(":2,").map_or("", |(_, flags)| flags);
    if flags.contains('T') {
        return None;
    }
    let set = FLAGS.iter().filter(|(letter, _)| flags.contains(*letter));
    let keywords = set.filter_map(|(_, keyword)| Keyword::parse(keyword)).collect();
    Some(eml::read(path, max_size).map(|found| Found { keywords, ..found }))
}
