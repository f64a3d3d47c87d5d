//! What a step of upkeep reads does not grow with the tables.

use tokio_postgres::types::ToSql;

use crate::support::TestDatabase;

const FILL: &str = "
    INSERT INTO account (name, created_at, state) SELECT n || '@example.org', '2026-01-01', 40000 FROM generate_series(1, 20) n;
    INSERT INTO blob SELECT sha256(n::text::bytea), 1, 'x', '2026-01-01' FROM generate_series(1, 20000) n;
    INSERT INTO email (account_id, id, thread_id, received_at, size, has_attachment, blob_hash, keywords, preview, sort_from, sort_to, sort_subject)
    SELECT 1 + n % 20, n, n, '2026-01-01', 1, false, sha256(n::text::bytea), '{}', '', '', '', '' FROM generate_series(1, 19900) n;
    INSERT INTO data_type_state SELECT a, t, 40000, 0 FROM generate_series(1, 20) a, generate_series(1, 8) t;
    INSERT INTO change SELECT a, 1 + n % 3, n, n, 1 FROM generate_series(1, 3) a, generate_series(1, 40000) n;
    INSERT INTO thread_key SELECT 1 + n % 20, sha256(n::text::bytea), n FROM generate_series(1, 20000) n;
    ANALYZE;";

/// The name of a statement, its text, its parameters, and the indexes that it must read by.
type Step<'a> = (&'static str, &'static str, &'a [&'a (dyn ToSql + Sync)], &'a [&'static str]);

#[tokio::test]
async fn steps_read_by_their_indexes() {
    let database = TestDatabase::new().await;
    let client = database.client();
    client.batch_execute(FILL).await.unwrap();
    let row = client.query_one("SELECT array_agg(hash) FROM (SELECT hash FROM blob LIMIT 20) b", &[]);
    let hashes: Vec<Vec<u8>> = row.await.unwrap().get(0);
    let types: Vec<i16> = (1..=8).collect();
    let (none, batch, bound) = (Vec::<u8>::new(), 1000_i64, 1000_i64);
    let at: chrono::DateTime<chrono::Utc> = "2026-03-05T00:00:00Z".parse().unwrap();
    let steps: [Step<'_>; 4] = [
        (
            "blob/collect",
            include_str!("../../sql/blob/collect.sql"),
            &[&hashes],
            &["email_by_blob", "blob_pkey"],
        ),
        (
            "blob/find_orphans",
            include_str!("../../sql/blob/find_orphans.sql"),
            &[&none, &batch, &at],
            &["email_by_blob", "blob_pkey"],
        ),
        (
            "change/prune",
            include_str!("../../sql/change/prune.sql"),
            &[&1_i64, &types, &0_i64, &bound],
            &["change_pkey"],
        ),
        (
            "thread/walk_keys",
            include_str!("../../sql/thread/walk_keys.sql"),
            &[&0_i64, &none, &batch],
            &["thread_key_pkey", "email_thread"],
        ),
    ];
    for (name, sql, parameters, indexes) in steps {
        let rows = client.query(&format!("EXPLAIN {sql}"), parameters).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        for index in indexes {
            assert!(plan.contains(index), "{name} without {index}:\n{plan}");
        }
        for table in ["email e", "blob b", "change", "thread_key"] {
            let scan = format!("Seq Scan on {table}");
            assert!(!plan.contains(&scan), "{name}: {scan}\n{plan}");
        }
    }
}
