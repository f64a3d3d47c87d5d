//! RFC 8621 §2.1 to §2.3: Mailbox/get, Mailbox/changes and Mailbox/query.

use serde_json::{Value, json};

use crate::support::{Node, TestServer, letter};

async fn deliver(node: &Node, id: &str) -> String {
    node.deliver(&letter(id).bytes(), "2026-03-01T08:00:00Z").await.email.to_string()
}

/// All properties of §2, on the mailboxes that an account begins with.
#[tokio::test]
async fn a_new_account_has_mailboxes_with_all_their_properties() {
    let server = TestServer::start().await;
    let got = server.one("Mailbox/get", json!({"ids": null})).await;
    insta::assert_json_snapshot!(got["list"]);
    let sort: Vec<u64> = got["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mailbox| mailbox["sortOrder"].as_u64().unwrap())
        .collect();
    assert!(sort.is_sorted());
}

/// totalEmails, unreadEmails ("neither the '$seen' keyword nor the '$draft' keyword"), totalThreads, unreadThreads.
#[tokio::test]
async fn counters_follow_every_change() {
    let node = Node::new().await;
    let other = node.make_mailbox("Other", None).await.to_string();
    let inbox = node.inbox.to_string();
    let counters = async |id: &str| {
        let names = ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"];
        let got = node.one("Mailbox/get", json!({"ids": [id], "properties": names})).await;
        names.map(|name| got["list"][0][name].as_u64().unwrap())
    };
    let set = async |arguments: Value| {
        let set = node.one("Email/set", arguments).await;
        assert_eq!((&set["notUpdated"], &set["notDestroyed"]), (&Value::Null, &Value::Null), "{set}");
    };
    assert_eq!(counters(&inbox).await, [0, 0, 0, 0]);
    let first = deliver(&node, "1").await;
    let reply = letter("2").subject("Re: Letter 1").answers("1");
    let reply = node.deliver(&reply.bytes(), "2026-03-01T09:00:00Z").await.email.to_string();
    deliver(&node, "3").await;
    assert_eq!(counters(&inbox).await, [3, 3, 2, 2]);

    set(json!({"update": {&first: {"keywords/$seen": true}}})).await;
    assert_eq!(counters(&inbox).await, [3, 2, 2, 2], "the reply is unread still");
    set(json!({"update": {&reply: {"keywords/$draft": true}}})).await;
    assert_eq!(counters(&inbox).await, [3, 1, 2, 1], "a draft is not unread");
    set(json!({"update": {&reply: {"keywords": {}, "mailboxIds": {&other: true}}}})).await;
    assert_eq!(counters(&inbox).await, [2, 1, 2, 2], "unread elsewhere, the thread is unread here too");
    assert_eq!(counters(&other).await, [1, 1, 1, 1]);
    set(json!({"update": {&reply: {"keywords/$seen": true, format!("mailboxIds/{inbox}"): true}}})).await;
    assert_eq!((counters(&inbox).await, counters(&other).await), ([3, 1, 2, 1], [1, 0, 1, 0]));
    set(json!({"destroy": [first, reply]})).await;
    assert_eq!((counters(&inbox).await, counters(&other).await), ([1, 1, 1, 1], [0, 0, 0, 0]));
}

/// §2.2: updatedProperties is the counters if nothing else changed, and null otherwise.
#[tokio::test]
async fn changes_say_whether_only_counters_moved() {
    let node = Node::new().await;
    let other = node.make_mailbox("Other", None).await.to_string();
    let mut since = node.one("Mailbox/get", json!({"ids": []})).await["state"].clone();
    let mut changes = async || {
        let changes = node.one("Mailbox/changes", json!({"sinceState": since})).await;
        since = changes["newState"].clone();
        (changes["updated"].clone(), changes["updatedProperties"].clone())
    };
    let counters = json!(["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"]);
    let email = deliver(&node, "1").await;
    assert_eq!(changes().await, (json!([node.inbox]), counters.clone()));
    node.one("Email/set", json!({"update": {&email: {"keywords/$seen": true}}})).await;
    assert_eq!(changes().await, (json!([node.inbox]), counters));
    node.one("Email/set", json!({"update": {&email: {"keywords/$flagged": true}}})).await;
    assert_eq!(changes().await.0, json!([]), "a flag is nothing that a Mailbox shows");
    deliver(&node, "2").await;
    node.one("Mailbox/set", json!({"update": {&other: {"name": "Renamed"}}})).await;
    assert_eq!(changes().await, (json!([node.inbox, other]), Value::Null));
}

/// §2.2: "used directly via a back-reference in a subsequent 'Mailbox/get' call".
#[tokio::test]
async fn the_changed_properties_can_be_fetched_by_reference() {
    let server = TestServer::start().await;
    let since = server.one("Mailbox/get", json!({"ids": []})).await["state"].clone();
    server.import(letter("1").bytes(), "inbox", "2026-03-01T08:00:00Z").await;
    let reference = |path: &str| json!({"resultOf": "c", "name": "Mailbox/changes", "path": path});
    let get = json!({"accountId": "a1", "#ids": reference("/updated"), "#properties": reference("/updatedProperties")});
    let responses = server
        .calls(json!([
            ["Mailbox/changes", {"accountId": "a1", "sinceState": since}, "c"],
            ["Mailbox/get", get, "g"],
        ]))
        .await;
    let inbox = server.mailbox("inbox").await;
    assert_eq!(
        responses[1][1]["list"],
        json!([{"id": inbox, "totalEmails": 1, "unreadEmails": 1, "totalThreads": 1, "unreadThreads": 1}])
    );
}

/// Mailboxes by name for §2.3: their ids, and how to write a list of ids by names.
struct Forest {
    node: Node,
    ids: Vec<(&'static str, String)>,
}

impl Forest {
    /// Inbox (role inbox); Work with Alpha and Beta; Beta with Deep; Zoo (role archive), not subscribed.
    async fn new() -> Self {
        let node = Node::new().await;
        let create = json!({
            "work": {"name": "Work", "sortOrder": 20},
            "beta": {"name": "Beta", "parentId": "#work", "sortOrder": 1},
            "alpha": {"name": "Alpha", "parentId": "#work", "sortOrder": 2},
            "deep": {"name": "Deep", "parentId": "#beta", "sortOrder": 30},
            "zoo": {"name": "Zoo", "role": "archive", "sortOrder": 10, "isSubscribed": false},
        });
        let set = node.one("Mailbox/set", json!({"create": create})).await;
        let mut ids = vec![("inbox", node.inbox.to_string())];
        for name in ["work", "beta", "alpha", "deep", "zoo"] {
            ids.push((name, set["created"][name]["id"].as_str().unwrap().to_owned()));
        }
        Self { node, ids }
    }

    fn id(&self, name: &str) -> &str {
        &self.ids.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// The names of what a query finds.
    async fn query(&self, arguments: Value) -> Vec<&'static str> {
        let found = self.node.one("Mailbox/query", arguments.clone()).await;
        let ids = found["ids"].as_array().unwrap_or_else(|| panic!("{arguments}: {found}"));
        ids.iter().map(|id| self.ids.iter().find(|(_, known)| known == id).unwrap().0).collect()
    }
}

#[tokio::test]
async fn filters_of_mailboxes() {
    let forest = Forest::new().await;
    let by_name = json!([{"property": "name"}]);
    for (filter, expected) in [
        (json!({"parentId": null}), vec!["inbox", "work", "zoo"]),
        (json!({"parentId": forest.id("work")}), vec!["alpha", "beta"]),
        (json!({"parentId": "m99"}), vec![]),
        (json!({"name": "o"}), vec!["inbox", "work", "zoo"]),
        (json!({"name": "Work"}), vec!["work"]),
        (json!({"role": "archive"}), vec!["zoo"]),
        (json!({"role": null}), vec!["alpha", "beta", "deep", "work"]),
        (json!({"role": "nonsense"}), vec![]),
        (json!({"hasAnyRole": true}), vec!["inbox", "zoo"]),
        (json!({"hasAnyRole": false}), vec!["alpha", "beta", "deep", "work"]),
        (json!({"isSubscribed": false}), vec!["zoo"]),
        (json!({"isSubscribed": true, "parentId": null}), vec!["inbox", "work"]),
        (json!({}), vec!["alpha", "beta", "deep", "inbox", "work", "zoo"]),
        (
            json!({"operator": "NOT", "conditions": [{"hasAnyRole": true}, {"parentId": forest.id("work")}]}),
            vec!["deep", "work"],
        ),
    ] {
        assert_eq!(forest.query(json!({"filter": filter, "sort": by_name})).await, expected, "{filter}");
    }
    for (wrong, error) in [
        (json!({"totalEmails": 0}), "unsupportedFilter"),
        (json!({"hasAnyRole": null}), "invalidArguments"),
        (json!({"name": 1}), "invalidArguments"),
    ] {
        let failed = forest.node.one("Mailbox/query", json!({"filter": wrong})).await;
        assert_eq!(failed["type"], error, "{wrong}");
    }
}

#[tokio::test]
async fn orders_of_mailboxes() {
    let forest = Forest::new().await;
    let sort = async |sort: Value| forest.query(json!({"sort": sort})).await;
    assert_eq!(
        sort(json!([{"property": "sortOrder"}, {"property": "name"}])).await,
        ["inbox", "beta", "alpha", "zoo", "work", "deep"]
    );
    assert_eq!(
        sort(json!([{"property": "name", "isAscending": false}])).await,
        ["zoo", "work", "inbox", "deep", "beta", "alpha"]
    );
    let failed = forest.node.one("Mailbox/query", json!({"sort": [{"property": "role"}]})).await;
    assert_eq!(failed["type"], "unsupportedSort");
}
