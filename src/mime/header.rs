//! Header fields (RFC 5322 §2.2) as they stand in the message's bytes.

use std::ops::Range;

use chrono::{DateTime, Utc};

use super::charset;
use super::date_time::parse_received_date;

/// A header section holds no more fields than this for us; those after it are not seen.
const MAX_FIELDS: usize = 10_000;

/// So many Received fields are asked when the message came.
const MAX_RECEIVED: usize = 100;

/// How much of one field's value the parsed forms read, in octets; Raw gives all of it.
const MAX_PARSED_VALUE: usize = 256 * 1024;

/// The fields of one header section, in order.
#[derive(Clone, Debug, Default)]
pub struct Headers<'a>(Vec<HeaderField<'a>>);

/// One field: a name and the octets between its colon and its terminating line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderField<'a> {
    name: &'a str,
    value: &'a [u8],
}

impl<'a> Headers<'a> {
    /// Splits a header section into fields. Lines that are no field (an mbox's postmark, junk) are passed over.
    pub fn parse(section: &'a [u8]) -> Self {
        let fields =
            FieldRanges { section, at: 0 }.filter_map(|range| HeaderField::parse(section.get(range)?));
        Self(fields.take(MAX_FIELDS).collect())
    }

    /// The fields of the message itself, found without parsing the rest of it.
    pub fn of_message(raw: &'a [u8]) -> Self {
        Self::parse(Self::section_of(raw))
    }

    /// The header section that these octets begin with, its empty line included; all of them if there is none
    /// (RFC 5322 §2.1).
    pub(crate) fn section_of(raw: &'a [u8]) -> &'a [u8] {
        let mut end = 0;
        for line in raw.split_inclusive(|&octet| octet == b'\n') {
            end += line.len();
            if matches!(line, b"\n" | b"\r\n") {
                break;
            }
        }
        raw.get(..end).unwrap_or(raw)
    }

    /// Whether there may be fields beyond those that are seen.
    pub(crate) fn is_cut(&self) -> bool {
        self.0.len() >= MAX_FIELDS
    }

    /// When the newest Received field says that the message came. Each relay puts its field above those before it
    /// (RFC 5321 §4.4), so the first that says when is the newest.
    pub fn newest_received(&self) -> Option<DateTime<Utc>> {
        self.all("Received").take(MAX_RECEIVED).find_map(|field| parse_received_date(&field.unfolded()))
    }

    /// All fields, in the order of the message.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = HeaderField<'a>> + '_ {
        self.0.iter().copied()
    }

    /// The fields of this name, which is matched without regard to case.
    pub fn all<'s>(&'s self, name: &'s str) -> impl DoubleEndedIterator<Item = HeaderField<'a>> + 's {
        self.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
    }

    /// The last field of this name: the one that a property of Email stands for (RFC 8621 §4.1.3).
    pub fn last(&self, name: &str) -> Option<HeaderField<'a>> {
        self.all(name).next_back()
    }
}

/// The message without the fields of these names; everything else stays as it is, octet for octet.
pub fn without_fields(raw: &[u8], names: &[&str]) -> Vec<u8> {
    let section = Headers::section_of(raw);
    let mut kept = Vec::with_capacity(raw.len());
    for range in (FieldRanges { section, at: 0 }) {
        let octets = section.get(range).unwrap_or_default();
        let name = HeaderField::parse(octets).map(|field| field.name);
        if !name.is_some_and(|name| names.iter().any(|unwanted| unwanted.eq_ignore_ascii_case(name))) {
            kept.extend_from_slice(octets);
        }
    }
    kept.extend_from_slice(raw.get(section.len()..).unwrap_or_default());
    kept
}

impl<'a> HeaderField<'a> {
    /// A field of the given name and value, the value without its terminating line break.
    pub fn new(name: &'a str, value: &'a [u8]) -> Self {
        Self { name, value }
    }

    /// A name is printable ASCII; obsolete syntax puts white space before the colon (RFC 5322 §4.5).
    fn parse(field: &'a [u8]) -> Option<Self> {
        let colon = field.iter().position(|&octet| octet == b':')?;
        let (name, value) = (field.get(..colon)?.trim_ascii_end(), field.get(colon + 1..)?);
        (!name.is_empty() && name.iter().all(u8::is_ascii_graphic))
            .then(|| std::str::from_utf8(name).ok())
            .flatten()
            .map(|name| Self { name, value: without_line_break(value) })
    }

    /// The name as it stands in the message.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// What stands between the colon and the terminating line break.
    pub(crate) fn octets(&self) -> &'a [u8] {
        self.value
    }

    /// The Raw form (RFC 8621 §4.1.2.1): everything between the colon and the terminating line break.
    pub fn raw(&self) -> String {
        charset::utf8(self.value)
    }

    /// Whether the parsed forms read less than all of the value.
    pub(crate) fn is_cut(&self) -> bool {
        self.value.len() > MAX_PARSED_VALUE
    }

    /// The value without its folding (RFC 5322 §2.2.3), and of that what the parsed forms read.
    pub(crate) fn unfolded(&self) -> String {
        let value = self.value.get(..MAX_PARSED_VALUE).unwrap_or(self.value);
        let text = charset::utf8(value);
        text.replace("\r\n", "").replace('\n', "")
    }
}

/// The ranges of a section that hold a field each, its continuation lines included.
struct FieldRanges<'a> {
    section: &'a [u8],
    at: usize,
}

impl Iterator for FieldRanges<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if start >= self.section.len() {
            return None;
        }
        let mut end = self.line_end(start);
        while matches!(self.section.get(end), Some(b' ' | b'\t')) {
            end = self.line_end(end);
        }
        self.at = end;
        Some(start..end)
    }
}

impl FieldRanges<'_> {
    fn line_end(&self, from: usize) -> usize {
        let rest = self.section.get(from..).unwrap_or_default();
        rest.iter().position(|&octet| octet == b'\n').map_or(self.section.len(), |at| from + at + 1)
    }
}

fn without_line_break(value: &[u8]) -> &[u8] {
    let value = value.strip_suffix(b"\n").unwrap_or(value);
    value.strip_suffix(b"\r").unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_whatever_the_line_ends() {
        for ending in ["\n", "\r\n"] {
            let section =
                "From x Mon Sep 17 00:00:00 2001\nSubject: one\n two\nX-Empty:\nSubject : last\njunk\n\n"
                    .replace('\n', ending);
            let headers = Headers::parse(section.as_bytes());
            let names: Vec<_> = headers.iter().map(|field| field.name()).collect();
            assert_eq!(names, ["Subject", "X-Empty", "Subject"]);
            let subjects: Vec<_> = headers.all("subject").map(|field| field.unfolded()).collect();
            assert_eq!(subjects, [" one two", " last"]);
            assert_eq!(headers.last("SUBJECT").unwrap().raw(), " last");
            assert_eq!(headers.last("x-empty").unwrap().raw(), "");
        }
    }

    #[test]
    fn raw_keeps_folding_and_drops_nul_and_bad_utf8() {
        let headers = Headers::parse(b"A: x\r\n\ty\0\xff\r\n");
        assert_eq!(headers.last("a").unwrap().raw(), " x\r\n\ty\u{fffd}");
    }
}
