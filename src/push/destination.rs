//! Where pushes may go. A subscription names any URL it likes, and this server then calls it (RFC 8620 §8.6): by https,
//! and never inside of the operator's own network, unless the operator says so.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Url;

use crate::reach::{self, Allowed, MAX_URL, Reach, Resolver};

/// How long a name may take to resolve while a client waits.
const RESOLVING: Duration = Duration::from_secs(5);

/// Where pushes may go beside public addresses by https.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destinations(Reach);

/// Why a URL is no destination.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read, has no host, carries a password, or is longer than anybody needs.
    #[error("it is no absolute URL of at most {MAX_URL} octets without user and password")]
    NoUrl,
    /// RFC 8620 §7.2: "MUST begin with https://".
    #[error("it does not begin with https://")]
    NotHttps,
    /// All of the host's addresses are in networks that the world does not reach.
    #[error("this server does not push to private, local or reserved addresses")]
    PrivateAddress,
}

impl From<reach::Refusal> for Refusal {
    fn from(refusal: reach::Refusal) -> Self {
        match refusal {
            reach::Refusal::NoUrl => Self::NoUrl,
            reach::Refusal::PrivateAddress => Self::PrivateAddress,
        }
    }
}

impl Destinations {
    /// Public addresses, and these.
    pub fn new(allowed: Vec<Allowed>) -> Self {
        Self(Reach::new(allowed))
    }

    /// The URL, if its form allows to push to it. What its host's name resolves to is judged at each connection.
    pub fn parse(&self, url: &str) -> Result<Url, Refusal> {
        let url = Reach::read(url)?;
        match url.scheme() {
            "https" => {}
            "http" if self.0.is_allowed(&url) => {}
            _ => return Err(Refusal::NotHttps),
        }
        self.0.judge(&url)?;
        Ok(url)
    }

    /// The same, for a URL that is new: its host's name must lead somewhere where pushes may go. A name that does not
    /// resolve at present may do so later.
    pub async fn check(&self, url: &str) -> Result<(), Refusal> {
        let url = self.parse(url)?;
        let host = url.host_str().ok_or(Refusal::NoUrl)?;
        if reach::literal(host).is_some() {
            return Ok(());
        }
        let Ok(Ok(found)) = tokio::time::timeout(RESOLVING, tokio::net::lookup_host((host, 443))).await
        else {
            return Ok(());
        };
        let reachable: Vec<SocketAddr> = self.0.reachable(host, found);
        if reachable.is_empty() { Err(Refusal::PrivateAddress) } else { Ok(()) }
    }

    /// Resolves names to addresses that pushes may go to.
    pub(super) fn resolver(&self) -> Resolver {
        Resolver::new(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowing(texts: &[&str]) -> Destinations {
        let allowed = texts.iter().map(|text| Allowed::try_from((*text).to_owned()).unwrap());
        Destinations::new(allowed.collect())
    }

    #[test]
    fn only_https_to_the_public_internet_is_a_destination() {
        let refused = |url: &str| Destinations::default().parse(url).err();
        for good in
            ["https://push.example.com/x?y=z", "https://192.0.1.1/", "https://[2606:4700::1111]:8443/x"]
        {
            assert_eq!(refused(good), None, "{good}");
        }
        for private in ["https://127.0.0.1/", "https://10.1.2.3/", "https://[::1]/", "https://2130706433/"] {
            assert_eq!(refused(private), Some(Refusal::PrivateAddress), "{private}");
        }
        for other in ["http://push.example.com/", "ftp://x/", "file:///etc/passwd", "http://127.0.0.1/"] {
            assert!(matches!(refused(other), Some(Refusal::NotHttps | Refusal::NoUrl)), "{other}");
        }
        let long = format!("https://push.example.com/{}", "x".repeat(MAX_URL));
        for wrong in
            ["", "/push", "push.example.com", "https://", "https://u:p@example.com/", "https://u@x/", &long]
        {
            assert_eq!(refused(wrong), Some(Refusal::NoUrl), "{wrong}");
        }
    }

    #[test]
    fn what_the_operator_allows_is_a_destination_by_http_too() {
        let destinations = allowing(&["127.0.0.0/8", "fd00::/8", "push.internal", "10.0.0.7"]);
        for good in [
            "http://127.9.9.9:8080/x",
            "https://[::ffff:127.0.0.1]/",
            "http://[fd12::1]/",
            "http://PUSH.internal/",
            "https://10.0.0.7/",
        ] {
            assert!(destinations.parse(good).is_ok(), "{good}");
        }
        for wrong in ["http://10.0.0.8/", "https://10.0.0.8/", "http://other.internal/", "https://[fe80::1]/"]
        {
            assert!(destinations.parse(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn names_of_this_machine_are_refused_before_anything_is_sent() {
        let refused = Destinations::default().check("https://localhost:8443/x").await;
        assert_eq!(refused, Err(Refusal::PrivateAddress));
        assert_eq!(allowing(&["127.0.0.0/8", "::1"]).check("https://localhost/x").await, Ok(()));
    }
}
