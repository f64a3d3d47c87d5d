//! What compiling a query and cutting text into words costs: `cargo bench --bench query`.
//!
//! Absolute times belong to one machine. What can be compared is the ratio of figures of one run: a deep filter against
//! a simple one, the words of a text against folding it.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on should stop where it stands")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use signet::query::Window;
use signet::query::email::{EmailQuery, compile};
use signet::text::{Document, fold};
use signet::wire::email_filter::parse_filter;
use signet::wire::ids::AccountId;

fn filters(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    for (name, filter) in [("simple", json!({"inMailbox": "m1"})), ("deep", deep(6))] {
        let filter = parse_filter(Some(&filter), true).unwrap();
        let query = EmailQuery {
            account: AccountId(1),
            filter: filter.as_ref(),
            sort: &[],
            window: Window::Position(0),
            limit: Some(50),
            collapse_threads: true,
            calculate_total: true,
        };
        group.bench_function(name, |b| b.iter(|| compile(black_box(&query))));
    }
    group.finish();
}

/// A tree of so many levels: two to the power of levels leaves of three conditions each.
fn deep(levels: u32) -> Value {
    if levels == 0 {
        return json!({"text": "lamps", "hasVerifiedSmime": true, "notKeyword": "$seen"});
    }
    let operator = ["AND", "OR", "NOT"][levels as usize % 3];
    json!({"operator": operator, "conditions": [deep(levels - 1), deep(levels - 1)]})
}

fn words(criterion: &mut Criterion) {
    let body: String = (0..10 << 10).step_by(8).map(|at| format!("w{:06} ", at * 7919 % 1_000_000)).collect();
    let document = Document { body: body.clone(), ..Document::default() };
    let mut group = criterion.benchmark_group("10 KB of text");
    group.bench_function("fold", |b| b.iter(|| fold(black_box(&body))));
    group.bench_function("words", |b| b.iter(|| black_box(&document).body()));
    group.finish();
}

criterion_group!(benches, filters, words);
criterion_main!(benches);
