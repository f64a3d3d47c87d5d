//! The capabilities that this server knows (RFC 8620 §2), and the limits that it states with them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::filter::Collation;

/// A capability (RFC 8620 §1.8): a client names those that it uses, and sees nothing of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// RFC 8620.
    Core,
    /// RFC 8621 §1.3.1.
    Mail,
    /// RFC 8621 §1.3.2.
    Submission,
    /// RFC 8621 §1.3.3.
    VacationResponse,
    /// RFC 9219 §3.
    SmimeVerify,
    /// RFC 8887 §3.
    WebSocket,
    /// RFC 9749 §3.
    WebPushVapid,
    /// RFC 9007 §1.3.
    Mdn,
    /// RFC 9425 §2.
    Quota,
    /// RFC 9404 §3.1.
    Blob,
    /// Who signed a message: an extension of this server (docs/extensions/smime-signers.md).
    SmimeSigners,
}

impl Capability {
    /// All of them, in the order in which the Session object lists them.
    pub const ALL: [Self; 11] = [
        Self::Core,
        Self::Mail,
        Self::Submission,
        Self::VacationResponse,
        Self::SmimeVerify,
        Self::WebSocket,
        Self::WebPushVapid,
        Self::Mdn,
        Self::Quota,
        Self::Blob,
        Self::SmimeSigners,
    ];

    /// Those whose methods work in accounts, the core apart.
    pub const OF_ACCOUNTS: [Self; 8] = [
        Self::Mail,
        Self::Submission,
        Self::VacationResponse,
        Self::SmimeVerify,
        Self::Mdn,
        Self::Quota,
        Self::Blob,
        Self::SmimeSigners,
    ];

    /// The capabilities whose methods come as one group: a client that uses one of them may call the methods of all.
    /// RFC 8620 §3.3 would have it name each, but clients in the field forget to: they send mail with the
    /// capability of mail alone, and flag it with that of submission alone.
    const GROUP_OF_MAIL: &[Self] = &[Self::Mail, Self::Submission];

    /// The URI by which clients name it.
    pub fn uri(self) -> &'static str {
        match self {
            Self::Core => "urn:ietf:params:jmap:core",
            Self::Mail => "urn:ietf:params:jmap:mail",
            Self::Submission => "urn:ietf:params:jmap:submission",
            Self::VacationResponse => "urn:ietf:params:jmap:vacationresponse",
            Self::SmimeVerify => "urn:ietf:params:jmap:smimeverify",
            Self::WebSocket => "urn:ietf:params:jmap:websocket",
            Self::WebPushVapid => "urn:ietf:params:jmap:webpush-vapid",
            Self::Mdn => "urn:ietf:params:jmap:mdn",
            Self::Quota => "urn:ietf:params:jmap:quota",
            Self::Blob => "urn:ietf:params:jmap:blob",
            // RFC 8620 §1.8 asks for a URL of the vendor's. This project has no domain; one below `invalid` belongs to
            // nobody, and nobody can come to own it.
            Self::SmimeSigners => "https://signet.invalid/jmap/smime-signers",
        }
    }

    /// Whether the methods of this capability are there for a request that uses `using`.
    pub fn serves(self, using: &[Self]) -> bool {
        let is_grouped = |capability: &Self| Self::GROUP_OF_MAIL.contains(capability);
        using.contains(&self) || (is_grouped(&self) && using.iter().any(is_grouped))
    }

    /// Reads a URI; `None` if this server does not know the capability.
    pub fn parse(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.uri() == uri)
    }
}

/// The value of the core capability: what this server accepts at most (RFC 8620 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CoreLimits {
    /// Octets of one upload.
    pub max_size_upload: u64,
    /// Uploads of one user at a time.
    pub max_concurrent_upload: u64,
    /// Octets of one API request.
    pub max_size_request: u64,
    /// API requests of one user at a time.
    pub max_concurrent_requests: u64,
    /// Method calls in one API request.
    pub max_calls_in_request: u64,
    /// Objects in one /get.
    pub max_objects_in_get: u64,
    /// Objects created, updated and destroyed in one /set, together.
    pub max_objects_in_set: u64,
    /// Identifiers of the collations (RFC 4790) that a Comparator may name.
    pub collation_algorithms: Vec<&'static str>,
}

impl Default for CoreLimits {
    fn default() -> Self {
        Self {
            max_size_upload: 50_000_000,
            max_concurrent_upload: 8,
            max_size_request: 10_000_000,
            max_concurrent_requests: 8,
            max_calls_in_request: 32,
            max_objects_in_get: 1000,
            max_objects_in_set: 1000,
            collation_algorithms: Collation::IDENTIFIERS.to_vec(),
        }
    }
}

/// How many Mailboxes deep a Mailbox may stand, itself included (RFC 8621 §1.3.1, maxMailboxDepth).
pub const MAX_MAILBOX_DEPTH: u64 = 20;
/// Octets of a Mailbox's name at most (RFC 8621 §1.3.1, maxSizeMailboxName).
pub const MAX_SIZE_MAILBOX_NAME: u64 = 490;

/// Mailboxes that one Email may be in (RFC 8621 §1.3.1, maxMailboxesPerEmail).
pub const MAX_MAILBOXES_PER_EMAIL: u64 = 128;
/// Octets of all attachments of one Email, before they are encoded (RFC 8621 §1.3.1, maxSizeAttachmentsPerEmail).
pub const MAX_SIZE_ATTACHMENTS_PER_EMAIL: u64 = 50_000_000;

/// The value of the mail capability of an account (RFC 8621 §1.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MailLimits {
    /// Mailboxes that one Email may be in; `None` is without limit.
    pub max_mailboxes_per_email: Option<u64>,
    /// Mailboxes above each other; `None` is without limit.
    pub max_mailbox_depth: Option<u64>,
    /// Octets of a Mailbox's name in UTF-8; at least 100.
    pub max_size_mailbox_name: u64,
    /// Octets of all attachments of one Email, before they are encoded.
    pub max_size_attachments_per_email: u64,
    /// The properties that Email/query sorts by.
    pub email_query_sort_options: Vec<&'static str>,
    /// Whether this user may create a Mailbox without a parent in this account.
    pub may_create_top_level_mailbox: bool,
}

impl Default for MailLimits {
    fn default() -> Self {
        Self {
            max_mailboxes_per_email: Some(MAX_MAILBOXES_PER_EMAIL),
            max_mailbox_depth: Some(MAX_MAILBOX_DEPTH),
            max_size_mailbox_name: MAX_SIZE_MAILBOX_NAME,
            max_size_attachments_per_email: MAX_SIZE_ATTACHMENTS_PER_EMAIL,
            email_query_sort_options: vec![
                "receivedAt",
                "size",
                "from",
                "to",
                "subject",
                "sentAt",
                "hasKeyword",
                "allInThreadHaveKeyword",
                "someInThreadHaveKeyword",
            ],
            may_create_top_level_mailbox: true,
        }
    }
}

/// The value of the submission capability of an account (RFC 8621 §1.3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmissionLimits {
    /// How many seconds ahead a message may be sent; 0 is not at all.
    pub max_delayed_send: u64,
    /// The SMTP extensions whose parameters an envelope may have, by their EHLO keywords, with their arguments.
    pub submission_extensions: BTreeMap<&'static str, Vec<String>>,
}

impl SubmissionLimits {
    /// What is offered for messages of so many octets at most, released at most so many seconds ahead.
    pub fn new(max_delayed_send: u64, max_size: u64) -> Self {
        let mut submission_extensions =
            BTreeMap::from([("DSN", vec![]), ("SIZE", vec![max_size.to_string()])]);
        if max_delayed_send > 0 {
            submission_extensions.insert("FUTURERELEASE", vec![max_delayed_send.to_string()]);
        }
        Self { max_delayed_send, submission_extensions }
    }
}

/// Sources that one blob of Blob/upload may be put together from (RFC 9404 §3.1, maxDataSources); at least 64.
pub const MAX_DATA_SOURCES: u64 = 256;

/// The value of the blob capability of an account (RFC 9404 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BlobLimits {
    /// Octets of a blob that Blob/upload makes.
    pub max_size_blob_set: u64,
    /// Sources of such a blob.
    pub max_data_sources: u64,
    /// The data types that Blob/lookup knows.
    pub supported_type_names: Vec<&'static str>,
    /// The algorithms of Blob/get's digests, the best first.
    pub supported_digest_algorithms: Vec<&'static str>,
}

impl From<&CoreLimits> for BlobLimits {
    /// A blob is no larger than an upload.
    fn from(core: &CoreLimits) -> Self {
        Self {
            max_size_blob_set: core.max_size_upload,
            max_data_sources: MAX_DATA_SOURCES,
            supported_type_names: BlobHolder::ALL.map(BlobHolder::name).to_vec(),
            supported_digest_algorithms: DigestAlgorithm::ALL.map(DigestAlgorithm::name).to_vec(),
        }
    }
}

/// A data type whose records hold blobs, as Blob/lookup tells (RFC 9404 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlobHolder {
    /// Mailboxes, by their Emails.
    Mailbox,
    /// Threads, by their Emails.
    Thread,
    /// Emails: their messages, and the parts of these.
    Email,
}

impl BlobHolder {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mailbox, Self::Thread, Self::Email];

    /// The name of the data type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mailbox => "Mailbox",
            Self::Thread => "Thread",
            Self::Email => "Email",
        }
    }
}

/// An algorithm for the digest of a blob (RFC 9404 §4.2), by its name in HTTP (RFC 3230) in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DigestAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
    /// SHA-1.
    Sha,
}

impl DigestAlgorithm {
    /// All of them, the best first.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha512, Self::Sha];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha512 => "sha-512",
            Self::Sha => "sha",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_capability_is_found_by_its_uri() {
        for capability in Capability::ALL {
            assert_eq!(Capability::parse(capability.uri()), Some(capability));
        }
        assert_eq!(Capability::parse("urn:ietf:params:jmap:contacts"), None);
    }

    #[test]
    fn methods_of_one_group_come_together_and_no_others() {
        for one in Capability::ALL {
            assert!(one.serves(&[Capability::Core, one]) && !one.serves(&[]));
            for other in Capability::ALL.into_iter().filter(|other| *other != one) {
                let is_one_group = [one, other].iter().all(|it| Capability::GROUP_OF_MAIL.contains(it));
                assert_eq!(one.serves(&[other]), is_one_group, "{one:?} with {other:?}");
            }
        }
    }
}
