//! Signers with RSA keys of 2048 bits, and clear-signed mail of theirs, for what measures. The keys are thrown away.

use openssl::asn1::Asn1Time;
use openssl::base64::encode_block;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkcs7::{Pkcs7, Pkcs7Flags};
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::stack::Stack;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

pub(crate) struct Identity {
    pub(crate) address: String,
    pub(crate) certificate: X509,
    pub(crate) key: PKey<Private>,
}

/// A multipart/signed message (RFC 8551 §3.5.3) of so many lines.
pub(crate) fn clear_signed(signer: &Identity, number: usize, lines: usize) -> String {
    let line =
        format!("This is line after line of message {number}, so that there is something to sign.\r\n");
    let entity = format!("Content-Type: text/plain; charset=us-ascii\r\n\r\n{}", line.repeat(lines));
    let flags = Pkcs7Flags::DETACHED | Pkcs7Flags::BINARY;
    let others = Stack::new().unwrap();
    let signature = Pkcs7::sign(&signer.certificate, &signer.key, &others, entity.as_bytes(), flags).unwrap();
    let minute = number % 60;
    format!(
        "From: {address}\r\nTo: much@example.org\r\nSubject: Message {number}\r\n\
         Date: Mon, 2 Mar 2026 10:{minute:02}:00 +0000\r\nMessage-ID: <signed-{number}@example.org>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n \
         micalg=sha-256; boundary=\"=_signed\"\r\n\r\n--=_signed\r\n{entity}\r\n--=_signed\r\n\
         Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}--=_signed--\r\n",
        in_lines(&encode_block(&signature.to_der().unwrap())),
        address = signer.address,
    )
}

fn in_lines(base64: &str) -> String {
    base64.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect()
}

/// A self-signed authority, or a person with a certificate by `issuer`.
pub(crate) fn identity(name: &str, serial: u32, issuer: Option<&Identity>) -> Identity {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let address = format!("{}@example.org", name.to_lowercase().replace(' ', "-"));
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer.map_or(&subject, |issuer| issuer.certificate.subject_name())).unwrap();
    builder.set_not_before(&Asn1Time::from_str("20200101000000Z").unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_str("20400101000000Z").unwrap()).unwrap();
    builder.set_pubkey(&key).unwrap();
    if issuer.is_some() {
        let context = builder.x509v3_context(issuer.map(|issuer| &*issuer.certificate), None);
        let names = SubjectAlternativeName::new().email(&address).build(&context).unwrap();
        builder.append_extension(names).unwrap();
        builder.append_extension(KeyUsage::new().critical().digital_signature().build().unwrap()).unwrap();
        builder.append_extension(ExtendedKeyUsage::new().email_protection().build().unwrap()).unwrap();
    } else {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build().unwrap();
        builder.append_extension(usage).unwrap();
    }
    builder.sign(issuer.map_or(&key, |issuer| &issuer.key), MessageDigest::sha256()).unwrap();
    Identity { address, certificate: builder.build(), key }
}
