//! What signed messages look like: as they should, or with what can go wrong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use super::random::Random;
use super::signers::Signers;

/// In which manner a message is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// As multipart/signed (RFC 8551 §3.5.3).
    Clear,
    /// As application/pkcs7-mime (RFC 8551 §3.5.2).
    Opaque,
    /// Only a part of it: a list has added a footer.
    Partial,
    /// The text was changed afterwards.
    Altered,
    /// The signature does not fit.
    Forged,
    /// The CMS object is cut off.
    Malformed,
    /// The digest algorithm is none that anybody knows.
    UnknownDigest,
    /// By somebody else than the author.
    Stranger,
    /// By one of two authors.
    TwoAuthors,
    /// By OpenPGP, which is no S/MIME.
    Pgp,
    /// Not at all, but encrypted.
    Encrypted,
}

impl Manner {
    /// Most are as they should be.
    pub(super) fn pick(random: &mut Random) -> Self {
        match random.below(100) {
            0..2 => Self::Pgp,
            2 => Self::Encrypted,
            3..6 => Self::Altered,
            6 => Self::Forged,
            7 => Self::Malformed,
            8 => Self::UnknownDigest,
            9..11 => Self::Stranger,
            11 => Self::TwoAuthors,
            12..14 => Self::Partial,
            14..24 => Self::Opaque,
            _ => Self::Clear,
        }
    }
}

/// What stands between the header fields of the message and those of its content in what `mime::build` writes.
const VERSION: &[u8] = b"MIME-Version: 1.0\r\n";
/// The content octets of SHA-512's object identifier, and others that stand for nothing.
const SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
const NO_DIGEST: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 0x7F];

/// Signs a message: what says how its content is to be read moves into what is signed.
pub(super) fn signed(
    signers: &Signers,
    signer: usize,
    manner: Manner,
    raw: &[u8],
    at: DateTime<Utc>,
) -> Vec<u8> {
    let place = find(raw, VERSION).expect("every message that is built says its version of MIME");
    let (header, content) = (&raw[..place], &raw[place + VERSION.len()..]);
    let sign = |is_opaque| signers.sign(signer, content, at, is_opaque).expect("OpenSSL signs with Ed25519");
    let body = match manner {
        Manner::Clear | Manner::Stranger | Manner::TwoAuthors => clear(content, &sign(false)),
        Manner::Opaque => single("signed-data", &sign(true)),
        Manner::Encrypted => single("enveloped-data", &openssl::sha::sha512(content)),
        Manner::Altered => clear(&[content, b"\r\nAnd something more.\r\n"].concat(), &sign(false)),
        Manner::Forged => {
            let mut cms = sign(false);
            // The signature is the last of the object's octets, and its last octet is not all of a number's.
            if let Some(last) = cms.last_mut() {
                *last ^= 1;
            }
            clear(content, &cms)
        }
        Manner::Malformed => {
            let cms = sign(false);
            clear(content, &cms[..cms.len() / 2])
        }
        Manner::UnknownDigest => clear(content, &replaced(&sign(false), SHA512, NO_DIGEST)),
        Manner::Partial => mixed(&clear(content, &sign(false))),
        Manner::Pgp => multipart(
            "multipart/signed; protocol=\"application/pgp-signature\"; micalg=pgp-sha512",
            "=_pgp",
            &[content, b"Content-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n"],
        ),
    };
    [header, VERSION, &body].concat()
}

/// A multipart/signed with its own header fields.
fn clear(content: &[u8], cms: &[u8]) -> Vec<u8> {
    let signature = format!(
        "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n{}",
        in_lines(cms)
    );
    multipart(
        "multipart/signed; protocol=\"application/pkcs7-signature\";\r\n micalg=sha-512",
        "=_signed",
        &[content, signature.as_bytes()],
    )
}

/// What a list makes of a signed message that it adds a footer to.
fn mixed(signed: &[u8]) -> Vec<u8> {
    let footer = b"Content-Type: text/plain\r\n\r\n-- \r\nThis list has a footer.\r\n";
    multipart("multipart/mixed", "=_list", &[signed, footer])
}

fn multipart(content_type: &str, boundary: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut octets =
        format!("Content-Type: {content_type};\r\n boundary=\"{boundary}\"\r\n\r\n").into_bytes();
    for part in parts {
        octets.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        octets.extend_from_slice(part);
        octets.extend_from_slice(b"\r\n");
    }
    octets.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    octets
}

/// An application/pkcs7-mime with its own header fields.
fn single(smime_type: &str, cms: &[u8]) -> Vec<u8> {
    format!(
        "Content-Type: application/pkcs7-mime; smime-type={smime_type};\r\n name=\"smime.p7m\"\r\n\
         Content-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n{}",
        in_lines(cms)
    )
    .into_bytes()
}

fn in_lines(octets: &[u8]) -> String {
    let encoded = STANDARD.encode(octets);
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / 30 + 2);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(76));
        lines.extend([line, "\r\n"]);
        rest = behind;
    }
    lines
}

/// With each occurrence replaced by another of the same length.
fn replaced(octets: &[u8], what: &[u8], by: &[u8]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    while let Some(place) = find(&octets, what) {
        octets[place..place + by.len()].copy_from_slice(by);
    }
    octets
}

fn find(octets: &[u8], what: &[u8]) -> Option<usize> {
    octets.windows(what.len()).position(|window| window == what)
}
