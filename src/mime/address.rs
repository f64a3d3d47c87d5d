//! EmailAddress (RFC 8621 §4.1.2.3).

use serde::{Deserialize, Serialize};

/// One mailbox of an address header, as Email/get gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailAddress {
    /// The display name, decoded; null when there is none.
    pub name: Option<String>,
    /// The addr-spec.
    pub email: String,
}
