//! What reads bytes from strangers, as functions of bytes alone: the bodies of the fuzz targets in `fuzz/`, which
//! `tests/fuzzing/` runs too. A target may not panic, and asserts what must hold whatever the bytes are.

use chrono::DateTime;
use serde_json::Value;

use crate::lmtp::{Command, DataReader};
use crate::locale::Language;
use crate::mime::{
    BodyValue, CanonicalAddress, HeaderField, HeaderForm, HeaderProperty, Message, Structure, Summary,
    base_subject, has_international_header, html_text, search_text, thread_keys,
};
use crate::query::Window;
use crate::query::email::{EmailQuery, compile};
use crate::smime::{self, AcceptedWeaknesses, Certificate, Policy, Revocation, TrustMaterial};
use crate::text::{Field, query, words};
use crate::wire::envelope::{Invocation, Request};
use crate::wire::ids::AccountId;
use crate::wire::references::ResultReferences;
use crate::wire::{email_filter, mailbox_filter, quota_filter, submission_filter};

/// A target.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its file in `fuzz/fuzz_targets` and of its folder in `fuzz/seeds`.
pub const TARGETS: &[(&str, Target)] = &[
    ("address", address),
    ("ber", ber),
    ("certificate", certificate),
    ("chain", chain),
    ("cms", cms),
    ("crl", crl),
    ("facts", facts),
    ("filter", filter),
    ("form", form),
    ("header", header),
    ("lmtp", lmtp),
    ("message", message),
    ("ocsp", ocsp_response),
    ("request", request),
    ("text", text),
];

/// The header of the signed message that the targets put around a CMS object.
const HEADER: &str = "From: Anna <anna@example.org>\r\nMIME-Version: 1.0\r\n";
/// The part that it signs.
const ENTITY: &str = "Content-Type: text/plain\r\n\r\nHello\r\n";

/// Lets no compiler leave out what nobody looks at.
fn keep<T>(value: T) {
    let _ = std::hint::black_box(value);
}

/// A message: everything that is read from it when it is stored or shown.
pub fn message(input: &[u8]) {
    let Ok(message) = Message::parse(input) else { return };
    let structure = Structure::of(&message);
    keep(thread_keys(&Summary::with_structure(&message, &structure)));
    let text = search_text(&message, &structure);
    keep((text.fields(chrono::DateTime::UNIX_EPOCH), text.body()));
    keep(structure.body_lists());
    for part in structure.parts() {
        keep(part.headers(input).newest_received());
        let value = BodyValue::of(input, part, 1000);
        assert!(value.value.len() <= 1000, "a body value is longer than asked for");
        if let Some(id) = &part.part_id {
            assert!(structure.part(id) == Some(part), "a part is not found by its id");
        }
    }
    keep(has_international_header(input));
}

/// A header field, name and value with a colon between them, in each form (RFC 8621 §4.1.2), and a property's name.
pub fn header(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    keep(HeaderProperty::parse(&text));
    keep(base_subject(&text));
    let at = input.iter().position(|&octet| octet == b':').unwrap_or(0);
    let (name, value) = input.split_at(at);
    let name = String::from_utf8_lossy(name);
    let field = HeaderField::new(&name, value.get(1..).unwrap_or_default());
    for form in [
        HeaderForm::Raw,
        HeaderForm::Text,
        HeaderForm::Addresses,
        HeaderForm::GroupedAddresses,
        HeaderForm::MessageIds,
        HeaderForm::Date,
        HeaderForm::Urls,
    ] {
        keep(form.value_of(field));
    }
}

/// An address, which in its canonical form names the same domain again.
pub fn address(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Some(address) = CanonicalAddress::parse(&text) {
        let again = crate::mime::canonical_domain(address.domain());
        assert_eq!(again.as_deref(), Some(address.domain()), "a canonical domain has another form");
        keep(address.without_tag());
    }
}

/// Text to be searched, HTML to be read as text, and a language to answer in.
pub fn text(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    keep(words(&text));
    keep(query(&text, Field::Text));
    keep(html_text(&text, 1000));
    keep(Language::negotiate(Some(&text)));
}

/// The form of S/MIME.
pub fn form(input: &[u8]) {
    smime::fuzzing::form(input);
}

/// The facts of a message and what its signers bring. A message without a signer that is intact is never without a
/// problem.
pub fn facts(input: &[u8]) {
    let Ok(message) = Message::parse(input) else { return };
    let facts = smime::examine(&message);
    for index in 0..facts.signers.len() {
        keep(smime::signer_material(&facts, index));
    }
    let is_signed = matches!(facts.form, smime::Form::ClearSigned | smime::Form::OpaqueSigned);
    let has_sender = facts.signers.iter().any(|signer| signer.is_sender && signer.certificate.is_some());
    assert!(!is_signed || has_sender || !facts.problems.is_empty(), "a signature of nobody is good");
}

/// A CMS object: alone, beside the part that it may sign, and with its content.
pub fn cms(input: &[u8]) {
    smime::fuzzing::cms(input);
    let mut clear = format!(
        "{HEADER}Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n\
         --b\r\n{ENTITY}\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\
         Content-Transfer-Encoding: binary\r\n\r\n"
    )
    .into_bytes();
    clear.extend_from_slice(input);
    clear.extend_from_slice(b"\r\n--b--\r\n");
    facts(&clear);
    let mut opaque =
        format!("{HEADER}Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n")
            .into_bytes();
    opaque.extend_from_slice(input);
    facts(&opaque);
}

/// BER.
pub fn ber(input: &[u8]) {
    smime::fuzzing::ber(input);
}

/// A CRL.
pub fn crl(input: &[u8]) {
    smime::fuzzing::crl(input);
}

/// An OCSP response (RFC 6960 §4.2.1), as evidence about a chain.
pub fn ocsp_response(input: &[u8]) {
    smime::fuzzing::ocsp_response(input);
    let material = TrustMaterial { ocsp: vec![input.to_vec()], ..TrustMaterial::default() };
    keep(smime::evaluate(&Certificate(input.to_vec()), &material, &Policy::default(), DateTime::UNIX_EPOCH));
}

/// A certificate: as it is read, and as the leaf, the issuer and the anchor of itself.
pub fn certificate(input: &[u8]) {
    let certificate = Certificate(input.to_vec());
    let Ok(parsed) = certificate.parse() else { return };
    keep(parsed.serial_number());
    let material = TrustMaterial {
        anchors: vec![certificate.clone().into()],
        intermediates: vec![certificate.clone()],
        ..TrustMaterial::default()
    };
    keep(smime::evaluate(&certificate, &material, &Policy::default(), parsed.not_before));
}

/// A chain with its evidence. See [`Chain::read`] for how bytes become one.
///
/// Evaluated twice it is worth the same. Without anchors it is never good.
pub fn chain(input: &[u8]) {
    let Chain { leaf, mut material, policy, at } = Chain::read(input);
    let leaf = Certificate(leaf);
    let now = DateTime::from_timestamp(at, 0).unwrap_or_default();
    let explanation = smime::explain(&leaf, &material, &policy, now);
    let verdict = smime::evaluate(&leaf, &material, &policy, now);
    assert_eq!(explanation.verdict, verdict, "two evaluations differ");
    assert!(verdict.expires_at > now, "a verdict is out of date at once");
    if verdict.problems.is_empty() {
        let last = explanation.path.last();
        assert!(
            material.anchors.iter().any(|anchor| Some(&anchor.certificate) == last),
            "a good path ends at no anchor"
        );
    }
    material.anchors.clear();
    let verdict = smime::evaluate(&leaf, &material, &policy, now);
    assert!(!verdict.problems.is_empty() && verdict.good.0.is_empty(), "a chain is good without an anchor");
}

/// The inputs of an evaluation.
#[derive(Debug, Default)]
pub struct Chain {
    /// DER of the leaf.
    pub leaf: Vec<u8>,
    /// Everything else.
    pub material: TrustMaterial,
    /// What is demanded.
    pub policy: Policy,
    /// The time, in seconds from 1970 on.
    pub at: i64,
}

impl Chain {
    /// An octet of policy, four octets of time in minutes, then pieces: an octet that says what it is, two of length
    /// (big-endian), DER. The last piece may be shorter than it says.
    pub fn read(input: &[u8]) -> Self {
        let mut chain = Self::default();
        let Some((&[policy, a, b, c, d], mut rest)) = input.split_first_chunk() else { return chain };
        chain.policy = policy_of(policy);
        chain.at = i64::from(u32::from_be_bytes([a, b, c, d])) * 60;
        while let Some((&[kind, high, low], after)) = rest.split_first_chunk() {
            let length = usize::from(u16::from_be_bytes([high, low])).min(after.len());
            let (piece, after) = after.split_at(length);
            let piece = piece.to_vec();
            match kind % 5 {
                0 => chain.leaf = piece,
                1 => chain.material.anchors.push(Certificate(piece).into()),
                2 => chain.material.intermediates.push(Certificate(piece)),
                3 => chain.material.crls.push(piece),
                _ => chain.material.ocsp.push(piece),
            }
            rest = after;
        }
        chain
    }

    /// The bytes that are read as this chain, but for a policy that is not the default's. Pieces longer than 65,535
    /// octets are left out.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = vec![1];
        let minutes = u32::try_from(self.at / 60).unwrap_or_default();
        bytes.extend(minutes.to_be_bytes());
        let mut push = |kind: u8, piece: &[u8]| {
            if let Ok(length) = u16::try_from(piece.len()) {
                bytes.push(kind);
                bytes.extend(length.to_be_bytes());
                bytes.extend_from_slice(piece);
            }
        };
        push(0, &self.leaf);
        self.material.anchors.iter().for_each(|anchor| push(1, &anchor.certificate.0));
        self.material.intermediates.iter().for_each(|certificate| push(2, &certificate.0));
        self.material.crls.iter().for_each(|crl| push(3, crl));
        self.material.ocsp.iter().for_each(|response| push(4, response));
        bytes
    }
}

fn policy_of(octet: u8) -> Policy {
    Policy {
        revocation: match octet & 3 {
            0 => Revocation::Hard,
            1 => Revocation::Named,
            2 => Revocation::Soft,
            _ => Revocation::Off,
        },
        policies: if octet & 4 == 0 { Vec::new() } else { vec!["1.3.6.1.4.1.99999.1".to_owned()] },
        explicit_policy: octet & 8 != 0,
        inhibit_any_policy: octet & 16 != 0,
        inhibit_policy_mapping: octet & 32 != 0,
        weak: AcceptedWeaknesses::default(),
    }
}

/// An LMTP client's octets: as lines of commands, and as a message behind DATA, which is the same however the network
/// cuts it.
pub fn lmtp(input: &[u8]) {
    for line in input.split(|&octet| octet == b'\n') {
        let command = Command::parse(line.strip_suffix(b"\r").unwrap_or(line));
        if let Err(reply) = command {
            assert_eq!(reply.to_line().matches('\n').count(), 1, "a reply has several lines");
        }
    }
    let mut whole = DataReader::new(1000);
    let end = whole.read(input);
    let mut cut = DataReader::new(1000);
    let mut cut_end = None;
    for (at, octet) in input.iter().enumerate() {
        cut_end = cut_end.or(cut.read(std::slice::from_ref(octet)).map(|length| at + length));
        if cut_end.is_some() {
            break;
        }
    }
    assert_eq!(end, cut_end, "the end of a message depends on how it is cut");
    if end.is_some() {
        let message = whole.finish();
        assert!(message.as_ref().map_or(0, Vec::len) <= 1000, "a message is larger than the limit");
        assert_eq!(message, cut.finish(), "a message depends on how it is cut");
    }
}

/// A request of JMAP, with its references resolved among its own calls (RFC 8620 §3.7).
pub fn request(input: &[u8]) {
    let Ok(request) = Request::parse(input) else { return };
    let mut references = ResultReferences::with_budget(100_000);
    let mut responses: Vec<Invocation> = Vec::new();
    for call in request.method_calls {
        if let Ok(arguments) = references.resolve(call.arguments.clone(), &responses) {
            responses.push(Invocation { arguments, ..call });
        }
    }
}

/// The argument of a query: as filter and sort of every data type, and of Email as SQL.
pub fn filter(input: &[u8]) {
    let Ok(value) = crate::wire::json::parse(input) else { return };
    let sort = Value::Array(vec![value.clone()]);
    keep((mailbox_filter::parse_filter(Some(&value)), mailbox_filter::parse_sort(Some(&sort))));
    keep((quota_filter::parse_filter(Some(&value)), quota_filter::parse_sort(Some(&sort))));
    keep((submission_filter::parse_filter(Some(&value)), submission_filter::parse_sort(Some(&sort))));
    let sort = email_filter::parse_sort(Some(&sort)).unwrap_or_default();
    let filter = email_filter::parse_filter(Some(&value), true).ok().flatten();
    let statement = compile(&EmailQuery {
        account: AccountId(1),
        filter: filter.as_ref(),
        sort: &sort,
        window: Window::Position(0),
        limit: Some(10),
        collapse_threads: true,
        calculate_total: true,
    });
    // What a client writes goes into parameters alone.
    assert!(statement.sql.is_ascii(), "a client's text is in the statement");
}
