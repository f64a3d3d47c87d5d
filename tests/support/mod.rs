//! What the integration tests share.

pub(crate) mod der;
pub(crate) mod mail;
pub(crate) mod pki;
