//! A JMAP client for what measures: plain RFC 8620 and RFC 8621, so that any server can be measured.
//!
//! Of the URLs in the Session object only path and query are used, with the host of the URL that the session was asked
//! at: a node behind a load balancer can be measured by itself, and so can a server that announces a public name.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::{Value, json};

const CORE: &str = "urn:ietf:params:jmap:core";
const MAIL: &str = "urn:ietf:params:jmap:mail";
const SMIME: &str = "urn:ietf:params:jmap:smimeverify";

/// What cannot be answered in so long is an error.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often a request is sent again that was refused.
const ATTEMPTS: u32 = 10;
/// However long a server asks to wait, this is how long it is waited for at most.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A method with its arguments, without `accountId`.
pub(super) type Call = (&'static str, Value);

/// Why there is no answer to go on with.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Failure {
    /// There is no answer at all.
    #[error("no answer: {0}")]
    Transport(String),
    /// An answer with a status that is an error.
    #[error("HTTP {status}: {detail}")]
    Status { status: u16, detail: String },
    /// 429 or 503, each time that it was sent.
    #[error("HTTP {0}, however often it is sent")]
    Refused(u16),
    /// An error of a method, or of an object in a set.
    #[error("{kind}: {detail}")]
    Method { kind: String, detail: String },
    /// An answer that cannot be right.
    #[error("wrong: {0}")]
    Wrong(String),
}

impl Failure {
    /// An error object of a method or of one object of it.
    pub(super) fn of_error(error: &Value) -> Self {
        let kind = error.get("type").and_then(Value::as_str).unwrap_or("an error without a type");
        Self::Method { kind: kind.to_owned(), detail: shortened(&error.to_string()) }
    }

    /// An answer lacks something that it must have.
    pub(super) fn lacks(what: &str, answer: &Value) -> Self {
        Self::Wrong(format!("no {what} in {}", shortened(&answer.to_string())))
    }

    /// What it is counted as.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Transport(_) => "no answer".to_owned(),
            Self::Status { status, .. } => format!("HTTP {status}"),
            Self::Refused(status) => format!("HTTP {status} to the last"),
            Self::Method { kind, .. } => kind.clone(),
            Self::Wrong(_) => "wrong answer".to_owned(),
        }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Transport(format!("{:#}", anyhow::Error::from(error.without_url())))
    }
}

/// Requests that were refused for now: no errors, if the server says when to come back.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals {
    /// How many of each status, 429 or 503.
    pub(super) by_status: BTreeMap<u16, u64>,
    /// How many without a Retry-After.
    pub(super) without_retry_after: u64,
}

/// A user's session at a server (RFC 8620 §2).
#[derive(Debug)]
pub(super) struct Session {
    authorization: HeaderValue,
    api: Url,
    upload: Url,
    event_source: Url,
    /// The capabilities that requests use.
    using: Vec<&'static str>,
    /// The account for mail.
    pub(super) account: String,
    /// maxObjectsInGet.
    pub(super) max_get: usize,
    /// maxObjectsInSet.
    pub(super) max_set: usize,
}

/// One connection that is kept open, for one request at a time.
pub(super) struct Connection {
    http: Client,
    /// Whose it is.
    pub(super) session: Arc<Session>,
    /// What the server refused so far.
    pub(super) refusals: Refusals,
}

/// A whole answer.
pub(super) struct Answer {
    /// From the first octet sent to the last received, the last time that it was sent.
    pub(super) took: Duration,
    body: Bytes,
}

impl Session {
    /// Asks for the Session object at `url`, whose path may be anything that leads there.
    pub(super) async fn open(url: &str, user: &str, password: &str) -> anyhow::Result<Arc<Self>> {
        let url = Url::parse(url).with_context(|| format!("{url:?} is no URL"))?;
        let mut authorization =
            HeaderValue::try_from(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))?;
        authorization.set_sensitive(true);
        let request =
            client()?.get(url.clone()).timeout(PATIENCE).header(AUTHORIZATION, authorization.clone());
        let response = request.send().await.with_context(|| format!("{url} cannot be reached"))?;
        let status = response.status();
        ensure!(status.is_success(), "{url} answers {status} to {user}");
        let body = response.bytes().await?;
        let object: Value = serde_json::from_slice(&body).with_context(|| format!("{url} gives no JSON"))?;
        Self::of(&url, authorization, &object)
            .with_context(|| format!("{url} gives no Session object with mail"))
            .map(Arc::new)
    }

    fn of(url: &Url, authorization: HeaderValue, object: &Value) -> Option<Self> {
        let account = object.get("primaryAccounts")?.get(MAIL)?.as_str()?.to_owned();
        let limits = object.get("capabilities")?.get(CORE)?;
        let limit = |name: &str| limits.get(name)?.as_u64().map(|limit| limit.clamp(1, 10_000) as usize);
        let here = |name: &str| {
            let template = object.get(name)?.as_str()?.replace("{accountId}", &account);
            let there = url.join(&template).ok()?;
            let mut here = url.clone();
            here.set_path(there.path());
            here.set_query(there.query());
            Some(here)
        };
        let has_smime = object.get("capabilities")?.get(SMIME).is_some();
        Some(Self {
            authorization,
            api: here("apiUrl")?,
            upload: here("uploadUrl")?,
            event_source: event_source(here("eventSourceUrl")?),
            using: [CORE, MAIL].into_iter().chain(has_smime.then_some(SMIME)).collect(),
            max_get: limit("maxObjectsInGet")?,
            max_set: limit("maxObjectsInSet")?,
            account,
        })
    }

    /// Whether the server knows RFC 9219.
    pub(super) fn has_smime(&self) -> bool {
        self.using.contains(&SMIME)
    }

    /// A request as JSON.
    pub(super) fn encode(&self, calls: &[Call]) -> Bytes {
        let calls: Vec<Value> = calls
            .iter()
            .enumerate()
            .map(|(index, (method, arguments))| {
                let mut arguments = arguments.clone();
                if let Value::Object(arguments) = &mut arguments {
                    arguments.insert("accountId".to_owned(), json!(self.account));
                }
                json!([method, arguments, index.to_string()])
            })
            .collect();
        json!({"using": self.using, "methodCalls": calls}).to_string().into()
    }
}

/// The URL for events of all types that never ends, with a ping now and then.
fn event_source(template: Url) -> Url {
    let mut url = template.clone();
    url.query_pairs_mut().clear();
    for (name, value) in template.query_pairs() {
        let value = match value.as_ref() {
            "{types}" => "*",
            "{closeafter}" => "no",
            "{ping}" => "30",
            other => other,
        };
        url.query_pairs_mut().append_pair(&name, value);
    }
    url
}

impl Connection {
    /// Opens with the first request.
    pub(super) fn new(session: &Arc<Session>) -> anyhow::Result<Self> {
        Ok(Self { http: client()?, session: Arc::clone(session), refusals: Refusals::default() })
    }

    /// Sends a request that [`Session::encode`] made.
    pub(super) async fn post(&mut self, body: &Bytes) -> Result<Answer, Failure> {
        let session = Arc::clone(&self.session);
        self.send(session.api.clone(), "application/json", body).await
    }

    /// Sends calls, and gives the arguments of their responses.
    pub(super) async fn call(&mut self, calls: &[Call]) -> Result<Vec<Value>, Failure> {
        let body = self.session.encode(calls);
        self.post(&body).await?.responses()
    }

    /// Sends one call, and gives the arguments of its response.
    pub(super) async fn one(&mut self, method: &'static str, arguments: Value) -> Result<Value, Failure> {
        let responses = self.call(&[(method, arguments)]).await?;
        responses.into_iter().next().ok_or_else(|| Failure::Wrong("there is no response".to_owned()))
    }

    /// Uploads a message; how long that took, and its blob id.
    pub(super) async fn upload(&mut self, message: &Bytes) -> Result<(Duration, String), Failure> {
        let session = Arc::clone(&self.session);
        let answer = self.send(session.upload.clone(), "message/rfc822", message).await?;
        let object = answer.json()?;
        let id = object.get("blobId").and_then(Value::as_str);
        let id = id.ok_or_else(|| Failure::lacks("blobId", &object))?;
        Ok((answer.took, id.to_owned()))
    }

    /// Opens the event source (RFC 8620 §7.3).
    pub(super) async fn events(&self) -> Result<Response, Failure> {
        let request = self.http.get(self.session.event_source.clone());
        let response = self.headed(request).header(ACCEPT, "text/event-stream").send().await?;
        match response.status().as_u16() {
            200 => Ok(response),
            status => Err(Failure::Status { status, detail: "the event source".to_owned() }),
        }
    }

    async fn send(&mut self, url: Url, media_type: &'static str, body: &Bytes) -> Result<Answer, Failure> {
        for _ in 0..ATTEMPTS {
            let request = self.http.post(url.clone()).timeout(PATIENCE).header(CONTENT_TYPE, media_type);
            let request = request.body(body.clone());
            let started = Instant::now();
            let response = self.headed(request).send().await?;
            let status = response.status();
            let retry_after = response.headers().get(RETRY_AFTER).cloned();
            let body = response.bytes().await?;
            let took = started.elapsed();
            match status.as_u16() {
                429 | 503 => {
                    let wait = self.refused(status.as_u16(), retry_after.as_ref());
                    tokio::time::sleep(wait).await;
                }
                _ if status.is_success() => return Ok(Answer { took, body }),
                status => {
                    let detail = shortened(&String::from_utf8_lossy(&body));
                    return Err(Failure::Status { status, detail });
                }
            }
        }
        let last = self.refusals.by_status.keys().next_back().copied();
        Err(Failure::Refused(last.unwrap_or_default()))
    }

    /// Counts a refusal, and tells how long to wait.
    fn refused(&mut self, status: u16, retry_after: Option<&HeaderValue>) -> Duration {
        *self.refusals.by_status.entry(status).or_default() += 1;
        let seconds = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        if seconds.is_none() {
            self.refusals.without_retry_after += 1;
        }
        Duration::from_secs(seconds.unwrap_or(1)).min(LONGEST_WAIT)
    }

    fn headed(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(AUTHORIZATION, self.session.authorization.clone())
    }
}

impl Answer {
    /// The arguments of all responses; the first error of a method is a failure.
    pub(super) fn responses(&self) -> Result<Vec<Value>, Failure> {
        let mut object = self.json()?;
        let Some(Value::Array(responses)) = object.get_mut("methodResponses").map(Value::take) else {
            return Err(Failure::lacks("methodResponses", &object));
        };
        responses
            .into_iter()
            .map(|mut response| {
                let arguments = response.get_mut(1).map(Value::take).unwrap_or_default();
                match response.get(0).and_then(Value::as_str) {
                    Some("error") => Err(Failure::of_error(&arguments)),
                    _ => Ok(arguments),
                }
            })
            .collect()
    }

    fn json(&self) -> Result<Value, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| Failure::Wrong(format!("no JSON: {error}")))
    }
}

/// Takes a property out of an answer.
pub(super) fn take(answer: &mut Value, property: &str) -> Value {
    answer.get_mut(property).map(Value::take).unwrap_or_default()
}

/// The password in the first line of a file.
pub(super) fn password(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn client() -> anyhow::Result<Client> {
    let builder = Client::builder().pool_max_idle_per_host(1).tcp_nodelay(true).no_proxy();
    builder.build().context("the HTTP client cannot be set up")
}

fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_used_at_the_host_that_was_named() {
        let object = json!({
            "primaryAccounts": {MAIL: "a/1"},
            "capabilities": {CORE: {"maxObjectsInGet": 500, "maxObjectsInSet": 400}, MAIL: {}},
            "apiUrl": "https://mail.example.org/x/api?v=1",
            "uploadUrl": "/upload/{accountId}/",
            "eventSourceUrl": "/events/?types={types}&closeafter={closeafter}&ping={ping}",
        });
        let url = Url::parse("http://127.0.0.1:8081/.well-known/jmap").unwrap();
        let session = Session::of(&url, HeaderValue::from_static("x"), &object).unwrap();
        assert_eq!(session.api.as_str(), "http://127.0.0.1:8081/x/api?v=1");
        assert_eq!(session.upload.as_str(), "http://127.0.0.1:8081/upload/a/1/");
        assert_eq!(
            session.event_source.as_str(),
            "http://127.0.0.1:8081/events/?types=*&closeafter=no&ping=30"
        );
        assert_eq!((session.max_get, session.max_set), (500, 400));
        assert!(!session.has_smime());
        let request: Value =
            serde_json::from_slice(&session.encode(&[("Email/get", json!({"ids": []}))])).unwrap();
        assert_eq!(request["methodCalls"], json!([["Email/get", {"ids": [], "accountId": "a/1"}, "0"]]));
        assert!(Session::of(&url, HeaderValue::from_static("x"), &json!({})).is_none());
    }

    #[test]
    fn errors_of_methods_are_failures_by_their_type() {
        let answer = |body: &'static str| Answer { took: Duration::ZERO, body: body.into() };
        let responses = answer(r#"{"methodResponses": [["A", {"x": 1}, "0"], ["B", {}, "1"]]}"#).responses();
        assert_eq!(responses.unwrap(), [json!({"x": 1}), json!({})]);
        let kind = |body| answer(body).responses().unwrap_err().kind();
        assert_eq!(kind(r#"{"methodResponses": [["error", {"type": "serverFail"}, "0"]]}"#), "serverFail");
        assert_eq!(kind(r#"{"methodResponses": 1}"#), "wrong answer");
        assert_eq!(kind("x"), "wrong answer");
    }
}
