//! What users do under load, and how often.

use anyhow::{Context, ensure};

/// What a request is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A page of a mailbox: Email/query, and Email/get by reference.
    List,
    /// A page of a filter by text.
    Text,
    /// A page of a filter over signatures.
    Smime,
    /// Email/get with bodies.
    Bodies,
    /// Email/set of a keyword.
    Keyword,
    /// Email/set of the mailbox.
    Move,
    /// A message comes in: Email/import.
    Import,
    /// Email/set that destroys.
    Destroy,
    /// Email/changes, until nothing is left.
    Changes,
    /// Mailbox/get.
    Mailboxes,
    /// The upload before an import.
    Upload,
    /// The search for a message that was imported.
    Found,
    /// An event source.
    Events,
    /// What is put in order at the end.
    End,
}

/// How much of everything there is.
#[derive(Clone, Debug)]
pub(super) struct Shares(Vec<(Kind, u64)>);

impl Kind {
    /// What a user chooses from, with the usual shares. The others follow from these.
    const CHOICES: [(Self, u64); 10] = [
        (Self::List, 30),
        (Self::Text, 8),
        (Self::Smime, 6),
        (Self::Bodies, 8),
        (Self::Keyword, 15),
        (Self::Move, 5),
        (Self::Import, 8),
        (Self::Destroy, 4),
        (Self::Changes, 8),
        (Self::Mailboxes, 8),
    ];

    /// Its name in reports and on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Text => "text",
            Self::Smime => "smime",
            Self::Bodies => "bodies",
            Self::Keyword => "keyword",
            Self::Move => "move",
            Self::Import => "import",
            Self::Destroy => "destroy",
            Self::Changes => "changes",
            Self::Mailboxes => "mailboxes",
            Self::Upload => "upload",
            Self::Found => "found",
            Self::Events => "events",
            Self::End => "end",
        }
    }
}

impl Shares {
    /// The usual ones, with those that are given as `kind=share` in their place.
    pub(super) fn of(given: &[String]) -> anyhow::Result<Self> {
        let mut shares = Kind::CHOICES.to_vec();
        for text in given {
            let (name, share) = text.split_once('=').with_context(|| format!("{text:?} is no KIND=SHARE"))?;
            let names: Vec<&str> = shares.iter().map(|(kind, _)| kind.name()).collect();
            let unknown = || format!("{name:?} is none of {}", names.join(", "));
            let chosen = shares.iter_mut().find(|(kind, _)| kind.name() == name).with_context(unknown)?;
            chosen.1 = u32::into(share.parse().with_context(|| format!("{share:?} is no share"))?);
        }
        ensure!(shares.iter().any(|(_, share)| *share > 0), "all shares are nothing");
        Ok(Self(shares))
    }

    /// The kind that a random number falls on.
    pub(super) fn choose(&self, random: u64) -> Kind {
        let mut left = random % self.0.iter().map(|(_, share)| share).sum::<u64>().max(1);
        for (kind, share) in &self.0 {
            match left.checked_sub(*share) {
                Some(rest) => left = rest,
                None => return *kind,
            }
        }
        Kind::List
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_share() {
        let usual = Shares::of(&[]).unwrap();
        let count = |kind| (0..100).filter(|random| usual.choose(*random) == kind).count() as u64;
        for (kind, share) in Kind::CHOICES {
            assert_eq!(count(kind), share, "{}", kind.name());
        }
        let mut only = vec!["text=5".to_owned()];
        only.extend(
            Kind::CHOICES
                .iter()
                .filter(|(kind, _)| *kind != Kind::Text)
                .map(|(kind, _)| format!("{}=0", kind.name())),
        );
        let only = Shares::of(&only).unwrap();
        assert!((0..100).all(|random| only.choose(random) == Kind::Text));
    }

    #[test]
    fn shares_that_make_no_sense_are_refused() {
        for wrong in ["text", "upload=1", "text=x", "text=-1"] {
            assert!(Shares::of(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
        let nothing: Vec<String> =
            Kind::CHOICES.iter().map(|(kind, _)| format!("{}=0", kind.name())).collect();
        assert!(Shares::of(&nothing).is_err());
    }
}
