//! An Email that is to be created, read and checked, its blobs not yet looked up (RFC 8621 §4.6).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::fields::{Fields, convenience};
use super::parts::{Part, PartContent, PartReader, Role};
use crate::jmap::email::membership::{parse_keywords, parse_mailbox_ids, parse_received_at};
use crate::jmap::email::problems::Problems;
use crate::mime::HeaderProperty;
use crate::mime::build::ContentType;
use crate::store::email::Membership;
use crate::wire::envelope::Arguments;
use crate::wire::ids::MailboxId;
use crate::wire::references::CreatedIds;

/// What a message is to be made of.
pub(super) struct Outline {
    pub(super) membership: Membership,
    pub(super) received_at: Option<DateTime<Utc>>,
    /// The header fields of the message but those that its root part says.
    pub(super) fields: Fields,
    pub(super) root: Part,
}

/// What was read: an outline if nothing is wrong.
pub(super) struct Reading {
    pub(super) outline: Option<Outline>,
    /// The blobs that parts name, also where something is wrong.
    pub(super) blob_ids: BTreeSet<String>,
    pub(super) problems: Problems,
}

/// The properties that say what the body is.
const BODY: [&str; 5] = ["bodyStructure", "textBody", "htmlBody", "attachments", "bodyValues"];

/// Reads an object of `create`. A property that is null says nothing, as if it were left out.
pub(super) fn read(object: &Arguments, mailboxes: &BTreeSet<MailboxId>, created_ids: &CreatedIds) -> Reading {
    let mut problems = Problems::default();
    let given = |name: &str| object.get(name).filter(|value| !value.is_null());
    let mailbox_ids = given("mailboxIds").unwrap_or(&Value::Null);
    let mailbox_ids = problems.take(parse_mailbox_ids(mailbox_ids, mailboxes, created_ids));
    let keywords = given("keywords").map_or_else(|| Ok(BTreeSet::new()), parse_keywords);
    let keywords = problems.take(keywords);
    let received_at = problems.take(parse_received_at(object.get("receivedAt"))).flatten();
    let fields = header_fields(object, &mut problems);
    let values = body_values(given("bodyValues"), &mut problems);
    let mut reader = PartReader::new(&values, &mut problems);
    let root = body(&given, &mut reader);
    let blob_ids = std::mem::take(&mut reader.blob_ids);
    if let Some(root) = &root {
        let shared: Vec<String> = fields.shared_with(&root.fields).map(str::to_owned).collect();
        shared.iter().for_each(|path| problems.add(path, "the Email itself has this header field"));
    }
    let outline = match (mailbox_ids, keywords, root) {
        (Some(mailboxes), Some(keywords), Some(root)) => {
            Some(Outline { membership: Membership { mailboxes, keywords }, received_at, fields, root })
        }
        _ => None,
    };
    Reading { outline, blob_ids, problems }
}

/// The header fields of the Email, and whatever is no property that a client sets.
fn header_fields(object: &Arguments, problems: &mut Problems) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in object {
        if ["mailboxIds", "keywords", "receivedAt"].contains(&name.as_str()) || BODY.contains(&name.as_str())
        {
            continue;
        }
        let header = match convenience(name) {
            Some(header) => header,
            None if name.starts_with("header:") => match HeaderProperty::parse(name) {
                Ok(header) if is_content(&header.name) => {
                    problems.add(name, "header fields that begin with Content- belong to parts");
                    continue;
                }
                Ok(header) => header,
                Err(error) => {
                    problems.add(name, error);
                    continue;
                }
            },
            None => {
                problems.add(name, "is set by the server, or is no property");
                continue;
            }
        };
        fields.read(&header, value, name, problems);
    }
    fields
}

fn is_content(header: &str) -> bool {
    header.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("Content-"))
}

/// bodyValues, each checked.
fn body_values(given: Option<&Value>, problems: &mut Problems) -> Arguments {
    let values = match given {
        None => return Arguments::new(),
        Some(Value::Object(values)) => values,
        Some(_) => {
            problems.add("bodyValues", "must be an object of EmailBodyValue objects");
            return Arguments::new();
        }
    };
    for (part_id, value) in values {
        let path = format!("bodyValues/{part_id}");
        let Value::Object(value) = value else {
            problems.add(path, "must be an EmailBodyValue");
            continue;
        };
        if !value.get("value").is_some_and(Value::is_string) {
            problems.add(format!("{path}/value"), "must be a String");
        }
        for (name, flag) in value.iter().filter(|(name, _)| *name != "value") {
            let is_flag = ["isEncodingProblem", "isTruncated"].contains(&name.as_str());
            if !is_flag || !matches!(flag, Value::Null | Value::Bool(false)) {
                problems
                    .add(format!("{path}/{name}"), "is false or left out in a value that is to be written");
            }
        }
    }
    values.clone()
}

/// The root of the body: bodyStructure, or what textBody, htmlBody and attachments amount to.
fn body<'v>(given: &impl Fn(&str) -> Option<&'v Value>, reader: &mut PartReader<'_>) -> Option<Part> {
    let lists = ["textBody", "htmlBody", "attachments"];
    if let Some(structure) = given("bodyStructure") {
        for name in lists.into_iter().filter(|name| given(name).is_some()) {
            reader.problems.add(name, "bodyStructure says all of the body");
            reader
                .problems
                .add("bodyStructure", "textBody, htmlBody and attachments say the body in another way");
        }
        return reader.part(structure, "bodyStructure", Role::Structure, 0);
    }
    let text = given("textBody").map(|list| single(list, "textBody", "text/plain", reader));
    let html = given("htmlBody").map(|list| single(list, "htmlBody", "text/html", reader));
    let role = Role::Attachment { has_html: html.is_some() };
    let attachments: Option<Vec<Part>> = match given("attachments") {
        None => Some(Vec::new()),
        Some(Value::Array(list)) => {
            let parts = list.iter().enumerate();
            let parts =
                parts.map(|(number, part)| reader.part(part, &format!("attachments/{number}"), role, 1));
            let parts: Vec<Option<Part>> = parts.collect();
            parts.into_iter().collect()
        }
        Some(_) => {
            reader.problems.add("attachments", "must be an array of parts");
            None
        }
    };
    // What was given is wrong if it is not there.
    let (text, html) =
        (text.map_or(Some(None), |text| text.map(Some))?, html.map_or(Some(None), |html| html.map(Some))?);
    Some(arrange(text, html, attachments?))
}

/// textBody and htmlBody hold one part each, of their type.
fn single(list: &Value, name: &str, media_type: &'static str, reader: &mut PartReader<'_>) -> Option<Part> {
    match list.as_array().map(Vec::as_slice) {
        Some([part]) => reader.part(part, &format!("{name}/0"), Role::Body(media_type), 1),
        _ => {
            reader
                .problems
                .add(name, format_args!("must be an array of exactly one part of type {media_type}"));
            None
        }
    }
}

/// The tree that readers make the same lists of (RFC 8621 §4.1.4): alternatives of text and HTML; beside the HTML what
/// it shows; behind all of it what is attached.
fn arrange(text: Option<Part>, html: Option<Part>, attachments: Vec<Part>) -> Part {
    let has_html = html.is_some();
    let is_shown =
        |part: &Part| has_html && part.cid.is_some() && part.disposition.as_deref() != Some("attachment");
    let (shown, attached): (Vec<Part>, Vec<Part>) = attachments.into_iter().partition(is_shown);
    let html = html.map(|html| match shown.is_empty() {
        true => html,
        // RFC 2387 §3.1 wants the type of the part that shows the others.
        false => part(
            ContentType::new("multipart/related").with("type", "text/html"),
            PartContent::Parts(std::iter::once(html).chain(shown).collect()),
        ),
    });
    let body = match (text, html) {
        (Some(text), Some(html)) => Some(multipart("alternative", vec![text, html])),
        (text, html) => text.or(html),
    };
    match (body, attached.is_empty()) {
        (Some(body), true) => body,
        (None, true) => part(ContentType::new("text/plain"), PartContent::Text(String::new())),
        (body, false) => multipart("mixed", body.into_iter().chain(attached).collect()),
    }
}

fn multipart(subtype: &str, parts: Vec<Part>) -> Part {
    part(ContentType::new(&format!("multipart/{subtype}")), PartContent::Parts(parts))
}

fn part(content_type: ContentType, content: PartContent) -> Part {
    Part { content_type, fields: Fields::default(), content, cid: None, disposition: None }
}
