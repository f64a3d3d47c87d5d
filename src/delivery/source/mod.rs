//! Messages from files, for `signet import`: .eml files, mbox files, Maildirs, and folders of any of them, one message in
//! memory at a time.

mod eml;
mod maildir;
mod mbox;
mod walk;

use std::io;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::mime::Headers;
use crate::wire::keyword::Keyword;
use mbox::Mbox;
use walk::{Step, Walk};

/// A message that was found.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Where, for people: a path, and in an mbox `path#n`, counted from 1.
    pub name: String,
    /// Its bytes, as they came.
    pub raw: Vec<u8>,
    /// When it came: by its newest Received field, else the mbox's postmark, else the date of the file.
    pub received_at: Option<DateTime<Utc>>,
    /// What a Maildir marks it with.
    pub keywords: Vec<Keyword>,
}

/// Something that is no message; those after it are found all the same.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {error}")]
pub struct Broken {
    /// Where, for people.
    pub name: String,
    /// What is wrong.
    #[source]
    pub error: BrokenReason,
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BrokenReason {
    /// It cannot be opened or read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is larger than a message may be.
    #[error("larger than {max} octets")]
    TooLarge {
        /// The largest message that is taken.
        max: u64,
    },
    /// Folders within folders beyond any use.
    #[error("too many folders within each other")]
    TooDeep,
}

/// The messages under some paths, in order: the paths as given, in a folder by name.
///
/// Named by itself, every file is taken for a message, or an mbox if it begins with a postmark; in folders so is every file whose name
/// does not begin with a dot.
pub struct Messages {
    walk: Walk,
    mbox: Option<Mbox>,
    max_size: u64,
}

impl Messages {
    /// Messages larger than `max_size` octets are reported and passed over.
    pub fn new(paths: Vec<PathBuf>, max_size: u64) -> Self {
        Self { walk: Walk::new(paths), mbox: None, max_size }
    }

    /// The size of all files under some paths, in octets, to show progress against; what cannot be read counts as nothing.
    pub fn total_size(paths: Vec<PathBuf>) -> u64 {
        Walk::new(paths).map(|step| step.size()).sum()
    }

    fn open(&mut self, step: Step) -> Option<Result<Found, Broken>> {
        match step {
            Step::Broken(broken) => Some(Err(broken)),
            Step::MaildirMessage(path) => maildir::read(&path, self.max_size),
            Step::File(path) if mbox::is_mbox(&path) => match Mbox::open(&path, self.max_size) {
                Ok(mbox) => {
                    self.mbox = Some(mbox);
                    None
                }
                Err(error) => Some(Err(Broken { name: path.display().to_string(), error: error.into() })),
            },
            Step::File(path) => Some(eml::read(&path, self.max_size)),
        }
    }
}

impl Iterator for Messages {
    type Item = Result<Found, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(mbox) = &mut self.mbox {
                if let Some(message) = mbox.next() {
                    return Some(message);
                }
                self.mbox = None;
            }
            let step = self.walk.next()?;
            if let Some(message) = self.open(step) {
                return Some(message);
            }
        }
    }
}

/// When a message came, if what holds it says `fallback`.
fn received_at(raw: &[u8], fallback: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    Headers::of_message(raw).newest_received().or(fallback)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn write(folder: &Path, path: &str, content: &str) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn found(path: &Path, max_size: u64) -> Vec<String> {
        Messages::new(vec![path.to_owned()], max_size)
            .map(|message| {
                let shown = match message {
                    Ok(found) => {
                        let keywords: Vec<_> = found.keywords.iter().map(Keyword::as_str).collect();
                        let text = String::from_utf8_lossy(&found.raw).escape_debug().to_string();
                        format!("{} {text} {}", found.name, keywords.join(" ")).trim_end().to_owned()
                    }
                    Err(broken) => format!("BROKEN {broken}"),
                };
                shown.replace(&format!("{}/", path.display()), "")
            })
            .collect()
    }

    #[test]
    fn a_folder_gives_everything_in_it_in_order() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "b.eml", "Subject: b\n");
        write(
            folder.path(),
            "a/two",
            "From x Mon Sep 17 00:00:00 2001\nSubject: 1\n\nFrom y Mon Sep 17 00:00:00 2001\nSubject: 2\n",
        );
        write(folder.path(), ".hidden", "Subject: hidden\n");
        write(folder.path(), "mail/cur/1:2,FS", "Subject: m1\n");
        write(folder.path(), "mail/cur/2:2,ST", "Subject: trashed\n");
        write(folder.path(), "mail/new/3", "Subject: m3\n");
        write(folder.path(), "mail/tmp/4", "Subject: not there yet\n");
        write(folder.path(), "mail/subscriptions", "Archive\n");
        write(folder.path(), "mail/.Archive/cur/5:2,DRP", "Subject: m5\n");
        write(folder.path(), "mail/.Archive/new/.keep", "");
        fs::create_dir_all(folder.path().join("mail/.Archive/new")).unwrap();
        let expected = [
            "a/two#1 Subject: 1\\n",
            "a/two#2 Subject: 2\\n",
            "b.eml Subject: b\\n",
            "mail/cur/1:2,FS Subject: m1\\n $flagged $seen",
            "mail/new/3 Subject: m3\\n",
            "mail/.Archive/cur/5:2,DRP Subject: m5\\n $draft $forwarded $answered",
        ];
        assert_eq!(found(folder.path(), 1_000), expected);
    }

    #[test]
    fn what_is_broken_is_named_and_the_rest_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.eml", &"x".repeat(50));
        write(folder.path(), "b.eml", "Subject: b\n");
        write(
            folder.path(),
            "c",
            &format!(
                "From x Mon Sep 17 00:00:00 2001\nSubject: {}\n\nFrom y Mon Sep 17 00:00:00 2001\nSubject: 2\n",
                "x".repeat(200_000)
            ),
        );
        std::os::unix::fs::symlink("/nonexistent/file", folder.path().join("d.eml")).unwrap();
        let found = found(folder.path(), 40);
        assert_eq!(found[0], "BROKEN a.eml: larger than 40 octets");
        assert_eq!(found[1], "b.eml Subject: b\\n");
        assert_eq!(found[2], "BROKEN c#1: larger than 40 octets");
        assert_eq!(found[3], "c#2 Subject: 2\\n");
        assert!(found[4].starts_with("BROKEN d.eml: No such file"), "{}", found[4]);
        assert_eq!(found.len(), 5);
    }

    #[test]
    fn a_path_that_does_not_exist_is_broken() {
        let messages: Vec<_> = Messages::new(vec!["/nonexistent/mail".into()], 40).collect();
        assert!(matches!(&messages[..], [Err(Broken { error: BrokenReason::Io(_), .. })]));
    }

    #[test]
    fn a_message_came_when_its_newest_received_field_says_else_by_the_postmark_else_by_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let received = "Received: from a; Fri, 21 Nov 1997 10:00:00 -0600\n";
        let postmark = "From x Mon Sep 17 00:00:00 2001\n";
        write(folder.path(), "1", &format!("{postmark}{received}\nx\n"));
        write(folder.path(), "2", &format!("{postmark}Subject: x\n\n{received}"));
        write(folder.path(), "3.eml", &format!("{received}\nx\n"));
        write(folder.path(), "4.eml", "Subject: x\n\nx\n");
        let messages = Messages::new(vec![folder.path().to_owned()], 1_000);
        let dates: Vec<String> =
            messages.map(|found| found.unwrap().received_at.unwrap().to_rfc3339()).collect();
        assert_eq!(dates[0], "1997-11-21T16:00:00+00:00");
        assert_eq!(dates[1], "2001-09-17T00:00:00+00:00");
        assert_eq!(dates[2], dates[0]);
        assert!(dates[3].as_str() > "2020");
    }

    #[test]
    fn sizes_add_up() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.eml", "12345");
        write(folder.path(), "mail/cur/1", "123");
        write(folder.path(), "mail/new/.keep", "");
        assert_eq!(Messages::total_size(vec![folder.path().to_owned()]), 8);
    }
}
