//! Behind a load balancer: nodes come and go, and whoever works through the balancer does not notice.

mod load;
mod topology;

use serde_json::json;

use self::load::{Kind, Load, Seen, USERS};
use self::topology::{Topology, until};
use crate::support::audit::audit;

/// Adds streams until some are on this node.
async fn streams_on(topology: &Topology, node: usize, load: &mut Load) {
    for (kind, label) in [(Kind::Events, "eventsource"), (Kind::WebSocket, "websocket")] {
        let metric = format!("signet_streams{{kind=\"{label}\"}}");
        while topology.nodes[node].metric(&metric).await == 0.0 {
            load.add(kind);
            load.goes_on(1).await;
        }
    }
}

/// What was answered is there, the event sources know of it, and the database agrees with itself.
async fn nothing_is_lost(topology: &Topology, load: Load) -> Seen {
    let listening: Vec<usize> = load.seen().states.keys().copied().collect();
    assert!(!listening.is_empty());
    // States are numbers that count up.
    let state: u64 = load.state().await.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
    let number =
        |state: &str| state.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().unwrap();
    until("the event sources tell what happened", async || {
        let states = load.seen().states;
        listening.iter().all(|user| number(&states[user]) >= state)
    })
    .await;
    let (seen, keywords) = load.end().await;
    assert!(!seen.keywords.is_empty());
    for ((_, email), keyword) in &seen.keywords {
        assert_eq!(keywords[email][keyword], json!(true), "{email} lost {keyword}");
    }
    audit(topology.database.client()).await;
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_stopped_and_started_again_is_not_noticed() {
    let mut topology = Topology::start().await;
    let mut load = Load::start(&topology).await;
    load.goes_on(5).await;
    streams_on(&topology, 0, &mut load).await;

    topology.nodes[0].terminate();
    let node = &topology.nodes[0];
    let is_not_ready = async || node.get("/readyz").await.is_some_and(|it| it.status() == 503);
    until("the node says that it is not ready", is_not_ready).await;
    // Everything else goes on, over connections that end.
    let answer = node.get("/healthz").await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["connection"]), (200, &"close".parse().unwrap()));
    let before = node.metric("signet_http_requests_total{route=\"/jmap/api\"").await;
    until("it still takes requests", async || {
        node.metric("signet_http_requests_total{route=\"/jmap/api\"").await > before
    })
    .await;
    assert!(topology.nodes[0].ended().await.success());
    load.goes_on(5).await;

    topology.nodes[0].start_again();
    topology.nodes[0].is_ready().await;
    let api = "signet_http_requests_total{route=\"/jmap/api\"";
    let node = &topology.nodes[0];
    until("the balancer comes back to it", async || node.metric(api).await > 0.0).await;
    load.goes_on(5).await;

    let seen = nothing_is_lost(&topology, load).await;
    assert_eq!(seen.failed, [], "{}", topology.complaints());
    assert_eq!(seen.broken_sockets, 0, "{}", topology.complaints());
    assert!(seen.went_away > 0 && seen.ended_events > 0, "{seen:?}");
}

/// SIGKILL leaves no time for steps. Then a request that was under way on the node is lost unless it is safe, and each
/// user has one of those at most; a stream breaks, and comes back. What was answered stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_costs_what_was_under_way_on_it() {
    let mut topology = Topology::start().await;
    let mut load = Load::start(&topology).await;
    load.goes_on(5).await;
    streams_on(&topology, 1, &mut load).await;
    topology.nodes[1].kill();
    load.goes_on(10).await;
    let lost = load.seen().failed;
    topology.nodes[1].start_again();
    topology.nodes[1].is_ready().await;
    load.goes_on(5).await;

    let seen = nothing_is_lost(&topology, load).await;
    let of = |kind: Kind| seen.failed.iter().filter(|(it, _)| *it == kind).count();
    // Streams are opened by safe requests.
    for kind in [Kind::Session, Kind::Events, Kind::WebSocket] {
        assert_eq!(of(kind), 0, "{seen:?}\n{}", topology.complaints());
    }
    for kind in [Kind::Query, Kind::Set, Kind::Upload] {
        assert!(of(kind) <= USERS.iter().filter(|it| **it == kind).count(), "{seen:?}");
    }
    assert_eq!(seen.failed.len(), lost.len(), "failures after the end of the node: {seen:?}");
    assert!(seen.broken_sockets > 0 && seen.ended_events > 0, "{seen:?}");
}
