//! Facts of a message: what follows from its bytes alone and never changes.

use chrono::{DateTime, Utc};

pub use super::certificate::Certificate;
use super::problem::Problem;
use crate::mime::Message;

/// Which form of S/MIME a message is (RFC 8551 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// No S/MIME that concerns the message as a whole: smimeStatus null.
    None,
    /// multipart/signed at the top (RFC 8551 §3.5.3).
    ClearSigned,
    /// signed-data at the top (RFC 8551 §3.5.2).
    OpaqueSigned,
    /// A multipart/signed below another multipart.
    Partial,
    /// Encrypted: whether it is signed cannot be seen; smimeStatus null.
    Encrypted,
    /// S/MIME neither signed nor encrypted, or multipart/signed of another protocol: smimeStatus unknown.
    Unknown,
}

impl Form {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClearSigned => "clear-signed",
            Self::OpaqueSigned => "opaque-signed",
            Self::Partial => "partial",
            Self::Encrypted => "encrypted",
            Self::Unknown => "unknown",
        }
    }
}

/// What a message says about its signatures.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The form.
    pub form: Form,
    /// What is wrong whatever the chain is worth, in a fixed order.
    pub problems: Vec<Problem>,
    /// One for each SignerInfo, in the order of the CMS.
    pub signers: Vec<SignerFacts>,
    /// The CA certificates that came with the signature.
    pub certificates: Vec<Certificate>,
    /// DER of the CRLs that came with the signature.
    pub crls: Vec<Vec<u8>>,
}

/// One SignerInfo (RFC 5652 §5.3).
#[derive(Clone, Debug)]
pub struct SignerFacts {
    /// The signer's certificate, if it is known.
    pub certificate: Option<Certificate>,
    /// Whether the verdict on this signer's chain decides the message: the certificate names the From address,
    /// or none does and this is the first.
    pub is_sender: bool,
    /// The digest algorithm, `sha256`.
    pub digest: String,
    /// The signature algorithm, `rsa`, `rsa-pss`, `ecdsa`, `ed25519`.
    pub algorithm: String,
    /// The signingTime attribute; told, never used as a clock.
    pub signing_time: Option<DateTime<Utc>>,
}

/// States the facts of a message.
pub fn examine(_message: &Message<'_>) -> Facts {
    Facts {
        form: Form::None,
        problems: Vec::new(),
        signers: Vec::new(),
        certificates: Vec::new(),
        crls: Vec::new(),
    }
}
