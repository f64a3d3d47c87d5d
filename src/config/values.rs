//! Values that a configuration has: what they hold is checked when it is read, and what may hold a password is never shown.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Deserializer};

/// A connection URL. It may hold a password, which its Debug form does not show.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(pub(super) String);

impl DatabaseUrl {
    /// The URL with its password.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

/// A text that its Debug form does not show.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub(super) String);

impl Secret {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// An http or https URL without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl(pub(super) String);

impl PublicUrl {
    /// The host that it names.
    pub fn host(&self) -> String {
        let authority =
            self.0.split_once("://").map_or("", |(_, rest)| rest).split('/').next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        match host.strip_prefix('[') {
            Some(address) => address.split(']').next().unwrap_or_default().to_owned(),
            None => host.split(':').next().unwrap_or_default().to_owned(),
        }
    }

    /// The URL, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = String;

    fn try_from(url: String) -> Result<Self, String> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        match rest {
            Some(rest)
                if !rest.starts_with('/') && !rest.is_empty() && !rest.contains(['?', '#', ' ', '{']) =>
            {
                Ok(Self(url.trim_end_matches('/').to_owned()))
            }
            _ => Err(format!("public_url: {url:?} is no http or https URL")),
        }
    }
}

/// An http or https URL of a proxy. It may hold a password, which its Debug form does not show.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ProxyUrl(pub(super) String);

impl ProxyUrl {
    /// The URL with its password.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ProxyUrl {
    type Error = String;

    fn try_from(url: String) -> Result<Self, String> {
        let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        match rest {
            Some(rest) if !rest.is_empty() && !rest.contains(char::is_whitespace) => Ok(Self(url)),
            // What is wrong may hold a password.
            _ => Err("proxy: it is no http or https URL".to_owned()),
        }
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyUrl(…)")
    }
}

/// A mailto or https URI.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Contact(pub(super) String);

impl Contact {
    /// The URI.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Contact {
    type Error = String;

    fn try_from(uri: String) -> Result<Self, String> {
        let rest = uri.strip_prefix("mailto:").or_else(|| uri.strip_prefix("https://"));
        match rest {
            Some(rest) if !rest.is_empty() && !rest.contains(char::is_whitespace) => Ok(Self(uri)),
            _ => Err(format!("contact: {uri:?} is no mailto or https URI")),
        }
    }
}

/// An address and a port other than that of SMTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "SocketAddr")]
pub struct LmtpAddress(pub(super) SocketAddr);

impl LmtpAddress {
    /// The address.
    pub fn socket(self) -> SocketAddr {
        self.0
    }
}

impl TryFrom<SocketAddr> for LmtpAddress {
    type Error = String;

    /// RFC 2033 §5: LMTP must not be spoken on port 25, where senders would take it for SMTP.
    fn try_from(address: SocketAddr) -> Result<Self, String> {
        if address.port() == 25 {
            return Err(format!("lmtp: {address} has the port of SMTP"));
        }
        Ok(Self(address))
    }
}

/// The most seconds of a period: a hundred years, so that dates can be reckoned with it.
const CENTURY: u64 = 100 * 365 * 24 * 60 * 60;

/// Seconds that are added to dates.
pub(super) fn period<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(deserializer, 0, CENTURY, "seconds")
}

/// Seconds between two looks.
pub(super) fn interval<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(deserializer, 1, CENTURY, "seconds")
}

/// Rows of one transaction, which others may have to wait for.
pub(super) fn batch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(deserializer, 1, 100_000, "rows")
        .and_then(|rows| u32::try_from(rows).map_err(serde::de::Error::custom))
}

fn within<'de, D: Deserializer<'de>>(
    deserializer: D,
    least: u64,
    most: u64,
    what: &str,
) -> Result<u64, D::Error> {
    let given = u64::deserialize(deserializer)?;
    if !(least..=most).contains(&given) {
        return Err(serde::de::Error::custom(format!("{given} is not from {least} to {most} {what}")));
    }
    Ok(given)
}
