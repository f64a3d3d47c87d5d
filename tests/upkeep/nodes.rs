//! Who does upkeep, and when: any node, one at a time, a step after the other; and the operator by hand.

use std::process::Command;
use std::time::Duration;

use chrono::TimeDelta;
use signet::store::email;
use signet::telemetry::Metrics;
use signet::upkeep::{Task, Upkeep, UpkeepOptions, run_worker};
use tokio_util::sync::CancellationToken;

use super::{count, message, upkeep, wait};
use crate::support::Node;

const RECEIVED: &str = "2026-02-28T10:00:00Z";

/// A node with an account of so many emails that all went again.
async fn after(emails: usize) -> Node {
    let node = Node::new().await;
    let mut gone = Vec::new();
    for number in 0..emails {
        gone.push(node.deliver(&message(&number.to_string()), RECEIVED).await.email);
    }
    node.store.write("test", node.account, async |writer| email::destroy(writer, &gone).await).await.unwrap();
    node
}

#[tokio::test]
async fn a_step_begins_where_another_node_ended_and_a_walk_that_is_over_rests() {
    let node = after(7).await;
    let (one, other) = (upkeep(&node.store, |_| {}), upkeep(&node.store, |_| {}));
    let mut steps = 0;
    loop {
        let keeper = if steps % 2 == 0 { &one } else { &other };
        let step = keeper.step(Task::Orphans).await.unwrap().expect("it is due");
        steps += 1;
        if step.next.is_none() {
            break;
        }
    }
    // Seven orphans in steps of three, and one that finds nothing more.
    assert_eq!(steps, 4);
    assert_eq!(count(&node, "blob_orphan WHERE noticed_at IS NOT NULL").await, 7);
    assert_eq!(other.step(Task::Orphans).await.unwrap(), None);
    wait(&node, TimeDelta::minutes(59));
    assert_eq!(one.step(Task::Orphans).await.unwrap(), None);
    wait(&node, TimeDelta::minutes(1));
    assert!(one.step(Task::Orphans).await.unwrap().is_some());
}

#[tokio::test]
async fn two_nodes_do_not_take_the_same_step() {
    let node = after(4).await;
    let keeper = upkeep(&node.store, |_| {});
    let client = node.database.client();
    client.batch_execute("BEGIN; SELECT FROM upkeep_task WHERE task = 'orphans' FOR UPDATE").await.unwrap();
    assert_eq!(keeper.step(Task::Orphans).await.unwrap(), None);
    assert!(keeper.step(Task::Uploads).await.unwrap().is_some());
    client.batch_execute("ROLLBACK").await.unwrap();
    assert!(keeper.step(Task::Orphans).await.unwrap().is_some());
}

#[tokio::test]
async fn the_worker_does_all_that_is_due_tells_of_it_and_stops() {
    let node = after(40).await;
    let metrics = Metrics::new();
    let options = UpkeepOptions { batch: 3, max_changes: 5, ..UpkeepOptions::default() };
    let keeper = Upkeep::new(node.store.clone(), options, metrics.clone());
    let stop = CancellationToken::new();
    let (worker, stopped) = (keeper.clone(), stop.clone());
    let work = run_worker(worker, Duration::from_millis(20), stopped);
    let watch = async {
        while count(&node, "upkeep_task WHERE finished_at IS NULL").await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.cancel();
    };
    tokio::time::timeout(Duration::from_secs(60), async { tokio::join!(work, watch) }).await.unwrap();
    assert_eq!(count(&node, "change").await, 5);
    wait(&node, TimeDelta::minutes(10));
    keeper.tell_gauges().await;
    let text = String::from_utf8(metrics.to_text()).unwrap();
    for line in [
        "signet_upkeep_finished_seconds{task=\"orphans\"} 600",
        "signet_upkeep_finished_seconds{task=\"thread_keys\"} 600",
        "signet_upkeep_orphans 40",
        "# HELP signet_upkeep_removed_octets_total ",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    let removed =
        text.lines().find_map(|line| line.strip_prefix("signet_upkeep_removed_total{task=\"changes\"} "));
    assert!(removed.unwrap().parse::<u64>().unwrap() > 80, "{text}");
}

#[tokio::test]
async fn an_operator_does_it_by_hand_or_only_looks() {
    let node = after(5).await;
    node.database.client().batch_execute("UPDATE blob_orphan SET noticed_at = '2026-01-01'").await.unwrap();
    let signet = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_signet"));
        command.arg("upkeep").args(arguments).args(["--database-url", &node.database.url()]);
        let output = command.env_remove("SIGNET_CONFIG").env("RUST_LOG", "off").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let octets = 5 * message("0").len();
    let told = signet(&["--dry-run"]);
    assert!(told.contains(&format!("blobs would be removed: 5 ({octets} octets)\n")), "{told}");
    assert_eq!(count(&node, "blob").await, 5);
    let told = signet(&[]);
    assert!(told.contains(&format!("blobs removed: 5 ({octets} octets)\n")), "{told}");
    assert!(told.contains("changes removed: 0\n") && !told.contains("thread keys removed: 0\n"), "{told}");
    assert_eq!(count(&node, "blob").await, 0);
}
