//! One PostgreSQL cluster for the test process, and a database of its own for each test.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use signet::demo::cluster::{Cluster, ClusterOptions};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// A migrated, empty database that no other test sees. It is removed when this is dropped.
pub struct TestDatabase {
    cluster: &'static Cluster,
    name: String,
    client: Client,
}

impl TestDatabase {
    /// Makes one, from a template that is migrated once in the process. The first call starts the cluster.
    pub async fn new() -> Self {
        Self::in_cluster(cluster().await).await
    }

    /// One in a cluster that counts statements (pg_stat_statements), if PostgreSQL has what that needs.
    pub async fn with_statistics() -> Option<Self> {
        static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
        let other = Self::new().await;
        let known = "SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements'";
        other.client.query_opt(known, &[]).await.unwrap()?;
        let cluster = CLUSTER.get_or_init(|| start(Some("pg_stat_statements".to_owned()))).await;
        let database = Self::in_cluster(cluster).await;
        database.client.batch_execute("CREATE EXTENSION pg_stat_statements").await.unwrap();
        Some(database)
    }

    async fn in_cluster(cluster: &'static Cluster) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        cluster.create_database_from(&name, TEMPLATE).await.unwrap();
        let client = connect(&cluster.url(&name)).await;
        Self { cluster, name, client }
    }

    /// The connection URL.
    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }

    /// A plain client, for looking at the tables.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Waits until a transaction waits for a lock that another has.
    pub async fn until_somebody_waits_for_a_lock(&self) {
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let observer = connect(&self.url()).await;
        while observer.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (cluster, name) = (self.cluster, self.name.clone());
        // The test's own runtime may not be blocked, and may be on its way out.
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(cluster.drop_database(&name)).unwrap();
        })
        .join();
        assert!(dropped.is_ok() || thread::panicking(), "the test database {} stays", self.name);
    }
}

const TEMPLATE: &str = "signet_template";

/// The cluster of this process. Nothing drops it: its watchdog stops it when the process ends.
async fn cluster() -> &'static Cluster {
    static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
    CLUSTER.get_or_init(|| start(None)).await
}

/// A cluster with a migrated template.
async fn start(preload: Option<String>) -> Cluster {
    let options = ClusterOptions { max_connections: 400, preload, ..ClusterOptions::ephemeral() };
    let cluster = Cluster::start(&options).unwrap_or_else(|error| panic!("{error}"));
    cluster.create_database(TEMPLATE).await.unwrap();
    let mut client = connect(&cluster.url(TEMPLATE)).await;
    embedded::migrations::runner().run_async(&mut client).await.unwrap();
    // A template takes copies only when nobody is connected to it.
    drop(client);
    wait_until_alone(&cluster).await;
    cluster
}

async fn wait_until_alone(cluster: &Cluster) {
    let client = connect(&cluster.url("postgres")).await;
    let connected = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1";
    while client.query_one(connected, &[&TEMPLATE]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn two_databases_are_apart_and_both_are_migrated() {
    let (one, other) = (TestDatabase::new().await, TestDatabase::new().await);
    assert_ne!(one.url(), other.url());
    let insert = "INSERT INTO account (name, created_at) VALUES ('demo@example.org', 'epoch')";
    one.client().execute(insert, &[]).await.unwrap();
    for (database, expected) in [(&one, 1), (&other, 0)] {
        let row = database.client().query_one("SELECT count(*) FROM account", &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), expected);
    }
}

#[tokio::test]
async fn a_test_database_goes_when_its_test_ends() {
    let database = TestDatabase::new().await;
    let url = database.url();
    drop(database);
    assert!(tokio_postgres::connect(&url, NoTls).await.is_err());
}
