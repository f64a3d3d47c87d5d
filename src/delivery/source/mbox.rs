//! An mbox file: messages one after the other, each behind a postmark, `From sender date`.
//!
//! Written as mboxrd does: an empty line before each postmark, and a `>` before each line of a message that looks like a postmark or like
//! one that has been quoted before.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use chrono::{DateTime, Utc};

use super::{Broken, BrokenReason, Found, received_at};
use crate::mime::parse_date_time;

/// A longer line is read in pieces.
const MAX_LINE: u64 = 64 * 1024;

/// Whether a file begins with a postmark; one whose name ends in .eml is a message all the same.
pub(super) fn is_mbox(path: &Path) -> bool {
    let mut start = [0; 5];
    let is_eml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("eml"));
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    !is_eml
        && is_file
        && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == *b"From "
}

/// The messages of an mbox.
pub(super) struct Mbox {
    name: String,
    max_size: u64,
    reader: BufReader<File>,
    /// The postmark's date of the message that comes next; none at the end.
    next: Option<Postmark>,
    number: usize,
}

/// The date that a postmark names, if it can be read.
struct Postmark(Option<DateTime<Utc>>);

/// A message whose lines are being collected.
#[derive(Default)]
struct Lines {
    raw: Vec<u8>,
    is_too_large: bool,
}

impl Mbox {
    pub(super) fn open(path: &Path, max_size: u64) -> io::Result<Self> {
        let mut reader = BufReader::new(File::open(path)?);
        let mut postmark = Vec::new();
        read_line(&mut reader, &mut postmark)?;
        let next = Some(Postmark(date_of(&postmark)));
        Ok(Self { name: path.display().to_string(), max_size, reader, next, number: 0 })
    }

    /// Reads up to the next postmark, or the end.
    fn read_message(&mut self) -> io::Result<Lines> {
        let mut lines = Lines::default();
        let mut line = Vec::new();
        let (mut is_start, mut after_empty) = (true, false);
        loop {
            line.clear();
            if read_line(&mut self.reader, &mut line)? == 0 {
                lines.end();
                return Ok(lines);
            }
            if is_start
                && after_empty
                && line.starts_with(b"From ")
                && let Some(date) = date_of(&line)
            {
                self.next = Some(Postmark(Some(date)));
                lines.end();
                return Ok(lines);
            }
            lines.push(if is_start { unquoted(&line) } else { &line }, self.max_size);
            after_empty = is_start && matches!(line.as_slice(), b"\n" | b"\r\n");
            is_start = line.ends_with(b"\n");
        }
    }
}

impl Iterator for Mbox {
    type Item = Result<Found, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        let Postmark(date) = self.next.take()?;
        self.number += 1;
        let name = format!("{}#{}", self.name, self.number);
        Some(match self.read_message() {
            Ok(Lines { is_too_large: true, .. }) => {
                Err(Broken { name, error: BrokenReason::TooLarge { max: self.max_size } })
            }
            Ok(Lines { raw, .. }) => {
                Ok(Found { name, received_at: received_at(&raw, date), raw, keywords: Vec::new() })
            }
            Err(error) => Err(Broken { name, error: error.into() }),
        })
    }
}

impl Lines {
    /// Once too large, nothing more is kept.
    fn push(&mut self, line: &[u8], max_size: u64) {
        // The empty line that belongs to the mbox may stand at the end.
        if self.is_too_large || (self.raw.len() + line.len()) as u64 > max_size.saturating_add(2) {
            *self = Self { raw: Vec::new(), is_too_large: true };
        } else {
            self.raw.extend_from_slice(line);
        }
    }

    /// Removes the empty line that parts messages.
    fn end(&mut self) {
        for empty in [&b"\r\n"[..], b"\n"] {
            if let Some(rest) = self.raw.strip_suffix(empty).filter(|rest| rest.ends_with(b"\n")) {
                self.raw.truncate(rest.len());
                return;
            }
        }
    }
}

fn read_line(reader: &mut BufReader<File>, line: &mut Vec<u8>) -> io::Result<usize> {
    reader.by_ref().take(MAX_LINE).read_until(b'\n', line)
}

/// The date behind `From sender`: sender and date are parted by white space, and a sender may hold some too.
fn date_of(postmark: &[u8]) -> Option<DateTime<Utc>> {
    let postmark = String::from_utf8_lossy(postmark.strip_prefix(b"From ")?);
    let mut rest = postmark.trim();
    for _ in 0..10 {
        if let Some(date) = parse_date_time(rest) {
            return Some(date.with_timezone(&Utc));
        }
        rest = rest.split_once([' ', '\t'])?.1.trim_start();
    }
    None
}

/// One `>` less before `From `.
fn unquoted(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|&&octet| octet == b'>').count();
    let is_quoted = quotes > 0 && line.get(quotes..).is_some_and(|rest| rest.starts_with(b"From "));
    line.get(usize::from(is_quoted)..).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(mbox: &[u8]) -> Vec<Vec<u8>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), mbox).unwrap();
        assert!(is_mbox(file.path()));
        Mbox::open(file.path(), 1_000_000).unwrap().map(|found| found.unwrap().raw).collect()
    }

    #[test]
    fn messages_come_out_byte_for_byte() {
        for ending in ["\n", "\r\n"] {
            let first = "Subject: 1\n\nFrom here on no date\nx\nFrom y Mon Sep 17 00:00:00 2001\n>x\n\n"
                .replace('\n', ending);
            let second = format!("Subject: 2{ending}{ending}\u{e9}\0").into_bytes();
            let mut second = second;
            second.push(0xff);
            second.extend_from_slice(ending.as_bytes());
            let postmark = format!("From jane@example.com Mon Sep 17 00:00:00 2001{ending}");
            let mbox = [
                postmark.as_bytes(),
                first.as_bytes(),
                ending.as_bytes(),
                postmark.as_bytes(),
                &second,
                ending.as_bytes(),
            ]
            .concat();
            assert_eq!(messages(&mbox), [first.into_bytes(), second]);
        }
    }

    #[test]
    fn quoted_postmarks_lose_one_sign() {
        let mbox = b"From x Mon Sep 17 00:00:00 2001\nSubject: x\n\n>From a\n>>From b\n>From\n> From c\n";
        assert_eq!(messages(mbox), [b"Subject: x\n\nFrom a\n>From b\n>From\n> From c\n".to_vec()]);
    }

    #[test]
    fn the_end_may_come_early_and_lines_may_be_long() {
        assert_eq!(messages(b"From "), [b"".to_vec()]);
        assert_eq!(messages(b"From x nowhen\nSubject: x"), [b"Subject: x".to_vec()]);
        let long = format!("Subject: x\n\n{}>From x\nend\n", "y".repeat(65_536));
        let mbox = format!("From x Mon Sep 17 00:00:00 2001\n{long}");
        assert_eq!(messages(mbox.as_bytes()), [long.into_bytes()]);
    }

    #[test]
    fn postmarks_are_dated_in_many_ways() {
        for (postmark, date) in [
            ("From jane@example.com Mon Sep 17 12:00:00 2001", Some("2001-09-17T12:00:00+00:00")),
            ("From - Mon Sep 17 12:00:00 2001", Some("2001-09-17T12:00:00+00:00")),
            ("From jane Mon Sep 17 12:00:00 +0200 2001", Some("2001-09-17T10:00:00+00:00")),
            ("From jane doe  Mon, 17 Sep 2001 12:00:00 +0200", Some("2001-09-17T10:00:00+00:00")),
            ("From jane", None),
            ("From here on", None),
        ] {
            let found = date_of(postmark.as_bytes()).map(|date| date.to_rfc3339());
            assert_eq!(found.as_deref(), date, "{postmark}");
        }
    }
}
