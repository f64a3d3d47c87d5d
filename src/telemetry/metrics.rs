//! The metrics of a node; those of verification and of upkeep stand in `verification` and `upkeep`.

use std::time::Duration;

use prometheus::{DEFAULT_BUCKETS, Encoder, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, TextEncoder};

use super::registry::Register;
use super::upkeep::UpkeepMetrics;
use super::verification::Verification;

/// The metrics of one node. Clones are the same metrics.
#[derive(Clone, Debug)]
pub struct Metrics {
    register: Register,
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
    pub(super) verification: Verification,
    pub(super) upkeep: UpkeepMetrics,
}

impl Metrics {
    /// All metrics at zero, and those of the process where the system tells them.
    pub fn new() -> Self {
        let register = Register::default();
        register.of_this_process();
        Self {
            requests: register.counter(
                "signet_http_requests_total",
                "HTTP requests, by route and status.",
                &["route", "status"],
            ),
            request_seconds: register.seconds(
                "signet_http_request_seconds",
                "How long HTTP requests took, by route.",
                &["route"],
                DEFAULT_BUCKETS,
            ),
            calls: register.counter(
                "signet_jmap_calls_total",
                "JMAP method calls, by method and outcome (ok, or the error type).",
                &["method", "outcome"],
            ),
            in_use: register.gauges(
                "signet_http_in_use",
                "What a node has for all users together, and how much of it is in use (connections, streams, requests, octets).",
                "what",
            ),
            refused: register.counter(
                "signet_http_refused_total",
                "Requests that were answered with 503 because the node had no more of it (connections, streams, requests, octets).",
                &["what"],
            ),
            pool_size: register.gauge("signet_database_connections", "Connections to the database."),
            pool_idle: register.gauge(
                "signet_database_connections_idle",
                "Connections to the database that wait for work.",
            ),
            pool_waiting: register.gauge(
                "signet_database_waiting",
                "Requests that wait for a connection to the database.",
            ),
            pushes: register.counter(
                "signet_pushes_total",
                "Pushes to URLs of subscriptions, by object and outcome (ok, or why it failed).",
                &["object", "outcome"],
            ),
            push_backlog: register.gauge(
                "signet_push_subscriptions_due",
                "Push subscriptions that wait to be told something, those put off after a failure too; of all nodes.",
            ),
            streams: register.gauges(
                "signet_streams",
                "Connections that wait for changes, by kind.",
                "kind",
            ),
            sendings: register.counter(
                "signet_sendings_total",
                "Attempts to send a message to a recipient, by outcome (delivered, relayed, queued, failed).",
                &["outcome"],
            ),
            lmtp_recipients: register.counter(
                "signet_lmtp_recipients_total",
                "Recipients of mail that came by LMTP, by outcome (stored, already_there, unknown, over_quota, refused, failed).",
                &["outcome"],
            ),
            lmtp_connections: register.gauge("signet_lmtp_connections", "Connections by LMTP."),
            verification: Verification::new(&register),
            upkeep: UpkeepMetrics::new(&register),
            register,
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
        let written = TextEncoder::new().encode(&self.register.registry().gather(), &mut text);
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
