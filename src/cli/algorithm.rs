//! `signet algorithm`.

use std::process::ExitCode;

use anyhow::Context;
use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::{CommandResult, DatabaseArgs, block_on, reverify};
use crate::smime::Weakness;
use crate::store::weakness::{accept, accepted, refuse};
use crate::wire::date::utc_date;

/// Decide before when weak algorithms are accepted: an archive has mail that was sound when it came
#[derive(Debug, clap::Args)]
pub(super) struct Algorithm {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Accept(Accept),
    Refuse(Refuse),
    List(List),
}

/// Accept what is weak before a time; messages that failed for it are judged again, at delivery too
///
/// Each of a message's two statuses compares its own instant with the time: smimeStatusAtDelivery the message's
/// receivedAt, smimeStatus the present. So a time in the past lifts the problem from smimeStatusAtDelivery alone.
#[derive(Debug, clap::Args)]
struct Accept {
    #[command(flatten)]
    database: DatabaseArgs,

    /// sha1 or md5 as the digest that is signed, or short-key: RSA and DSA keys of 1024 to 2047 bits, EC keys under 256
    #[arg(value_name = "WEAKNESS", value_parser = parse_weakness)]
    weakness: Weakness,

    /// The first instant at which it is accepted no more, like 2015-01-01 or 2015-01-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    before: DateTime<Utc>,
}

/// Accept it at no time again; statuses at delivery stay as they were
#[derive(Debug, clap::Args)]
struct Refuse {
    #[command(flatten)]
    database: DatabaseArgs,

    /// sha1, md5 or short-key
    #[arg(value_name = "WEAKNESS", value_parser = parse_weakness)]
    weakness: Weakness,
}

/// List before when weak algorithms are accepted
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Algorithm {
    pub(super) fn run(self) -> CommandResult {
        block_on(async {
            match self.action {
                Action::Accept(accept) => accept.run().await,
                Action::Refuse(refuse) => refuse.run().await,
                Action::List(list) => list.run().await,
            }
        })
    }
}

impl Accept {
    async fn run(self) -> CommandResult {
        let trust = self.database.open_trust().await?;
        let (weakness, before) = (self.weakness, self.before);
        let begun = trust
            .store()
            .transaction("algorithm/accept", async |transaction| accept(transaction, weakness, before).await);
        let begun = begun.await?;
        println!("{} is accepted before {}", weakness.as_str(), utc_date(before));
        if let Some(reverification) = begun {
            reverify::drain(&trust, reverification).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Refuse {
    async fn run(self) -> CommandResult {
        let trust = self.database.open_trust().await?;
        let weakness = self.weakness;
        let begun = trust
            .store()
            .transaction("algorithm/refuse", async |transaction| refuse(transaction, weakness).await)
            .await?;
        let reverification =
            begun.with_context(|| format!("{} is accepted at no time anyway", weakness.as_str()))?;
        println!("{} is accepted at no time", weakness.as_str());
        reverify::drain(&trust, reverification).await?;
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self) -> CommandResult {
        let store = self.database.open().await?;
        let accepted = store.transaction("algorithm/list", async |t| accepted(t).await).await?;
        for weakness in Weakness::ALL {
            let before = accepted.before(weakness);
            let until = before.map_or("refused".to_owned(), |at| format!("accepted before {}", utc_date(at)));
            println!("{}\t{until}", weakness.as_str());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// `sha1=2015-01-01`.
pub(super) fn parse_acceptance(text: &str) -> Result<(Weakness, DateTime<Utc>), String> {
    let (name, time) = text.split_once('=').ok_or("write it like sha1=2015-01-01")?;
    Ok((parse_weakness(name)?, parse_time(time)?))
}

fn parse_weakness(name: &str) -> Result<Weakness, String> {
    let names = || Weakness::ALL.map(Weakness::as_str).join(", ");
    Weakness::parse(name).ok_or_else(|| format!("it is one of {}", names()))
}

/// An instant, or a day in UTC, which stands for its beginning.
fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    let of_day = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let time = text.parse().map(of_day).or_else(|_| DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()));
    time.ok()
        .filter(|at| (1..=9999).contains(&at.year()))
        .ok_or_else(|| "write it like 2015-01-01 or 2015-01-01T12:00:00Z".to_owned())
}
