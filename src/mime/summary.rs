//! What a list of emails shows, sorts and filters by: everything of a message that stands in its row.

use chrono::{DateTime, FixedOffset, Utc};

use super::address::EmailAddress;
use super::base_subject::base_subject;
use super::body_text;
use super::body_value::BodyValue;
use super::door::Message;
use super::header_form;
use super::structure::{BodyPart, Structure};

/// A sort key has no more characters than this; what is longer is cut.
const MAX_SORT_KEY: usize = 255;

/// HTML that is looked through for the images that it shows, in octets.
const MAX_HTML: usize = 1024 * 1024;

/// Parts that serve the reading of others, so that nobody downloads them.
const AUTOMATIC: [&str; 4] = [
    "application/pgp-encrypted",
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
];

/// The header properties of Email (RFC 8621 §4.1.2.3–4.1.3), and what is made of its body (§4.1.4).
///
/// Of each header field the first 256 KiB are read, and of its addresses or ids the first 10,000.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The Date header field, with the offset that it names.
    pub sent_at: Option<DateTime<FixedOffset>>,
    /// When the newest Received header field says that the message came.
    pub received_at: Option<DateTime<Utc>>,
    /// Subject in the Text form.
    pub subject: Option<String>,
    /// Sender; null if there is no such field, as in those that follow.
    pub sender: Option<Vec<EmailAddress>>,
    /// From.
    pub from: Option<Vec<EmailAddress>>,
    /// To.
    pub to: Option<Vec<EmailAddress>>,
    /// Cc.
    pub cc: Option<Vec<EmailAddress>>,
    /// Bcc.
    pub bcc: Option<Vec<EmailAddress>>,
    /// Reply-To.
    pub reply_to: Option<Vec<EmailAddress>>,
    /// Message-ID; null if it holds no id, as in those that follow.
    pub message_id: Option<Vec<String>>,
    /// In-Reply-To.
    pub in_reply_to: Option<Vec<String>>,
    /// References.
    pub references: Option<Vec<String>>,
    /// Whether a reader should be offered something to download.
    pub has_attachment: bool,
    /// The beginning of the text, at most 256 characters.
    pub preview: String,
    /// The first From address's name, or else its email, in lower case (RFC 8621 §4.4.2).
    pub sort_from: String,
    /// The first To address's name, or else its email, in lower case.
    pub sort_to: String,
    /// The base subject in lower case (RFC 5256 §2.1).
    pub sort_subject: String,
}

impl Summary {
    /// Reads a message for its row.
    pub fn of(message: &Message<'_>) -> Self {
        Self::with_structure(message, &message.structure())
    }

    /// The same with the structure at hand.
    pub fn with_structure(message: &Message<'_>, structure: &Structure) -> Self {
        let headers = message.headers();
        let addresses = |name: &str| headers.last(name).map(header_form::addresses);
        let message_ids = |name: &str| headers.last(name).and_then(header_form::message_ids);
        let subject = headers.last("Subject").map(header_form::text);
        let (from, to) = (addresses("From"), addresses("To"));
        Self {
            sent_at: headers.last("Date").and_then(header_form::date),
            received_at: headers.newest_received(),
            sender: addresses("Sender"),
            cc: addresses("Cc"),
            bcc: addresses("Bcc"),
            reply_to: addresses("Reply-To"),
            message_id: message_ids("Message-ID"),
            in_reply_to: message_ids("In-Reply-To"),
            references: message_ids("References"),
            has_attachment: has_attachment(message, structure),
            preview: body_text::preview(message, structure),
            sort_from: address_key(from.as_deref()),
            sort_to: address_key(to.as_deref()),
            sort_subject: sort_key(&base_subject(subject.as_deref().unwrap_or_default())),
            subject,
            from,
            to,
        }
    }
}

fn address_key(addresses: Option<&[EmailAddress]>) -> String {
    let first = addresses.and_then(<[_]>::first);
    first.map(|address| sort_key(address.name.as_ref().unwrap_or(&address.email))).unwrap_or_default()
}

fn sort_key(text: &str) -> String {
    text.to_lowercase().chars().take(MAX_SORT_KEY).collect()
}

/// Whether an attachment is neither meant to stand in the text, nor shown by its HTML, nor of use to programs alone (RFC 8621 §4.1.4).
fn has_attachment(message: &Message<'_>, structure: &Structure) -> bool {
    let lists = structure.body_lists();
    let mut downloadable = lists
        .attachments
        .iter()
        .filter(|part| part.disposition.as_deref() != Some("inline"))
        .filter(|part| !AUTOMATIC.contains(&part.media_type.as_str()))
        .peekable();
    if downloadable.peek().is_none() {
        return false;
    }
    let is_html = |part: &&&BodyPart| part.media_type == "text/html";
    let html: Vec<String> = lists
        .html_body
        .iter()
        .filter(is_html)
        .map(|part| BodyValue::of(message.raw(), part, MAX_HTML).value)
        .collect();
    let is_shown = |part: &BodyPart| {
        let link = part.cid.as_ref().map(|cid| format!("cid:{cid}"));
        link.is_some_and(|link| html.iter().any(|html| html.contains(&link)))
    };
    downloadable.take(100).any(|part| !is_shown(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summaries(raw: &str) -> Vec<Summary> {
        let endings = ["\n", "\r\n"].iter();
        endings
            .map(|ending| Summary::of(&Message::parse(raw.replace('\n', ending).as_bytes()).unwrap()))
            .collect()
    }

    #[test]
    fn every_header_property_is_read() {
        let raw = "\
Received: from a by b; Fri, 21 Nov 1997 10:00:00 -0600 (CST)
Received: from c by a; Fri, 21 Nov 1997 09:59:00 -0600
Date: Fri, 21 Nov 1997 09:55:06 -0600
Subject: Re: [list] =?utf-8?Q?D=C3=AFnner?=
 on Thursday
From: First <first@example.com>
From: \"Last, Jane\" <LAST@example.com>
Sender: sender@example.com
To: Group: a@example.com, B <b@example.com>;
Cc:
Reply-To: reply@example.com
Message-ID: <id@example.com>
In-Reply-To: garbage
References: <one@example.com>
 <two@example.com>

body
";
        for summary in summaries(raw) {
            assert_eq!(summary.sent_at.unwrap().to_rfc3339(), "1997-11-21T09:55:06-06:00");
            assert_eq!(summary.received_at.unwrap().to_rfc3339(), "1997-11-21T16:00:00+00:00");
            assert_eq!(summary.subject.as_deref(), Some("Re: [list] Dïnner on Thursday"));
            let from = EmailAddress { name: Some("Last, Jane".into()), email: "LAST@example.com".into() };
            assert_eq!(summary.from, Some(vec![from]));
            assert_eq!(summary.to.as_ref().unwrap().len(), 2);
            assert_eq!((summary.cc.as_deref(), summary.bcc.as_deref()), (Some(&[][..]), None));
            assert_eq!(summary.message_id, Some(vec!["id@example.com".to_owned()]));
            assert_eq!(summary.in_reply_to, None);
            assert_eq!(summary.references.as_ref().unwrap().len(), 2);
            assert_eq!(summary.sort_from, "last, jane");
            assert_eq!(summary.sort_to, "a@example.com");
            assert_eq!(summary.sort_subject, "dïnner on thursday");
            assert_eq!(summary.preview, "body");
        }
    }

    #[test]
    fn a_bare_message_has_nulls_and_empty_keys() {
        for summary in summaries("X-Nothing: here\n\n") {
            assert_eq!((summary.sent_at, summary.received_at, &summary.subject), (None, None, &None));
            assert_eq!((&summary.from, &summary.message_id), (&None, &None));
            assert_eq!((summary.sort_from.as_str(), summary.sort_subject.as_str()), ("", ""));
            assert_eq!((summary.preview.as_str(), summary.has_attachment), ("", false));
        }
    }

    #[test]
    fn the_preview_is_what_the_author_says() {
        for (body, preview) in [
            ("text/plain\n\n  Hello,\n\n> quoted\nit's\tme\u{7}!", "Hello, it's me !"),
            ("text/plain\n\n> only\n> quoted", "> only > quoted"),
            ("text/html\n\n<head><style>p{}</style></head><p>Hello&nbsp;<b>you</b>", "Hello you"),
        ] {
            for summary in summaries(&format!("Content-Type: {body}")) {
                assert_eq!(summary.preview, preview);
            }
        }
        for summary in summaries(&format!("Subject: x\n\n{}", "wör ".repeat(1_000))) {
            assert_eq!(summary.preview.chars().count(), 255, "a space at the end is left out");
        }
        for summary in summaries(&format!("Subject: x\n\n{}", "é".repeat(1_000))) {
            assert_eq!(summary.preview.chars().count(), 256);
        }
    }

    #[test]
    fn sort_keys_are_bounded() {
        let long = "Ü".repeat(1_000);
        for summary in summaries(&format!("Subject: {long}\nFrom: {long}\n\n")) {
            assert_eq!(summary.sort_subject, "ü".repeat(MAX_SORT_KEY));
            assert_eq!(summary.sort_from.chars().count(), MAX_SORT_KEY);
        }
    }

    #[test]
    fn attachments_are_what_can_be_downloaded() {
        let with = |part: &str| {
            let raw = format!(
                "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<img src=\"cid:a@x\">\n--b\n{part}\n\nx\n--b--\n"
            );
            let found: Vec<bool> = summaries(&raw).iter().map(|summary| summary.has_attachment).collect();
            assert_eq!(found[0], found[1]);
            found[0]
        };
        for part in [
            "Content-Type: application/pdf",
            "Content-Type: application/pdf\nContent-Disposition: attachment",
            "Content-Type: text/plain; name=notes.txt",
            "Content-Type: message/rfc822",
            "Content-Type: image/png\nContent-Disposition: attachment",
            "Content-Type: application/pdf\nContent-ID: <unused@x>",
        ] {
            assert!(with(part), "{part}");
        }
        for part in [
            "Content-Type: text/plain",
            "Content-Type: application/pdf\nContent-Disposition: inline",
            "Content-Type: image/png\nContent-Disposition: attachment\nContent-ID: <a@x>",
            "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Disposition: attachment",
        ] {
            assert!(!with(part), "{part}");
        }
    }
}
