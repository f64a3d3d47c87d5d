//! What RFC 8620 §5.3 demands of the frame.

use serde_json::json;

use crate::jmap::fake::Server;

#[tokio::test]
async fn a_call_that_does_nothing_answers_with_all_properties() {
    let (_, response) = Server::new().call("Todo/set", json!({"accountId": "a1", "create": null})).await;
    assert_eq!(
        response.to_string(),
        json!({
            "accountId": "a1",
            "oldState": "7",
            "newState": "7",
            "created": null,
            "updated": null,
            "destroyed": null,
            "notCreated": null,
            "notUpdated": null,
            "notDestroyed": null,
        })
        .to_string()
    );
}

#[tokio::test]
async fn some_objects_succeed_while_others_are_rejected() {
    let server = Server::new();
    let (_, response) = server
        .call(
            "Todo/set",
            json!({
                "accountId": "a1",
                "create": {"good": {"title": "new"}, "bad": {"title": 1}},
                "update": {"d1": {"keywords/x": true}, "d5": {"title": "gone"}, "d2": {"nothing/x": 1}},
                "destroy": ["d3", "d99", "d3"],
            }),
        )
        .await;
    insta::assert_json_snapshot!(response);
    let (_, response) = server
        .call("Todo/get", json!({"accountId": "a1", "ids": ["d1", "d3"], "properties": ["keywords"]}))
        .await;
    assert_eq!(response["list"], json!([{"id": "d1", "keywords": {"x": true}}]));
    assert_eq!(response["notFound"], json!(["d3"]));
}

#[tokio::test]
async fn if_in_state_must_match_and_otherwise_nothing_changes() {
    let server = Server::new();
    let set = |state: &str| json!({"accountId": "a1", "ifInState": state, "destroy": ["d1"]});
    assert_eq!(server.error("Todo/set", set("6")).await, "stateMismatch");
    let (_, response) = server.call("Todo/set", set("7")).await;
    assert_eq!((&response["destroyed"], &response["newState"]), (&json!(["d1"]), &json!("8")));
}

#[tokio::test]
async fn creation_ids_can_be_used_in_the_same_call_whatever_the_order() {
    let (_, response) = Server::new()
        .call(
            "Todo/set",
            json!({
                "accountId": "a1",
                "create": {"parent": {"title": "p", "subTodoIds": ["#child"]}, "child": {"title": "c"}},
                "update": {"#child": {"title": "C"}, "d1": {"subTodoIds": ["#parent"]}, "#nobody": {}},
                "destroy": ["#parent"],
            }),
        )
        .await;
    assert_eq!(response["created"]["child"]["id"], "d7");
    assert_eq!(response["created"]["parent"]["id"], "d8");
    assert_eq!(response["updated"], json!({"d7": null, "d1": null}));
    assert_eq!(response["notUpdated"], json!({"#nobody": {"type": "notFound"}}));
    assert_eq!(response["destroyed"], json!(["d8"]));
}

#[tokio::test]
async fn creation_ids_live_on_in_later_calls_and_in_the_response() {
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    let response = Server::new()
        .process(json!({
            "using": using,
            "createdIds": {"before": "d2"},
            "methodCalls": [
                ["Todo/set", {"accountId": "a1", "create": {"k": {"title": "first"}}}, "0"],
                ["Todo/set", {"accountId": "a1", "create": {"k": {"title": "again"}}}, "1"],
                ["Todo/set", {"accountId": "a1", "update": {"#k": {"subTodoIds": ["#before"]}}}, "2"],
                ["Todo/get", {"accountId": "a1", "ids": ["#k"]}, "3"],
            ],
        }))
        .await
        .unwrap();
    assert_eq!(response.method_responses[3].arguments["list"][0]["title"], "again");
    assert_eq!(response.method_responses[3].arguments["list"][0]["subTodoIds"], json!(["d2"]));
    assert_eq!(serde_json::to_value(response.created_ids).unwrap(), json!({"before": "d2", "k": "d8"}));
}

#[tokio::test]
async fn what_is_destroyed_in_the_same_call_is_not_updated() {
    let (_, response) = Server::new()
        .call("Todo/set", json!({"accountId": "a1", "update": {"d1": {"title": "x"}}, "destroy": ["d1"]}))
        .await;
    assert_eq!(response["notUpdated"], json!({"d1": {"type": "willDestroy"}}));
    assert_eq!(response["destroyed"], json!(["d1"]));
}

#[tokio::test]
async fn the_limit_counts_all_three_kinds_together() {
    let server = Server::new();
    let set = |destroy: &[&str]| {
        json!({
            "accountId": "a1",
            "create": {"a": {"title": "a"}, "b": {"title": "b"}},
            "update": {"d1": {}, "d2": {}},
            "destroy": destroy,
        })
    };
    assert_eq!(server.error("Todo/set", set(&["d3", "d4", "d6", "d8", "d9"])).await, "requestTooLarge");
    assert_eq!(server.call("Todo/set", set(&["d3", "d4", "d6", "d8"])).await.0, "Todo/set");
}

#[tokio::test]
async fn read_only_accounts_and_wrong_arguments_are_refused() {
    let server = Server::new();
    assert_eq!(server.error("Todo/set", json!({"accountId": "a2"})).await, "accountReadOnly");
    for wrong in [
        json!({}),
        json!({"accountId": "a1", "ifInState": 7}),
        json!({"accountId": "a1", "create": []}),
        json!({"accountId": "a1", "create": {"k": 1}}),
        json!({"accountId": "a1", "create": {"not an id": {}}}),
        json!({"accountId": "a1", "update": {"d1": null}}),
        json!({"accountId": "a1", "destroy": {"d1": true}}),
        json!({"accountId": "a1", "destroy": [""]}),
        json!({"accountId": "a1", "onDestroyRemoveEmails": true}),
    ] {
        assert_eq!(server.error("Todo/set", wrong.clone()).await, "invalidArguments", "{wrong}");
    }
}
