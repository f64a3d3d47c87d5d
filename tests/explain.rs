//! The hot queries of an account with much mail keep to their indexes.

use std::collections::BTreeSet;

use chrono::DateTime;
use serde_json::{Value, json};
use signet::cli::generate::{GenerateOptions, generate};
use signet::query::email::{EmailQuery, EmailQueryChanges, compile, compile_changes};
use signet::query::{Since, Statement, Window};
use signet::wire::email_filter::parse_filter;
use signet::wire::ids::AccountId;
use tokio_postgres::{Client, NoTls};

use crate::support::TestDatabase;

const MESSAGES: usize = 100_000;

/// What a first page of an ordered list may read: the page, the rows passed over, a few blocks of indexes for each.
const FEW_ROWS: f64 = 3_000.0;

/// A first page, the index that must serve it, and whether it must come from it in order.
struct Hot {
    filter: Value,
    collapse_threads: bool,
    index: &'static str,
    in_order: bool,
}

fn hot_queries(mailbox: i64, sender: &str) -> Vec<Hot> {
    let ordered = |filter, index| Hot { filter, collapse_threads: false, index, in_order: true };
    let found = |filter, index| Hot { filter, collapse_threads: false, index, in_order: false };
    let mailbox = format!("m{mailbox}");
    vec![
        ordered(json!(null), "email_received"),
        ordered(json!({"inMailbox": mailbox}), "email_mailbox_received"),
        Hot { collapse_threads: true, ..ordered(json!({"inMailbox": mailbox}), "email_mailbox_received") },
        Hot { collapse_threads: true, ..ordered(json!({"inMailbox": mailbox}), "email_thread") },
        ordered(json!({"inMailbox": mailbox, "notKeyword": "$seen"}), "email_mailbox_received"),
        ordered(json!({"hasVerifiedSmime": true}), "email_verified"),
        ordered(json!({"hasVerifiedSmime": false}), "email_verified"),
        ordered(json!({"hasVerifiedSmimeAtDelivery": true}), "email_verified_at_delivery"),
        ordered(json!({"hasSmime": true}), "email_has_smime"),
        ordered(json!({"hasSmime": true, "hasVerifiedSmime": false}), "email_has_smime"),
        ordered(
            json!({"operator": "AND", "conditions": [{"hasSmime": true},
                {"operator": "NOT", "conditions": [{"hasVerifiedSmime": true}]}]}),
            "email_has_smime",
        ),
        ordered(json!({"hasKeyword": "$flagged"}), "email_keyword_pkey"),
        ordered(json!({"after": "2024-01-01T00:00:00Z", "before": "2024-01-03T00:00:00Z"}), "email_received"),
        found(json!({"from": sender}), "email_search_words"),
        found(json!({"text": "absent"}), "email_search_words"),
        found(json!({"text": "\"zuzu conde\""}), "email_search_words"),
        found(
            json!({"operator": "OR", "conditions": [{"from": sender}, {"subject": "zuzuzu"}]}),
            "email_search_words",
        ),
        // A word that nearly every message holds: the first page of all mail has fifty of them.
        found(json!({"text": "con"}), "email_received"),
        found(json!({"inMailbox": mailbox, "text": "absent"}), "email_search_words"),
    ]
}

#[tokio::test]
async fn first_pages_come_from_their_indexes() {
    let database = TestDatabase::new().await;
    let account = fill(&database).await;
    for (hot, plan) in hot_plans(database.client(), account).await {
        assert_hot(&hot, &plan);
    }
    for (hot, plan) in change_plans(database.client(), account).await {
        assert_hot(&hot, &plan);
    }
    assert_message_id_is_found_by_its_index(database.client(), account).await;
    assert_signers_are_read_by_the_page(database.client(), account).await;
    assert_steps_read_what_they_tell(database.client(), account).await;
}

/// The changes of lists after a few new emails and marks at the beginning of the largest mailbox: what they cost does
/// not grow with the mailbox, nor with the log.
async fn change_plans(client: &Client, account: AccountId) -> Vec<(Hot, Value)> {
    let mailbox: i64 = client
        .query_one(
            "SELECT id FROM mailbox WHERE account_id = $1 ORDER BY total_emails DESC LIMIT 1",
            &[&account.0],
        )
        .await
        .unwrap()
        .get(0);
    let log = "INSERT INTO change
               SELECT $1, 3, 50000 - n, 1000000 + n, 3 FROM generate_series(0, 49999) n
               UNION ALL
               SELECT $1, 3, 50000 + row_number() OVER (ORDER BY received_at), email_id, 1 + row_number() OVER () % 2
               FROM (SELECT * FROM email_mailbox WHERE account_id = $1 AND mailbox_id = $2
                     ORDER BY received_at DESC LIMIT 20) m";
    assert_eq!(client.execute(log, &[&account.0, &mailbox]).await.unwrap(), 50_020);
    client.batch_execute("VACUUM ANALYZE change").await.unwrap();
    let mailbox = format!("m{mailbox}");
    let ordered = |filter, index| Hot { filter, collapse_threads: false, index, in_order: false };
    let mut plans = Vec::new();
    for hot in [
        ordered(json!(null), "email_received"),
        ordered(json!(null), "change_pkey"),
        ordered(json!({"inMailbox": mailbox}), "email_mailbox_received"),
        Hot { collapse_threads: true, ..ordered(json!({"inMailbox": mailbox}), "email_mailbox_received") },
        Hot { collapse_threads: true, ..ordered(json!(null), "email_thread") },
        ordered(json!({"inMailbox": mailbox, "notKeyword": "$seen"}), "email_mailbox_received"),
        ordered(json!({"hasVerifiedSmime": true}), "email_verified"),
        ordered(json!({"hasKeyword": "$seen"}), "email_keyword_pkey"),
    ] {
        let filter = parse_filter(Some(&hot.filter), true).unwrap();
        let statement = compile_changes(&EmailQueryChanges {
            account,
            filter: filter.as_ref(),
            sort: &[],
            collapse_threads: hot.collapse_threads,
            since: Since { data_type: 3, state: 50_000, max_changes: 1000 },
            thread_data_type: 2,
            up_to: None,
            calculate_total: false,
        });
        let plan = explain(client, &statement).await;
        for node in nodes(&plan["Plan"]) {
            let shown = || format!("{} {}\n{plan:#}", hot.filter, hot.collapse_threads);
            assert!(rows(node) <= FEW_ROWS, "{} rows of a node for {}", rows(node), shown());
        }
        plans.push((hot, plan));
    }
    plans
}

/// What a notification is about is looked up by its message id (RFC 9007 §2.2).
async fn assert_message_id_is_found_by_its_index(client: &Client, account: AccountId) {
    let statement = include_str!("../sql/email/by_message_id.sql");
    let some = "SELECT message_id[1] FROM email WHERE account_id = $1 ORDER BY id DESC LIMIT 1";
    let id: String = client.query_one(some, &[&account.0]).await.unwrap().get(0);
    let sql = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}");
    let plan: Value = client.query_one(&sql, &[&account.0, &id]).await.unwrap().get(0);
    let nodes = nodes(&plan[0]["Plan"]);
    assert!(nodes.iter().any(|node| node["Index Name"] == "email_message_id"), "{plan:#}");
    assert!(nodes.iter().all(|node| rows(node) <= 2.0), "{plan:#}");
}

/// Who signed a page of emails costs what the page costs, and each signer is read once.
async fn assert_signers_are_read_by_the_page(client: &Client, account: AccountId) {
    let statement = include_str!("../sql/signature/of_emails.sql");
    let page = "SELECT array_agg(email_id) FROM (
                    SELECT email_id FROM email_signature WHERE account_id = $1 ORDER BY email_id DESC LIMIT 50) s";
    let emails: Vec<i64> = client.query_one(page, &[&account.0]).await.unwrap().get(0);
    let sql = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}");
    let plan: Value = client.query_one(&sql, &[&account.0, &emails]).await.unwrap().get(0);
    let signers: i64 = client
        .query_one(
            "SELECT count(DISTINCT signer_id) FROM email_signature WHERE account_id = $1 AND email_id = ANY ($2)",
            &[&account.0, &emails],
        )
        .await
        .unwrap()
        .get(0);
    assert!(signers < 50, "some sign more than one of them");
    let nodes = nodes(&plan[0]["Plan"]);
    for index in ["email_smime_pkey", "email_signature_pkey"] {
        assert!(nodes.iter().any(|node| node["Index Name"] == index), "{index} does not serve\n{plan:#}");
    }
    for node in nodes {
        // A table of few signers may be read as a whole.
        let is_of_mail = node["Relation Name"].as_str().is_some_and(|table| table.starts_with("email"));
        assert!(!is_of_mail || rows(node) <= 50.0, "{plan:#}");
        let is_of_signers = ["verdict", "certificate", "account_certificate"]
            .iter()
            .any(|table| node["Relation Name"] == *table && node["Node Type"] != "Seq Scan");
        // Their paths are of three certificates each.
        assert!(!is_of_signers || rows(node) <= 3.0 * signers as f64, "{plan:#}");
    }
}

/// A step of the walks by which verdicts are told reads the emails that it tells, whatever else the account has. Its
/// plans do not depend on parameters, as in the transactions that lock an account.
async fn assert_steps_read_what_they_tell(client: &Client, account: AccountId) {
    let walks =
        "INSERT INTO verdict_move (account_id, signer_id, is_reopened, is_for_deliveries, waits_since)
                 SELECT account_id, signer_id, false, signer_id % 2 = 0, '2026-01-01' FROM account_signer";
    let prepare = [
        format!(
            "PREPARE emails (bigint, bigint[], bigint) AS {}",
            include_str!("../sql/verdict_move/emails.sql")
        ),
        format!(
            "PREPARE apply (bigint, bigint[], boolean[]) AS {}",
            include_str!("../sql/verdict/apply.sql")
        ),
    ];
    client.batch_execute("BEGIN; SET LOCAL plan_cache_mode = force_generic_plan").await.unwrap();
    client.batch_execute(walks).await.unwrap();
    client.batch_execute(&prepare.join("; ")).await.unwrap();
    let some = "SELECT array_agg(signer_id)::text FROM (SELECT signer_id FROM verdict_move ORDER BY 1 LIMIT 16) AS few";
    let signers: String = client.query_one(some, &[]).await.unwrap().get(0);
    let some = "SELECT array_agg(id)::text, array_agg(true)::text
                FROM (SELECT id FROM email WHERE smime_status IS NOT NULL ORDER BY id LIMIT 1000) AS few";
    let emails = client.query_one(some, &[]).await.unwrap();
    let (emails, reopened): (String, String) = (emails.get(0), emails.get(1));
    for statement in [
        format!("emails ({account}, '{signers}', 1000)", account = account.0),
        format!("apply ({account}, '{emails}', '{reopened}')", account = account.0),
    ] {
        let sql = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE {statement}");
        let plan: Value = client.query_one(&sql, &[]).await.unwrap().get(0);
        for node in nodes(&plan[0]["Plan"]) {
            let is_of_mail = node["Relation Name"].as_str().is_some_and(|name| name.starts_with("email"));
            assert!(!(is_of_mail && node["Node Type"] == "Seq Scan"), "{plan:#}");
            // Sixteen walks look at a thousand emails each at most.
            assert!(rows(node) <= 17_000.0, "{plan:#}");
        }
    }
    client.batch_execute("ROLLBACK").await.unwrap();
}

/// The same plans of a database that somebody filled before, told line by line; docs/performance.md says how.
#[tokio::test]
#[ignore = "wants a filled database in SIGNET_EXPLAIN_DATABASE_URL"]
async fn plans_of_a_database_that_is_there() {
    let url = std::env::var("SIGNET_EXPLAIN_DATABASE_URL").unwrap();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let largest = "SELECT account_id FROM mailbox GROUP BY 1 ORDER BY sum(total_emails) DESC LIMIT 1";
    let account = AccountId(client.query_one(largest, &[]).await.unwrap().get(0));
    for (hot, plan) in hot_plans(&client, account).await {
        println!("{}", told(&hot, &plan));
        assert_hot(&hot, &plan);
    }
}

/// One line: the filter, the indexes that were read, the most rows of a node, blocks found + fetched, milliseconds.
fn told(hot: &Hot, plan: &Value) -> String {
    let nodes = nodes(&plan["Plan"]);
    let indexes: BTreeSet<&str> = nodes
        .iter()
        .filter(|node| node["Actual Loops"] != 0)
        .filter_map(|node| node["Index Name"].as_str())
        .collect();
    let most = nodes.iter().map(|node| rows(node)).fold(0.0, f64::max);
    let top = &plan["Plan"];
    format!(
        "{} | {} | {} | {most} | {} + {} | {}",
        hot.filter,
        if hot.collapse_threads { "threads" } else { "emails" },
        indexes.into_iter().collect::<Vec<_>>().join(", "),
        top["Shared Hit Blocks"],
        top["Shared Read Blocks"],
        plan["Execution Time"],
    )
}

/// Plans each hot query, and runs it.
async fn hot_plans(client: &Client, account: AccountId) -> Vec<(Hot, Value)> {
    let row = client
        .query_one(
            "SELECT (SELECT id FROM mailbox WHERE account_id = $1 ORDER BY total_emails DESC LIMIT 1),
                    (SELECT min(from_ -> 0 ->> 'email') FROM email WHERE account_id = $1
                     GROUP BY from_ HAVING count(*) < 40 LIMIT 1)",
            &[&account.0],
        )
        .await
        .unwrap();
    let mut plans = Vec::new();
    // Where everybody writes much, there is no rare sender.
    let sender: Option<String> = row.get(1);
    for hot in hot_queries(row.get(0), sender.as_deref().unwrap_or("nobody@example.org")) {
        let filter = parse_filter(Some(&hot.filter), true).unwrap();
        let statement = compile(&EmailQuery {
            account,
            filter: filter.as_ref(),
            sort: &[],
            window: Window::Position(0),
            limit: Some(50),
            collapse_threads: hot.collapse_threads,
            calculate_total: false,
        });
        let plan = explain(client, &statement).await;
        plans.push((hot, plan));
    }
    plans
}

fn assert_hot(hot: &Hot, plan: &Value) {
    let nodes = nodes(&plan["Plan"]);
    let shown = || format!("{} {}\n{plan:#}", hot.filter, hot.collapse_threads);
    // What the statement did not need has no loops.
    let uses = |node: &&Value| node["Index Name"] == hot.index && node["Actual Loops"] != 0;
    assert!(nodes.iter().any(uses), "{} does not serve {}", hot.index, shown());
    for node in &nodes {
        let rows = rows(node);
        // A word of every message is met at once in the table, whatever its order.
        let is_scan = node["Node Type"] == "Seq Scan";
        assert!(!is_scan || rows <= FEW_ROWS, "the table is read for {}", shown());
        if hot.in_order {
            assert!(rows <= FEW_ROWS, "{rows} rows for {}", shown());
            let is_sort = node["Node Type"].as_str().is_some_and(|name| name.ends_with("Sort"));
            assert!(!is_sort, "a sort for {}", shown());
        }
    }
}

#[tokio::test]
async fn the_total_of_a_mailbox_is_read_not_counted() {
    let database = TestDatabase::new().await;
    let client = database.client();
    client
        .batch_execute(
            "INSERT INTO mailbox (account_id, id, name, total_emails, total_threads) VALUES (1, 1, 'x', 70, 50)",
        )
        .await
        .unwrap();
    let filter = parse_filter(Some(&json!({"inMailbox": "m1"})), false).unwrap();
    for (collapse_threads, expected) in [(false, 70i64), (true, 50)] {
        let statement = compile(&EmailQuery {
            account: AccountId(1),
            filter: filter.as_ref(),
            sort: &[],
            window: Window::Position(0),
            limit: Some(0),
            collapse_threads,
            calculate_total: true,
        });
        let row = client.query_one(&statement.sql, &statement.parameters()).await.unwrap();
        assert_eq!(row.get::<_, i64>("total"), expected);
    }
}

/// Fills an account, and holds what was generated to what must follow from it.
async fn fill(database: &TestDatabase) -> AccountId {
    let (mut client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let insert = "INSERT INTO account (name, created_at) VALUES ('much@example.org', 'epoch') RETURNING id";
    let account = AccountId(client.query_one(insert, &[]).await.unwrap().get(0));
    let until = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
    let options = GenerateOptions { messages: MESSAGES, seed: 1, until };
    generate(&mut client, account, &options, |_| {}).await.unwrap();
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    let wrong = "SELECT
        (SELECT count(*) FROM email_smime_outcome o
         JOIN email e ON e.account_id = o.account_id AND e.id = o.email_id
         WHERE (o.status, o.status_at_delivery) IS DISTINCT FROM (e.smime_status, e.smime_status_at_delivery)
            OR o.errors IS DISTINCT FROM e.smime_errors),
        (SELECT count(*) FROM mailbox m
         WHERE ROW(m.total_emails, m.unread_emails, m.total_threads) IS DISTINCT FROM
            (SELECT ROW(count(*), count(*) FILTER (WHERE em.is_unread), count(DISTINCT em.thread_id))
             FROM email_mailbox em WHERE em.account_id = m.account_id AND em.mailbox_id = m.id)),
        (SELECT count(*) FROM email)";
    let row = client.query_one(wrong, &[]).await.unwrap();
    let counts: [i64; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(counts, [0, 0, MESSAGES as i64], "statuses and counters that do not follow, and emails");
    drop(client);
    connection.await.unwrap().unwrap();
    account
}

async fn explain(client: &Client, statement: &Statement) -> Value {
    let sql = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {}", statement.sql);
    let plan: Value = client.query_one(&sql, &statement.parameters()).await.unwrap().get(0);
    plan[0].clone()
}

/// The rows that a node read, all its loops together.
fn rows(node: &Value) -> f64 {
    let count = |name: &str| node[name].as_f64().unwrap_or(0.0);
    (count("Actual Rows") + count("Rows Removed by Filter")) * count("Actual Loops")
}

/// All nodes of a plan.
fn nodes(plan: &Value) -> Vec<&Value> {
    let children = plan["Plans"].as_array().into_iter().flatten();
    std::iter::once(plan).chain(children.flat_map(nodes)).collect()
}

/// What is asked again and again for pushes must not grow with the number of those who subscribed.
#[tokio::test]
async fn pushing_costs_what_is_due_and_not_what_is_subscribed() {
    let database = TestDatabase::new().await;
    database
        .client()
        .batch_execute(
            "INSERT INTO login (name, password_hash, created_at)
             SELECT 'l' || n, '', '2026-01-01Z' FROM generate_series(1, 20000) n;
             INSERT INTO account (name, created_at) SELECT 'a' || n, '2026-01-01Z' FROM generate_series(1, 20000) n;
             INSERT INTO account_access (login_id, account_id, is_personal)
             SELECT n, n, true FROM generate_series(1, 20000) n;
             INSERT INTO data_type_state (account_id, data_type, state)
             SELECT n, t, 1 FROM generate_series(1, 20000) n, generate_series(1, 5) t;
             INSERT INTO push_subscription (login_id, device_client_id, url, verification_code, is_verified, expires_at,
                                            created_at, told, due_at)
             SELECT n, 'd', 'https://push.example.com/', 'c', true, '2026-02-01Z', '2026-01-01Z', '',
                    CASE WHEN n % 1000 = 0 THEN timestamptz '2026-01-01Z' END
             FROM generate_series(1, 20000) n;
             INSERT INTO push_wake (account_id, changed_at) SELECT n, '2026-01-01Z' FROM generate_series(1, 3) n;
             ANALYZE",
        )
        .await
        .unwrap();
    let (now, later) = ("timestamptz '2026-01-02Z'", "timestamptz '2026-01-03Z'");
    for (statement, parameters, indexes) in [
        ("claim", vec![now, later], vec!["push_subscription_due"]),
        ("backlog", vec![now], vec!["push_subscription_due"]),
        ("expire", vec!["timestamptz '2026-01-01Z'"], vec!["push_subscription_expires"]),
        ("wake", vec!["1", now], vec!["account_access_account", "push_subscription_login"]),
        ("spread", vec![now, "100"], vec!["push_subscription_login"]),
        ("states", vec!["'l1'"], vec!["login_name_key", "data_type_state_pkey"]),
        ("by_login", vec!["'l1'", now, "NULL"], vec!["login_name_key", "push_subscription_login"]),
    ] {
        let path = format!("{}/sql/push/{statement}.sql", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        // The comment names parameters too.
        let (_, mut text) = text.split_once("\n").map(|(head, rest)| (head, rest.to_owned())).unwrap();
        for (index, value) in parameters.iter().enumerate() {
            text = text.replace(&format!("${}", index + 1), value);
        }
        let rows = database.client().query(&format!("EXPLAIN {text}"), &[]).await.unwrap();
        let plan: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
        for index in indexes {
            assert!(plan.iter().any(|line| line.contains(index)), "{statement}: {plan:#?}");
        }
        let scans_all = plan.iter().any(|line| line.contains("Seq Scan on push_subscription"));
        assert!(!scans_all, "{statement}: {plan:#?}");
    }
}
