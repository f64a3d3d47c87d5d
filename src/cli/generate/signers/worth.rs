//! What the chains of those who sign are worth, and the authorities that make them so.

use chrono::{DateTime, Duration, Utc};
use openssl::error::ErrorStack;

use super::pki::{Authority, Holder, Use, Validity};
use crate::smime::Certificate;

/// How many authorities certify people in good order.
pub(super) const AUTHORITIES: usize = 12;

/// What the verdict on a signer will say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    Good,
    /// The same, but nobody has looked yet.
    NotEvaluated,
    Expired,
    NotYetValid,
    Revoked,
    IssuerExpired,
    IssuerRevoked,
    IssuerNotFound,
    UntrustedRoot,
    /// Its authority may not certify its address.
    InvalidChain,
    WrongKeyUsage,
    WrongExtendedKeyUsage,
    /// There is no CRL.
    RevocationUnavailable,
    /// There is one that has run out.
    RevocationExpired,
}

impl Worth {
    /// Of forty signers 26 are good, and the others cover what can be wrong with a chain. They alternate, so that those
    /// who write much are not all alike.
    pub(super) fn of(index: usize) -> Self {
        match index * 11 % 40 {
            26 | 27 => Self::Expired,
            28 | 29 => Self::Revoked,
            30 => Self::UntrustedRoot,
            31 => Self::NotEvaluated,
            32 => Self::RevocationUnavailable,
            33 => Self::RevocationExpired,
            34 => Self::IssuerExpired,
            35 => Self::IssuerRevoked,
            36 => Self::NotYetValid,
            37 => Self::IssuerNotFound,
            38 => Self::InvalidChain,
            39 if (index / 40).is_multiple_of(2) => Self::WrongKeyUsage,
            39 => Self::WrongExtendedKeyUsage,
            _ => Self::Good,
        }
    }

    /// When the certificate of the signer with this number is valid.
    pub(super) fn validity(self, index: usize, until: DateTime<Utc>) -> Validity {
        let (from, to) = lifetime(until);
        match self {
            Self::Expired => (from, until - days(30 + index * 37 % 900)),
            Self::NotYetValid => (until + days(10 * 365), to),
            _ => (from, to),
        }
    }

    /// Since when it is revoked, if it is.
    pub(super) fn revoked_since(self, index: usize, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self == Self::Revoked).then(|| until - days(20 + index * 53 % 1200))
    }

    /// What its certificate allows.
    pub(super) fn allows(self) -> Use {
        match self {
            Self::WrongKeyUsage => Use::NoSignature,
            Self::WrongExtendedKeyUsage => Use::NoMail,
            _ => Use::Mail,
        }
    }
}

/// Everybody who certifies. Each has a CRL by its number, but for those whose worth it is to have none.
pub(super) struct Authorities {
    until: DateTime<Utc>,
    pub(super) root: Authority,
    /// A root that is no trust anchor.
    pub(super) stranger: Authority,
    /// Those in good order first, then one for each worth that an authority makes, in the order of `ODD`.
    pub(super) below: Vec<Authority>,
}

/// The worths that come from the authority.
const ODD: [Worth; 7] = [
    Worth::IssuerExpired,
    Worth::IssuerRevoked,
    Worth::IssuerNotFound,
    Worth::UntrustedRoot,
    Worth::InvalidChain,
    Worth::RevocationUnavailable,
    Worth::RevocationExpired,
];

impl Authorities {
    /// `label` names them, and their keys follow from it.
    pub(super) fn new(label: &str, until: DateTime<Utc>) -> Result<Self, ErrorStack> {
        let lifetime = lifetime(until);
        let holder = |name: &str| Holder::new(&format!("{label}/{name}"), &format!("{name} {label}"));
        let root = Authority::new(holder("Root")?, 0, lifetime, None, None)?;
        let stranger = Authority::new(holder("Stranger")?, 1, lifetime, None, None)?;
        let good = (0..AUTHORITIES).map(|_| Worth::Good);
        let below = good.chain(ODD).enumerate().map(|(place, worth)| {
            let issuer = if worth == Worth::UntrustedRoot { &stranger } else { &root };
            let validity = match worth {
                Worth::IssuerExpired => (lifetime.0, until - days(100)),
                _ => lifetime,
            };
            let only_for = (worth == Worth::InvalidChain).then_some("elsewhere.example");
            let holder = holder(&format!("Authority {}", place + 1))?;
            Authority::new(holder, place + 2, validity, Some(issuer), only_for)
        });
        let below = below.collect::<Result<_, ErrorStack>>()?;
        Ok(Self { until, root, stranger, below })
    }

    /// The place in `below` of who certifies the signer with this number.
    pub(super) fn place(worth: Worth, index: usize) -> usize {
        match ODD.iter().position(|odd| *odd == worth) {
            Some(place) => AUTHORITIES + place,
            None => index % AUTHORITIES,
        }
    }

    /// The certificates that come with the mail of those whom it certifies.
    pub(super) fn chain(&self, place: usize) -> Vec<Certificate> {
        match place.checked_sub(AUTHORITIES).and_then(|odd| ODD.get(odd)) {
            Some(Worth::IssuerNotFound) => Vec::new(),
            Some(Worth::UntrustedRoot) => {
                vec![self.below[place].certificate.clone(), self.stranger.certificate.clone()]
            }
            _ => vec![self.below[place].certificate.clone()],
        }
    }

    /// The CRLs of both roots, and that of each below where there is one. `revoked`: the place of an authority, a serial
    /// number that it has revoked, and since when.
    pub(super) fn crls(
        &self,
        revoked: &[(usize, Vec<u8>, DateTime<Utc>)],
    ) -> Result<Vec<Vec<u8>>, ErrorStack> {
        let until = self.until;
        let current = (until - days(1), until + days(15 * 365));
        let mut crls = vec![self.root_crl(current, None)?, self.stranger.crl(current, &[])?];
        for (place, authority) in self.below.iter().enumerate() {
            let validity = match place.checked_sub(AUTHORITIES).and_then(|odd| ODD.get(odd)) {
                Some(Worth::RevocationUnavailable | Worth::IssuerNotFound) => continue,
                Some(Worth::RevocationExpired) => (until - days(60), until - days(30)),
                _ => current,
            };
            let entries: Vec<(&[u8], DateTime<Utc>)> = revoked
                .iter()
                .filter(|(by, ..)| *by == place)
                .map(|(_, serial, since)| (serial.as_slice(), *since))
                .collect();
            crls.push(authority.crl(validity, &entries)?);
        }
        Ok(crls)
    }

    /// The root's CRL: it has revoked the authority whose worth that is, and perhaps another, since the list's date.
    pub(super) fn root_crl(&self, validity: Validity, another: Option<usize>) -> Result<Vec<u8>, ErrorStack> {
        let serial = |place: usize| self.below[place].holder.serial.as_slice();
        let mut entries = vec![(serial(Self::place(Worth::IssuerRevoked, 0)), self.until - days(150))];
        entries.extend(another.map(|place| (serial(place), validity.0)));
        self.root.crl(validity, &entries)
    }
}

fn lifetime(until: DateTime<Utc>) -> Validity {
    (until - days(10 * 365), until + days(20 * 365))
}

fn days(days: usize) -> Duration {
    Duration::days(days as i64)
}
