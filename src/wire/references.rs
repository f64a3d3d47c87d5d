//! References inside of a request: to results of earlier calls (RFC 8620 §3.7), and to records created earlier
//! (RFC 8620 §5.3).

use serde::Serialize;
use serde_json::{Map, Value};

use super::envelope::{Arguments, Invocation};
use super::errors::MethodError;

/// Creation ids with the ids of the records that they created (RFC 8620 §3.3): one map for all data types.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct CreatedIds(Map<String, Value>);

impl CreatedIds {
    /// Notes a created record. A creation id that is used again means the newer record from now on.
    pub fn insert(&mut self, creation_id: String, id: String) {
        self.0.insert(creation_id, Value::String(id));
    }

    /// The id that `text` stands for: what `#creation-id` created, or `text` itself. `None` if nothing was created
    /// under the creation id.
    pub fn resolve<'a>(&'a self, text: &'a str) -> Option<&'a str> {
        match text.strip_prefix('#') {
            Some(creation_id) => self.0.get(creation_id)?.as_str(),
            None => Some(text),
        }
    }
}

/// Resolves the result references of one request (RFC 8620 §3.7). It carries a budget, because a chain of calls
/// that each repeat the last result several times would grow without end.
#[derive(Debug)]
pub struct ResultReferences {
    octets_left: usize,
}

impl ResultReferences {
    /// All results that are referred to may hold about `octets` together.
    pub fn with_budget(octets: usize) -> Self {
        Self { octets_left: octets }
    }

    /// Replaces each argument `#name` by the argument `name` with the value that it refers to in `responses`.
    pub fn resolve(
        &mut self,
        arguments: Arguments,
        responses: &[Invocation],
    ) -> Result<Arguments, MethodError> {
        if let Some(name) = arguments.keys().find(|name| is_doubled(name, &arguments)) {
            let description = format!("`{name}` stands both plain and as a reference");
            return Err(MethodError::InvalidArguments(description));
        }
        let mut resolved = Arguments::new();
        for (name, value) in arguments {
            match name.strip_prefix('#') {
                Some(plain) => {
                    let value = self.follow(&value, responses).map_err(|problem| {
                        MethodError::InvalidResultReference(format!("`{name}`: {problem}"))
                    })?;
                    resolved.insert(plain.to_owned(), value);
                }
                None => drop(resolved.insert(name, value)),
            }
        }
        Ok(resolved)
    }

    fn follow(&mut self, reference: &Value, responses: &[Invocation]) -> Result<Value, String> {
        let member = |name: &str| {
            reference
                .get(name)
                .and_then(Value::as_str)
                .ok_or_else(|| format!("a ResultReference has a string `{name}`"))
        };
        let (result_of, name, path) = (member("resultOf")?, member("name")?, member("path")?);
        let response = responses
            .iter()
            .find(|response| response.call_id == result_of)
            .ok_or_else(|| format!("no call {result_of:?} was processed before"))?;
        if response.name != name {
            return Err(format!("the response to {result_of:?} is {:?}, not {name:?}", response.name));
        }
        let tokens = pointer_tokens(path)?;
        // The arguments as a whole are no Value, so the first token is taken here.
        let value = match tokens.split_first() {
            None => self.copy(&Value::Object(response.arguments.clone()))?,
            Some((first, rest)) => {
                let value = response.arguments.get(first).ok_or_else(|| nothing_at(path))?;
                self.evaluate(value, rest).map_err(|problem| problem.unwrap_or_else(|| nothing_at(path)))?
            }
        };
        Ok(value)
    }

    /// JSON Pointer (RFC 6901 §4) with `*` for "each item of this array". `Err(None)` is "nothing there".
    fn evaluate(&mut self, value: &Value, tokens: &[String]) -> Result<Value, Option<String>> {
        let Some((token, rest)) = tokens.split_first() else {
            return self.copy(value).map_err(Some);
        };
        match value {
            Value::Object(members) => self.evaluate(members.get(token).ok_or(None)?, rest),
            Value::Array(items) if token == "*" => {
                let mut results = Vec::new();
                for item in items {
                    match self.evaluate(item, rest)? {
                        Value::Array(inner) => results.extend(inner),
                        other => results.push(other),
                    }
                }
                Ok(Value::Array(results))
            }
            Value::Array(items) => {
                self.evaluate(array_index(token).and_then(|index| items.get(index)).ok_or(None)?, rest)
            }
            _ => Err(None),
        }
    }

    fn copy(&mut self, value: &Value) -> Result<Value, String> {
        self.octets_left = self.octets_left.checked_sub(size_of(value)).ok_or("the results are too large")?;
        Ok(value.clone())
    }
}

fn is_doubled(name: &str, arguments: &Arguments) -> bool {
    name.strip_prefix('#').is_some_and(|plain| arguments.contains_key(plain))
}

fn nothing_at(path: &str) -> String {
    format!("there is nothing at {path:?}")
}

/// The tokens of a JSON Pointer, unescaped (RFC 6901 §3).
fn pointer_tokens(path: &str) -> Result<Vec<String>, String> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let Some(tokens) = path.strip_prefix('/') else {
        return Err(format!("the path {path:?} does not start with a slash"));
    };
    tokens
        .split('/')
        .map(|token| unescape_token(token).ok_or_else(|| format!("the path {path:?} has a stray `~`")))
        .collect()
}

/// `~1` is a slash and `~0` a tilde (RFC 6901 §4); `None` if a tilde stands otherwise.
pub(super) fn unescape_token(token: &str) -> Option<String> {
    let mut text = String::with_capacity(token.len());
    let mut characters = token.chars();
    while let Some(c) = characters.next() {
        text.push(match c {
            '~' => match characters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            c => c,
        });
    }
    Some(text)
}

/// An array index has no leading zeros and no sign (RFC 6901 §4).
fn array_index(token: &str) -> Option<usize> {
    let canonical = token == "0" || (!token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit()));
    canonical.then(|| token.parse().ok()).flatten()
}

/// About how many octets a value takes.
fn size_of(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| size_of(item) + 1).sum::<usize>() + 2,
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() + 4 + size_of(value)).sum::<usize>() + 2
        }
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arguments(value: Value) -> Arguments {
        let Value::Object(arguments) = value else { panic!("arguments are an object") };
        arguments
    }

    fn responses() -> Vec<Invocation> {
        let response = |name: &str, value, call_id: &str| Invocation {
            name: name.to_owned(),
            arguments: arguments(value),
            call_id: call_id.to_owned(),
        };
        vec![
            response("Email/query", json!({"ids": ["e1", "e2"]}), "t0"),
            response(
                "Thread/get",
                json!({"list": [{"emailIds": ["e1", "e2"]}, {"emailIds": ["e3"]}], "a/b": {"~": [[1], [2]]}}),
                "t2",
            ),
            response("error", json!({"type": "serverFail"}), "t3"),
            response("Email/get", json!({"list": []}), "t0"),
        ]
    }

    fn resolve(value: Value) -> Result<Value, MethodError> {
        let resolved = ResultReferences::with_budget(200).resolve(arguments(value), &responses())?;
        Ok(Value::Object(resolved))
    }

    fn refer(result_of: &str, name: &str, path: &str) -> Value {
        json!({"#ids": {"resultOf": result_of, "name": name, "path": path}})
    }

    #[test]
    fn pointers_reach_members_items_and_all_items() {
        let ids = |value: Value| resolve(value).unwrap()["ids"].clone();
        assert_eq!(ids(refer("t0", "Email/query", "/ids")), json!(["e1", "e2"]));
        assert_eq!(ids(refer("t0", "Email/query", "/ids/1")), json!("e2"));
        assert_eq!(ids(refer("t0", "Email/query", "")), json!({"ids": ["e1", "e2"]}));
        assert_eq!(ids(refer("t2", "Thread/get", "/list/*/emailIds")), json!(["e1", "e2", "e3"]));
        assert_eq!(ids(refer("t2", "Thread/get", "/a~1b/~0/*")), json!([1, 2]));
        assert_eq!(ids(refer("t2", "Thread/get", "/a~1b/~0/*/*")), json!([1, 2]));
    }

    #[test]
    fn what_does_not_resolve_rejects_the_call() {
        for wrong in [
            refer("t9", "Email/query", "/ids"),
            refer("t0", "Email/get", "/list"),
            refer("t3", "Thread/get", "/list"),
            refer("t0", "Email/query", "/list"),
            refer("t0", "Email/query", "ids"),
            refer("t0", "Email/query", "/ids/2"),
            refer("t0", "Email/query", "/ids/01"),
            refer("t0", "Email/query", "/ids/-"),
            refer("t0", "Email/query", "/ids/0/x"),
            refer("t2", "Thread/get", "/list/*/nothing"),
            refer("t2", "Thread/get", "/a~2b"),
            json!({"#ids": {"resultOf": "t0", "name": "Email/query"}}),
            json!({"#ids": "t0"}),
        ] {
            let error = resolve(wrong.clone()).unwrap_err();
            assert!(matches!(error, MethodError::InvalidResultReference(_)), "{wrong}");
        }
    }

    #[test]
    fn an_argument_in_both_forms_is_invalid() {
        let error = resolve(json!({"ids": [], "#ids": {}})).unwrap_err();
        assert!(matches!(error, MethodError::InvalidArguments(_)));
    }

    #[test]
    fn results_cannot_be_multiplied_without_end() {
        let mut many = Map::new();
        for n in 0..40 {
            many.insert(format!("#a{n}"), refer("t0", "Email/query", "/ids")["#ids"].clone());
        }
        let error = resolve(Value::Object(many)).unwrap_err();
        assert!(matches!(error, MethodError::InvalidResultReference(_)));
    }

    #[test]
    fn creation_ids_stand_for_what_they_created_last() {
        let mut created = CreatedIds::default();
        created.insert("k".to_owned(), "m1".to_owned());
        created.insert("k".to_owned(), "m2".to_owned());
        assert_eq!(created.resolve("#k"), Some("m2"));
        assert_eq!(created.resolve("#other"), None);
        assert_eq!(created.resolve("m7"), Some("m7"));
    }
}
