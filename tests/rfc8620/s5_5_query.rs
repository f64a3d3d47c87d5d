//! Foo/query (RFC 8620 §5.5), by the example of Email/query.

use serde_json::{Value, json};
use signet::wire::ids::EmailId;

use crate::support::Node;

/// Five messages, a minute apart; the newest is last.
async fn five(node: &Node) -> Vec<EmailId> {
    let mut ids = Vec::new();
    for number in 1..=5 {
        let raw = format!(
            "From: ann@example.org\r\nSubject: {}\r\nMessage-ID: <{number}@example.org>\r\n\r\n{number}\r\n",
            ["10 apples", "9 apples", "apples", "Apples", "ÄPFEL"][number - 1]
        );
        ids.push(node.deliver(raw.as_bytes(), &format!("2026-03-01T08:0{number}:00Z")).await.email);
    }
    ids
}

#[tokio::test]
async fn windows_start_where_position_or_anchor_and_offset_say() {
    let node = Node::new().await;
    let e = five(&node).await;
    let newest_first = [e[4], e[3], e[2], e[1], e[0]];
    let window = async |more: Value| {
        let found = node.one("Email/query", more).await;
        (found["position"].clone(), found["ids"].clone())
    };
    for (arguments, position, range) in [
        (json!({}), 0, 0..5),
        (json!({"position": 2}), 2, 2..5),
        (json!({"position": -2}), 3, 3..5),
        (json!({"position": -9, "limit": 2}), 0, 0..2),
        (json!({"position": 5}), 5, 5..5),
        (json!({"position": 99}), 99, 5..5),
        (json!({"anchor": e[2]}), 2, 2..5),
        (json!({"anchor": e[2], "anchorOffset": 1, "limit": 1}), 3, 3..4),
        (json!({"anchor": e[2], "anchorOffset": -1, "limit": 2}), 1, 1..3),
        (json!({"anchor": e[2], "anchorOffset": -9, "limit": 2}), 0, 0..2),
        (json!({"anchor": e[2], "position": -1, "limit": 1}), 2, 2..3),
    ] {
        let expected = (json!(position), json!(newest_first[range]));
        assert_eq!(window(arguments.clone()).await, expected, "{arguments}");
    }
    for anchor in ["e999999", "nonsense"] {
        assert_eq!(node.one("Email/query", json!({"anchor": anchor})).await["type"], "anchorNotFound");
    }
    let filtered = json!({"anchor": e[2], "filter": {"subject": "9"}});
    assert_eq!(node.one("Email/query", filtered).await["type"], "anchorNotFound");
}

#[tokio::test]
async fn a_limit_of_zero_gives_no_ids() {
    let node = Node::new().await;
    five(&node).await;
    for filter in [json!(null), json!({}), json!({"inMailbox": node.inbox}), json!({"subject": "apples"})] {
        for collapse_threads in [false, true] {
            let arguments = json!({
                "filter": filter, "limit": 0, "calculateTotal": true, "collapseThreads": collapse_threads
            });
            let found = node.one("Email/query", arguments).await;
            assert_eq!(found["ids"], json!([]), "{filter}");
            assert_eq!(found["total"], if filter.get("subject").is_some() { 4 } else { 5 }, "{filter}");
            assert_eq!(found.get("limit"), None);
        }
    }
}

#[tokio::test]
async fn filters_without_conditions_are_true_or_false_as_their_operators_say() {
    let node = Node::new().await;
    five(&node).await;
    let operator =
        |operator: &str, conditions: Value| json!({"operator": operator, "conditions": conditions});
    for (filter, expected) in [
        (json!(null), 5),
        (json!({}), 5),
        (operator("AND", json!([])), 5),
        (operator("OR", json!([])), 0),
        (operator("NOT", json!([])), 5),
        (operator("OR", json!([{}])), 5),
        (operator("NOT", json!([{}])), 0),
        (operator("AND", json!([operator("OR", json!([])), {}])), 0),
        (operator("NOT", json!([operator("NOT", json!([operator("AND", json!([]))]))])), 5),
    ] {
        let arguments = json!({"filter": filter, "calculateTotal": true, "limit": 0});
        assert_eq!(node.one("Email/query", arguments).await["total"], expected, "{filter}");
    }
}

#[tokio::test]
async fn the_collations_of_the_session_are_taken_wherever_a_comparator_may_name_one() {
    let node = Node::new().await;
    let e = five(&node).await;
    for data_type in ["Email", "Mailbox"] {
        let property = if data_type == "Email" { "subject" } else { "name" };
        for collation in ["i;ascii-numeric", "i;ascii-casemap", "i;unicode-casemap"] {
            let sort = json!([{"property": property, "collation": collation}]);
            let found = node.one(&format!("{data_type}/query"), json!({"sort": sort})).await;
            assert!(found["ids"].is_array(), "{data_type} {collation} {found}");
        }
        for (sort, kind) in [
            (json!([{"property": property, "collation": "i;octet"}]), "unsupportedSort"),
            (json!([{"property": property, "collation": 1}]), "invalidArguments"),
            (json!([{"property": "nonsense"}]), "unsupportedSort"),
            (json!([{"isAscending": true}]), "invalidArguments"),
            (json!({"property": property}), "invalidArguments"),
        ] {
            for method in ["query", "queryChanges"] {
                let mut arguments = json!({"sort": sort});
                if method == "queryChanges" {
                    arguments["sinceQueryState"] = json!("0");
                }
                let refused = node.one(&format!("{data_type}/{method}"), arguments).await;
                assert_eq!(refused["type"], kind, "{data_type}/{method} {sort}");
            }
        }
    }
    let sorted = async |collation: &str| {
        let sort = json!([{"property": "subject", "collation": collation}, {"property": "receivedAt"}]);
        node.one("Email/query", json!({"sort": sort})).await["ids"].clone()
    };
    // By number, and what begins with none after all numbers; else by letters, whatever their case.
    assert_eq!(sorted("i;ascii-numeric").await, json!([e[1], e[0], e[2], e[3], e[4]]));
    assert_eq!(sorted("i;unicode-casemap").await, json!([e[0], e[1], e[2], e[3], e[4]]));
}

#[tokio::test]
async fn new_mail_is_in_its_place_at_once() {
    let node = Node::new().await;
    for number in 1..=4 {
        let raw = format!(
            "From: ann@example.org\r\nSubject: all\r\nMessage-ID: <{number}@example.org>\r\n\r\neverywhere {number}\r\n"
        );
        let new = node.deliver(raw.as_bytes(), &format!("2026-03-01T08:0{number}:00Z")).await.email;
        for (filter, sort) in [
            (json!(null), json!(null)),
            (json!({"inMailbox": node.inbox}), json!([{"property": "receivedAt", "isAscending": false}])),
            (json!({"text": "everywhere"}), json!(null)),
            (
                json!({"body": "every"}),
                json!([{"property": "size"}, {"property": "receivedAt", "isAscending": false}]),
            ),
        ] {
            let found = node.one("Email/query", json!({"filter": filter, "sort": sort})).await;
            assert_eq!(found["ids"].as_array().unwrap().len(), number, "{filter}");
            assert_eq!(found["ids"][0], json!(new), "{filter}");
        }
    }
}
