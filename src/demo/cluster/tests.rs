use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

#[tokio::test]
async fn a_kept_cluster_has_its_databases_on_the_next_start_and_only_one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let options = ClusterOptions::kept(folder.path().join("kept"));

    let cluster = Cluster::start(&options).unwrap();
    assert!(cluster.create_database("signet").await.unwrap());
    let error = Cluster::start(&options).unwrap_err();
    assert!(matches!(error, ClusterError::InUse { .. }), "{error}");
    let runtime = cluster.runtime.path().to_owned();
    drop(cluster);
    assert!(!runtime.exists(), "the runtime folder is gone");

    let cluster = Cluster::start(&options).unwrap();
    assert!(!cluster.create_database("signet").await.unwrap(), "the database is still there");
}

#[tokio::test]
async fn an_ephemeral_cluster_leaves_nothing() {
    let cluster = Cluster::start(&ClusterOptions::ephemeral()).unwrap();
    let runtime = cluster.runtime.path().to_owned();
    let (url, pid) = (cluster.url("postgres"), cluster.server.id());
    drop(cluster);
    assert!(tokio_postgres::connect(&url, NoTls).await.is_err());
    assert!(!runtime.exists());
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn a_server_outlives_neither_its_process_nor_its_watchdog() {
    // What a SIGKILL of both leaves behind: an unlocked folder with a running server.
    let mut cluster = Cluster::start(&ClusterOptions::ephemeral()).unwrap();
    let runtime = cluster.runtime.path().to_owned();
    cluster.watchdog.0.kill().unwrap();
    cluster.watchdog.0.wait().unwrap();
    cluster.runtime.unlock();
    folder::sweep_leftovers();
    assert!(!runtime.exists());
    assert!(cluster.server.wait().unwrap().success(), "it was stopped in order");
}

#[test]
fn a_folder_with_other_things_in_it_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "Dear").unwrap();
    let error = Cluster::start(&ClusterOptions::kept(folder.path())).unwrap_err();
    assert!(matches!(error, ClusterError::NotOurs { .. }), "{error}");
}

#[test]
fn only_plain_names_reach_create_database() {
    assert!(database_name("signet_2").is_ok());
    for name in ["", "2", "Signet", "a b", "a\"; DROP DATABASE b; --", &"a".repeat(64)] {
        assert!(database_name(name).is_err(), "{name}");
    }
}
