//! `signet verify` as those meet it who script against it: what it prints and its exit status.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use openssl::hash::MessageDigest;
use openssl::x509::X509;
use serde_json::Value;

use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed, with_line_feeds};
use crate::support::ocsp;
use crate::support::pki::{self, Identity, KeyType, at};

const FROM_ANNA: &str = "Anna Example <anna@example.org>";
const RECEIVED: &str = "Received: from a by b; Mon, 6 Jan 2025 10:00:05 +0000\r\n";

/// A folder with the files of a test.
struct Folder {
    folder: tempfile::TempDir,
    root: Identity,
    anna: Identity,
}

#[test]
fn a_good_message_is_verified() {
    let folder = Folder::new();
    let message = folder.file("good.eml", &folder.signed());
    let output = folder.verify_at("2025-06-01T00:00:00Z", &[], &[&message]);
    assert_eq!(output.status.code(), Some(0));
    let story = folder.story(&output);
    insta::assert_snapshot!(story, @r"
    [folder]/good.eml: verified
      Form        clear-signed (multipart/signed)
      Now         verified at 2025-06-01T00:00:00Z
      Delivery    verified at 2025-01-06T10:00:05Z, the time of the newest Received header
      Signer      CN=Anna Example
        Addresses   anna@example.org
        Issuer      CN=Example Root
        Serial      4d
        SHA-256     [anna]
        Valid       2020-01-01T00:00:00Z to 2025-09-01T00:00:00Z
        Key         ec, 256 bits, P-256
        Signed with ecdsa, sha256
        Intact      yes: this key signed this content
        Chain       good
          <- CN=Example Root (until 2040-01-01T00:00:00Z), a trust anchor
        Good for    deliveries from 2020-01-01T00:00:00Z until 2025-09-01T00:00:01Z
    ");
}

#[test]
fn the_object_of_the_contract() {
    let folder = Folder::new();
    let message = folder.file("expired.eml", &folder.signed());
    let output = folder.verify(&["--json"], &[&message]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(folder.story(&output), @r#"{"file":"[folder]/expired.eml","smimeStatus":"signed/failed","smimeErrors":[{"code":"certificate-expired","parameters":{"subject":"CN=Anna Example","notAfter":"2025-09-01T00:00:00Z"},"text":"The certificate of CN=Anna Example expired at 2025-09-01 00:00 UTC. Ask the sender to renew it."}],"signers":[{"subject":"CN=Anna Example","addresses":["anna@example.org"],"issuer":"CN=Example Root","serial":"4d","notBefore":"2020-01-01T00:00:00Z","notAfter":"2025-09-01T00:00:00Z","algorithm":"ecdsa","digest":"sha256","signingTime":null,"isSender":true,"isIntact":true,"isVerified":false,"errors":["The certificate of CN=Anna Example expired at 2025-09-01 00:00 UTC. Ask the sender to renew it."],"serialNumber":"4d","subjectKeyIdentifier":null,"fingerprint":"[anna]","keyAlgorithm":"ec","keySize":256,"keyCurve":"P-256","signatureAlgorithm":"ecdsa","digestAlgorithm":"sha256","chain":[{"subject":"CN=Anna Example","issuer":"CN=Example Root","serialNumber":"4d","fingerprint":"[anna]","notBefore":"2020-01-01T00:00:00Z","notAfter":"2025-09-01T00:00:00Z","isTrustAnchor":false,"revocation":[]},{"subject":"CN=Example Root","issuer":"CN=Example Root","serialNumber":"[root]","fingerprint":"[root]","notBefore":"2020-01-01T00:00:00Z","notAfter":"2040-01-01T00:00:00Z","isTrustAnchor":true,"revocation":[]}],"verifiedAt":"2026-01-01T12:00:00Z"}]}"#);
}

#[test]
fn lines_and_exit_status_of_several_files() {
    let folder = Folder::new();
    let good = folder.file("good.eml", &folder.signed());
    let unsigned = folder.file("unsigned.eml", b"From: a@example.org\r\n\r\nHello\r\n");
    let altered = String::from_utf8(folder.signed()).unwrap().replace("at ten", "at six");
    let altered = folder.file("altered.eml", altered.as_bytes());
    let missing = folder.path("missing.eml");
    let code = |files: &[&PathBuf]| folder.verify_at("2025-06-01T00:00:00Z", &[], files).status.code();
    assert_eq!(code(&[&good]), Some(0));
    assert_eq!(code(&[&good, &unsigned]), Some(2));
    assert_eq!(code(&[&unsigned, &altered, &good]), Some(1));
    assert_eq!(code(&[&missing, &altered, &good]), Some(3));

    let output =
        folder.verify_at("2025-06-01T00:00:00Z", &["--json"], &[&good, &unsigned, &missing, &altered]);
    let lines: Vec<Value> = String::from_utf8(output.stdout.clone())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let statuses: Vec<_> = lines.iter().map(|line| line.get("smimeStatus").cloned()).collect();
    assert_eq!(
        statuses,
        [Some("signed/verified".into()), Some(Value::Null), None, Some("signed/failed".into())]
    );
    assert_eq!(lines[2]["file"], missing.display().to_string());
    assert!(lines[2]["error"].as_str().unwrap().contains("cannot be read"));
    assert_eq!(lines[3]["smimeErrors"][0]["code"], "content-altered");
    assert!(String::from_utf8(output.stderr).unwrap().contains("missing.eml"));
}

#[test]
fn material_comes_from_pem_and_der_files_and_from_folders() {
    let folder = Folder::new();
    let message = folder.file("lf.eml", &with_line_feeds(&folder.signed()));
    let pem = X509::from_der(&folder.root.certificate.0).unwrap().to_pem().unwrap();
    let several = [b"A note before.\n", &folder.anna.x509().to_pem().unwrap()[..], &pem[..]].concat();
    folder.file("pem/several.pem", &several);
    folder.file("pem/README", b"nothing to see");
    for anchors in [folder.path("root.der"), folder.path("pem/several.pem"), folder.path("pem")] {
        let output = folder.run(&["--at", "2025-06-01T00:00:00Z", "--anchors", text(&anchors)], &[&message]);
        assert_eq!(output.status.code(), Some(0), "{}", anchors.display());
    }
    for wrong in ["pem/README", "no-such-file"] {
        let output = folder.run(&["--anchors", text(&folder.path(wrong))], &[&message]);
        assert_eq!(output.status.code(), Some(3));
        assert!(String::from_utf8(output.stderr).unwrap().contains(wrong));
    }
}

#[test]
fn a_command_line_that_cannot_be_understood_is_none_of_the_outcomes() {
    let folder = Folder::new();
    let message = folder.file("good.eml", &folder.signed());
    for wrong in
        [&["--at", "yesterday"][..], &["--policy", "gold"], &["--no-such-flag"], &["--language", "tlh"]]
    {
        assert_eq!(folder.run(wrong, &[&message]).status.code(), Some(64), "{wrong:?}");
    }
}

#[test]
fn what_is_wrong_is_told_in_the_language_of_choice_whatever_the_environment() {
    let folder = Folder::new();
    let message = folder.file("expired.eml", &folder.signed());
    let told = |arguments: &[&str]| folder.story(&folder.verify(arguments, &[&message]));
    let english = "expired at 2025-09-01 00:00 UTC. Ask the sender to renew it.";
    assert!(told(&[]).contains(english));
    assert!(told(&["--language", "en-GB"]).contains(english));
    let german = "- Das Zertifikat von CN=Anna Example ist am 2025-09-01 00:00 UTC abgelaufen. \
        Bitten Sie die Absenderseite, es zu erneuern. [certificate-expired]";
    assert!(told(&["--language", "de"]).contains(german));
    let object: Value = serde_json::from_str(&told(&["--json", "--language", "pt_BR"])).unwrap();
    let error = &object["smimeErrors"][0];
    assert_eq!(error["code"], "certificate-expired");
    assert_eq!(error["parameters"]["notAfter"], "2025-09-01T00:00:00Z");
    assert_eq!(
        error["text"],
        "O certificado de CN=Anna Example expirou em 2025-09-01 00:00 UTC. Peça ao remetente que o renove."
    );
}

#[test]
fn revocation_lists_and_policies_are_asked_for() {
    let folder = Folder::new();
    let message = folder.file("good.eml", &folder.signed());
    let crl = folder.root.crl(
        at("2025-05-01T00:00:00Z"),
        at("2025-07-01T00:00:00Z"),
        &[(77, at("2025-05-01T00:00:00Z"), Vec::new())],
    );
    let crl = folder.file("root.crl", &crl);
    let codes = |arguments: &[&str]| -> Vec<String> {
        let arguments = [&["--json"], arguments].concat();
        let output = folder.verify_at("2025-06-01T00:00:00Z", &arguments, &[&message]);
        let object: Value = serde_json::from_slice(&output.stdout).unwrap();
        let errors = object["smimeErrors"].as_array().unwrap();
        errors.iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(&[]), [""; 0]);
    assert_eq!(codes(&["--revocation", "hard"]), ["revocation-unavailable"]);
    assert_eq!(codes(&["--crls", text(&crl)]), ["certificate-revoked"]);
    assert_eq!(codes(&["--crls", text(&crl), "--revocation", "off"]), [""; 0]);
    assert_eq!(codes(&["--explicit-policy"]), ["invalid-chain"]);
}

#[test]
fn weak_algorithms_are_accepted_before_a_time() {
    let folder = Folder::new();
    let signature = Signature { digest: MessageDigest::sha1(), ..Signature::by(&folder.anna) };
    let cms = SignedData::detached(&signature, ENTITY.as_bytes()).der();
    let raw = multipart_signed(&format!("{RECEIVED}{}", header(FROM_ANNA)), ENTITY, &cms);
    let file = folder.file("old.eml", &raw);
    let status =
        |arguments: &[&str]| folder.verify_at("2025-08-01T00:00:00Z", arguments, &[&file]).status.code();
    assert_eq!(status(&[]), Some(1));
    assert_eq!(status(&["--accept", "sha1=2025-08-02"]), Some(0));
    assert_eq!(status(&["--accept", "sha1=2025-08-01T00:00:00Z"]), Some(1));
    assert_eq!(status(&["--accept", "md5=2025-08-02"]), Some(1));
    assert_eq!(status(&["--accept", "sha1=soon"]), Some(64));
    let story = folder.verify_at("2026-01-01T00:00:00Z", &["--accept", "sha1=2025-08-02"], &[&file]);
    assert!(folder.story(&story).contains("Delivery    verified"), "{}", folder.story(&story));
}

#[test]
fn ocsp_responses_are_asked_too() {
    let folder = Folder::new();
    let message = folder.file("good.eml", &folder.signed());
    let said = |status| {
        let answer = ocsp::answer(&folder.root, &folder.anna.certificate, status, "2025-05-30T00:00:00Z");
        ocsp::reply(&folder.root, &[answer]).der()
    };
    folder.file("ocsp/good.der", &said(ocsp::good()));
    let revoked = folder.file("revoked.der", &said(ocsp::revoked("2025-05-01T00:00:00Z", None)));
    let outcome = |arguments: &[&str]| {
        let arguments = [&["--revocation", "hard"], arguments].concat();
        folder.verify_at("2025-06-01T00:00:00Z", &arguments, &[&message]).status.code()
    };
    assert_eq!(outcome(&[]), Some(1));
    assert_eq!(outcome(&["--ocsp", text(&folder.path("ocsp"))]), Some(0));
    assert_eq!(outcome(&["--ocsp", text(&revoked)]), Some(1));
    assert_eq!(outcome(&["--ocsp", text(&message)]), Some(3), "it holds no response");
}

impl Folder {
    fn new() -> Self {
        let root = pki::authority("Example Root").self_signed();
        let mut anna = pki::person("Anna Example", KeyType::P256, &["anna@example.org"]);
        anna.serial = 77;
        anna.not_after = at("2025-09-01T00:00:00Z");
        let anna = anna.issued_by(&root);
        let folder = Self { folder: tempfile::tempdir().unwrap(), root, anna };
        folder.file("root.der", &folder.root.certificate.0);
        folder
    }

    /// A clear-signed message of Anna's.
    fn signed(&self) -> Vec<u8> {
        let cms = SignedData::detached(&Signature::by(&self.anna), ENTITY.as_bytes()).der();
        multipart_signed(&format!("{RECEIVED}{}", header(FROM_ANNA)), ENTITY, &cms)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn verify(&self, arguments: &[&str], files: &[&PathBuf]) -> Output {
        self.verify_at("2026-01-01T12:00:00Z", arguments, files)
    }

    fn verify_at(&self, time: &str, arguments: &[&str], files: &[&PathBuf]) -> Output {
        let root = self.path("root.der");
        self.run(&[&["--at", time, "--anchors", text(&root)], arguments].concat(), files)
    }

    fn run(&self, arguments: &[&str], files: &[&PathBuf]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_signet")).arg("verify").args(arguments).args(files).output().unwrap()
    }

    /// What was printed, without what differs from run to run.
    fn story(&self, output: &Output) -> String {
        let printed = String::from_utf8(output.stdout.clone()).unwrap();
        let mut story = printed.replace(text(self.folder.path()), "[folder]");
        for (name, identity) in [("[anna]", &self.anna), ("[root]", &self.root)] {
            story = story.replace(&hex::encode(identity.certificate.fingerprint()), name);
        }
        let root = self.root.certificate.parse().unwrap();
        story.replace(&format!("\"serialNumber\":\"{}\"", root.serial), "\"serialNumber\":\"[root]\"")
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
