//! What all data types have: a name, a kind of id, a capability.

use crate::wire::capability::Capability;
use crate::wire::ids::RecordId;

/// A data type (RFC 8620 §1.6.3). A value of the implementing type carries what its methods work with, for
/// instance the store.
pub trait RecordType: Send + Sync + 'static {
    /// The ids of its records.
    type Id: RecordId;
    /// The name before the slash in the names of its methods.
    const NAME: &'static str;
    /// The capability that its methods belong to.
    const CAPABILITY: Capability;
}
