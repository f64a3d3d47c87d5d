//! Mailbox (RFC 8621 §2), beside `jmap_mailbox`.

use serde_json::{Value, json};

use crate::support::Node;
use crate::support::audit::audit;
use crate::support::node::{CORE, MAIL};

const GUEST: &str = "guest@example.org";

async fn subscribed(node: &Node, guest: bool) -> Vec<Value> {
    let method = "Mailbox/query";
    let arguments = json!({"filter": {"isSubscribed": true}, "sort": [{"property": "name"}]});
    let found = match guest {
        true => node.one_by_guest(GUEST, method, arguments).await,
        false => node.one(method, arguments).await,
    };
    let got = json!({"ids": found["ids"], "properties": ["name", "isSubscribed"]});
    let got = match guest {
        true => node.one_by_guest(GUEST, "Mailbox/get", got).await,
        false => node.one("Mailbox/get", got).await,
    };
    let list = got["list"].as_array().unwrap();
    assert!(list.iter().all(|mailbox| mailbox["isSubscribed"] == true), "{got}");
    list.iter().map(|mailbox| mailbox["name"].clone()).collect()
}

#[tokio::test]
async fn each_user_is_subscribed_for_itself() {
    let node = Node::new().await;
    let project = node.make_mailbox("Project", None).await;
    assert_eq!(subscribed(&node, false).await, ["Inbox", "Project"]);
    assert!(subscribed(&node, true).await.is_empty(), "a shared account is not to crowd anybody's list");

    let update = json!({"update": {project.to_string(): {"isSubscribed": true}}});
    let query = json!({"filter": {"isSubscribed": true}});
    let found = node.one_by_guest(GUEST, "Mailbox/query", query.clone()).await;
    assert_eq!(
        node.one_by_guest(GUEST, "Mailbox/set", update).await["updated"],
        json!({project.to_string(): null})
    );
    let update = json!({"update": {project.to_string(): {"isSubscribed": false}}});
    node.one("Mailbox/set", update).await;
    assert_eq!(subscribed(&node, false).await, ["Inbox"]);
    assert_eq!(subscribed(&node, true).await, ["Project"]);
    let mut changes = query;
    changes["sinceQueryState"] = found["queryState"].clone();
    let told = node.one_by_guest(GUEST, "Mailbox/queryChanges", changes.clone()).await;
    assert_eq!(told["added"], json!([{"id": project, "index": 0}]));
    assert_eq!(node.one("Mailbox/queryChanges", changes).await["added"], json!([]));

    // Who makes a mailbox is subscribed to it unless it says otherwise; and the owner sees what comes into its account.
    let create = json!({"create": {"a": {"name": "A"}, "b": {"name": "B", "isSubscribed": false}}});
    let made = node.one_by_guest(GUEST, "Mailbox/set", create).await;
    assert_eq!(made["created"]["a"]["isSubscribed"], true);
    assert_eq!(subscribed(&node, true).await, ["A", "Project"]);
    assert_eq!(subscribed(&node, false).await, ["A", "B", "Inbox"]);
    let create = json!({"create": {"c": {"name": "C", "isSubscribed": false}}});
    let made = node.one("Mailbox/set", create).await;
    assert_eq!(subscribed(&node, false).await, ["A", "B", "Inbox"]);
    // null is the default.
    let update = json!({"update": {made["created"]["c"]["id"].as_str().unwrap(): {"isSubscribed": null}}});
    node.one("Mailbox/set", update).await;
    assert_eq!(subscribed(&node, false).await, ["A", "B", "C", "Inbox"]);
    let destroyed = node.one("Mailbox/set", json!({"destroy": [project]})).await;
    assert_eq!(destroyed["destroyed"], json!([project]), "with what users have said about it");
}

#[tokio::test]
async fn rights_are_those_of_the_account() {
    let node = Node::new().await;
    for (is_read_only, may) in [(false, true), (true, false)] {
        let calls = json!([
            ["Mailbox/get", {"accountId": node.account, "ids": [node.inbox], "properties": ["myRights"]}, "0"],
            ["Mailbox/set", {"accountId": node.account, "create": {"k": {"name": format!("x{may}")}}}, "1"],
            ["Mailbox/query", {"accountId": node.account, "filter": {"role": "inbox"}}, "2"],
        ]);
        let responses = node.call_as(&[CORE, MAIL], calls, is_read_only).await;
        let rights = responses[0][1]["list"][0]["myRights"].as_object().unwrap();
        assert_eq!(rights.len(), 9);
        assert_eq!(rights["mayReadItems"], true);
        assert!(rights.iter().all(|(name, value)| name == "mayReadItems" || *value == may), "{rights:?}");
        match may {
            true => assert!(responses[1][1]["created"]["k"].is_object()),
            false => assert_eq!(responses[1][1]["type"], "accountReadOnly"),
        }
        assert_eq!(responses[2][1]["ids"], json!([node.inbox]));
    }
}

#[tokio::test]
async fn a_role_is_registered_and_one_mailboxs_own() {
    let node = Node::new().await;
    let roles = [
        "all",
        "archive",
        "drafts",
        "flagged",
        "important",
        "junk",
        "memos",
        "scheduled",
        "sent",
        "snoozed",
        "trash",
    ];
    let create: serde_json::Map<String, Value> =
        roles.iter().map(|role| ((*role).to_owned(), json!({"name": role, "role": role}))).collect();
    let made = node.one("Mailbox/set", json!({"create": create})).await;
    assert_eq!(made["notCreated"], Value::Null);
    let id = |role: &str| made["created"][role]["id"].as_str().unwrap().to_owned();
    for (wrong, property) in [("Archive", "role"), ("nonsense", "role"), ("archive", "role"), ("", "role")] {
        let refused = node.one("Mailbox/set", json!({"create": {"k": {"name": "x", "role": wrong}}})).await;
        let error = &refused["notCreated"]["k"];
        assert_eq!((&error["type"], &error["properties"]), (&json!("invalidProperties"), &json!([property])));
    }
    // A role that one update gives away, the next takes.
    let moved = json!({"update": {id("archive"): {"role": null}, id("memos"): {"role": "archive"}}});
    assert_eq!(node.one("Mailbox/set", moved).await["notUpdated"], Value::Null);
    let taken = json!({"update": {id("sent"): {"role": "archive"}}});
    assert_eq!(node.one("Mailbox/set", taken).await["notUpdated"][id("sent")]["properties"], json!(["role"]));
    let found = node.one("Mailbox/query", json!({"filter": {"role": "archive"}})).await;
    assert_eq!(found["ids"], json!([id("memos")]));
    audit(node.database.client()).await;
}

#[tokio::test]
async fn names_are_kept_in_one_form_and_told_apart_among_siblings() {
    let node = Node::new().await;
    let set = async |arguments: Value| node.one("Mailbox/set", arguments).await;
    let made = set(json!({"create": {"a": {"name": "Bu\u{308}ro"}, "b": {"name": "x".repeat(490)}}})).await;
    assert_eq!(made["created"]["a"]["name"], "Büro", "what the client did not say is told");
    let (a, b) = (made["created"]["a"]["id"].as_str().unwrap(), made["created"]["b"]["id"].as_str().unwrap());
    for name in ["", " ", "a\u{0}", "a\nb", "a\u{7F}", "a\u{85}", "\u{2028}", &"ü".repeat(246)] {
        let refused = set(json!({"create": {"k": {"name": name}}, "update": {a: {"name": name}}})).await;
        assert_eq!(refused["notCreated"]["k"]["properties"], json!(["name"]), "{name:?}");
        assert_eq!(refused["notUpdated"][a]["properties"], json!(["name"]), "{name:?}");
    }
    let again = set(json!({"update": {a: {"name": "Bu\u{308}ro"}}})).await;
    assert_eq!(again["updated"], json!({a: {"name": "Büro"}}));
    let twin = json!({"type": "alreadyExists", "existingId": a});
    let refused =
        set(json!({"create": {"k": {"name": "Büro"}}, "update": {b: {"name": "Bu\u{308}ro"}}})).await;
    assert_eq!((&refused["notCreated"]["k"], &refused["notUpdated"][b]), (&twin, &twin));
    // Elsewhere it is another name; until it moves here.
    let below = set(json!({"create": {"k": {"name": "Büro", "parentId": b}}})).await;
    let below = below["created"]["k"]["id"].as_str().unwrap();
    assert_eq!(set(json!({"update": {below: {"parentId": null}}})).await["notUpdated"][below], twin);
    let other_case = set(json!({"create": {"k": {"name": "BÜRO"}}})).await;
    assert!(other_case["created"]["k"].is_object(), "names differ in case: clients may have both");
}

#[tokio::test]
async fn one_call_creates_then_updates_then_destroys() {
    let node = Node::new().await;
    let old = node.make_mailbox("Old", None).await;
    let child = node.make_mailbox("Child", None).await;
    node.one("Mailbox/set", json!({"update": {child.to_string(): {"parentId": old}}})).await;
    let set = node
        .one(
            "Mailbox/set",
            json!({
                "destroy": [old],
                "update": {child.to_string(): {"parentId": "#inner", "name": "Moved"}, "#outer": {"sortOrder": 7}},
                "create": {"inner": {"name": "Inner", "parentId": "#outer"}, "outer": {"name": "Outer"}},
            }),
        )
        .await;
    let (outer, inner) = (&set["created"]["outer"]["id"], &set["created"]["inner"]["id"]);
    assert_eq!(set["destroyed"], json!([old]), "its child had gone by then");
    let got = node
        .one("Mailbox/get", json!({"ids": [inner, child, outer], "properties": ["parentId", "sortOrder"]}));
    assert_eq!(
        got.await["list"],
        json!([
            {"id": inner, "parentId": outer, "sortOrder": 0},
            {"id": child, "parentId": inner, "sortOrder": 0},
            {"id": outer, "parentId": null, "sortOrder": 7},
        ])
    );
}

#[tokio::test]
async fn a_mailbox_with_a_child_stays_even_where_its_emails_may_go() {
    let node = Node::new().await;
    let message = b"From: ann@example.org\r\nMessage-ID: <1@x>\r\n\r\nx\r\n";
    let email = node.deliver(message, "2026-03-01T08:00:00Z").await.email;
    let child = json!({"create": {"k": {"name": "Child", "parentId": node.inbox}}});
    let child = node.one("Mailbox/set", child).await["created"]["k"]["id"].clone();
    let state = node.one("Email/get", json!({"ids": []})).await["state"].clone();
    let both = json!({"destroy": [node.inbox], "onDestroyRemoveEmails": true});
    let kept = node.one("Mailbox/set", both).await;
    assert_eq!(kept["notDestroyed"][node.inbox.to_string()]["type"], "mailboxHasChild");
    let got = node.one("Email/get", json!({"ids": [email], "properties": ["mailboxIds"]})).await;
    assert_eq!((&got["list"][0]["id"], &got["state"]), (&json!(email), &state));
    let both = json!({"destroy": [node.inbox, child], "onDestroyRemoveEmails": true});
    assert_eq!(node.one("Mailbox/set", both).await["destroyed"], json!([child, node.inbox]));
    assert_eq!(node.one("Email/get", json!({"ids": [email]})).await["notFound"], json!([email]));
    audit(node.database.client()).await;
}

#[tokio::test]
async fn counters_count_what_the_rfc_says() {
    let node = Node::new().await;
    let trash = node.make_mailbox("Trash", Some("trash")).await;
    let drafts = node.make_mailbox("Drafts", Some("drafts")).await;
    let message = |number: u32| {
        format!(
            "From: a@x\r\nSubject: s\r\nMessage-ID: <{number}@x>\r\nReferences: <0@x>\r\n\r\n{number}\r\n"
        )
    };
    let deliver = async |number, mailboxes: &[_], keywords: &[&str]| {
        node.deliver_to(message(number).as_bytes(), "2026-03-01T08:00:00Z", mailboxes, keywords).await
    };
    let counters = async |id| {
        let mailbox = node.mailbox(id).await;
        (mailbox.total_emails, mailbox.unread_emails, mailbox.total_threads, mailbox.unread_threads)
    };
    // The example of RFC 8621 §2: one thread, a read email in the inbox, an unread one in the trash.
    deliver(1, &[node.inbox], &["$seen"]).await;
    deliver(2, &[trash], &[]).await;
    assert_eq!(counters(node.inbox).await, (1, 0, 1, 0));
    assert_eq!(counters(trash).await, (1, 1, 1, 1));
    // A draft is not unread, wherever its thread is.
    deliver(3, &[drafts], &["$draft"]).await;
    assert_eq!(counters(drafts).await, (1, 0, 1, 0));
    // An unread email elsewhere makes the thread unread in every mailbox but the trash, where the unread one is already.
    deliver(4, &[drafts, trash], &[]).await;
    assert_eq!(counters(node.inbox).await, (1, 0, 1, 1));
    assert_eq!(counters(drafts).await, (2, 1, 1, 1));
    assert_eq!(counters(trash).await, (2, 2, 1, 1));
    audit(node.database.client()).await;
}

#[tokio::test]
async fn trees_are_filtered_and_sorted_as_such() {
    let node = Node::new().await;
    let create = json!({"create": {
        "b": {"name": "B", "sortOrder": 1},
        "b1": {"name": "Z below B", "parentId": "#b"},
        "b2": {"name": "Y below B", "parentId": "#b", "isSubscribed": false},
        "b21": {"name": "X below Y", "parentId": "#b2"},
        "a": {"name": "A", "sortOrder": 2},
        "a1": {"name": "W below A", "parentId": "#a"},
    }});
    node.one("Mailbox/set", create).await;
    let names = async |arguments: Value| {
        let found = node.one("Mailbox/query", arguments).await;
        let got = node.one("Mailbox/get", json!({"ids": found["ids"], "properties": ["name"]})).await;
        let names: Vec<_> =
            got["list"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap().to_owned()).collect();
        names.join(", ")
    };
    let by_name = json!([{"property": "name"}]);
    assert_eq!(
        names(json!({"sort": by_name})).await,
        "A, B, Inbox, W below A, X below Y, Y below B, Z below B"
    );
    assert_eq!(
        names(json!({"sort": by_name, "sortAsTree": true})).await,
        "A, W below A, B, Y below B, X below Y, Z below B, Inbox"
    );
    assert_eq!(
        names(json!({"sort": [{"property": "sortOrder", "isAscending": false}, {"property": "name"}], "sortAsTree": true})).await,
        "A, W below A, B, Y below B, X below Y, Z below B, Inbox"
    );
    let subscribed = json!({"isSubscribed": true});
    assert_eq!(
        names(json!({"filter": subscribed, "sort": by_name, "sortAsTree": true})).await,
        "A, W below A, B, X below Y, Z below B, Inbox"
    );
    assert_eq!(
        names(json!({"filter": subscribed, "sort": by_name, "sortAsTree": true, "filterAsTree": true})).await,
        "A, W below A, B, Z below B, Inbox"
    );
    let roleless = json!({"operator": "NOT", "conditions": [{"hasAnyRole": true}, {"name": "A"}]});
    assert_eq!(
        names(json!({"filter": roleless, "sort": by_name})).await,
        "B, X below Y, Y below B, Z below B"
    );
    assert_eq!(names(json!({"filter": {"role": null, "parentId": null}, "sort": by_name})).await, "A, B");
}
