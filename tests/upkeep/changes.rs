//! The change log: what goes is said to be unknown, and what is said is right.

use chrono::TimeDelta;
use serde_json::{Value, json};
use signet::store::{DataType, change};
use signet::upkeep::Task;

use super::{count, message, rehearse, upkeep, wait, walk};
use crate::support::Node;
use crate::support::audit::audit;

const RECEIVED: &str = "2026-02-28T10:00:00Z";

async fn state(node: &Node, data_type: &str) -> Value {
    node.one(&format!("{data_type}/get"), json!({"ids": []})).await["state"].clone()
}

async fn since(node: &Node, data_type: &str, state: &Value) -> Value {
    node.one(&format!("{data_type}/changes"), json!({"sinceState": state})).await
}

#[tokio::test]
async fn changes_are_known_for_as_long_as_the_operator_says() {
    let node = Node::new().await;
    let upkeep = upkeep(&node.store, |_| {});
    let first = state(&node, "Email").await;
    node.deliver(&message("1"), RECEIVED).await;
    walk(&upkeep, Task::Marks).await;
    let second = state(&node, "Email").await;
    wait(&node, TimeDelta::days(20));
    node.deliver(&message("2"), RECEIVED).await;
    walk(&upkeep, Task::Marks).await;
    let third = state(&node, "Email").await;

    wait(&node, TimeDelta::days(9));
    assert_eq!(walk(&upkeep, Task::Changes).await, 0);
    assert_eq!(since(&node, "Email", &first).await["created"].as_array().unwrap().len(), 2);

    wait(&node, TimeDelta::days(2));
    let all = count(&node, "change").await;
    let told = rehearse(&upkeep, Task::Changes).await.rows;
    assert_eq!(count(&node, "change").await, all);
    let removed = walk(&upkeep, Task::Changes).await;
    assert!(removed > 3, "more than one step: {removed}");
    assert_eq!((told, all - i64::try_from(removed).unwrap()), (removed, count(&node, "change").await));
    assert_eq!(since(&node, "Email", &first).await["type"], "cannotCalculateChanges");
    let query = json!({"sinceQueryState": first});
    assert_eq!(node.one("Email/queryChanges", query).await["type"], "cannotCalculateChanges");
    assert_eq!(since(&node, "Email", &second).await["created"].as_array().unwrap().len(), 1);

    // What does not change any more is known from its newest state on, however old that is.
    let mailboxes = state(&node, "Mailbox").await;
    wait(&node, TimeDelta::days(60));
    walk(&upkeep, Task::Changes).await;
    assert_eq!(count(&node, "change").await, 0);
    assert_eq!(since(&node, "Email", &second).await["type"], "cannotCalculateChanges");
    for (data_type, newest) in [("Email", &third), ("Mailbox", &mailboxes)] {
        let nothing = since(&node, data_type, newest).await;
        assert_eq!((&nothing["newState"], &nothing["created"]), (newest, &json!([])), "{data_type}");
    }
    node.deliver(&message("3"), RECEIVED).await;
    assert_eq!(since(&node, "Email", &third).await["created"].as_array().unwrap().len(), 1);
    audit(node.database.client()).await;
}

#[tokio::test]
async fn a_busy_account_has_so_many_changes_at_most() {
    let node = Node::new().await;
    let before = state(&node, "Email").await;
    for number in 0..10 {
        node.deliver(&message(&number.to_string()), RECEIVED).await;
    }
    let newest = state(&node, "Email").await;
    let upkeep = upkeep(&node.store, |options| options.max_changes = 8);
    assert!(walk(&upkeep, Task::Changes).await > 8);
    assert_eq!(count(&node, "change").await, 8);
    assert_eq!(walk(&upkeep, Task::Changes).await, 0);
    assert_eq!(since(&node, "Email", &before).await["type"], "cannotCalculateChanges");
    assert_eq!(since(&node, "Email", &newest).await["newState"], newest);
    audit(node.database.client()).await;
}

#[tokio::test]
async fn who_reads_the_log_while_it_is_pruned_reads_all_of_it() {
    let node = Node::new().await;
    node.deliver(&message("1"), RECEIVED).await;
    node.deliver(&message("2"), RECEIVED).await;
    let upkeep = upkeep(&node.store, |options| options.max_changes = 0);
    let read = node.store.snapshot("test", async |transaction| {
        let (newest, oldest) = change::state_and_oldest(transaction, node.account, DataType::Email).await?;
        walk(&upkeep, Task::Changes).await;
        Ok((newest, oldest, change::since(transaction, node.account, DataType::Email, 0, None).await?))
    });
    let (newest, oldest, changes) = read.await.unwrap();
    assert_eq!((oldest, changes.as_ref().map(|it| it.new_state)), (0, Some(newest)));
    assert_eq!(changes.unwrap().created.len(), 2);
    assert_eq!(count(&node, "change").await, 0);
}

#[tokio::test]
async fn accounts_that_do_not_change_get_no_marks_and_old_marks_go() {
    let node = Node::new().await;
    let upkeep = upkeep(&node.store, |_| {});
    for day in 0..45 {
        if day < 10 {
            node.deliver(&message(&day.to_string()), RECEIVED).await;
        }
        walk(&upkeep, Task::Marks).await;
        walk(&upkeep, Task::Marks).await;
        walk(&upkeep, Task::Changes).await;
        wait(&node, TimeDelta::days(1));
        // A mark each 30 hours for ten days.
        assert!(count(&node, "change_mark").await <= 10);
    }
    assert_eq!((count(&node, "change_mark").await, count(&node, "change").await), (1, 0));
}
