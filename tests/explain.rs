//! The hot queries of an account with much mail keep to their indexes.

mod named;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};
use signet::cli::generate::{GenerateOptions, generate};
use signet::query::email::{EmailQuery, EmailQueryChanges, compile, compile_changes};
use signet::query::{Since, Statement, Window};
use signet::wire::email_filter::parse_filter;
use signet::wire::ids::AccountId;
use tokio_postgres::{Client, NoTls};

use self::named::Named;
use crate::support::TestDatabase;

const MESSAGES: usize = 100_000;

/// What a node of a statement for changes may read: what changed, and the list as far as it changed.
const FEW_ROWS: f64 = 3_000.0;

/// The changes of a list, the index that must serve it.
struct Hot {
    filter: Value,
    collapse_threads: bool,
    index: &'static str,
}

#[tokio::test]
async fn named_queries_come_from_their_indexes() {
    let database = TestDatabase::new().await;
    let account = fill(&database).await;
    named::hold(database.client(), account, |_, _| {}).await;
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
    let ordered = |filter, index| Hot { filter, collapse_threads: false, index };
    let mut plans = Vec::new();
    for hot in [
        ordered(json!(null), "email_received"),
        ordered(json!(null), "change_pkey"),
        ordered(json!({"inMailbox": mailbox}), "email_mailbox_received"),
        Hot { collapse_threads: true, ..ordered(json!({"inMailbox": mailbox}), "thread_mailbox_newest") },
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
    named::hold(&client, account, |named, plan| println!("{}", told(named, plan))).await;
}

/// One line: the name, the indexes that were read, the most rows of a node, blocks found + fetched, milliseconds of
/// planning and of running.
fn told(named: &Named, plan: &Value) -> String {
    let nodes = nodes(&plan["Plan"]);
    let indexes: BTreeSet<&str> = nodes
        .iter()
        .filter(|node| node["Actual Loops"] != 0)
        .filter_map(|node| node["Index Name"].as_str())
        .collect();
    let most = nodes.iter().map(|node| rows(node)).fold(0.0, f64::max);
    let top = &plan["Plan"];
    format!(
        "| {} | {} | {most} | {} + {} | {} | {} |",
        named.name,
        indexes.into_iter().map(|index| format!("`{index}`")).collect::<Vec<_>>().join(", "),
        top["Shared Hit Blocks"],
        top["Shared Read Blocks"],
        plan["Planning Time"],
        plan["Execution Time"],
    )
}

/// Whether the plan keeps to the index and the bounds.
fn assert_reads(named: &Named, plan: &Value) -> Result<(), String> {
    let nodes = nodes(&plan["Plan"]);
    // What the statement did not need has no loops.
    let is_named = |name: &str| name.starts_with(named.index);
    let uses = |node: &&Value| node["Index Name"].as_str().is_some_and(is_named) && node["Actual Loops"] != 0;
    if !nodes.iter().any(uses) {
        return Err(format!("{} does not serve", named.index));
    }
    if let Some(many) = nodes.iter().map(|node| rows(node)).find(|rows| *rows > named.rows) {
        return Err(format!("{many} rows"));
    }
    let block = |name: &str| plan["Plan"][name].as_f64().unwrap_or(0.0);
    let blocks = block("Shared Hit Blocks") + block("Shared Read Blocks");
    if blocks > named.blocks { Err(format!("{blocks} blocks")) } else { Ok(()) }
}

fn assert_hot(hot: &Hot, plan: &Value) {
    let shown = || format!("{} {}\n{plan:#}", hot.filter, hot.collapse_threads);
    let uses = |node: &&Value| node["Index Name"] == hot.index && node["Actual Loops"] != 0;
    assert!(nodes(&plan["Plan"]).iter().any(uses), "{} does not serve {}", hot.index, shown());
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

/// Makes all rows known to be seen by everybody, as they are in a database that rests. VACUUM takes none for that whose
/// commit is not on the disk, for which the tests' cluster does not wait, nor while another session, as one of autovacuum, has an older
/// snapshot.
async fn vacuum(client: &Client) {
    client.batch_execute("CHECKPOINT").await.unwrap();
    let are_seen = "SELECT bool_and(relallvisible >= relpages - 1) FROM pg_class
                    WHERE relname IN ('email', 'email_mailbox', 'email_keyword', 'thread_mailbox')";
    for _ in 0..100 {
        client.batch_execute("VACUUM ANALYZE").await.unwrap();
        if client.query_one(are_seen, &[]).await.unwrap().get(0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("rows are not seen by everybody for a minute");
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
    vacuum(&client).await;
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
