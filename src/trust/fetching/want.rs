//! What an evaluation wants becomes sources, and decides whether its verdict is settled or waits for them.

use std::time::Duration;

use super::super::Trust;
use crate::reach::Reach;
use crate::smime::{Code, Explanation, Wanted, WantedKind};
use crate::store::signer::SignerId;
use crate::store::source::{self, Bounds, SourceKind, Want};
use crate::store::{StoreError, Transaction};

/// Sources that one verdict wants.
const MOST_SOURCES: usize = 32;
/// Of these, issuers of chains that lead to no anchor.
const MOST_ISSUERS: usize = 4;
/// How long a verdict waits for sources that nobody gets around to fetching.
const PATIENCE: Duration = Duration::from_secs(600);
/// How many sources there may be. Revocation is fetched for certificates below an anchor, whose authority says where;
/// a responder answers for each certificate. A chain without an anchor is anybody's who can send a mail: what it names
/// is fetched too, since the missing issuer may lead to an anchor, but for all of its makers together as rarely as
/// this.
const BOUNDS: Bounds = Bounds {
    per_host: 100_000,
    issuers_per_host: 20,
    issuers_in_all: 200,
    period: Duration::from_secs(3600),
};

/// What is to be done with an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::trust) enum Next {
    /// Its verdict is stored.
    Settle,
    /// It is done again in another transaction: only now is what it rests on known to those who fetch.
    Repeat,
    /// Its verdict stays as it is until what it lacks was fetched.
    Wait,
}

impl Trust {
    /// Notes what an evaluation wants, and says what is to be done with it. Done under the lock of the verdict, before
    /// any account is locked.
    pub(in crate::trust) async fn note_wants(
        &self,
        transaction: &Transaction<'_>,
        signer: SignerId,
        explanation: &Explanation,
    ) -> Result<Next, StoreError> {
        if self.fetching.is_none() {
            return Ok(Next::Settle);
        }
        let wanting = source::want(transaction, signer, &wants(&explanation.wanted), &BOUNDS).await?;
        if wanting.is_new {
            return Ok(Next::Repeat);
        }
        if wanting.is_coming
            && lacks_evidence_alone(explanation)
            && source::wait(transaction, signer, PATIENCE).await?
        {
            return Ok(Next::Wait);
        }
        source::stop_waiting(transaction, signer).await?;
        Ok(Next::Settle)
    }
}

/// Whether nothing is wrong that fetching could not mend. A certificate that has expired is told at once.
fn lacks_evidence_alone(explanation: &Explanation) -> bool {
    let can_be_mended = |code| {
        matches!(
            code,
            Code::RevocationUnavailable
                | Code::RevocationExpired
                | Code::IssuerNotFound
                | Code::UntrustedRoot
        )
    };
    explanation.verdict.problems.iter().all(|problem| can_be_mended(problem.code))
}

/// The sources, those that are missing first, each once.
fn wants(wanted: &[Wanted]) -> Vec<Want> {
    let mut wants: Vec<Want> = wanted.iter().filter_map(want).collect();
    wants.sort_by_key(|want| !want.is_missing);
    let mut issuers = 0;
    wants.retain(|want| {
        issuers += usize::from(want.kind == SourceKind::Issuer);
        want.kind != SourceKind::Issuer || issuers <= MOST_ISSUERS
    });
    wants.truncate(MOST_SOURCES);
    wants
}

/// A source by the one form of its URL; none if the URL cannot be one.
fn want(wanted: &Wanted) -> Option<Want> {
    let url = Reach::read(&wanted.url).ok()?;
    let host = url.host_str()?.to_owned();
    let (kind, about) = match &wanted.what {
        WantedKind::Crl => (SourceKind::Crl, None),
        WantedKind::Ocsp { certificate, issuer } => {
            (SourceKind::Ocsp, Some((certificate.fingerprint(), issuer.fingerprint())))
        }
        WantedKind::Issuer => (SourceKind::Issuer, None),
    };
    let url = String::from(url);
    // The one form may be longer than what was written.
    let is_short = url.len() <= crate::reach::MAX_URL;
    is_short.then_some(Want { kind, url, host, about, is_missing: wanted.is_missing })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(what: WantedKind, url: &str, is_missing: bool) -> Wanted {
        Wanted { what, url: url.to_owned(), next_update: None, is_missing }
    }

    #[test]
    fn what_is_missing_comes_first_and_bounds_hold() {
        let mut list: Vec<Wanted> = (0..40)
            .map(|number| wanted(WantedKind::Crl, &format!("http://ca.example.com/{number}"), number == 39))
            .collect();
        let found = wants(&list);
        assert_eq!(found.len(), MOST_SOURCES);
        assert_eq!(found[0].url, "http://ca.example.com/39");
        list = (0..9).map(|n| wanted(WantedKind::Issuer, &format!("http://x/{n}"), true)).collect();
        assert_eq!(wants(&list).len(), MOST_ISSUERS);
    }

    #[test]
    fn a_url_has_one_form_and_one_that_is_none_is_left_out() {
        let of = |url: &str| want(&wanted(WantedKind::Crl, url, true)).map(|want| (want.url, want.host));
        let same = Some(("http://ca.example.com/x".to_owned(), "ca.example.com".to_owned()));
        assert_eq!(of("HTTP://CA.example.com:80/x"), same);
        for wrong in ["", "ca.crl", "http://user@ca.example.com/", "file:///x"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
