//! Delivery status notifications (RFC 3464) in a multipart/report (RFC 6522): what became of a message, for its sender.

use chrono::{DateTime, Utc};

use super::transport::date;
use crate::mime::build::{Content, ContentType, Entity, Field, message};
use crate::mime::{EmailAddress, HeaderForm, HeaderValue, Headers};
use crate::store::outgoing::{Claimed, Outcome, Recipient};

/// A larger message does not come back whole, even to who asked for it: octets.
const MAX_RETURNED: usize = 1024 * 1024;

/// A longer header section does not come back: octets.
const MAX_HEADER: usize = 256 * 1024;

/// The report of these recipients. The same arguments give the same bytes.
pub(super) fn build(outgoing: &Claimed, recipients: &[&Recipient], raw: &[u8], host: &str) -> Vec<u8> {
    let at =
        recipients.iter().filter_map(|recipient| recipient.settled_at).max().unwrap_or(outgoing.queued_at);
    let parts = vec![
        Entity {
            content_type: ContentType::new("text/plain"),
            fields: Vec::new(),
            content: Content::Text(explanation(recipients, host)),
        },
        Entity {
            content_type: ContentType::new("message/delivery-status"),
            fields: Vec::new(),
            content: Content::Octets(status(outgoing, recipients, host).into_bytes()),
        },
        returned(outgoing, raw),
    ];
    let root = Entity {
        content_type: ContentType::new("multipart/report").with("report-type", "delivery-status"),
        fields: Vec::new(),
        content: Content::Parts(parts),
    };
    message(&header(outgoing, recipients, raw, host, at), root)
        .expect("parts without addresses of their own and with short media types can be written")
}

fn header(
    outgoing: &Claimed,
    recipients: &[&Recipient],
    raw: &[u8],
    host: &str,
    at: DateTime<Utc>,
) -> Vec<Field> {
    let address = |name: Option<&str>, email: String| {
        HeaderValue::Addresses(vec![EmailAddress { name: name.map(str::to_owned), email }])
    };
    let first = recipients.first().map_or(0, |recipient| recipient.ordinal);
    let id = format!("report.{}.{}.{first}.{}@{host}", outgoing.account, outgoing.id, at.timestamp());
    let subject = match recipients.iter().any(|recipient| recipient.outcome == Outcome::Failed) {
        true => "Your message could not be delivered",
        false => "Your message was delivered",
    };
    let headers = Headers::of_message(raw);
    let original = headers.last("Message-ID").map(|field| HeaderForm::MessageIds.value_of(field));
    let fields = [
        (
            "From",
            HeaderForm::Addresses,
            address(Some("Mail Delivery System"), format!("MAILER-DAEMON@{host}")),
        ),
        ("To", HeaderForm::Addresses, address(None, outgoing.sender.mail_from.clone())),
        ("Subject", HeaderForm::Text, HeaderValue::Text(subject.to_owned())),
        ("Date", HeaderForm::Date, HeaderValue::Date(at.fixed_offset())),
        ("Message-ID", HeaderForm::MessageIds, HeaderValue::Strings(vec![id])),
        ("References", HeaderForm::MessageIds, original.unwrap_or(HeaderValue::Null)),
        ("Auto-Submitted", HeaderForm::Raw, HeaderValue::Text("auto-replied".to_owned())),
    ];
    // A Message-ID that cannot be repeated is left out.
    fields.iter().filter_map(|(name, form, value)| Field::new(name, *form, value).ok().flatten()).collect()
}

fn explanation(recipients: &[&Recipient], host: &str) -> String {
    let mut text = format!("This is the mail server {host}.\n");
    for (outcome, sentence) in [
        (Outcome::Failed, "Your message could not be delivered to:"),
        (Outcome::Delivered, "Your message was delivered to:"),
        (Outcome::Relayed, "Your message was passed on, to a server that sends no such reports, for:"),
    ] {
        let some: Vec<_> = recipients.iter().filter(|recipient| recipient.outcome == outcome).collect();
        if some.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{sentence}\n"));
        for recipient in some {
            text.push_str(&format!(
                "\n  {}\n    {}\n",
                recipient.address,
                recipient.reply.as_deref().unwrap_or_default()
            ));
        }
    }
    text
}

/// RFC 3464 §2: the fields of the message, then those of each recipient.
fn status(outgoing: &Claimed, recipients: &[&Recipient], host: &str) -> String {
    let mut text = format!("Reporting-MTA: dns; {host}\r\n");
    if let Some(envid) = &outgoing.sender.envid {
        text.push_str(&format!("Original-Envelope-Id: {}\r\n", xtext(envid)));
    }
    text.push_str(&format!("Arrival-Date: {}\r\n", date(outgoing.queued_at)));
    if let Some(hold) = &outgoing.sender.hold {
        text.push_str(&format!("Future-Release-Request: {hold}\r\n"));
    }
    for recipient in recipients {
        text.push_str("\r\n");
        if let Some((kind, address)) = recipient.orcpt.as_deref().and_then(|orcpt| orcpt.split_once(';')) {
            text.push_str(&format!("Original-Recipient: {kind};{}\r\n", xtext(address)));
        }
        let kind = if recipient.address.is_ascii() { "rfc822" } else { "utf-8" };
        let action = match recipient.outcome {
            Outcome::Failed | Outcome::Queued => "failed",
            Outcome::Delivered => "delivered",
            Outcome::Relayed => "relayed",
        };
        let reply = recipient.reply.as_deref().unwrap_or_default();
        text.push_str(&format!("Final-Recipient: {kind}; {}\r\n", recipient.address));
        text.push_str(&format!("Action: {action}\r\n"));
        text.push_str(&format!("Status: {}\r\n", enhanced_status(reply, recipient.outcome)));
        text.push_str(&format!("Diagnostic-Code: smtp; {reply}\r\n"));
        if let Some(at) = recipient.settled_at {
            text.push_str(&format!("Last-Attempt-Date: {}\r\n", date(at)));
        }
    }
    text
}

/// The message, if the sender asked for all of it and it is small, else its header (RFC 3461 §4.3).
fn returned(outgoing: &Claimed, raw: &[u8]) -> Entity {
    let is_whole = outgoing.sender.ret.as_deref() == Some("FULL") && raw.len() <= MAX_RETURNED;
    let (media_type, octets) = match is_whole {
        true => ("message/rfc822", raw),
        false => ("text/rfc822-headers", Headers::section_of(raw)),
    };
    let octets = octets.get(..octets.len().min(MAX_HEADER.max(MAX_RETURNED))).unwrap_or_default().to_vec();
    Entity {
        content_type: ContentType::new(media_type),
        fields: Vec::new(),
        content: Content::Octets(octets),
    }
}

/// The status code of RFC 3463 that a reply holds, or one that says no more than the reply's first digit. What failed
/// for good did so whatever the last reply was: a 4 becomes a 5 (RFC 3464 §2.3.4).
fn enhanced_status(reply: &str, outcome: Outcome) -> String {
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_status = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        parts.len() == 3
            && ["2", "4", "5"].contains(&parts[0])
            && parts[1..].iter().all(|part| is_number(part))
    };
    let class = if outcome == Outcome::Failed { "5" } else { "2" };
    match reply.split(' ').nth(1).filter(is_status) {
        Some(status) => format!("{class}{}", &status[1..]),
        None => format!("{class}.0.0"),
    }
}

/// RFC 3461 §4.
fn xtext(text: &str) -> String {
    let encoded = |c: char| match c {
        '!'..='~' if c != '+' && c != '=' => c.to_string(),
        _ => format!("+{:02X}", c as u32),
    };
    text.chars().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_follows_from_the_reply() {
        let failed = |reply| enhanced_status(reply, Outcome::Failed);
        assert_eq!(failed("550 5.1.1 No such user"), "5.1.1");
        assert_eq!(failed("451 4.4.1 No answer"), "5.4.1");
        assert_eq!(failed("550 No such user"), "5.0.0");
        assert_eq!(failed("550 5.x.1 No"), "5.0.0");
        assert_eq!(failed(""), "5.0.0");
        assert_eq!(enhanced_status("250 2.1.5 Ok", Outcome::Delivered), "2.1.5");
    }

    #[test]
    fn xtext_hides_what_would_end_a_value() {
        assert_eq!(xtext("a b+c=d"), "a+20b+2Bc+3Dd");
    }
}
