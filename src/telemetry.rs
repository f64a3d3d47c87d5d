//! What a node tells about itself: log lines and metrics.

use std::io::IsTerminal;
use std::time::Duration;

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};
use tracing_subscriber::EnvFilter;

/// Starts the log on stderr. `filter` as in `signet=debug,warn`; RUST_LOG wins over it.
pub fn start_log(json: bool, filter: &str) -> Result<(), String> {
    let filter = match std::env::var("RUST_LOG") {
        Ok(filter) => EnvFilter::try_new(filter),
        Err(_) => EnvFilter::try_new(filter),
    };
    let filter = filter.map_err(|error| format!("the log filter cannot be read: {error}"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start, in tests, is no fault.
    let started = if json { builder.json().try_init() } else { builder.try_init() };
    started.or(Ok(()))
}

/// The metrics of one node.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    calls: IntCounterVec,
    in_use: IntGaugeVec,
    refused: IntCounterVec,
    pool_size: IntGauge,
    pool_idle: IntGauge,
    pool_waiting: IntGauge,
    pushes: IntCounterVec,
    push_backlog: IntGauge,
    streams: IntGaugeVec,
    sendings: IntCounterVec,
    lmtp_recipients: IntCounterVec,
    lmtp_connections: IntGauge,
}

impl Metrics {
    /// All metrics at zero, and those of the process where the system tells them.
    pub fn new() -> Self {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("signet_http_requests_total", "HTTP requests, by route and status."),
            &["route", "status"],
        )
        .expect("the name and the labels are well-formed");
        let request_seconds = HistogramVec::new(
            HistogramOpts::new("signet_http_request_seconds", "How long HTTP requests took, by route."),
            &["route"],
        )
        .expect("the name and the labels are well-formed");
        let calls = IntCounterVec::new(
            Opts::new(
                "signet_jmap_calls_total",
                "JMAP method calls, by method and outcome (ok, or the error type).",
            ),
            &["method", "outcome"],
        )
        .expect("the name and the labels are well-formed");
        let in_use = IntGaugeVec::new(
            Opts::new(
                "signet_http_in_use",
                "What a node has for all users together, and how much of it is in use (connections, streams, requests, octets).",
            ),
            &["what"],
        )
        .expect("the name and the labels are well-formed");
        let refused = IntCounterVec::new(
            Opts::new(
                "signet_http_refused_total",
                "Requests that were answered with 503 because the node had no more of it (connections, streams, requests, octets).",
            ),
            &["what"],
        )
        .expect("the name and the labels are well-formed");
        let gauge = |name: &str, help: &str| IntGauge::new(name, help).expect("the name is well-formed");
        let pool_size = gauge("signet_database_connections", "Connections to the database.");
        let pool_idle =
            gauge("signet_database_connections_idle", "Connections to the database that wait for work.");
        let pool_waiting =
            gauge("signet_database_waiting", "Requests that wait for a connection to the database.");
        let pushes = IntCounterVec::new(
            Opts::new(
                "signet_pushes_total",
                "Pushes to URLs of subscriptions, by object and outcome (ok, or why it failed).",
            ),
            &["object", "outcome"],
        )
        .expect("the name and the labels are well-formed");
        let push_backlog = gauge(
            "signet_push_subscriptions_due",
            "Push subscriptions that wait to be told something, those put off after a failure too; of all nodes.",
        );
        let streams = IntGaugeVec::new(
            Opts::new("signet_streams", "Connections that wait for changes, by kind."),
            &["kind"],
        )
        .expect("the name and the labels are well-formed");
        let sendings = IntCounterVec::new(
            Opts::new(
                "signet_sendings_total",
                "Attempts to send a message to a recipient, by outcome (delivered, relayed, queued, failed).",
            ),
            &["outcome"],
        )
        .expect("the name and the labels are well-formed");
        let lmtp_recipients = IntCounterVec::new(
            Opts::new(
                "signet_lmtp_recipients_total",
                "Recipients of mail that came by LMTP, by outcome (stored, already_there, unknown, over_quota, refused, failed).",
            ),
            &["outcome"],
        )
        .expect("the name and the labels are well-formed");
        let lmtp_connections = gauge("signet_lmtp_connections", "Connections by LMTP.");
        let collectors: [Box<dyn prometheus::core::Collector>; 15] = [
            Box::new(requests.clone()),
            Box::new(request_seconds.clone()),
            Box::new(calls.clone()),
            Box::new(in_use.clone()),
            Box::new(refused.clone()),
            Box::new(pool_size.clone()),
            Box::new(pool_idle.clone()),
            Box::new(pool_waiting.clone()),
            Box::new(pushes.clone()),
            Box::new(push_backlog.clone()),
            Box::new(streams.clone()),
            Box::new(sendings.clone()),
            Box::new(lmtp_recipients.clone()),
            Box::new(lmtp_connections.clone()),
            Box::new(prometheus::process_collector::ProcessCollector::for_self()),
        ];
        for collector in collectors {
            registry.register(collector).expect("each metric is registered once in a registry of its own");
        }
        Self {
            registry,
            requests,
            request_seconds,
            calls,
            in_use,
            refused,
            pool_size,
            pool_idle,
            pool_waiting,
            pushes,
            push_backlog,
            streams,
            sendings,
            lmtp_recipients,
            lmtp_connections,
        }
    }

    /// Notes an HTTP request. `route` is the pattern of the path, never the path itself.
    pub fn request(&self, route: &str, status: u16, took: Duration) {
        self.requests.with_label_values(&[route, &status.to_string()]).inc();
        self.request_seconds.with_label_values(&[route]).observe(took.as_secs_f64());
    }

    /// Notes an attempt to send a message to a recipient.
    pub fn sending(&self, outcome: &str) {
        self.sendings.with_label_values(&[outcome]).inc();
    }

    /// Notes what became of a message that came by LMTP, for one recipient.
    pub fn lmtp_recipient(&self, outcome: &str) {
        self.lmtp_recipients.with_label_values(&[outcome]).inc();
    }

    /// How many connections there are by LMTP; for them to count up and down.
    pub fn lmtp_connections(&self) -> IntGauge {
        self.lmtp_connections.clone()
    }

    /// Notes a JMAP method call. `method` is the name of a method that exists.
    pub fn call(&self, method: &str, outcome: &str) {
        self.calls.with_label_values(&[method, outcome]).inc();
    }

    /// How much is in use of what a node has for all users together; for its owner to count up and down.
    pub fn in_use(&self, what: &str) -> IntGauge {
        self.in_use.with_label_values(&[what])
    }

    /// Notes that somebody had to be refused because a node had no more of it.
    pub fn refused(&self, what: &str) {
        self.refused.with_label_values(&[what]).inc();
    }

    /// Notes a push of an object to the URL of a subscription.
    pub fn push(&self, object: &str, outcome: &str) {
        self.pushes.with_label_values(&[object, outcome]).inc();
    }

    /// Notes how many push subscriptions wait to be told something.
    pub fn push_backlog(&self, subscriptions: i64) {
        self.push_backlog.set(subscriptions);
    }

    /// How many connections of a kind wait for changes; for their owners to count up and down.
    pub fn streams(&self, kind: &str) -> IntGauge {
        self.streams.with_label_values(&[kind])
    }

    /// Notes how busy the pool of connections is.
    pub fn pool(&self, size: usize, idle: usize, waiting: usize) {
        for (gauge, value) in
            [(&self.pool_size, size), (&self.pool_idle, idle), (&self.pool_waiting, waiting)]
        {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }

    /// All metrics in the text format of Prometheus.
    pub fn to_text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        let written = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        written.expect("gathered metrics are written to memory without fail");
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_told_with_their_help() {
        let metrics = Metrics::new();
        metrics.request("/jmap/api", 200, Duration::from_millis(3));
        metrics.call("Email/get", "ok");
        metrics.pool(3, 2, 1);
        let text = String::from_utf8(metrics.to_text()).unwrap();
        assert!(text.contains("signet_http_requests_total{route=\"/jmap/api\",status=\"200\"} 1"));
        assert!(text.contains("signet_jmap_calls_total{method=\"Email/get\",outcome=\"ok\"} 1"));
        assert!(text.contains("# HELP signet_database_connections_idle Connections"));
        assert!(text.contains("signet_database_waiting 1"));
    }
}
