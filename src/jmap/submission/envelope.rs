//! The envelope of a submission: as a client gives it, or as it follows from the Email (RFC 8621 §7).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::mime::{CanonicalAddress, EmailAddress, HeaderForm, HeaderValue, Headers};
use crate::store::submission::Parameters;
use crate::submit::envelope::is_mailbox;
use crate::wire::errors::SetError;

/// Fields whose addresses decide who a message is from and whom it goes to.
const ADDRESSED: [&str; 5] = ["From", "Sender", "To", "Cc", "Bcc"];

/// Refuses a header that others could read another way than it was read here: one that is longer than what was looked
/// at (`is_whole` is `false`), that has more fields or longer ones than are read, or with a CR that ends no line (relays
/// make a line end of it, and of what follows a field that nobody checked) or a NUL (some drop it) (RFC 5322 §2.2, §2.3).
pub(super) fn check_header(headers: &Headers<'_>, section: &[u8], is_whole: bool) -> Result<(), SetError> {
    let is_cut = headers.is_cut()
        || ADDRESSED.iter().any(|name| headers.all(name).any(|field| field.is_cut()))
        || !is_whole;
    let is_lone = |(at, octet): (usize, &u8)| match octet {
        0 => true,
        b'\r' => section.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    let problem = match is_cut {
        true => "its header is longer than what is sent from here",
        false if section.iter().enumerate().any(is_lone) => "its header has a CR without LF, or a NUL",
        false => return Ok(()),
    };
    let properties = vec!["headers".to_owned()];
    Err(SetError::UnsendableEmail { properties, description: problem.to_owned() })
}

/// An envelope, its recipients each once.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Envelope {
    pub(super) mail_from: (String, Parameters),
    pub(super) rcpt_to: Vec<(String, Parameters)>,
}

/// Who a message says that it is from: the mailboxes of From, and the one of Sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authors {
    pub(super) from: Vec<String>,
    pub(super) sender: Option<String>,
}

impl Authors {
    /// Reads them. invalidEmail if the message does not say it once and clearly (RFC 8621 §7, RFC 5322 §3.6.2).
    pub(super) fn of(headers: &Headers<'_>) -> Result<Self, SetError> {
        let (from, sender) = (fields(headers, "From"), fields(headers, "Sender"));
        let mut wrong = Vec::new();
        let are_read_alike = |name: &str, addresses: &[Vec<String>]| {
            let signs = headers.all(name).map(|field| at_signs(&field.unfolded()));
            signs.sum::<usize>() == addresses.iter().map(Vec::len).sum::<usize>()
        };
        let is_clear = |name: &str, addresses: &[Vec<String>]| {
            addresses.len() == 1
                && are_read_alike(name, addresses)
                && !addresses[0].is_empty()
                && addresses[0].iter().all(|address| is_mailbox(address))
        };
        if !is_clear("From", &from) || (from[0].len() > 1 && sender.is_empty()) {
            wrong.push("from".to_owned());
        }
        if !sender.is_empty() && (!is_clear("Sender", &sender) || sender[0].len() > 1) {
            wrong.push("sender".to_owned());
        }
        if wrong.is_empty() {
            let sender = sender.into_iter().flatten().next();
            return Ok(Self { from: from.into_iter().flatten().collect(), sender });
        }
        let description =
            "a message has one From field with an address, and one Sender field with one address if \
                           there are several in From"
                .to_owned();
        Err(SetError::UnsendableEmail { properties: wrong, description })
    }

    /// The address that a reverse-path is made of (RFC 8621 §7, envelope).
    pub(super) fn responsible(&self) -> &str {
        self.sender.as_deref().or(self.from.first().map(String::as_str)).unwrap_or_default()
    }
}

impl Envelope {
    /// The envelope that a client gives; `None` if it is to follow from the Email.
    pub(super) fn read(value: Option<&Value>) -> Result<Option<Self>, SetError> {
        let value = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value,
        };
        let object = members(value, &["mailFrom", "rcptTo"])?;
        let mail_from = address(object.get("mailFrom").unwrap_or(&Value::Null))?;
        let Some(Value::Array(rcpt_to)) = object.get("rcptTo") else {
            return Err(wrong("rcptTo must be an array of Addresses"));
        };
        let rcpt_to = rcpt_to.iter().map(address).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(Self { mail_from, rcpt_to: each_once(rcpt_to) }))
    }

    /// The envelope that follows from the header (RFC 8621 §7): all of To, Cc and Bcc.
    pub(super) fn of_header(headers: &Headers<'_>, mail_from: &str) -> Self {
        let named = ["To", "Cc", "Bcc"].iter().flat_map(|name| fields(headers, name)).flatten();
        let rcpt_to = named.map(|address| (address, None)).collect();
        Self { mail_from: (mail_from.to_owned(), None), rcpt_to: each_once(rcpt_to) }
    }
}

/// The addresses of each field of a name.
fn fields(headers: &Headers<'_>, name: &str) -> Vec<Vec<String>> {
    let addresses =
        |addresses: Vec<EmailAddress>| addresses.into_iter().map(|address| address.email).collect();
    headers
        .all(name)
        .map(|field| match HeaderForm::Addresses.value_of(field) {
            HeaderValue::Addresses(list) => addresses(list),
            _ => Vec::new(),
        })
        .collect()
}

/// How many @ a field has outside of quoted strings and comments: one for each address, where nothing stands in it that
/// some programs take for an address and others do not.
fn at_signs(value: &str) -> usize {
    let (mut signs, mut depth, mut is_quoted) = (0, 0_usize, false);
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' if is_quoted || depth > 0 => drop(rest.next()),
            '"' if depth == 0 => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            '@' if !is_quoted && depth == 0 => signs += 1,
            _ => {}
        }
    }
    signs
}

/// An Address (RFC 8621 §7); that mail can be sent to it is not said yet.
fn address(value: &Value) -> Result<(String, Parameters), SetError> {
    let object = members(value, &["email", "parameters"])?;
    let Some(Value::String(email)) = object.get("email") else {
        return Err(wrong("the email of an Address must be a String"));
    };
    if email.contains('\0') {
        return Err(wrong("the email of an Address must not contain U+0000"));
    }
    match object.get("parameters") {
        None | Some(Value::Null) => Ok((email.clone(), None)),
        Some(Value::Object(parameters)) => Ok((email.clone(), Some(parameters.clone()))),
        Some(_) => Err(wrong("the parameters of an Address must be an object or null")),
    }
}

fn members<'a>(value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, SetError> {
    match value {
        Value::Object(object) if object.keys().all(|name| known.contains(&name.as_str())) => Ok(object),
        _ => Err(wrong(&format!("must be objects with {}", known.join(" and ")))),
    }
}

fn wrong(problem: &str) -> SetError {
    SetError::invalid_property("envelope", problem)
}

/// Recipients that differ in more than their spelling.
fn each_once(recipients: Vec<(String, Parameters)>) -> Vec<(String, Parameters)> {
    let mut seen = BTreeSet::new();
    let key = |address: &str| {
        CanonicalAddress::parse(address).map_or_else(|| address.to_owned(), |canonical| canonical.to_string())
    };
    recipients.into_iter().filter(|(address, _)| seen.insert(key(address))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn authors(header: &str) -> Result<Authors, SetError> {
        Authors::of(&Headers::parse(header.as_bytes()))
    }

    #[test]
    fn a_message_has_one_author_or_a_sender() {
        assert_eq!(authors("From: Ann <a@x.example>\n").unwrap().responsible(), "a@x.example");
        let quoted = r#"From: "Ann \"a@home\"" (a@work) <"a b@"@x.example>"#;
        assert_eq!(authors(quoted).unwrap().from, ["\"a b@\"@x.example"]);
        let two = authors("From: a@x.example, b@x.example\nSender: b@x.example\n").unwrap();
        assert_eq!((two.from.len(), two.responsible()), (2, "b@x.example"));
        for (header, properties) in [
            ("Subject: x\n", vec!["from"]),
            ("From: \n", vec!["from"]),
            ("From: Ann\n", vec!["from"]),
            ("From: a@x.example\nFrom: b@x.example\n", vec!["from"]),
            ("From: a@x.example, b@x.example\n", vec!["from"]),
            ("From: a@x.example\nSender: a@x.example, b@x.example\n", vec!["sender"]),
            ("From: a\nSender: b\n", vec!["from", "sender"]),
            ("From: <ceo@x.example> <a@x.example>\n", vec!["from"]),
            ("From: ceo@x.example <a@x.example>\n", vec!["from"]),
            ("From: a@x.example <ceo@x.example>\n", vec!["from"]),
            ("From: <@x.example:a@x.example>\n", vec!["from"]),
            ("From: \"Ann <a@x.example>\n", vec!["from"]),
            ("From: a@x.example\nSender: ceo@x.example <a@x.example>\n", vec!["sender"]),
        ] {
            let Err(SetError::UnsendableEmail { properties: told, .. }) = authors(header) else {
                panic!("{header:?} was taken")
            };
            assert_eq!(told, properties, "{header:?}");
        }
    }

    #[test]
    fn a_header_that_is_read_in_two_ways_is_not_sent() {
        let check = |section: &[u8], is_whole| check_header(&Headers::parse(section), section, is_whole);
        let good: &[u8] = b"From: a@x.example\r\nTo: b@x.example\n\n";
        assert_eq!(check(good, true), Ok(()));
        let many = format!("From: a@x.example\n{}From: ceo@x.example\n\n", "X: y\n".repeat(10_000));
        let long = format!("From: {}\n ceo@x.example\n\n", "a@x.example,\n ".repeat(30_000));
        for (section, is_whole) in [
            (good, false),
            (many.as_bytes(), true),
            (long.as_bytes(), true),
            (b"From: a@x.example\r\nX: y\rFrom: ceo@x.example\r\n\r\n", true),
            (b"From: a@x.example\r\n\r\r\nTo: b@x.example\r\n\r\n", true),
            (b"From: a@x.example\r\nX: y\r", true),
            (b"From: a@x.example\r\n\0From: ceo@x.example\r\n\r\n", true),
        ] {
            let told = check(section, is_whole);
            assert!(matches!(told, Err(SetError::UnsendableEmail { .. })), "{} octets", section.len());
        }
    }

    #[test]
    fn recipients_of_the_header_come_once_each() {
        let headers = Headers::parse(
            b"To: b@x.example, C <c@x.example>\nCc: B@X.example\nCc: d@x.example\nBcc: Hidden: e@x.example;\n",
        );
        let envelope = Envelope::of_header(&headers, "a@x.example");
        let told: Vec<&str> = envelope.rcpt_to.iter().map(|(address, _)| address.as_str()).collect();
        assert_eq!(told, ["b@x.example", "c@x.example", "d@x.example", "e@x.example"]);
    }

    #[test]
    fn an_envelope_has_its_two_members_and_no_others() {
        let to =
            json!([{"email": "b@x.example"}, {"email": "b@X.example", "parameters": {"NOTIFY": "NEVER"}}]);
        let read = Envelope::read(Some(&json!({"mailFrom": {"email": ""}, "rcptTo": to}))).unwrap().unwrap();
        assert_eq!(read.rcpt_to, [("b@x.example".to_owned(), None)]);
        assert_eq!(Envelope::read(Some(&Value::Null)), Ok(None));
        let from = json!({"email": "a@x.example"});
        for wrong in [
            json!("a@x.example"),
            json!({"mailFrom": from}),
            json!({"mailFrom": from, "rcptTo": null}),
            json!({"mailFrom": from, "rcptTo": ["b@x.example"]}),
            json!({"mailFrom": null, "rcptTo": []}),
            json!({"mailFrom": from, "rcptTo": [], "x": 1}),
            json!({"mailFrom": {"email": "a@x.example", "parameters": []}, "rcptTo": []}),
        ] {
            assert!(Envelope::read(Some(&wrong)).is_err(), "{wrong}");
        }
    }
}
