//! Accounts come whole or not at all, and sessions have the settings that their work needs.

use signet::clock::Clock;
use signet::provision::create_account;
use signet::store::{Store, StoreOptions, account};
use tokio_postgres::Client;

use crate::support::TestDatabase;
use crate::support::audit::audit;

const NAME: &str = "ann@example.org";

async fn count(client: &Client, table: &str) -> i64 {
    client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn an_account_commits_with_its_login_and_its_mailboxes_or_not_at_all() {
    let database = TestDatabase::new().await;
    let store = Store::connect(&StoreOptions::new(database.url()), Clock::system()).await.unwrap();
    let client = database.client();
    // The last mailbox fails, and then the login.
    for (table, condition) in [("mailbox", "role <> 'trash'"), ("account_access", "account_id = 0")] {
        let fail = format!("ALTER TABLE {table} ADD CONSTRAINT fail CHECK ({condition})");
        client.batch_execute(&fail).await.unwrap();
        assert!(create_account(&store, NAME, "hash").await.is_err());
        for table in ["account", "login", "mailbox", "change"] {
            assert_eq!(count(client, table).await, 0, "{table}");
        }
        client.batch_execute(&format!("ALTER TABLE {table} DROP CONSTRAINT fail")).await.unwrap();
    }
    assert!(create_account(&store, "Ann@Example.org", "hash").await.unwrap().is_some());
    assert_eq!(create_account(&store, NAME, "hash").await.unwrap(), None);
    assert_eq!((count(client, "account").await, count(client, "mailbox").await), (1, 6));
    audit(client).await;
}

#[tokio::test]
async fn one_of_two_who_want_the_same_name_gets_it() {
    let database = TestDatabase::new().await;
    let store = Store::connect(&StoreOptions::new(database.url()), Clock::system()).await.unwrap();
    let (one, other) =
        tokio::join!(create_account(&store, NAME, "hash"), create_account(&store, NAME, "hash"));
    assert!(one.unwrap().is_some() != other.unwrap().is_some());
    assert_eq!(count(database.client(), "mailbox").await, 6);
}

#[tokio::test]
async fn sessions_read_without_parallel_workers_unless_the_url_says_otherwise() {
    let database = TestDatabase::new().await;
    // Each account tells the settings of the session that made it.
    let tell = "ALTER TABLE account ADD COLUMN settings text NOT NULL
                DEFAULT current_setting('max_parallel_workers_per_gather') || ' ' || current_setting('statement_timeout')";
    database.client().batch_execute(tell).await.unwrap();
    let url = database.url();
    let separator = if url.contains('?') { '&' } else { '?' };
    let own = format!("{url}{separator}options=-c%20max_parallel_workers_per_gather%3D1");
    for (url, expected) in [(url, "0 30s"), (own, "1 30s")] {
        let store = Store::connect(&StoreOptions::new(url.clone()), Clock::system()).await.unwrap();
        let made = store.transaction("test/account", async |transaction| {
            account::create(transaction, &url, transaction.now()).await
        });
        made.await.unwrap().unwrap();
        let told = "SELECT settings FROM account WHERE name = $1";
        let told: String = database.client().query_one(told, &[&url]).await.unwrap().get(0);
        assert_eq!(told, expected);
    }
}
