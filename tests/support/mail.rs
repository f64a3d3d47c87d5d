//! Signed mail for tests: CMS by hand, with every choice open, and the MIME around it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::{MessageDigest, hash, hash_xof};
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};

use super::der;
use super::pki::{Identity, key_identifier};

/// A plain part to be signed, with CRLF.
pub const ENTITY: &str =
    "Content-Type: text/plain; charset=utf-8\r\n\r\nHello Berta,\r\n\r\nsee you at ten.\r\n";

pub const ID_DATA: &str = "1.2.840.113549.1.7.1";

/// How one SignerInfo is made.
#[derive(Clone)]
pub struct Signature<'a> {
    pub signer: &'a Identity,
    pub digest: MessageDigest,
    pub is_pss: bool,
    /// The AlgorithmIdentifier of the digest, in place of the one that goes with `digest`.
    pub digest_algorithm: Option<Vec<u8>>,
    /// The AlgorithmIdentifier of the signature, in place of the one that goes with key and digest.
    pub algorithm: Option<Vec<u8>>,
    pub by_key_identifier: bool,
    pub with_attributes: bool,
    pub signing_time: Option<DateTime<Utc>>,
    /// Further signed attributes: object identifier and DER of the one value.
    pub attributes: Vec<(&'static str, Vec<u8>)>,
    /// What the content-type attribute says.
    pub content_type: &'static str,
}

/// SignedData (RFC 5652 §5).
#[derive(Clone, Default)]
pub struct SignedData {
    pub signer_infos: Vec<Vec<u8>>,
    pub certificates: Vec<Vec<u8>>,
    pub crls: Vec<Vec<u8>>,
    pub content: Option<Vec<u8>>,
}

impl<'a> Signature<'a> {
    /// By SHA-256, and by SHA-512 where the key allows nothing else (RFC 8419 §3.1).
    pub fn by(signer: &'a Identity) -> Self {
        let is_ed25519 = signer.key.id() == Id::ED25519;
        Self {
            signer,
            digest: if is_ed25519 { MessageDigest::sha512() } else { MessageDigest::sha256() },
            is_pss: false,
            digest_algorithm: None,
            algorithm: None,
            by_key_identifier: false,
            with_attributes: true,
            signing_time: None,
            attributes: Vec::new(),
            content_type: ID_DATA,
        }
    }

    /// The SignerInfo over this content (RFC 5652 §5.3).
    pub fn over(&self, content: &[u8]) -> Vec<u8> {
        let attributes = self.attributes_over(content);
        let signed = if self.with_attributes { der::set_of(attributes.clone()) } else { content.to_vec() };
        let mut attributes = der::set_of(attributes);
        attributes[0] = 0xA0;
        der::sequence(&[
            &der::integer(if self.by_key_identifier { 3 } else { 1 }),
            &self.identifier(),
            &self
                .digest_algorithm
                .clone()
                .unwrap_or_else(|| der::sequence(&[&der::oid(digest_oid(self.digest)), &der::null()])),
            if self.with_attributes { &attributes } else { &[] },
            &self.algorithm(),
            &der::octets(&self.value_over(&signed)),
        ])
    }

    fn attributes_over(&self, content: &[u8]) -> Vec<Vec<u8>> {
        let attribute = |oid: &str, value: &[u8]| der::sequence(&[&der::oid(oid), &der::set(&[value])]);
        let digest = digest_of(self.digest, content);
        let mut attributes = vec![
            attribute("1.2.840.113549.1.9.3", &der::oid(self.content_type)),
            attribute("1.2.840.113549.1.9.4", &der::octets(&digest)),
        ];
        if let Some(time) = self.signing_time {
            attributes.push(attribute("1.2.840.113549.1.9.5", &der::time(time)));
        }
        attributes.extend(self.attributes.iter().map(|(oid, value)| attribute(oid, value)));
        attributes
    }

    fn identifier(&self) -> Vec<u8> {
        if self.by_key_identifier {
            return der::tlv(0x80, &key_identifier(&self.signer.key));
        }
        let certificate = self.signer.certificate.parse().unwrap();
        let serial = der::tlv(0x02, &hex::decode(certificate.serial).unwrap());
        der::sequence(&[&certificate.issuer_der, &serial])
    }

    fn algorithm(&self) -> Vec<u8> {
        if let Some(algorithm) = &self.algorithm {
            return algorithm.clone();
        }
        if self.is_pss {
            let hash = der::sequence(&[&der::oid(digest_oid(self.digest)), &der::null()]);
            let mgf = der::sequence(&[&der::oid("1.2.840.113549.1.1.8"), &hash]);
            let parameters = der::sequence(&[
                &der::context(0, &hash),
                &der::context(1, &mgf),
                &der::context(2, &der::integer(32)),
            ]);
            return der::sequence(&[&der::oid("1.2.840.113549.1.1.10"), &parameters]);
        }
        match self.signer.key.id() {
            Id::RSA => der::sequence(&[&der::oid("1.2.840.113549.1.1.1"), &der::null()]),
            Id::ED25519 => der::sequence(&[&der::oid("1.3.101.112")]),
            Id::ED448 => der::sequence(&[&der::oid("1.3.101.113")]),
            Id::DSA => der::sequence(&[&der::oid(match self.digest.size() {
                20 => "1.2.840.10040.4.3",
                _ => "2.16.840.1.101.3.4.3.2",
            })]),
            _ => der::sequence(&[&der::oid(match self.digest.size() {
                20 => "1.2.840.10045.4.1",
                48 => "1.2.840.10045.4.3.3",
                64 => "1.2.840.10045.4.3.4",
                _ => "1.2.840.10045.4.3.2",
            })]),
        }
    }

    fn value_over(&self, bytes: &[u8]) -> Vec<u8> {
        let key = &self.signer.key;
        if key.id() == Id::EC && is_shake(self.digest) {
            let signature = EcdsaSig::sign(&digest_of(self.digest, bytes), &key.ec_key().unwrap());
            return signature.unwrap().to_der().unwrap();
        }
        if matches!(key.id(), Id::ED25519 | Id::ED448) {
            let mut signer = Signer::new_without_digest(&self.signer.key).unwrap();
            return signer.sign_oneshot_to_vec(bytes).unwrap();
        }
        let mut signer = Signer::new(self.digest, &self.signer.key).unwrap();
        if self.is_pss {
            signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(32)).unwrap();
        }
        signer.update(bytes).unwrap();
        signer.sign_to_vec().unwrap()
    }
}

impl SignedData {
    /// One signature over content that stands elsewhere.
    pub fn detached(signature: &Signature<'_>, content: &[u8]) -> Self {
        Self {
            signer_infos: vec![signature.over(content)],
            certificates: vec![signature.signer.certificate.0.clone()],
            ..Self::default()
        }
    }

    /// One signature, the content inside.
    pub fn enclosing(signature: &Signature<'_>, content: &[u8]) -> Self {
        Self { content: Some(content.to_vec()), ..Self::detached(signature, content) }
    }

    /// The ContentInfo in DER.
    pub fn der(&self) -> Vec<u8> {
        let content =
            self.content.as_deref().map_or(Vec::new(), |content| der::context(0, &der::octets(content)));
        self.content_info(&content, der::tlv)
    }

    /// The same as a streaming encoder writes it: indefinite lengths, the content in segments.
    pub fn ber(&self) -> Vec<u8> {
        let content = self.content.as_deref().map_or(Vec::new(), |content| {
            let segments: Vec<u8> = content.chunks(16).flat_map(der::octets).collect();
            der::indefinite(0xA0, &der::indefinite(0x24, &segments))
        });
        self.content_info(&content, der::indefinite)
    }

    fn content_info(&self, content: &[u8], constructed: fn(u8, &[u8]) -> Vec<u8>) -> Vec<u8> {
        let some = |tag, parts: &[Vec<u8>]| {
            if parts.is_empty() { Vec::new() } else { constructed(tag, &parts.concat()) }
        };
        let signed_data = [
            der::integer(1),
            constructed(0x31, &der::sequence(&[&der::oid(digest_oid(MessageDigest::sha256()))])),
            constructed(0x30, &[der::oid(ID_DATA), content.to_vec()].concat()),
            some(0xA0, &self.certificates),
            some(0xA1, &self.crls),
            constructed(0x31, &self.signer_infos.concat()),
        ]
        .concat();
        let content = constructed(0xA0, &constructed(0x30, &signed_data));
        constructed(0x30, &[der::oid("1.2.840.113549.1.7.2"), content].concat())
    }
}

/// A multipart/signed message with CRLF: header lines without the last CRLF, the signed part, the CMS.
pub fn multipart_signed(header: &str, entity: &str, cms: &[u8]) -> Vec<u8> {
    format!(
        "{header}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; \
         micalg=sha-256; boundary=\"b1\"\r\n\r\nThis is a signed message.\r\n--b1\r\n{entity}\r\n--b1\r\n\
         Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=smime.p7s\r\n\r\n{}\r\n--b1--\r\n",
        base64_lines(cms)
    )
    .into_bytes()
}

/// A message of one part that is a CMS object.
pub fn single_part(header: &str, content_type: &str, cms: &[u8]) -> Vec<u8> {
    format!(
        "{header}\r\nMIME-Version: 1.0\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        base64_lines(cms)
    )
    .into_bytes()
}

/// The header of a message from this mailbox.
pub fn header(from: &str) -> String {
    format!(
        "From: {from}\r\nTo: Berta Example <berta@example.com>\r\nSubject: Tomorrow\r\n\
         Date: Mon, 6 Jan 2025 10:00:00 +0000\r\nMessage-ID: <1@example.org>"
    )
}

/// The message as a store with bare line feeds keeps it.
pub fn with_line_feeds(message: &[u8]) -> Vec<u8> {
    String::from_utf8(message.to_vec()).unwrap().replace("\r\n", "\n").into_bytes()
}

pub fn base64_lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines: Vec<&str> =
        text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join("\r\n")
}

/// SHAKE as CMS has it (RFC 8702 §3.1): of a fixed length.
fn digest_of(algorithm: MessageDigest, bytes: &[u8]) -> Vec<u8> {
    let mut digest = vec![0; if algorithm.type_() == Nid::SHAKE128 { 32 } else { 64 }];
    if is_shake(algorithm) {
        hash_xof(algorithm, bytes, &mut digest).unwrap();
        return digest;
    }
    hash(algorithm, bytes).unwrap().to_vec()
}

fn is_shake(digest: MessageDigest) -> bool {
    matches!(digest.type_(), Nid::SHAKE128 | Nid::SHAKE256)
}

pub fn digest_oid(digest: MessageDigest) -> &'static str {
    match digest.type_() {
        Nid::MD5 => "1.2.840.113549.2.5",
        Nid::SHA1 => "1.3.14.3.2.26",
        Nid::SHA224 => "2.16.840.1.101.3.4.2.4",
        Nid::SHA256 => "2.16.840.1.101.3.4.2.1",
        Nid::SHA384 => "2.16.840.1.101.3.4.2.2",
        Nid::SHA512 => "2.16.840.1.101.3.4.2.3",
        Nid::SHA3_224 => "2.16.840.1.101.3.4.2.7",
        Nid::SHA3_256 => "2.16.840.1.101.3.4.2.8",
        Nid::SHA3_384 => "2.16.840.1.101.3.4.2.9",
        Nid::SHA3_512 => "2.16.840.1.101.3.4.2.10",
        Nid::SHAKE128 => "2.16.840.1.101.3.4.2.11",
        Nid::SHAKE256 => "2.16.840.1.101.3.4.2.12",
        other => panic!("{other:?}"),
    }
}
