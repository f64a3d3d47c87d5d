//! Whoever looks at PostgreSQL's statistics sees what each statement is: all of them bear their names, and what they are asked
//! with does not multiply them.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{Value, json};
use signet::telemetry::Metrics;
use signet::upkeep::{Mode, Task, Upkeep, UpkeepOptions};

use crate::support::{Node, TestDatabase};

const RECEIVED: &str = "2026-02-28T10:00:00Z";

/// What begins and ends transactions, whoever runs them.
const CONTROL: [&str; 5] = ["BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SET "];

/// Some of everything, about `size` objects at a time.
async fn work(node: &Node, size: usize) {
    let mut ids = Vec::new();
    for number in 0..size {
        let raw = format!(
            "From: {size}@example.org\r\nSubject: {size} {number}\r\nMessage-ID: <{size}.{number}@x.example>\r\n\r\nHello {size}\r\n"
        );
        ids.push(node.deliver(raw.as_bytes(), RECEIVED).await.email.to_string());
    }
    let others: Vec<Value> = node.one("Mailbox/query", json!({})).await["ids"].as_array().unwrap().clone();
    let state = node.one("Email/get", json!({"ids": ids})).await["state"].clone();
    node.one("Thread/get", json!({"ids": ["t1"]})).await;
    let patches: serde_json::Map<String, Value> =
        ids.iter().map(|id| (id.clone(), json!({"keywords/$seen": true}))).collect();
    node.one("Email/set", json!({"update": patches})).await;
    node.one("Email/changes", json!({"sinceState": state})).await;
    let filters = [
        json!({"text": format!("hello {size}")}),
        json!({"from": format!("{size}@example.org")}),
        json!({"inMailbox": others[0], "hasKeyword": "$seen"}),
        json!({"inMailboxOtherThan": vec![others[0].clone(); size]}),
        json!({"hasVerifiedSmime": true}),
    ];
    for filter in filters {
        let query = json!({"filter": filter, "limit": size, "calculateTotal": true});
        let found = node.one("Email/query", query).await;
        assert!(found["ids"].is_array(), "{found}");
        let changes = json!({"filter": filter, "sinceQueryState": state});
        node.one("Email/queryChanges", changes).await;
    }
    node.one("Email/set", json!({"destroy": ids})).await;
    node.clock.set(node.clock.now() + TimeDelta::days(2));
    let upkeep = Upkeep::new(node.store.clone(), UpkeepOptions::default(), Metrics::new());
    for task in Task::ALL {
        upkeep.walk(task, Mode::Rehearsal).await.unwrap();
        upkeep.walk(task, Mode::Real).await.unwrap();
    }
    upkeep.tell_gauges().await;
}

/// How many statements PostgreSQL tells apart under each name.
async fn names(node: &Node) -> BTreeMap<String, usize> {
    let all = "SELECT query FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
               WHERE d.datname = current_database() AND query NOT LIKE '%pg_stat_statements%'";
    let mut names = BTreeMap::new();
    for row in node.database.client().query(all, &[]).await.unwrap() {
        let query: String = row.get(0);
        if CONTROL.iter().any(|control| query.starts_with(control)) {
            continue;
        }
        let named = query.strip_prefix("-- ").and_then(|rest| rest.split_once(": "));
        let (name, _) = named.unwrap_or_else(|| panic!("without a name: {query}"));
        let is_name = name.chars().all(|c| c.is_ascii_lowercase() || "/_".contains(c));
        assert!(is_name, "{name:?} is no name: {query}");
        *names.entry(name.to_owned()).or_default() += 1;
    }
    names
}

#[tokio::test]
async fn postgresql_tells_statements_by_their_names_and_they_do_not_multiply() {
    let Some(database) = TestDatabase::with_statistics().await else {
        eprintln!(
            "SKIPPED: PostgreSQL has no pg_stat_statements here (Debian: apt-get install postgresql-contrib)"
        );
        return;
    };
    let node = Node::on(database).await;
    node.make_mailbox("Archive", Some("archive")).await;
    node.database.client().execute("SELECT pg_stat_statements_reset()", &[]).await.unwrap();
    work(&node, 1).await;
    work(&node, 2).await;
    let before = names(&node).await;
    for name in ["email/insert", "email/query", "change/since", "blob/collect", "account/lock"] {
        assert!(before.contains_key(name), "{name} is missing in {before:?}");
    }
    for (name, variants) in &before {
        let file = format!("{}/sql/{name}.sql", env!("CARGO_MANIFEST_DIR"));
        assert!(*variants == 1 || !std::path::Path::new(&file).exists(), "{name} is {variants} statements");
    }
    work(&node, 3).await;
    work(&node, 5).await;
    assert_eq!(names(&node).await, before);
}
