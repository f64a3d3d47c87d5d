//! The date-time of RFC 5322 §3.3, with its obsolete forms (§4.3), and the one of asctime that mbox files use.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};

use super::address::read_comment;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Longer values are no dates.
const MAX_LENGTH: usize = 1_000;

/// Reads a date-time; `None` if a part of it is missing or impossible, or its year (in UTC) is not in 1..=9999.
///
/// The parts are told apart by their looks, so that white space, comments, a missing weekday and both orders
/// (`17 Sep 2001 …`, `Sep 17 … 2001`) are read alike. Without a zone, or with one that is unknown, it is UTC (§4.3).
pub fn parse_date_time(value: &str) -> Option<DateTime<FixedOffset>> {
    let value = without_comments(value.get(..value.floor_char_boundary(MAX_LENGTH)).unwrap_or(value));
    let mut parts = Parts::default();
    for token in value.split(|c: char| c.is_ascii_whitespace() || c == ',').filter(|token| !token.is_empty())
    {
        parts.take(token)?;
    }
    let local = NaiveDate::from_ymd_opt(parts.year?, parts.month?, parts.day?)?.and_time(parts.time?);
    let date = parts.zone.unwrap_or_else(utc).from_local_datetime(&local).single()?;
    (1..=9999).contains(&date.with_timezone(&Utc).year()).then_some(date)
}

/// When a Received field says that the message came: what stands behind its last semicolon (RFC 5321 §4.4).
pub(crate) fn parse_received_date(value: &str) -> Option<DateTime<Utc>> {
    let value = without_comments(value);
    let (_, date) = value.rsplit_once(';')?;
    parse_date_time(date).map(|date| date.with_timezone(&Utc))
}

#[derive(Default)]
struct Parts {
    day: Option<u32>,
    month: Option<u32>,
    year: Option<i32>,
    time: Option<NaiveTime>,
    zone: Option<FixedOffset>,
}

impl Parts {
    /// Sorts one token into its place; `None` if there is no place for it.
    fn take(&mut self, token: &str) -> Option<()> {
        if token.contains(':') {
            self.time = self.time.is_none().then(|| time(token))?.map(Some)?;
        } else if self.time.is_some() && (token.starts_with(['+', '-'])) {
            self.zone = Some(numeric_zone(token)?);
        } else if token.bytes().all(|octet| octet.is_ascii_digit()) {
            self.take_number(token)?;
        } else if let Some(month) = month(token).filter(|_| self.month.is_none()) {
            self.month = Some(month);
        } else if self.time.is_some() {
            self.zone = self.zone.or_else(|| Some(named_zone(token)));
        } else if self.day.is_some()
            || self.month.is_some()
            || !token.bytes().all(|b| b.is_ascii_alphabetic() || b == b'.')
        {
            return None;
        }
        Some(())
    }

    /// The first number is the day, the second the year, whose two- and three-digit forms count from 1900 or 2000 (§4.3).
    fn take_number(&mut self, token: &str) -> Option<()> {
        if self.day.is_none() {
            self.day = Some(token.parse().ok()?);
        } else if self.year.is_none() {
            let year: i32 = token.parse().ok()?;
            self.year = Some(match (token.len(), year) {
                (2, 0..=49) => year + 2000,
                (2 | 3, _) => year + 1900,
                _ => year,
            });
        } else {
            return None;
        }
        Some(())
    }
}

/// `hh:mm` or `hh:mm:ss`; a leap second is shown as the second before it.
fn time(token: &str) -> Option<NaiveTime> {
    let mut numbers =
        token.split(':').map(|number| (number.len() <= 2).then(|| number.parse::<u32>().ok()).flatten());
    let (hour, minute) = (numbers.next()??, numbers.next()??);
    let second = match numbers.next() {
        Some(second) => second?.min(if hour < 24 { 60 } else { 0 }),
        None => 0,
    };
    let well_formed = numbers.next().is_none();
    well_formed.then(|| NaiveTime::from_hms_opt(hour, minute, second.min(59))).flatten()
}

fn month(token: &str) -> Option<u32> {
    let short = token.get(..3)?.to_ascii_lowercase();
    MONTHS.iter().position(|month| *month == short).map(|at| at as u32 + 1)
}

/// `+hhmm` or `-hhmm`.
fn numeric_zone(token: &str) -> Option<FixedOffset> {
    let (sign, digits) = token.split_at_checked(1)?;
    if digits.len() != 4 || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?);
    let seconds = hours * 3600 + minutes * 60;
    FixedOffset::east_opt(if sign == "-" { -seconds } else { seconds }).filter(|_| minutes < 60)
}

/// The zones that RFC 5322 §4.3 still knows; military and unknown ones say nothing, so they are UTC.
fn named_zone(token: &str) -> FixedOffset {
    let hours = match token.to_ascii_uppercase().as_str() {
        "EDT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => 0,
    };
    FixedOffset::east_opt(hours * 3600).unwrap_or_else(utc)
}

fn utc() -> FixedOffset {
    chrono::Offset::fix(&Utc)
}

pub(super) fn without_comments(value: &str) -> String {
    let mut bare = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, comment)) = rest.split_once('(') {
        bare.push_str(before);
        bare.push(' ');
        rest = read_comment(comment).1;
    }
    bare.push_str(rest);
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_rfc_5322_and_of_mbox_files() {
        for (value, expected) in [
            ("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
            (" 21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06+00:00"),
            ("Fri, 21 Nov 1997 09(comment (nested)):   55  :  06 -0600", ""),
            ("Thu,\t13 Feb 1969 23:32 -0330 (Newfoundland Time)", "1969-02-13T23:32:00-03:30"),
            ("1 Jan 05 00:00:00 EST", "2005-01-01T00:00:00-05:00"),
            ("1 Jan 103 00:00:00 +0000", "2003-01-01T00:00:00+00:00"),
            ("Mon, 31 Dec 2012 23:59:60 +0000", "2012-12-31T23:59:59+00:00"),
            ("Mon Sep 17 00:00:00 2001", "2001-09-17T00:00:00+00:00"),
            ("Thu Aug 22 12:36:23 2002", "2002-08-22T12:36:23+00:00"),
            ("22 August 2002 12:36:23 XYZ", "2002-08-22T12:36:23+00:00"),
            ("", ""),
            ("yesterday", ""),
            ("31 Feb 2002 00:00:00 +0000", ""),
            ("1 Jan 2002", ""),
            ("1 Jan 99999 00:00:00 +0000", ""),
            ("1 Jan 0001 00:00:00 +0100", ""),
            ("1 Jan 2002 25:00:00 +0000", ""),
            ("1 Jan 2002 00:00:00 +9900", ""),
            ("1 Jan 2002 00:00:00 +00000", ""),
            ("1 2 Jan 2002 3 00:00:00", ""),
        ] {
            let parsed = parse_date_time(value).map(|date| date.to_rfc3339()).unwrap_or_default();
            assert_eq!(parsed, expected, "{value}");
        }
    }
}
