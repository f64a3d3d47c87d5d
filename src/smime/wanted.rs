//! What the certificates of an evaluation name that could be fetched: CRLs, OCSP responses, and issuers.
//!
//! Whoever fetches decides what of it is due. Where a certificate names several sources, all are told: one may be out of
//! reach. Under `soft` the same is told as under `named`, because what is fetched can still tell of a revocation;
//! nothing of it is missing. Under `off` nothing of revocation is told.

use chrono::{DateTime, Utc};

use super::node::Node;
use super::paths::{End, Path, Pool};
use super::revocation::{Clock, Standing};
use super::verdict::{EvidenceKind, Wanted, WantedKind};

/// How much of it is told.
const MOST_WANTED: usize = 64;
/// How much is gathered before what is missing is put first.
const MOST_GATHERED: usize = 512;
/// URLs that are longer are left out.
const LONGEST_URL: usize = 2048;

/// A certificate on a path to an anchor, with what is known about its revocation.
pub(super) struct Subject<'a> {
    pub(super) node: &'a Node,
    pub(super) issuer: Option<&'a Node>,
    pub(super) standing: &'a Standing,
}

/// Gathers what is wanted, each thing once.
#[derive(Default)]
pub(super) struct Wants(Vec<Wanted>);

impl Wants {
    /// What is missing comes first.
    pub(super) fn into_list(self) -> Vec<Wanted> {
        let mut list = self.0;
        list.sort_by_key(|wanted| !wanted.is_missing);
        list.truncate(MOST_WANTED);
        list
    }

    /// What the certificate names about its own revocation. `is_open`: whether more evidence could change the verdict.
    pub(super) fn of_revocation(&mut self, subject: &Subject<'_>, now: DateTime<Utc>, is_open: bool) {
        let Subject { node, issuer, standing } = subject;
        if !standing.is_asked {
            return;
        }
        let is_missing =
            is_open && standing.lacks_evidence_at(Clock::Now(now)) && standing.revoked_at(now).is_none();
        let next_update = |kind| standing.newest_update(kind);
        for url in node.points.iter().flat_map(|point| &point.urls) {
            self.add(WantedKind::Crl, url, next_update(EvidenceKind::Crl), is_missing);
        }
        // Without a complete CRL, a delta says nothing.
        for url in node.freshest.iter().flat_map(|point| &point.urls) {
            self.add(WantedKind::Crl, url, next_update(EvidenceKind::DeltaCrl), false);
        }
        let Some(issuer) = issuer else { return };
        for url in &node.responders {
            let what = WantedKind::Ocsp {
                certificate: node.certificate.clone(),
                issuer: issuer.certificate.clone(),
            };
            self.add(what, url, next_update(EvidenceKind::Ocsp), is_missing);
        }
    }

    /// Where to look for issuers, if a path leads to no anchor: above its last certificate, and above those below it,
    /// whose issuers may have been certified by others too (RFC 4158).
    pub(super) fn of_issuers(&mut self, pool: &Pool, path: &Path) {
        if !matches!(path.end, End::NoIssuer | End::UntrustedRoot) {
            return;
        }
        for (depth, &place) in path.nodes.iter().enumerate().rev() {
            let is_missing = path.end == End::NoIssuer && depth + 1 == path.nodes.len();
            for url in &pool.node(place).ca_issuers {
                self.add(WantedKind::Issuer, url, None, is_missing);
            }
        }
    }

    fn add(&mut self, what: WantedKind, url: &str, next_update: Option<DateTime<Utc>>, is_missing: bool) {
        if !can_be_fetched(url) {
            return;
        }
        let is_full = self.0.len() >= MOST_GATHERED;
        match self.0.iter_mut().find(|known| known.url == url && known.what == what) {
            Some(known) => {
                // A CRL that one certificate has evidence of may be what another lacks.
                known.is_missing |= is_missing;
                known.next_update = known.next_update.zip(next_update).map(|(one, other)| one.min(other));
            }
            None if is_full => {}
            None => self.0.push(Wanted { what, url: url.to_owned(), next_update, is_missing }),
        }
    }
}

/// Whether it is an http or https URL of a bearable length. LDAP, which certificates name too, is not spoken here.
fn can_be_fetched(url: &str) -> bool {
    let has_scheme =
        |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    url.len() <= LONGEST_URL
        && url.bytes().all(|byte| byte.is_ascii_graphic())
        && (has_scheme("http://") || has_scheme("https://"))
}
