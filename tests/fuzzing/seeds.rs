//! The seeds of the fuzz targets: small inputs that reach far. Keys differ each time they are made, so they are made only
//! when somebody asks (`scripts/fuzz-seeds`), and stand in the repository.

use std::fs;

use signet::fuzzing::Chain;
use signet::smime::{Policy, TrustMaterial};

use super::folder;
use crate::support::der;
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed, single_part};
use crate::support::pki::{Identity, KeyType, Spec, at, authority, person};

type Seeds = Vec<(&'static str, Vec<u8>)>;

#[test]
#[ignore = "writes fuzz/seeds: scripts/fuzz-seeds"]
fn write_seeds() {
    let world = World::new();
    let mut octets = 0;
    for (target, seeds) in [
        ("address", addresses()),
        ("ber", ber()),
        ("certificate", world.certificates()),
        ("chain", world.chains()),
        ("cms", world.cms()),
        ("crl", world.crls()),
        ("facts", world.signed_messages()),
        ("filter", filters()),
        ("form", forms()),
        ("header", headers()),
        ("lmtp", conversations()),
        ("message", messages()),
        ("ocsp", ocsp_responses()),
        ("request", requests()),
        ("text", texts()),
    ] {
        let folder = folder().join("seeds").join(target);
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in seeds {
            octets += bytes.len();
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
    assert!(octets < 300_000, "{octets}: the repository carries them for good");
}

/// A root, an authority with constraints and policies, and people below it.
struct World {
    root: Identity,
    authority: Identity,
    anna: Identity,
    berta: Identity,
}

const GOLD: &str = "1.3.6.1.4.1.99999.1";

impl World {
    fn new() -> Self {
        let root = authority("Root").self_signed();
        let mut spec = authority("Authority");
        let permitted = der::context(0, &der::sequence(&[&der::tlv(0x81, b".example.org")]));
        let excluded = der::context(1, &der::sequence(&[&der::tlv(0x81, b"boss@mail.example.org")]));
        spec.extensions.push(("2.5.29.30", true, der::sequence(&[&permitted, &excluded])));
        spec.extensions.push(policies(GOLD));
        let authority = spec.issued_by(&root);
        let anna = anna(KeyType::P256).issued_by(&authority);
        let berta = anna_with_everything().issued_by(&authority);
        Self { root, authority, anna, berta }
    }

    fn crl(&self, issuer: &Identity, revoked: bool) -> Vec<u8> {
        let reason =
            vec![("2.5.29.21", der::tlv(0x0A, &[1])), ("2.5.29.24", der::generalized_time(at(THEN)))];
        let serial = i64::from_str_radix(&self.anna.certificate.parse().unwrap().serial, 16).unwrap();
        let entries = if revoked { vec![(serial, at(THEN), reason), (7, at(THEN), vec![])] } else { vec![] };
        issuer.crl(at("2025-12-01T00:00:00Z"), at("2026-02-01T00:00:00Z"), &entries)
    }

    fn crls(&self) -> Seeds {
        vec![
            ("without-entries", self.crl(&self.root, false)),
            ("entries-with-reason-and-invalidity", self.crl(&self.authority, true)),
        ]
    }

    fn certificates(&self) -> Seeds {
        let mut v1 = authority("Version 1");
        v1.is_v1 = true;
        vec![
            ("root", self.root.certificate.0.clone()),
            ("authority-with-constraints-and-policies", self.authority.certificate.0.clone()),
            ("leaf-with-every-extension", self.berta.certificate.0.clone()),
            ("rsa", person("Anna", KeyType::Rsa, &["a@example.org"]).issued_by(&self.root).certificate.0),
            (
                "ed25519",
                person("Anna", KeyType::Ed25519, &["a@example.org"]).issued_by(&self.root).certificate.0,
            ),
            ("version-1", v1.self_signed().certificate.0),
        ]
    }

    fn chains(&self) -> Seeds {
        let chain = |leaf: &Identity, intermediates: &[&Identity], crls: &[Vec<u8>], policy: u8| {
            let chain = Chain {
                leaf: leaf.certificate.0.clone(),
                material: TrustMaterial {
                    anchors: vec![self.root.certificate.clone().into()],
                    intermediates: intermediates
                        .iter()
                        .map(|identity| identity.certificate.clone())
                        .collect(),
                    crls: crls.to_vec(),
                    ocsp: Vec::new(),
                },
                policy: Policy::default(),
                at: at("2026-01-01T12:00:00Z").timestamp(),
            };
            let mut bytes = chain.write();
            bytes[0] = policy;
            bytes
        };
        let mut again = authority("Authority");
        again.key = self.authority.key.clone();
        let other = authority("Other").issued_by(&self.authority);
        let cross = again.issued_by(&other);
        let crls = [self.crl(&self.root, false), self.crl(&self.authority, false)];
        let revoked = [self.crl(&self.authority, true)];
        vec![
            ("good", chain(&self.anna, &[&self.authority], &[], 1)),
            ("good-with-lists-demanded", chain(&self.anna, &[&self.authority], &crls, 0)),
            ("revoked", chain(&self.anna, &[&self.authority], &revoked, 2)),
            ("every-extension", chain(&self.berta, &[&self.authority], &crls, 1)),
            ("policy-demanded", chain(&self.berta, &[&self.authority], &[], 1 | 4 | 8 | 16)),
            ("loop-of-cross-certificates", chain(&self.anna, &[&cross, &other, &self.authority], &[], 3)),
            ("issuer-missing", chain(&self.anna, &[], &[], 1)),
        ]
    }

    fn cms(&self) -> Seeds {
        let signature = Signature::by(&self.anna);
        let mut detached = SignedData::detached(&signature, ENTITY.as_bytes());
        detached.certificates.push(self.authority.certificate.0.clone());
        let mut full = detached.clone();
        full.crls.push(self.crl(&self.authority, true));
        full.signer_infos.push(Signature::by(&self.berta).over(ENTITY.as_bytes()));
        let certificates = SignedData { signer_infos: Vec::new(), ..detached.clone() };
        let mut by_key = signature.clone();
        by_key.by_key_identifier = true;
        by_key.signing_time = Some(at(THEN));
        let enveloped = der::sequence(&[&der::oid("1.2.840.113549.1.7.3"), &der::context(0, &der::null())]);
        vec![
            ("detached", detached.der()),
            ("two-signers-and-a-list", full.der()),
            ("certificates-alone", certificates.der()),
            ("enclosing-indefinite-lengths", SignedData::enclosing(&signature, ENTITY.as_bytes()).ber()),
            ("by-key-identifier-with-time", SignedData::enclosing(&by_key, ENTITY.as_bytes()).der()),
            ("enveloped", enveloped),
            ("compressed", compressed()),
        ]
    }

    fn signed_messages(&self) -> Seeds {
        let header = header("Anna <anna@mail.example.org>");
        let data = SignedData::detached(&Signature::by(&self.anna), ENTITY.as_bytes());
        let inside = SignedData::enclosing(&Signature::by(&self.anna), ENTITY.as_bytes());
        vec![
            ("clear-signed", multipart_signed(&header, ENTITY, &data.der())),
            ("clear-signed-indefinite-lengths", multipart_signed(&header, ENTITY, &data.ber())),
            ("opaque-signed", single_part(&header, "application/pkcs7-mime", &inside.der())),
            (
                "renamed-opaque",
                single_part(&header, "application/octet-stream; name=smime.p7m", &inside.ber()),
            ),
            ("compressed-opaque", single_part(&header, "application/pkcs7-mime", &compressed())),
            ("demonstration-rsa", demonstration("02-quote-signed-rsa.eml")),
            ("demonstration-from-of-another", demonstration("14-bank-details-wrong-from.eml")),
        ]
    }
}

const THEN: &str = "2025-11-05T00:00:00Z";

fn anna(key: KeyType) -> Spec {
    person("Anna", key, &["anna@mail.example.org"])
}

/// A leaf with all that is read from one.
fn anna_with_everything() -> Spec {
    let mut spec = anna(KeyType::P256);
    spec.utf8_addresses.push("änna@mail.example.org".to_owned());
    let url = |text: &str| der::tlv(0x86, text.as_bytes());
    let point = der::sequence(&[&der::context(0, &der::context(0, &url("http://crl.example.org/1")))]);
    spec.extensions.push(("2.5.29.31", false, der::sequence(&[&point])));
    let ocsp = der::sequence(&[&der::oid("1.3.6.1.5.5.7.48.1"), &url("http://ocsp.example.org/")]);
    let issuers = der::sequence(&[&der::oid("1.3.6.1.5.5.7.48.2"), &url("http://example.org/ca.cer")]);
    spec.extensions.push(("1.3.6.1.5.5.7.1.1", false, der::sequence(&[&ocsp, &issuers])));
    spec.extensions.push(policies(GOLD));
    spec
}

fn policies(oid: &str) -> (&'static str, bool, Vec<u8>) {
    ("2.5.29.32", false, der::sequence(&[&der::sequence(&[&der::oid(oid)])]))
}

/// compressed-data (RFC 3274) around a part, in stored blocks of zlib.
fn compressed() -> Vec<u8> {
    let content = ENTITY.as_bytes();
    let length = content.len() as u16;
    let (mut a, mut b) = (1u32, 0u32);
    for octet in content {
        a = (a + u32::from(*octet)) % 65_521;
        b = (b + a) % 65_521;
    }
    let zlib = [
        &[0x78, 0x01, 0x01][..],
        &length.to_le_bytes(),
        &(!length).to_le_bytes(),
        content,
        &((b << 16) | a).to_be_bytes(),
    ]
    .concat();
    let inside = der::sequence(&[&der::oid("1.2.840.113549.1.7.1"), &der::context(0, &der::octets(&zlib))]);
    let algorithm = der::sequence(&[&der::oid("1.2.840.113549.1.9.16.3.8")]);
    let data = der::sequence(&[&der::integer(0), &algorithm, &inside]);
    der::sequence(&[&der::oid("1.2.840.113549.1.9.16.1.9"), &der::context(0, &data)])
}

fn demonstration(name: &str) -> Vec<u8> {
    fs::read(folder().join("../demo/messages").join(name)).unwrap()
}

fn forms() -> Seeds {
    vec![
        ("clear-signed", demonstration("05-inspection-signed-ecdsa.eml")),
        ("opaque-signed", demonstration("10-minutes-opaque-signed.eml")),
        ("openpgp", demonstration("17-openpgp.eml")),
        ("encrypted", demonstration("18-confidential-encrypted.eml")),
        ("signed-below-a-footer", demonstration("19-list-footer-partly-signed.eml")),
        ("unsigned", demonstration("20-lunch-unsigned.eml")),
    ]
}

fn messages() -> Seeds {
    let alternative = "From: =?utf-8?Q?J=C3=BCrgen?= <j@example.org>\r\nTo: a@example.org, Group: b@example.org;\r\n\
        Subject: =?iso-8859-1?B?R3L832U=?=\r\nMIME-Version: 1.0\r\nReferences: <1@x> <2@x>\r\n\
        Date: Sun, 01 Mar 2026 08:00:00 +0000\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
        Content-Type: multipart/alternative; boundary=\"a b\"\r\n\r\n--a b\r\n\
        Content-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        Gr=C3=BC=C3=9Fe=\r\n!\r\n--a b\r\nContent-Type: text/html; charset=windows-1252\r\n\r\n\
        <p>Gr\u{FC}\u{DF}e &amp; <img alt=x></p>\r\n--a b--\r\n--m\r\nContent-Type: image/png; name*0*=utf-8''a%20;\r\n \
        name*1=b.png\r\nContent-Disposition: attachment; filename=\"a.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        aGVsbG8=\r\n--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ntext\r\n--m--\r\n";
    let report = "From: a@example.org\r\nContent-Type: multipart/report; report-type=disposition-notification;\r\n \
        boundary=r\r\n\r\n--r\r\n\r\nread\r\n--r\r\nContent-Type: message/disposition-notification\r\n\r\n\
        Final-Recipient: rfc822;a@example.org\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--r--\r\n";
    let nested = (0..40).fold(String::new(), |nested, at| {
        format!("{nested}Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n")
    });
    let uuencoded = "Subject: x\n\nbegin 644 a.txt\n#0V%T\n`\nend\n";
    vec![
        ("alternative-attachment-forward", alternative.into()),
        ("disposition-notification", report.into()),
        ("nested-deeply", nested.into()),
        ("line-feeds-and-uuencode", uuencoded.into()),
        ("no-body", "Subject: x".into()),
    ]
}

fn headers() -> Seeds {
    vec![
        (
            "addresses",
            "To:\"Last, F\" <a@x.org>, =?utf-8?q?J=C3=BC?= (c(d)) <@r:b@[1.2.3.4]>, G: c@x;".into(),
        ),
        ("encoded-words", "Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?utf-8?Q?a_b?=\r\n =?x?y?z?=".into()),
        ("date", "Date: Fri, 21 Nov 1997 09:55:06 -0600 (CST)".into()),
        ("message-ids", "References: <1@x> <2@[y]> (c) broken <\"a b\"@z>".into()),
        ("urls", "List-Post: <mailto:l@x.org> (closed), <https://x.org/a b>".into()),
        ("property", "header:From:asAddresses:all".into()),
        ("subject-of-a-reply", "Subject: Re: [list] Fwd: Re[2]: hello (fwd)".into()),
    ]
}

fn addresses() -> Seeds {
    vec![
        ("plain", "anna@example.org".into()),
        ("quoted", "\"an\\\"na@x\"@Example.ORG".into()),
        ("u-labels", "änna+list@BÜCHER.example".into()),
        ("a-labels", "a@xn--bcher-kva.example".into()),
        ("confusable", "anna@ｅxample.ﬁ".into()),
    ]
}

fn texts() -> Seeds {
    vec![
        ("query", "\"exact phrase\" prefix* anna@example.org -not Straße 東京 2026-03-01".into()),
        (
            "html",
            "<!doctype html><style>x{}</style><p title='a'>A &amp; &#x41;&nosuch; <br><script>1</script>"
                .into(),
        ),
        ("language", "de-CH, en;q=0.8, *;q=0.1".into()),
    ]
}

fn conversations() -> Seeds {
    let session = "LHLO mx.example.org\r\nMAIL FROM:<a@x.org> SIZE=100 BODY=8BITMIME SMTPUTF8\r\n\
        RCPT TO:<\"b c\"@[127.0.0.1]> NOTIFY=NEVER ORCPT=rfc822;b\r\nRCPT TO:<@r,@s:b@x.org>\r\nDATA\r\n";
    vec![
        ("commands", session.into()),
        ("chunks", "MAIL FROM:<>\r\nBDAT 10 LAST\r\nBDAT 18446744073709551616\r\nRSET\r\nQUIT\r\n".into()),
        ("message-with-dots", "Subject: x\r\n\r\n.. a\r\n..\r\n.b\r\n.\r\nQUIT\r\n".into()),
        ("smuggling", "a\n.\n.\r\r\nb\r.\r\n\n.\r\n".into()),
    ]
}

fn requests() -> Seeds {
    let references = r##"{"using":["urn:ietf:params:jmap:core","urn:ietf:params:jmap:mail"],"methodCalls":[
        ["a",{"list":[{"id":"1","x":{"y":["2","3"]}},{"id":"4","x":{"y":[]}}]},"0"],
        ["b",{"#ids":{"resultOf":"0","name":"a","path":"/list/*/x/y/*"}},"1"],
        ["c",{"#ids":{"resultOf":"1","name":"b","path":"/ids/0"}},"2"]],"createdIds":{"k":"M1"}}"##;
    vec![
        ("references", references.into()),
        ("no-request", r#"{"using":["x"],"methodCalls":[["a"]]}"#.into()),
        (
            "numbers-and-escapes",
            r#"{"using":[],"methodCalls":[["\ud83d\ude00",{"n":1e400},"\u0000"]]}"#.into(),
        ),
    ]
}

fn filters() -> Seeds {
    let nested = r#"{"operator":"NOT","conditions":[{"operator":"OR","conditions":[{"from":"a' OR 1=1 --"},
        {"hasVerifiedSmime":true,"after":"2026-01-01T00:00:00Z"}]},{"header":["X-A","b"]}]}"#;
    vec![
        ("nested", nested.into()),
        ("everything", r#"{"inMailbox":"M1","inMailboxOtherThan":["M2"],"minSize":1,"maxSize":9,"hasKeyword":"$seen",
            "allInThreadHaveKeyword":"a","hasAttachment":true,"text":"\"a b\" c*","subject":"ü","hasSmime":false}"#.into()),
        ("sort", r#"{"property":"hasKeyword","keyword":"$flagged","isAscending":false,"collation":"i;octet"}"#.into()),
        ("other-types", r#"{"role":"inbox","parentId":null,"undoStatus":"final","before":"2026-01-01T00:00:00Z"}"#.into()),
    ]
}

fn ber() -> Seeds {
    let string = der::indefinite(0x24, &[der::octets(b"ab"), der::octets(b"c")].concat());
    let nested = (0..20).fold(string.clone(), |inside, _| der::indefinite(0x30, &inside));
    vec![
        ("segments", string),
        ("nested-indefinite", nested),
        ("long-lengths", [&[0x30, 0x84, 0, 0, 0, 3][..], &der::boolean(true)].concat()),
        (
            "identifiers",
            der::sequence(&[&der::oid("2.16.840.1.101.3.4.2.1"), &der::integer(-1), &der::null()]),
        ),
    ]
}

fn ocsp_responses() -> Seeds {
    let hash = der::octets(&[7; 20]);
    let algorithm = der::sequence(&[&der::oid("1.3.14.3.2.26"), &der::null()]);
    let id = der::sequence(&[&algorithm, &hash, &hash, &der::integer(1000)]);
    let response = |status: Vec<u8>| {
        let next = der::context(0, &der::generalized_time(at("2026-02-01T00:00:00Z")));
        let single = der::sequence(&[&id, &status, &der::generalized_time(at(THEN)), &next]);
        let data = der::sequence(&[
            &der::context(2, &hash),
            &der::generalized_time(at(THEN)),
            &der::sequence(&[&single]),
        ]);
        let signature = der::bits(&[0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01]);
        let basic = der::sequence(&[&data, &der::sequence(&[&der::oid("1.2.840.10045.4.3.2")]), &signature]);
        let bytes = der::sequence(&[&der::oid("1.3.6.1.5.5.7.48.1.1"), &der::octets(&basic)]);
        der::sequence(&[&der::tlv(0x0A, &[0]), &der::context(0, &bytes)])
    };
    let revoked =
        der::context(1, &[der::generalized_time(at(THEN)), der::context(0, &der::tlv(0x0A, &[1]))].concat());
    vec![
        ("good", response(der::tlv(0x80, &[]))),
        ("revoked", response(revoked)),
        ("try-later", der::sequence(&[&der::tlv(0x0A, &[3])])),
    ]
}
