//! Ids as clients see them (RFC 8620 §1.2): a letter for the kind of object, then a number or a digest.
//!
//! The letter keeps ids from starting with a digit or a dash, from being all digits, and from spelling "NIL",
//! as §1.2 advises, and makes an id of the wrong kind an unknown id instead of another object.

use std::fmt;
use std::hash::Hash;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An id of one kind of record, for what is done alike with all kinds.
pub trait RecordId: Copy + Ord + Hash + fmt::Debug + fmt::Display {
    /// Reads the one form that [`fmt::Display`] writes; anything else is no id of this kind.
    fn parse(text: &str) -> Option<Self>;
}

/// Whether `text` is an Id at all, of whatever kind: 1 to 255 of `A-Za-z0-9_-` (RFC 8620 §1.2).
pub fn is_id(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=255).contains(&text.len()) && text.bytes().all(allowed)
}

macro_rules! numbered_id {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl $name {
            /// Reads the form that [`fmt::Display`] writes; anything else is no id of this kind.
            pub fn parse(text: &str) -> Option<Self> {
                let digits = text.strip_prefix($letter)?;
                let canonical = digits.len() <= 19
                    && digits.bytes().all(|b| b.is_ascii_digit())
                    && !digits.starts_with('0');
                canonical.then(|| digits.parse().ok().map(Self)).flatten()
            }
        }

        impl RecordId for $name {
            fn parse(text: &str) -> Option<Self> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $letter, self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an id of this kind"))
            }
        }
    };
}

numbered_id!(
    /// An account (RFC 8620 §1.6.2).
    AccountId, 'a'
);
numbered_id!(
    /// A Mailbox (RFC 8621 §2).
    MailboxId, 'm'
);
numbered_id!(
    /// A Thread (RFC 8621 §3).
    ThreadId, 't'
);
numbered_id!(
    /// An Email (RFC 8621 §4).
    EmailId, 'e'
);
numbered_id!(
    /// An Identity (RFC 8621 §6).
    IdentityId, 'i'
);
numbered_id!(
    /// An EmailSubmission (RFC 8621 §7).
    SubmissionId, 's'
);

numbered_id!(
    /// A PushSubscription (RFC 8620 §7.2).
    PushSubscriptionId, 'w'
);
numbered_id!(
    /// A Quota (RFC 9425).
    QuotaId, 'q'
);

/// The id of the one object of a type that has only one in each account (RFC 8621 §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SingletonId;

impl RecordId for SingletonId {
    fn parse(text: &str) -> Option<Self> {
        (text == "singleton").then_some(Self)
    }
}

impl fmt::Display for SingletonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("singleton")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_an_id() {
        assert_eq!(EmailId::parse("e12"), Some(EmailId(12)));
        assert_eq!(EmailId(12).to_string(), "e12");
        for wrong in [
            "",
            "e",
            "12",
            "m12",
            "e012",
            "e-1",
            "e+1",
            "e1 ",
            "e99999999999999999999",
            "e9999999999999999999",
        ] {
            assert_eq!(EmailId::parse(wrong), None, "{wrong}");
        }
    }
}
