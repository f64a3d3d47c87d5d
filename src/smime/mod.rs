//! Pure verification of S/MIME signatures: bytes, anchors, evidence and a time in; facts and verdicts out.
//!
//! [`examine`] states the facts of a message, which follow from its bytes alone. [`evaluate`] gives the verdict
//! on a signer's chain at a time. A message's status follows from the two (RFC 9219 §4.1).

mod algorithm;
mod ber;
pub mod certificate;
mod cms;
mod crl;
mod distribution;
pub mod facts;
mod ffi;
mod form;
mod from;
mod intervals;
mod matching;
mod media_type;
mod name;
mod paths;
mod primitive;
pub mod problem;
mod public_key;
mod revocation;
mod signature;
mod signed_bytes;
pub mod signer;
pub mod status;
mod validation;
pub mod verdict;
pub mod weakness;

pub use certificate::{Certificate, ParsedCertificate, UnreadableCertificate, significant};
pub use facts::{Facts, Form, SignerFacts, SignerIdentifier, examine, examine_with};
pub use problem::{Code, Problem};
pub use signer::signer_material;
pub use status::{Clocks, Outcome, Status, compose};
pub use verdict::{Explanation, Intervals, Policy, Revocation, TrustMaterial, Verdict, evaluate, explain};
pub use weakness::{AcceptedWeaknesses, Weakness};
