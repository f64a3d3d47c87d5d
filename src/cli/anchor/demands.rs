//! The flags for what is demanded of the chains that end at an anchor, and how it is shown.

use anyhow::ensure;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::smime::{AnchorPolicy, Revocation, is_algorithm_name};
use crate::wire::date::utc_date;

/// How many algorithms or policies an anchor can name.
const MOST_NAMES: usize = 64;

/// What is demanded of the chains that end at an anchor.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Demands {
    /// When evidence of revocation is required below it: hard, named, soft or off; `default` is what the configuration says
    #[arg(long, value_name = "WHEN", value_parser = revocation)]
    revocation: Option<Choice<Revocation>>,

    /// Trust it from this instant on (2026-01-31, or 2026-01-31T12:00:00Z); `none` is from ever
    #[arg(long, value_name = "DATE", value_parser = instant)]
    from: Option<Choice<DateTime<Utc>>>,

    /// Trust it up to this instant; `none` is for ever
    #[arg(long, value_name = "DATE", value_parser = instant)]
    until: Option<Choice<DateTime<Utc>>>,

    /// An algorithm that may sign certificates below it: rsa, rsa-pss, ecdsa, dsa, ed25519, ed448, alone or with a digest
    /// (ecdsa-sha384); `any` is all. Can be given several times
    #[arg(long = "algorithm", value_name = "NAME", value_parser = algorithm)]
    algorithms: Vec<String>,

    /// A certificate policy, one of which must hold for the whole chain; `any` is all. Can be given several times
    #[arg(long = "policy", value_name = "OID", value_parser = policy)]
    policies: Vec<String>,
}

/// A value, or the word for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice<T> {
    None,
    Some(T),
}

impl<T> From<Choice<T>> for Option<T> {
    fn from(choice: Choice<T>) -> Self {
        match choice {
            Choice::None => None,
            Choice::Some(value) => Some(value),
        }
    }
}

const ANY: &str = "any";

impl Demands {
    /// A policy with what the flags say, and of the rest what it says already.
    pub(super) fn over(self, mut policy: AnchorPolicy) -> anyhow::Result<AnchorPolicy> {
        if let Some(revocation) = self.revocation {
            policy.revocation = revocation.into();
        }
        if let Some(from) = self.from {
            policy.trusted_from = from.into();
        }
        if let Some(until) = self.until {
            policy.trusted_until = until.into();
        }
        if !self.algorithms.is_empty() {
            policy.algorithms = names(self.algorithms, "algorithm")?;
        }
        if !self.policies.is_empty() {
            policy.policies = names(self.policies, "policy")?;
        }
        if let (Some(from), Some(until)) = (policy.trusted_from, policy.trusted_until) {
            ensure!(
                from < until,
                "it would be trusted from {} until {}, which is never",
                utc_date(from),
                utc_date(until)
            );
        }
        Ok(policy)
    }
}

/// What a policy demands, in words, and nothing where it demands nothing.
pub(super) fn told(policy: &AnchorPolicy) -> Vec<String> {
    let list =
        |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what} {}", names.join(" ")));
    [
        policy.revocation.map(|revocation| format!("revocation {}", revocation.as_str())),
        policy.trusted_from.map(|from| format!("from {}", utc_date(from))),
        policy.trusted_until.map(|until| format!("until {}", utc_date(until))),
        list("algorithms", &policy.algorithms),
        list("policies", &policy.policies),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Each name once; none for any.
fn names(mut names: Vec<String>, what: &str) -> anyhow::Result<Vec<String>> {
    if names.iter().any(|name| name == ANY) {
        ensure!(names.len() == 1, "either any {what}, or those that you name");
        return Ok(Vec::new());
    }
    ensure!(names.len() <= MOST_NAMES, "name {MOST_NAMES} at most");
    names.sort();
    names.dedup();
    Ok(names)
}

fn revocation(word: &str) -> Result<Choice<Revocation>, String> {
    if word == "default" {
        return Ok(Choice::None);
    }
    let known = "it is hard, named, soft, off or default";
    Revocation::parse(word).map(Choice::Some).ok_or_else(|| known.to_owned())
}

fn instant(text: &str) -> Result<Choice<DateTime<Utc>>, String> {
    if text == "none" {
        return Ok(Choice::None);
    }
    let day =
        || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let instant = DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc()).or_else(day);
    let known = "it is a day as 2026-01-31, an instant as 2026-01-31T12:00:00Z, or none";
    instant.map(Choice::Some).ok_or_else(|| known.to_owned())
}

fn algorithm(name: &str) -> Result<String, String> {
    if name == ANY || is_algorithm_name(name) {
        return Ok(name.to_owned());
    }
    Err("it is rsa, rsa-pss, ecdsa, dsa, ed25519 or ed448, with a digest if you like (rsa-sha256), or any"
        .to_owned())
}

fn policy(oid: &str) -> Result<String, String> {
    // OpenSSL would take a name of its own list too.
    let has_form = oid.contains('.') && oid.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_policy = oid == ANY || has_form && openssl::asn1::Asn1Object::from_str(oid).is_ok();
    drop(openssl::error::ErrorStack::get());
    is_policy
        .then(|| oid.to_owned())
        .ok_or_else(|| "it is an object identifier as 1.3.6.1.4.1.99999.1, or any".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        demands: Demands,
    }

    fn over(flags: &str, policy: AnchorPolicy) -> Result<AnchorPolicy, String> {
        let line = std::iter::once("test").chain(flags.split_whitespace());
        let line = Line::try_parse_from(line).map_err(|error| error.to_string())?;
        line.demands.over(policy).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_become_a_policy_and_words_take_it_back() {
        let flags = "--revocation hard --from 2026-01-31 --until 2027-01-31T12:00:00+01:00 --algorithm rsa-pss \
                     --algorithm ecdsa-sha384 --algorithm rsa-pss --policy 2.5.29.32.0";
        let policy = over(flags, AnchorPolicy::default()).unwrap();
        assert_eq!(
            told(&policy),
            [
                "revocation hard",
                "from 2026-01-31T00:00:00Z",
                "until 2027-01-31T11:00:00Z",
                "algorithms ecdsa-sha384 rsa-pss",
                "policies 2.5.29.32.0"
            ]
        );
        assert_eq!(over("", policy.clone()).unwrap(), policy);
        assert_eq!(over("--revocation soft", policy.clone()).unwrap().trusted_until, policy.trusted_until);
        let none = "--revocation default --from none --until none --algorithm any --policy any";
        assert_eq!(over(none, policy).unwrap(), AnchorPolicy::default());
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (flags, reason) in [
            ("--revocation never", "hard, named, soft, off or default"),
            ("--from yesterday", "it is a day"),
            ("--from 2026-02-30", "it is a day"),
            ("--from 2026-01-02 --until 2026-01-01", "which is never"),
            ("--algorithm md5", "rsa-pss"),
            ("--algorithm any --algorithm rsa", "either any"),
            ("--policy emailProtection", "object identifier"),
            ("--policy 9.9.9", "object identifier"),
        ] {
            let error = over(flags, AnchorPolicy::default()).unwrap_err();
            assert!(error.contains(reason), "{flags}: {error}");
        }
    }
}
