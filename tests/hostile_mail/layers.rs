//! Signatures in layers, beside other parts, and in layers without end.

use std::io::Write;
use std::time::{Duration, Instant};

use super::*;
use crate::support::der;
use crate::support::mail::{ID_DATA, base64_lines};

const PARTIAL: &str = "signed/failed: partial-signature";
const ALTERED: &str = "signed/failed: content-altered";

fn altered(message: &str) -> String {
    with(message, "at ten", "at six")
}

fn multipart(subtype: &str, parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--o\r\n{part}\r\n")).collect();
    format!("Content-Type: multipart/{subtype}; boundary=o\r\n\r\n{parts}--o--\r\n")
}

/// A CMS object that is encrypted, as an entity: nobody can look inside.
fn encrypted() -> String {
    let data = der::sequence(&[&der::integer(0)]);
    let cms = der::sequence(&[&der::oid("1.2.840.113549.1.7.3"), &der::context(0, &data)]);
    let content_type = "application/pkcs7-mime; smime-type=enveloped-data";
    entity_of(std::str::from_utf8(&single_part(&header(FROM_ANNA), content_type, &cms)).unwrap()).to_owned()
}

/// compressed-data around octets (RFC 3274), as an entity.
fn compressed(octets: impl AsRef<[u8]>) -> String {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(octets.as_ref()).unwrap();
    let content = der::context(0, &der::octets(&encoder.finish().unwrap()));
    let algorithm = der::sequence(&[&der::oid("1.2.840.113549.1.9.16.3.8")]);
    let inside = der::sequence(&[&der::oid(ID_DATA), &content]);
    let data = der::sequence(&[&der::integer(0), &algorithm, &inside]);
    let cms = der::sequence(&[&der::oid("1.2.840.113549.1.9.16.1.9"), &der::context(0, &data)]);
    let content_type = "application/pkcs7-mime; smime-type=compressed-data";
    entity_of(std::str::from_utf8(&single_part(&header(FROM_ANNA), content_type, &cms)).unwrap()).to_owned()
}

#[test]
fn a_part_beside_the_signed_one_makes_it_partial() {
    let signed = clear(ENTITY);
    let html = "Content-Type: text/html\r\n\r\n<img src=\"http://mallory.example/?";
    for subtype in ["mixed", "alternative", "related", "digest", "report", "x-odd"] {
        for parts in
            [&[html, entity_of(&signed)][..], &[entity_of(&signed), html], &[html, entity_of(&signed), html]]
        {
            assert_eq!(judged(plain(&multipart(subtype, parts))), PARTIAL, "{subtype}");
        }
    }
    let deep = multipart("mixed", &[&multipart("alternative", &[entity_of(&signed)]), html]);
    assert_eq!(judged(plain(&deep)), PARTIAL);
}

/// Whatever an attachment is worth, it is nothing that its message can be proud of.
#[test]
fn signatures_of_attachments_are_not_the_messages() {
    let (signed, opaque) = (clear(ENTITY), opaque(ENTITY));
    let text = "Content-Type: text/plain\r\n\r\nPay Mallory.";
    let forwarded = format!("Content-Type: message/rfc822\r\n\r\n{signed}");
    let encoded = format!(
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        base64_lines(signed.as_bytes())
    );
    let attached =
        with(entity_of(&opaque), "Content-Transfer", "Content-Disposition: attachment\r\nContent-Transfer");
    for attachment in [entity_of(&opaque), &attached, &forwarded, &encoded] {
        assert_eq!(judged(plain(&multipart("mixed", &[text, attachment]))), "null");
    }
    assert_eq!(judged(plain(&forwarded)), "null");
    assert_eq!(judged(plain(&encoded)), "null");
}

#[test]
fn the_outermost_signature_decides() {
    for inner in [clear(ENTITY), opaque(ENTITY)] {
        let inner = entity_of(&inner).replace("\"b1\"", "\"inner\"").replace("--b1", "--inner");
        assert_eq!(judged(clear(&inner)), VERIFIED);
        assert_eq!(judged(opaque(&inner)), VERIFIED);
        // Good inside, and altered or another's outside.
        let foreign = multipart_signed(&header(FROM_ANNA), &inner, &cms("another"));
        assert_eq!(judged(foreign), ALTERED);
    }
    // Altered inside by whoever signed the outside: that one vouches for what he sends.
    let inner = altered(&clear(ENTITY)).replace("\"b1\"", "\"inner\"").replace("--b1", "--inner");
    assert_eq!(judged(clear(entity_of(&inner))), VERIFIED);
    // The outer layer is another's: the inner signature of Anna's makes it none of hers.
    let mallory = person("Mallory", KeyType::P256, &["mallory@example.org"]).issued_by(&ROOT);
    let entity = entity_of(&clear(ENTITY)).replace("\"b1\"", "\"inner\"").replace("--b1", "--inner");
    let cms = SignedData::detached(&Signature::by(&mallory), entity.as_bytes()).der();
    assert_eq!(judged(multipart_signed(&header(FROM_ANNA), &entity, &cms)), "signed/failed: from-mismatch");
}

#[test]
fn triple_wrapping_is_signed_by_its_outermost_layer() {
    let wrapped = clear(&encrypted());
    assert_eq!((judged(&wrapped), judged(opaque(&encrypted()))), (VERIFIED.to_owned(), VERIFIED.to_owned()));
    assert_eq!(judged(multipart_signed(&header(FROM_ANNA), &encrypted(), &cms(ENTITY))), ALTERED);
    assert_eq!(judged(plain(&encrypted())), "null");
    // Compressed around all of it.
    assert_eq!(judged(plain(&compressed(entity_of(&wrapped)))), VERIFIED);
    assert_eq!(judged(plain(&compressed(encrypted()))), "null");
}

#[test]
fn compression_neither_hides_nor_mends() {
    for (inner, outcome) in [
        (clear(ENTITY), VERIFIED),
        (opaque(ENTITY), VERIFIED),
        (altered(&clear(ENTITY)), ALTERED),
        (plain(&multipart("mixed", &[entity_of(&clear(ENTITY))])), "unknown"),
        (plain(ENTITY), "unknown"),
    ] {
        assert_eq!(judged(plain(&compressed(entity_of(&inner)))), outcome);
    }
    // A header within makes nobody else the sender.
    let from_boss = clear(ENTITY).replace(FROM_ANNA, "boss@example.org");
    let raw = format!("From: boss@example.org\r\n{}", compressed(entity_of(&from_boss)));
    assert_eq!(judged(raw), "signed/failed: from-mismatch");
    let damaged = compressed(entity_of(&clear(ENTITY)));
    let middle = damaged.len() / 2;
    assert_ne!(judged(plain(&format!("{}{}", &damaged[..middle], &damaged[middle + 8..]))), VERIFIED);
}

#[test]
fn bombs_and_towers_are_not_unfolded() {
    let start = Instant::now();
    assert_eq!(judged(plain(&compressed(vec![b' '; 80 << 20]))), "unknown");
    let mut tower = compressed(entity_of(&clear(ENTITY)));
    for _ in 0..6 {
        tower = compressed(&tower);
    }
    assert_eq!(judged(plain(&tower)), "unknown");
    let mut nested = entity_of(&clear(ENTITY)).to_owned();
    for level in 0..200 {
        nested = format!(
            "Content-Type: multipart/mixed; boundary=l{level}\r\n\r\n--l{level}\r\n{nested}\r\n--l{level}--\r\n"
        );
    }
    assert_ne!(judged(plain(&nested)), VERIFIED);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_huge_signature_is_refused_before_it_is_read() {
    let octets = vec![0x55; (64 << 20) + 1];
    let data = SignedData::enclosing(&Signature::by(&ANNA), b"x");
    let cms = SignedData { content: Some(octets), ..data }.der();
    let head = format!(
        "{}\r\nMIME-Version: 1.0\r\nContent-Type: {PKCS7_MIME}\r\nContent-Transfer-Encoding: binary\r\n\r\n",
        header(FROM_ANNA)
    );
    let raw = [head.into_bytes(), cms].concat();
    assert_eq!(judged(raw), "signed/failed: malformed-signature too-large");
}

#[test]
fn elements_without_end_are_refused() {
    for deep in [[0x30, 0x80].repeat(100_000), [0x24, 0x80].repeat(100_000), [0xA0, 0x80].repeat(100_000)] {
        let prefix =
            [0x30, 0x80, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02, 0xA0, 0x80];
        let cms = [&prefix[..], &deep].concat();
        for raw in [
            single_part(&header(FROM_ANNA), PKCS7_MIME, &cms),
            multipart_signed(&header(FROM_ANNA), ENTITY, &cms),
        ] {
            assert_eq!(judged(raw), "signed/failed: malformed-signature structure");
        }
    }
}
