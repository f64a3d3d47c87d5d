//! What can go wrong, one enum per level: the request, a method call, one object of a /set (RFC 8620 §3.6).

use serde::Serialize;
use serde_json::{Value, json};

use super::envelope::Arguments;

/// A request that is refused as a whole, or any other HTTP error (RFC 8620 §3.6.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// `using` names a capability that this server does not support (RFC 8620 §3.6.1).
    #[error("The Request object used capability '{0}', which is not supported by this server.")]
    UnknownCapability(String),
    /// The content type is not application/json, or the body is no I-JSON (RFC 8620 §3.6.1).
    #[error("The request is not JSON: {0}.")]
    NotJson(String),
    /// JSON, but no Request object (RFC 8620 §3.6.1).
    #[error("The JSON is no Request object: {0}.")]
    NotRequest(String),
    /// A limit of the core capability would be exceeded (RFC 8620 §3.6.1).
    #[error("The request goes beyond the limit {}.", .0.name())]
    Limit(Limit),
}

/// The limits that refuse a request as a whole (RFC 8620 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Octets of an upload.
    MaxSizeUpload,
    /// Uploads at a time.
    MaxConcurrentUpload,
    /// Octets of an API request.
    MaxSizeRequest,
    /// API requests at a time.
    MaxConcurrentRequests,
    /// Calls in an API request.
    MaxCallsInRequest,
}

impl Limit {
    /// The property of the core capability that states the limit.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxSizeUpload => "maxSizeUpload",
            Self::MaxConcurrentUpload => "maxConcurrentUpload",
            Self::MaxSizeRequest => "maxSizeRequest",
            Self::MaxConcurrentRequests => "maxConcurrentRequests",
            Self::MaxCallsInRequest => "maxCallsInRequest",
        }
    }
}

/// A problem details object (RFC 7807), the body of every HTTP error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A URI for the kind of problem; `about:blank` where the status says it all (RFC 7807 §4.2).
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with this request.
    pub detail: String,
    /// The limit that was reached, with the kind `…:limit` (RFC 8620 §3.6.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<&'static str>,
}

impl Problem {
    /// A problem that JMAP has no type for.
    pub fn plain(status: u16, detail: impl Into<String>) -> Self {
        Self { kind: "about:blank", status, detail: detail.into(), limit: None }
    }
}

impl RequestError {
    /// The problem details object that the client gets.
    pub fn problem(&self) -> Problem {
        let (kind, status, limit) = match self {
            Self::UnknownCapability(_) => ("urn:ietf:params:jmap:error:unknownCapability", 400, None),
            Self::NotJson(_) => ("urn:ietf:params:jmap:error:notJSON", 400, None),
            Self::NotRequest(_) => ("urn:ietf:params:jmap:error:notRequest", 400, None),
            Self::Limit(limit) => {
                let status = match limit {
                    Limit::MaxSizeUpload | Limit::MaxSizeRequest => 413,
                    Limit::MaxConcurrentUpload | Limit::MaxConcurrentRequests => 429,
                    Limit::MaxCallsInRequest => 400,
                };
                ("urn:ietf:params:jmap:error:limit", status, Some(limit.name()))
            }
        };
        Problem { kind, status, detail: self.to_string(), limit }
    }
}

/// A method call that failed (RFC 8620 §3.6.2). The text of a variant is its `description`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MethodError {
    /// Something is not there at present; later it may be (RFC 8620 §3.6.2).
    #[error("{0}")]
    ServerUnavailable(String),
    /// Something unexpected; nothing was changed (RFC 8620 §3.6.2).
    #[error("{0}")]
    ServerFail(String),
    /// Some of the changes were made, some not (RFC 8620 §3.6.2).
    #[error("{0}")]
    ServerPartialFail(String),
    /// No such method, or not with the capabilities in use (RFC 8620 §3.6.2).
    #[error("")]
    UnknownMethod,
    /// An argument is missing, unknown, of the wrong type or otherwise invalid (RFC 8620 §3.6.2).
    #[error("{0}")]
    InvalidArguments(String),
    /// A result reference does not resolve (RFC 8620 §3.6.2, §3.7).
    #[error("{0}")]
    InvalidResultReference(String),
    /// This user must not do this (RFC 8620 §3.6.2).
    #[error("{0}")]
    Forbidden(String),
    /// No such account (RFC 8620 §3.6.2).
    #[error("")]
    AccountNotFound,
    /// The account has no such data (RFC 8620 §3.6.2).
    #[error("")]
    AccountNotSupportedByMethod,
    /// The method writes, and the account is read-only (RFC 8620 §3.6.2).
    #[error("")]
    AccountReadOnly,
    /// More objects than the server takes in one call (RFC 8620 §5.1, §5.3).
    #[error("{0}")]
    RequestTooLarge(String),
    /// What happened since the given state is not known (RFC 8620 §5.2, §5.6).
    #[error("")]
    CannotCalculateChanges,
    /// The state is not the one that `ifInState` or `ifFromInState` demands (RFC 8620 §5.3, §5.4).
    #[error("")]
    StateMismatch,
    /// No such account to copy from (RFC 8620 §5.4).
    #[error("")]
    FromAccountNotFound,
    /// The account to copy from has no such data (RFC 8620 §5.4).
    #[error("")]
    FromAccountNotSupportedByMethod,
    /// The anchor is not among the results (RFC 8620 §5.5).
    #[error("")]
    AnchorNotFound,
    /// No sorting by this property or with this collation (RFC 8620 §5.5).
    #[error("{0}")]
    UnsupportedSort(String),
    /// No filtering by this (RFC 8620 §5.5).
    #[error("{0}")]
    UnsupportedFilter(String),
    /// More changes than `maxChanges` (RFC 8620 §5.6).
    #[error("")]
    TooManyChanges,
    /// No data type of this name that could hold blobs, or not with the capabilities in use (RFC 9404 §4.3).
    #[error("{0}")]
    UnknownDataType(String),
}

impl MethodError {
    /// The `type` of the error response.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ServerUnavailable(_) => "serverUnavailable",
            Self::ServerFail(_) => "serverFail",
            Self::ServerPartialFail(_) => "serverPartialFail",
            Self::UnknownMethod => "unknownMethod",
            Self::InvalidArguments(_) => "invalidArguments",
            Self::InvalidResultReference(_) => "invalidResultReference",
            Self::Forbidden(_) => "forbidden",
            Self::AccountNotFound => "accountNotFound",
            Self::AccountNotSupportedByMethod => "accountNotSupportedByMethod",
            Self::AccountReadOnly => "accountReadOnly",
            Self::RequestTooLarge(_) => "requestTooLarge",
            Self::CannotCalculateChanges => "cannotCalculateChanges",
            Self::StateMismatch => "stateMismatch",
            Self::FromAccountNotFound => "fromAccountNotFound",
            Self::FromAccountNotSupportedByMethod => "fromAccountNotSupportedByMethod",
            Self::AnchorNotFound => "anchorNotFound",
            Self::UnsupportedSort(_) => "unsupportedSort",
            Self::UnsupportedFilter(_) => "unsupportedFilter",
            Self::TooManyChanges => "tooManyChanges",
            Self::UnknownDataType(_) => "unknownDataType",
        }
    }

    /// The arguments of the error response: `type`, and `description` where there is something to add.
    pub fn to_arguments(&self) -> Arguments {
        with_description(self.kind(), self.to_string())
    }

    /// An argument that is missing or wrong.
    pub fn invalid_argument(name: &str, problem: impl std::fmt::Display) -> Self {
        Self::InvalidArguments(format!("`{name}`: {problem}"))
    }
}

/// One object that a /set, /copy or /import did not create, update or destroy (RFC 8620 §5.3). The text of a
/// variant is its `description`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// This user must not do this (RFC 8620 §5.3).
    #[error("{0}")]
    Forbidden(String),
    /// Too many or too large objects of this type (RFC 8620 §5.3).
    #[error("{0}")]
    OverQuota(String),
    /// The object would be too large (RFC 8620 §5.3).
    #[error("{0}")]
    TooLarge(String),
    /// Too many creations of late (RFC 8620 §5.3).
    #[error("{0}")]
    RateLimit(String),
    /// No such object (RFC 8620 §5.3).
    #[error("")]
    NotFound,
    /// The PatchObject breaks a rule of patches (RFC 8620 §5.3).
    #[error("{0}")]
    InvalidPatch(String),
    /// The same call destroys the object (RFC 8620 §5.3).
    #[error("")]
    WillDestroy,
    /// Some properties are invalid (RFC 8620 §5.3).
    #[error("{description}")]
    InvalidProperties {
        /// All of the properties that are invalid.
        properties: Vec<String>,
        /// What is wrong with them.
        description: String,
    },
    /// There is exactly one object of this type (RFC 8620 §5.3).
    #[error("")]
    Singleton,
    /// The object is there already (RFC 8620 §5.4, RFC 8621 §4.8).
    #[error("")]
    AlreadyExists {
        /// The id of the object that is there.
        existing_id: String,
    },
    /// The Mailbox still has a child (RFC 8621 §2.5).
    #[error("")]
    MailboxHasChild,
    /// The Mailbox still has an Email, and onDestroyRemoveEmails is false (RFC 8621 §2.5).
    #[error("")]
    MailboxHasEmail,
    /// More keywords than an Email can have here (RFC 8621 §4.6).
    #[error("{0}")]
    TooManyKeywords(String),
    /// More Mailboxes than an Email can be in here (RFC 8621 §4.6).
    #[error("{0}")]
    TooManyMailboxes(String),
    /// A blob is not there (RFC 8621 §4.6).
    #[error("")]
    BlobNotFound {
        /// The ids of the blobs that are not there.
        not_found: Vec<String>,
    },
    /// An MDN was sent for the Email before (RFC 9007 §2.1).
    #[error("the Email has the keyword $mdnsent")]
    MdnAlreadySent,
    /// The blob is no message (RFC 8621 §4.8).
    #[error("{0}")]
    InvalidEmail(String),
    /// The Email cannot be sent as it is (RFC 8621 §7.5, invalidEmail).
    #[error("{description}")]
    UnsendableEmail {
        /// All of the properties of the Email that are invalid.
        properties: Vec<String>,
        /// What is wrong with them.
        description: String,
    },
    /// The message is larger than this server sends (RFC 8621 §7.5, tooLarge).
    #[error("")]
    TooLargeToSend {
        /// Octets of a message at most.
        max_size: u64,
    },
    /// The envelope has more recipients than this server allows (RFC 8621 §7.5).
    #[error("")]
    TooManyRecipients {
        /// Recipients at most.
        max_recipients: u64,
    },
    /// The envelope has no recipient (RFC 8621 §7.5).
    #[error("")]
    NoRecipients,
    /// Some recipients cannot be sent to (RFC 8621 §7.5).
    #[error("{description}")]
    InvalidRecipients {
        /// Their addresses.
        addresses: Vec<String>,
        /// What is wrong with them.
        description: String,
    },
    /// The user may not send with this envelope From address (RFC 8621 §7.5).
    #[error("{0}")]
    ForbiddenMailFrom(String),
    /// The user may not send from this address (RFC 8621 §6.3, §7.5).
    #[error("{0}")]
    ForbiddenFrom(String),
    /// The user may not send at all at present (RFC 8621 §7.5).
    #[error("{0}")]
    ForbiddenToSend(String),
    /// The message has left, or is about to (RFC 8621 §7.5).
    #[error("{0}")]
    CannotUnsend(String),
}

impl SetError {
    /// The `type` of the SetError object.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "forbidden",
            Self::OverQuota(_) => "overQuota",
            Self::TooLarge(_) => "tooLarge",
            Self::RateLimit(_) => "rateLimit",
            Self::NotFound => "notFound",
            Self::InvalidPatch(_) => "invalidPatch",
            Self::WillDestroy => "willDestroy",
            Self::InvalidProperties { .. } => "invalidProperties",
            Self::Singleton => "singleton",
            Self::AlreadyExists { .. } => "alreadyExists",
            Self::MailboxHasChild => "mailboxHasChild",
            Self::MailboxHasEmail => "mailboxHasEmail",
            Self::TooManyKeywords(_) => "tooManyKeywords",
            Self::TooManyMailboxes(_) => "tooManyMailboxes",
            Self::BlobNotFound { .. } => "blobNotFound",
            Self::MdnAlreadySent => "mdnAlreadySent",
            Self::InvalidEmail(_) | Self::UnsendableEmail { .. } => "invalidEmail",
            Self::TooLargeToSend { .. } => "tooLarge",
            Self::TooManyRecipients { .. } => "tooManyRecipients",
            Self::NoRecipients => "noRecipients",
            Self::InvalidRecipients { .. } => "invalidRecipients",
            Self::ForbiddenMailFrom(_) => "forbiddenMailFrom",
            Self::ForbiddenFrom(_) => "forbiddenFrom",
            Self::ForbiddenToSend(_) => "forbiddenToSend",
            Self::CannotUnsend(_) => "cannotUnsend",
        }
    }

    /// The SetError object.
    pub fn to_value(&self) -> Value {
        let mut object = with_description(self.kind(), self.to_string());
        let detail = match self {
            Self::InvalidProperties { properties, .. } | Self::UnsendableEmail { properties, .. } => {
                Some(("properties", json!(properties)))
            }
            Self::TooLargeToSend { max_size } => Some(("maxSize", json!(max_size))),
            Self::TooManyRecipients { max_recipients } => Some(("maxRecipients", json!(max_recipients))),
            Self::InvalidRecipients { addresses, .. } => Some(("invalidRecipients", json!(addresses))),
            Self::AlreadyExists { existing_id } => Some(("existingId", json!(existing_id))),
            Self::BlobNotFound { not_found } => Some(("notFound", json!(not_found))),
            _ => None,
        };
        if let Some((name, value)) = detail {
            object.insert(name.to_owned(), value);
        }
        Value::Object(object)
    }

    /// One property that is invalid.
    pub fn invalid_property(property: &str, problem: impl std::fmt::Display) -> Self {
        Self::InvalidProperties {
            properties: vec![property.to_owned()],
            description: format!("`{property}`: {problem}"),
        }
    }
}

fn with_description(kind: &str, description: String) -> Arguments {
    let mut object = Arguments::new();
    object.insert("type".to_owned(), Value::from(kind));
    if !description.is_empty() {
        object.insert("description".to_owned(), Value::String(description));
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_named_in_its_problem() {
        let problem = RequestError::Limit(Limit::MaxSizeRequest).problem();
        assert_eq!(
            serde_json::to_value(problem).unwrap(),
            json!({
                "type": "urn:ietf:params:jmap:error:limit",
                "status": 413,
                "detail": "The request goes beyond the limit maxSizeRequest.",
                "limit": "maxSizeRequest",
            })
        );
        let problem = serde_json::to_value(RequestError::NotJson("x".to_owned()).problem()).unwrap();
        assert_eq!(problem.get("limit"), None);
        assert_eq!(problem["type"], "urn:ietf:params:jmap:error:notJSON");
    }

    #[test]
    fn method_errors_have_a_type_and_say_more_where_they_can() {
        let unknown = Value::Object(MethodError::UnknownMethod.to_arguments());
        assert_eq!(unknown, json!({"type": "unknownMethod"}));
        let invalid = Value::Object(MethodError::invalid_argument("ids", "no array").to_arguments());
        assert_eq!(invalid, json!({"type": "invalidArguments", "description": "`ids`: no array"}));
    }

    #[test]
    fn set_errors_carry_the_properties_of_their_type() {
        assert_eq!(
            SetError::invalid_property("name", "too long").to_value(),
            json!({"type": "invalidProperties", "description": "`name`: too long", "properties": ["name"]})
        );
        assert_eq!(
            SetError::AlreadyExists { existing_id: "e1".to_owned() }.to_value(),
            json!({"type": "alreadyExists", "existingId": "e1"})
        );
        assert_eq!(
            SetError::BlobNotFound { not_found: vec!["b1".to_owned()] }.to_value(),
            json!({"type": "blobNotFound", "notFound": ["b1"]})
        );
        assert_eq!(SetError::MailboxHasChild.to_value(), json!({"type": "mailboxHasChild"}));
    }
}
