//! A message as it goes out: the bytes that are stored, with a trace field before them and without what recipients
//! must not see. The stored message itself is never changed.

use chrono::{DateTime, Utc};

use crate::mime::{Headers, without_fields};
use crate::store::outgoing::Claimed;

/// Fields that stay behind: blind copies (RFC 8621 §7.5, RFC 5322 §3.6.3), and a reverse-path of an earlier delivery
/// (RFC 5321 §4.4).
const PRIVATE: [&str; 3] = ["Bcc", "Resent-Bcc", "Return-Path"];

/// The message for its recipients, the same at each attempt: Received, and Date and Message-ID where the message has
/// none (RFC 6409 §8).
pub(super) fn outgoing(message: &Claimed, raw: &[u8], host: &str) -> Vec<u8> {
    let headers = Headers::of_message(raw);
    let name = message.token();
    let at = date(message.release_at);
    let mut octets = format!("Received: by {host} with HTTP id {name};\r\n\t{at}\r\n").into_bytes();
    if headers.last("Date").is_none() {
        octets.extend_from_slice(format!("Date: {at}\r\n").as_bytes());
    }
    if headers.last("Message-ID").is_none() {
        let id = format!("Message-ID: <{name}.{}@{host}>\r\n", message.queued_at.timestamp());
        octets.extend_from_slice(id.as_bytes());
    }
    octets.extend_from_slice(&without_fields(raw, &PRIVATE));
    octets
}

/// The message with CRLF wherever a line ends, and without its last one, which the end of SMTP's DATA brings along
/// (RFC 5321 §4.1.1.4).
pub(super) fn lines_for_smtp(message: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(message.len());
    for (at, &octet) in message.iter().enumerate() {
        match octet {
            b'\n' if at == 0 || message.get(at - 1) != Some(&b'\r') => lines.extend_from_slice(b"\r\n"),
            b'\r' if message.get(at + 1) != Some(&b'\n') => lines.extend_from_slice(b"\r\n"),
            _ => lines.push(octet),
        }
    }
    if lines.ends_with(b"\r\n") {
        lines.truncate(lines.len() - 2);
    }
    lines
}

/// A date-time of RFC 5322 §3.3.
pub(super) fn date(at: DateTime<Utc>) -> String {
    at.format("%a, %-d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_crlf_and_the_last_end_is_left_to_data() {
        assert_eq!(lines_for_smtp(b"A: b\n\nc\r\nd\re\n"), b"A: b\r\n\r\nc\r\nd\r\ne");
        assert_eq!(lines_for_smtp(b"\n"), b"");
        assert_eq!(lines_for_smtp(b"A: b\r\n\r\n\r\n"), b"A: b\r\n\r\n");
        assert_eq!(lines_for_smtp(b"A: b"), b"A: b");
    }

    #[test]
    fn dates_are_those_of_mail() {
        assert_eq!(date("2026-03-01T12:00:00Z".parse().unwrap()), "Sun, 1 Mar 2026 12:00:00 +0000");
    }
}
