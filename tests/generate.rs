//! Generated mail is what a delivery of the same messages would have stored, the same each time, all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use serde_json::json;
use signet::cli::generate::{GenerateError, Shape, generate_accounts, needles};
use signet::clock::Clock;
use signet::delivery::{Delivered, Incoming, deliver};
use signet::query::Window;
use signet::query::email::{EmailQuery, compile};
use signet::smime::{Code, Status};
use signet::store::email::Membership;
use signet::store::{Store, StoreOptions, account};
use signet::wire::email_filter::parse_filter;
use signet::wire::ids::{AccountId, MailboxId};
use signet::wire::keyword::Keyword;
use tokio_postgres::{Client, NoTls};

use crate::support::audit::audit;
use crate::support::node::{NOON, at};
use crate::support::{Node, TestDatabase};

fn shape(seed: u64) -> Shape {
    Shape { seed, until: at(NOON), words: 30 }
}

async fn fill(
    database: &TestDatabase,
    sizes: &[(AccountId, usize)],
    shape: &Shape,
) -> Result<(), GenerateError> {
    let (mut client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let filled =
        generate_accounts(&mut client, &BTreeMap::from_iter(sizes.iter().copied()), shape, |_| {}).await;
    drop(client);
    connection.await.unwrap().unwrap();
    filled
}

async fn make_accounts(database: &TestDatabase, names: &[&str]) -> Vec<AccountId> {
    let store = Store::connect(&StoreOptions::new(database.url()), Clock::frozen(at(NOON))).await.unwrap();
    let made = store.transaction("test/accounts", async |transaction| {
        let mut accounts = Vec::new();
        for name in names {
            accounts.push(account::create(transaction, name, transaction.now()).await?.unwrap());
        }
        Ok(accounts)
    });
    made.await.unwrap()
}

/// The first column of each row.
async fn texts(client: &Client, statement: &str, account: AccountId) -> Vec<String> {
    let rows = client.query(statement, &[&account.0]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Delivers everything that an account holds to another one, in its order, into mailboxes of the same ids.
async fn deliver_again(node: &Node, from: AccountId, to: AccountId) {
    let client = node.database.client();
    let copy = "INSERT INTO mailbox (account_id, id, parent_id, name, role, sort_order)
                SELECT $2, id, parent_id, name, role, sort_order FROM mailbox WHERE account_id = $1";
    client.execute(copy, &[&from.0, &to.0]).await.unwrap();
    client.execute("UPDATE account SET next_id = 1000 WHERE id = $1", &[&to.0]).await.unwrap();
    let read = "SELECT b.data, e.received_at, e.keywords, array_agg(m.mailbox_id) AS mailboxes
                FROM email e JOIN blob b ON b.hash = e.blob_hash
                JOIN email_mailbox m ON m.account_id = e.account_id AND m.email_id = e.id
                WHERE e.account_id = $1 GROUP BY e.id, b.data, e.received_at, e.keywords ORDER BY e.id";
    let messages = client.query(read, &[&from.0]).await.unwrap();
    let messages = messages.iter().map(|row| Incoming {
        raw: row.get("data"),
        received_at: Some(row.get("received_at")),
        membership: Membership {
            mailboxes: row.get::<_, Vec<i64>>("mailboxes").into_iter().map(MailboxId).collect(),
            keywords: row
                .get::<_, Vec<String>>("keywords")
                .iter()
                .filter_map(|k| Keyword::parse(k))
                .collect(),
        },
    });
    let receipt = deliver(&node.trust, to, messages.collect(), None).await.unwrap();
    assert!(receipt.outcomes.iter().all(|outcome| matches!(outcome, Delivered::Stored(_))));
}

/// What is stored of an account, with emails named by their messages and threads by the first of them; each with the
/// columns that cannot be the same.
const STORED: &[(&str, &str)] = &[
    ("emails", "SELECT (to_jsonb(e) - '{account_id,id,thread_id}'::text[])::text FROM email e WHERE account_id = $1 ORDER BY blob_hash"),
    (
        "threads",
        "SELECT string_agg(encode(blob_hash, 'hex'), ' ' ORDER BY blob_hash) FROM email WHERE account_id = $1 GROUP BY thread_id ORDER BY 1",
    ),
    (
        "keys of threads",
        "SELECT encode(k.key, 'hex') || ' ' || min(encode(e.blob_hash, 'hex')) FROM thread_key k
         JOIN email e ON e.account_id = k.account_id AND e.thread_id = k.thread_id WHERE k.account_id = $1 GROUP BY k.key ORDER BY 1",
    ),
    (
        "texts",
        "SELECT t.received_at || t.fields || t.body || t.headers FROM email_search t JOIN email e ON e.account_id = t.account_id AND e.id = t.email_id
         WHERE e.account_id = $1 ORDER BY e.blob_hash",
    ),
    (
        "facts",
        "SELECT format('%s %s %s', encode(e.blob_hash, 'hex'), f.form, f.problems) FROM email_smime f
         JOIN email e ON e.account_id = f.account_id AND e.id = f.email_id WHERE e.account_id = $1 ORDER BY 1",
    ),
    (
        "signatures",
        "SELECT encode(e.blob_hash, 'hex') || (to_jsonb(s) - '{account_id,email_id}'::text[])::text FROM email_signature s
         JOIN email e ON e.account_id = s.account_id AND e.id = s.email_id WHERE e.account_id = $1 ORDER BY 1",
    ),
    ("mailboxes", "SELECT (to_jsonb(m) - 'account_id')::text FROM mailbox m WHERE account_id = $1 ORDER BY id"),
    ("what the account holds", "SELECT used_octets || ' ' || used_emails FROM account WHERE id = $1"),
    ("signers", "SELECT signer_id || ' ' || emails FROM account_signer WHERE account_id = $1 ORDER BY 1"),
    (
        "certificates",
        "SELECT encode(fingerprint, 'hex') || first_seen_at FROM account_certificate WHERE account_id = $1 ORDER BY 1",
    ),
];

#[tokio::test]
async fn what_is_generated_is_what_a_delivery_stores() {
    let node = Node::new().await;
    let client = node.database.client();
    let other = make_accounts(&node.database, &["other@example.org"]).await[0];
    fill(&node.database, &[(node.account, 600)], &shape(1)).await.unwrap();
    audit(client).await;
    deliver_again(&node, node.account, other).await;
    // The delivery met signers whom nobody had evaluated.
    while node.trust.work().await.unwrap().is_some() {}
    for (what, statement) in STORED {
        let (generated, delivered) =
            (texts(client, statement, node.account).await, texts(client, statement, other).await);
        assert!(!generated.is_empty(), "{what}");
        assert_eq!(generated.len(), delivered.len(), "{what}");
        for (generated, delivered) in generated.iter().zip(&delivered) {
            assert_eq!(generated, delivered, "{what}");
        }
    }
    audit(client).await;
}

#[tokio::test]
async fn the_same_seed_gives_the_same_rows_and_another_seed_others() {
    let mut digests = Vec::new();
    for seed in [7, 7, 8] {
        let database = TestDatabase::new().await;
        let accounts = make_accounts(&database, &["ann@example.org", "bob@example.org"]).await;
        fill(&database, &[(accounts[0], 2_500), (accounts[1], 100)], &shape(seed)).await.unwrap();
        let mut of_tables = Vec::new();
        for table in [
            "blob",
            "email",
            "email_mailbox",
            "email_keyword",
            "email_search",
            "thread_key",
            "thread_mailbox",
            "email_smime",
            "email_signature",
            "mailbox",
            "account_signer",
            "account_certificate",
            "signer",
            "verdict",
        ] {
            let digest = format!("SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t");
            of_tables.push(database.client().query_one(&digest, &[]).await.unwrap().get::<_, String>(0));
        }
        digests.push(of_tables);
    }
    assert_eq!(digests[0], digests[1]);
    assert!(digests[1].iter().zip(&digests[2]).filter(|(one, other)| one == other).count() <= 1);
}

/// How many of an account's messages a client's text finds.
async fn found(client: &Client, account: AccountId, text: &str) -> i64 {
    let filter = parse_filter(Some(&json!({"text": text})), true).unwrap();
    let statement = compile(&EmailQuery {
        account,
        filter: filter.as_ref(),
        sort: &[],
        window: Window::Position(0),
        limit: Some(0),
        collapse_threads: false,
        calculate_total: true,
    });
    client.query_one(&statement.sql, &statement.parameters()).await.unwrap().get("total")
}

#[tokio::test]
async fn as_much_is_found_as_was_planted_and_every_status_and_manner_is_there() {
    let database = TestDatabase::new().await;
    let account = make_accounts(&database, &["ann@example.org"]).await[0];
    fill(&database, &[(account, 4_500)], &shape(1)).await.unwrap();
    let client = database.client();
    let mut expected: Vec<(String, i64)> = needles::IN_ONE_OF
        .iter()
        .map(|(one_of, word)| ((*word).to_owned(), 4_500_usize.div_ceil(*one_of) as i64))
        .collect();
    expected.extend([
        (format!("\"{}\"", needles::PHRASE), 5),
        (format!("\"{}\"", needles::NO_PHRASE), 45),
        (needles::ADDRESS.to_owned(), 5),
    ]);
    for (text, count) in expected {
        assert_eq!(found(client, account, &text).await, count, "{text}");
    }
    let nearly_all = found(client, account, needles::IN_EVERY).await;
    assert!((4_200..4_500).contains(&nearly_all), "{nearly_all}");
    let statuses = "SELECT DISTINCT coalesce(smime_status::text, '') FROM email WHERE account_id = $1";
    let statuses: BTreeSet<String> = texts(client, statuses, account).await.into_iter().collect();
    for status in [Status::Unknown, Status::Signed, Status::Verified, Status::Failed] {
        assert!(statuses.contains(status.as_str()), "{status:?}");
    }
    let forms = "SELECT DISTINCT form FROM email_smime WHERE account_id = $1 ORDER BY 1";
    assert_eq!(texts(client, forms, account).await, ["clear-signed", "opaque-signed", "partial", "unknown"]);
    let codes =
        "SELECT DISTINCT p ->> 'code' FROM email, jsonb_array_elements(smime_errors) p WHERE account_id = $1";
    let codes: BTreeSet<String> = texts(client, codes, account).await.into_iter().collect();
    for code in [
        Code::MalformedSignature,
        Code::PartialSignature,
        Code::ContentAltered,
        Code::SignatureInvalid,
        Code::UnsupportedAlgorithm,
        Code::FromMismatch,
        Code::AmbiguousFrom,
        Code::CertificateExpired,
        Code::CertificateRevoked,
        Code::UntrustedRoot,
        Code::RevocationUnavailable,
    ] {
        assert!(codes.contains(code.as_str()), "{code:?} is not among {codes:?}");
    }
}

/// What the catalogue says of indexes, constraints and triggers.
async fn schema(client: &Client) -> Vec<String> {
    let statement = "SELECT pg_get_indexdef(indexrelid) || indisprimary || indisvalid FROM pg_index
                     WHERE indrelid::regclass::text !~ '^pg_'
                     UNION ALL SELECT conrelid::regclass::text || conname || pg_get_constraintdef(oid) || convalidated FROM pg_constraint
                     UNION ALL SELECT tgname::text || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
                     ORDER BY 1";
    client.query(statement, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn indexes_come_back_and_a_failure_leaves_all_as_it_was() {
    let database = TestDatabase::new().await;
    let client = database.client();
    let accounts = make_accounts(&database, &["ann@example.org", "bob@example.org"]).await;
    let before = schema(client).await;
    let fail = "ALTER TABLE email_search ADD CONSTRAINT fail CHECK (email_id < 1200)";
    client.batch_execute(fail).await.unwrap();
    assert!(fill(&database, &[(accounts[0], 3_000)], &shape(1)).await.is_err());
    client.batch_execute("ALTER TABLE email_search DROP CONSTRAINT fail").await.unwrap();
    assert_eq!(schema(client).await, before);
    audit(client).await;

    fill(&database, &[(accounts[0], 500)], &shape(1)).await.unwrap();
    assert_eq!(schema(client).await, before);
    // Where there is mail already, more of it comes to other accounts and to the same one.
    fill(&database, &[(accounts[0], 300), (accounts[1], 200)], &shape(1)).await.unwrap();
    assert_eq!(schema(client).await, before);
    let held = "SELECT used_emails || ' ' || (SELECT count(*) FROM mailbox WHERE account_id = a.id) FROM account a WHERE id = $1";
    assert_eq!(texts(client, held, accounts[0]).await, ["800 30"]);
    assert_eq!(texts(client, held, accounts[1]).await, ["200 30"]);
    audit(client).await;
    assert!(matches!(
        fill(&database, &[(AccountId(99), 1)], &shape(1)).await,
        Err(GenerateError::NoSuchAccount(AccountId(99)))
    ));
}

#[tokio::test]
async fn the_command_makes_the_accounts_that_it_fills() {
    let database = TestDatabase::new().await;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_signet"));
        command.args(["bench", "generate", "--database-url", &database.url()]).args(arguments);
        command.env_remove("SIGNET_CONFIG").env("SIGNET_PASSWORD", "secret").stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["--account", "ann@example.org=70", "--account", "bob@example.org", "--messages", "30"]);
    run(&["--accounts", "3", "--messages", "60", "--words", "10"]);
    let client = database.client();
    let rows = client.query("SELECT name, used_emails FROM account ORDER BY id", &[]).await.unwrap();
    let sizes: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let names: Vec<&str> = sizes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "ann@example.org",
            "bob@example.org",
            "user1@generated.example",
            "user2@generated.example",
            "user3@generated.example"
        ]
    );
    assert_eq!((sizes[0].1, sizes[1].1), (70, 30));
    assert_eq!(sizes[2].1 + sizes[3].1 + sizes[4].1, 60);
    assert!(sizes[2].1 > sizes[3].1 && sizes[3].1 >= sizes[4].1);
    let logins: i64 = client.query_one("SELECT count(*) FROM account_access", &[]).await.unwrap().get(0);
    assert_eq!(logins, 5);
}
