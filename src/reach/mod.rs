//! Which addresses this server calls. Strangers choose URLs for it: clients those of push subscriptions (RFC 8620
//! §8.6), certificates those of CRLs, responders and issuers (RFC 9219 §6). None of them may lead into the operator's
//! own network, unless the operator says so.
//!
//! A URL is judged twice: by its form, with the address if it names one ([`Reach::judge`]), and, where it names a host,
//! by the addresses that the name resolves to at the moment of the connection ([`Resolver`]).

mod allowed;
mod public;
mod resolver;

use std::net::{IpAddr, SocketAddr};

use reqwest::Url;

pub use allowed::Allowed;
pub use resolver::Resolver;

use allowed::is_within;
use public::is_public;

/// Octets of a URL at most.
pub const MAX_URL: usize = 2048;

/// The public internet, and what an operator allows beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    allowed: Vec<Allowed>,
}

/// Why a URL is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read, has no host, carries a password, or is longer than anybody needs.
    #[error("it is no absolute URL of at most {MAX_URL} octets without user and password")]
    NoUrl,
    /// It names an address in a network that the world does not reach.
    #[error("this server does not call private, local or reserved addresses")]
    PrivateAddress,
}

impl Reach {
    /// Public addresses, and these.
    pub fn new(allowed: Vec<Allowed>) -> Self {
        Self { allowed }
    }

    /// The URL, if its form is one that is ever called; whatever its scheme and its host are.
    pub fn read(url: &str) -> Result<Url, Refusal> {
        if url.len() > MAX_URL {
            return Err(Refusal::NoUrl);
        }
        let url = Url::parse(url).map_err(|_| Refusal::NoUrl)?;
        let has_host = url.host_str().is_some_and(|host| !host.is_empty());
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        if has_host && is_anonymous { Ok(url) } else { Err(Refusal::NoUrl) }
    }

    /// Refuses a URL that names an address which is not called. A name passes: what it resolves to is judged at each
    /// connection.
    pub fn judge(&self, url: &Url) -> Result<(), Refusal> {
        let host = url.host_str().ok_or(Refusal::NoUrl)?;
        match literal(host) {
            Some(address) if !self.reaches(host, address) => Err(Refusal::PrivateAddress),
            _ => Ok(()),
        }
    }

    /// Whether the operator allowed the host or the address that a URL names.
    pub fn is_allowed(&self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| {
            self.allows_host(host) || literal(host).is_some_and(|address| self.allows_address(address))
        })
    }

    /// Those of a host's addresses that are called.
    pub fn reachable(&self, host: &str, found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
        found.filter(|address| self.reaches(host, address.ip())).collect()
    }

    fn reaches(&self, host: &str, address: IpAddr) -> bool {
        self.allows_host(host) || self.allows_address(address) || is_public(address)
    }

    fn allows_host(&self, host: &str) -> bool {
        let is_host =
            |allowed: &Allowed| matches!(allowed, Allowed::Host(name) if name.eq_ignore_ascii_case(host));
        self.allowed.iter().any(is_host)
    }

    fn allows_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|allowed| match allowed {
            Allowed::Network(network, bits) => is_within(address, *network, *bits),
            Allowed::Host(_) => false,
        })
    }
}

/// The address that stands for a host in a URL, which the parser of URLs has brought to its one form.
pub fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowing(texts: &[&str]) -> Reach {
        Reach::new(texts.iter().map(|text| Allowed::try_from((*text).to_owned()).unwrap()).collect())
    }

    #[test]
    fn addresses_that_the_world_does_not_reach_are_refused_however_they_are_written() {
        let refused = |url: &str| Reach::default().judge(&Reach::read(url).unwrap()).err();
        for good in ["http://ca.example.com/x?y=z", "https://192.0.1.1/", "http://[2606:4700::1111]:8080/x"] {
            assert_eq!(refused(good), None, "{good}");
        }
        for private in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0.0.0.0/",
            "http://10.1.2.3/",
            "http://172.31.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://100.64.0.1/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://[::1]/",
            "http://[::]/",
            "http://[fe80::1]/",
            "http://[fd00::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:a00:1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::10.0.0.1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:db8::1]/",
            "http://[ff02::1]/",
        ] {
            assert_eq!(refused(private), Some(Refusal::PrivateAddress), "{private}");
        }
    }

    #[test]
    fn what_is_no_url_of_a_host_is_not_read() {
        let long = format!("http://ca.example.com/{}", "x".repeat(MAX_URL));
        for wrong in [
            "",
            "/ca.crl",
            "ca.example.com",
            "http://",
            "http://u:p@example.com/",
            "http://u@x/",
            "file:///x",
            &long,
        ] {
            assert_eq!(Reach::read(wrong), Err(Refusal::NoUrl), "{wrong}");
        }
    }

    #[test]
    fn what_the_operator_allows_is_called() {
        let reach = allowing(&["127.0.0.0/8", "fd00::/8", "ca.internal", "10.0.0.7"]);
        let is_called = |url: &str| reach.judge(&Reach::read(url).unwrap()).is_ok();
        for good in
            ["http://127.9.9.9:8080/x", "http://[::ffff:127.0.0.1]/", "http://[fd12::1]/", "http://10.0.0.7/"]
        {
            assert!(is_called(good) && reach.is_allowed(&Reach::read(good).unwrap()), "{good}");
        }
        assert!(reach.is_allowed(&Reach::read("http://CA.internal/").unwrap()));
        for wrong in ["http://10.0.0.8/", "http://[fe80::1]/"] {
            assert!(!is_called(wrong), "{wrong}");
        }
    }

    #[test]
    fn of_the_addresses_of_a_name_those_remain_that_may_be_reached() {
        let found = ["10.0.0.1:443", "127.0.0.1:443", "8.8.8.8:443"].map(|address| address.parse().unwrap());
        let reachable = |reach: Reach, host| reach.reachable(host, found.into_iter()).len();
        assert_eq!(reachable(Reach::default(), "localhost"), 1);
        assert_eq!(reachable(allowing(&["127.0.0.1"]), "localhost"), 2);
        assert_eq!(reachable(allowing(&["localhost"]), "localhost"), 3);
    }
}
