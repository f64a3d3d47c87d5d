//! Date and UTCDate (RFC 8620 §1.4): RFC 3339 with upper-case letters, no fraction when it is zero.

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};

/// Writes a UTCDate: `2014-10-30T06:12:00Z`.
pub fn utc_date(at: DateTime<Utc>) -> String {
    let format = if at.timestamp_subsec_millis() == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    at.to_rfc3339_opts(format, true)
}

/// Writes a Date, which keeps its offset: `2014-10-30T14:12:00+08:00`, and `Z` for UTC.
pub fn date(at: DateTime<FixedOffset>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reads a UTCDate: `T` and `Z` in upper case. A fraction of zero, which must not be written, is read nevertheless:
/// it is how JavaScript writes every date, so that a client would be refused in one of a thousand milliseconds.
pub fn parse_utc_date(text: &str) -> Option<DateTime<Utc>> {
    let is_utc = text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    is_utc.then(|| DateTime::parse_from_rfc3339(text).ok().map(|date| date.to_utc())).flatten()
}

/// Reads a Date: `T` in upper case and a `Z` likewise, any offset; a fraction of zero as [`parse_utc_date`] does.
pub fn parse_date(text: &str) -> Option<DateTime<FixedOffset>> {
    let is_date = text.as_bytes().get(10) == Some(&b'T') && !text.ends_with('z');
    is_date.then(|| DateTime::parse_from_rfc3339(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_dates_read_and_write_in_one_form() {
        let at = parse_utc_date("2014-10-30T06:12:00Z").unwrap();
        assert_eq!(utc_date(at), "2014-10-30T06:12:00Z");
        assert_eq!(parse_utc_date("2014-10-30T06:12:00.000Z"), Some(at));
        for wrong in ["2014-10-30t06:12:00Z", "2014-10-30T06:12:00z", "2014-10-30T06:12:00+01:00", "x"] {
            assert!(parse_utc_date(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn dates_keep_their_offset() {
        for text in ["2014-10-30T14:12:00+08:00", "2014-10-30T06:12:00Z", "1969-02-13T23:32:54-03:30"] {
            assert_eq!(date(parse_date(text).unwrap()), text);
        }
        assert!(parse_date("2014-10-30T14:12:00.5+08:00").is_some());
        assert_eq!(parse_date("2014-10-30T06:12:00.0+01:00"), parse_date("2014-10-30T06:12:00+01:00"));
        for wrong in ["2014-10-30t14:12:00+08:00", "2014-10-30T06:12:00z", "2014", ""] {
            assert!(parse_date(wrong).is_none(), "{wrong}");
        }
    }
}
