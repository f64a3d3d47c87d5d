//! Evaluating verdicts that were claimed: what they share is loaded once, and all processors take part.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::Trust;
use super::fetching::Next;
use crate::smime::{
    Certificate, Code, Explanation, Intervals, Policy, Problem, TrustMaterial, Verdict, Work, explain,
};
use crate::store::proof;
use crate::store::signer::SignerId;
use crate::store::verdict::{Claim, groups, material, store};
use crate::store::weakness::accepted;
use crate::store::{StoreError, Transaction, trust};
use crate::telemetry::Metrics;

/// Verdicts are locked no longer than this for the evaluation of others; one that takes longer is evaluated alone.
const LONGEST: Duration = Duration::from_secs(1);

/// How soon a verdict is tried again whose evaluation failed for a fault of ours.
const SOON: chrono::Duration = chrono::Duration::hours(1);

type Member = (Claim, Certificate);

/// What became of verdicts that were due.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// The signers whose verdicts are not due any more.
    pub(super) signers: Vec<SignerId>,
    /// How many were evaluated and are due still.
    pub(super) again: u64,
}

impl Trust {
    /// Evaluates claims and stores their verdicts, but those of verdicts that wait for what they lack. There is time for
    /// at least one; the others are due as before.
    pub(super) async fn settle(
        &self,
        transaction: &Transaction<'_>,
        claims: &[Claim],
        time: Duration,
    ) -> Result<Settled, StoreError> {
        if claims.is_empty() {
            return Ok(Settled::default());
        }
        let until = Instant::now() + time.min(LONGEST);
        let anchors: Vec<_> = trust::anchors(transaction).await?.into_iter().map(Into::into).collect();
        let policy = Policy { weak: accepted(transaction).await?, ..self.policy.clone() };
        let mut evaluated = Vec::new();
        // One group after the other: what they are evaluated with may be large.
        for group in groups(transaction, claims).await? {
            if !evaluated.is_empty() && Instant::now() >= until {
                break;
            }
            let material = Arc::new(material(transaction, &group, &anchors).await?);
            evaluated.extend(self.explain(group.members, &material, &policy, transaction.now(), until).await);
        }
        let (mut settled, mut verdicts) = (Settled::default(), Vec::with_capacity(evaluated.len()));
        for (claim, explanation) in evaluated {
            match self.note_wants(transaction, claim.signer, &explanation).await? {
                Next::Settle => {
                    settled.signers.push(claim.signer);
                    verdicts.push((claim, explanation));
                }
                Next::Wait => settled.signers.push(claim.signer),
                Next::Repeat => settled.again += 1,
            }
        }
        let proved: Vec<_> =
            verdicts.iter().map(|(claim, explanation)| (claim.signer, explanation)).collect();
        proof::note(transaction, &proved).await?;
        store(transaction, &verdicts).await?;
        Ok(settled)
    }

    /// Evaluates away from the threads that serve requests: a chain of RSA keys costs milliseconds.
    async fn explain(
        &self,
        members: Vec<Member>,
        material: &Arc<TrustMaterial>,
        policy: &Policy,
        now: DateTime<Utc>,
        until: Instant,
    ) -> Vec<(Claim, Explanation)> {
        let shares = shares(members);
        let work = shares.into_iter().map(|share| {
            let (material, policy, metrics) = (Arc::clone(material), policy.clone(), self.metrics.clone());
            tokio::task::spawn_blocking(move || explain_some(share, &material, &policy, now, until, &metrics))
        });
        let mut evaluated = Vec::new();
        for share in work.collect::<Vec<_>>() {
            match share.await {
                Ok(explanations) => evaluated.extend(explanations),
                // The runtime ends; what was not evaluated stays due.
                Err(error) => tracing::warn!(%error, "the evaluation of chains was given up"),
            }
        }
        evaluated
    }
}

/// A share of the work for each processor.
fn shares(members: Vec<Member>) -> Vec<Vec<Member>> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get).min(members.len());
    let mut shares: Vec<Vec<Member>> = (0..processors).map(|_| Vec::new()).collect();
    for (at, member) in members.into_iter().enumerate() {
        if let Some(share) = shares.get_mut(at % processors) {
            share.push(member);
        }
    }
    shares
}

/// Evaluates one after the other while there is time, the first in any case.
fn explain_some(
    members: Vec<Member>,
    material: &TrustMaterial,
    policy: &Policy,
    now: DateTime<Utc>,
    until: Instant,
    metrics: &Metrics,
) -> Vec<(Claim, Explanation)> {
    let mut explained = Vec::new();
    for (claim, leaf) in members {
        if !explained.is_empty() && Instant::now() >= until {
            break;
        }
        let started = Instant::now();
        // What strangers mail meets parsers here. One that fails must not take others with it.
        let outcome = catch_unwind(AssertUnwindSafe(|| explain(&leaf, material, policy, now)));
        let explanation = outcome.unwrap_or_else(|_| {
            tracing::error!(signer = claim.signer.0, "the evaluation of a chain panicked");
            unevaluated(now)
        });
        note(metrics, &explanation.verdict, started.elapsed());
        explained.push((claim, explanation));
    }
    explained
}

fn note(metrics: &Metrics, verdict: &Verdict, took: Duration) {
    let wants_evidence =
        |problem: &Problem| matches!(problem.code, Code::RevocationUnavailable | Code::RevocationExpired);
    let outcome = match verdict.problems.as_slice() {
        [] => "good",
        problems if problems.iter().all(wants_evidence) => "pending",
        _ => "failed",
    };
    metrics.verdict(outcome, took);
    verdict.problems.iter().for_each(|problem| metrics.smime_problem(problem.code.as_str()));
}

/// A chain that cannot be evaluated is not good, and it is tried again before long.
fn unevaluated(now: DateTime<Utc>) -> Explanation {
    Explanation {
        verdict: Verdict {
            problems: vec![Problem::new(Code::InvalidChain).with("rule", "evaluation")],
            good: Intervals::default(),
            undetermined: Intervals(vec![(None, None)]),
            expires_at: now + SOON,
        },
        path: Vec::new(),
        evidence: Vec::new(),
        wanted: Vec::new(),
        work: Work::default(),
    }
}
