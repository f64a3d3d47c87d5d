//! The values of smimeStatus (RFC 9219 §4.1).

/// smimeStatus and smimeStatusAtDelivery when they are not null (RFC 9219 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// S/MIME, but neither signed nor encrypted, or multipart/signed with a protocol that is not S/MIME.
    Unknown,
    /// Signed, not yet verified.
    Signed,
    /// Signed, and good.
    Verified,
    /// Signed, and not good.
    Failed,
    /// Reserved: encrypted, signed and good.
    EncryptedVerified,
    /// Reserved: encrypted, signed and not good.
    EncryptedFailed,
}

impl Status {
    /// Every value, in the order of the RFC.
    pub const ALL: [Self; 6] = [
        Self::Unknown,
        Self::Signed,
        Self::Verified,
        Self::Failed,
        Self::EncryptedVerified,
        Self::EncryptedFailed,
    ];

    /// The token of the RFC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Signed => "signed",
            Self::Verified => "signed/verified",
            Self::Failed => "signed/failed",
            Self::EncryptedVerified => "encrypted+signed/verified",
            Self::EncryptedFailed => "encrypted+signed/failed",
        }
    }

    /// Reads the token.
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == token)
    }

    /// Whether this counts as verified for the filters (RFC 9219 §4.2).
    pub fn is_verified(self) -> bool {
        matches!(self, Self::Verified | Self::EncryptedVerified)
    }
}
