//! RFC 8620 §5.5: /query, over mailboxes and emails.

use serde_json::{Value, json};
use signet::wire::ids::EmailId;

use crate::support::{Node, letter};

/// A node with five emails, and their ids from the oldest to the newest.
async fn five() -> (Node, Vec<String>) {
    let node = Node::new().await;
    let mut ids = Vec::new();
    for (index, subject) in ["banana", "Apple", "cherry", "apple pie", "Äpfel"].iter().enumerate() {
        let raw = letter(&index.to_string()).subject(subject).bytes();
        ids.push(node.deliver(&raw, &format!("2026-03-01T0{index}:00:00Z")).await.email.to_string());
    }
    (node, ids)
}

const OLDEST_FIRST: &str = r#"[{"property": "receivedAt"}]"#;

async fn query(node: &Node, mut arguments: Value) -> Value {
    if arguments.get("sort").is_none() {
        arguments["sort"] = serde_json::from_str(OLDEST_FIRST).unwrap();
    }
    node.one("Email/query", arguments).await
}

#[tokio::test]
async fn the_response_tells_total_and_limit_only_where_it_should() {
    let (node, ids) = five().await;
    let response = query(&node, json!({"position": 1, "limit": 2, "calculateTotal": true})).await;
    let names: Vec<&String> = response.as_object().unwrap().keys().collect();
    assert_eq!(names, ["accountId", "queryState", "canCalculateChanges", "position", "ids", "total"]);
    assert_eq!((&response["ids"], &response["total"]), (&json!(ids[1..3]), &json!(5)));
    assert_eq!(response["position"], 1);
    // The total "MUST be omitted if the 'calculateTotal' request argument is not true"; a limit is told "if the server set
    // a limit or used a different limit than that given in the request".
    let response = query(&node, json!({"limit": 5})).await;
    assert_eq!((response.get("total"), response.get("limit")), (None, None));
    let response = query(&node, json!({})).await;
    assert!(response["limit"].as_u64().is_some_and(|limit| limit >= 5));
    let response = query(&node, json!({"limit": 1_000_000_000})).await;
    assert!(response["limit"].as_u64().is_some_and(|limit| limit < 1_000_000_000));
}

/// Windows by position: from the start, from the end, beyond either.
#[tokio::test]
async fn a_position_counts_from_the_start_or_from_the_end() {
    let (node, ids) = five().await;
    for (position, limit, start, expected) in [
        (0, 2, 0, &ids[0..2]),
        (3, 9, 3, &ids[3..5]),
        (5, 9, 5, &[]),
        (99, 9, 99, &[]),
        (-1, 9, 4, &ids[4..5]),
        (-5, 1, 0, &ids[0..1]),
        // "if still negative, it's clamped to '0'".
        (-99, 2, 0, &ids[0..2]),
    ] {
        let found = query(&node, json!({"position": position, "limit": limit})).await;
        assert_eq!((&found["position"], &found["ids"]), (&json!(start), &json!(expected)), "{position}");
    }
}

/// Windows by anchor: position is ignored, the offset may be negative, and is clamped at the start.
#[tokio::test]
async fn an_anchor_wins_over_the_position() {
    let (node, ids) = five().await;
    for (anchor, offset, limit, start, expected) in [
        (2, 0, 2, 2, &ids[2..4]),
        (2, 1, 2, 3, &ids[3..5]),
        (2, -1, 2, 1, &ids[1..3]),
        (2, -9, 2, 0, &ids[0..2]),
        (4, 9, 2, 13, &[]),
    ] {
        let arguments = json!({"anchor": ids[anchor], "anchorOffset": offset, "limit": limit, "position": 4});
        let found = query(&node, arguments).await;
        assert_eq!(
            (&found["position"], &found["ids"]),
            (&json!(start), &json!(expected)),
            "{anchor} {offset}"
        );
    }
    // An offset without an anchor is ignored.
    assert_eq!(query(&node, json!({"anchorOffset": 3, "limit": 1})).await["ids"], json!(ids[..1]));
    // An anchor must be among the results, not just somewhere.
    let filter = json!({"subject": "cherry"});
    for absent in [ids[0].as_str(), "e99", "nonsense"] {
        let failed = query(&node, json!({"filter": filter, "anchor": absent})).await;
        assert_eq!(failed["type"], "anchorNotFound", "{absent}");
    }
}

#[tokio::test]
async fn a_limit_of_zero_is_no_results_and_a_negative_one_is_invalid() {
    let (node, _) = five().await;
    let none = query(&node, json!({"limit": 0, "calculateTotal": true})).await;
    assert_eq!((&none["ids"], &none["total"]), (&json!([]), &json!(5)));
    for wrong in
        [json!({"limit": -1}), json!({"limit": "1"}), json!({"position": 0.5}), json!({"anchorOffset": null})]
    {
        assert_eq!(query(&node, wrong.clone()).await["type"], "invalidArguments", "{wrong}");
    }
}

/// AND, OR and NOT (none of the conditions), in trees; an empty condition matches all.
#[tokio::test]
async fn operators_combine_conditions() {
    let (node, ids) = five().await;
    let is = |subject: &str| json!({"subject": subject});
    let of = |operator: &str, conditions: Vec<Value>| json!({"operator": operator, "conditions": conditions});
    for (filter, expected) in [
        (of("AND", vec![is("apple"), is("pie")]), json!([ids[3]])),
        (of("OR", vec![is("banana"), is("cherry")]), json!([ids[0], ids[2]])),
        (of("NOT", vec![is("banana"), is("cherry")]), json!([ids[1], ids[3], ids[4]])),
        (of("NOT", vec![of("OR", vec![is("apple")]), is("banana")]), json!([ids[2], ids[4]])),
        (of("AND", vec![]), json!(ids)),
        (of("OR", vec![]), json!([])),
        (of("NOT", vec![]), json!(ids)),
        (json!({}), json!(ids)),
        (json!({"subject": "apple", "before": "2026-03-01T02:00:00Z"}), json!([ids[1]])),
    ] {
        assert_eq!(query(&node, json!({"filter": filter})).await["ids"], expected, "{filter}");
    }
    for (wrong, error) in [
        (json!({"operator": "XOR", "conditions": []}), "invalidArguments"),
        (json!({"operator": "AND"}), "invalidArguments"),
        (json!({"operator": "AND", "conditions": {}}), "invalidArguments"),
        (json!({"nonsense": 1}), "unsupportedFilter"),
        (json!({"subject": 1}), "invalidArguments"),
        (json!([]), "invalidArguments"),
        (json!("apple"), "invalidArguments"),
    ] {
        let failed = query(&node, json!({"filter": wrong})).await;
        assert_eq!(failed["type"], error, "{wrong}");
    }
}

/// A later comparator breaks the ties of an earlier one; equal ones keep one order from call to call.
#[tokio::test]
async fn comparators_apply_in_turn_and_the_order_is_the_same_each_time() {
    let (node, ids) = five().await;
    for id in [&ids[1], &ids[4]] {
        node.one("Email/set", json!({"update": {id: {"keywords/$flagged": true}}})).await;
    }
    let flagged = json!({"property": "hasKeyword", "keyword": "$flagged", "isAscending": false});
    let newest = json!({"property": "receivedAt", "isAscending": false});
    let sorted = query(&node, json!({"sort": [flagged, newest]})).await;
    assert_eq!(sorted["ids"], json!([ids[4], ids[1], ids[3], ids[2], ids[0]]));
    let once = query(&node, json!({"sort": [flagged]})).await;
    for page in 0..5 {
        let one = query(&node, json!({"sort": [flagged], "position": page, "limit": 1})).await;
        assert_eq!(one["ids"][0], once["ids"][page]);
    }
    assert_eq!(query(&node, json!({"sort": [flagged]})).await, once);
}

/// Collations: those that the session names are taken, others are unsupportedSort.
#[tokio::test]
async fn texts_sort_by_the_collation_that_is_asked_for() {
    let (node, ids) = five().await;
    let by = async |collation: &str| {
        query(&node, json!({"sort": [{"property": "subject", "collation": collation}]})).await
    };
    let order = |indexes: [usize; 5]| json!(indexes.map(|index| &ids[index]));
    // Beyond ASCII, the one folds case and sorts a before b with its marks; the other compares octets.
    assert_eq!(by("i;ascii-casemap").await["ids"], order([1, 3, 0, 2, 4]));
    let unicode = by("i;unicode-casemap").await["ids"].clone();
    assert_eq!(unicode.as_array().unwrap().len(), 5);
    assert_eq!(by("i;ascii-numeric").await["ids"].as_array().unwrap().len(), 5);
    for unknown in ["i;nonsense", "", "i;octet"] {
        assert_eq!(by(unknown).await["type"], "unsupportedSort", "{unknown}");
    }
    for wrong in [json!([{"property": "nonsense"}]), json!([{"property": "preview"}])] {
        assert_eq!(query(&node, json!({"sort": wrong})).await["type"], "unsupportedSort", "{wrong}");
    }
    for wrong in
        [json!({}), json!(["subject"]), json!([{}]), json!([{"property": "subject", "isAscending": 1}])]
    {
        assert_eq!(query(&node, json!({"sort": wrong})).await["type"], "invalidArguments", "{wrong}");
    }
}

/// queryState "MUST change if the results of the query (i.e., the matching ids and their sort order) have changed".
#[tokio::test]
async fn the_query_state_changes_with_the_results() {
    let (node, ids) = five().await;
    let state = async || query(&node, json!({"filter": {"subject": "apple"}})).await["queryState"].clone();
    let before = state().await;
    assert_eq!(state().await, before);
    node.one("Email/set", json!({"destroy": [ids[1]]})).await;
    assert_ne!(state().await, before);
}

/// Mailbox/query is the same algorithm.
#[tokio::test]
async fn mailboxes_page_alike() {
    let node = Node::new().await;
    let mut ids = vec![node.inbox.to_string()];
    for name in ["a", "b", "c"] {
        ids.push(node.make_mailbox(name, None).await.to_string());
    }
    let query = async |mut arguments: Value| {
        arguments["sort"] = json!([{"property": "name"}]);
        node.one("Mailbox/query", arguments).await
    };
    let all = query(json!({"calculateTotal": true})).await;
    assert_eq!((&all["ids"], &all["total"]), (&json!([ids[1], ids[2], ids[3], ids[0]]), &json!(4)));
    let around = query(json!({"anchor": ids[3], "anchorOffset": -1, "limit": 2})).await;
    assert_eq!((&around["ids"], &around["position"]), (&json!([ids[2], ids[3]]), &json!(1)));
    assert_eq!(query(json!({"limit": 0})).await["ids"], json!([]));
    assert_eq!(query(json!({"anchor": "m99"})).await["type"], "anchorNotFound");
}

/// Five messages, a minute apart; the newest is last.
async fn apples(node: &Node) -> Vec<EmailId> {
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
async fn a_limit_of_zero_gives_no_ids() {
    let node = Node::new().await;
    apples(&node).await;
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
    apples(&node).await;
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
    let e = apples(&node).await;
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
