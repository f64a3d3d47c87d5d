//! The messages of JMAP over WebSocket (RFC 8887 §4.3).

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use super::envelope::{self, Request, Response};
use super::errors::{Problem, RequestError};
use super::json;

/// What a client sends.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientMessage {
    /// A Request object (RFC 8887 §4.3.2).
    Request {
        /// The client's own name for it; the response repeats it.
        id: Option<String>,
        /// What is asked.
        request: Request,
    },
    /// WebSocketPushEnable (RFC 8887 §4.3.5.2).
    PushEnable {
        /// The data types to hear of; `None` is all of them.
        data_types: Option<Vec<String>>,
        /// What the client knows already.
        push_state: Option<String>,
    },
    /// WebSocketPushDisable (RFC 8887 §4.3.5.3).
    PushDisable,
}

/// A message that is refused (RFC 8887 §4.3.4).
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The id of the request, as far as it could be read.
    pub id: Option<String>,
    /// What is wrong.
    pub error: RequestError,
}

impl ClientMessage {
    /// Reads a message.
    pub fn parse(text: &[u8]) -> Result<Self, Refused> {
        let refused = |id, error| Refused { id, error };
        let value =
            json::parse(text).map_err(|error| refused(None, RequestError::NotJson(error.to_string())))?;
        let not_request = |id, problem: &str| refused(id, RequestError::NotRequest(problem.to_owned()));
        let id = match value.get("id") {
            None | Some(Value::Null) => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return Err(not_request(None, "`id` is no string")),
        };
        match value.get("@type").and_then(Value::as_str) {
            Some("Request") => match Request::from_value(value) {
                Ok(request) => Ok(Self::Request { id, request }),
                Err(error) => Err(refused(id, error)),
            },
            Some("WebSocketPushEnable") => Self::push_enable(&value)
                .ok_or_else(|| not_request(id, "`dataTypes` or `pushState` is of the wrong type")),
            Some("WebSocketPushDisable") => Ok(Self::PushDisable),
            _ => Err(not_request(
                id,
                "`@type` is neither Request nor WebSocketPushEnable nor WebSocketPushDisable",
            )),
        }
    }

    fn push_enable(value: &Value) -> Option<Self> {
        let data_types = match value.get("dataTypes") {
            None | Some(Value::Null) => None,
            Some(Value::Array(names)) => {
                let names = names.iter().map(|name| name.as_str().map(str::to_owned));
                Some(names.collect::<Option<_>>()?)
            }
            Some(_) => return None,
        };
        let push_state = match value.get("pushState") {
            None | Some(Value::Null) => None,
            Some(Value::String(state)) => Some(state.clone()),
            Some(_) => return None,
        };
        Some(Self::PushEnable { data_types, push_state })
    }
}

/// A Response object as a message (RFC 8887 §4.3.3).
pub fn response(response: &Response, id: Option<&str>) -> Vec<u8> {
    envelope::to_i_json(&Message { response, id })
}

/// A request-level error as a message (RFC 8887 §4.3.4); without an id `requestId` is null, as in its example.
pub fn request_error(problem: &Problem, id: Option<&str>) -> String {
    let mut object = Map::new();
    object.insert("@type".to_owned(), json!("RequestError"));
    object.insert("requestId".to_owned(), json!(id));
    if let Value::Object(problem) = json!(problem) {
        object.extend(problem);
    }
    Value::Object(object).to_string()
}

struct Message<'a> {
    response: &'a Response,
    id: Option<&'a str>,
}

impl Serialize for Message<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("@type", "Response")?;
        if let Some(id) = self.id {
            map.serialize_entry("requestId", id)?;
        }
        self.response.serialize_members(&mut map)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::capability::Capability;

    const CORE: &str = "urn:ietf:params:jmap:core";

    fn parse(value: Value) -> Result<ClientMessage, Refused> {
        ClientMessage::parse(value.to_string().as_bytes())
    }

    #[test]
    fn each_kind_of_message_is_read() {
        let request = json!({"@type": "Request", "id": "R1", "using": [CORE], "methodCalls": []});
        let Ok(ClientMessage::Request { id, request }) = parse(request) else { panic!("a request") };
        assert_eq!((id.as_deref(), request.using), (Some("R1"), vec![Capability::Core]));
        let enable = json!({"@type": "WebSocketPushEnable", "dataTypes": ["Email"], "pushState": "aaa"});
        let data_types = Some(vec!["Email".to_owned()]);
        let push_state = Some("aaa".to_owned());
        assert_eq!(parse(enable), Ok(ClientMessage::PushEnable { data_types, push_state }));
        let all = json!({"@type": "WebSocketPushEnable", "dataTypes": null});
        assert_eq!(parse(all), Ok(ClientMessage::PushEnable { data_types: None, push_state: None }));
        assert_eq!(parse(json!({"@type": "WebSocketPushDisable"})), Ok(ClientMessage::PushDisable));
    }

    #[test]
    fn what_is_refused_is_told_with_the_id_of_the_request() {
        let refused = |value: Value| parse(value).unwrap_err();
        let unknown = refused(json!({"@type": "Request", "id": "R2", "using": ["x:y"], "methodCalls": []}));
        assert_eq!(unknown.id.as_deref(), Some("R2"));
        assert_eq!(
            request_error(&unknown.error.problem(), unknown.id.as_deref()),
            "{\"@type\":\"RequestError\",\"requestId\":\"R2\",\
             \"type\":\"urn:ietf:params:jmap:error:unknownCapability\",\"status\":400,\
             \"detail\":\"The Request object used capability 'x:y', which is not supported by this server.\"}"
        );
        for wrong in [
            json!([]),
            json!({"using": [CORE], "methodCalls": []}),
            json!({"@type": "Response", "id": "R3"}),
            json!({"@type": "Request", "id": 1, "using": [CORE], "methodCalls": []}),
            json!({"@type": "WebSocketPushEnable", "dataTypes": "Email"}),
            json!({"@type": "WebSocketPushEnable", "dataTypes": [1]}),
            json!({"@type": "WebSocketPushEnable", "dataTypes": null, "pushState": 1}),
        ] {
            assert!(matches!(refused(wrong.clone()).error, RequestError::NotRequest(_)), "{wrong}");
        }
        let no_json = ClientMessage::parse(b"The quick brown fox").unwrap_err();
        assert!(matches!(no_json, Refused { id: None, error: RequestError::NotJson(_) }));
    }

    #[test]
    fn responses_say_what_they_are_and_whose() {
        let response =
            Response { method_responses: Vec::new(), created_ids: None, session_state: "s".to_owned() };
        let written = |id| String::from_utf8(super::response(&response, id)).unwrap();
        let rest = "\"methodResponses\":[],\"sessionState\":\"s\"}";
        assert_eq!(written(Some("R1")), format!("{{\"@type\":\"Response\",\"requestId\":\"R1\",{rest}"));
        assert_eq!(written(None), format!("{{\"@type\":\"Response\",{rest}"));
    }
}
