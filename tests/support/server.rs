//! A node with its HTTP door, on a thread of its own.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use signet::clock::Clock;
use signet::config::{Config, Overrides};
use signet::lifecycle::Node;
use signet::store::{Store, StoreOptions};
use signet::{http, jmap, provision};
use tokio_util::sync::CancellationToken;

use super::TestDatabase;

pub const PASSWORD: &str = "correct horse";

/// A server on a database of its own, with the login `ann@example.org` and its account, a1.
pub struct TestServer {
    pub database: TestDatabase,
    pub store: Store,
    pub address: SocketAddr,
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
        let database = TestDatabase::new().await;
        let store = Store::connect(&StoreOptions::new(database.url()), Clock::system()).await.unwrap();
        let hash = http::password::hash(PASSWORD).unwrap();
        provision::create_account(&store, "ann@example.org", &hash).await.unwrap().unwrap();
        let overrides = Overrides { database_url: Some(database.url()), ..Overrides::default() };
        let mut config = Config::load(None, overrides).unwrap();
        config.database.connections = 8;
        settings(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (started, is_started) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let node = Arc::new(Node::start(config, Clock::system()).await.unwrap());
                started.send(node.stop.clone()).unwrap();
                let engine = jmap::engine(&node.trust);
                http::serve(Arc::clone(&node), engine, listener).await.unwrap();
                if let Some(node) = Arc::into_inner(node) {
                    node.end().await;
                }
            });
        });
        let stop = is_started.await.unwrap();
        Self { database, store, address, client: reqwest::Client::new(), stop, thread: Some(thread) }
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
