//! RFC 8621 §2.5: Mailbox/set, and what §2 demands of a Mailbox.

use serde_json::{Value, json};

use crate::support::audit::audit;
use crate::support::{Node, letter};

async fn create(node: &Node, mailbox: Value) -> Value {
    node.one("Mailbox/set", json!({"create": {"k": mailbox}})).await
}

async fn created(node: &Node, mailbox: Value) -> String {
    let set = create(node, mailbox).await;
    set["created"]["k"]["id"].as_str().unwrap_or_else(|| panic!("{set}")).to_owned()
}

async fn update(node: &Node, id: &str, patch: Value) -> Value {
    node.one("Mailbox/set", json!({"update": {id: patch}})).await
}

/// "There MUST NOT be two sibling Mailboxes with both the same parent and the same name": alreadyExists, and which.
#[tokio::test]
async fn siblings_have_different_names() {
    let node = Node::new().await;
    let plans = created(&node, json!({"name": "Plans"})).await;
    let twin = create(&node, json!({"name": "Plans"})).await;
    assert_eq!(twin["notCreated"]["k"], json!({"type": "alreadyExists", "existingId": plans}));
    // Names compare as Net-Unicode, composed.
    let composed = created(&node, json!({"name": "Caf\u{e9}"})).await;
    let decomposed = create(&node, json!({"name": "Cafe\u{301}"})).await;
    assert_eq!(decomposed["notCreated"]["k"]["existingId"], json!(composed));
    // Elsewhere the name is free, until the mailbox moves here, or the other takes it.
    let inside = created(&node, json!({"name": "Plans", "parentId": plans})).await;
    let moved = update(&node, &inside, json!({"parentId": null})).await;
    assert_eq!(moved["notUpdated"][&inside]["existingId"], json!(plans));
    let renamed = update(&node, &composed, json!({"name": "Plans"})).await;
    assert_eq!(renamed["notUpdated"][&composed]["existingId"], json!(plans));
    let itself = update(&node, &plans, json!({"name": "Plans"})).await;
    assert_eq!(itself["updated"], json!({plans: null}));
}

/// A name is "a Net-Unicode string [RFC5198] of at least 1 character in length", of the size in the capability at most.
#[tokio::test]
async fn names_are_net_unicode_of_a_size() {
    let node = Node::new().await;
    for wrong in [
        "",
        " \t ",
        "a\nb",
        "a\u{0}b",
        "a\u{7f}",
        "a\u{2028}b",
        "x".repeat(491).as_str(),
        "ü".repeat(246).as_str(),
    ] {
        let refused = create(&node, json!({"name": wrong})).await;
        assert_eq!(refused["notCreated"]["k"]["properties"], json!(["name"]), "{wrong:?}");
    }
    for wrong in [json!({}), json!({"name": null}), json!({"name": 7})] {
        let refused = create(&node, wrong).await;
        assert_eq!(refused["notCreated"]["k"]["properties"], json!(["name"]));
    }
    for good in ["a/b", ".", "日本語", "🗂", "INBOX", "x".repeat(490).as_str()] {
        let id = created(&node, json!({"name": good})).await;
        let got = node.one("Mailbox/get", json!({"ids": [id], "properties": ["name"]})).await;
        assert_eq!(got["list"][0]["name"], good);
    }
}

/// "there MUST NOT be two Mailboxes in the same account with the same role"; roles are those of the registry, "converted
/// to lowercase".
#[tokio::test]
async fn a_role_is_one_mailboxes_alone() {
    let node = Node::new().await;
    let sent = created(&node, json!({"name": "Sent", "role": "sent"})).await;
    let other = created(&node, json!({"name": "Other"})).await;
    for role in ["inbox", "sent", "Sent", "\\Sent", "", "nonsense"] {
        let refused = update(&node, &other, json!({"role": role})).await;
        assert_eq!(refused["notUpdated"][&other]["properties"], json!(["role"]), "{role:?}");
    }
    // It may pass from one to another.
    let passed =
        node.one("Mailbox/set", json!({"update": {&sent: {"role": null}, &other: {"role": "sent"}}})).await;
    assert_eq!(passed["updated"], json!({&sent: null, &other: null}), "{passed}");
}

/// "Mailboxes form acyclic graphs … There MUST NOT be a loop."
#[tokio::test]
async fn no_mailbox_is_inside_of_itself() {
    let node = Node::new().await;
    let top = created(&node, json!({"name": "Top"})).await;
    let middle = created(&node, json!({"name": "Middle", "parentId": top})).await;
    let bottom = created(&node, json!({"name": "Bottom", "parentId": middle})).await;
    for inside in [&top, &middle, &bottom] {
        let refused = update(&node, &top, json!({"parentId": inside})).await;
        assert_eq!(refused["notUpdated"][&top]["properties"], json!(["parentId"]));
    }
    // Neither in two steps of one call.
    let both = node
        .one("Mailbox/set", json!({"update": {&bottom: {"parentId": null}, &top: {"parentId": bottom}}}))
        .await;
    assert_eq!(both["updated"], json!({&bottom: null, &top: null}));
    let refused = update(&node, &bottom, json!({"parentId": middle})).await;
    assert_eq!(refused["notUpdated"][&bottom]["properties"], json!(["parentId"]));
    for nobody in [json!("m99"), json!("nonsense"), json!("#never"), json!(7)] {
        let refused = update(&node, &middle, json!({"parentId": nobody})).await;
        assert_eq!(refused["notUpdated"][&middle]["properties"], json!(["parentId"]), "{nobody}");
    }
}

/// RFC 8620 §5.3: "If the final state is valid, this is allowed": names and roles that are swapped, a name that the call
/// sets free, a parent and a child that change places.
#[tokio::test]
async fn what_is_valid_in_the_end_is_allowed() {
    let node = Node::new().await;
    let [a, b] = [
        created(&node, json!({"name": "A", "role": "trash"})).await,
        created(&node, json!({"name": "B", "role": "junk"})).await,
    ];
    let letter = letter("1").bytes();
    let email = node.deliver(&letter, "2026-03-01T08:00:00Z").await.email.to_string();
    node.one("Email/set", json!({"update": {&email: {"mailboxIds": {&a: true}}}})).await;
    let set = node
        .one(
            "Mailbox/set",
            json!({"update": {&a: {"name": "B", "role": "junk"}, &b: {"name": "A", "role": "trash"}}}),
        )
        .await;
    assert_eq!(set["updated"], json!({&a: null, &b: null}), "{set}");
    let tree = async |ids: Value| {
        let properties = json!(["name", "role", "parentId"]);
        let got = node.one("Mailbox/get", json!({"ids": ids, "properties": properties})).await;
        got["list"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| json!([m["name"], m["role"], m["parentId"]]))
            .collect::<Value>()
    };
    assert_eq!(tree(json!([a, b])).await, json!([["B", "junk", null], ["A", "trash", null]]));
    audit(node.database.client()).await;

    // A new one takes the name and the role of one that goes; and the name of one that is renamed.
    let set = node
        .one(
            "Mailbox/set",
            json!({
                "create": {"k": {"name": "A", "role": "trash"}, "l": {"name": "B", "parentId": "#k"}},
                "update": {&a: {"parentId": "#k", "name": "C"}},
                "destroy": [b],
            }),
        )
        .await;
    let [k, l] =
        ["k", "l"].map(|name| set["created"][name]["id"].as_str().unwrap_or_else(|| panic!("{set}")));
    assert_eq!((&set["updated"], &set["destroyed"]), (&json!({&a: null}), &json!([b])));
    assert_eq!(tree(json!([k, l, a])).await, json!([["A", "trash", null], ["B", null, k], ["C", "junk", k]]));
    audit(node.database.client()).await;

    // Below becomes above.
    let set = node.one("Mailbox/set", json!({"update": {k: {"parentId": l}, l: {"parentId": null}}})).await;
    assert_eq!(set["updated"], json!({k: null, l: null}), "{set}");

    // What is not valid in the end is refused change by change.
    let update = json!({k: {"name": "X"}, l: {"name": "Inbox"}, "m99": {"name": "X"}});
    let set = node.one("Mailbox/set", json!({"update": update})).await;
    assert_eq!(set["updated"], json!({k: null}));
    assert_eq!(set["notUpdated"][l]["existingId"], json!(node.inbox));
    let circle = json!({k: {"parentId": a}, &a: {"parentId": k}});
    let set = node.one("Mailbox/set", json!({"update": circle})).await;
    assert_eq!(
        (&set["updated"], &set["notUpdated"][k]["properties"]),
        (&json!({&a: null}), &json!(["parentId"]))
    );
    audit(node.database.client()).await;
}

/// "an integer in the range 0 <= sortOrder < 2^31".
#[tokio::test]
async fn sort_orders_have_a_range() {
    let node = Node::new().await;
    let inbox = node.inbox.to_string();
    for wrong in [json!(-1), json!(2_147_483_648_u64), json!(1.5), json!("1"), json!(true)] {
        let refused = update(&node, &inbox, json!({"sortOrder": wrong})).await;
        assert_eq!(refused["notUpdated"][&inbox]["properties"], json!(["sortOrder"]), "{wrong}");
    }
    for good in [json!(2_147_483_647), json!(0)] {
        assert_eq!(update(&node, &inbox, json!({"sortOrder": good})).await["updated"], json!({&inbox: null}));
    }
}

/// mailboxHasChild, also with onDestroyRemoveEmails: the argument is about emails. Parents and children may go in one
/// call, in whichever order it names them.
#[tokio::test]
async fn a_mailbox_with_children_stays() {
    let node = Node::new().await;
    let parent = created(&node, json!({"name": "Parent"})).await;
    let child = created(&node, json!({"name": "Child", "parentId": parent})).await;
    for remove_emails in [false, true] {
        let arguments = json!({"destroy": [parent], "onDestroyRemoveEmails": remove_emails});
        let refused = node.one("Mailbox/set", arguments).await;
        assert_eq!(refused["notDestroyed"], json!({&parent: {"type": "mailboxHasChild"}}));
    }
    let gone = node.one("Mailbox/set", json!({"destroy": [parent, child]})).await;
    assert_eq!(gone["destroyed"], json!([child, parent]));
}

/// mailboxHasEmail, or the emails go: out of the mailbox, and away if they are in no other.
#[tokio::test]
async fn a_mailbox_with_emails_stays_unless_they_may_go() {
    let node = Node::new().await;
    let folder = created(&node, json!({"name": "Folder"})).await;
    let [alone, shared] = ["1", "2"].map(|id| letter(id).bytes());
    let alone = node.deliver(&alone, "2026-03-01T08:00:00Z").await.email.to_string();
    let shared = node.deliver(&shared, "2026-03-01T08:00:00Z").await.email.to_string();
    let into =
        json!({&alone: {"mailboxIds": {&folder: true}}, &shared: {format!("mailboxIds/{folder}"): true}});
    node.one("Email/set", json!({"update": into})).await;

    let refused = node.one("Mailbox/set", json!({"destroy": [folder]})).await;
    assert_eq!(refused["notDestroyed"], json!({&folder: {"type": "mailboxHasEmail"}}));
    let since = node.one("Email/get", json!({"ids": []})).await["state"].clone();
    let gone = node.one("Mailbox/set", json!({"destroy": [folder], "onDestroyRemoveEmails": true})).await;
    assert_eq!(gone["destroyed"], json!([folder]));
    let changes = node.one("Email/changes", json!({"sinceState": since})).await;
    assert_eq!((&changes["updated"], &changes["destroyed"]), (&json!([shared]), &json!([alone])));
    let left = node.one("Email/get", json!({"ids": [shared], "properties": ["mailboxIds"]})).await;
    assert_eq!(left["list"][0]["mailboxIds"], json!({node.inbox.to_string(): true}));
    audit(node.database.client()).await;
}
