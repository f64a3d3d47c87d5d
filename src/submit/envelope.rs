//! Envelopes as clients give them: addresses of RFC 5321, and the parameters that are offered as submission extensions
//! (RFC 8621 §1.3.2): FUTURERELEASE (RFC 4865), DSN (RFC 3461), SIZE (RFC 1870).

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use crate::mime::CanonicalAddress;
use crate::store::address::MAX_ADDRESS;
use crate::wire::date::parse_utc_date;

/// Characters of ENVID at most (RFC 3461 §4.4).
const MAX_ENVID: usize = 100;
/// Characters of ORCPT at most (RFC 3461 §4.2).
const MAX_ORCPT: usize = 500;

/// Whether mail can be sent to or from this address: a Mailbox of RFC 5321 §4.1.2, international ones (RFC 6531)
/// included. Its domain has A-labels, so that it can stand in a command, and nothing that would end a path there.
pub fn is_mailbox(address: &str) -> bool {
    address.len() <= MAX_ADDRESS
        && CanonicalAddress::parse(address).is_some_and(|canonical| !canonical.domain().contains(['<', '>']))
        && address.parse::<lettre::Address>().is_ok()
}

/// When a client wants a message to be released (RFC 4865 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// HOLDFOR: after so many seconds.
    For(u64),
    /// HOLDUNTIL: at this instant.
    Until(DateTime<Utc>),
}

impl Hold {
    /// The instant of the release.
    pub fn release_at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::For(seconds) => now + Duration::from_secs(seconds),
            Self::Until(at) => at.max(now),
        }
    }

    /// As a report repeats it (RFC 4865 §5.1.2, orig-hold-param-value).
    pub fn to_report(self) -> String {
        match self {
            Self::For(seconds) => format!("for;{seconds}"),
            Self::Until(at) => format!("until;{}", at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        }
    }
}

/// The parameters of mailFrom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailParameters {
    /// RET.
    pub ret: Option<String>,
    /// ENVID.
    pub envid: Option<String>,
    /// HOLDFOR or HOLDUNTIL.
    pub hold: Option<Hold>,
}

/// The parameters of a recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RcptParameters {
    /// NOTIFY.
    pub notify: Option<String>,
    /// ORCPT.
    pub orcpt: Option<String>,
}

impl MailParameters {
    /// Reads mailFrom/parameters. The error says what is wrong.
    pub fn read(
        parameters: Option<&Map<String, Value>>,
        now: DateTime<Utc>,
        max_delay: Duration,
    ) -> Result<Self, String> {
        let mut read = Self::default();
        for (name, value) in named(parameters)? {
            match (name.as_str(), value) {
                ("RET", Some(value)) => read.ret = Some(one_of(&name, value, &["FULL", "HDRS"])?),
                ("ENVID", Some(value)) => read.envid = Some(printable(&name, value, MAX_ENVID)?),
                ("HOLDFOR" | "HOLDUNTIL", Some(_)) if read.hold.is_some() => {
                    return Err("HOLDFOR and HOLDUNTIL exclude each other".to_owned());
                }
                ("HOLDFOR", Some(value)) => read.hold = Some(hold_for(value, max_delay)?),
                ("HOLDUNTIL", Some(value)) => read.hold = Some(hold_until(value, now, max_delay)?),
                // What these say follows from the message itself.
                ("SIZE", Some(value)) if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) => {}
                ("BODY", Some(value)) => drop(one_of(&name, value, &["7BIT", "8BITMIME"])?),
                ("SMTPUTF8", None) => {}
                _ => return Err(unknown(&name, value)),
            }
        }
        Ok(read)
    }
}

impl RcptParameters {
    /// Reads the parameters of a member of rcptTo. The error says what is wrong.
    pub fn read(parameters: Option<&Map<String, Value>>) -> Result<Self, String> {
        let mut read = Self::default();
        for (name, value) in named(parameters)? {
            match (name.as_str(), value) {
                ("NOTIFY", Some(value)) => read.notify = Some(notify(value)?),
                ("ORCPT", Some(value)) if value.split_once(';').is_some_and(|(kind, _)| is_atom(kind)) => {
                    read.orcpt = Some(printable(&name, value, MAX_ORCPT)?);
                }
                _ => return Err(unknown(&name, value)),
            }
        }
        Ok(read)
    }
}

/// The parameters with their names in upper case; a value is a String, or null where there is none.
fn named(parameters: Option<&Map<String, Value>>) -> Result<Vec<(String, Option<&str>)>, String> {
    let mut read: Vec<(String, Option<&str>)> = Vec::new();
    for (name, value) in parameters.into_iter().flatten() {
        let name = name.to_ascii_uppercase();
        if read.iter().any(|(known, _)| *known == name) {
            return Err(format!("{name} stands twice"));
        }
        match value {
            Value::Null => read.push((name, None)),
            Value::String(value) => read.push((name, Some(value))),
            _ => return Err(format!("the value of {name} must be a String or null")),
        }
    }
    Ok(read)
}

fn unknown(name: &str, value: Option<&str>) -> String {
    match value {
        Some(_) => format!("{name} is not offered, or not with this value"),
        None => format!("{name} is not offered, or not without a value"),
    }
}

fn one_of(name: &str, value: &str, known: &[&str]) -> Result<String, String> {
    let found = known.iter().find(|known| known.eq_ignore_ascii_case(value));
    found.map(|found| (*found).to_owned()).ok_or_else(|| format!("{name} must be {}", known.join(" or ")))
}

/// RFC 3461 §4.4: printable US-ASCII before it is encoded.
fn printable(name: &str, value: &str, max: usize) -> Result<String, String> {
    let is_printable = value.bytes().all(|octet| (b' '..=b'~').contains(&octet));
    if value.is_empty() || value.len() > max || !is_printable {
        return Err(format!("{name} must be printable ASCII of {max} characters at most"));
    }
    Ok(value.to_owned())
}

fn is_atom(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
}

/// NEVER alone, or a list of the others (RFC 3461 §4.1).
fn notify(value: &str) -> Result<String, String> {
    let value = value.to_ascii_uppercase();
    let mut listed = value.split(',');
    if value == "NEVER" || listed.all(|item| ["SUCCESS", "FAILURE", "DELAY"].contains(&item)) {
        Ok(value)
    } else {
        Err("NOTIFY must be NEVER, or a list of SUCCESS, FAILURE and DELAY".to_owned())
    }
}

fn hold_for(value: &str, max_delay: Duration) -> Result<Hold, String> {
    let is_integer = (1..=9).contains(&value.len()) && value.bytes().all(|octet| octet.is_ascii_digit());
    let seconds = is_integer.then(|| value.parse().ok()).flatten();
    match seconds {
        Some(seconds) if (1..=max_delay.as_secs()).contains(&seconds) => Ok(Hold::For(seconds)),
        _ => Err(format!("HOLDFOR must be from 1 to {} seconds", max_delay.as_secs())),
    }
}

fn hold_until(value: &str, now: DateTime<Utc>, max_delay: Duration) -> Result<Hold, String> {
    match parse_utc_date(value) {
        Some(at) if !max_delay.is_zero() && at <= now + max_delay => Ok(Hold::Until(at)),
        _ => Err(format!("HOLDUNTIL must be a UTCDate, at most {} seconds ahead", max_delay.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MAX: Duration = Duration::from_secs(3600);

    fn mail(parameters: Value) -> Result<MailParameters, String> {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        MailParameters::read(parameters.as_object(), now, MAX)
    }

    #[test]
    fn mailboxes_are_told_from_what_would_break_a_command() {
        for good in ["ann@example.org", "a.b+c@example.org", "\"a b\"@example.org", "jürgen@bücher.example"]
        {
            assert!(is_mailbox(good), "{good}");
        }
        let long = format!("{}@example.org", "a".repeat(300));
        for wrong in [
            "",
            "ann",
            "@example.org",
            "a@",
            "a b@example.org",
            "a@x> NOTIFY=NEVER",
            "a@x\r\nDATA",
            "a@[x>]",
            "a@\u{ff45}xample.org",
            "a@x\u{ff1e}y.example",
            &long,
        ] {
            assert!(!is_mailbox(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_release_is_asked_for_in_two_ways_and_within_bounds() {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let hold = |parameters| mail(parameters).unwrap().hold.unwrap();
        assert_eq!(hold(json!({"holdfor": "60"})).release_at(now).to_rfc3339(), "2026-03-01T12:01:00+00:00");
        assert_eq!(hold(json!({"HOLDFOR": "60"})).to_report(), "for;60");
        let until = hold(json!({"HOLDUNTIL": "2026-03-01T12:30:00Z"}));
        assert_eq!(until.release_at(now).to_rfc3339(), "2026-03-01T12:30:00+00:00");
        assert_eq!(until.to_report(), "until;2026-03-01T12:30:00Z");
        assert_eq!(hold(json!({"HOLDUNTIL": "2020-01-01T00:00:00Z"})).release_at(now), now);
        for wrong in [
            json!({"HOLDFOR": "0"}),
            json!({"HOLDFOR": "3601"}),
            json!({"HOLDFOR": "-1"}),
            json!({"HOLDFOR": "99999999999999999999"}),
            json!({"HOLDFOR": null}),
            json!({"HOLDFOR": 60}),
            json!({"HOLDFOR": "1", "HOLDUNTIL": "2026-03-01T12:30:00Z"}),
            json!({"HOLDFOR": "1", "holdfor": "2"}),
            json!({"HOLDUNTIL": "2026-03-01T13:00:01Z"}),
            json!({"HOLDUNTIL": "tomorrow"}),
        ] {
            assert!(mail(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn reports_are_asked_for_as_rfc_3461_says_and_the_rest_is_refused() {
        let read =
            mail(json!({"ret": "hdrs", "ENVID": "a b", "SIZE": "9", "BODY": "8bitmime", "SMTPUTF8": null}));
        assert_eq!(
            read,
            Ok(MailParameters { ret: Some("HDRS".to_owned()), envid: Some("a b".to_owned()), hold: None })
        );
        for wrong in
            [json!({"RET": "ALL"}), json!({"ENVID": ""}), json!({"ENVID": "ü"}), json!({"BY": "60;R"})]
        {
            assert!(mail(wrong.clone()).is_err(), "{wrong}");
        }
        let rcpt = |parameters: Value| RcptParameters::read(parameters.as_object());
        let read = rcpt(json!({"notify": "success,Failure", "ORCPT": "rfc822;a@b"})).unwrap();
        assert_eq!(read.notify.as_deref(), Some("SUCCESS,FAILURE"));
        assert_eq!(read.orcpt.as_deref(), Some("rfc822;a@b"));
        assert!(rcpt(json!({"NOTIFY": "NEVER"})).is_ok());
        for wrong in [
            json!({"NOTIFY": "NEVER,SUCCESS"}),
            json!({"NOTIFY": ""}),
            json!({"ORCPT": "a@b"}),
            json!({"X": "1"}),
        ] {
            assert!(rcpt(wrong.clone()).is_err(), "{wrong}");
        }
        assert_eq!(RcptParameters::read(None), Ok(RcptParameters::default()));
    }
}
