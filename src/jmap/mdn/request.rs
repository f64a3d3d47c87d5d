//! An MDN that a client wants to be sent (RFC 9007 §2, §2.1).

use serde_json::Value;

use crate::jmap::email::problems::Problems;
use crate::mime::HeaderProperty;
use crate::mime::mdn::{ActionMode, Disposition, DispositionType, SendingMode};
use crate::wire::envelope::Arguments;
use crate::wire::errors::SetError;
use crate::wire::ids::EmailId;
use crate::wire::references::CreatedIds;

/// Fields of its own that a report may have, and octets of a value.
const MAX_EXTENSIONS: usize = 100;
const MAX_VALUE: usize = 900;

/// What the client says of an MDN.
#[derive(Debug)]
pub(super) struct MdnRequest {
    /// `None` if there can be no such Email.
    pub(super) for_email: Option<EmailId>,
    pub(super) subject: Option<String>,
    pub(super) text: Option<String>,
    pub(super) include_original: bool,
    pub(super) reporting_ua: Option<String>,
    pub(super) disposition: Disposition,
    pub(super) final_recipient: Option<String>,
    pub(super) extensions: Vec<(String, String)>,
    /// The properties that the client gave, whatever their values.
    pub(super) given: Vec<String>,
}

/// The properties that only the server sets.
const SERVER_SET: [&str; 4] = ["mdnGateway", "originalRecipient", "originalMessageId", "error"];

const SETTABLE: [&str; 9] = [
    "forEmailId",
    "subject",
    "textBody",
    "includeOriginalMessage",
    "reportingUA",
    "disposition",
    "finalRecipient",
    "extensionFields",
    // What the example of RFC 9007 §3.1 calls extensionFields.
    "extension",
];

impl MdnRequest {
    /// Reads an object of `send`. Null says nothing, as if a property were left out.
    pub(super) fn read(value: &Value, created_ids: &CreatedIds) -> Result<Self, SetError> {
        let Value::Object(object) = value else {
            return Err(SetError::invalid_property("send", "must be MDN objects"));
        };
        let mut reader = Reader { object, problems: Problems::default() };
        for (name, value) in object {
            let name = name.as_str();
            let is_unset = SERVER_SET.contains(&name) && value.is_null();
            if !SETTABLE.contains(&name) && !is_unset {
                reader.problems.add(name, "is set by the server, or is no property");
            }
        }
        let for_email = reader.text("forEmailId", false);
        if for_email.is_none() {
            reader.problems.add("forEmailId", "must be the Id of an Email");
        }
        let request = Self {
            for_email: for_email.and_then(|id| created_ids.resolve(&id).and_then(EmailId::parse)),
            subject: reader.text("subject", false),
            text: reader.text("textBody", false),
            include_original: reader.flag("includeOriginalMessage"),
            reporting_ua: reader.text("reportingUA", true),
            final_recipient: reader.text("finalRecipient", true),
            extensions: reader.extensions(),
            given: object
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, _)| name.clone())
                .collect(),
            disposition: match reader.disposition() {
                Some(disposition) => disposition,
                None => {
                    reader
                        .problems
                        .add("disposition", "must be a Disposition with actionMode, sendingMode and type");
                    NOTHING
                }
            },
        };
        match reader.problems.into_error(Vec::new()) {
            Some(error) => Err(error),
            None => Ok(request),
        }
    }
}

/// What stands in a request that is refused.
const NOTHING: Disposition = Disposition {
    action: ActionMode::Manual,
    sending: SendingMode::Manual,
    kind: DispositionType::Processed,
};

struct Reader<'a> {
    object: &'a Arguments,
    problems: Problems,
}

impl Reader<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// A String; with `is_field` one that can be the value of a header field in ASCII (RFC 8098 §3.1).
    fn text(&mut self, name: &str, is_field: bool) -> Option<String> {
        let value = self.value(name)?;
        match value.as_str() {
            Some(text) if !is_field || is_field_value(text) => Some(text.to_owned()),
            Some(_) => {
                self.problems.add(name, "cannot be the value of a field of a report");
                None
            }
            None => {
                self.problems.add(name, "must be a String");
                None
            }
        }
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.value(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.problems.add(name, "must be a Boolean");
                false
            }
        }
    }

    fn disposition(&mut self) -> Option<Disposition> {
        let object = self.value("disposition")?.as_object()?;
        let word = |name: &str| object.get(name).and_then(Value::as_str);
        (object.len() == 3).then_some(())?;
        Some(Disposition {
            action: ActionMode::parse(word("actionMode")?)?,
            sending: SendingMode::parse(word("sendingMode")?)?,
            kind: DispositionType::parse(word("type")?)?,
        })
    }

    /// Fields of any name but those that RFC 8098 defines.
    fn extensions(&mut self) -> Vec<(String, String)> {
        let Some((property, value)) =
            ["extensionFields", "extension"].into_iter().find_map(|name| Some((name, self.value(name)?)))
        else {
            return Vec::new();
        };
        let fields = value.as_object().filter(|fields| fields.len() <= MAX_EXTENSIONS);
        let fields: Option<Vec<(String, String)>> = fields.and_then(|fields| {
            let fields = fields.iter().map(|(name, value)| {
                let value = value.as_str().filter(|value| is_field_value(value))?;
                let is_name =
                    HeaderProperty::parse(&format!("header:{name}")).is_ok_and(|known| known.name == *name);
                (is_name && !crate::mime::mdn::is_defined(name)).then(|| (name.clone(), value.to_owned()))
            });
            fields.collect()
        });
        match fields {
            Some(fields) => fields,
            None => {
                self.problems.add(property, "must be an object of field names and values");
                Vec::new()
            }
        }
    }
}

fn is_field_value(text: &str) -> bool {
    text.len() <= MAX_VALUE && !text.trim().is_empty() && !text.contains(|c: char| c.is_control())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<MdnRequest, SetError> {
        MdnRequest::read(&value, &CreatedIds::default())
    }

    #[test]
    fn the_example_of_the_rfc() {
        let request = read(json!({
            "forEmailId": "e1",
            "subject": "Read receipt for: World domination",
            "textBody": "This receipt shows that the email has been displayed.",
            "reportingUA": "joes-pc.cs.example.com; Foomail 97.1",
            "disposition": {
                "actionMode": "manual-action",
                "sendingMode": "mdn-sent-manually",
                "type": "displayed"
            },
            "extension": {"EXTENSION-EXAMPLE": "example.com"}
        }))
        .unwrap();
        assert_eq!(request.for_email, Some(EmailId(1)));
        assert_eq!(request.disposition.kind, DispositionType::Displayed);
        assert_eq!(request.extensions, [("EXTENSION-EXAMPLE".to_owned(), "example.com".to_owned())]);
        assert!(!request.include_original && request.final_recipient.is_none());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let good =
            json!({"actionMode": "manual-action", "sendingMode": "mdn-sent-manually", "type": "displayed"});
        for (name, value) in [
            ("forEmailId", json!(null)),
            ("subject", json!(1)),
            ("includeOriginalMessage", json!("yes")),
            ("reportingUA", json!("a\r\nFinal-Recipient: x")),
            ("finalRecipient", json!("")),
            ("disposition", json!(null)),
            ("disposition", json!({"actionMode": "manual-action", "sendingMode": "mdn-sent-manually"})),
            (
                "disposition",
                json!({"actionMode": "Manual-Action", "sendingMode": "mdn-sent-manually", "type": "displayed"}),
            ),
            (
                "disposition",
                json!({"actionMode": "manual-action", "sendingMode": "mdn-sent-manually", "type": "eaten"}),
            ),
            ("mdnGateway", json!("dns; example.com")),
            ("originalMessageId", json!("<a@b>")),
            ("error", json!(["x"])),
            ("extensionFields", json!({"Final-Recipient": "rfc822; eve@example.net"})),
            ("extensionFields", json!({"a b": "x"})),
            ("extensionFields", json!({"X": "a\nb"})),
            ("nonsense", json!(1)),
        ] {
            let mut object = json!({"forEmailId": "e1", "disposition": good});
            object[name] = value.clone();
            let Err(SetError::InvalidProperties { properties, .. }) = read(object) else {
                panic!("{name} {value} was taken")
            };
            assert_eq!(properties, [name], "{value}");
        }
        assert_eq!(read(json!({"forEmailId": "m1", "disposition": good})).unwrap().for_email, None);
    }
}
