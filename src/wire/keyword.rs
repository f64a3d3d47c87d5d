//! Keywords of an Email (RFC 8621 §4.1.1): 1 to 255 characters of %x21–%x7e without `( ) { ] % * " \`, in lower case.

use std::fmt;

/// A keyword in its one form, lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keyword(String);

impl Keyword {
    /// `$seen`, which with [`Keyword::DRAFT`] decides whether an email counts as unread (RFC 8621 §2).
    pub const SEEN: &str = "$seen";
    /// `$draft`.
    pub const DRAFT: &str = "$draft";

    /// `$mdnsent` (RFC 9007 §1.2).
    pub const MDN_SENT: &str = "$mdnsent";

    /// The keyword `$mdnsent`.
    pub fn mdn_sent() -> Self {
        Self(Self::MDN_SENT.to_owned())
    }

    /// Folds to lower case and checks the characters; `None` if it is no keyword.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| (0x21..=0x7e).contains(&b) && !b"(){]%*\"\\".contains(&b);
        ((1..=255).contains(&text.len()) && text.bytes().all(allowed))
            .then(|| Self(text.to_ascii_lowercase()))
    }

    /// The keyword as stored and sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_folded_and_checked() {
        assert_eq!(Keyword::parse("$Seen").unwrap().as_str(), "$seen");
        let long = "k".repeat(256);
        for wrong in ["", "a b", "(", "a]", "ü", "a\\b", long.as_str()] {
            assert!(Keyword::parse(wrong).is_none(), "{wrong}");
        }
    }
}
