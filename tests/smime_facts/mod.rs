//! The facts of messages: what `signet::smime::examine` says of mail that these tests make.

mod algorithms;
pub mod forms;
mod from_rules;
pub mod hostile;
mod interoperation;
mod outcome;
pub mod signatures;
mod signer;

use std::sync::LazyLock;

use signet::mime::Message;
use signet::smime::{Facts, examine};

use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed, single_part};
use crate::support::pki::{Identity, KeyType, authority, person};

static ROOT: LazyLock<Identity> = LazyLock::new(|| authority("Example Root").self_signed());
static ANNA: LazyLock<Identity> =
    LazyLock::new(|| person("Anna Example", KeyType::P256, &["anna@example.org"]).issued_by(&ROOT));

pub const FROM_ANNA: &str = "Anna Example <anna@example.org>";

fn facts(raw: &[u8]) -> Facts {
    examine(&Message::parse(raw).unwrap())
}

/// The codes of the problems, in order.
fn codes(raw: &[u8]) -> Vec<&'static str> {
    facts(raw).problems.iter().map(|problem| problem.code.as_str()).collect()
}

/// The parameter of the first problem.
fn parameter(raw: &[u8], name: &str) -> String {
    facts(raw).problems[0].parameters[name].as_str().unwrap().to_owned()
}

/// A good clear-signed message of Anna's.
fn clear_signed() -> Vec<u8> {
    let cms = SignedData::detached(&Signature::by(&ANNA), ENTITY.as_bytes()).der();
    multipart_signed(&header(FROM_ANNA), ENTITY, &cms)
}

/// A good opaque-signed message of Anna's.
fn opaque_signed() -> Vec<u8> {
    let cms = SignedData::enclosing(&Signature::by(&ANNA), ENTITY.as_bytes()).der();
    single_part(&header(FROM_ANNA), "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", &cms)
}
