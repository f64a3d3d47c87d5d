//! Thread (RFC 8621 §3).

use serde_json::json;

use crate::support::Node;

fn message(id: &str, references: &str, subject: &str) -> Vec<u8> {
    let references =
        if references.is_empty() { String::new() } else { format!("References: {references}\r\n") };
    format!("From: ann@example.org\r\nSubject: {subject}\r\nMessage-ID: {id}\r\n{references}\r\nx\r\n")
        .into_bytes()
}

#[tokio::test]
async fn emails_of_a_thread_come_in_the_order_of_their_arrival() {
    let node = Node::new().await;
    let late = node.deliver(&message("<1@x>", "", "Plan"), "2026-03-01T10:00:00Z").await;
    let early = node.deliver(&message("<2@x>", "<1@x>", "Re: Plan"), "2026-03-01T08:00:00Z").await;
    let between =
        node.deliver(&message("<3@x>", "<2@x>", "RE: [list] Plan (fwd)"), "2026-03-01T09:00:00Z").await;
    let alone = node.deliver(&message("<4@x>", "<1@x>", "Another plan"), "2026-03-01T09:00:00Z").await;
    assert_eq!((late.thread, late.thread), (early.thread, between.thread));
    assert_ne!(alone.thread, late.thread);

    let ids = json!([alone.thread, "t999999", late.thread, "nonsense", alone.thread]);
    let got = node.one("Thread/get", json!({"ids": ids})).await;
    assert_eq!(
        got["list"],
        json!([
            {"id": alone.thread, "emailIds": [alone.email]},
            {"id": late.thread, "emailIds": [early.email, between.email, late.email]},
        ])
    );
    assert_eq!(got["notFound"], json!(["t999999", "nonsense"]));
    let none = node.one("Thread/get", json!({"ids": []})).await;
    assert_eq!((&none["list"], &none["notFound"]), (&json!([]), &json!([])));
    let only_id = node.one("Thread/get", json!({"ids": [alone.thread], "properties": ["id"]})).await;
    assert_eq!(only_id["list"], json!([{"id": alone.thread}]));
    let wrong = node.one("Thread/get", json!({"ids": [], "properties": ["subject"]})).await;
    assert_eq!(wrong["type"], "invalidArguments");
}

#[tokio::test]
async fn threads_are_created_with_their_first_email_changed_with_others_and_gone_with_the_last() {
    let node = Node::new().await;
    let state = async || node.one("Thread/get", json!({"ids": []})).await["state"].clone();
    let changes = async |since: &serde_json::Value| {
        let changes = node.one("Thread/changes", json!({"sinceState": since})).await;
        assert_eq!((&changes["oldState"], &changes["hasMoreChanges"]), (since, &json!(false)));
        assert_eq!(changes["newState"], state().await);
        ["created", "updated", "destroyed"].map(|what| changes[what].clone())
    };
    let empty = state().await;
    let first = node.deliver(&message("<1@x>", "", "Plan"), "2026-03-01T08:00:00Z").await;
    assert_eq!(changes(&empty).await, [json!([first.thread]), json!([]), json!([])]);
    let one = state().await;
    let second = node.deliver(&message("<2@x>", "<1@x>", "Plan"), "2026-03-01T09:00:00Z").await;
    assert_eq!(changes(&one).await, [json!([]), json!([first.thread]), json!([])]);
    let two = state().await;
    // A thread is its list of emails: marks and mailboxes of an email do not change it.
    let mark = json!({"update": {first.email.to_string(): {"keywords/$seen": true}}});
    node.one("Email/set", mark).await;
    assert_eq!(changes(&two).await, [json!([]), json!([]), json!([])]);
    node.one("Email/set", json!({"destroy": [first.email]})).await;
    assert_eq!(changes(&two).await, [json!([]), json!([first.thread]), json!([])]);
    node.one("Email/set", json!({"destroy": [second.email]})).await;
    assert_eq!(changes(&two).await, [json!([]), json!([]), json!([first.thread])]);
    assert_eq!(changes(&empty).await, [json!([]), json!([]), json!([])], "made and gone since");
    let got = node.one("Thread/get", json!({"ids": [first.thread]})).await;
    assert_eq!(got["notFound"], json!([first.thread]));
}
