//! A node with its HTTP door, on a thread of its own.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use signet::clock::Clock;
use signet::config::{Config, Overrides};
use signet::lifecycle::Node;
use signet::store::{Store, StoreOptions, login};
use signet::wire::ids::AccountId;
use signet::{http, provision};
use tokio_util::sync::CancellationToken;

use super::TestDatabase;

pub const PASSWORD: &str = "correct horse";

/// A server with the login `ann@example.org` and its account, a1, on a database of its own or of a [`pair`].
///
/// [`pair`]: TestServer::pair
pub struct TestServer {
    pub database: Arc<TestDatabase>,
    pub store: Store,
    pub address: SocketAddr,
    /// Where it listens for LMTP, if it does.
    pub lmtp: Option<SocketAddr>,
    pub client: reqwest::Client,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts with other settings than the defaults.
    pub async fn start_with(settings: impl FnOnce(&mut Config)) -> Self {
        Self::start_at(&Clock::system(), settings).await
    }

    /// Starts with a clock of its own.
    pub async fn start_at(clock: &Clock, settings: impl FnOnce(&mut Config)) -> Self {
        let (database, store) = furnished(clock).await;
        Self::start_on(database, store, settings).await
    }

    /// Two nodes on one database, with one clock. Their workers wake for hints only.
    pub async fn pair(clock: &Clock) -> [Self; 2] {
        Self::pair_with(clock, |_| {}).await
    }

    /// The same with other settings than the defaults.
    pub async fn pair_with(clock: &Clock, settings: impl Fn(&mut Config)) -> [Self; 2] {
        let (database, store) = furnished(clock).await;
        let start = || {
            Self::start_on(Arc::clone(&database), store.clone(), |config| {
                config.trust.worker_interval_seconds = 86_400;
                settings(config);
            })
        };
        [start().await, start().await]
    }

    async fn start_on(database: Arc<TestDatabase>, store: Store, settings: impl FnOnce(&mut Config)) -> Self {
        let overrides = Overrides { database_url: Some(database.url()), ..Overrides::default() };
        let mut config = Config::load(None, overrides).unwrap();
        config.database.connections = 8;
        // Nothing beyond this machine is called, unless a test says so.
        config.fetch.enabled = false;
        settings(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (started, is_started) = tokio::sync::oneshot::channel();
        let clock = store.clock().clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let node = Arc::new(Node::start(config, clock).await.unwrap());
                started.send((node.stop.clone(), node.lmtp_address)).unwrap();
                let engine = http::engine(&node);
                http::serve(Arc::clone(&node), engine, listener).await.unwrap();
                node.end().await;
            });
        });
        let (stop, lmtp) = is_started.await.unwrap();
        let client = reqwest::Client::new();
        Self { database, store, address, lmtp, client, stop, thread: Some(thread) }
    }

    /// Another node on the same database, with the same clock.
    pub async fn restart(&self, settings: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(Arc::clone(&self.database), self.store.clone(), settings).await
    }

    /// Makes a login with an account of its own and, besides, access to ann's.
    pub async fn let_into_anns_account(&self, name: &str) {
        let hash = http::password::hash(PASSWORD).unwrap();
        provision::create_account(&self.store, name, &hash).await.unwrap().unwrap();
        let granted = self.store.transaction("test/grant", async |transaction| {
            login::grant(transaction, name, AccountId(1), false, false).await
        });
        assert!(granted.await.unwrap());
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A GET as ann.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path)).basic_auth("ann@example.org", Some(PASSWORD))
    }

    /// A POST as ann.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path)).basic_auth("ann@example.org", Some(PASSWORD))
    }

    /// The responses to calls with all capabilities in use.
    pub async fn calls(&self, calls: Value) -> Value {
        let using =
            ["core", "mail", "smimeverify"].map(|capability| format!("urn:ietf:params:jmap:{capability}"));
        let response =
            self.post("/jmap/api").json(&json!({"using": using, "methodCalls": calls})).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json::<Value>().await.unwrap()["methodResponses"].clone()
    }

    /// The arguments of the response to one call in ann's account.
    pub async fn one(&self, method: &str, mut arguments: Value) -> Value {
        arguments["accountId"] = json!("a1");
        self.calls(json!([[method, arguments, "0"]])).await[0][1].clone()
    }

    /// The id of the blob that an upload by ann to her account becomes.
    pub async fn upload(&self, data: Vec<u8>) -> String {
        let response = self.post("/jmap/upload/a1/").body(data).send().await.unwrap();
        assert_eq!(response.status(), 201);
        response.json::<Value>().await.unwrap()["blobId"].as_str().unwrap().to_owned()
    }

    /// Imports a message into ann's mailbox of that role, and gives the id of its Email.
    pub async fn import(&self, raw: Vec<u8>, role: &str, received_at: &str) -> String {
        let mailbox = self.mailbox(role).await;
        let blob = self.upload(raw).await;
        let email = json!({"blobId": blob, "mailboxIds": {mailbox: true}, "receivedAt": received_at});
        let imported = self.one("Email/import", json!({"emails": {"k": email}})).await;
        let id = imported["created"]["k"]["id"].as_str();
        id.unwrap_or_else(|| panic!("{imported}")).to_owned()
    }

    /// The id of ann's mailbox of that role.
    pub async fn mailbox(&self, role: &str) -> String {
        let found = self.one("Mailbox/query", json!({"filter": {"role": role}})).await;
        found["ids"][0].as_str().unwrap().to_owned()
    }

    /// Lets the node stop; what is under way is finished.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until the node has ended.
    pub async fn ended(&mut self) {
        let thread = self.thread.take().unwrap();
        tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap();
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A database with the login and the account.
pub async fn furnished(clock: &Clock) -> (Arc<TestDatabase>, Store) {
    let database = TestDatabase::new().await;
    let store = Store::connect(&StoreOptions::new(database.url()), clock.clone()).await.unwrap();
    let hash = http::password::hash(PASSWORD).unwrap();
    provision::create_account(&store, "ann@example.org", &hash).await.unwrap().unwrap();
    (Arc::new(database), store)
}
