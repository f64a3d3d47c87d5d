//! What a client may set of a Mailbox, read and checked (RFC 8621 §2).

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::store::mailbox::MailboxSettings;
use crate::wire::capability::MAX_SIZE_MAILBOX_NAME;
use crate::wire::envelope::Arguments;
use crate::wire::errors::SetError;
use crate::wire::ids::MailboxId;
use crate::wire::references::CreatedIds;

/// The roles of the IANA registry "IMAP Mailbox Name Attributes" that say what a mailbox is for, in lower case.
const ROLES: [&str; 13] = [
    "all",
    "archive",
    "drafts",
    "flagged",
    "important",
    "inbox",
    "junk",
    "memos",
    "scheduled",
    "sent",
    "snoozed",
    "subscribed",
    "trash",
];

/// The properties that a client may set.
const SETTABLE: [&str; 5] = ["name", "parentId", "role", "sortOrder", "isSubscribed"];

/// The default of a property that has one, for patches that set null.
pub(super) fn default_of(property: &str) -> Option<Value> {
    match property {
        "parentId" | "role" => Some(Value::Null),
        "sortOrder" => Some(Value::from(0)),
        "isSubscribed" => Some(Value::Bool(true)),
        _ => None,
    }
}

/// Refuses server-set properties, but those that say what is true already (RFC 8620 §5.3), and unknown ones.
pub(super) fn refuse_server_set(object: &Arguments, current: Option<&Arguments>) -> Result<(), SetError> {
    let mut wrong: Vec<String> = Vec::new();
    for (name, value) in object {
        let is_current = current.is_some_and(|current| current.get(name) == Some(value));
        if !SETTABLE.contains(&name.as_str()) && !is_current {
            wrong.push(name.clone());
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let description = "set by the server, or unknown".to_owned();
    Err(SetError::InvalidProperties { properties: wrong, description })
}

/// Reads what is settable out of a whole object. That names and roles are free and parents exist is checked
/// against the other mailboxes afterwards.
pub(super) fn parse(object: &Arguments, created_ids: &CreatedIds) -> Result<MailboxSettings, SetError> {
    let null = Value::Null;
    let property = |name: &str| object.get(name).unwrap_or(&null);
    Ok(MailboxSettings {
        name: name(property("name"))?,
        parent: parent(property("parentId"), created_ids)?,
        role: role(property("role"))?,
        sort_order: sort_order(property("sortOrder"))?,
        is_subscribed: match property("isSubscribed") {
            Value::Null => true,
            Value::Bool(is_subscribed) => *is_subscribed,
            _ => return Err(SetError::invalid_property("isSubscribed", "must be a Boolean")),
        },
    })
}

/// A Net-Unicode string (RFC 5198) of at least one character: in NFC, without control characters.
fn name(value: &Value) -> Result<String, SetError> {
    let wrong = |problem: &str| Err(SetError::invalid_property("name", problem));
    let Value::String(text) = value else { return wrong("must be a String") };
    let name: String = text.nfc().collect();
    if name.trim().is_empty() {
        return wrong("must not be empty");
    }
    if name.len() as u64 > MAX_SIZE_MAILBOX_NAME {
        return wrong("is too long");
    }
    if name.chars().any(|c| c.is_control() || c == '\u{2028}' || c == '\u{2029}') {
        return wrong("must not contain control characters");
    }
    Ok(name)
}

fn parent(value: &Value, created_ids: &CreatedIds) -> Result<Option<MailboxId>, SetError> {
    match value {
        Value::Null => Ok(None),
        Value::String(id) => {
            let id = created_ids.resolve(id).and_then(MailboxId::parse);
            id.map(Some).ok_or_else(|| SetError::invalid_property("parentId", "there is no such Mailbox"))
        }
        _ => Err(SetError::invalid_property("parentId", "must be an Id or null")),
    }
}

fn role(value: &Value) -> Result<Option<String>, SetError> {
    match value {
        Value::Null => Ok(None),
        Value::String(role) if ROLES.contains(&role.as_str()) => Ok(Some(role.clone())),
        _ => Err(SetError::invalid_property("role", "must be a registered role in lower case, or null")),
    }
}

fn sort_order(value: &Value) -> Result<i64, SetError> {
    match value {
        Value::Null => Ok(0),
        value => value
            .as_i64()
            .filter(|order| (0..1 << 31).contains(order))
            .ok_or_else(|| SetError::invalid_property("sortOrder", "must be an UnsignedInt below 2^31")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<MailboxSettings, SetError> {
        parse(value.as_object().unwrap(), &CreatedIds::default())
    }

    #[test]
    fn defaults_are_those_of_the_rfc() {
        let settings = read(json!({"name": "Ru\u{308}m"})).unwrap();
        assert_eq!(settings.name, "R\u{fc}m");
        assert_eq!((settings.parent, settings.role, settings.sort_order), (None, None, 0));
        assert!(settings.is_subscribed);
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        for (property, value) in [
            ("name", json!("")),
            ("name", json!(" ")),
            ("name", json!("a\nb")),
            ("name", json!("x".repeat(491))),
            ("name", json!(null)),
            ("parentId", json!("x")),
            ("parentId", json!(1)),
            ("role", json!("Inbox")),
            ("role", json!("nonsense")),
            ("sortOrder", json!(-1)),
            ("sortOrder", json!(1_i64 << 31)),
            ("isSubscribed", json!("yes")),
        ] {
            let mut object = json!({"name": "n"});
            object[property] = value.clone();
            let Err(SetError::InvalidProperties { properties, .. }) = read(object) else {
                panic!("{property} = {value} was taken")
            };
            assert_eq!(properties, [property]);
        }
    }
}
