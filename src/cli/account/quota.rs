//! `signet account quota`.

use std::process::ExitCode;

use super::{DatabaseArgs, named};
use crate::cli::CommandResult;
use crate::store::quota::{self, OwnLimit, Resource};

/// The largest limit that clients can be told (RFC 8620 §1.3).
const MAX_LIMIT: i64 = (1 << 53) - 1;

/// Show how much an account holds and may hold, or change how much it may hold
///
/// A LIMIT is a number, `none` for no limit, or `default` for that of the configuration.
#[derive(Debug, clap::Args)]
pub(super) struct QuotaCommand {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The account's name
    account: String,

    /// Octets of messages that it may hold
    #[arg(long, value_name = "LIMIT", value_parser = limit)]
    octets: Option<OwnLimit>,

    /// Emails that it may hold
    #[arg(long, value_name = "LIMIT", value_parser = limit)]
    emails: Option<OwnLimit>,
}

impl QuotaCommand {
    pub(super) async fn run(self) -> CommandResult {
        let store = self.database.open().await?;
        let account = named(&store, &self.account).await?;
        let standing =
            async || store.transaction("cli/quota", async |t| quota::standing(t, account).await).await;
        let mut own = standing().await?.own;
        if self.octets.is_some() || self.emails.is_some() {
            own.octets = self.octets.unwrap_or(own.octets);
            own.emails = self.emails.unwrap_or(own.emails);
            quota::set(&store, account, own).await?;
        }
        let standing = standing().await?;
        let limits = standing.limits(store.default_limits());
        for (name, resource) in [("octets", Resource::Octets), ("emails", Resource::Emails)] {
            let limit = limits.of(resource).map_or_else(|| "no limit".to_owned(), |limit| limit.to_string());
            let origin = if own.of(resource) == OwnLimit::Default { "default" } else { "its own" };
            println!("{name}\t{} of {limit} ({origin})", standing.used.of(resource));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn limit(text: &str) -> Result<OwnLimit, String> {
    match text {
        "none" => Ok(OwnLimit::Unlimited),
        "default" => Ok(OwnLimit::Default),
        number => match number.parse() {
            Ok(limit @ 0..=MAX_LIMIT) => Ok(OwnLimit::At(limit)),
            _ => Err(format!("neither a number up to {MAX_LIMIT}, nor `none`, nor `default`")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_numbers_or_words() {
        assert_eq!(limit("none"), Ok(OwnLimit::Unlimited));
        assert_eq!(limit("default"), Ok(OwnLimit::Default));
        assert_eq!(limit("0"), Ok(OwnLimit::At(0)));
        assert!(limit("-1").is_err() && limit("1G").is_err() && limit("9007199254740992").is_err());
    }
}
