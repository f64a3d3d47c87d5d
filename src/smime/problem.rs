//! What can be wrong with a signature: codes with parameters, never text. The text is made from them, in the
//! reader's language, by the `locale` room.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One problem: a code and what a person needs to know about this instance of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which problem.
    pub code: Code,
    /// Its parameters: strings, or dates as UTCDate strings.
    #[serde(default)]
    pub parameters: Map<String, Value>,
}

impl Problem {
    /// A problem without parameters.
    pub fn new(code: Code) -> Self {
        Self { code, parameters: Map::new() }
    }

    /// The same with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }
}

/// What is wrong with one signature of a message: its own problems and those that the message has as a whole. Of a
/// signature whose own are not known, all that the message's say of signatures.
pub fn of_one_signature(own: Option<&[Problem]>, message: &[Problem]) -> Vec<Problem> {
    let Some(own) = own else {
        return message.iter().filter(|problem| problem.code.is_of_signature()).cloned().collect();
    };
    // A structure that is broken is nobody's alone, unless it is said whose it is.
    let is_everybodys = |problem: &&Problem| {
        problem.code == Code::MalformedSignature && !problem.parameters.contains_key("signer")
    };
    let of_all = message.iter().filter(is_everybodys).filter(|problem| !own.contains(problem));
    own.iter().chain(of_all).cloned().collect()
}

impl Code {
    /// Whether it speaks against a signature itself, whoever made it and whatever its chain is worth.
    pub fn is_of_signature(self) -> bool {
        self.breaks_signature() || matches!(self, Self::WeakDigest | Self::WeakKey)
    }

    /// Whether it keeps a signature from being known to be made over this content with the certificate's key.
    pub fn breaks_signature(self) -> bool {
        matches!(
            self,
            Self::MalformedSignature
                | Self::ContentAltered
                | Self::SignatureInvalid
                | Self::UnsupportedAlgorithm
        )
    }

    /// Whether it keeps a signer from being known to be the message's author.
    pub fn is_of_author(self) -> bool {
        matches!(self, Self::FromMismatch | Self::AmbiguousFrom | Self::NoAddressInCertificate)
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// Every code. Two that ask different things of the reader are never merged.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $name,)+
        }

        impl Code {
            /// Every code, in the order of this list.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code as stored and as `signet verify --json` prints it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

codes! {
    /// The multipart/signed or the CMS object cannot be read.
    MalformedSignature = "malformed-signature",
    /// Only a part of the message is signed.
    PartialSignature = "partial-signature",
    /// The digest of the content is not the one that was signed.
    ContentAltered = "content-altered",
    /// The signature value does not fit the signer's key.
    SignatureInvalid = "signature-invalid",
    /// The signer's certificate is neither in the message nor known.
    SignerCertificateMissing = "signer-certificate-missing",
    /// A digest or signature algorithm that is not supported.
    UnsupportedAlgorithm = "unsupported-algorithm",
    /// MD5 or SHA-1.
    WeakDigest = "weak-digest",
    /// A key too short.
    WeakKey = "weak-key",
    /// The certificate's addresses do not include the From address (RFC 8550 §3).
    FromMismatch = "from-mismatch",
    /// Not exactly one From header with exactly one mailbox.
    AmbiguousFrom = "ambiguous-from",
    /// The certificate names no address.
    NoAddressInCertificate = "no-address-in-certificate",
    /// The signer's certificate has expired.
    CertificateExpired = "certificate-expired",
    /// The signer's certificate is not valid yet.
    CertificateNotYetValid = "certificate-not-yet-valid",
    /// The signer's certificate was revoked.
    CertificateRevoked = "certificate-revoked",
    /// A certificate above the signer's has expired, or is not valid yet.
    IssuerExpired = "issuer-expired",
    /// A certificate above the signer's was revoked.
    IssuerRevoked = "issuer-revoked",
    /// No issuer of a certificate on the path was found.
    IssuerNotFound = "issuer-not-found",
    /// The path ends at a root that is no trust anchor; or not at this instant, and `trustedFrom` or `trustedUntil` says
    /// from or until when it is one.
    UntrustedRoot = "untrusted-root",
    /// The path breaks a rule of RFC 5280 §6.1, `subject` says where. `rule` says which: signature, too-long,
    /// path-length, basic-constraints, key-usage, extended-key-usage, authority-key-identifier, name-constraints,
    /// policies, critical-extension, extension, weak-key, weak-signature, encoding, path-building; or algorithm, where
    /// the anchor does not allow the `algorithm`; or other, with OpenSSL's words as `detail`.
    InvalidChain = "invalid-chain",
    /// keyUsage does not allow signing.
    WrongKeyUsage = "wrong-key-usage",
    /// extendedKeyUsage does not allow e-mail protection.
    WrongExtendedKeyUsage = "wrong-extended-key-usage",
    /// Evidence of revocation is required and missing.
    RevocationUnavailable = "revocation-unavailable",
    /// The evidence at hand is out of date.
    RevocationExpired = "revocation-expired",
}
