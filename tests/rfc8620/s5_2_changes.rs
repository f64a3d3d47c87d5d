//! RFC 8620 §5.2: /changes, over what Email/set and Mailbox/set do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Node, letter};

async fn state(node: &Node, data_type: &str) -> String {
    let got = node.one(&format!("{data_type}/get"), json!({"ids": []})).await;
    got["state"].as_str().unwrap().to_owned()
}

async fn deliver(node: &Node, id: &str) -> String {
    node.deliver(&letter(id).bytes(), "2026-03-01T08:00:00Z").await.email.to_string()
}

#[tokio::test]
async fn nothing_new_is_the_same_state_with_empty_lists() {
    let node = Node::new().await;
    deliver(&node, "1").await;
    for data_type in ["Mailbox", "Thread", "Email"] {
        let since = state(&node, data_type).await;
        let changes = node.one(&format!("{data_type}/changes"), json!({"sinceState": since})).await;
        let mut expected = json!({
            "accountId": node.account, "oldState": since, "newState": since, "hasMoreChanges": false,
            "created": [], "updated": [], "destroyed": [],
        });
        if data_type == "Mailbox" {
            expected["updatedProperties"] = Value::Null;
        }
        assert_eq!(changes, expected);
    }
}

/// Each id in one list only, by what became of the record: created, then changed, is created; changed, then gone, is
/// destroyed; made and gone in between is not told.
#[tokio::test]
async fn each_record_is_told_once_by_what_became_of_it() {
    let node = Node::new().await;
    let [kept, changed, gone, changed_and_gone] = [
        deliver(&node, "1").await,
        deliver(&node, "2").await,
        deliver(&node, "3").await,
        deliver(&node, "4").await,
    ];
    let since = state(&node, "Email").await;
    let flag = async |id: &str| {
        node.one("Email/set", json!({"update": {id: {"keywords/$flagged": true}}})).await;
    };
    let destroy = async |id: &str| {
        node.one("Email/set", json!({"destroy": [id]})).await;
    };
    flag(&changed).await;
    flag(&changed_and_gone).await;
    destroy(&changed_and_gone).await;
    destroy(&gone).await;
    let [new, new_and_changed, came_and_went] =
        [deliver(&node, "5").await, deliver(&node, "6").await, deliver(&node, "7").await];
    flag(&new_and_changed).await;
    destroy(&came_and_went).await;

    let changes = node.one("Email/changes", json!({"sinceState": since})).await;
    let ids = |list: &str| -> BTreeSet<&str> {
        changes[list].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect()
    };
    assert_eq!(ids("created"), BTreeSet::from([new.as_str(), &new_and_changed]));
    assert_eq!(ids("updated"), BTreeSet::from([changed.as_str()]));
    assert_eq!(ids("destroyed"), BTreeSet::from([gone.as_str(), &changed_and_gone]));
    assert_eq!(changes["oldState"], json!(since));
    assert_eq!(changes["newState"], json!(state(&node, "Email").await));
    assert!(!changes.to_string().contains(&format!("{kept:?}")));
}

/// maxChanges bounds "the number of ids returned across" all lists, and what is left follows from newState.
#[tokio::test]
async fn a_client_that_takes_little_at_a_time_gets_all_of_it() {
    let node = Node::new().await;
    let mut known = BTreeSet::new();
    for id in ["1", "2", "3"] {
        known.insert(deliver(&node, id).await);
    }
    let mut since = state(&node, "Email").await;
    let mut all = BTreeSet::from_iter(known.iter().cloned());
    for id in ["4", "5", "6", "7"] {
        all.insert(deliver(&node, id).await);
    }
    let lost = all.pop_first().unwrap();
    node.one(
        "Email/set",
        json!({"destroy": [lost], "update": {all.first().unwrap(): {"keywords/$seen": true}}}),
    )
    .await;

    let mut rounds = 0;
    loop {
        let changes = node.one("Email/changes", json!({"sinceState": since, "maxChanges": 2})).await;
        let ids = |list: &str| -> Vec<String> {
            changes[list].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
        };
        let (created, updated, destroyed) = (ids("created"), ids("updated"), ids("destroyed"));
        assert!(created.len() + updated.len() + destroyed.len() <= 2);
        for id in &updated {
            assert!(known.contains(id), "{id} is updated and was never told");
        }
        known.extend(created);
        destroyed.iter().for_each(|id| assert!(known.remove(id), "{id} is gone and was never told"));
        assert_eq!(changes["oldState"], json!(since));
        since = changes["newState"].as_str().unwrap().to_owned();
        rounds += 1;
        if changes["hasMoreChanges"] == json!(false) {
            break;
        }
        assert!(rounds < 20);
    }
    assert!(rounds > 2);
    assert_eq!(known, all);
    assert_eq!(since, state(&node, "Email").await);
}

#[tokio::test]
async fn a_state_that_was_never_told_and_a_limit_that_is_none_are_refused() {
    let node = Node::new().await;
    deliver(&node, "1").await;
    for data_type in ["Mailbox", "Thread", "Email"] {
        let error = async |arguments: Value| {
            node.one(&format!("{data_type}/changes"), arguments).await["type"].as_str().unwrap().to_owned()
        };
        for never in ["", "x", "-1", "999999", "01", "9223372036854775808", "1.0"] {
            assert_eq!(error(json!({"sinceState": never})).await, "cannotCalculateChanges", "{never:?}");
        }
        for wrong in [json!({}), json!({"sinceState": null}), json!({"sinceState": 0})] {
            assert_eq!(error(wrong).await, "invalidArguments");
        }
        for wrong in [json!(0), json!(-1), json!(1.5), json!("1")] {
            let arguments = json!({"sinceState": "0", "maxChanges": wrong});
            assert_eq!(error(arguments).await, "invalidArguments", "{wrong}");
        }
    }
}

/// The state of a /set is that of a /changes: from oldState to newState lies what the /set did, and no more.
#[tokio::test]
async fn the_states_of_a_set_enclose_what_it_did() {
    let node = Node::new().await;
    let (one, other) = (deliver(&node, "1").await, deliver(&node, "2").await);
    let set =
        node.one("Email/set", json!({"update": {&one: {"keywords/$seen": true}}, "destroy": [other]})).await;
    let changes = node.one("Email/changes", json!({"sinceState": set["oldState"]})).await;
    assert_eq!(changes["newState"], set["newState"]);
    assert_eq!(
        (&changes["created"], &changes["updated"], &changes["destroyed"]),
        (&json!([]), &json!([one]), &json!([other]))
    );
}
