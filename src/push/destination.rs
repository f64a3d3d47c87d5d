//! Where pushes may go. A subscription names any URL it likes, and this server then calls it (RFC 8620 §8.6): never
//! one inside of the operator's own network, unless the operator says so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::Url;

/// Octets of a URL at most.
const MAX_URL: usize = 2048;
/// How long a name may take to resolve while a client waits.
const RESOLVING: Duration = Duration::from_secs(5);

/// Where pushes may go beside public addresses by https.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destinations {
    allowed: Vec<Allowed>,
}

/// A network or a host that an operator allows: `127.0.0.0/8`, `fd00::1`, `push.internal.example`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub enum Allowed {
    /// All addresses that begin with so many bits of this one.
    Network(IpAddr, u8),
    /// A host by its name, in lower case, whatever its addresses are.
    Host(String),
}

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

impl Destinations {
    /// Public addresses, and these.
    pub fn new(allowed: Vec<Allowed>) -> Self {
        Self { allowed }
    }

    /// The URL, if its form allows to push to it. What its host's name resolves to is judged at each connection.
    pub fn parse(&self, url: &str) -> Result<Url, Refusal> {
        if url.len() > MAX_URL {
            return Err(Refusal::NoUrl);
        }
        let url = Url::parse(url).map_err(|_| Refusal::NoUrl)?;
        let host = url.host_str().ok_or(Refusal::NoUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::NoUrl);
        }
        let address = literal(host);
        let is_allowed =
            self.allows_host(host) || address.is_some_and(|address| self.allows_address(address));
        match url.scheme() {
            "https" => {}
            "http" if is_allowed => {}
            _ => return Err(Refusal::NotHttps),
        }
        match address {
            Some(address) if !is_allowed && !is_public(address) => Err(Refusal::PrivateAddress),
            _ => Ok(url),
        }
    }

    /// The same, for a URL that is new: its host's name must lead somewhere where pushes may go. A name that does not
    /// resolve at present may do so later.
    pub async fn check(&self, url: &str) -> Result<(), Refusal> {
        let url = self.parse(url)?;
        let host = url.host_str().ok_or(Refusal::NoUrl)?;
        if literal(host).is_some() {
            return Ok(());
        }
        let Ok(Ok(found)) = tokio::time::timeout(RESOLVING, tokio::net::lookup_host((host, 443))).await
        else {
            return Ok(());
        };
        if self.reachable(host, found).is_empty() { Err(Refusal::PrivateAddress) } else { Ok(()) }
    }

    /// Those of a host's addresses to which pushes may go.
    pub(super) fn reachable(&self, host: &str, found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
        let is_allowed_host = self.allows_host(host);
        let may_go = |address: &SocketAddr| {
            is_allowed_host || self.allows_address(address.ip()) || is_public(address.ip())
        };
        found.filter(may_go).collect()
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

impl TryFrom<String> for Allowed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no network (10.0.0.0/8), address or host");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.as_str(), None),
        };
        match (address.parse::<IpAddr>(), bits) {
            (Ok(address), None) => Ok(Self::Network(address, width(address))),
            (Ok(address), Some(bits)) => {
                let bits = bits.parse().ok().filter(|bits| *bits <= width(address)).ok_or_else(wrong)?;
                Ok(Self::Network(address, bits))
            }
            (Err(_), None) if is_host_name(&text) => Ok(Self::Host(text.to_ascii_lowercase())),
            _ => Err(wrong()),
        }
    }
}

fn is_host_name(text: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    text.split('.').all(is_label)
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let differing = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => (address.to_bits() ^ network.to_bits()).leading_zeros(),
        (IpAddr::V6(address), IpAddr::V6(network)) => (address.to_bits() ^ network.to_bits()).leading_zeros(),
        _ => return false,
    };
    differing >= u32::from(bits)
}

/// The address that stands for a host in a URL, which the parser of URLs has brought to its one form.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether an address is one of the public internet: in none of the blocks that IANA's registries of special purposes
/// keep from it. Addresses that carry another one are judged by that.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    const SPECIAL: [([u8; 4], u8); 16] = [
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 31, 196, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        ([224, 0, 0, 0], 4),
        ([240, 0, 0, 0], 4),
    ];
    let is_in =
        |(network, bits): &([u8; 4], u8)| is_within(address.into(), Ipv4Addr::from(*network).into(), *bits);
    !SPECIAL.iter().any(is_in)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(carried) = address.to_ipv4_mapped() {
        return is_public_v4(carried);
    }
    let segments = address.segments();
    let carried = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // NAT64 (RFC 6052), and 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => carried(high, low),
        // Teredo, benchmarks, ORCHID, and what else stands in 2001::/23; documentation.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // All that is given out for the public internet is in 2000::/3.
        [first, ..] => first & 0xe000 == 0x2000,
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
        for private in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.0.0.1/",
            "https://0.0.0.0/",
            "https://10.1.2.3/",
            "https://172.31.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://100.64.0.1/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://[::1]/",
            "https://[::]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a00:1]/",
            "https://[::127.0.0.1]/",
            "https://[64:ff9b::10.0.0.1]/",
            "https://[2002:7f00:1::]/",
            "https://[2001:db8::1]/",
            "https://[ff02::1]/",
        ] {
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

    #[test]
    fn of_the_addresses_of_a_name_those_remain_that_may_be_reached() {
        let found = ["10.0.0.1:443", "127.0.0.1:443", "8.8.8.8:443"].map(|address| address.parse().unwrap());
        let reachable =
            |destinations: Destinations, host| destinations.reachable(host, found.into_iter()).len();
        assert_eq!(reachable(Destinations::default(), "localhost"), 1);
        assert_eq!(reachable(allowing(&["127.0.0.1"]), "localhost"), 2);
        assert_eq!(reachable(allowing(&["localhost"]), "localhost"), 3);
    }

    #[test]
    fn what_is_no_network_and_no_host_cannot_be_allowed() {
        for wrong in ["", "10.0.0.0/33", "10.0.0.0/x", "a b", "https://x", "host/8", "::/129", "*"] {
            assert!(Allowed::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn names_of_this_machine_are_refused_before_anything_is_sent() {
        let refused = Destinations::default().check("https://localhost:8443/x").await;
        assert_eq!(refused, Err(Refusal::PrivateAddress));
        assert_eq!(allowing(&["127.0.0.0/8", "::1"]).check("https://localhost/x").await, Ok(()));
    }
}
