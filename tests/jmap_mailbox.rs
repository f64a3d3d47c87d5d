//! Mailbox over JMAP (RFC 8621 §2).

use serde_json::{Value, json};

use crate::support::Node;
use crate::support::audit::audit;

fn message(id: u32) -> Vec<u8> {
    format!("From: ann@example.org\r\nSubject: {id}\r\nMessage-ID: <{id}@example.org>\r\n\r\nx\r\n")
        .into_bytes()
}

#[tokio::test]
async fn mailboxes_are_made_changed_and_destroyed() {
    let node = Node::new().await;
    let made = node
        .one(
            "Mailbox/set",
            json!({"create": {
                "child": {"name": "2026", "parentId": "#parent", "sortOrder": 3},
                "parent": {"name": "Projects"},
                "twin": {"name": "Inbox"},
                "second": {"name": "Other", "role": "inbox"},
                "odd": {"name": "x", "totalEmails": 5},
                "lost": {"name": "y", "parentId": "m99"}
            }}),
        )
        .await;
    insta::assert_json_snapshot!("mailbox_set_create", made);
    let parent = made["created"]["parent"]["id"].as_str().unwrap();
    let child = made["created"]["child"]["id"].as_str().unwrap();

    let updated = node
        .one(
            "Mailbox/set",
            json!({"update": {
                parent: {"parentId": child},
                child: {"name": "2027", "isSubscribed": false, "totalEmails": 0},
            }, "destroy": [parent]}),
        )
        .await;
    assert_eq!(updated["updated"], json!({child: null}));
    assert_eq!(updated["notUpdated"][parent]["type"], "willDestroy");
    assert_eq!(updated["notDestroyed"][parent]["type"], "mailboxHasChild");
    let circle = node.one("Mailbox/set", json!({"update": {parent: {"parentId": child}}})).await;
    assert_eq!(circle["notUpdated"][parent]["properties"], json!(["parentId"]));
    let both = node.one("Mailbox/set", json!({"destroy": [parent, child]})).await;
    assert_eq!(both["destroyed"], json!([child, parent]));
}

#[tokio::test]
async fn a_mailbox_with_emails_goes_only_with_them() {
    let node = Node::new().await;
    let other = node.make_mailbox("Other", None).await;
    let (here, both) = (
        node.deliver(&message(1), "2026-03-01T08:00:00Z").await.email,
        node.deliver(&message(2), "2026-03-01T08:00:00Z").await.email,
    );
    let everywhere = json!({"update": {both.to_string(): {format!("mailboxIds/{other}"): true}}});
    node.one("Email/set", everywhere).await;
    let kept = node.one("Mailbox/set", json!({"destroy": [node.inbox]})).await;
    assert_eq!(kept["notDestroyed"][node.inbox.to_string()]["type"], "mailboxHasEmail");
    let gone = node.one("Mailbox/set", json!({"destroy": [node.inbox], "onDestroyRemoveEmails": true})).await;
    assert_eq!(gone["destroyed"], json!([node.inbox]));
    let left = node.one("Email/get", json!({"ids": [here, both], "properties": ["mailboxIds"]})).await;
    assert_eq!(left["notFound"], json!([here]));
    assert_eq!(left["list"], json!([{"id": both, "mailboxIds": {other.to_string(): true}}]));
    audit(node.database.client()).await;
}

#[tokio::test]
async fn counters_show_in_changes_as_such() {
    let node = Node::new().await;
    let state = node.one("Mailbox/get", json!({"ids": []})).await["state"].clone();
    node.deliver(&message(1), "2026-03-01T08:00:00Z").await;
    let changes = node.one("Mailbox/changes", json!({"sinceState": state})).await;
    assert_eq!(changes["updated"], json!([node.inbox]));
    assert_eq!(
        changes["updatedProperties"],
        json!(["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"])
    );
    node.one("Mailbox/set", json!({"update": {node.inbox.to_string(): {"sortOrder": 9}}})).await;
    let changes = node.one("Mailbox/changes", json!({"sinceState": state})).await;
    assert_eq!(changes["updatedProperties"], Value::Null);
    let got = node.one("Mailbox/get", json!({"ids": null})).await;
    insta::assert_json_snapshot!("mailbox_get", got["list"]);
}

#[tokio::test]
async fn the_trash_has_unread_threads_of_its_own_also_when_its_role_moves() {
    let node = Node::new().await;
    let bin = node.make_mailbox("Bin", None).await;
    node.deliver(&message(1), "2026-03-01T08:00:00Z").await;
    let reply = b"From: ann@example.org\r\nSubject: Re: 1\r\nReferences: <1@example.org>\r\n\r\nx\r\n";
    node.deliver_to(reply, "2026-03-01T09:00:00Z", &[bin], &[]).await;
    let query = json!({"filter": {"name": "Bi"}});
    assert_eq!(node.one("Mailbox/query", query).await["ids"], json!([bin]));
    let unread =
        async || (node.mailbox(node.inbox).await.unread_threads, node.mailbox(bin).await.unread_threads);
    let read = node.one("Email/query", json!({"filter": {"inMailbox": node.inbox}})).await["ids"][0].clone();
    node.one("Email/set", json!({"update": {read.as_str().unwrap(): {"keywords/$seen": true}}})).await;
    assert_eq!(unread().await, (1, 1), "the thread is unread because of the reply");
    node.one("Mailbox/set", json!({"update": {bin.to_string(): {"role": "trash"}}})).await;
    assert_eq!(unread().await, (0, 1), "the reply is in the trash now");
    audit(node.database.client()).await;
}

#[tokio::test]
async fn mailboxes_stand_as_deep_as_the_session_says_and_no_deeper() {
    let node = Node::new().await;
    let create: serde_json::Map<String, Value> = (1..=21)
        .map(|level| {
            (
                format!("l{level}"),
                json!({"name": "x", "parentId": (level > 1).then(|| format!("#l{}", level - 1))}),
            )
        })
        .collect();
    let made = node.one("Mailbox/set", json!({"create": create})).await;
    assert_eq!(made["created"].as_object().unwrap().len(), 20);
    assert_eq!(made["notCreated"]["l21"]["properties"], json!(["parentId"]));
    let (top, second) =
        (made["created"]["l1"]["id"].as_str().unwrap(), made["created"]["l2"]["id"].as_str().unwrap());
    let deeper = node.one("Mailbox/set", json!({"update": {top: {"parentId": node.inbox}}})).await;
    assert_eq!(deeper["notUpdated"][top]["properties"], json!(["parentId"]));
    let raised = node.one("Mailbox/set", json!({"update": {second: {"parentId": node.inbox}}})).await;
    assert_eq!(raised["updated"], json!({second: null}));
}
