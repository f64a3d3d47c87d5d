//! What stands where in a message.

use super::*;

/// The message of RFC 8621 §4.1.4's example; each part's name is in its Content-Description.
const EXAMPLE: &str = "\
Content-Type: multipart/mixed; boundary=m1

--m1
Content-Type: text/plain
Content-Disposition: inline
Content-Description: A

a
--m1
Content-Type: multipart/mixed; boundary=m2

--m2
Content-Type: multipart/alternative; boundary=m3

--m3
Content-Type: multipart/mixed; boundary=m4

--m4
Content-Type: text/plain
Content-Disposition: inline
Content-Description: B

b
--m4
Content-Type: image/jpeg
Content-Disposition: inline
Content-Description: C

c
--m4
Content-Type: text/plain
Content-Disposition: inline
Content-Description: D

d
--m4--
--m3
Content-Type: multipart/related; boundary=m5

--m5
Content-Type: text/html
Content-Description: E

e
--m5
Content-Type: image/jpeg
Content-Description: F

f
--m5--
--m3--
--m2
Content-Type: image/jpeg
Content-Disposition: attachment
Content-Description: G

g
--m2
Content-Type: application/x-excel
Content-Description: H

h
--m2
Content-Type: message/rfc822
Content-Description: J

Subject: j

j
--m2--
--m1
Content-Type: text/plain
Content-Disposition: inline
Content-Description: K

k
--m1--
";

fn with_both_endings(raw: &str, check: impl Fn(&Message<'_>)) {
    for ending in ["\n", "\r\n"] {
        let raw = raw.replace('\n', ending);
        check(&Message::parse(raw.as_bytes()).unwrap());
    }
}

fn letters(message: &Message<'_>, parts: &[&BodyPart]) -> String {
    let letter = |part: &&BodyPart| {
        let headers = part.headers(message.raw());
        headers.last("Content-Description").unwrap().raw().trim().to_owned()
    };
    parts.iter().map(letter).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_example_of_rfc_8621() {
    with_both_endings(EXAMPLE, |message| {
        let structure = message.structure();
        let lists = structure.body_lists();
        assert_eq!(letters(message, &lists.text_body), "A B C D K");
        assert_eq!(letters(message, &lists.html_body), "A E K");
        assert_eq!(letters(message, &lists.attachments), "C F G H J");
    });
}

#[test]
fn part_ids_name_places_in_the_tree_and_sections_hold_the_octets() {
    with_both_endings(EXAMPLE, |message| {
        let structure = message.structure();
        let parts: Vec<String> = structure
            .parts()
            .into_iter()
            .filter_map(|part| {
                let data = part.section?.data(message.raw())?;
                Some(format!("{} {}", part.part_id.as_deref()?, String::from_utf8_lossy(&data).trim_end()))
            })
            .collect();
        let expected =
            ["1 a", "2.1.1.1 b", "2.1.1.2 c", "2.1.1.3 d", "2.1.2.1 e", "2.1.2.2 f", "2.2 g", "2.3 h"];
        assert_eq!(&parts[..8], expected);
        assert!(parts[8].starts_with("2.4 Subject: j"));
        assert_eq!(parts[9], "3 k");
        assert_eq!(structure.part("2.1.2.2").unwrap().media_type, "image/jpeg");
        assert_eq!(structure.part("2"), None);
    });
}

#[test]
fn parts_are_described_by_their_headers() {
    let raw = "\
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: Image/PNG (a picture); name=\"=?utf-8?Q?caf=C3=A9.png?=\"
Content-Disposition: INLINE
Content-ID: <logo@example.com>
Content-Language: en, de (German)
Content-Location: https://example.com/
 logo.png
Content-Transfer-Encoding: base64

aGVsbG8=
--b
Content-Type: application/pdf; name=ignored; charset=x
Content-Disposition: attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf

pdf
--b

bare
--b
Content-Type: nonsense
Content-Transfer-Encoding: x-unheard-of

text
--b--
";
    with_both_endings(raw, |message| {
        let structure = message.structure();
        let image = structure.part("1").unwrap();
        assert_eq!(image.media_type, "image/png");
        assert_eq!(image.name.as_deref(), Some("café.png"));
        assert_eq!(image.disposition.as_deref(), Some("inline"));
        assert_eq!(image.cid.as_deref(), Some("logo@example.com"));
        assert_eq!(image.language, Some(vec!["en".to_owned(), "de".to_owned()]));
        assert_eq!(image.location.as_deref(), Some("https://example.com/logo.png"));
        assert_eq!((image.size, &image.charset), (5, &None));
        let pdf = structure.part("2").unwrap();
        assert_eq!((pdf.name.as_deref(), pdf.charset.as_deref()), (Some("résumé.pdf"), Some("x")));
        let bare = structure.part("3").unwrap();
        assert_eq!((bare.media_type.as_str(), bare.charset.as_deref()), ("text/plain", Some("us-ascii")));
        let nonsense = structure.part("4").unwrap();
        assert_eq!(nonsense.media_type, "text/plain");
        assert!(!nonsense.is_encoding_known);
        assert_eq!(structure.root.part_id, None);
        assert_eq!(structure.root.charset, None);
    });
}

#[test]
fn a_message_of_one_part_is_part_1_and_shows_as_both_bodies() {
    with_both_endings("Subject: x\n\nbody\n", |message| {
        let structure = message.structure();
        assert_eq!(structure.root.part_id.as_deref(), Some("1"));
        let lists = structure.body_lists();
        assert_eq!((lists.text_body.len(), lists.html_body.len(), lists.attachments.len()), (1, 1, 0));
    });
}

#[test]
fn a_multipart_whose_boundary_never_comes_is_text() {
    with_both_endings("Content-Type: multipart/mixed; boundary=b\n\nbody\n", |message| {
        let root = message.structure().root;
        assert_eq!((root.media_type.as_str(), root.sub_parts.is_none()), ("text/plain", true));
        assert_eq!(root.section.unwrap().data(message.raw()).unwrap().trim_ascii(), b"body");
    });
}

#[test]
fn the_parts_of_a_digest_are_messages() {
    let raw = "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\nx\n--b\n\nSubject: two\n\ny\n--b--\n";
    with_both_endings(raw, |message| {
        let structure = message.structure();
        let types: Vec<_> = structure.parts().iter().map(|part| part.media_type.clone()).collect();
        assert_eq!(types, ["multipart/digest", "message/rfc822", "message/rfc822"]);
        let data = structure.part("2").unwrap().section.unwrap().data(message.raw()).unwrap();
        assert!(data.starts_with(b"Subject: two"));
    });
}

#[test]
fn an_alternative_of_one_kind_stands_for_the_other() {
    let raw = "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\nx\n--b--\n";
    with_both_endings(raw, |message| {
        let structure = message.structure();
        let lists = structure.body_lists();
        assert_eq!(lists.text_body, lists.html_body);
        assert_eq!(lists.text_body.len(), 1);
    });
}
/// The whole of it, so that a change in how anything is read shows.
#[test]
fn structures_stay_what_they_are() {
    let forwarded = "\
Subject: Fwd
Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=s

--s
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: text/plain; charset=utf-8; format=flowed
Content-Transfer-Encoding: quoted-printable

caf=C3=A9
--m
Content-Type: message/rfc822
Content-Disposition: attachment; filename*0=for; filename*1=warded.eml

Subject: inner
Content-Type: multipart/mixed; boundary=i

--i

inner
--i--
--m--

--s
Content-Type: application/pkcs7-signature; name=smime.p7s
Content-Transfer-Encoding: base64

MIIB
--s--
";
    for (name, raw) in [("example_of_rfc_8621", EXAMPLE), ("signed_forward", forwarded)] {
        let structure = Message::parse(raw.as_bytes()).unwrap().structure();
        insta::assert_debug_snapshot!(name, structure);
    }
}
