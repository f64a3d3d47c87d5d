//! An account on two nodes: what is done to it and asked of it goes to either.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use signet::clock::Clock;
use signet::jmap::{self, Context, Engine};
use signet::locale::Language;
use signet::provision;
use signet::smime::Policy;
use signet::store::blob::{self, BlobHash};
use signet::store::{Store, StoreOptions, upload};
use signet::telemetry::Metrics;
use signet::trust::Trust;
use signet::upkeep::{Mode, Task, Upkeep, UpkeepOptions};
use signet::wire::blob_id::BlobId;
use signet::wire::capability::{Capability, CoreLimits};
use signet::wire::envelope::Request;
use signet::wire::ids::AccountId;
use signet::wire::session::{Account, Principal};

use super::Checked;
use super::steps::Step;
use crate::support::TestDatabase;
use crate::support::node::{CORE, MAIL, NOON, SMIMEVERIFY, at};

/// The rooms of two nodes on one database.
pub(super) struct Nodes {
    pub(super) database: TestDatabase,
    pub(super) store: Store,
    pub(super) clock: Clock,
    engines: [Engine; 2],
}

impl Nodes {
    pub(super) async fn new() -> Self {
        let database = TestDatabase::new().await;
        let clock = Clock::frozen(at(NOON));
        let store = Store::connect(&StoreOptions::new(database.url()), clock.clone()).await.unwrap();
        let other = Store::connect(&StoreOptions::new(database.url()), clock.clone()).await.unwrap();
        let engine = |store: &Store| {
            jmap::engine(&Trust::new(store.clone(), Policy::default(), Duration::from_secs(10)).into())
        };
        Self { engines: [engine(&store), engine(&other)], database, store, clock }
    }

    /// A new account with the standard mailboxes.
    pub(super) async fn account(&self, name: &str) -> TestAccount<'_> {
        let id = provision::create_account(&self.store, name, "no password").await.unwrap().unwrap();
        let account = TestAccount {
            nodes: self,
            id,
            name: name.to_owned(),
            inbox: String::new(),
            turn: Cell::new(0),
            is_pruned: Cell::new(false),
        };
        let inbox = account.one("Mailbox/query", json!({"filter": {"role": "inbox"}})).await;
        TestAccount { inbox: inbox["ids"][0].as_str().unwrap().to_owned(), ..account }
    }
}

pub(super) struct TestAccount<'a> {
    nodes: &'a Nodes,
    id: AccountId,
    name: String,
    pub(super) inbox: String,
    turn: Cell<usize>,
    /// Whether changes of it were forgotten.
    is_pruned: Cell<bool>,
}

impl TestAccount<'_> {
    /// The response to one call, which the nodes take turns to answer.
    pub(super) async fn one(&self, method: &str, mut arguments: Value) -> Value {
        arguments["accountId"] = json!(self.id);
        self.turn.set(self.turn.get() + 1);
        let engine = &self.nodes.engines[self.turn.get() % 2];
        let request = json!({"using": [CORE, MAIL, SMIMEVERIFY], "methodCalls": [[method, arguments, "0"]]});
        let request = Request::parse(request.to_string().as_bytes()).unwrap();
        let response = engine.process(self.context(), request).await.unwrap();
        Value::Object(response.method_responses[0].arguments.clone())
    }

    fn context(&self) -> Context {
        let account = Account {
            id: self.id,
            name: self.name.clone(),
            is_personal: true,
            is_read_only: false,
            capabilities: vec![Capability::Mail, Capability::SmimeVerify],
        };
        Context {
            principal: Arc::new(Principal { username: self.name.clone(), accounts: vec![account] }),
            using: Vec::new(),
            language: Language::negotiate(None),
            limits: Arc::new(CoreLimits::default()),
            clock: self.nodes.clock.clone(),
            deadline: None,
            session_state: "0".to_owned(),
            created_ids: Default::default(),
        }
    }

    /// Does what a step says. A refusal is no fault: whatever was refused must not have happened.
    pub(super) async fn act(
        &self,
        step: &Step,
        at: usize,
        emails: &[String],
        mailboxes: &[String],
    ) -> Checked {
        if let Step::Prune { kept } = step {
            self.prune(*kept).await;
        }
        let Some((method, mut arguments)) = step.call(emails, mailboxes, &self.inbox) else {
            return Ok(());
        };
        if let Some(raw) = step.message(at) {
            arguments["emails"]["k"]["blobId"] = json!(self.upload(raw.as_bytes()).await);
        }
        let response = self.one(method, arguments).await;
        match response.get("type") {
            None => Ok(()),
            Some(kind) => Err(TestCaseError::fail(format!("step {at}: {step:?} is answered with {kind}"))),
        }
    }

    /// Forgets all changes of all accounts but the newest of each, in several steps.
    async fn prune(&self, kept: i64) {
        let options = UpkeepOptions { max_changes: kept, batch: 7, ..UpkeepOptions::default() };
        let upkeep = Upkeep::new(self.nodes.store.clone(), options, Metrics::new());
        upkeep.walk(Task::Changes, Mode::Real).await.unwrap();
        self.is_pruned.set(true);
    }

    /// Whether an answer says that changes are not known, and may say so.
    pub(super) fn has_forgotten(&self, answer: &Value) -> bool {
        self.is_pruned.get() && answer["type"] == "cannotCalculateChanges"
    }

    /// Imports a message into the inbox.
    pub(super) async fn import(&self, raw: &[u8], received_at: &str) {
        let blob = self.upload(raw).await;
        let email = json!({"blobId": blob, "mailboxIds": {&self.inbox: true}, "receivedAt": received_at});
        let imported = self.one("Email/import", json!({"emails": {"k": email}})).await;
        assert!(imported["created"]["k"].is_object(), "{imported}");
    }

    async fn upload(&self, raw: &[u8]) -> String {
        let hash = BlobHash::of(raw);
        let stored = self.nodes.store.transaction("test/upload", async |transaction| {
            blob::store(transaction, &[(hash, raw)], transaction.now()).await?;
            upload::note(transaction, self.id, &self.name, hash, transaction.now()).await
        });
        stored.await.unwrap();
        BlobId::Whole { hash: hash.0 }.to_string()
    }

    /// The counters of one mailbox and what Email/query counts are the same (RFC 8621 §2). `minSize` makes the query
    /// count, where a lone inMailbox would read the counter.
    pub(super) async fn compare_counters(&self, at: usize, mailbox: &Value) -> Checked {
        let inside = |more: Value| json!({"operator": "AND", "conditions": [{"inMailbox": mailbox["id"], "minSize": 0}, more]});
        for (counter, more, collapse_threads) in [
            ("totalEmails", json!({}), false),
            (
                "unreadEmails",
                json!({"operator": "NOT", "conditions": [{"hasKeyword": "$seen"}, {"hasKeyword": "$draft"}]}),
                false,
            ),
            ("totalThreads", json!({}), true),
        ] {
            let arguments = json!({
                "filter": inside(more), "collapseThreads": collapse_threads, "calculateTotal": true, "limit": 0
            });
            let counted = self.one("Email/query", arguments).await;
            if counted["total"] != mailbox[counter] {
                let problem = format!("step {at}: {counter} of {mailbox} and Email/query {counted}");
                return Err(TestCaseError::fail(problem));
            }
        }
        Ok(())
    }
}
