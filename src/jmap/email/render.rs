//! Emails as JSON.

use chrono::{DateTime, FixedOffset};
use serde_json::{Value, json};

use super::body::{Body, header_value};
use super::properties::{EmailProperties, Property};
use crate::delivery::Stored;
use crate::locale::{self, Language};
use crate::store::email::{EmailHeaders, EmailRow, Membership, SmimeColumns};
use crate::wire::blob_id::BlobId;
use crate::wire::date::{date, utc_date};
use crate::wire::envelope::Arguments;

/// Everything about one email that was asked for.
pub(super) struct Source<'a> {
    /// What only an Email in an account has; a message that is merely parsed has none of it (RFC 8621 §4.9).
    pub(super) stored: Option<&'a EmailRow>,
    pub(super) blob_id: BlobId,
    pub(super) size: u64,
    pub(super) sent_at: Option<DateTime<FixedOffset>>,
    pub(super) headers: &'a EmailHeaders,
    pub(super) has_attachment: bool,
    pub(super) preview: &'a str,
    pub(super) smime: Option<&'a SmimeColumns>,
    /// smimeSigners, if it was asked for and the message is signed.
    pub(super) signers: Option<&'a Value>,
    /// The message, if any property needs it and it could be read.
    pub(super) body: Option<&'a Body<'a>>,
    pub(super) language: Language,
}

impl<'a> Source<'a> {
    /// An Email in an account, without its message.
    pub(super) fn of_row(row: &'a EmailRow, smime: Option<&'a SmimeColumns>, language: Language) -> Self {
        Self {
            stored: Some(row),
            blob_id: BlobId::Whole { hash: row.blob.0 },
            size: row.size.unsigned_abs(),
            sent_at: row.sent_at,
            headers: &row.headers,
            has_attachment: row.has_attachment,
            preview: &row.preview,
            smime,
            signers: None,
            body: None,
            language,
        }
    }
}

/// The properties of an Email in the order of the RFC. Properties of the form `header:…` stand after the other
/// header fields.
pub(super) fn email(source: &Source<'_>, wanted: &EmailProperties) -> Arguments {
    // With room for the id, which stands first.
    let mut object = Arguments::with_capacity(wanted.properties.len() + wanted.headers.len() + 1);
    let mut headers = Some(&wanted.headers);
    for property in &wanted.properties {
        if property.is_after_headers()
            && let Some(headers) = headers.take()
        {
            add_headers(&mut object, source, headers);
        }
        object.insert(property.name().to_owned(), value(source, *property));
    }
    if let Some(headers) = headers {
        add_headers(&mut object, source, headers);
    }
    object
}

impl Property {
    fn is_after_headers(self) -> bool {
        self.is_smime()
            || matches!(self, Self::HasAttachment | Self::Preview | Self::SmimeSigners)
            || self.needs_message() && self != Self::Headers
    }
}

fn add_headers(
    object: &mut Arguments,
    source: &Source<'_>,
    headers: &[(String, crate::mime::HeaderProperty)],
) {
    let fields = source.body.map(Body::headers);
    for (name, property) in headers {
        let value = fields.as_ref().map_or(Value::Null, |fields| header_value(property, fields));
        object.insert(name.clone(), value);
    }
}

fn value(source: &Source<'_>, property: Property) -> Value {
    let headers = source.headers;
    let stored = |value: fn(&EmailRow) -> Value| source.stored.map_or(Value::Null, value);
    match property {
        Property::BlobId => json!(source.blob_id.to_string()),
        Property::ThreadId => stored(|row| json!(row.thread)),
        Property::MailboxIds => stored(|row| mailbox_ids(&row.membership)),
        Property::Keywords => stored(|row| keywords(&row.membership)),
        Property::Size => json!(source.size),
        Property::ReceivedAt => stored(|row| json!(utc_date(row.received_at))),
        Property::MessageId => json!(headers.message_id),
        Property::InReplyTo => json!(headers.in_reply_to),
        Property::References => json!(headers.references),
        Property::Sender => json!(headers.sender),
        Property::From => json!(headers.from),
        Property::To => json!(headers.to),
        Property::Cc => json!(headers.cc),
        Property::Bcc => json!(headers.bcc),
        Property::ReplyTo => json!(headers.reply_to),
        Property::Subject => json!(headers.subject),
        Property::SentAt => json!(source.sent_at.map(date)),
        Property::Date => json!(source.sent_at.map(|at| utc_date(at.to_utc()))),
        Property::HasAttachment => json!(source.has_attachment),
        Property::Preview => json!(source.preview),
        Property::SmimeStatus => {
            json!(source.smime.and_then(|smime| smime.status).map(|status| status.as_str()))
        }
        Property::SmimeStatusAtDelivery => {
            json!(source.smime.and_then(|smime| smime.status_at_delivery).map(|status| status.as_str()))
        }
        Property::SmimeErrors => smime_errors(source),
        Property::SmimeVerifiedAt => json!(source.smime.and_then(|smime| smime.verified_at).map(utc_date)),
        Property::SmimeSigners => source.signers.cloned().unwrap_or_default(),
        Property::Headers
        | Property::BodyStructure
        | Property::BodyValues
        | Property::TextBody
        | Property::HtmlBody
        | Property::Attachments => source.body.map_or(Value::Null, |body| body.value(property)),
    }
}

/// What a client is told of an Email that was stored, beside its id (RFC 8621 §4.6–4.8).
pub(super) fn stored(stored: &Stored) -> Arguments {
    let mut object = Arguments::new();
    object.insert("blobId".to_owned(), json!(BlobId::Whole { hash: stored.blob.0 }.to_string()));
    object.insert("threadId".to_owned(), json!(stored.thread));
    object.insert("size".to_owned(), json!(stored.size));
    object
}

/// mailboxIds: an object whose keys are the ids (RFC 8621 §4.1.1).
pub(super) fn mailbox_ids(membership: &Membership) -> Value {
    membership.mailboxes.iter().map(|mailbox| (mailbox.to_string(), Value::Bool(true))).collect()
}

/// keywords: an object whose keys are the keywords (RFC 8621 §4.1.1).
pub(super) fn keywords(membership: &Membership) -> Value {
    membership.keywords.iter().map(|keyword| (keyword.to_string(), Value::Bool(true))).collect()
}

/// smimeErrors in the reader's language (RFC 9219 §4.1).
fn smime_errors(source: &Source<'_>) -> Value {
    match source.smime.and_then(|smime| smime.errors.as_ref()) {
        None => Value::Null,
        Some(errors) => errors.iter().map(|problem| locale::text(source.language, problem)).collect(),
    }
}
