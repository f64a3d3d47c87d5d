//! The frame around the signed part, which nobody signed: multipart, boundaries, header fields.

use signet::mime::{BodyValue, Message, Structure};

use super::*;

const PARTS: &str = "signed/failed: malformed-signature parts";
const CONTENT_TYPE: &str = "signed/failed: malformed-signature content-type";
/// Content-Type as `clear` has it.
const GENUINE: &str = "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"b1\"";

/// The texts that a client shows.
fn shown(raw: &str) -> String {
    let message = Message::parse(raw.as_bytes()).unwrap();
    let structure = Structure::of(&message);
    let lists = structure.body_lists();
    let parts = lists.text_body.iter().chain(&lists.html_body);
    parts.map(|part| BodyValue::of(raw.as_bytes(), part, 0).value).collect()
}

#[test]
fn genuine_messages_verify() {
    assert_eq!((judged(clear(ENTITY)), judged(opaque(ENTITY))), (VERIFIED.to_owned(), VERIFIED.to_owned()));
}

/// Preamble and epilogue belong to nobody's content (RFC 2046 §5.1.1). Most signers write a preamble, so it cannot be
/// refused; what counts is that no client is given it.
#[test]
fn text_before_and_after_the_parts_is_not_shown() {
    let good = clear(ENTITY);
    for raw in [
        with(&good, "This is a signed message.", "Pay Mallory."),
        with(&good, "This is a signed message.", "Content-Type: text/html\r\n\r\nPay Mallory."),
        format!("{good}Pay Mallory.\r\n"),
        format!("{good}\r\n--\r\nPay Mallory.\r\n"),
    ] {
        assert_eq!(judged(&raw), VERIFIED);
        assert!(shown(&raw).contains("at ten") && !shown(&raw).contains("Mallory"), "{}", shown(&raw));
    }
}

#[test]
fn text_inside_of_the_signed_part_alters_it() {
    let good = clear(ENTITY);
    for (old, new) in [
        ("see you at ten.", "see you at ten.\r\nPay Mallory."),
        (
            "\r\n\r\n--b1\r\nContent-Type: application",
            "\r\nA list's footer\r\n\r\n--b1\r\nContent-Type: application",
        ),
        ("--b1\r\nContent-Type: text/plain", "--b1\r\nContent-Type: text/html"),
        ("--b1\r\nContent-Type: text/plain", "--b1\r\nSubject: Pay\r\nContent-Type: text/plain"),
    ] {
        assert_eq!(judged(with(&good, old, new)), "signed/failed: content-altered", "{new}");
    }
}

#[test]
fn text_around_the_signed_part_makes_it_a_part() {
    let signed = clear(ENTITY);
    let around = |before: &str, after: &str| {
        plain(&format!(
            "Content-Type: multipart/mixed; boundary=o\r\n\r\n{before}--o\r\n{}\r\n{after}--o--\r\n",
            entity_of(&signed)
        ))
    };
    let text = "--o\r\nContent-Type: text/plain\r\n\r\nPay Mallory.\r\n";
    for raw in [around("", text), around(text, ""), around(text, text), around("", "")] {
        assert_eq!(judged(raw), "signed/failed: partial-signature");
    }
}

#[test]
fn there_are_exactly_two_parts_in_their_order() {
    let good = clear(ENTITY);
    let (head, body) = good.split_once("--b1\r\n").unwrap();
    let (content, signature) = body.split_once("--b1\r\n").unwrap();
    let signature = signature.strip_suffix("--b1--\r\n").unwrap();
    assert_eq!(judged(format!("{head}--b1\r\n{content}--b1\r\n{signature}--b1--\r\n")), VERIFIED);
    let text = "Content-Type: text/plain\r\n\r\nPay Mallory.\r\n";
    for parts in [
        vec![content],
        vec![content, signature, text],
        vec![text, content, signature],
        vec![content, text, signature],
        vec![content, signature, signature],
        vec![],
    ] {
        let body: String = parts.iter().map(|part| format!("--b1\r\n{part}")).collect();
        assert_eq!(judged(format!("{head}{body}--b1--\r\n")), PARTS, "{parts:?}");
    }
    for (parts, outcome) in [
        ([signature, content], "signed/failed: malformed-signature second-part"),
        ([content, text], "signed/failed: malformed-signature second-part"),
        ([text, signature], "signed/failed: content-altered"),
    ] {
        let body: String = parts.iter().map(|part| format!("--b1\r\n{part}")).collect();
        assert_eq!(judged(format!("{head}{body}--b1--\r\n")), outcome);
    }
}

#[test]
fn boundaries_are_read_to_the_letter() {
    let good = clear(ENTITY);
    for (old, new) in [
        ("boundary=\"b1\"", "boundary=\"b2\""),
        ("boundary=\"b1\"", "boundary=\"B1\""),
        ("boundary=\"b1\"", "boundary=\"b\""),
        ("boundary=\"b1\"", "boundary=\"b1 \""),
        ("boundary=\"b1\"", "boundary=\"b1\u{e9}\""),
        ("; boundary=\"b1\"", ""),
        ("signed message.\r\n--b1\r\n", "signed message.\r\n--b1x\r\n\r\nPay\r\n--b1\r\n"),
        ("signed message.\r\n--b1\r\n", "signed message.\r\n--b1\r\n\r\nPay\r\n--b1\r\n"),
        ("signed message.\r\n--b1\r\n", "signed message.\r\n--b1--\r\n--b1\r\n"),
        ("signed message.\r\n--b1\r\n", "signed message.\r\n --b1\r\n"),
        ("signed message.\r\n--b1\r\n", "signed message.\r--b1\r\n"),
        ("signed message.\r\n--b1\r\n", "signed message.\r\n--b1 x\r\n"),
        ("\r\n--b1\r\nContent-Type: application", "\r\n--b1\rContent-Type: application"),
        ("\r\n--b1--\r\n", "\r\n--b1--\r\n--b1\r\n\r\nPay Mallory.\r\n--b1--\r\n"),
    ] {
        assert_eq!(judged(with(&good, old, new)), PARTS, "{new:?}");
    }
}

/// RFC 2046 §5.1.1 lets no line of a part begin with the delimiter; some readers would end the part there.
#[test]
fn a_boundary_that_begins_like_the_outer_one_ends_the_part_for_some() {
    let nested = |boundary: &str| {
        format!(
            "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n\r\nOne.\r\n\
             --{boundary}\r\n\r\nTwo.\r\n--{boundary}--\r\n"
        )
    };
    assert_eq!(judged(clear(&nested("other"))), VERIFIED);
    assert_eq!(judged(clear(&nested("b1x"))), PARTS);
    assert_eq!(judged(clear(&nested("b1"))), PARTS);
}

#[test]
fn a_content_type_is_what_every_program_reads() {
    let good = clear(ENTITY);
    let parameters = "protocol=\"application/pkcs7-signature\"";
    for (content_type, outcome) in [
        (format!("Content-Type: multipart/signed;\r\n\t{parameters};\r\n boundary=b1;"), VERIFIED),
        (format!("CONTENT-TYPE:Multipart/Signed;{parameters};BOUNDARY=b1"), VERIFIED),
        (format!("Content-Type: multipart/signed (clear); {parameters}; boundary=b1"), CONTENT_TYPE),
        (format!("Content-Type: (text/html) multipart/signed; {parameters}; boundary=b1"), CONTENT_TYPE),
        (format!("Content-Type: text/html (multipart/signed); {parameters}; boundary=b1"), "null"),
        (format!("Content-Type: text/html, multipart/signed; {parameters}; boundary=b1"), "null"),
        (format!("Content-Type: multipart/signed; {parameters}; (boundary=b2) boundary=b1"), CONTENT_TYPE),
        (format!("Content-Type: multipart/signed; {parameters}; boundary*0=b; boundary*1=1"), CONTENT_TYPE),
        (
            format!("Content-Type: multipart/signed; {parameters}; boundary*=us-ascii''b1; boundary=b2"),
            CONTENT_TYPE,
        ),
        (format!("Content-Type: multipart/signed; {parameters}; boundary=b1; boundary=b2"), CONTENT_TYPE),
        (format!("Content-Type: multipart/signed; {parameters}; boundary=\"b1"), CONTENT_TYPE),
        (format!("Content-Type: multipart/signed; {parameters}; boundary=\"b\\1\""), CONTENT_TYPE),
        (format!("Content-Type: \"multipart/signed\"; {parameters}; boundary=b1"), CONTENT_TYPE),
        (format!("Content-Type : multipart/signed; {parameters}; boundary=b1"), CONTENT_TYPE),
        (format!("Content-Type: multipart/signed; {parameters}; protocol=x; boundary=b1"), CONTENT_TYPE),
        (
            format!("Content-Type: multipart/signed; {parameters}; boundary=b1\rContent-Type: text/html"),
            PARTS,
        ),
    ] {
        assert_eq!(judged(with(&good, GENUINE, &content_type)), outcome, "{content_type:?}");
    }
}

#[test]
fn a_content_type_stands_there_once_and_in_sight() {
    for good in [clear(ENTITY), opaque(ENTITY)] {
        for before in [
            "Content-Type: text/html\r\n",
            "Content-type: text/plain\r\n",
            "Content-Type:\r\n",
            "X: y\r\n \r\n",
            "X: y\r\n\t\t\r\n",
        ] {
            let raw = with(&good, "MIME-Version: 1.0\r\n", &format!("MIME-Version: 1.0\r\n{before}"));
            assert_ne!(judged(&raw), VERIFIED, "{before:?}");
        }
        // Folded into another field, it is no field (RFC 5322 §2.2.3).
        let folded = with(&good, "\r\nSubject: ", "\r\nSubject: x\r\n Content-Type: text/html\r\n ");
        assert_eq!(judged(&folded), VERIFIED);
        let hidden = with(&good, "\r\nContent-Type: ", "\r\nX: y\r\n Content-Type: ");
        assert_eq!(judged(&hidden), "null");
    }
    let twice = with(
        &clear(ENTITY),
        "\r\nContent-Type: application",
        "\r\nContent-Type: text/html\r\nContent-Type: application",
    );
    assert_eq!(judged(twice), CONTENT_TYPE);
}

#[test]
fn multiparts_have_no_encoding_and_signatures_have_one() {
    let good = clear(ENTITY);
    for (encoding, outcome) in [
        ("7bit", VERIFIED),
        (" Binary ", VERIFIED),
        ("base64", CONTENT_TYPE),
        ("quoted-printable", CONTENT_TYPE),
        ("x-unknown", CONTENT_TYPE),
        ("7bit\r\nContent-Transfer-Encoding: base64", CONTENT_TYPE),
    ] {
        let raw = with(
            &good,
            "MIME-Version: 1.0",
            &format!("MIME-Version: 1.0\r\nContent-Transfer-Encoding: {encoding}"),
        );
        assert_eq!(judged(&raw), outcome, "{encoding}");
    }
    for good in [good, opaque(ENTITY)] {
        let encoding = "Content-Transfer-Encoding: base64";
        for twice in [
            format!("{encoding}\r\nContent-Transfer-Encoding: 8bit"),
            format!("Content-Transfer-Encoding: 8bit\r\n{encoding}"),
        ] {
            assert_eq!(judged(with(&good, encoding, &twice)), CONTENT_TYPE);
        }
    }
}

/// RFC 2045 §4 asks for one of version 1.0. No program stops at another, so nothing else is shown.
#[test]
fn the_version_of_mime_changes_nothing() {
    let good = clear(ENTITY);
    for version in [
        "",
        "MIME-Version: 1.0\r\nMIME-Version: 1.0\r\n",
        "MIME-Version: 2.0\r\n",
        "MIME-Version: 1.0 (x)\r\n",
    ] {
        let raw = with(&good, "MIME-Version: 1.0\r\n", version);
        assert_eq!(judged(&raw), VERIFIED);
        assert!(shown(&raw).contains("at ten"));
    }
}

#[test]
fn headers_that_claim_a_status_are_not_believed() {
    let claims = "X-SMIME-Status: signed/verified\r\nsmimeStatus: signed/verified\r\n\
                  Authentication-Results: mx.example.org; smime=pass\r\nX-Signet-Verified: yes\r\n";
    let text = plain(&format!("{claims}Content-Type: text/plain\r\n\r\nHello\r\n"));
    assert_eq!(judged(text), "null");
    let altered = with(&clear(ENTITY), "at ten", "at six");
    assert_eq!(judged(format!("{claims}{altered}")), "signed/failed: content-altered");
    let reason = with(&clear(ENTITY), "multipart/signed;", "multipart/signed; smime-status=verified;");
    assert_eq!(judged(with(&reason, "at ten", "at six")), "signed/failed: content-altered");
}
