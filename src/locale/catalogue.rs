//! The texts of problems, one Fluent catalogue for each language.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use serde_json::Value;
use unic_langid::LanguageIdentifier;

use super::Language;
use crate::smime::Problem;

/// The longest parameter that is told, in characters: parameters come out of messages.
const LONGEST: usize = 200;

/// Every parameter that a text asks for. One that a problem does not have is `none`, for which the texts have variants.
const PARAMETERS: &[&str] = &[
    "addresses",
    "algorithm",
    "bits",
    "detail",
    "from",
    "invalidityDate",
    "issuer",
    "keyIdentifier",
    "kind",
    "nextUpdate",
    "notAfter",
    "notBefore",
    "reason",
    "revokedAt",
    "rule",
    "serial",
    "signedFrom",
    "signer",
    "subject",
    "url",
];

static ENGLISH: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle(Language::English, include_str!("en.ftl")));

/// What is wrong and what the reader can do, as one text without line breaks.
pub fn text(language: Language, problem: &Problem) -> String {
    let bundle = catalogue(language);
    let pattern = bundle.get_message(problem.code.as_str()).and_then(|message| message.value());
    let Some(pattern) = pattern else { return problem.code.as_str().to_owned() };
    // An error here is a parameter that the catalogue asks for and PARAMETERS lacks; a test excludes it, and the text
    // is still better than none.
    bundle.format_pattern(pattern, Some(&arguments(problem)), &mut Vec::new()).into_owned()
}

fn catalogue(language: Language) -> &'static FluentBundle<FluentResource> {
    match language {
        Language::English => &ENGLISH,
    }
}

fn bundle(language: Language, source: &str) -> FluentBundle<FluentResource> {
    let identifier: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    // The texts go to clients that may show these marks as boxes, and into tests that compare them.
    bundle.set_use_isolating(false);
    // A message that cannot be read is left out; a test demands all of them.
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(readable, _)| readable);
    bundle.add_resource_overriding(resource);
    bundle
}

fn arguments(problem: &Problem) -> FluentArgs<'static> {
    let mut arguments = FluentArgs::with_capacity(PARAMETERS.len());
    for &name in PARAMETERS {
        arguments.set(name, problem.parameters.get(name).map_or_else(|| "none".to_owned(), told));
    }
    arguments
}

/// A parameter as text: bounded, on one line, without characters that reorder their surroundings.
fn told(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_harmless = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let mut told: String = text.chars().filter(is_harmless).take(LONGEST).collect();
    if text.chars().filter(is_harmless).nth(LONGEST).is_some() {
        told.push('…');
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::Code;

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
        (Code::CertificateRevoked, &["subject", "serial", "revokedAt", "reason", "invalidityDate"]),
        (Code::IssuerExpired, &["subject", "notAfter"]),
        (Code::IssuerExpired, &["subject", "notBefore"]),
        (Code::IssuerRevoked, &["subject", "serial", "revokedAt", "reason", "invalidityDate"]),
        (Code::IssuerNotFound, &["subject", "issuer"]),
        (Code::UntrustedRoot, &["subject"]),
        (Code::InvalidChain, &["subject", "rule", "detail"]),
        (Code::WrongKeyUsage, &["subject"]),
        (Code::WrongExtendedKeyUsage, &["subject"]),
        (Code::RevocationUnavailable, &["subject", "url"]),
        (Code::RevocationExpired, &["subject", "nextUpdate"]),
    ];

    fn english(problem: &Problem) -> String {
        text(Language::English, problem)
    }

    #[test]
    fn every_code_has_a_text_in_every_language() {
        for &language in Language::ALL {
            for code in Code::ALL {
                assert!(catalogue(language).has_message(code.as_str()), "{code:?} in {language:?}");
            }
        }
        for code in Code::ALL {
            assert!(EXAMPLES.iter().any(|(example, _)| example == code), "{code:?} has no example");
        }
    }

    #[test]
    fn every_parameter_appears_in_its_text() {
        for (code, names) in EXAMPLES {
            let problem = names
                .iter()
                .fold(Problem::new(*code), |problem, name| problem.with(name, format!("<{name}>")));
            let told = english(&problem);
            for name in *names {
                assert!(told.contains(&format!("<{name}>")), "{name} is missing in: {told}");
            }
            assert_is_prose(&told);
            assert_is_prose(&english(&Problem::new(*code)));
        }
    }

    #[test]
    fn every_reason_has_its_own_sentence() {
        let told = |code, name: &str, values: &[&str]| -> Vec<String> {
            let mut texts: Vec<_> =
                values.iter().map(|value| english(&Problem::new(code).with(name, *value))).collect();
            texts.iter().for_each(|text| assert_is_prose(text));
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), values.len(), "{texts:#?}");
            texts
        };
        told(
            Code::MalformedSignature,
            "reason",
            &[
                "parts",
                "second-part",
                "no-content",
                "no-signer",
                "attributes",
                "content-type",
                "too-large",
                "too-many-signers",
                "structure",
            ],
        );
        told(Code::SignatureInvalid, "reason", &["signing-certificate", "content-type", "value"]);
        told(
            Code::AmbiguousFrom,
            "reason",
            &["missing", "several-fields", "several-mailboxes", "group", "no-address"],
        );
        told(
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
                "critical-extension",
                "extension",
                "policies",
                "name-constraints",
                "encoding",
                "path-building",
                "other",
            ],
        );
    }

    #[test]
    fn parameters_are_bounded_and_cannot_disturb_the_text() {
        let hostile = format!("a\u{202E}b\r\n\0{}", "x".repeat(10_000));
        let told = english(&Problem::new(Code::FromMismatch).with("from", hostile).with("other", "y"));
        assert!(told.chars().count() < 1000 && told.contains("from abx") && told.contains('…'), "{told}");
        assert_is_prose(&told);
        let number = Problem::new(Code::WeakKey).with("bits", 512);
        assert!(english(&number).contains("only 512 bits"));
    }

    fn assert_is_prose(text: &str) {
        assert!(text.ends_with('.'), "{text}");
        for wrong in ["\n", "  ", "{", "}", " .", " ,", "\u{2068}", "\u{2069}", "from-mismatch"] {
            assert!(!text.contains(wrong), "{wrong:?} in: {text}");
        }
    }
}
