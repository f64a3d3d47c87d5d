//! Hostile mail never verifies: what may be tried, and what status and code come of it.
//!
//! Each attack starts from a genuine message that is verified, so that its test can fail. What stands elsewhere:
//! `tests/hostile.rs` (costs, keys that anybody can sign with, constraints on names), `tests/smime_facts/hostile.rs`
//! (mutations without number).
//!
//! | attack | outcome | where |
//! |---|---|---|
//! | text before, after or around the signed part | not shown, or partial-signature | `frame` |
//! | three parts, one part, parts in the wrong order | malformed-signature parts, second-part | `frame` |
//! | a boundary that is wrong, doubled, the prefix of another, or half a delimiter | malformed-signature parts | `frame` |
//! | Content-Type doubled, folded away, behind a blank line, or read differently by different programs | malformed-signature content-type | `frame` |
//! | an encoding of the multipart, two encodings of the signature | malformed-signature content-type | `frame` |
//! | no MIME-Version, two, or another one | none: all readers go on | `frame` |
//! | a header that claims a status | none: it is not believed | `frame` |
//! | a detached signature with another content inside | malformed-signature two-contents | `content` |
//! | no SignerInfo; several, one of them good | malformed-signature no-signer; the bad one's problem | `content` |
//! | a certificate that is only similar | signature-invalid | `content` |
//! | the signature of another message | content-altered | `content` |
//! | another transfer encoding, charset, line end or blank | content-altered: bytes are signed, not what they show | `content` |
//! | attributes passed off as content | malformed-signature attributes | `tests/smime_facts/signatures.rs` |
//! | several From fields, several mailboxes, groups | ambiguous-from | `sender` |
//! | From with comments, encoded words, quotes, controls, NUL | ambiguous-from or from-mismatch | `sender` |
//! | addresses outside of the brackets, addresses in names | ambiguous-from; names are shown as names | `sender` |
//! | directions turned around, homographs, other spellings of a domain | from-mismatch | `sender` |
//! | Sender, Resent-From, Reply-To | none: they are no substitutes | `sender` |
//! | a protected header that contradicts | from-mismatch | `sender` |
//! | addresses of a certificate that hold NUL, wildcards, or stand in the wrong place | from-mismatch, no-address-in-certificate | `sender` |
//! | a signed message inside, attached, forwarded | null | `layers` |
//! | signed within signed, encrypted, compressed, thrice | the outermost decides | `layers` |
//! | an unsigned part beside a signed one (EFAIL) | partial-signature | `layers` |
//! | compression bombs, huge CMS, nesting without end | unknown, malformed-signature, in bounded time | `layers` |

mod content;
mod frame;
mod layers;
mod sender;

use std::sync::LazyLock;

use signet::mime::Message;
use signet::smime::{Clocks, Outcome, Policy, Problem, Status, TrustMaterial, compose, evaluate, examine};

use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed, single_part};
use crate::support::pki::{Identity, KeyType, Spec, at, authority, person};

static ROOT: LazyLock<Identity> = LazyLock::new(|| authority("Root").self_signed());
static ANNA: LazyLock<Identity> = LazyLock::new(|| anna(|_| {}));

const FROM_ANNA: &str = "Anna <anna@example.org>";
const NOW: &str = "2026-01-01T12:00:00Z";
const PKCS7_MIME: &str = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m";

fn anna(change: impl FnOnce(&mut Spec)) -> Identity {
    let mut spec = person("Anna", KeyType::P256, &["anna@example.org"]);
    change(&mut spec);
    spec.issued_by(&ROOT)
}

/// What a message comes to with the root as the anchor, by both clocks.
fn outcome(raw: &[u8]) -> Outcome {
    let facts = examine(&Message::parse(raw).unwrap());
    let material = TrustMaterial {
        anchors: vec![ROOT.certificate.clone().into()],
        intermediates: facts.certificates.clone(),
        crls: facts.crls.clone(),
        ocsp: facts.ocsp.clone(),
    };
    let policy = Policy::default();
    let verdicts: Vec<_> = facts
        .signers
        .iter()
        .filter_map(|signer| Some((signer.is_sender, signer.certificate.as_ref()?)))
        .map(|(is_sender, leaf)| (is_sender, evaluate(leaf, &material, &policy, at(NOW))))
        .collect();
    let verdicts: Vec<_> = verdicts.iter().map(|(is_sender, verdict)| (*is_sender, verdict)).collect();
    compose(&facts, &verdicts, Clocks { now: at(NOW), received_at: Some(at(NOW)), weak: &policy.weak })
}

/// smimeStatus with the codes and reasons of smimeErrors; smimeStatusAtDelivery is the same.
fn judged(raw: impl AsRef<[u8]>) -> String {
    let outcome = outcome(raw.as_ref());
    assert_eq!(outcome.status, outcome.status_at_delivery);
    let told = |problem: &Problem| {
        let detail = ["reason", "rule"].iter().find_map(|name| problem.parameters.get(*name)?.as_str());
        [Some(problem.code.as_str()), detail].into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    let errors: Vec<String> = outcome.errors.iter().map(told).collect();
    let status = outcome.status.map_or("null", Status::as_str);
    if errors.is_empty() { status.to_owned() } else { format!("{status}: {}", errors.join(", ")) }
}

const VERIFIED: &str = "signed/verified";

/// A CMS object of Anna's over an entity that stands outside.
fn cms(entity: &str) -> Vec<u8> {
    SignedData::detached(&Signature::by(&ANNA), entity.as_bytes()).der()
}

/// Clear-signed by Anna.
fn clear(entity: &str) -> String {
    String::from_utf8(multipart_signed(&header(FROM_ANNA), entity, &cms(entity))).unwrap()
}

/// Clear-signed by Anna, with these fields in the header.
fn clear_from(header: &str) -> String {
    String::from_utf8(multipart_signed(header, ENTITY, &cms(ENTITY))).unwrap()
}

/// A message with Anna's header and an entity.
fn plain(entity: &str) -> String {
    format!("{}\r\nMIME-Version: 1.0\r\n{entity}", header(FROM_ANNA))
}

/// Opaque-signed by Anna.
fn opaque(entity: &str) -> String {
    let cms = SignedData::enclosing(&Signature::by(&ANNA), entity.as_bytes()).der();
    String::from_utf8(single_part(&header(FROM_ANNA), PKCS7_MIME, &cms)).unwrap()
}

/// The MIME entity of a message: what follows its header fields of mail.
fn entity_of(message: &str) -> &str {
    &message[message.find("Content-Type:").unwrap()..]
}

/// The same message with one text in place of another, which must be there.
fn with(message: &str, old: &str, new: &str) -> String {
    assert!(message.contains(old), "{old:?}");
    message.replacen(old, new, 1)
}
