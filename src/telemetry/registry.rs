//! Metrics as they are made: named, with a help text, and registered once.

use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

/// Where the metrics of one node are registered.
#[derive(Clone, Debug, Default)]
pub(super) struct Register(Registry);

impl Register {
    /// The registry, to gather from.
    pub(super) fn registry(&self) -> &Registry {
        &self.0
    }

    /// A counter, one for each combination of the labels' values.
    pub(super) fn counter(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        let counter = IntCounterVec::new(Opts::new(name, help), labels);
        self.registered(counter.expect("the name and the labels are well-formed"))
    }

    /// A counter without labels.
    pub(super) fn count(&self, name: &str, help: &str) -> IntCounter {
        self.registered(IntCounter::new(name, help).expect("the name is well-formed"))
    }

    /// A histogram of seconds, with the upper bounds of its buckets.
    pub(super) fn seconds(&self, name: &str, help: &str, labels: &[&str], bounds: &[f64]) -> HistogramVec {
        let options = HistogramOpts::new(name, help).buckets(bounds.to_vec());
        let histogram = HistogramVec::new(options, labels);
        self.registered(histogram.expect("the name, the labels and the bounds are well-formed"))
    }

    /// A gauge.
    pub(super) fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.registered(IntGauge::new(name, help).expect("the name is well-formed"))
    }

    /// A gauge, one for each value of a label.
    pub(super) fn gauges(&self, name: &str, help: &str, label: &str) -> IntGaugeVec {
        let gauges = IntGaugeVec::new(Opts::new(name, help), &[label]);
        self.registered(gauges.expect("the name and the label are well-formed"))
    }

    /// A gauge that is not told while its value is not known.
    pub(super) fn known(&self, name: &str, help: &str) -> Known {
        let gauge = IntGaugeVec::new(Opts::new(name, help), &[]);
        Known(self.registered(gauge.expect("the name is well-formed")))
    }

    /// What the system tells of this process.
    pub(super) fn of_this_process(&self) {
        let process = ProcessCollector::for_self();
        self.0.register(Box::new(process)).expect("the process is registered once");
    }

    fn registered<C: Collector + Clone + 'static>(&self, collector: C) -> C {
        self.0
            .register(Box::new(collector.clone()))
            .expect("each metric is registered once in a registry of its own");
        collector
    }
}

/// A gauge whose value is read from the database, which may not answer: an old value would say that all is well.
#[derive(Clone, Debug)]
pub(super) struct Known(IntGaugeVec);

impl Known {
    pub(super) fn set(&self, value: Option<i64>) {
        match value {
            Some(value) => self.0.with_label_values::<&str>(&[]).set(value),
            None => self.0.reset(),
        }
    }
}
