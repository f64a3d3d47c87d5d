//! The files under some paths, in order.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::maildir::is_maildir;
use super::{Broken, BrokenReason};

/// Folders within each other.
const MAX_DEPTH: usize = 64;

/// Where a walk comes by.
pub(super) enum Step {
    /// A file of its own.
    File(PathBuf),
    /// A file in a Maildir's cur or new.
    MaildirMessage(PathBuf),
    /// What cannot be read.
    Broken(Broken),
}

/// Walks folders by name, the files of a Maildir before the folders in it. Links to folders are not followed.
pub(super) struct Walk {
    /// What is still to come, the next last.
    pending: Vec<Pending>,
}

enum Pending {
    Path { path: PathBuf, depth: usize },
    Maildir(PathBuf),
    MaildirMessage(PathBuf),
}

impl Step {
    /// The file's size in octets.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::File(path) | Self::MaildirMessage(path) => path.metadata().map_or(0, |found| found.len()),
            Self::Broken(_) => 0,
        }
    }
}

impl Walk {
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        let paths = paths.into_iter().rev();
        Self { pending: paths.map(|path| Pending::Path { path, depth: 0 }).collect() }
    }

    /// Puts a folder's content in front of what is still to come.
    fn enter(&mut self, folder: &Path, depth: usize) -> Result<(), BrokenReason> {
        if depth >= MAX_DEPTH {
            return Err(BrokenReason::TooDeep);
        }
        let is_maildir = is_maildir(folder);
        let wanted = |path: &PathBuf| match is_maildir {
            true => is_folder(path) && !["cur", "new", "tmp"].iter().any(|name| path.ends_with(name)),
            false => !is_hidden(path) || (is_folder(path) && self::is_maildir(path)),
        };
        let inside = sorted(folder)?.into_iter().filter(wanted).rev();
        self.pending.extend(inside.map(|path| Pending::Path { path, depth: depth + 1 }));
        if is_maildir {
            self.pending.extend(["new", "cur"].map(|name| Pending::Maildir(folder.join(name))));
        }
        Ok(())
    }

    fn enter_maildir(&mut self, folder: &Path) -> Result<(), BrokenReason> {
        let messages = sorted(folder)?.into_iter().filter(|path| !is_hidden(path)).rev();
        self.pending.extend(messages.map(Pending::MaildirMessage));
        Ok(())
    }
}

impl Iterator for Walk {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            let (path, entered) = match self.pending.pop()? {
                Pending::MaildirMessage(path) => return Some(Step::MaildirMessage(path)),
                Pending::Maildir(path) => {
                    let entered = self.enter_maildir(&path);
                    (path, entered)
                }
                // A path that is named may be a link to a folder.
                Pending::Path { path, depth } if is_folder(&path) || (depth == 0 && path.is_dir()) => {
                    let entered = self.enter(&path, depth);
                    (path, entered)
                }
                Pending::Path { path, .. } if path.is_dir() => continue,
                Pending::Path { path, .. } => return Some(Step::File(path)),
            };
            if let Err(error) = entered {
                return Some(Step::Broken(Broken { name: path.display().to_string(), error }));
            }
        }
    }
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

/// A folder, and no link to one.
fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_dir())
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
