//! Requests and responses of the API (RFC 8620 §3.2–3.4).

use std::io;

use serde::ser::{Serialize, SerializeMap, SerializeTuple, Serializer};
use serde_json::{Map, Value};

use super::capability::Capability;
use super::errors::RequestError;
use super::ids::is_id;
use super::json;
use super::references::CreatedIds;

/// The named arguments of a method call or of a response (RFC 8620 §3.2).
pub type Arguments = Map<String, Value>;

/// A method call or a response (RFC 8620 §3.2): an array of name, arguments and method call id.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The method or the response.
    pub name: String,
    /// What is said with it.
    pub arguments: Arguments,
    /// The client's own name for the call; all of its responses repeat it.
    pub call_id: String,
}

/// What a client asks for in one API request (RFC 8620 §3.3).
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The capabilities that the client uses; all of them are known to this server.
    pub using: Vec<Capability>,
    /// The method calls, to be processed in this order.
    pub method_calls: Vec<Invocation>,
    /// Creation ids of earlier requests; if given, the response tells all of them and the new ones.
    pub created_ids: Option<CreatedIds>,
}

/// What the server answers to one API request (RFC 8620 §3.4).
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The responses, in the order in which the calls were processed.
    pub method_responses: Vec<Invocation>,
    /// All creation ids, if the request gave some.
    pub created_ids: Option<CreatedIds>,
    /// The state of the Session object.
    pub session_state: String,
}

impl Request {
    /// Reads a request: notJSON if it is no I-JSON, notRequest if it is no Request object, unknownCapability if it
    /// uses what this server does not support (RFC 8620 §3.6.1). Members that are not known are ignored (§3.3).
    pub fn parse(text: &[u8]) -> Result<Self, RequestError> {
        json::parse(text).map_err(|error| RequestError::NotJson(error.to_string())).and_then(Self::from_value)
    }

    /// The same for JSON that is parsed already.
    pub fn from_value(value: Value) -> Result<Self, RequestError> {
        let Value::Object(mut members) = value else {
            return Err(not_request("it is no object"));
        };
        let using = using(members.remove("using"))?;
        let method_calls = method_calls(members.remove("methodCalls"))?;
        let created_ids = members.remove("createdIds").map(created_ids).transpose()?;
        let using = using
            .into_iter()
            .map(|uri| Capability::parse(&uri).ok_or(RequestError::UnknownCapability(uri)))
            .collect::<Result<_, _>>()?;
        Ok(Self { using, method_calls, created_ids })
    }
}

impl Response {
    /// Writes the response as I-JSON: noncharacters, which mail may hold, become U+FFFD.
    pub fn to_json(&self) -> Vec<u8> {
        to_i_json(self)
    }

    /// Adds the members of the object to those that are there already.
    pub(super) fn serialize_members<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("methodResponses", &self.method_responses)?;
        if let Some(created_ids) = &self.created_ids {
            map.serialize_entry("createdIds", created_ids)?;
        }
        map.serialize_entry("sessionState", &self.session_state)
    }
}

/// Writes a value as I-JSON.
pub(super) fn to_i_json(value: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, IJsonFormatter);
    value.serialize(&mut serializer).expect("values of JSON are written to memory without fail");
    text
}

fn using(value: Option<Value>) -> Result<Vec<String>, RequestError> {
    let Some(Value::Array(uris)) = value else {
        return Err(not_request("`using` is no array of strings"));
    };
    uris.into_iter()
        .map(|uri| match uri {
            Value::String(uri) => Ok(uri),
            _ => Err(not_request("`using` holds something that is no string")),
        })
        .collect()
}

fn method_calls(value: Option<Value>) -> Result<Vec<Invocation>, RequestError> {
    let Some(Value::Array(calls)) = value else {
        return Err(not_request("`methodCalls` is no array"));
    };
    calls.into_iter().enumerate().map(|(index, call)| invocation(index, call)).collect()
}

fn invocation(index: usize, value: Value) -> Result<Invocation, RequestError> {
    let wrong = || RequestError::NotRequest(format!("methodCalls[{index}] is no [name, arguments, call id]"));
    let Value::Array(elements) = value else { return Err(wrong()) };
    match <[Value; 3]>::try_from(elements) {
        Ok([Value::String(name), Value::Object(arguments), Value::String(call_id)]) => {
            Ok(Invocation { name, arguments, call_id })
        }
        _ => Err(wrong()),
    }
}

fn created_ids(value: Value) -> Result<CreatedIds, RequestError> {
    let wrong = || not_request("`createdIds` is no map of ids to ids");
    let Value::Object(members) = value else { return Err(wrong()) };
    let mut created = CreatedIds::default();
    for (creation_id, id) in members {
        match id {
            Value::String(id) if is_id(&id) && is_id(&creation_id) => created.insert(creation_id, id),
            _ => return Err(wrong()),
        }
    }
    Ok(created)
}

fn not_request(detail: &str) -> RequestError {
    RequestError::NotRequest(detail.to_owned())
}

impl Serialize for Invocation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(3)?;
        tuple.serialize_element(&self.name)?;
        tuple.serialize_element(&self.arguments)?;
        tuple.serialize_element(&self.call_id)?;
        tuple.end()
    }
}

impl Serialize for Response {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.serialize_members(&mut map)?;
        map.end()
    }
}

struct IJsonFormatter;

impl serde_json::ser::Formatter for IJsonFormatter {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        // Most texts hold none, which is seen at once where they are ASCII.
        while !rest.is_ascii()
            && let Some((at, c)) = rest.char_indices().find(|(_, c)| json::is_noncharacter(*c))
        {
            writer.write_all(&rest.as_bytes()[..at])?;
            writer.write_all("\u{fffd}".as_bytes())?;
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CORE: &str = "urn:ietf:params:jmap:core";

    #[test]
    fn the_example_of_the_rfc_is_read() {
        let text = json!({
            "using": [CORE, "urn:ietf:params:jmap:mail"],
            "methodCalls": [
                ["method1", {"arg1": "arg1data", "arg2": "arg2data"}, "c1"],
                ["method2", {"arg1": "arg1data"}, "c2"],
                ["method3", {}, "c3"],
            ],
            "a member from the future": 1,
        });
        let request = Request::parse(text.to_string().as_bytes()).unwrap();
        assert_eq!(request.using, [Capability::Core, Capability::Mail]);
        assert_eq!(request.method_calls.len(), 3);
        assert_eq!(request.method_calls[0].arguments["arg2"], "arg2data");
        assert_eq!(request.created_ids, None);
    }

    #[test]
    fn what_is_no_request_object_is_told_apart_from_what_is_no_json() {
        let parse = |text: &str| Request::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(parse("{"), RequestError::NotJson(_)));
        assert!(matches!(parse(r#"{"using":[],"using":[],"methodCalls":[]}"#), RequestError::NotJson(_)));
        for wrong in [
            json!([]),
            json!({}),
            json!({"using": [CORE]}),
            json!({"using": CORE, "methodCalls": []}),
            json!({"using": [1], "methodCalls": []}),
            json!({"using": [CORE], "methodCalls": {}}),
            json!({"using": [CORE], "methodCalls": [["a", {}]]}),
            json!({"using": [CORE], "methodCalls": [["a", {}, "c", 1]]}),
            json!({"using": [CORE], "methodCalls": [["a", [], "c"]]}),
            json!({"using": [CORE], "methodCalls": [["a", {}, 1]]}),
            json!({"using": [CORE], "methodCalls": [], "createdIds": null}),
            json!({"using": [CORE], "methodCalls": [], "createdIds": {"k": 1}}),
            json!({"using": [CORE], "methodCalls": [], "createdIds": {"k": "not an id"}}),
        ] {
            assert!(matches!(parse(&wrong.to_string()), RequestError::NotRequest(_)), "{wrong}");
        }
        let unknown = json!({"using": [CORE, "x:y"], "methodCalls": []});
        assert_eq!(parse(&unknown.to_string()), RequestError::UnknownCapability("x:y".to_owned()));
    }

    #[test]
    fn responses_are_written_in_the_order_of_the_rfc_and_as_i_json() {
        let mut created = CreatedIds::default();
        created.insert("k1".to_owned(), "m1".to_owned());
        let mut arguments = Arguments::new();
        arguments.insert("hello".to_owned(), json!("a\u{ffff}b\u{1fffe}"));
        let name = "Core/echo".to_owned();
        let response = Response {
            method_responses: vec![Invocation { name, arguments, call_id: "c1".to_owned() }],
            created_ids: Some(created),
            session_state: "s".to_owned(),
        };
        assert_eq!(
            String::from_utf8(response.to_json()).unwrap(),
            "{\"methodResponses\":[[\"Core/echo\",{\"hello\":\"a\u{fffd}b\u{fffd}\"},\"c1\"]],\
             \"createdIds\":{\"k1\":\"m1\"},\"sessionState\":\"s\"}"
        );
    }
}
