//! Pure verification of S/MIME signatures: bytes, anchors, evidence and a time in; facts and verdicts out.
//!
//! [`examine`] states the facts of a message, which follow from its bytes alone. [`evaluate`] gives the verdict
//! on a signer's chain at a time. A message's status follows from the two (RFC 9219 §4.1).

mod algorithm;
mod ber;
pub mod certificate;
mod certs_only;
mod cms;
mod constraints;
mod crl;
mod demand;
mod distribution;
mod door;
pub mod facts;
mod ffi;
mod form;
mod from;
pub(crate) mod fuzzing;
mod intervals;
mod matching;
mod media_type;
mod name;
mod node;
mod ocsp;
mod paths;
mod primitive;
pub mod problem;
pub mod public_key;
mod responder;
mod revocation;
mod signature;
mod signed_bytes;
pub mod signer;
mod spki;
pub mod status;
mod subtree;
mod validation;
pub mod verdict;
mod wanted;
pub mod weakness;

pub use certificate::{Certificate, ParsedCertificate, UnreadableCertificate, significant};
pub use certs_only::published_certificates;
pub use demand::is_algorithm_name;
pub use door::{
    CrlAnswer, CrlRefusal, OcspAnswer, OcspRefusal, OcspSubject, crl_speaks_for, ocsp_answers, ocsp_request,
    ocsp_subjects,
};
pub use facts::{Facts, Form, SignerFacts, SignerIdentifier, examine, examine_with};
pub use problem::{Code, Problem, of_one_signature};
pub use public_key::PublicKey;
pub use signer::signer_material;
pub use status::{Clocks, Outcome, Status, compose};
pub use verdict::{
    Anchor, AnchorPolicy, EvidenceKind, EvidenceUsed, Explanation, Intervals, Policy, Revocation,
    TrustMaterial, Verdict, Wanted, WantedKind, Work, evaluate, explain,
};
pub use weakness::{AcceptedWeaknesses, Weakness};
