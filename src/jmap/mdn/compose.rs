//! The message that an MDN becomes (RFC 9007 §2.1, RFC 8098 §3).

use chrono::{DateTime, Utc};

use super::request::MdnRequest;
use crate::mime::build::{Field, message};
use crate::mime::mdn::{Notification, Report, SendingMode};
use crate::mime::{EmailAddress, HeaderField, HeaderForm, HeaderProperty, HeaderValue, Headers};
use crate::submit::envelope::is_mailbox;
use crate::wire::errors::SetError;

/// Recipients of one MDN at most; a request for more is none.
const MAX_RECIPIENTS: usize = 10;

/// Who sends.
pub(super) struct Author<'a> {
    /// The name of the Identity.
    pub(super) name: &'a str,
    /// The address for which the MDN is issued.
    pub(super) email: &'a str,
}

/// The message that is reported on.
pub(super) struct Original<'a> {
    pub(super) raw: &'a [u8],
    pub(super) subject: Option<&'a str>,
    /// Its first message id, without angle brackets.
    pub(super) message_id: Option<&'a str>,
}

/// What makes this message another than all others.
pub(super) struct Stamp {
    /// Message-ID, without angle brackets.
    pub(super) message_id: String,
    pub(super) now: DateTime<Utc>,
}

/// A message that is ready to be sent, with the null reverse-path.
pub(super) struct Composed {
    pub(super) notification: Notification,
    pub(super) raw: Vec<u8>,
    pub(super) recipients: Vec<String>,
}

/// Whom the original message asks to notify: the mailboxes of its one Disposition-Notification-To (RFC 8098 §2.1);
/// empty if nobody, or nothing valid. A report asks for none, whatever it says: nothing answers an MDN (§2.1).
pub(super) fn recipients(original: &[u8]) -> Vec<EmailAddress> {
    let headers = Headers::of_message(original);
    let is_report = |field: HeaderField<'_>| {
        field.raw().trim_start().to_ascii_lowercase().starts_with("multipart/report")
    };
    if headers.all("Content-Type").any(is_report) {
        return Vec::new();
    }
    let name = "Disposition-Notification-To";
    let form = HeaderProperty { name: name.to_owned(), form: HeaderForm::Addresses, all: false };
    let HeaderValue::Addresses(addresses) = form.value_of(&headers) else { return Vec::new() };
    let is_request = (1..=MAX_RECIPIENTS).contains(&addresses.len())
        && addresses.iter().all(|address| is_mailbox(&address.email))
        && headers.all(name).count() == 1;
    if is_request { addresses } else { Vec::new() }
}

/// Composes the message.
pub(super) fn compose(
    request: &MdnRequest,
    author: &Author<'_>,
    original: &Original<'_>,
    to: &[EmailAddress],
    stamp: &Stamp,
) -> Result<Composed, SetError> {
    let notification = notification(request, author, original);
    let invalid = |problem| SetError::invalid_property("send", problem);
    let returned = request.include_original.then(|| original.raw.to_vec());
    let entity = notification.entity(returned).map_err(invalid)?;
    let name = Some(author.name.to_owned()).filter(|name| !name.is_empty());
    let from = vec![EmailAddress { name, email: author.email.to_owned() }];
    let text = |text: &str| HeaderValue::Text(text.to_owned());
    let ids = |id: &str| HeaderValue::Strings(vec![id.to_owned()]);
    let answered = original.message_id.map_or(HeaderValue::Null, ids);
    // Whoever did not send it oneself does not get automatic answers to it (RFC 3834 §5).
    let is_automatic = request.disposition.sending == SendingMode::Automatic;
    let automatic = if is_automatic { text("auto-replied") } else { HeaderValue::Null };
    let subject = notification.subject.as_deref().unwrap_or_default();
    let fields = [
        ("Date", HeaderForm::Date, HeaderValue::Date(stamp.now.fixed_offset())),
        ("From", HeaderForm::Addresses, HeaderValue::Addresses(from)),
        ("To", HeaderForm::Addresses, HeaderValue::Addresses(to.to_vec())),
        ("Subject", HeaderForm::Text, text(subject)),
        ("Message-ID", HeaderForm::MessageIds, ids(&stamp.message_id)),
        ("In-Reply-To", HeaderForm::MessageIds, answered.clone()),
        ("References", HeaderForm::MessageIds, answered),
        ("Auto-Submitted", HeaderForm::Text, automatic),
    ];
    let fields = fields.into_iter().map(|(name, form, value)| Field::new(name, form, &value));
    let fields: Vec<Option<Field>> = fields.collect::<Result<_, _>>().map_err(invalid)?;
    let fields: Vec<Field> = fields.into_iter().flatten().collect();
    let raw = message(&fields, entity).map_err(invalid)?;
    let recipients = to.iter().map(|address| address.email.clone()).collect();
    Ok(Composed { notification, raw, recipients })
}

/// What is told: by the client, by the original message, and by default.
fn notification(request: &MdnRequest, author: &Author<'_>, original: &Original<'_>) -> Notification {
    let kind = request.disposition.kind.as_str();
    let about = original.subject.filter(|subject| !subject.is_empty());
    let subject = request.subject.clone().unwrap_or_else(|| match about {
        Some(subject) => format!("Disposition notification: {subject}"),
        None => "Disposition notification".to_owned(),
    });
    let text = request.text.clone().unwrap_or_else(|| {
        let which = about.map_or(" ".to_owned(), |subject| format!(" with the subject\n\n    {subject}\n\n"));
        format!("The message to {}{which}was {kind}.\n", author.email)
    });
    let is_ascii = author.email.is_ascii();
    let final_recipient = request
        .final_recipient
        .clone()
        .unwrap_or_else(|| format!("{}; {}", if is_ascii { "rfc822" } else { "utf-8" }, author.email));
    Notification {
        subject: Some(subject),
        text: Some(text),
        has_original: request.include_original,
        report: Report {
            reporting_ua: request.reporting_ua.clone(),
            mdn_gateway: None,
            original_recipient: original_recipient(original.raw),
            final_recipient: Some(final_recipient),
            original_message_id: original.message_id.map(|id| format!("<{id}>")),
            disposition: request.disposition,
            errors: Vec::new(),
            extensions: request.extensions.clone(),
        },
    }
}

/// The one Original-Recipient field of the message (RFC 8098 §2.3, §3.2.3).
fn original_recipient(original: &[u8]) -> Option<String> {
    let headers = Headers::of_message(original);
    let fields: Vec<_> = headers.all("Original-Recipient").collect();
    let [field] = fields.as_slice() else { return None };
    let HeaderValue::Text(value) = HeaderForm::Text.value_of(*field) else { return None };
    let value = value.trim();
    let is_value = value.contains(';') && value.len() < 900 && !value.contains(|c: char| c.is_control());
    is_value.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::mime::Message;
    use crate::wire::references::CreatedIds;

    const ORIGINAL: &[u8] = b"From: Ann <ann@example.net>\r\nTo: team@example.com\r\nSubject: Plans\r\nMessage-ID: <p@example.net>\r\n\
        Disposition-Notification-To: Ann <ann@example.net>\r\nOriginal-Recipient: rfc822;team@example.com\r\n\r\nx\r\n";

    fn composed(more: serde_json::Value) -> Composed {
        let mut object = json!({
            "forEmailId": "e1",
            "disposition": {"actionMode": "manual-action", "sendingMode": "mdn-sent-manually", "type": "displayed"},
        });
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let request = MdnRequest::read(&object, &CreatedIds::default()).unwrap();
        let author = Author { name: "John", email: "john@example.com" };
        let original = Original { raw: ORIGINAL, subject: Some("Plans"), message_id: Some("p@example.net") };
        let now = DateTime::UNIX_EPOCH;
        let stamp = Stamp { message_id: "1@example.com".to_owned(), now };
        compose(&request, &author, &original, &recipients(ORIGINAL), &stamp).unwrap()
    }

    #[test]
    fn the_message_is_what_rfc_8098_wants() {
        let composed = composed(json!({}));
        assert_eq!(composed.recipients, ["ann@example.net"]);
        let raw = String::from_utf8(composed.raw.clone()).unwrap();
        let boundary = raw.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
        insta::assert_snapshot!(raw.replace(boundary, "boundary").replace("\r\n", "\n"));
        let read = Notification::of(&Message::parse(&composed.raw).unwrap()).unwrap();
        assert_eq!(read, composed.notification);
    }

    #[test]
    fn what_the_client_says_goes_before() {
        let composed = composed(json!({
            "subject": "Gelesen: Pläne",
            "textBody": "Gelesen.",
            "finalRecipient": "rfc822; team@example.com",
            "includeOriginalMessage": true,
            "extensionFields": {"X-One": "1"},
            "disposition": {"actionMode": "automatic-action", "sendingMode": "mdn-sent-automatically", "type": "deleted"},
        }));
        let message = Message::parse(&composed.raw).unwrap();
        assert_eq!(Notification::of(&message).unwrap(), composed.notification);
        assert_eq!(composed.notification.report.final_recipient.as_deref(), Some("rfc822; team@example.com"));
        assert!(message.headers().last("Auto-Submitted").is_some());
        assert!(message.headers().last("Disposition-Notification-To").is_none());
        let structure = message.structure();
        let original = structure.part("3").unwrap().section.unwrap();
        assert_eq!(original.data(message.raw()).unwrap(), ORIGINAL);
    }

    #[test]
    fn only_a_valid_request_has_recipients() {
        let with = |field: &str| recipients(format!("Subject: x\r\n{field}\r\n\r\nx").as_bytes()).len();
        assert_eq!(with("Disposition-Notification-To: a@example.org, B <b@example.org>"), 2);
        for none in [
            "X: y",
            "Disposition-Notification-To:",
            "Disposition-Notification-To: nobody",
            "Disposition-Notification-To: a@example.org, nobody",
            "Disposition-Notification-To: a@example.org\r\nDisposition-Notification-To: b@example.org",
            "Disposition-Notification-To: a@example.org\r\nContent-Type: multipart/report; report-type=disposition-notification",
            "content-type:Multipart/Report\r\nDisposition-Notification-To: a@example.org",
        ] {
            assert_eq!(with(none), 0, "{none}");
        }
    }
}
