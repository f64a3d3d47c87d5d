//! What a client may set of an Identity, read and checked (RFC 8621 §6).

use serde_json::Value;

use crate::mime::EmailAddress;
use crate::store::identity::IdentitySettings;
use crate::submit::envelope::is_mailbox;
use crate::wire::envelope::Arguments;
use crate::wire::errors::SetError;

/// Octets of a name at most.
const MAX_NAME: usize = 1000;
/// Octets of a signature at most.
const MAX_SIGNATURE: usize = 256 * 1024;
/// Addresses of replyTo and bcc at most.
const MAX_ADDRESSES: usize = 100;

/// The properties that a client may set; `email` of a new Identity only.
const SETTABLE: [&str; 6] = ["name", "email", "replyTo", "bcc", "textSignature", "htmlSignature"];

/// The default of a property that has one, for patches that set null.
pub(super) fn default_of(property: &str) -> Option<Value> {
    match property {
        "name" | "textSignature" | "htmlSignature" => Some(Value::from("")),
        "replyTo" | "bcc" => Some(Value::Null),
        _ => None,
    }
}

/// Refuses what a client cannot set: server-set and unknown properties, and after the creation `email`. What is said as
/// it is already may be said (RFC 8620 §5.3).
pub(super) fn refuse_server_set(object: &Arguments, current: Option<&Arguments>) -> Result<(), SetError> {
    let is_wrong = |name: &String, value: &Value| match current {
        Some(current) => {
            (name == "email" || !SETTABLE.contains(&name.as_str())) && current.get(name) != Some(value)
        }
        None => !SETTABLE.contains(&name.as_str()),
    };
    let given = object.iter().filter(|(name, value)| is_wrong(name, value)).map(|(name, _)| name.clone());
    let gone = current.and_then(|current| {
        (current.contains_key("email") && !object.contains_key("email")).then(|| "email".to_owned())
    });
    let properties: Vec<String> = given.chain(gone).collect();
    if properties.is_empty() {
        return Ok(());
    }
    let description = "set by the server, immutable, or unknown".to_owned();
    Err(SetError::InvalidProperties { properties, description })
}

/// Reads what is settable and can be changed later out of a whole object.
pub(super) fn parse(object: &Arguments) -> Result<IdentitySettings, SetError> {
    Ok(IdentitySettings {
        name: name(object.get("name"))?,
        reply_to: addresses("replyTo", object.get("replyTo"))?,
        bcc: addresses("bcc", object.get("bcc"))?,
        text_signature: text("textSignature", object.get("textSignature"), MAX_SIGNATURE)?,
        html_signature: text("htmlSignature", object.get("htmlSignature"), MAX_SIGNATURE)?,
    })
}

/// The address of a new Identity: one that mail can be sent from, or `*@` and a domain.
pub(super) fn email(object: &Arguments) -> Result<String, SetError> {
    let wrong = |problem: &str| SetError::invalid_property("email", problem);
    let Some(Value::String(email)) = object.get("email") else { return Err(wrong("must be a String")) };
    if !is_mailbox(email) {
        return Err(wrong("must be an address, or *@ and a domain"));
    }
    Ok(email.clone())
}

fn name(value: Option<&Value>) -> Result<String, SetError> {
    let name = text("name", value, MAX_NAME)?;
    if name.chars().any(char::is_control) {
        return Err(SetError::invalid_property("name", "must not contain control characters"));
    }
    Ok(name)
}

fn text(property: &str, value: Option<&Value>, max: usize) -> Result<String, SetError> {
    match value {
        None => Ok(String::new()),
        Some(Value::String(text)) if text.len() > max => {
            Err(SetError::invalid_property(property, format_args!("is longer than {max} octets")))
        }
        Some(Value::String(text)) if text.contains('\0') => {
            Err(SetError::invalid_property(property, "must not contain U+0000"))
        }
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(SetError::invalid_property(property, "must be a String")),
    }
}

/// EmailAddress[]|null (RFC 8621 §4.1.2.3).
fn addresses(property: &str, value: Option<&Value>) -> Result<Option<Vec<EmailAddress>>, SetError> {
    let wrong = |problem: String| SetError::invalid_property(property, problem);
    let list = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(wrong("must be an array of EmailAddresses, or null".to_owned())),
    };
    if list.len() > MAX_ADDRESSES {
        return Err(wrong(format!("has more than {MAX_ADDRESSES} addresses")));
    }
    let addresses = list.iter().map(|address| {
        let known = address
            .as_object()
            .is_some_and(|object| object.keys().all(|name| ["name", "email"].contains(&name.as_str())));
        let address: Option<EmailAddress> =
            known.then(|| serde_json::from_value(address.clone()).ok()).flatten();
        address.filter(is_address).ok_or_else(|| wrong("holds something that is no EmailAddress".to_owned()))
    });
    addresses.collect::<Result<_, _>>().map(Some)
}

fn is_address(address: &EmailAddress) -> bool {
    let is_name = |name: &String| name.len() <= MAX_NAME && !name.chars().any(char::is_control);
    is_mailbox(&address.email) && address.name.as_ref().is_none_or(is_name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        for (property, value) in [
            ("name", json!(null)),
            ("name", json!("a\nb")),
            ("name", json!("x".repeat(1001))),
            ("replyTo", json!("a@example.org")),
            ("replyTo", json!([{"email": "nobody"}])),
            ("bcc", json!([{"name": "x"}])),
            ("bcc", json!([{"email": "a@example.org", "x": 1}])),
            ("textSignature", json!(1)),
            ("htmlSignature", json!("\0")),
        ] {
            let mut object = Arguments::new();
            object.insert(property.to_owned(), value.clone());
            let Err(SetError::InvalidProperties { properties, .. }) = parse(&object) else {
                panic!("{property} = {value} was taken")
            };
            assert_eq!(properties, [property]);
        }
        let object = json!({"replyTo": [{"email": "a@example.org"}], "name": "Ann"});
        let settings = parse(object.as_object().unwrap()).unwrap();
        assert_eq!(settings.reply_to.unwrap()[0].email, "a@example.org");
    }
}
