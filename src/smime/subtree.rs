//! Single names and the subtrees that contain them, each kind by its own rule (RFC 5280 §4.2.1.10).
//!
//! Where a name or a subtree cannot be read, the answer is the strict one: a subtree permits less and excludes more.

use x509_parser::prelude::GeneralName;

use super::matching::name_key;
use crate::mime::{CanonicalAddress, canonical_domain};

/// The form of a name, which says what constraints apply to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// rfc822Name, SmtpUTF8Mailbox (RFC 9598 §6), and emailAddress of the subject.
    Mail,
    /// dNSName.
    Dns,
    /// directoryName, and the subject.
    Directory,
    /// uniformResourceIdentifier.
    Uri,
    /// iPAddress.
    Address,
    /// Any other: the tag, and of an otherName its type. No rule says how to compare these, and so constraints on them
    /// refuse them.
    Other(u32, Option<String>),
}

/// A name of a certificate, in the form in which it is compared.
#[derive(Debug)]
pub(super) enum Name {
    Mail(Mailbox),
    /// The key of a distinguished name.
    Directory(String),
    /// A host name in lower case.
    Dns(String),
    /// The host of a URI.
    Uri(String),
    /// The octets of an IP address.
    Address(Vec<u8>),
    /// One that cannot be read.
    Unreadable(Kind),
}

/// A mail address.
#[derive(Debug)]
pub(super) struct Mailbox {
    /// The local part as it stands: a permitted mailbox is this one exactly (RFC 5280 §7.5).
    local: String,
    /// The domain in lower-case A-labels.
    domain: String,
    /// As From is compared: an excluded mailbox is excluded in every spelling that we would take for it.
    canonical: CanonicalAddress,
}

/// The base of a GeneralSubtree.
#[derive(Debug)]
pub(super) enum Subtree {
    /// One mailbox.
    Mailbox(Mailbox),
    /// Every mailbox of a host.
    MailHost(String),
    /// Every mailbox of the hosts below a domain, the domain itself not among them.
    MailDomain(String),
    /// The key of the name that others begin with.
    Directory(String),
    /// The name, and all below it; empty for all.
    Dns(String),
    /// The hosts below a domain.
    DnsBelow(String),
    /// A host.
    UriHost(String),
    /// The hosts below a domain.
    UriDomain(String),
    /// An address and a mask of the same length.
    Addresses(Vec<u8>),
    /// One that cannot be read, or is empty, which says nothing or everything.
    Unreadable(Kind),
}

impl Mailbox {
    pub(super) fn read(address: &str) -> Option<Self> {
        let address = address.trim_end_matches('.');
        let (local, domain) = address.rsplit_once('@')?;
        Some(Self {
            local: local.to_owned(),
            domain: canonical_domain(domain)?,
            canonical: CanonicalAddress::parse(address)?,
        })
    }
}

impl Kind {
    fn of(name: &GeneralName<'_>) -> Self {
        match name {
            GeneralName::OtherName(kind, _) => Self::Other(0, Some(kind.to_id_string())),
            GeneralName::RFC822Name(_) => Self::Mail,
            GeneralName::DNSName(_) => Self::Dns,
            GeneralName::X400Address(_) => Self::Other(3, None),
            GeneralName::DirectoryName(_) => Self::Directory,
            GeneralName::EDIPartyName(_) => Self::Other(5, None),
            GeneralName::URI(_) => Self::Uri,
            GeneralName::IPAddress(_) => Self::Address,
            GeneralName::RegisteredID(_) => Self::Other(8, None),
            GeneralName::Invalid(tag, _) => match tag.0 {
                1 => Self::Mail,
                2 => Self::Dns,
                4 => Self::Directory,
                6 => Self::Uri,
                7 => Self::Address,
                tag => Self::Other(tag, None),
            },
        }
    }
}

impl Name {
    pub(super) fn read(name: &GeneralName<'_>) -> Self {
        match name {
            GeneralName::RFC822Name(address) => Self::mail(address),
            GeneralName::DNSName(name) => Self::Dns(host(name)),
            GeneralName::DirectoryName(name) => Self::Directory(name_key(name)),
            GeneralName::URI(uri) => host_of(uri).map_or(Self::Unreadable(Kind::Uri), Self::Uri),
            GeneralName::IPAddress(address) => Self::Address(address.to_vec()),
            other => Self::Unreadable(Kind::of(other)),
        }
    }

    pub(super) fn mail(address: &str) -> Self {
        Mailbox::read(address).map_or(Self::Unreadable(Kind::Mail), Self::Mail)
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Mail(_) => Kind::Mail,
            Self::Dns(_) => Kind::Dns,
            Self::Directory(_) => Kind::Directory,
            Self::Uri(_) => Kind::Uri,
            Self::Address(_) => Kind::Address,
            Self::Unreadable(kind) => kind.clone(),
        }
    }
}

impl Subtree {
    pub(super) fn read(base: &GeneralName<'_>) -> Self {
        match base {
            GeneralName::RFC822Name(base) => Self::mail(base),
            GeneralName::DNSName(base) => match base.strip_prefix('.') {
                Some(domain) => Self::DnsBelow(host(domain)),
                None => Self::Dns(host(base)),
            },
            GeneralName::DirectoryName(base) => Self::Directory(name_key(base)),
            GeneralName::URI(base) => match base.strip_prefix('.') {
                Some(domain) => Self::UriDomain(host(domain)),
                None => Self::UriHost(host(base)),
            },
            GeneralName::IPAddress(base) => Self::Addresses(base.to_vec()),
            other => Self::Unreadable(Kind::of(other)),
        }
    }

    fn mail(base: &str) -> Self {
        let domain = |text: &str| canonical_domain(text.trim_end_matches('.'));
        let read = if let Some(below) = base.strip_prefix('.') {
            domain(below).map(Self::MailDomain)
        } else if let Some(host) = base.strip_prefix('@') {
            domain(host).map(Self::MailHost)
        } else if base.contains('@') {
            Mailbox::read(base).map(Self::Mailbox)
        } else {
            domain(base).map(Self::MailHost)
        };
        read.unwrap_or(Self::Unreadable(Kind::Mail))
    }

    /// Whether it is about names of this kind.
    pub(super) fn is_about(&self, name: &Name) -> bool {
        self.kind() == name.kind()
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Mailbox(_) | Self::MailHost(_) | Self::MailDomain(_) => Kind::Mail,
            Self::Dns(_) | Self::DnsBelow(_) => Kind::Dns,
            Self::Directory(_) => Kind::Directory,
            Self::UriHost(_) | Self::UriDomain(_) => Kind::Uri,
            Self::Addresses(_) => Kind::Address,
            Self::Unreadable(kind) => kind.clone(),
        }
    }

    /// Whether the name lies certainly within.
    pub(super) fn permits(&self, name: &Name) -> bool {
        match (self, name) {
            (Self::Mailbox(base), Name::Mail(mailbox)) => {
                base.local == mailbox.local && base.domain == mailbox.domain
            }
            _ => self.contains(name).unwrap_or(false),
        }
    }

    /// Whether the name may lie within.
    pub(super) fn excludes(&self, name: &Name) -> bool {
        match (self, name) {
            (Self::Mailbox(base), Name::Mail(mailbox)) => base.canonical == mailbox.canonical,
            _ => self.is_about(name) && self.contains(name).unwrap_or(true),
        }
    }

    /// None where that cannot be said.
    fn contains(&self, name: &Name) -> Option<bool> {
        match (self, name) {
            (Self::MailHost(host), Name::Mail(mailbox)) => Some(mailbox.domain == *host),
            (Self::MailDomain(domain), Name::Mail(mailbox)) => Some(is_below(&mailbox.domain, domain)),
            (Self::Directory(base), Name::Directory(name)) => Some(name.starts_with(base)),
            (Self::Dns(base), Name::Dns(name)) => {
                Some(base.is_empty() || name == base || is_below(name, base))
            }
            (Self::DnsBelow(base), Name::Dns(name)) => Some(is_below(name, base)),
            (Self::UriHost(base), Name::Uri(host)) => Some(host == base),
            (Self::UriDomain(base), Name::Uri(host)) => Some(is_below(host, base)),
            (Self::Addresses(base), Name::Address(address)) => within(base, address),
            _ => None,
        }
    }
}

fn host(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|labels| labels.len() > 1 && labels.ends_with('.'))
}

/// The host of a URI's authority, if it is a name (RFC 3986 §3.2). Constraints refuse URIs without one.
fn host_of(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host_and_port = authority.rsplit('@').next()?;
    let name = host(host_and_port.split(':').next()?);
    let is_name = name.contains('.') && !name.starts_with('[') && name.parse::<std::net::Ipv4Addr>().is_err();
    is_name.then_some(name)
}

/// Whether an address lies in a range of its family; none if the range is none.
fn within(base: &[u8], address: &[u8]) -> Option<bool> {
    let is_range = base.len() == 8 || base.len() == 32;
    let is_address = address.len() == 4 || address.len() == 16;
    if !is_range || !is_address {
        return None;
    }
    let (network, mask) = base.split_at_checked(base.len() / 2)?;
    let octets = network.iter().zip(mask).zip(address);
    let same = octets.into_iter().all(|((network, mask), octet)| network & mask == octet & mask);
    Some(network.len() == address.len() && same)
}
