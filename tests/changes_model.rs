//! A client that keeps a copy by /changes alone has the truth after every step (RFC 8620 §5.2), whatever happens to
//! the account: a random history, replayed against a model.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::Node;
use crate::support::audit::audit;

const STEPS: u32 = 250;

/// A small generator (xorshift): the history is always the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as u32
    }
}

/// What the client knows: its copy of each type, and the state that it is true for.
struct Copy {
    method: &'static str,
    properties: Value,
    state: String,
    objects: BTreeMap<String, Value>,
}

impl Copy {
    async fn new(node: &Node, method: &'static str, properties: Value) -> Self {
        let mut copy = Self { method, properties, state: String::new(), objects: BTreeMap::new() };
        (copy.state, copy.objects) = copy.truth(node).await;
        copy
    }

    /// Everything as /get tells it now.
    async fn truth(&self, node: &Node) -> (String, BTreeMap<String, Value>) {
        let got = node
            .one(&format!("{}/get", self.method), json!({"ids": null, "properties": self.properties}))
            .await;
        let objects = got["list"].as_array().unwrap().iter();
        let objects =
            objects.map(|object| (object["id"].as_str().unwrap().to_owned(), object.clone())).collect();
        (got["state"].as_str().unwrap().to_owned(), objects)
    }

    /// Follows /changes to the end, in pages of this size.
    async fn follow(&mut self, node: &Node, max_changes: u32) {
        loop {
            let arguments = json!({"sinceState": self.state, "maxChanges": max_changes});
            let changes = node.one(&format!("{}/changes", self.method), arguments).await;
            let ids = |name: &str| changes[name].as_array().unwrap().clone();
            let told = ids("created").len() + ids("updated").len() + ids("destroyed").len();
            assert!(told <= max_changes as usize, "{changes}");
            let touched: Vec<Value> = [ids("created"), ids("updated")].concat();
            let arguments = json!({"ids": touched, "properties": self.properties});
            let got = node.one(&format!("{}/get", self.method), arguments).await;
            for object in got["list"].as_array().unwrap() {
                self.objects.insert(object["id"].as_str().unwrap().to_owned(), object.clone());
            }
            // What a later page will tell as destroyed is gone already.
            for id in got["notFound"].as_array().unwrap().iter().chain(&ids("destroyed")) {
                self.objects.remove(id.as_str().unwrap());
            }
            self.state = changes["newState"].as_str().unwrap().to_owned();
            if changes["hasMoreChanges"] == false {
                return;
            }
        }
    }
}

#[tokio::test]
async fn a_copy_kept_by_changes_is_the_truth() {
    let node = Node::new().await;
    let trash = node.make_mailbox("Trash", Some("trash")).await.to_string();
    let mut random = Random(0x5eed);
    let mut copies = [
        Copy::new(&node, "Email", json!(["mailboxIds", "keywords", "threadId"])).await,
        Copy::new(&node, "Thread", json!(["emailIds"])).await,
        Copy::new(&node, "Mailbox", Value::Null).await,
    ];
    for step in 0..STEPS {
        act(&node, &mut random, step, &copies[0].objects, &copies[2].objects, &trash).await;
        if random.next().is_multiple_of(3) {
            for copy in &mut copies {
                copy.follow(&node, 1 + random.next() % 7).await;
                let (state, objects) = copy.truth(&node).await;
                assert_eq!(copy.objects, objects, "{} after step {step}", copy.method);
                assert_eq!(copy.state, state, "{} after step {step}", copy.method);
            }
        }
    }
    audit(node.database.client()).await;
}

/// One thing that may happen to an account. It goes by what the client knows, which may be out of date.
async fn act(
    node: &Node,
    random: &mut Random,
    step: u32,
    emails: &BTreeMap<String, Value>,
    mailboxes: &BTreeMap<String, Value>,
    trash: &str,
) {
    let email = pick(random, emails);
    let mailbox = pick(random, mailboxes).unwrap();
    let (method, arguments) = match (random.next() % 10, email) {
        (0..=3, _) | (_, None) => return deliver(node, random, step).await,
        (4, Some(email)) => ("Email/set", json!({"update": {email: {"keywords/$seen": true}}})),
        (5, Some(email)) => {
            ("Email/set", json!({"update": {email: {"keywords": {}, format!("mailboxIds/{trash}"): true}}}))
        }
        (6, Some(email)) => ("Email/set", json!({"update": {email: {"mailboxIds": {mailbox: true}}}})),
        (7, Some(email)) => ("Email/set", json!({"destroy": [email]})),
        (8, Some(_)) => ("Mailbox/set", json!({"create": {"k": {"name": format!("Box {step}")}}})),
        (_, Some(_)) => (
            "Mailbox/set",
            json!({"destroy": [mailbox], "onDestroyRemoveEmails": mailbox != node.inbox.to_string()}),
        ),
    };
    let response = node.one(method, arguments).await;
    assert!(response.get("type").is_none(), "{response}");
}

/// A message that joins one of a few threads, or starts it.
async fn deliver(node: &Node, random: &mut Random, step: u32) {
    let thread = random.next() % 6;
    let raw = format!(
        "From: ann@example.org\r\nSubject: {thread}\r\nMessage-ID: <{step}@example.org>\r\nReferences: <t{thread}@example.org>\r\n\r\nx\r\n"
    );
    let minute = random.next() % 60;
    node.deliver(raw.as_bytes(), &format!("2026-02-28T09:{minute:02}:00Z")).await;
}

fn pick(random: &mut Random, objects: &BTreeMap<String, Value>) -> Option<String> {
    let at = random.next() as usize % objects.len().max(1);
    objects.keys().nth(at).cloned()
}
