//! The rooms of a node on a test database, without its HTTP door: for tests of what lies below.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use signet::clock::Clock;
use signet::delivery::{Delivered, Incoming, Stored, deliver};
use signet::demo::furnish::furnish;
use signet::jmap::{self, Context};
use signet::locale::Language;
use signet::smime::Policy;
use signet::store::email::Membership;
use signet::store::mailbox::{self, Mailbox, MailboxSettings};
use signet::store::{Store, StoreOptions, account};
use signet::trust::Trust;
use signet::wire::capability::{Capability, CoreLimits};
use signet::wire::envelope::Request;
use signet::wire::ids::{AccountId, MailboxId};
use signet::wire::keyword::Keyword;
use signet::wire::session::{Account, Principal};

use super::TestDatabase;

/// A node with an account and an inbox, its clock standing still.
pub struct Node {
    pub database: TestDatabase,
    pub clock: Clock,
    pub store: Store,
    pub trust: Trust,
    pub account: AccountId,
    pub inbox: MailboxId,
}

pub const CORE: &str = "urn:ietf:params:jmap:core";
pub const MAIL: &str = "urn:ietf:params:jmap:mail";
pub const SMIMEVERIFY: &str = "urn:ietf:params:jmap:smimeverify";

/// When the clock of a [`Node`] stands, unless a test moves it.
pub const NOON: &str = "2026-03-01T12:00:00Z";

impl Node {
    pub async fn new() -> Self {
        Self::on(TestDatabase::new().await).await
    }

    /// The same on this database.
    pub async fn on(database: TestDatabase) -> Self {
        let (database, clock, store, trust) = Self::rooms(database).await;
        let created = store.transaction("test/account", async |transaction| {
            account::create(transaction, "demo@example.org", transaction.now()).await
        });
        let account = created.await.unwrap().unwrap();
        let inbox = make_mailbox(&store, account, "Inbox", Some("inbox")).await;
        Self { database, clock, store, trust, account, inbox }
    }

    /// A node with the account of the demonstration.
    pub async fn of_the_demonstration() -> Self {
        let (database, clock, store, trust) = Self::rooms(TestDatabase::new().await).await;
        let account = furnish(&trust).await.unwrap().account;
        Self { database, clock, store, trust, account, inbox: MailboxId(1) }
    }

    async fn rooms(database: TestDatabase) -> (TestDatabase, Clock, Store, Trust) {
        let clock = Clock::frozen(at(NOON));
        let store = Store::connect(&StoreOptions::new(database.url()), clock.clone()).await.unwrap();
        let trust = Trust::new(store.clone(), Policy::default(), Duration::from_secs(10));
        (database, clock, store, trust)
    }

    /// The method responses of an API request to this node by the account's owner.
    pub async fn call(&self, using: &[&str], calls: Value) -> Value {
        self.call_as(using, calls, false).await
    }

    /// The responses to calls of mail in a request that tells what earlier ones created.
    pub async fn call_after(&self, created_ids: &Value, calls: Value) -> Value {
        let request = json!({"using": [CORE, MAIL], "methodCalls": calls, "createdIds": created_ids});
        self.process(("demo@example.org", true), request, false).await
    }

    /// The method responses to somebody who may only read in the account, if `is_read_only`.
    pub async fn call_as(&self, using: &[&str], calls: Value, is_read_only: bool) -> Value {
        self.call_by(("demo@example.org", true), using, calls, is_read_only).await
    }

    /// The same by this login, who owns the account or only shares it.
    async fn call_by(&self, who: (&str, bool), using: &[&str], calls: Value, is_read_only: bool) -> Value {
        self.process(who, json!({"using": using, "methodCalls": calls}), is_read_only).await
    }

    async fn process(&self, (login, is_personal): (&str, bool), request: Value, is_read_only: bool) -> Value {
        let engine = jmap::engine(&self.trust.clone().into());
        let account = Account {
            id: self.account,
            name: "demo@example.org".to_owned(),
            is_personal,
            is_read_only,
            capabilities: vec![
                Capability::Mail,
                Capability::SmimeVerify,
                Capability::Quota,
                Capability::Blob,
                Capability::SmimeSigners,
            ],
        };
        let principal = Principal { username: login.to_owned(), accounts: vec![account] };
        let context = Context {
            principal: Arc::new(principal),
            using: Vec::new(),
            language: Language::negotiate(None),
            limits: Arc::new(CoreLimits::default()),
            clock: self.clock.clone(),
            deadline: None,
            session_state: "0".to_owned(),
            created_ids: Default::default(),
        };
        let request = Request::parse(request.to_string().as_bytes()).unwrap();
        let response = engine.process(context, request).await.unwrap();
        let response: Value = serde_json::from_slice(&response.to_json()).unwrap();
        response["methodResponses"].clone()
    }

    /// The arguments of the one response to one call of mail with smimeverify.
    pub async fn one(&self, method: &str, arguments: Value) -> Value {
        let mut arguments = arguments;
        if arguments.get("accountId").is_none() {
            arguments["accountId"] = json!(self.account);
        }
        let responses = self.call(&[CORE, MAIL, SMIMEVERIFY], json!([[method, arguments, "0"]])).await;
        assert_eq!(responses.as_array().unwrap().len(), 1);
        responses[0][1].clone()
    }

    /// The arguments of the response to a call by somebody with whom the account is shared.
    pub async fn one_by_guest(&self, login: &str, method: &str, mut arguments: Value) -> Value {
        arguments["accountId"] = json!(self.account);
        let calls = json!([[method, arguments, "0"]]);
        self.call_by((login, false), &[CORE, MAIL, SMIMEVERIFY], calls, false).await[0][1].clone()
    }

    pub async fn make_mailbox(&self, name: &str, role: Option<&str>) -> MailboxId {
        make_mailbox(&self.store, self.account, name, role).await
    }

    /// Delivers one message to the inbox.
    pub async fn deliver(&self, raw: &[u8], received_at: &str) -> Stored {
        let outcome = self.deliver_to(raw, received_at, &[self.inbox], &[]).await;
        let Delivered::Stored(stored) = outcome else { panic!("{outcome:?}") };
        stored
    }

    pub async fn deliver_to(
        &self,
        raw: &[u8],
        received_at: &str,
        mailboxes: &[MailboxId],
        keywords: &[&str],
    ) -> Delivered {
        let incoming = Incoming {
            raw: raw.to_vec(),
            received_at: Some(at(received_at)),
            membership: membership(mailboxes, keywords),
        };
        deliver(&self.trust, self.account, vec![incoming], None).await.unwrap().outcomes.remove(0)
    }

    pub async fn mailbox(&self, id: MailboxId) -> Mailbox {
        let account = self.account;
        let all = self
            .store
            .transaction("test/mailboxes", async |transaction| mailbox::all(transaction, account).await);
        all.await.unwrap().remove(&id).unwrap()
    }
}

pub fn membership(mailboxes: &[MailboxId], keywords: &[&str]) -> Membership {
    Membership {
        mailboxes: mailboxes.iter().copied().collect::<BTreeSet<_>>(),
        keywords: keywords.iter().map(|keyword| Keyword::parse(keyword).unwrap()).collect(),
    }
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn make_mailbox(store: &Store, account: AccountId, name: &str, role: Option<&str>) -> MailboxId {
    let settings = MailboxSettings {
        name: name.to_owned(),
        parent: None,
        role: role.map(str::to_owned),
        sort_order: 0,
        is_subscribed: true,
    };
    let made = store.write("test/mailbox", account, async |writer| mailbox::create(writer, &settings).await);
    made.await.unwrap()
}
