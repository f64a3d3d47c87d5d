//! Every row of the table of forms.

use signet::smime::Form;

use super::{ANNA, FROM_ANNA, clear_signed, codes, facts, opaque_signed, parameter};
use crate::support::der;
use crate::support::mail::{
    ENTITY, ID_DATA, Signature, SignedData, base64_lines, header, multipart_signed, single_part,
    with_line_feeds,
};

const PKCS7_MIME: &str = "application/pkcs7-mime; name=smime.p7m";

fn form(raw: &[u8]) -> Form {
    facts(raw).form
}

fn text(raw: &[u8]) -> String {
    String::from_utf8(raw.to_vec()).unwrap()
}

/// A ContentInfo of another type, with nothing much inside.
fn content_info(oid: &str) -> Vec<u8> {
    der::sequence(&[&der::oid(oid), &der::context(0, &der::sequence(&[&der::integer(0)]))])
}

/// compressed-data around an entity (RFC 3274).
fn compressed(entity: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(entity).unwrap();
    let content = der::context(0, &der::octets(&encoder.finish().unwrap()));
    let algorithm = der::sequence(&[&der::oid("1.2.840.113549.1.9.16.3.8")]);
    let data =
        der::sequence(&[&der::integer(0), &algorithm, &der::sequence(&[&der::oid(ID_DATA), &content])]);
    der::sequence(&[&der::oid("1.2.840.113549.1.9.16.1.9"), &der::context(0, &data)])
}

/// The body of a message with its MIME header fields, to stand somewhere else.
pub fn entity_of(message: &[u8]) -> String {
    let message = text(message);
    message[message.find("Content-Type:").unwrap()..].to_owned()
}

pub fn mixed(header: &str, first: &str, second: &str) -> Vec<u8> {
    format!(
        "{header}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n\
         --outer\r\n{first}\r\n--outer\r\n{second}\r\n--outer--\r\n"
    )
    .into_bytes()
}

#[test]
fn clear_signed_with_any_spelling_of_its_protocol() {
    let good = text(&clear_signed());
    for protocol in [
        "protocol=\"application/pkcs7-signature\";",
        "protocol=\"application/x-pkcs7-signature\";",
        "protocol=\"Application/PKCS7-Signature\";",
        "",
    ] {
        let raw = good.replace("protocol=\"application/pkcs7-signature\";", protocol);
        assert_eq!((form(raw.as_bytes()), codes(raw.as_bytes())), (Form::ClearSigned, vec![]), "{protocol}");
    }
    let old_type = good
        .replace("Content-Type: application/pkcs7-signature", "Content-Type: application/x-pkcs7-signature");
    assert_eq!(codes(old_type.as_bytes()), [""; 0]);
}

#[test]
fn clear_signed_in_crlf_and_in_lf_and_mixed() {
    let crlf = clear_signed();
    let lf = with_line_feeds(&crlf);
    let mixed = text(&crlf).replacen("berta@example.com>\r\n", "berta@example.com>\n", 1).replacen(
        "Berta,\r\n",
        "Berta,\n",
        1,
    );
    for raw in [&crlf, &lf, &mixed.into_bytes()] {
        assert_eq!((form(raw), codes(raw)), (Form::ClearSigned, vec![]));
        assert_eq!(facts(raw).signers.len(), 1);
    }
}

#[test]
fn clear_signed_multiparts_and_forwarded_messages() {
    let nested = "Content-Type: multipart/mixed; boundary=inner\r\n\r\npreamble\r\n--inner\r\n\r\none\r\n--inner\r\n\
                  Content-Type: text/html\r\n\r\n<p>two</p>\r\n\r\n--inner--\r\nepilogue";
    let forward = "Content-Type: message/rfc822\r\n\r\nFrom: other@example.net\r\nSubject: x\r\n\r\nbody\r\n";
    for entity in [nested, forward, "\r\nno header fields", "Content-Type: text/plain\r\n\r\n"] {
        let cms = SignedData::detached(&Signature::by(&ANNA), entity.as_bytes()).der();
        let raw = multipart_signed(&header(FROM_ANNA), entity, &cms);
        assert_eq!((form(&raw), codes(&raw)), (Form::ClearSigned, vec![]), "{entity}");
        let raw = with_line_feeds(&raw);
        assert_eq!((form(&raw), codes(&raw)), (Form::ClearSigned, vec![]), "{entity}");
    }
}

#[test]
fn opaque_signed_whatever_its_parameters_claim() {
    let cms = SignedData::enclosing(&Signature::by(&ANNA), ENTITY.as_bytes());
    for content_type in [
        "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "application/x-pkcs7-mime",
        "application/pkcs7-mime; smime-type=enveloped-data",
        "application/octet-stream; name=\"SMIME.P7M\"",
    ] {
        for cms in [cms.der(), cms.ber()] {
            let raw = single_part(&header(FROM_ANNA), content_type, &cms);
            assert_eq!((form(&raw), codes(&raw)), (Form::OpaqueSigned, vec![]), "{content_type}");
        }
    }
}

#[test]
fn octet_streams_by_another_name_or_with_other_content_are_no_smime() {
    let cms = SignedData::enclosing(&Signature::by(&ANNA), ENTITY.as_bytes()).der();
    assert_eq!(
        form(&single_part(&header(FROM_ANNA), "application/octet-stream; name=a.bin", &cms)),
        Form::None
    );
    assert_eq!(
        form(&single_part(&header(FROM_ANNA), "application/octet-stream; name=a.p7m", b"text")),
        Form::None
    );
}

#[test]
fn compressed_data_has_the_form_of_what_it_holds() {
    for (inner, expected) in [
        (entity_of(&clear_signed()), Form::ClearSigned),
        (entity_of(&opaque_signed()), Form::OpaqueSigned),
        (ENTITY.to_owned(), Form::Unknown),
    ] {
        let raw = single_part(&header(FROM_ANNA), PKCS7_MIME, &compressed(inner.as_bytes()));
        assert_eq!((form(&raw), codes(&raw)), (expected, vec![]));
        let twice = entity_of(&raw);
        let raw = single_part(&header(FROM_ANNA), PKCS7_MIME, &compressed(twice.as_bytes()));
        assert_eq!((form(&raw), codes(&raw)), (expected, vec![]));
    }
}

#[test]
fn a_compression_bomb_is_not_unfolded() {
    let raw = single_part(&header(FROM_ANNA), PKCS7_MIME, &compressed(&vec![b' '; 70 << 20]));
    assert_eq!(form(&raw), Form::Unknown);
}

#[test]
fn signed_by_another_protocol_is_unknown() {
    let raw = text(&clear_signed()).replace("pkcs7-signature", "pgp-signature");
    assert_eq!((form(raw.as_bytes()), codes(raw.as_bytes())), (Form::Unknown, vec![]));
    let unnamed = raw.replace("protocol=\"application/pgp-signature\";", "");
    assert_eq!(form(unnamed.as_bytes()), Form::Unknown);
}

#[test]
fn smime_that_is_neither_signed_nor_encrypted_is_unknown() {
    let certificates_only =
        SignedData { certificates: vec![ANNA.certificate.0.clone()], ..SignedData::default() };
    for cms in [certificates_only.der(), certificates_only.ber(), content_info("1.2.840.113549.1.7.5")] {
        let raw = single_part(&header(FROM_ANNA), "application/pkcs7-mime; smime-type=certs-only", &cms);
        assert_eq!((form(&raw), codes(&raw)), (Form::Unknown, vec![]));
    }
}

#[test]
fn encrypted_messages_do_not_tell_whether_they_are_signed() {
    for oid in ["1.2.840.113549.1.7.3", "1.2.840.113549.1.9.16.1.23", "1.2.840.113549.1.7.6"] {
        let raw = single_part(&header(FROM_ANNA), PKCS7_MIME, &content_info(oid));
        assert_eq!((form(&raw), codes(&raw)), (Form::Encrypted, vec![]));
    }
    let raw = single_part(&header(FROM_ANNA), "application/pkcs7-mime; smime-type=enveloped-data", b"?");
    assert_eq!(form(&raw), Form::Encrypted);
}

#[test]
fn a_signed_part_below_another_multipart_is_partial() {
    let footer = "Content-Type: text/plain\r\n\r\nYou are on this list.";
    let raw = mixed(&header(FROM_ANNA), &entity_of(&clear_signed()), footer);
    assert_eq!((form(&raw), codes(&raw)), (Form::Partial, vec!["partial-signature"]));
    let deeper = mixed(&header(FROM_ANNA), &entity_of(&raw), footer);
    assert_eq!(codes(&deeper), ["partial-signature"]);
}

#[test]
fn signed_attachments_say_nothing_about_the_message() {
    let hello = "Content-Type: text/plain\r\n\r\nHello";
    let attached = format!("Content-Type: message/rfc822\r\n\r\n{}", text(&clear_signed()));
    let encoded = format!(
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        base64_lines(&clear_signed())
    );
    let pgp = entity_of(text(&clear_signed()).replace("pkcs7-signature", "pgp-signature").as_bytes());
    for attachment in [entity_of(&opaque_signed()), attached, encoded, pgp] {
        let raw = mixed(&header(FROM_ANNA), hello, &attachment);
        assert_eq!((form(&raw), codes(&raw)), (Form::None, vec![]), "{attachment}");
    }
    let forwarded =
        format!("{}\r\nContent-Type: message/rfc822\r\n\r\n{}", header(FROM_ANNA), text(&clear_signed()));
    assert_eq!(form(forwarded.as_bytes()), Form::None);
}

#[test]
fn plain_messages_are_no_smime() {
    let plain = format!("{}\r\n\r\nHello", header(FROM_ANNA));
    assert_eq!((form(plain.as_bytes()), codes(plain.as_bytes())), (Form::None, vec![]));
    let claims = format!("{}\r\nX-SMIME-Status: signed/verified\r\n\r\nHello", header(FROM_ANNA));
    assert_eq!(form(claims.as_bytes()), Form::None);
}

#[test]
fn the_outermost_signature_decides() {
    let inner = entity_of(&clear_signed()).replace("Berta", "Bertha");
    let cms = SignedData::enclosing(&Signature::by(&ANNA), inner.as_bytes()).der();
    assert_eq!(codes(&single_part(&header(FROM_ANNA), PKCS7_MIME, &cms)), [""; 0]);
}

#[test]
fn multipart_signed_without_exactly_two_parts_is_malformed() {
    let good = text(&clear_signed());
    let signature_at = good.rfind("--b1\r\n").unwrap();
    let one = format!("{}--b1--\r\n", &good[..signature_at]);
    let three = good.replace("--b1--", "--b1\r\n\r\nmore\r\n--b1--");
    let none = good.replace("boundary=\"b1\"", "boundary=\"b2\"");
    for raw in [one, three, none] {
        assert_eq!(
            (form(raw.as_bytes()), codes(raw.as_bytes())),
            (Form::ClearSigned, vec!["malformed-signature"])
        );
        assert_eq!(parameter(raw.as_bytes(), "reason"), "parts");
    }
    let other = good.replace("Content-Type: application/pkcs7-signature", "Content-Type: image/png");
    assert_eq!(parameter(other.as_bytes(), "reason"), "second-part");
}

#[test]
fn cms_that_cannot_be_read_is_malformed() {
    let data = SignedData::enclosing(&Signature::by(&ANNA), ENTITY.as_bytes());
    for whole in [data.der(), data.ber()] {
        for length in [whole.len() - 1, whole.len() / 2, 40] {
            let raw = single_part(&header(FROM_ANNA), PKCS7_MIME, &whole[..length]);
            assert_eq!((form(&raw), codes(&raw)), (Form::OpaqueSigned, vec!["malformed-signature"]));
            let raw = multipart_signed(&header(FROM_ANNA), ENTITY, &whole[..length]);
            assert_eq!((form(&raw), codes(&raw)), (Form::ClearSigned, vec!["malformed-signature"]));
        }
    }
    let raw = single_part(&header(FROM_ANNA), PKCS7_MIME, b"no CMS");
    assert_eq!((form(&raw), codes(&raw)), (Form::OpaqueSigned, vec!["malformed-signature"]));
    let detached = SignedData::detached(&Signature::by(&ANNA), ENTITY.as_bytes()).der();
    let raw = single_part(&header(FROM_ANNA), PKCS7_MIME, &detached);
    assert_eq!(
        (codes(&raw), parameter(&raw, "reason")),
        (vec!["malformed-signature"], "no-content".to_owned())
    );
    let certificates_only = SignedData::default().der();
    let raw = multipart_signed(&header(FROM_ANNA), ENTITY, &certificates_only);
    assert_eq!(parameter(&raw, "reason"), "no-signer");
}

#[test]
fn two_content_types_are_one_too_many() {
    let good = text(&clear_signed());
    for raw in [
        good.replace("MIME-Version: 1.0", "Content-Type: text/html"),
        good.replace("\r\n\r\nThis is", "\r\nContent-Type: text/html\r\n\r\nThis is"),
    ] {
        let found = facts(raw.as_bytes());
        let is_trusted =
            matches!(found.form, Form::ClearSigned | Form::OpaqueSigned) && found.problems.is_empty();
        assert!(!is_trusted, "{found:?}");
    }
}
