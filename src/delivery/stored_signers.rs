//! Signers whose certificate did not come with their message, but was seen before (RFC 5652 §5.1 leaves it to the
//! sender whether certificates come along).

use super::prepare::Prepared;
use crate::mime::Message;
use crate::smime::{Certificate, Code, Facts, ParsedCertificate, SignerIdentifier, examine_with};
use crate::store::StoreError;
use crate::trust::{Trust, known_signers};

/// States the facts again of messages whose signers' certificates are missing there and known here: stored before,
/// or from another message of this delivery.
pub(super) async fn look_up(trust: &Trust, prepared: &mut [Prepared]) -> Result<(), StoreError> {
    let facts: Vec<&Facts> = prepared.iter().filter_map(Prepared::facts).collect();
    let incomplete: Vec<Incomplete> =
        prepared.iter().enumerate().filter_map(|(at, message)| Incomplete::of(at, message)).collect();
    if incomplete.is_empty() {
        return Ok(());
    }
    let stored = known_signers(trust, &facts).await?;
    let beside =
        facts.iter().flat_map(|facts| &facts.signers).filter_map(|signer| signer.certificate.clone());
    let known: Vec<Certificate> = stored.into_iter().chain(beside).collect();
    let work = tokio::task::spawn_blocking(move || completed(&incomplete, known));
    let completed = work.await.unwrap_or_else(|panic| {
        tracing::error!(%panic, "looking for the signers of a delivery panicked");
        Vec::new()
    });
    for (at, again) in completed {
        if let Some(Prepared::Message { facts, .. }) = prepared.get_mut(at) {
            *facts = again;
        }
    }
    Ok(())
}

/// A message with a SignerInfo whose certificate is missing.
struct Incomplete {
    at: usize,
    raw: Vec<u8>,
    missing: Vec<SignerIdentifier>,
    misfits: usize,
}

impl Incomplete {
    fn of(at: usize, message: &Prepared) -> Option<Self> {
        let Prepared::Message { facts, raw, .. } = message else { return None };
        let missing: Vec<SignerIdentifier> = facts.missing_signers().cloned().collect();
        (!missing.is_empty()).then(|| Self { at, raw: raw.clone(), missing, misfits: misfits(facts) })
    }

    fn examined_with(&self, known: &[(Certificate, ParsedCertificate)]) -> Option<Facts> {
        let is_meant = |parsed: &ParsedCertificate| self.missing.iter().any(|signer| signer.means(parsed));
        let meant: Vec<Certificate> = known
            .iter()
            .filter(|(_, parsed)| is_meant(parsed))
            .map(|(certificate, _)| certificate.clone())
            .collect();
        if meant.is_empty() {
            return None;
        }
        let facts = examine_with(&Message::parse(&self.raw).ok()?, &meant);
        // Anybody can send us a certificate of any name. One whose key did not make the signature is not the one
        // that is missing, and must not make the message look forged.
        (misfits(&facts) <= self.misfits).then_some(facts)
    }
}

fn completed(incomplete: &[Incomplete], known: Vec<Certificate>) -> Vec<(usize, Facts)> {
    let known: Vec<(Certificate, ParsedCertificate)> = known
        .into_iter()
        .filter_map(|certificate| certificate.parse().ok().map(|parsed| (certificate, parsed)))
        .collect();
    incomplete
        .iter()
        .filter_map(|message| message.examined_with(&known).map(|facts| (message.at, facts)))
        .collect()
}

/// How many problems say that a certificate's key did not make a signature.
fn misfits(facts: &Facts) -> usize {
    let is_misfit = |code| matches!(code, Code::SignatureInvalid | Code::UnsupportedAlgorithm);
    facts.problems.iter().filter(|problem| is_misfit(problem.code)).count()
}
