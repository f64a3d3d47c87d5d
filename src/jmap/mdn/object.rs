//! The MDN object (RFC 9007 §2).

use serde_json::{Value, json};

use crate::mime::mdn::{Disposition, Notification};
use crate::wire::envelope::Arguments;
use crate::wire::ids::EmailId;

/// All of its properties, in the order of the RFC.
pub(super) fn object(notification: &Notification, for_email: Option<EmailId>) -> Arguments {
    let report = &notification.report;
    let list_or_null = |list: &[String]| if list.is_empty() { Value::Null } else { json!(list) };
    let extensions: Arguments =
        report.extensions.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let properties = [
        ("forEmailId", json!(for_email)),
        ("subject", json!(notification.subject)),
        ("textBody", json!(notification.text)),
        ("includeOriginalMessage", json!(notification.has_original)),
        ("reportingUA", json!(report.reporting_ua)),
        ("disposition", disposition(report.disposition)),
        ("mdnGateway", json!(report.mdn_gateway)),
        ("originalRecipient", json!(report.original_recipient)),
        ("finalRecipient", json!(report.final_recipient)),
        ("originalMessageId", json!(report.original_message_id)),
        ("error", list_or_null(&report.errors)),
        ("extensionFields", if extensions.is_empty() { Value::Null } else { Value::Object(extensions) }),
    ];
    properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn disposition(disposition: Disposition) -> Value {
    json!({
        "actionMode": disposition.action.as_str(),
        "sendingMode": disposition.sending.as_str(),
        "type": disposition.kind.as_str(),
    })
}
