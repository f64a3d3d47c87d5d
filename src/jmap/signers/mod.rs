//! Who signed an email, as objects (docs/extensions/smime-signers.md): the property smimeSigners, and what the commands
//! of operators tell in the same words.

mod certificate;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use self::certificate::{chain, key, names};
use crate::locale::{self, Language};
use crate::smime::{Code, Problem};
use crate::store::signature::{EmailSignatures, Signature, Signer};
use crate::wire::date::utc_date;
use crate::wire::envelope::Arguments;

/// The properties of an SmimeSigner in their order. Every object has all of them.
pub const PROPERTIES: [&str; 21] = [
    "isSender",
    "isIntact",
    "isVerified",
    "errors",
    "subject",
    "addresses",
    "issuer",
    "serialNumber",
    "subjectKeyIdentifier",
    "fingerprint",
    "notBefore",
    "notAfter",
    "keyAlgorithm",
    "keySize",
    "keyCurve",
    "signatureAlgorithm",
    "digestAlgorithm",
    "signingTime",
    "chain",
    "verifiedAt",
    "firstSeenAt",
];

/// Writes SmimeSigner objects in one language. What there is to say of a signer is made once, however many messages it
/// signed.
pub struct SignerWriter {
    language: Language,
    /// By the address of the signer, which stays where it is while it is held here.
    signers: HashMap<*const Signer, (Arc<Signer>, Arguments)>,
}

impl SignerWriter {
    /// A writer of this language.
    pub fn new(language: Language) -> Self {
        Self { language, signers: HashMap::new() }
    }

    /// The signers of an email: first those whose certificates are known, in the order of the CMS, then the others.
    pub fn array(&mut self, email: &EmailSignatures) -> Value {
        let known = email.signatures.iter().map(|signature| self.object(email, signature));
        let mut objects: Vec<Value> = known.map(Value::Object).collect();
        let missing = email.facts.iter().filter(|problem| problem.code == Code::SignerCertificateMissing);
        objects.extend(missing.map(|problem| Value::Object(self.missing(problem))));
        Value::Array(objects)
    }

    /// One signature of an email, by a signer whose certificate is known.
    pub fn object(&mut self, email: &EmailSignatures, signature: &Signature) -> Arguments {
        let mut said = self.signer(&signature.signer);
        let errors: Vec<&Problem> = problems(signature).collect();
        said.insert("isSender".to_owned(), json!(is_sender(email, signature)));
        said.insert("isIntact".to_owned(), json!(is_intact(signature)));
        said.insert("isVerified".to_owned(), json!(is_verified(signature)));
        said.insert("errors".to_owned(), self.errors(&errors));
        said.insert("signatureAlgorithm".to_owned(), json!(signature.algorithm));
        said.insert("digestAlgorithm".to_owned(), json!(signature.digest));
        said.insert("signingTime".to_owned(), json!(signature.signing_time.map(utc_date)));
        in_order(said)
    }

    /// A signature whose certificate nobody knows: all that is told is how it names the certificate.
    pub fn missing(&self, problem: &Problem) -> Arguments {
        let parameter = |name| problem.parameters.get(name).cloned().unwrap_or_default();
        let mut said = Arguments::new();
        for name in ["isSender", "isIntact", "isVerified"] {
            said.insert(name.to_owned(), Value::Bool(false));
        }
        said.insert("errors".to_owned(), self.errors(&[problem]));
        said.insert("issuer".to_owned(), parameter("issuer"));
        said.insert("serialNumber".to_owned(), parameter("serial"));
        said.insert("subjectKeyIdentifier".to_owned(), parameter("keyIdentifier"));
        in_order(said)
    }

    fn errors(&self, problems: &[&Problem]) -> Value {
        let texts: Vec<String> =
            problems.iter().map(|problem| locale::text(self.language, problem)).collect();
        if texts.is_empty() { Value::Null } else { json!(texts) }
    }

    fn signer(&mut self, signer: &Arc<Signer>) -> Arguments {
        let (_, said) = self
            .signers
            .entry(Arc::as_ptr(signer))
            .or_insert_with(|| (Arc::clone(signer), of_signer(signer)));
        said.clone()
    }
}

/// Whether this is the signature of the message's author: it is intact, its certificate names the address in From, and
/// nothing about From is amiss. What is forged is nobody's signature, whomever it names.
pub fn is_sender(email: &EmailSignatures, signature: &Signature) -> bool {
    signature.is_sender
        && is_intact(signature)
        && !email.facts.iter().any(|problem| problem.code.is_of_author())
}

/// Whether the certificate's key made this signature over this content.
pub fn is_intact(signature: &Signature) -> bool {
    !signature.problems.iter().any(|problem| problem.code.breaks_signature())
}

/// Whether nothing speaks against this signature, and its chain was good when it was last evaluated.
pub fn is_verified(signature: &Signature) -> bool {
    signature.problems.is_empty() && signature.signer.verdict.as_ref().is_some_and(|verdict| verdict.is_good)
}

/// What speaks against this signature: by its bytes, and by the verdict on its chain.
pub fn problems(signature: &Signature) -> impl Iterator<Item = &Problem> {
    let verdict = signature.signer.verdict.iter().filter(|verdict| !verdict.is_good);
    signature.problems.iter().chain(verdict.flat_map(|verdict| &verdict.problems))
}

/// What there is to say of a signer, whatever it signed.
fn of_signer(signer: &Signer) -> Arguments {
    let mut said = names(&signer.certificate, &signer.fingerprint);
    said.extend(key(&signer.certificate));
    said.insert("chain".to_owned(), signer.verdict.as_ref().map_or(Value::Null, chain));
    let verified_at = signer.verdict.as_ref().map(|verdict| utc_date(verdict.verified_at));
    said.insert("verifiedAt".to_owned(), json!(verified_at));
    said.insert("firstSeenAt".to_owned(), json!(signer.first_seen_at.map(utc_date)));
    said
}

fn in_order(mut said: Arguments) -> Arguments {
    PROPERTIES.iter().map(|&name| (name.to_owned(), said.remove(name).unwrap_or_default())).collect()
}
