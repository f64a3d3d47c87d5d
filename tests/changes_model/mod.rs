//! A client that keeps its copy by /changes and /queryChanges alone has the truth after every step (RFC 8620 §5.2 and
//! §5.6), whatever happens to the account and whichever of two nodes it asks. A history that fails shrinks to a short
//! one.

mod account;
mod lists;
mod records;
mod steps;
mod verdicts;

use std::cell::{Cell, RefCell};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use account::{Nodes, TestAccount};
use lists::{Kept, queries};
use records::Copy;
use steps::{Step, step};

use crate::support::audit::audit;

/// So many histories of at most so many steps. [`MORE`] says how many there are to be instead.
const HISTORIES: u32 = 60;
const MORE: &str = "SIGNET_HISTORIES";
const STEPS: usize = 60;
/// So many queries are followed through one history.
const QUERIES: usize = 6;
/// A client that comes back now and then comes after so many steps.
const ABSENCE: usize = 9;

/// What is right or wrong after a step; the text says what.
pub(super) type Checked = Result<(), TestCaseError>;

/// A history, and which queries are followed through it: each with how many steps it may lag behind.
fn history() -> impl Strategy<Value = (Vec<Step>, Vec<(usize, usize)>)> {
    let followed = vec((0..queries("").len(), 1..6_usize), QUERIES);
    (vec(step(), STEPS / 3..=STEPS), followed)
}

#[test]
fn a_copy_kept_by_changes_is_the_truth() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let nodes = runtime.block_on(Nodes::new());
    let (steps, accounts) = (Cell::new(0), Cell::new(0));
    let told = RefCell::new(Told::default());
    let histories = std::env::var(MORE).map_or(HISTORIES, |histories| histories.parse().unwrap());
    let config =
        Config { cases: histories, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(&history(), |(history, followed)| {
        steps.set(steps.get() + history.len());
        accounts.set(accounts.get() + 1);
        let account = runtime.block_on(nodes.account(&format!("history{}@example.org", accounts.get())));
        runtime.block_on(replay(&account, &history, &followed, &mut told.borrow_mut()))
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    runtime.block_on(async {
        audit(nodes.database.client()).await;
        drop(nodes);
    });
    // The histories mean something only if much happens in them.
    let told = told.into_inner();
    assert!(steps.get() > 2_000, "only {} steps", steps.get());
    assert!(told.moved > 1_000 && told.held_back > 100 && told.forgotten > 20, "{told:?}");
}

/// What the copies were told, over all histories.
#[derive(Debug, Default)]
struct Told {
    /// Changes of lists.
    moved: usize,
    /// Answers that left out what comes after the client's part of a list.
    held_back: usize,
    /// Answers that changes are not known any more.
    forgotten: usize,
}

async fn replay(
    account: &TestAccount<'_>,
    history: &[Step],
    followed: &[(usize, usize)],
    told: &mut Told,
) -> Checked {
    let all = queries(&account.inbox);
    let mut copies = Copy::of_all(account).await;
    let mut seldom = Copy::of_emails(account).await;
    let mut lists = Vec::new();
    for (query, lag) in followed {
        lists.push((*lag, Kept::new(account, all[*query].clone()).await));
    }
    for (at, step) in history.iter().enumerate() {
        let [emails, _, mailboxes] = &copies;
        account.act(step, at, &emails.ids(), &mailboxes.ids()).await?;
        for copy in &mut copies {
            copy.follow(account, at, told).await?;
        }
        if at % ABSENCE == ABSENCE - 1 {
            seldom.follow(account, at, told).await?;
        }
        for (lag, list) in &mut lists {
            if at % *lag == 0 || at + 1 == history.len() {
                list.follow(account, at, told).await?;
            }
        }
        account.compare_counters(at, copies[2].nth(at)).await?;
    }
    Ok(())
}
