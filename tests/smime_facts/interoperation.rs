//! Mail signed by OpenSSL's own CMS code, in the ways that it has.

use std::process::Command;

use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::stack::Stack;

use super::{FROM_ANNA, ROOT, codes, facts};
use crate::support::mail::{ENTITY, header, multipart_signed, single_part};
use crate::support::pki::{Identity, KeyType, person};

fn cms(signer: &Identity, options: CMSOptions) -> Vec<u8> {
    let mut others = Stack::new().unwrap();
    others.push(ROOT.x509()).unwrap();
    let options = options | CMSOptions::BINARY;
    let content = Some(ENTITY.as_bytes());
    let signed =
        CmsContentInfo::sign(Some(&signer.x509()), Some(&signer.key), Some(&others), content, options);
    signed.unwrap().to_der().unwrap()
}

#[test]
fn what_openssl_signs_verifies() {
    for key_type in [KeyType::Rsa, KeyType::P256, KeyType::P384, KeyType::P521] {
        let anna = person("Anna Example", key_type, &["anna@example.org"]).issued_by(&ROOT);
        for options in
            [CMSOptions::empty(), CMSOptions::NOATTR, CMSOptions::USE_KEYID, CMSOptions::NOSMIMECAP]
        {
            let detached =
                multipart_signed(&header(FROM_ANNA), ENTITY, &cms(&anna, options | CMSOptions::DETACHED));
            let opaque = single_part(&header(FROM_ANNA), "application/pkcs7-mime", &cms(&anna, options));
            for raw in [detached, opaque] {
                assert_eq!(codes(&raw), [""; 0], "{key_type:?} {options:?}");
                let found = facts(&raw);
                assert_eq!(found.certificates, std::slice::from_ref(&ROOT.certificate));
                assert_eq!(found.signers[0].signing_time.is_some(), !options.contains(CMSOptions::NOATTR));
            }
        }
    }
}

#[test]
fn what_the_command_line_tool_streams_verifies() {
    let anna = person("Anna Example", KeyType::Rsa, &["anna@example.org"]).issued_by(&ROOT);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("entity"), ENTITY).unwrap();
    std::fs::write(path("key.pem"), anna.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    std::fs::write(path("certificate.pem"), anna.x509().to_pem().unwrap()).unwrap();
    for extra in [
        &["-stream"][..],
        &["-stream", "-nodetach"],
        &["-keyopt", "rsa_padding_mode:pss"],
        &["-cades", "-nodetach"],
        &["-md", "sha512", "-crlfeol"],
    ] {
        let output = Command::new("openssl")
            .args(["cms", "-sign", "-binary", "-in", &path("entity"), "-out", &path("signed")])
            .args(["-signer", &path("certificate.pem"), "-inkey", &path("key.pem")])
            .args(extra)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let signed = std::fs::read_to_string(path("signed")).unwrap();
        let raw = format!("From: {FROM_ANNA}\n{signed}");
        assert_eq!(codes(raw.as_bytes()), [""; 0], "{extra:?}");
    }
}
