//! Evaluating what became due, with progress, after anchors or evidence changed. Nodes that run do the same work;
//! whoever is first takes each verdict.

use indicatif::{ProgressBar, ProgressStyle};

use crate::store::trust::due_verdicts;
use crate::trust::Trust;

/// Evaluates until nothing is due, and tells how many verdicts and messages it moved.
pub(super) async fn drain(trust: &Trust) -> anyhow::Result<()> {
    let now = trust.store().clock().now();
    let (due, _) = trust
        .store()
        .transaction("trust/due", async |transaction| due_verdicts(transaction, now).await)
        .await?;
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} verdicts, {eta} left")?;
    let bar = ProgressBar::new(due.max(0) as u64).with_style(style);
    let (mut verdicts, mut emails) = (0_u64, 0_u64);
    while let Some(moved) = trust.refresh_next().await? {
        verdicts += 1;
        emails += moved.emails;
        bar.inc(1);
    }
    bar.finish_and_clear();
    println!("evaluated {verdicts} verdicts here, which changed {emails} messages");
    Ok(())
}
