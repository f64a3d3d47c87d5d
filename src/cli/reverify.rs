//! Evaluating what became due, with progress, after anchors or evidence changed. Nodes that run do the same work;
//! whoever is first takes each step, and all of it is counted, wherever it is done.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::store::reverification::{Progress, ReverificationId, progress};
use crate::trust::Trust;

/// How often is looked what others have done.
const LOOK: Duration = Duration::from_millis(200);
/// How often it is told where nobody sees a bar.
const TELL: Duration = Duration::from_secs(10);

/// Works until nothing of a reverification is left, and tells what came of it.
pub(super) async fn drain(trust: &Trust, id: ReverificationId) -> anyhow::Result<()> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} verdicts, {msg}")?;
    let bar = ProgressBar::new(0).with_style(style);
    let (mut seen, mut look, mut told) = (progress_of(trust, id).await?, Instant::now(), Instant::now());
    while seen.waiting > 0 {
        let worked = trust.work().await?;
        if worked.is_some() && look.elapsed() < LOOK {
            continue;
        }
        if worked.is_none() {
            // Others have the rest under way.
            tokio::time::sleep(LOOK).await;
        }
        (seen, look) = (progress_of(trust, id).await?, Instant::now());
        bar.set_length(seen.total);
        bar.set_position(seen.verdicts);
        bar.set_message(format!("{} messages changed", seen.moved.emails));
        if bar.is_hidden() && told.elapsed() >= TELL {
            tell(&seen);
            told = Instant::now();
        }
    }
    bar.finish_and_clear();
    tell(&seen);
    Ok(())
}

fn tell(seen: &Progress) {
    let left = if seen.waiting > 0 { format!(" of {}", seen.total) } else { String::new() };
    println!(
        "verdicts evaluated: {}{left}; messages changed: {} (status: {}, status at delivery: {})",
        seen.verdicts, seen.moved.emails, seen.moved.statuses, seen.moved.statuses_at_delivery
    );
    if seen.put_off > 0 {
        println!("put off: {}; the log tells why, and they are tried again in some minutes", seen.put_off);
    }
}

/// What is not known any more is done.
async fn progress_of(trust: &Trust, id: ReverificationId) -> anyhow::Result<Progress> {
    let seen = trust
        .store()
        .transaction("reverify/progress", async |transaction| progress(transaction, id).await)
        .await?;
    Ok(seen.unwrap_or_default())
}
