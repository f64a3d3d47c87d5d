//! RFC 8620 §5.3: /set, over mailboxes and emails.

use serde_json::{Value, json};

use crate::support::node::{CORE, MAIL};
use crate::support::{Node, TestServer, letter};

async fn deliver(node: &Node, id: &str) -> String {
    node.deliver(&letter(id).bytes(), "2026-03-01T08:00:00Z").await.email.to_string()
}

/// All that the response of a /set must hold, null where there is nothing to tell.
#[tokio::test]
async fn every_argument_of_the_response_is_there_also_when_nothing_was_done() {
    let node = Node::new().await;
    let names = [
        "accountId",
        "oldState",
        "newState",
        "created",
        "updated",
        "destroyed",
        "notCreated",
        "notUpdated",
        "notDestroyed",
    ];
    for method in ["Mailbox/set", "Email/set"] {
        for nothing in [json!({}), json!({"create": {}, "update": {}, "destroy": []})] {
            let set = node.one(method, nothing).await;
            assert_eq!(set.as_object().unwrap().keys().collect::<Vec<_>>(), names);
            assert_eq!(set["oldState"], set["newState"]);
            assert!(names[3..].iter().all(|name| set[name] == Value::Null), "{set}");
        }
    }
}

/// "any properties of the created Foo object that were not sent by the client": the id, what the server sets, and
/// defaults; nothing that was sent.
#[tokio::test]
async fn a_creation_tells_what_the_client_did_not() {
    let node = Node::new().await;
    let create = json!({"k": {"name": "Plans", "sortOrder": 7}});
    let set = node.one("Mailbox/set", json!({"create": create})).await;
    insta::assert_json_snapshot!(set, {".oldState" => "[state]", ".newState" => "[state]"});
    assert_ne!(set["oldState"], set["newState"]);
    let id = &set["created"]["k"]["id"];
    let mut whole = node.one("Mailbox/get", json!({"ids": [id]})).await["list"][0].clone();
    let whole = whole.as_object_mut().unwrap();
    let told = set["created"]["k"].as_object().unwrap();
    whole.retain(|name, value| told.get(name) != Some(value));
    assert_eq!(json!(whole), create["k"]);
}

/// "the server MUST order the creates and updates within a single method call so that creates happen before their
/// creation ids are referenced by another create/update/destroy in the same call".
#[tokio::test]
async fn creation_ids_stand_for_ids_in_create_update_and_destroy_of_the_same_call() {
    let node = Node::new().await;
    let set = node
        .one(
            "Mailbox/set",
            json!({
                "create": {
                    "leaf": {"name": "Leaf", "parentId": "#branch"},
                    "branch": {"name": "Branch", "parentId": "#root"},
                    "root": {"name": "Root"},
                    "brief": {"name": "Brief"},
                    "lost": {"name": "Lost", "parentId": "#never"},
                },
                "update": {"#root": {"name": "Renamed"}, "#never": {"name": "x"}},
                "destroy": ["#brief", "#nobody"],
            }),
        )
        .await;
    let id = |name: &str| set["created"][name]["id"].as_str().unwrap();
    assert_eq!(set["updated"], json!({id("root"): null}));
    assert_eq!(set["destroyed"], json!([id("brief")]));
    assert_eq!(set["notCreated"]["lost"]["properties"], json!(["parentId"]));
    assert_eq!(set["notUpdated"], json!({"#never": {"type": "notFound"}}));
    assert_eq!(set["notDestroyed"], json!({"#nobody": {"type": "notFound"}}));
    let ids = json!([id("leaf"), id("branch"), id("root"), id("brief")]);
    let got = node.one("Mailbox/get", json!({"ids": ids, "properties": ["name", "parentId"]})).await;
    assert_eq!(
        got["list"],
        json!([
            {"id": id("leaf"), "name": "Leaf", "parentId": id("branch")},
            {"id": id("branch"), "name": "Branch", "parentId": id("root")},
            {"id": id("root"), "name": "Renamed", "parentId": null},
        ])
    );
    assert_eq!(got["notFound"], json!([id("brief")]));
}

/// Two creations that need each other cannot be made, and do not keep the third from being made.
#[tokio::test]
async fn creations_that_need_each_other_are_refused_without_end_or_harm() {
    let node = Node::new().await;
    let create = json!({
        "a": {"name": "A", "parentId": "#b"},
        "b": {"name": "B", "parentId": "#a"},
        "self": {"name": "Self", "parentId": "#self"},
        "c": {"name": "C"},
    });
    let set = node.one("Mailbox/set", json!({"create": create})).await;
    assert_eq!(set["created"].as_object().unwrap().keys().collect::<Vec<_>>(), ["c"]);
    for refused in ["a", "b", "self"] {
        assert_eq!(set["notCreated"][refused]["properties"], json!(["parentId"]));
    }
}

/// ifInState: for another state than the current one, "the method will be aborted and a 'stateMismatch' error
/// returned".
#[tokio::test]
async fn a_set_for_another_state_does_nothing() {
    let node = Node::new().await;
    let email = deliver(&node, "1").await;
    let state = node.one("Email/get", json!({"ids": []})).await["state"].clone();
    let update = json!({&email: {"keywords/$seen": true}});
    for other in [json!("0"), json!("nonsense"), json!("")] {
        let refused = node.one("Email/set", json!({"ifInState": other, "update": update})).await;
        assert_eq!(refused, json!({"type": "stateMismatch"}));
    }
    let done = node.one("Email/set", json!({"ifInState": state, "update": update})).await;
    assert_eq!((&done["updated"], &done["oldState"]), (&json!({&email: null}), &state));
    let late = node.one("Email/set", json!({"ifInState": state, "destroy": [email]})).await;
    assert_eq!(late["type"], "stateMismatch");
}

/// PatchObject: every rule that makes one invalid, and that an invalid one changes nothing of its record.
#[tokio::test]
async fn a_patch_that_breaks_a_rule_is_an_invalid_patch() {
    let node = Node::new().await;
    let email = deliver(&node, "1").await;
    for (patch, why) in [
        (json!({"keywords": {}, "keywords/$seen": true}), "a path is the beginning of another"),
        (json!({"keywords/a/b": true, "keywords/$seen": true}), "what lies above is not there"),
        (json!({"keywords/$seen/x": true}), "what lies above is not there either"),
        (json!({"from/0/name": "Bob", "keywords/$seen": true}), "a path into an array"),
        (json!({"keywords/~2": true}), "no JSON Pointer"),
    ] {
        let set = node.one("Email/set", json!({"update": {&email: patch}})).await;
        assert_eq!(set["notUpdated"][&email]["type"], "invalidPatch", "{why}");
        assert_eq!(set["oldState"], set["newState"], "{why}");
    }
}

/// PatchObject: pointers with escapes, null for a default or for a removal, and a whole value.
#[tokio::test]
async fn a_patch_sets_removes_and_restores_defaults() {
    let node = Node::new().await;
    let email = deliver(&node, "1").await;
    let keywords = async |patch: Value| {
        let set = node.one("Email/set", json!({"update": {&email: patch}})).await;
        assert_eq!(set["updated"], json!({&email: null}), "{set}");
        node.one("Email/get", json!({"ids": [email], "properties": ["keywords"]})).await["list"][0]["keywords"].clone()
    };
    let added = keywords(json!({"keywords/a~1b": true, "keywords/c~0d": true, "keywords/$seen": true})).await;
    assert_eq!(added, json!({"$seen": true, "a/b": true, "c~d": true}));
    let removed = keywords(json!({"keywords/a~1b": null, "keywords/never": null})).await;
    assert_eq!(removed, json!({"$seen": true, "c~d": true}));
    assert_eq!(keywords(json!({"keywords": {"x": true}})).await, json!({"x": true}));
    assert_eq!(keywords(json!({"keywords": null})).await, json!({}));

    let made = json!({"create": {"k": {"name": "Plans", "sortOrder": 7, "parentId": node.inbox, "isSubscribed": false}}});
    let mailbox = node.one("Mailbox/set", made).await["created"]["k"]["id"].clone();
    let mailbox = mailbox.as_str().unwrap();
    let defaults =
        json!({mailbox: {"sortOrder": null, "parentId": null, "isSubscribed": null, "role": null}});
    assert_eq!(node.one("Mailbox/set", json!({"update": defaults})).await["updated"], json!({mailbox: null}));
    let properties = json!(["parentId", "sortOrder", "isSubscribed"]);
    let got = node.one("Mailbox/get", json!({"ids": [mailbox], "properties": properties})).await;
    assert_eq!(got["list"], json!([{"id": mailbox, "parentId": null, "sortOrder": 0, "isSubscribed": true}]));
    let nameless = node.one("Mailbox/set", json!({"update": {mailbox: {"name": null}}})).await;
    assert_eq!(nameless["notUpdated"][mailbox]["properties"], json!(["name"]));
}

/// "Each creation, modification, or destruction of an object is considered an atomic unit", and one that fails does
/// not keep the others from being done.
#[tokio::test]
async fn objects_succeed_and_fail_each_for_itself() {
    let node = Node::new().await;
    let (good, bad, gone) = (deliver(&node, "1").await, deliver(&node, "2").await, deliver(&node, "3").await);
    let set = node
        .one(
            "Email/set",
            json!({
                "update": {
                    &good: {"keywords/$seen": true},
                    &bad: {"keywords/$seen": true, "mailboxIds": {}},
                    &gone: {"keywords/$seen": true},
                    "e99": {"keywords/$seen": true},
                },
                "destroy": [gone, gone, "e98", "nonsense"],
            }),
        )
        .await;
    assert_eq!((&set["updated"], &set["destroyed"]), (&json!({&good: null}), &json!([gone])));
    assert_eq!(set["notUpdated"][&bad]["properties"], json!(["mailboxIds"]));
    assert_eq!(set["notUpdated"][&gone], json!({"type": "willDestroy"}));
    assert_eq!(set["notUpdated"]["e99"], json!({"type": "notFound"}));
    assert_eq!(set["notDestroyed"], json!({"e98": {"type": "notFound"}, "nonsense": {"type": "notFound"}}));
    let got = node.one("Email/get", json!({"ids": [good, bad], "properties": ["keywords"]})).await;
    assert_eq!(got["list"], json!([{"id": good, "keywords": {"$seen": true}}, {"id": bad, "keywords": {}}]));
}

/// invalidProperties tells "all" of the properties that are invalid; server-set ones may be said as they are.
#[tokio::test]
async fn properties_that_a_client_cannot_set_are_named() {
    let node = Node::new().await;
    let create =
        json!({"k": {"name": "Plans", "totalEmails": 0, "myRights": {}, "nonsense": null, "id": "m9"}});
    let refused = node.one("Mailbox/set", json!({"create": create})).await["notCreated"]["k"].clone();
    assert_eq!(refused["type"], "invalidProperties");
    let mut names: Vec<&str> =
        refused["properties"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["id", "myRights", "nonsense", "totalEmails"]);

    let inbox = node.inbox.to_string();
    let whole = node.one("Mailbox/get", json!({"ids": [inbox]})).await["list"][0].clone();
    let kept = node.one("Mailbox/set", json!({"update": {&inbox: whole}})).await;
    assert_eq!(kept["updated"], json!({&inbox: null}), "{kept}");
    let changed = node.one("Mailbox/set", json!({"update": {&inbox: {"totalEmails": 1, "id": "m9"}}})).await;
    assert_eq!(changed["notUpdated"][&inbox]["type"], "invalidProperties");
}

/// maxObjectsInSet counts create, update and destroy together.
#[tokio::test]
async fn no_more_than_max_objects_in_set() {
    let server = TestServer::start_with(|config| config.limits.max_objects_in_set = 3).await;
    let of = |create: usize, destroy: usize| {
        let create: serde_json::Map<String, Value> =
            (0..create).map(|index| (format!("k{index}"), json!({"name": format!("New {index}")}))).collect();
        let destroy: Vec<String> = (0..destroy).map(|index| format!("m9{index}")).collect();
        json!({"create": create, "update": {"m90": {}}, "destroy": destroy})
    };
    let refused = server.one("Mailbox/set", of(2, 1)).await;
    assert_eq!(refused["type"], "requestTooLarge");
    let done = server.one("Mailbox/set", of(1, 1)).await;
    assert_eq!(done["created"].as_object().unwrap().len(), 1);
    let found = server.one("Mailbox/query", json!({"filter": {"name": "New"}, "calculateTotal": true})).await;
    assert_eq!(found["total"], 1);
}

/// accountReadOnly, before anything else of the call is looked at.
#[tokio::test]
async fn an_account_that_may_only_be_read_is_not_set() {
    let node = Node::new().await;
    let account = node.account;
    let calls = json!([
        ["Mailbox/set", {"accountId": account, "create": {"k": {"name": "x"}}}, "0"],
        ["Email/set", {"accountId": account}, "1"],
        ["Email/import", {"accountId": account, "emails": {}}, "2"],
        ["Mailbox/get", {"accountId": account, "ids": [node.inbox], "properties": ["myRights"]}, "3"],
    ]);
    let responses = node.call_as(&[CORE, MAIL], calls, true).await;
    for call in 0..3 {
        assert_eq!(responses[call][1], json!({"type": "accountReadOnly"}));
    }
    let rights = responses[3][1]["list"][0]["myRights"].as_object().unwrap();
    let granted: Vec<&String> =
        rights.iter().filter(|(_, may)| **may == json!(true)).map(|(name, _)| name).collect();
    assert_eq!(granted, ["mayReadItems"]);
}
