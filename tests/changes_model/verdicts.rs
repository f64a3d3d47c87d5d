//! Lists by verdicts are followed too, while trust comes and goes and certificates expire (RFC 9219 §4.2).

use std::cell::RefCell;

use chrono::Duration;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use signet::store::trust::{add_anchor, remove_anchor};

use super::account::{Nodes, TestAccount};
use super::lists::{Kept, by_verdict};
use super::{Checked, Told};
use crate::support::audit::audit;
use crate::support::node::at;
use crate::support::pki::Identity;
use crate::trust::{DELIVERED, Pki};

const HISTORIES: u32 = 10;
const STEPS: usize = 24;

#[derive(Clone, Debug)]
enum Turn {
    /// A message comes, signed by somebody or by nobody.
    Mail { signer: Option<usize> },
    /// The root becomes a trust anchor.
    Trust,
    /// It is one no more.
    Distrust,
    /// A day goes by, after which one certificate is good no more.
    Tomorrow,
    /// The first email is marked.
    Mark,
    /// The first email is destroyed.
    Destroy,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        4 => proptest::option::weighted(0.8, 0..2_usize).prop_map(|signer| Turn::Mail { signer }),
        2 => Just(Turn::Trust),
        1 => Just(Turn::Distrust),
        1 => Just(Turn::Tomorrow),
        1 => Just(Turn::Mark),
        1 => Just(Turn::Destroy),
    ]
}

#[test]
fn lists_by_verdicts_are_followed_while_trust_and_time_move_on() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let pki = Pki::new();
    let signers = [pki.ann(|_| {}), pki.ann(|spec| spec.not_after = at("2026-03-02T08:00:00Z"))];
    let told = RefCell::new(Told::default());
    let config =
        Config { cases: HISTORIES, failure_persistence: None, max_shrink_iters: 100, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(&vec(turn(), STEPS / 2..=STEPS), |history| {
        let told = &mut *told.borrow_mut();
        runtime.block_on(async {
            let nodes = Nodes::new().await;
            let account = nodes.account("ann@example.org").await;
            replay(&nodes, &account, &pki, &signers, &history, told).await?;
            audit(nodes.database.client()).await;
            Ok(())
        })
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let told = told.into_inner();
    assert!(told.moved > 100, "{told:?}");
}

async fn replay(
    nodes: &Nodes,
    account: &TestAccount<'_>,
    pki: &Pki,
    signers: &[Identity; 2],
    history: &[Turn],
    told: &mut Told,
) -> Checked {
    let mut lists = Vec::new();
    for query in by_verdict() {
        lists.push(Kept::new(account, query).await);
    }
    for (step, turn) in history.iter().enumerate() {
        take(nodes, account, pki, signers, turn, step).await;
        for (index, list) in lists.iter_mut().enumerate() {
            if step % (index + 1) == 0 || step + 1 == history.len() {
                list.follow(account, step, told).await?;
            }
        }
    }
    Ok(())
}

async fn take(
    nodes: &Nodes,
    account: &TestAccount<'_>,
    pki: &Pki,
    signers: &[Identity; 2],
    turn: &Turn,
    step: usize,
) {
    let number = step as u32;
    match turn {
        Turn::Mail { signer } => {
            let raw = match signer {
                Some(signer) => pki.message(&signers[*signer], number),
                None => format!("From: ann@example.org\r\nMessage-ID: <{number}@x>\r\n\r\n{number}\r\n")
                    .into_bytes(),
            };
            account.import(&raw, DELIVERED).await;
        }
        Turn::Trust => {
            let anchor = pki.anchor(nodes.clock.now());
            let added = nodes.store.transaction("test", async |t| add_anchor(t, &anchor).await);
            added.await.unwrap();
        }
        Turn::Distrust => {
            let fingerprint = pki.root.certificate.fingerprint();
            let removed = nodes.store.transaction("test", async |t| remove_anchor(t, &fingerprint).await);
            removed.await.unwrap();
        }
        Turn::Tomorrow => nodes.clock.set(nodes.clock.now() + Duration::days(1)),
        Turn::Mark | Turn::Destroy => {
            let found = account.one("Email/query", json!({"limit": 1})).await;
            let Some(first) = found["ids"][0].as_str() else { return };
            let change = match turn {
                Turn::Mark => json!({"update": {first: {"keywords/$seen": true}}}),
                _ => json!({"destroy": [first]}),
            };
            let set: Value = account.one("Email/set", change).await;
            assert!(set["oldState"].is_string(), "{set}");
        }
    }
}
