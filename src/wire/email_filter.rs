//! What Email/query filters and sorts by (RFC 8621 §4.4.1 and §4.4.2, RFC 9219 §4.2).

use chrono::{DateTime, Utc};

use super::ids::MailboxId;
use super::keyword::Keyword;

/// One property of an Email FilterCondition (RFC 8621 §4.4.1, RFC 9219 §4.2).
#[derive(Clone, Debug, PartialEq)]
pub enum EmailCondition {
    /// In this mailbox. `None` is an id that no mailbox has: nothing matches.
    InMailbox(Option<MailboxId>),
    /// In at least one mailbox that is not listed.
    InMailboxOtherThan(Vec<MailboxId>),
    /// receivedAt before this.
    Before(DateTime<Utc>),
    /// receivedAt at this or after.
    After(DateTime<Utc>),
    /// size at least this.
    MinSize(u64),
    /// size less than this.
    MaxSize(u64),
    /// All emails of the thread have the keyword.
    AllInThreadHaveKeyword(Keyword),
    /// At least one email of the thread has the keyword.
    SomeInThreadHaveKeyword(Keyword),
    /// No email of the thread has the keyword.
    NoneInThreadHaveKeyword(Keyword),
    /// This email has the keyword.
    HasKeyword(Keyword),
    /// This email has not the keyword.
    NotKeyword(Keyword),
    /// hasAttachment is this.
    HasAttachment(bool),
    /// Found in From, To, Cc, Bcc, Subject or body.
    Text(String),
    /// Found in From.
    From(String),
    /// Found in To.
    To(String),
    /// Found in Cc.
    Cc(String),
    /// Found in Bcc.
    Bcc(String),
    /// Found in Subject.
    Subject(String),
    /// Found in the body.
    Body(String),
    /// Has the header field; with a second text, found in its value.
    Header(String, Option<String>),
    /// smimeStatus is (not) null (RFC 9219 §4.2).
    HasSmime(bool),
    /// smimeStatus is (not) in the verified set (RFC 9219 §4.2).
    HasVerifiedSmime(bool),
    /// smimeStatusAtDelivery is (not) in the verified set (RFC 9219 §4.2).
    HasVerifiedSmimeAtDelivery(bool),
}

/// A Comparator of Email/query (RFC 8621 §4.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailSort {
    /// What to compare.
    pub property: EmailSortProperty,
    /// Smallest first; the default.
    pub is_ascending: bool,
}

/// The properties that Email/query sorts by (RFC 8621 §4.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailSortProperty {
    /// The receivedAt date.
    ReceivedAt,
    /// The size in octets.
    Size,
    /// Name or address of the first From.
    From,
    /// Name or address of the first To.
    To,
    /// The base subject (RFC 5256 §2.1).
    Subject,
    /// The sentAt date; emails without one come first.
    SentAt,
    /// Whether this email has the keyword.
    HasKeyword(Keyword),
    /// Whether all emails of the thread have it.
    AllInThreadHaveKeyword(Keyword),
    /// Whether some email of the thread has it.
    SomeInThreadHaveKeyword(Keyword),
}
