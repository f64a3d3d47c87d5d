//! mailboxIds, keywords and receivedAt as clients give them (RFC 8621 §4.1.1).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::wire::capability::MAX_MAILBOXES_PER_EMAIL;
use crate::wire::date::parse_utc_date;
use crate::wire::errors::SetError;
use crate::wire::ids::MailboxId;
use crate::wire::keyword::Keyword;
use crate::wire::references::CreatedIds;

/// How many keywords one email takes.
const MAX_KEYWORDS: usize = 128;

/// mailboxIds as a client gives them (RFC 8621 §4.1.1): at least one, all of which exist.
pub(super) fn parse_mailbox_ids(
    value: &Value,
    mailboxes: &BTreeSet<MailboxId>,
    created_ids: &CreatedIds,
) -> Result<BTreeSet<MailboxId>, SetError> {
    let wrong = |problem: String| SetError::invalid_property("mailboxIds", problem);
    let found = parse_mailbox_id_set(value, created_ids)?;
    match found.iter().find(|mailbox| !mailboxes.contains(mailbox)) {
        Some(missing) => Err(wrong(format!("there is no Mailbox {missing}"))),
        None => Ok(found),
    }
}

/// mailboxIds by their form alone.
pub(super) fn parse_mailbox_id_set(
    value: &Value,
    created_ids: &CreatedIds,
) -> Result<BTreeSet<MailboxId>, SetError> {
    let wrong = |problem: String| SetError::invalid_property("mailboxIds", problem);
    let Value::Object(members) = value else { return Err(wrong("must be an object of ids".to_owned())) };
    if members.is_empty() {
        return Err(wrong("an Email is in one Mailbox at least".to_owned()));
    }
    if members.len() as u64 > MAX_MAILBOXES_PER_EMAIL {
        return Err(SetError::TooManyMailboxes(format!(
            "an Email is in {MAX_MAILBOXES_PER_EMAIL} Mailboxes at most"
        )));
    }
    members
        .iter()
        .map(|(id, is_in)| {
            if *is_in != Value::Bool(true) {
                return Err(wrong(format!("the value of {id:?} must be true")));
            }
            created_ids
                .resolve(id)
                .and_then(MailboxId::parse)
                .ok_or_else(|| wrong(format!("there is no Mailbox {id}")))
        })
        .collect()
}

/// keywords as a client gives them (RFC 8621 §4.1.1).
pub(super) fn parse_keywords(value: &Value) -> Result<BTreeSet<Keyword>, SetError> {
    let wrong = |problem: String| SetError::invalid_property("keywords", problem);
    let Value::Object(members) = value else { return Err(wrong("must be an object of keywords".to_owned())) };
    if members.len() > MAX_KEYWORDS {
        return Err(SetError::TooManyKeywords(format!("an Email takes {MAX_KEYWORDS} keywords")));
    }
    members
        .iter()
        .map(|(keyword, is_set)| {
            if *is_set != Value::Bool(true) {
                return Err(wrong(format!("the value of {keyword:?} must be true")));
            }
            Keyword::parse(keyword).ok_or_else(|| wrong(format!("{keyword:?} is no keyword")))
        })
        .collect()
}

/// receivedAt as a client gives it, if it does.
pub(super) fn parse_received_at(value: Option<&Value>) -> Result<Option<DateTime<Utc>>, SetError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_str().and_then(parse_utc_date) {
            Some(at) => Ok(Some(at)),
            None => Err(SetError::invalid_property("receivedAt", "must be a UTCDate")),
        },
    }
}
