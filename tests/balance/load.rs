//! Users at work, all the time, through the balancer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::topology::{Topology, until};
use crate::support::event_stream::EventStream;
use crate::support::server::PASSWORD;
use crate::support::web_socket::{CLOSE, TEXT, WebSocket};

/// Between two requests of one user.
const PAUSE: Duration = Duration::from_millis(5);

/// What a user does over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// GET of the session: a safe request.
    Session,
    /// Email/query and Email/get in one POST.
    Query,
    /// Email/set.
    Set,
    /// An upload, and the download of it.
    Upload,
    /// An event source.
    Events,
    /// Requests over a WebSocket.
    WebSocket,
}

/// Who works beside whom. Each waits for an answer before it asks again.
pub const USERS: [Kind; 8] = [
    Kind::Session,
    Kind::Query,
    Kind::Set,
    Kind::Set,
    Kind::Upload,
    Kind::Upload,
    Kind::Events,
    Kind::WebSocket,
];

/// The users and what they saw.
pub struct Load {
    shared: Arc<Shared>,
    stop: CancellationToken,
    users: Vec<JoinHandle<()>>,
}

struct Shared {
    address: SocketAddr,
    client: reqwest::Client,
    emails: Vec<String>,
    seen: Mutex<Seen>,
}

/// What the users saw.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// What went well.
    pub done: BTreeMap<Kind, usize>,
    /// What failed, and how.
    pub failed: Vec<(Kind, String)>,
    /// The newest keyword that each user was told to have set on each email.
    pub keywords: BTreeMap<(usize, String), String>,
    /// Event sources that ended.
    pub ended_events: usize,
    /// WebSockets that were closed with 1001.
    pub went_away: usize,
    /// WebSockets that ended otherwise.
    pub broken_sockets: usize,
    /// The newest state of Email that event sources told, by user.
    pub states: BTreeMap<usize, String>,
}

impl Load {
    /// Imports some mail, and sets the users to work.
    pub async fn start(topology: &Topology) -> Self {
        let address = topology.balancer.address;
        let client = reqwest::Client::new();
        let mut shared = Shared { address, client, emails: Vec::new(), seen: Mutex::default() };
        for number in 0..4 {
            let email = shared.import(number).await;
            shared.emails.push(email);
        }
        let mut load = Self { shared: Arc::new(shared), stop: CancellationToken::new(), users: Vec::new() };
        USERS.into_iter().for_each(|kind| load.add(kind));
        load
    }

    /// One more user.
    pub fn add(&mut self, kind: Kind) {
        let user =
            User { shared: Arc::clone(&self.shared), number: self.users.len(), stop: self.stop.clone() };
        self.users.push(tokio::spawn(async move {
            match kind {
                Kind::Session | Kind::Query | Kind::Set | Kind::Upload => user.repeat(kind).await,
                Kind::Events => drop(user.stop.run_until_cancelled(user.listen()).await),
                Kind::WebSocket => user.talk().await,
            }
        }));
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        self.shared.seen().clone()
    }

    /// Waits until all kinds of work have gone on so many times.
    pub async fn goes_on(&self, times: usize) {
        let before = self.seen().done;
        let went_on =
            |kind: &Kind| self.seen().done.get(kind).unwrap_or(&0) - before.get(kind).unwrap_or(&0) >= times;
        until(Progress(&self.shared), async || USERS.iter().all(went_on)).await;
    }

    /// Ends the work. What the users saw, and the keywords that the emails have then.
    pub async fn end(self) -> (Seen, BTreeMap<String, Value>) {
        self.stop.cancel();
        for user in self.users {
            user.await.unwrap();
        }
        let arguments = json!({"ids": self.shared.emails, "properties": ["keywords"]});
        let got = self.shared.one("Email/get", arguments).await.unwrap();
        let emails = got["list"].as_array().unwrap();
        let keywords = |email: &Value| (email["id"].as_str().unwrap().to_owned(), email["keywords"].clone());
        (self.shared.seen().clone(), emails.iter().map(keywords).collect())
    }

    /// The state of Email.
    pub async fn state(&self) -> String {
        let got = self.shared.one("Email/get", json!({"ids": []})).await.unwrap();
        got["state"].as_str().unwrap().to_owned()
    }
}

/// Shows what was seen so far, whenever it is shown.
struct Progress<'a>(&'a Shared);

impl std::fmt::Debug for Progress<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seen = self.0.seen();
        write!(f, "all work goes on: {:?}, {:?}", seen.done, seen.failed.first())
    }
}

struct User {
    shared: Arc<Shared>,
    number: usize,
    /// Asked between two requests: an answer is always waited for.
    stop: CancellationToken,
}

impl User {
    async fn repeat(&self, kind: Kind) {
        for round in 0.. {
            if self.stop.is_cancelled() {
                return;
            }
            let outcome = match kind {
                Kind::Session => self.session().await,
                Kind::Query => self.query().await,
                Kind::Set => self.set(round).await,
                _ => self.upload(round).await,
            };
            self.note(kind, outcome);
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn note(&self, kind: Kind, outcome: Result<(), String>) {
        let mut seen = self.shared.seen();
        match outcome {
            Ok(()) => *seen.done.entry(kind).or_default() += 1,
            Err(error) => seen.failed.push((kind, error)),
        }
    }

    async fn session(&self) -> Result<(), String> {
        let response = self.shared.send(self.shared.get("/jmap/session")).await?;
        response.json::<Value>().await.map(drop).map_err(|error| error.to_string())
    }

    async fn query(&self) -> Result<(), String> {
        let ids = json!({"resultOf": "0", "name": "Email/query", "path": "/ids"});
        let calls = json!([
            ["Email/query", {"accountId": "a1", "limit": 2}, "0"],
            ["Email/get", {"accountId": "a1", "#ids": ids, "properties": ["keywords"]}, "1"]
        ]);
        let responses = self.shared.calls(calls).await?;
        if responses[1][1]["list"].as_array().map(Vec::len) == Some(2) {
            Ok(())
        } else {
            Err(responses.to_string())
        }
    }

    async fn set(&self, round: usize) -> Result<(), String> {
        let Change { arguments, email, keyword } = self.change(round);
        let outcome = self.shared.one("Email/set", arguments).await;
        let is_done = outcome.as_ref().is_ok_and(|set| set["updated"].get(&email).is_some());
        let mut seen = self.shared.seen();
        let place = (self.number, email);
        if is_done {
            seen.keywords.insert(place, keyword);
            return Ok(());
        }
        // Whether it was done is not known.
        seen.keywords.remove(&place);
        Err(outcome.map_or_else(|error| error, |set| set.to_string()))
    }

    /// A keyword that nobody else sets, on one of the emails, in place of the one before it.
    fn change(&self, round: usize) -> Change {
        let email = self.shared.emails[(self.number + round) % self.shared.emails.len()].clone();
        let keyword = format!("u{}r{round}", self.number);
        let mut patch = json!({format!("keywords/{keyword}"): true});
        if let Some(before) = self.shared.seen().keywords.get(&(self.number, email.clone())) {
            patch[format!("keywords/{before}")] = Value::Null;
        }
        Change { arguments: json!({"accountId": "a1", "update": {&email: patch}}), email, keyword }
    }

    async fn upload(&self, round: usize) -> Result<(), String> {
        let data = format!("{}:{round} ", self.number).repeat(4000);
        let uploaded = self.shared.send(self.shared.post("/jmap/upload/a1/").body(data.clone())).await?;
        let uploaded: Value = uploaded.json().await.map_err(|error| error.to_string())?;
        let path = format!("/jmap/download/a1/{}/x", uploaded["blobId"].as_str().unwrap_or_default());
        let downloaded = self.shared.send(self.shared.get(&path)).await?;
        let downloaded = downloaded.bytes().await.map_err(|error| format!("download: {error}"))?;
        if downloaded == data.as_bytes() { Ok(()) } else { Err("other octets came back".to_owned()) }
    }

    /// Comes back to the event source each time it ends, with the id of the last event.
    async fn listen(&self) {
        let mut last_id: Option<String> = None;
        loop {
            let mut request = self.shared.get("/jmap/eventsource?types=Email&closeafter=no&ping=5");
            if let Some(id) = &last_id {
                request = request.header("last-event-id", id);
            }
            match self.shared.send(request).await {
                Ok(response) => {
                    let mut events = EventStream::new(response);
                    while let Some(event) = events.event().await {
                        if let Some(state) = event.data["changed"]["a1"]["Email"].as_str() {
                            self.shared.seen().states.insert(self.number, state.to_owned());
                            self.note(Kind::Events, Ok(()));
                        }
                    }
                    last_id = events.last_id.or(last_id);
                    self.shared.seen().ended_events += 1;
                }
                Err(error) => self.note(Kind::Events, Err(error)),
            }
        }
    }

    /// Sends an Email/set after the other, each until it is answered, over as many WebSockets as it takes.
    async fn talk(&self) {
        let mut round = 0;
        while !self.stop.is_cancelled() {
            match WebSocket::open_at(self.shared.address).await {
                Ok(mut socket) => while self.ask(&mut socket, &mut round).await {},
                Err(error) => self.note(Kind::WebSocket, Err(error.to_string())),
            }
        }
    }

    /// Whether the WebSocket can be asked again.
    async fn ask(&self, socket: &mut WebSocket, round: &mut usize) -> bool {
        let Change { arguments, email, keyword } = self.change(*round);
        let calls = json!([["Email/set", arguments, "0"]]);
        socket.send(json!({"@type": "Request", "using": USING, "methodCalls": calls})).await;
        match socket.try_frame().await {
            Ok((TEXT, data)) => {
                let answer: Value = serde_json::from_slice(&data).unwrap();
                let is_done = answer["methodResponses"][0][1]["updated"].get(&email).is_some();
                self.note(Kind::WebSocket, if is_done { Ok(()) } else { Err(answer.to_string()) });
                self.shared.seen().keywords.insert((self.number, email), keyword);
                *round += 1;
                tokio::time::sleep(PAUSE).await;
                !self.stop.is_cancelled()
            }
            Ok((CLOSE, data)) if data.starts_with(&1001_u16.to_be_bytes()) => {
                self.shared.seen().went_away += 1;
                false
            }
            _ => {
                self.shared.seen().broken_sockets += 1;
                false
            }
        }
    }
}

/// An Email/set.
struct Change {
    arguments: Value,
    email: String,
    keyword: String,
}

const USING: [&str; 2] = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn get(&self, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.client.get(url).basic_auth("ann@example.org", Some(PASSWORD))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.client.post(url).basic_auth("ann@example.org", Some(PASSWORD))
    }

    /// The response, if it says that all is well.
    async fn send(&self, request: RequestBuilder) -> Result<reqwest::Response, String> {
        let response = request.send().await.map_err(|error| format!("{error:?}"))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        Err(format!("{status} {}", response.text().await.unwrap_or_default()))
    }

    async fn calls(&self, calls: Value) -> Result<Value, String> {
        let request = self.post("/jmap/api").json(&json!({"using": USING, "methodCalls": calls}));
        let response: Value = self.send(request).await?.json().await.map_err(|error| error.to_string())?;
        Ok(response["methodResponses"].clone())
    }

    /// The arguments of the response to one call.
    async fn one(&self, method: &str, mut arguments: Value) -> Result<Value, String> {
        arguments["accountId"] = json!("a1");
        Ok(self.calls(json!([[method, arguments, "0"]])).await?[0][1].clone())
    }

    async fn import(&self, number: usize) -> String {
        let message =
            format!("From: ann@example.org\r\nMessage-ID: <{number}@x>\r\n\r\nNumber {number}.\r\n");
        let upload = self.send(self.post("/jmap/upload/a1/").body(message)).await.unwrap();
        let blob = upload.json::<Value>().await.unwrap()["blobId"].clone();
        let inbox = self.one("Mailbox/query", json!({"filter": {"role": "inbox"}})).await.unwrap();
        let inbox = inbox["ids"][0].as_str().unwrap();
        let emails = json!({"k": {"blobId": blob, "mailboxIds": {inbox: true}}});
        let imported = self.one("Email/import", json!({"emails": emails})).await.unwrap();
        imported["created"]["k"]["id"].as_str().unwrap().to_owned()
    }
}
