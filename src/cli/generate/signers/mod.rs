//! Those who sign the generated mail: a small world of authorities, certificates and CRLs that follows from the seed,
//! and the verdicts on it.
//!
//! All of it is real: what is stored of a verdict is what `smime` says of the chain, and an evaluation of the same
//! chain says it again as long as the CRLs are current, which is for fifteen years. The one exception are signers whom
//! nobody has evaluated yet: they are due, and the first worker settles them.

mod cms;
mod der;
mod insert;
mod pki;
mod worth;

use std::num::NonZero;

use chrono::{DateTime, Duration, Utc};
use openssl::error::ErrorStack;

use self::pki::Holder;
use self::worth::{AUTHORITIES, Authorities, Worth};
use crate::smime::{
    AcceptedWeaknesses, Certificate, Clocks, Explanation, Facts, Outcome, Policy, TrustMaterial, compose,
    explain,
};

/// Everybody who signs, by number, with the material that their verdicts rest on.
pub struct Signers {
    until: DateTime<Utc>,
    authorities: Authorities,
    crls: Vec<Vec<u8>>,
    signers: Vec<Signer>,
}

/// One who signs.
struct Signer {
    holder: Holder,
    worth: Worth,
    leaf: Certificate,
    /// The place of the authority that certified it.
    authority: usize,
    /// None before the first evaluation.
    explanation: Option<Explanation>,
}

impl Signers {
    /// A signer for each address, in their order. What follows from the same seed at the same time is the same.
    pub fn new(seed: u64, until: DateTime<Utc>, addresses: &[&str]) -> Result<Self, ErrorStack> {
        let label = format!("generated {seed} {}", until.format("%FT%TZ"));
        let authorities = Authorities::new(&label, until)?;
        let signers = addresses.iter().enumerate().map(|(index, address)| {
            let worth = Worth::of(index);
            let holder = Holder::new(&format!("{label}/{address}"), address)?;
            let authority = Authorities::place(worth, index);
            let validity = worth.validity(index, until);
            let leaf = authorities.below[authority].certify(&holder, address, validity, worth.allows())?;
            Ok(Signer { holder, worth, leaf, authority, explanation: None })
        });
        let signers: Vec<Signer> = signers.collect::<Result<_, ErrorStack>>()?;
        let revoked: Vec<_> = signers
            .iter()
            .enumerate()
            .filter_map(|(index, signer)| {
                let since = signer.worth.revoked_since(index, until)?;
                Some((signer.authority, signer.holder.serial.clone(), since))
            })
            .collect();
        let crls = authorities.crls(&revoked)?;
        let mut made = Self { until, authorities, crls, signers };
        made.evaluate();
        Ok(made)
    }

    /// What the S/MIME columns say of a message with these facts that came at `received_at`. `signer` is whose verdict
    /// decides it, if there is somebody.
    pub fn outcome(&self, signer: Option<usize>, facts: &Facts, received_at: DateTime<Utc>) -> Outcome {
        let explanation = signer.and_then(|signer| self.signers[signer].explanation.as_ref());
        let verdicts: Vec<_> =
            explanation.map(|explanation| (true, &explanation.verdict)).into_iter().collect();
        let weak = AcceptedWeaknesses::default();
        compose(facts, &verdicts, Clocks { now: self.until, received_at: Some(received_at), weak: &weak })
    }

    /// DER of a signer's CMS object over the octets of an entity, made at an instant, with the certificates of the chain
    /// (RFC 8551 §3.5.3).
    /// With `is_opaque` the entity stands in it too (RFC 8551 §3.5.2).
    pub fn sign(
        &self,
        signer: usize,
        entity: &[u8],
        at: DateTime<Utc>,
        is_opaque: bool,
    ) -> Result<Vec<u8>, ErrorStack> {
        let signer = &self.signers[signer];
        let chain = self.authorities.chain(signer.authority);
        let certificates: Vec<&Certificate> = std::iter::once(&signer.leaf).chain(&chain).collect();
        let issuer = &self.authorities.below[signer.authority].holder.name;
        let content = cms::Content { octets: entity, is_inside: is_opaque };
        cms::sign(&signer.holder, issuer, &certificates, content, at)
    }

    /// The authority that certified a signer, by its place among those in good order; none if it is none of these.
    pub fn authority(&self, signer: usize) -> Option<usize> {
        Some(self.signers[signer].authority).filter(|&place| place < AUTHORITIES)
    }

    /// A CRL of the root that is newer than the stored one, and revokes the authority at this place since its own date.
    pub fn revoking_crl(&self, authority: usize, this_update: DateTime<Utc>) -> Result<Vec<u8>, ErrorStack> {
        self.authorities.root_crl((this_update, this_update + Duration::days(365)), Some(authority))
    }

    /// The root that is no trust anchor, and could become one.
    pub fn stranger(&self) -> &Certificate {
        &self.authorities.stranger.certificate
    }

    /// Asks for the verdicts on all processors.
    fn evaluate(&mut self) {
        let materials: Vec<TrustMaterial> =
            (0..self.authorities.below.len()).map(|place| self.material(place)).collect();
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let (share, until) = (self.signers.len().div_ceil(processors).max(1), self.until);
        std::thread::scope(|scope| {
            for share in self.signers.chunks_mut(share) {
                let materials = &materials;
                scope.spawn(move || {
                    for signer in share.iter_mut().filter(|signer| signer.worth != Worth::NotEvaluated) {
                        let material = &materials[signer.authority];
                        signer.explanation = Some(explain(&signer.leaf, material, &Policy::default(), until));
                    }
                });
            }
        });
    }

    /// What an evaluation of those whom an authority certified finds in the database.
    fn material(&self, authority: usize) -> TrustMaterial {
        TrustMaterial {
            anchors: vec![self.authorities.root.certificate.clone().into()],
            intermediates: self.authorities.chain(authority),
            crls: self.crls.clone(),
            ocsp: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::mime::Message;
    use crate::smime::{Code, Form, Status, examine};

    fn until() -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000, 0).unwrap()
    }

    fn signers(count: usize) -> Signers {
        let addresses: Vec<String> = (0..count).map(|index| format!("p{index}@generated.example")).collect();
        Signers::new(1, until(), &addresses.iter().map(String::as_str).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn every_worth_is_what_the_chain_is_worth() {
        let signers = signers(80);
        for (index, signer) in signers.signers.iter().enumerate() {
            let expected = match signer.worth {
                Worth::Good => None,
                Worth::NotEvaluated => {
                    assert_eq!(signer.explanation, None);
                    continue;
                }
                Worth::Expired => Some(Code::CertificateExpired),
                Worth::NotYetValid => Some(Code::CertificateNotYetValid),
                Worth::Revoked => Some(Code::CertificateRevoked),
                Worth::IssuerExpired => Some(Code::IssuerExpired),
                Worth::IssuerRevoked => Some(Code::IssuerRevoked),
                Worth::IssuerNotFound => Some(Code::IssuerNotFound),
                Worth::UntrustedRoot => Some(Code::UntrustedRoot),
                Worth::InvalidChain => Some(Code::InvalidChain),
                Worth::WrongKeyUsage => Some(Code::WrongKeyUsage),
                Worth::WrongExtendedKeyUsage => Some(Code::WrongExtendedKeyUsage),
                Worth::RevocationUnavailable => Some(Code::RevocationUnavailable),
                Worth::RevocationExpired => Some(Code::RevocationExpired),
            };
            let problems = &signer.explanation.as_ref().unwrap().verdict.problems;
            let codes: Vec<Code> = problems.iter().map(|problem| problem.code).collect();
            assert_eq!(codes, Vec::from_iter(expected), "signer {index}: {problems:?}");
        }
        let codes: BTreeSet<Code> = signers
            .signers
            .iter()
            .filter_map(|signer| signer.explanation.as_ref())
            .flat_map(|explanation| &explanation.verdict.problems)
            .map(|problem| problem.code)
            .collect();
        assert_eq!(codes.len(), 12, "{codes:?}");
    }

    #[test]
    fn the_same_seed_makes_the_same_world() {
        let (one, other) = (signers(40), signers(40));
        let leaves = |signers: &Signers| -> Vec<Certificate> {
            signers.signers.iter().map(|signer| signer.leaf.clone()).collect()
        };
        assert_eq!(leaves(&one), leaves(&other));
        assert_eq!(one.crls, other.crls);
        assert_eq!(
            one.sign(3, b"text", until(), false).unwrap(),
            other.sign(3, b"text", until(), false).unwrap()
        );
    }

    #[test]
    fn deliveries_before_an_end_were_good() {
        let signers = signers(80);
        let of = |worth| signers.signers.iter().position(|signer| signer.worth == worth).unwrap();
        let facts = Facts {
            form: Form::ClearSigned,
            problems: Vec::new(),
            signers: Vec::new(),
            certificates: Vec::new(),
            crls: Vec::new(),
            ocsp: Vec::new(),
        };
        let outcome = |worth, received_at| {
            let outcome = signers.outcome(Some(of(worth)), &facts, received_at);
            (outcome.status.unwrap(), outcome.status_at_delivery.unwrap())
        };
        let long_ago = until() - Duration::days(4 * 365);
        for worth in [Worth::Expired, Worth::Revoked, Worth::IssuerExpired, Worth::IssuerRevoked] {
            assert_eq!(outcome(worth, long_ago), (Status::Failed, Status::Verified), "{worth:?}");
            assert_eq!(outcome(worth, until()), (Status::Failed, Status::Failed), "{worth:?}");
        }
        assert_eq!(outcome(Worth::RevocationUnavailable, until()), (Status::Failed, Status::Signed));
        assert_eq!(outcome(Worth::RevocationExpired, long_ago), (Status::Failed, Status::Verified));
        assert_eq!(outcome(Worth::NotEvaluated, until()), (Status::Signed, Status::Signed));
        assert_eq!(outcome(Worth::UntrustedRoot, long_ago), (Status::Failed, Status::Failed));
    }

    #[test]
    fn what_they_sign_is_signed() {
        let signers = signers(1);
        let entity = "Content-Type: text/plain\r\n\r\nSigned.\r\n";
        let der = signers.sign(0, entity.as_bytes(), until(), false).unwrap();
        let raw = format!(
            "From: p0@generated.example\r\nContent-Type: multipart/signed; boundary=b;\r\n \
             protocol=\"application/pkcs7-signature\"; micalg=sha-512\r\n\r\n--b\r\n{entity}\r\n--b\r\n\
             Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
            openssl::base64::encode_block(&der)
        );
        let facts = examine(&Message::parse(raw.as_bytes()).unwrap());
        assert_eq!(facts.problems, []);
        assert_eq!(facts.signers[0].certificate.as_ref(), Some(&signers.signers[0].leaf));
        assert_eq!(facts.signers[0].digest, "sha512");
        assert_eq!(facts.signers[0].algorithm, "ed25519");
        assert_eq!(facts.signers[0].signing_time, Some(until()));
    }
}
