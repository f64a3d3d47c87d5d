//! A server without its HTTP door where Ann and Bob work, and the time stands still: for tests of sending.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use signet::clock::Clock;
use signet::delivery::inbound::{self, Envelope, Outcome};
use signet::delivery::{Incoming, deliver};
use signet::jmap::{self, Context, Services};
use signet::locale::Language;
use signet::provision;
use signet::smime::Policy;
use signet::store::{Store, StoreOptions};
use signet::submit::{Relay as RelayClient, RelayOptions, SubmitOptions, Submitter, arrived};
use signet::telemetry::Metrics;
use signet::trust::Trust;
use signet::wire::capability::{Capability, CoreLimits};
use signet::wire::envelope::Request;
use signet::wire::ids::AccountId;
use signet::wire::session::{Account, Principal};

use super::node::{NOON, at, membership};
use super::{Relay, TestDatabase};

pub const ANN: &str = "ann@example.org";
pub const BOB: &str = "bob@example.org";

/// The capabilities that a client for mail lists.
pub const USING: [&str; 4] = [
    "urn:ietf:params:jmap:core",
    "urn:ietf:params:jmap:mail",
    "urn:ietf:params:jmap:submission",
    "urn:ietf:params:jmap:vacationresponse",
];

pub struct Office {
    pub database: TestDatabase,
    pub clock: Clock,
    pub trust: Trust,
    pub submitter: Submitter,
    pub ann: AccountId,
    pub bob: AccountId,
}

impl Office {
    /// Without a relay.
    pub async fn new() -> Self {
        Self::open(None, |_| {}).await
    }

    /// With this relay.
    pub async fn behind(relay: &Relay) -> Self {
        Self::open(Some(relay.options()), |_| {}).await
    }

    pub async fn open(relay: Option<RelayOptions>, choose: impl FnOnce(&mut SubmitOptions)) -> Self {
        let database = TestDatabase::new().await;
        let clock = Clock::frozen(at(NOON));
        let store = Store::connect(&StoreOptions::new(database.url()), clock.clone()).await.unwrap();
        let trust = Trust::new(store.clone(), Policy::default(), Duration::from_secs(10));
        let mut options =
            SubmitOptions { host_name: "mail.example.org".to_owned(), ..SubmitOptions::default() };
        choose(&mut options);
        let relay = relay.map(|relay| RelayClient::new(relay, &options.host_name).unwrap());
        let submitter = Submitter::new(trust.clone(), options, relay, Metrics::new());
        let ann = provision::create_account(&store, ANN, "x").await.unwrap().unwrap();
        let bob = provision::create_account(&store, BOB, "x").await.unwrap().unwrap();
        Self { database, clock, trust, submitter, ann, bob }
    }

    /// The responses to calls of this account's owner.
    pub async fn calls_with(&self, using: &[&str], account: AccountId, calls: Value) -> Value {
        let services = Services { submitter: self.submitter.clone(), ..Services::from(self.trust.clone()) };
        let engine = jmap::engine(&services);
        let name = if account == self.ann { ANN } else { BOB };
        let account = Account {
            id: account,
            name: name.to_owned(),
            is_personal: true,
            is_read_only: false,
            capabilities: Capability::OF_ACCOUNTS.to_vec(),
        };
        let context = Context {
            principal: Arc::new(Principal { username: name.to_owned(), accounts: vec![account] }),
            using: Vec::new(),
            language: Language::negotiate(None),
            limits: Arc::new(CoreLimits::default()),
            clock: self.clock.clone(),
            deadline: None,
            session_state: "0".to_owned(),
            created_ids: Default::default(),
        };
        let request = json!({"using": using, "methodCalls": calls});
        let request = Request::parse(request.to_string().as_bytes()).unwrap();
        let response = engine.process(context, request).await.unwrap();
        let response: Value = serde_json::from_slice(&response.to_json()).unwrap();
        response["methodResponses"].clone()
    }

    /// The arguments of the one response to one call.
    pub async fn one(&self, account: AccountId, method: &str, mut arguments: Value) -> Value {
        arguments["accountId"] = json!(account);
        self.calls_with(&USING, account, json!([[method, arguments, "0"]])).await[0][1].clone()
    }

    /// The same by Ann.
    pub async fn ann(&self, method: &str, arguments: Value) -> Value {
        self.one(self.ann, method, arguments).await
    }

    /// The same by Bob.
    pub async fn bob(&self, method: &str, arguments: Value) -> Value {
        self.one(self.bob, method, arguments).await
    }

    /// The id of an account's mailbox of that role.
    pub async fn mailbox(&self, account: AccountId, role: &str) -> String {
        let found = self.one(account, "Mailbox/query", json!({"filter": {"role": role}})).await;
        found["ids"][0].as_str().unwrap().to_owned()
    }

    /// The id of Ann's first Identity.
    pub async fn identity(&self) -> String {
        let got = self.ann("Identity/get", json!({"ids": null})).await;
        got["list"][0]["id"].as_str().unwrap().to_owned()
    }

    /// The id of a draft of Ann's with these octets.
    pub async fn draft(&self, raw: &str) -> String {
        let drafts = self.mailbox(self.ann, "drafts").await;
        let mailbox = signet::wire::ids::MailboxId::parse(&drafts).unwrap();
        let incoming = Incoming {
            raw: raw.as_bytes().to_vec(),
            received_at: Some(self.clock.now()),
            membership: membership(&[mailbox], &["$draft", "$seen"]),
        };
        let receipt = deliver(&self.trust, self.ann, vec![incoming], None).await.unwrap();
        let signet::delivery::Delivered::Stored(stored) = &receipt.outcomes[0] else {
            panic!("{:?}", receipt.outcomes)
        };
        stored.email.to_string()
    }

    /// Submits a draft of Ann's as it says itself; the response to the /set.
    pub async fn submit(&self, raw: &str) -> Value {
        let (email, identity) = (self.draft(raw).await, self.identity().await);
        self.ann("EmailSubmission/set", json!({"create": {"k": {"identityId": identity, "emailId": email}}}))
            .await
    }

    /// Submits a draft of Ann's to these recipients; the id of the submission.
    pub async fn send(&self, raw: &str, recipients: &[&str]) -> String {
        let rcpt_to: Vec<Value> = recipients.iter().map(|address| json!({"email": address})).collect();
        self.send_in(raw, json!({"mailFrom": {"email": ANN}, "rcptTo": rcpt_to})).await
    }

    /// Submits a draft of Ann's in this envelope; the id of the submission.
    pub async fn send_in(&self, raw: &str, envelope: Value) -> String {
        let (email, identity) = (self.draft(raw).await, self.identity().await);
        let submission = json!({"identityId": identity, "emailId": email, "envelope": envelope});
        let set = self.ann("EmailSubmission/set", json!({"create": {"k": submission}})).await;
        let id = set["created"]["k"]["id"].as_str();
        id.unwrap_or_else(|| panic!("{set}")).to_owned()
    }

    /// A submission of Ann's.
    pub async fn submission(&self, id: &str) -> Value {
        self.ann("EmailSubmission/get", json!({"ids": [id]})).await["list"][0].clone()
    }

    /// Works off what is due; how many messages that were.
    pub async fn work(&self) -> usize {
        let mut count = 0;
        while self.submitter.send_next().await.unwrap() {
            count += 1;
        }
        count
    }

    /// Moves the clock on.
    pub fn wait(&self, seconds: i64) {
        self.clock.set(self.clock.now() + chrono::Duration::seconds(seconds));
    }

    /// Mail that comes from elsewhere, as the LMTP door brings it.
    pub async fn arrives(&self, from: Option<&str>, to: &str, raw: &str) {
        let envelope = Envelope { reverse_path: from.map(str::to_owned), recipients: vec![to.to_owned()] };
        let outcomes = inbound::receive(&self.trust, &envelope, raw.as_bytes().to_vec()).await;
        assert!(matches!(outcomes[0].1, Outcome::Stored { .. }), "{outcomes:?}");
        arrived(&self.submitter, &envelope, &outcomes, raw.as_bytes()).await;
    }

    /// The messages in an account's inbox, newest first.
    pub async fn inbox(&self, account: AccountId) -> Vec<String> {
        let inbox = self.mailbox(account, "inbox").await;
        let found = self.one(account, "Email/query", json!({"filter": {"inMailbox": inbox}})).await;
        let ids: Vec<String> = serde_json::from_value(found["ids"].clone()).unwrap();
        let mut messages = Vec::new();
        for id in ids {
            let number: i64 = id[1..].parse().unwrap();
            let sql = "SELECT b.data FROM email e JOIN blob b ON b.hash = e.blob_hash WHERE e.account_id = $1 AND e.id = $2";
            let row = self.database.client().query_one(sql, &[&account.0, &number]).await.unwrap();
            messages.push(String::from_utf8_lossy(row.get(0)).into_owned());
        }
        messages
    }
}

/// A message from Ann with these header lines more.
pub fn from_ann(header: &str) -> String {
    format!(
        "From: Ann <{ANN}>\r\nSubject: Lunch\r\nDate: Sun, 1 Mar 2026 11:59:00 +0000\r\n\
         Message-ID: <lunch@example.org>\r\n{header}\r\nAt noon?\r\n.dot\r\n"
    )
}
