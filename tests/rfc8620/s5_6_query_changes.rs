//! Foo/queryChanges (RFC 8620 §5.6), by the example of Email/queryChanges. That its answers are right whatever happens
//! is for the model of changes to show (`changes_model`).

use serde_json::{Value, json};
use signet::wire::ids::EmailId;

use crate::support::Node;

async fn deliver(node: &Node, number: u32) -> EmailId {
    let raw = format!(
        "From: ann@example.org\r\nSubject: {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\nx\r\n"
    );
    node.deliver(raw.as_bytes(), &format!("2026-03-01T08:{number:02}:00Z")).await.email
}

async fn state_of(node: &Node, arguments: &Value) -> Value {
    let found = node.one("Email/query", arguments.clone()).await;
    assert_eq!(found["canCalculateChanges"], true);
    found["queryState"].clone()
}

async fn changes(node: &Node, arguments: &Value, since: &Value, more: Value) -> Value {
    let mut arguments = arguments.clone();
    arguments["sinceQueryState"] = since.clone();
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    node.one("Email/queryChanges", arguments).await
}

#[tokio::test]
async fn what_left_and_what_entered_is_told_with_its_index() {
    let node = Node::new().await;
    let e = [deliver(&node, 1).await, deliver(&node, 2).await, deliver(&node, 3).await];
    let inbox = json!({"filter": {"inMailbox": node.inbox}});
    let since = state_of(&node, &inbox).await;
    let told = changes(&node, &inbox, &since, json!({})).await;
    assert_eq!(told["oldQueryState"], told["newQueryState"]);
    insta::assert_json_snapshot!("nothing_changed", told, {".oldQueryState" => "[state]", ".newQueryState" => "[state]"});

    deliver(&node, 4).await;
    node.one("Email/set", json!({"update": {e[1].to_string(): {"keywords/$seen": true}}, "destroy": [e[0]]}))
        .await;
    let told = changes(&node, &inbox, &since, json!({"calculateTotal": true})).await;
    assert_eq!(told["oldQueryState"], since);
    insta::assert_json_snapshot!("some_changed", told, {".oldQueryState" => "[old]", ".newQueryState" => "[new]"});
    assert_eq!(told["newQueryState"], state_of(&node, &inbox).await);
    // A client that follows from there has nothing left to follow.
    let after = changes(&node, &inbox, &told["newQueryState"], json!({})).await;
    assert_eq!((&after["removed"], &after["added"]), (&json!([]), &json!([])));
    // Where nothing that the list rests on can change, a mark moves nothing.
    let all = changes(&node, &json!({}), &since, json!({})).await;
    assert_eq!(all["removed"], json!([e[0]]));
    assert_eq!(all["added"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn with_more_changes_than_wanted_none_is_told() {
    let node = Node::new().await;
    let e = [deliver(&node, 1).await, deliver(&node, 2).await];
    let since = state_of(&node, &json!({})).await;
    deliver(&node, 3).await;
    node.one("Email/set", json!({"destroy": [e[0], e[1]]})).await;
    let kind = async |max: Value| {
        changes(&node, &json!({}), &since, json!({"maxChanges": max})).await.get("type").cloned()
    };
    assert_eq!(kind(json!(3)).await, None, "two removed and one added");
    assert_eq!(kind(Value::Null).await, None);
    assert_eq!(kind(json!(2)).await, Some(json!("tooManyChanges")));
    assert_eq!(kind(json!(0)).await, Some(json!("tooManyChanges")));
}

#[tokio::test]
async fn up_to_id_counts_where_filter_and_sort_rest_on_nothing_that_changes() {
    let node = Node::new().await;
    let e = [deliver(&node, 10).await, deliver(&node, 20).await, deliver(&node, 30).await];
    let by_time = |filter: Value| json!({"filter": filter, "sort": [{"property": "receivedAt"}]});
    let since = state_of(&node, &json!({})).await;
    let (early, late) = (deliver(&node, 15).await, deliver(&node, 40).await);
    let added = async |filter: Value, up_to: Value| {
        let told = changes(&node, &by_time(filter), &since, json!({"upToId": up_to})).await;
        told["added"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect::<Value>()
    };
    let from = || json!({"from": "ann"});
    assert_eq!(added(from(), json!(e[1])).await, json!([early]));
    assert_eq!(added(from(), json!(e[0])).await, json!([]));
    assert_eq!(added(json!(null), json!(late)).await, json!([early, late]), "up to and with the id itself");
    // Without an id in the results, and over what can change, everything is told.
    for up_to in [json!(null), json!("e999999"), json!("nonsense")] {
        assert_eq!(added(from(), up_to).await, json!([early, late]));
    }
    assert_eq!(added(json!({"inMailbox": node.inbox}), json!(e[1])).await, json!([early, late]));
    assert_eq!(added(json!({"notKeyword": "$seen"}), json!(e[1])).await, json!([early, late]));
}

#[tokio::test]
async fn what_is_no_longer_known_cannot_be_calculated() {
    let node = Node::new().await;
    let since = state_of(&node, &json!({})).await;
    deliver(&node, 1).await;
    let newest = state_of(&node, &json!({})).await;
    let kind = async |since: &Value| changes(&node, &json!({}), since, json!({})).await.get("type").cloned();
    assert_eq!(kind(&since).await, None);
    for never in ["", "x", "99999", "-1", "007"] {
        assert_eq!(kind(&json!(never)).await, Some(json!("cannotCalculateChanges")), "{never}");
    }
    // The log was cut, of one of the two types that a list of emails may rest on.
    for data_type in [2_i16, 3] {
        let cut = "UPDATE data_type_state SET oldest = CASE WHEN data_type = $1 THEN state ELSE 0 END";
        node.database.client().execute(cut, &[&data_type]).await.unwrap();
        assert_eq!(kind(&since).await, Some(json!("cannotCalculateChanges")));
        assert_eq!(kind(&newest).await, None);
    }
}

#[tokio::test]
async fn more_than_anybody_follows_cannot_be_calculated() {
    let node = Node::new().await;
    deliver(&node, 1).await;
    let since = state_of(&node, &json!({})).await;
    let flood = async |events: i64| {
        let sql = "WITH a AS (UPDATE account SET state = state + $1 RETURNING id, state - $1 AS old),
                        c AS (INSERT INTO change SELECT a.id, 3, a.old + n, 1000000 + a.old + n, 3 FROM a, generate_series(1, $1) n)
                   UPDATE data_type_state s SET state = a.old + $1 FROM a WHERE s.account_id = a.id AND s.data_type = 3";
        node.database.client().execute(sql, &[&events]).await.unwrap();
    };
    flood(10_000).await;
    let told = changes(&node, &json!({}), &since, json!({})).await;
    assert_eq!(told["removed"].as_array().map(Vec::len), Some(10_000));
    flood(1).await;
    let kind = async |more: Value| changes(&node, &json!({}), &since, more).await["type"].clone();
    assert_eq!(kind(json!({})).await, "cannotCalculateChanges");
    assert_eq!(kind(json!({"maxChanges": 100})).await, "tooManyChanges");
    flood(10_000).await;
    assert_eq!(kind(json!({"maxChanges": 100_000})).await, "cannotCalculateChanges");
}
