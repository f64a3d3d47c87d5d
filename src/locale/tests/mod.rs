//! Every catalogue says what English says, and says it in its own language.

mod catalogues;

use super::catalogue::{catalogue_of, formatted, source};
use super::{Language, text};
use crate::smime::{Code, Problem};

/// Each code with the parameters that it comes with; those of one line appear in the text together.
const EXAMPLES: &[(Code, &[&str])] = &[
    (Code::MalformedSignature, &[]),
    (Code::PartialSignature, &[]),
    (Code::ContentAltered, &["signer"]),
    (Code::SignatureInvalid, &["signer"]),
    (Code::SignerCertificateMissing, &["serial"]),
    (Code::SignerCertificateMissing, &["keyIdentifier"]),
    (Code::UnsupportedAlgorithm, &["algorithm", "signer"]),
    (Code::WeakDigest, &["algorithm", "signer"]),
    (Code::WeakKey, &["algorithm", "bits", "signer"]),
    (Code::FromMismatch, &["from", "addresses"]),
    (Code::FromMismatch, &["from", "signedFrom"]),
    (Code::AmbiguousFrom, &[]),
    (Code::NoAddressInCertificate, &["from"]),
    (Code::CertificateExpired, &["subject", "notAfter"]),
    (Code::CertificateNotYetValid, &["subject", "notBefore"]),
    (Code::CertificateRevoked, &["subject", "serial", "revokedAt", "invalidityDate"]),
    (Code::IssuerExpired, &["subject", "notAfter"]),
    (Code::IssuerExpired, &["subject", "notBefore"]),
    (Code::IssuerRevoked, &["subject", "serial", "revokedAt", "invalidityDate"]),
    (Code::IssuerNotFound, &["subject", "issuer"]),
    (Code::UntrustedRoot, &["subject"]),
    (Code::UntrustedRoot, &["subject", "trustedFrom"]),
    (Code::UntrustedRoot, &["subject", "trustedUntil"]),
    (Code::InvalidChain, &["subject", "detail"]),
    (Code::WrongKeyUsage, &["subject"]),
    (Code::WrongExtendedKeyUsage, &["subject"]),
    (Code::RevocationUnavailable, &["subject", "url"]),
    (Code::RevocationExpired, &["subject", "nextUpdate"]),
];

/// Every word that a problem chooses a sentence by.
const CHOICES: &[(Code, &str, &[&str])] = &[
    (
        Code::MalformedSignature,
        "reason",
        &[
            "parts",
            "second-part",
            "no-content",
            "two-contents",
            "no-signer",
            "attributes",
            "content-type",
            "too-large",
            "too-many-signers",
            "structure",
        ],
    ),
    (Code::SignatureInvalid, "reason", &["signing-certificate", "content-type", "value"]),
    (
        Code::AmbiguousFrom,
        "reason",
        &["missing", "several-fields", "several-mailboxes", "group", "no-address"],
    ),
    (Code::CertificateRevoked, "reason", REVOCATION_REASONS),
    (Code::IssuerRevoked, "reason", REVOCATION_REASONS),
    (
        Code::InvalidChain,
        "rule",
        &[
            "signature",
            "too-long",
            "path-length",
            "basic-constraints",
            "key-usage",
            "extended-key-usage",
            "authority-key-identifier",
            "weak-key",
            "weak-signature",
            "algorithm",
            "critical-extension",
            "extension",
            "policies",
            "name-constraints",
            "encoding",
            "path-building",
            "evaluation",
            "other",
        ],
    ),
    (Code::RevocationUnavailable, "kind", &["crl", "ocsp"]),
];

/// The names of RFC 5280 §5.3.1 but removeFromCRL, which revokes nothing.
const REVOCATION_REASONS: &[&str] = &[
    "unspecified",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "certificateHold",
    "privilegeWithdrawn",
    "aACompromise",
];

#[test]
fn every_code_has_an_example() {
    for code in Code::ALL {
        assert!(EXAMPLES.iter().any(|(example, _)| example == code), "{code:?}");
    }
}

#[test]
fn every_text_is_prose_with_its_parameters_in_every_language() {
    for &language in Language::ALL {
        for (code, names) in EXAMPLES {
            let problem = names
                .iter()
                .fold(Problem::new(*code), |problem, name| problem.with(name, format!("<{name}>")));
            let told = text(language, &problem);
            for name in *names {
                assert!(told.contains(&format!("<{name}>")), "{name} is missing in: {told}");
            }
            assert_is_prose(language, &told);
            assert_is_prose(language, &text(language, &Problem::new(*code)));
        }
    }
}

#[test]
fn every_choice_has_its_own_sentence_in_every_language() {
    for &language in Language::ALL {
        for (code, name, values) in CHOICES {
            let mut texts: Vec<String> =
                values.iter().map(|value| text(language, &Problem::new(*code).with(name, *value))).collect();
            for (told, value) in texts.iter().zip(*values) {
                assert_is_prose(language, told);
                let is_raw = value.contains(|c: char| c == '-' || c.is_uppercase()) && told.contains(value);
                assert!(!is_raw, "{value} is shown as it is in: {told}");
            }
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), values.len(), "{language:?}: {texts:#?}");
        }
    }
}

#[test]
fn a_choice_that_is_not_known_gets_a_sentence_that_is_true_of_all() {
    for &language in Language::ALL {
        for (code, name, _) in CHOICES {
            let told = text(language, &Problem::new(*code).with(name, "of-tomorrow"));
            assert_is_prose(language, &told);
            assert!(!told.contains("of-tomorrow"), "{told}");
        }
    }
}

#[test]
fn what_a_language_lacks_is_told_in_english() {
    let problem = Problem::new(Code::CertificateRevoked).with("reason", "superseded");
    let partial =
        catalogue_of(Language::German, "wrong-key-usage = Falscher Zweck: { $subject }.\nno-name = (ohne)");
    let mut errors = Vec::new();
    let told = formatted(&partial, Language::German, &problem, &mut errors);
    assert_eq!(told.replace("(ohne)", "(no name)"), text(Language::English, &problem));
    let german = formatted(&partial, Language::German, &Problem::new(Code::WrongKeyUsage), &mut errors);
    assert_eq!(german, "Falscher Zweck: (ohne).");
    let unreadable = catalogue_of(Language::German, "wrong-key-usage = {");
    let told = formatted(&unreadable, Language::German, &Problem::new(Code::WrongKeyUsage), &mut errors);
    assert_eq!(told, text(Language::English, &Problem::new(Code::WrongKeyUsage)));
    assert!(errors.is_empty(), "{errors:?}");
}

fn assert_is_prose(language: Language, text: &str) {
    let full_stop = match language {
        Language::Japanese | Language::SimplifiedChinese => '。',
        _ => '.',
    };
    assert!(text.ends_with(full_stop), "{text}");
    assert!(text.chars().count() < 700, "{text}");
    for wrong in ["\n", "  ", "{", "}", " .", " ,", "..", "。。", "，，", "( ", " )", "（）", "()"] {
        assert!(!text.contains(wrong), "{wrong:?} in: {text}");
    }
    for code in Code::ALL.iter().filter(|code| code.as_str().contains('-')) {
        assert!(!text.contains(code.as_str()), "{code:?} in: {text}");
    }
    if language == Language::French {
        // French parts these from their words by a space that does not break.
        for wrong in [" :", " ;", " ?", " !"] {
            assert!(!text.contains(wrong), "{wrong:?} in: {text}");
        }
    }
}
