//! The metrics of verification: facts, verdicts, evidence, and the work of fetching it.

use std::time::Duration;

use prometheus::{DEFAULT_BUCKETS, HistogramVec, IntCounter, IntCounterVec, IntGauge};

use super::Metrics;
use super::registry::{Known, Register};

/// Upper bounds of the buckets for what is computed, in seconds: a signature costs a tenth of a millisecond, a hostile
/// message some seconds at most.
const COMPUTED: &[f64] = &[0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

#[derive(Clone, Debug)]
pub(super) struct Verification {
    messages: IntCounterVec,
    problems: IntCounterVec,
    facts_seconds: HistogramVec,
    verdicts: IntCounterVec,
    verdict_seconds: HistogramVec,
    moved_messages: IntCounter,
    due: Known,
    stale: Known,
    evidence_oldest: Known,
    evidence_expired: Known,
    fetches: IntCounterVec,
    fetch_seconds: HistogramVec,
    sources_due: IntGauge,
    sources_failing: IntGauge,
}

impl Verification {
    pub(super) fn new(register: &Register) -> Self {
        let verdicts = register.counter(
            "signet_verdicts_total",
            "Evaluations of chains, by outcome (good, failed, pending: nothing but evidence is missing).",
            &["outcome"],
        );
        // An alert that compares the three has to find each of them before it happened once.
        for outcome in ["good", "failed", "pending"] {
            verdicts.with_label_values(&[outcome]);
        }
        Self {
            messages: register.counter(
                "signet_smime_messages_total",
                "S/MIME messages that were stored, by the smimeStatus that they began with; once for each account.",
                &["status"],
            ),
            problems: register.counter(
                "signet_smime_problems_total",
                "Problems that were found when messages were examined and when chains were evaluated, by code.",
                &["code"],
            ),
            facts_seconds: register.seconds(
                "signet_smime_facts_seconds",
                "How long it took to examine a message that is S/MIME in some form.",
                &[],
                COMPUTED,
            ),
            verdicts,
            verdict_seconds: register.seconds(
                "signet_verdict_seconds",
                "How long an evaluation of a chain took, beside the reading of what it rests on.",
                &[],
                COMPUTED,
            ),
            moved_messages: register.count(
                "signet_verdict_moved_messages_total",
                "Messages whose status or errors a verdict changed.",
            ),
            due: register.known(
                "signet_verdicts_due",
                "Verdicts that wait for an evaluation, up to 100000; of all nodes.",
            ),
            stale: register.known(
                "signet_verdicts_stale",
                "Verdicts that have waited for longer than two intervals of the worker, up to 100000; of all nodes.",
            ),
            evidence_oldest: register.known(
                "signet_evidence_oldest_seconds",
                "Age of the oldest evidence that is the newest of its issuer and still current; evidence from mail aside.",
            ),
            evidence_expired: register.known(
                "signet_evidence_expired",
                "Issuers whose newest evidence is past its nextUpdate; evidence from mail aside.",
            ),
            fetches: register.counter(
                "signet_fetches_total",
                "Attempts to fetch evidence, by kind (crl, ocsp, issuer) and outcome (ok, unchanged, or why it failed).",
                &["kind", "outcome"],
            ),
            fetch_seconds: register.seconds(
                "signet_fetch_seconds",
                "How long attempts to fetch evidence took, by kind; waiting for a turn included.",
                &["kind"],
                DEFAULT_BUCKETS,
            ),
            sources_due: register
                .gauge("signet_sources_due", "Sources of evidence that are due to be fetched; of all nodes."),
            sources_failing: register.gauge(
                "signet_sources_failing",
                "Sources of evidence whose last attempt failed; of all nodes.",
            ),
        }
    }
}

impl Metrics {
    /// Notes an S/MIME message that was stored, by its first smimeStatus.
    pub fn smime_message(&self, status: &str) {
        self.verification.messages.with_label_values(&[status]).inc();
    }

    /// Notes a problem that was found in a message or a chain. `code` is one of the codes that there are.
    pub fn smime_problem(&self, code: &str) {
        self.verification.problems.with_label_values(&[code]).inc();
    }

    /// Notes that an S/MIME message was examined.
    pub fn smime_facts(&self, took: Duration) {
        observe(&self.verification.facts_seconds, took);
    }

    /// Notes an evaluation of a chain: `good`, `failed`, or `pending`.
    pub fn verdict(&self, outcome: &str, took: Duration) {
        self.verification.verdicts.with_label_values(&[outcome]).inc();
        observe(&self.verification.verdict_seconds, took);
    }

    /// Notes how many messages a verdict moved.
    pub fn verdict_moved(&self, messages: u64) {
        self.verification.moved_messages.inc_by(messages);
    }

    /// Notes how many verdicts wait for an evaluation, and how many of them for too long; none if that is not known.
    pub fn verdicts_waiting(&self, due: Option<i64>, stale: Option<i64>) {
        self.verification.due.set(due);
        self.verification.stale.set(stale);
    }

    /// Notes the age in seconds of the oldest evidence that is current, if there is any, and for how many issuers there
    /// is none that is; none if that is not known.
    pub fn evidence(&self, oldest_seconds: Option<i64>, expired: Option<i64>) {
        self.verification.evidence_oldest.set(oldest_seconds);
        self.verification.evidence_expired.set(expired);
    }

    /// Notes an attempt to fetch evidence. `kind` and `outcome` are words of the program's.
    pub fn fetch(&self, kind: &str, outcome: &str, took: Duration) {
        self.verification.fetches.with_label_values(&[kind, outcome]).inc();
        self.verification.fetch_seconds.with_label_values(&[kind]).observe(took.as_secs_f64());
    }

    /// Notes how many sources of evidence are due, and how many fail.
    pub fn sources(&self, due: i64, failing: i64) {
        self.verification.sources_due.set(due);
        self.verification.sources_failing.set(failing);
    }
}

fn observe(histogram: &HistogramVec, took: Duration) {
    histogram.with_label_values::<&str>(&[]).observe(took.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(metrics: &Metrics) -> String {
        String::from_utf8(metrics.to_text()).unwrap()
    }

    #[test]
    fn gauges_that_are_not_known_are_not_told() {
        let metrics = Metrics::new();
        metrics.verdicts_waiting(Some(3), Some(0));
        metrics.evidence(None, Some(2));
        let told = text(&metrics);
        for line in ["signet_verdicts_due 3\n", "signet_verdicts_stale 0\n", "signet_evidence_expired 2\n"] {
            assert!(told.contains(line), "{line} in {told}");
        }
        assert!(!told.contains("signet_evidence_oldest_seconds "));
        metrics.verdicts_waiting(None, None);
        assert!(!text(&metrics).contains("signet_verdicts_due "));
    }

    #[test]
    fn evaluations_and_fetches_are_counted_and_timed() {
        let metrics = Metrics::new();
        metrics.verdict("good", Duration::from_millis(2));
        metrics.fetch("crl", "timeout", Duration::from_secs(3));
        metrics.sources(5, 1);
        metrics.verdict_moved(7);
        let told = text(&metrics);
        for line in [
            "signet_verdicts_total{outcome=\"good\"} 1\n",
            "signet_verdicts_total{outcome=\"pending\"} 0\n",
            "signet_verdict_seconds_bucket{le=\"0.0025\"} 1\n",
            "signet_verdict_seconds_bucket{le=\"0.001\"} 0\n",
            "signet_fetches_total{kind=\"crl\",outcome=\"timeout\"} 1\n",
            "signet_fetch_seconds_count{kind=\"crl\"} 1\n",
            "signet_sources_due 5\n",
            "signet_sources_failing 1\n",
            "signet_verdict_moved_messages_total 7\n",
        ] {
            assert!(told.contains(line), "{line} in {told}");
        }
    }
}
