//! Certificate revocation lists, and whether one speaks about a certificate (RFC 5280 §5 and §6.3).

use chrono::{DateTime, Utc};
use openssl::x509::X509Crl;
use x509_parser::oid_registry::asn1_rs::{Any, FromDer as _};
use x509_parser::prelude::*;

use super::distribution::{DistributionPoint, IssuingPoint};
use super::matching::{directory_key, name_key};
use super::paths::Node;

const CRL_NUMBER: &str = "2.5.29.20";
const REASON_CODE: &str = "2.5.29.21";
const INVALIDITY_DATE: &str = "2.5.29.24";
const DELTA_CRL_INDICATOR: &str = "2.5.29.27";
const ISSUING_DISTRIBUTION_POINT: &str = "2.5.29.28";
const CERTIFICATE_ISSUER: &str = "2.5.29.29";

/// A CRL, read but not yet believed: its signature is the business of `revocation`.
pub(super) struct Crl<'a> {
    list: CertificateRevocationList<'a>,
    pub(super) openssl: X509Crl,
    /// The key of its issuer's name.
    pub(super) issuer: String,
    pub(super) this_update: DateTime<Utc>,
    pub(super) next_update: DateTime<Utc>,
    number: Option<Number>,
    /// The number of the complete CRL that this delta starts from (RFC 5280 §5.2.4).
    base: Option<Number>,
    point: Option<IssuingPoint>,
    /// DER of the issuing distribution point; CRLs that share it share a scope.
    scope: Option<Vec<u8>>,
}

/// The content octets of a non-negative INTEGER without leading zeros; longer is greater.
#[derive(PartialEq, Eq)]
struct Number(Vec<u8>);

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some((self.0.len(), &self.0).cmp(&(other.0.len(), &other.0)))
    }
}

/// What a CRL says about one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) revoked_at: DateTime<Utc>,
    /// From when on it counts: invalidityDate where the key was compromised, else the revocation date.
    pub(super) effective: DateTime<Utc>,
    pub(super) reason: Reason,
}

/// CRLReason (RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason(u8);

impl Reason {
    /// Its name in the RFC.
    pub(super) fn as_str(self) -> &'static str {
        match self.0 {
            1 => "keyCompromise",
            2 => "cACompromise",
            3 => "affiliationChanged",
            4 => "superseded",
            5 => "cessationOfOperation",
            6 => "certificateHold",
            8 => "removeFromCRL",
            9 => "privilegeWithdrawn",
            10 => "aACompromise",
            _ => "unspecified",
        }
    }

    /// A hold can be lifted; every other revocation is for good.
    pub(super) fn is_hold(self) -> bool {
        self.0 == 6
    }

    fn is_removal(self) -> bool {
        self.0 == 8
    }

    fn is_compromise(self) -> bool {
        matches!(self.0, 1 | 2 | 10)
    }
}

/// The key of the name of a CRL's issuer, without reading the rest of what may be a large list.
pub(super) fn issuer_of(der: &[u8]) -> Option<String> {
    let (_, list) = Any::from_der(der).ok()?;
    let (_, tbs) = Any::from_der(list.data).ok()?;
    let (mut rest, mut field) = Any::from_der(tbs.data).ok()?;
    if field.tag().0 == 2 {
        // version, then the signature algorithm
        (rest, field) = Any::from_der(rest).ok()?;
    }
    if field.tag().0 != 16 {
        return None;
    }
    let (_, issuer) = X509Name::from_der(rest).ok()?;
    Some(name_key(&issuer))
}

impl<'a> Crl<'a> {
    /// Reads a CRL. None if it cannot be read, lacks nextUpdate, which RFC 5280 §5.1.2.5 demands, or has a critical
    /// extension that is not understood: such a one must not be used (RFC 5280 §5.2 and §5.3).
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let (rest, list) = CertificateRevocationList::from_der(der).ok()?;
        if !rest.is_empty() || !is_understood(&list) {
            return None;
        }
        let issuer = name_key(&list.tbs_cert_list.issuer);
        let mut crl = Self {
            openssl: X509Crl::from_der(der).ok()?,
            this_update: date(list.tbs_cert_list.this_update)?,
            next_update: date(list.tbs_cert_list.next_update?)?,
            number: None,
            base: None,
            point: None,
            scope: None,
            issuer,
            list,
        };
        for extension in crl.list.tbs_cert_list.extensions() {
            match extension.oid.to_id_string().as_str() {
                CRL_NUMBER => crl.number = Some(number(extension.value)?),
                DELTA_CRL_INDICATOR => crl.base = Some(number(extension.value)?),
                ISSUING_DISTRIBUTION_POINT => crl.scope = Some(extension.value.to_vec()),
                _ => {}
            }
        }
        if let Some(scope) = &crl.scope {
            crl.point = Some(IssuingPoint::read(scope, &crl.issuer)?);
        }
        Some(crl)
    }

    pub(super) fn is_delta(&self) -> bool {
        self.base.is_some()
    }

    /// The reasons for which this CRL answers for the certificate by way of the distribution point; none if it
    /// does not (RFC 5280 §6.3.3 (b) and (d)).
    pub(super) fn reasons_for(&self, node: &Node, point: &DistributionPoint) -> Option<u16> {
        let indirect = self.point.as_ref().is_some_and(|point| point.indirect);
        let speaks = match &point.crl_issuers {
            Some(issuers) => indirect && issuers.contains(&self.issuer),
            None => self.issuer == node.issuer,
        };
        if !speaks {
            return None;
        }
        let Some(issuing) = &self.point else { return Some(point.reasons) };
        if let Some(names) = &issuing.names {
            let wanted = match (&point.names, &point.crl_issuers) {
                (Some(names), _) => names.clone(),
                (None, Some(issuers)) => issuers.iter().map(|name| directory_key(name)).collect(),
                (None, None) => Vec::new(),
            };
            if !names.iter().any(|name| wanted.contains(name)) {
                return None;
            }
        }
        if (issuing.only_users && node.parsed.is_ca)
            || (issuing.only_authorities && !node.parsed.is_ca)
            || issuing.only_attributes
        {
            return None;
        }
        Some(point.reasons & issuing.reasons)
    }

    /// Whether the two have the same issuer and scope.
    pub(super) fn shares_scope(&self, other: &Self) -> bool {
        self.issuer == other.issuer && self.scope == other.scope
    }

    /// Whether this delta brings the complete CRL up to date (RFC 5280 §5.2.4).
    pub(super) fn updates(&self, complete: &Self) -> bool {
        match (&self.base, &self.number, &complete.number) {
            (Some(base), Some(number), Some(complete_number)) => {
                self.shares_scope(complete) && base <= complete_number && complete_number <= number
            }
            _ => false,
        }
    }

    /// What the list says of the certificate; `Some(None)` where a delta removes it.
    pub(super) fn entry_for(&self, node: &Node) -> Option<Option<Entry>> {
        let serial = hex::decode(&node.parsed.serial).ok()?;
        let mut issuer = self.issuer.clone();
        let indirect = self.point.as_ref().is_some_and(|point| point.indirect);
        let mut found = None;
        for revoked in self.list.iter_revoked_certificates() {
            if indirect && let Some(name) = certificate_issuer(revoked) {
                issuer = name;
            }
            if issuer == node.issuer && revoked.raw_serial() == serial {
                found = Some(entry(revoked));
            }
        }
        found.map(|entry: Entry| (!entry.reason.is_removal()).then_some(entry))
    }
}

/// No critical extension of the list or of an entry that this module does not know.
fn is_understood(list: &CertificateRevocationList<'_>) -> bool {
    let known = |known: &[&str], extension: &X509Extension<'_>| {
        !extension.critical || known.contains(&extension.oid.to_id_string().as_str())
    };
    let of_list = [CRL_NUMBER, DELTA_CRL_INDICATOR, ISSUING_DISTRIBUTION_POINT, "2.5.29.35"];
    let of_entry = [REASON_CODE, INVALIDITY_DATE, CERTIFICATE_ISSUER];
    list.extensions().iter().all(|extension| known(&of_list, extension))
        && list
            .iter_revoked_certificates()
            .flat_map(RevokedCertificate::extensions)
            .all(|extension| known(&of_entry, extension))
}

fn certificate_issuer(revoked: &RevokedCertificate<'_>) -> Option<String> {
    let extension =
        revoked.extensions().iter().find(|extension| extension.oid.to_id_string() == CERTIFICATE_ISSUER)?;
    let (_, names) = Any::from_der(extension.value).ok()?;
    let mut rest = names.data;
    while let Ok((after, name)) = GeneralName::from_der(rest) {
        if let GeneralName::DirectoryName(name) = name {
            return Some(name_key(&name));
        }
        rest = after;
    }
    None
}

fn entry(revoked: &RevokedCertificate<'_>) -> Entry {
    // A date outside the calendar must not make a revocation go away.
    let revoked_at = date(revoked.revocation_date).unwrap_or(DateTime::UNIX_EPOCH);
    let reason = Reason(revoked.reason_code().map_or(0, |(_, code)| code.0));
    let invalid_from = revoked.invalidity_date().and_then(|(_, at)| date(at));
    let effective = match invalid_from {
        Some(from) if reason.is_compromise() => from.min(revoked_at),
        _ => revoked_at,
    };
    Entry { revoked_at, effective, reason }
}

fn number(value: &[u8]) -> Option<Number> {
    let (_, integer) = Any::from_der(value).ok()?;
    let leading = integer.data.iter().take_while(|byte| **byte == 0).count();
    integer.data.get(leading..).map(|octets| Number(octets.to_vec()))
}

fn date(time: ASN1Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.timestamp(), 0)
}
