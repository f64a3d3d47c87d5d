//! What commands tell people about signatures: lines of text, for `verify` and `explain` alike.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::locale::{self, Language};
use crate::smime::{Problem, PublicKey};
use crate::store::signature::{StoredEvidence, StoredVerdict};
use crate::wire::date::utc_date;

/// One line. What it says came out of a message: no control character of it reaches the terminal.
pub(super) fn line(story: &mut String, depth: usize, label: &str, text: &str) {
    let text: String = text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    let indent = "  ".repeat(depth);
    let _ = match (label, text.as_str()) {
        ("", text) => writeln!(story, "{indent}{text}"),
        (label, "") => writeln!(story, "{indent}{label}"),
        (label, text) => writeln!(story, "{indent}{label:<12}{text}"),
    };
}

/// Problems as texts with their codes, below a title if it says anything; nothing if there are none.
pub(super) fn problems<'a>(
    story: &mut String,
    depth: usize,
    title: &str,
    problems: impl IntoIterator<Item = &'a Problem>,
    language: Language,
) {
    for (place, problem) in problems.into_iter().enumerate() {
        if place == 0 && !title.is_empty() {
            line(story, depth, title, "");
        }
        let text = locale::text(language, problem);
        line(story, depth + 1, "", &format!("- {text} [{}]", problem.code.as_str()));
    }
}

/// A problem as machines read it: code, parameters, text.
pub(super) fn problem_object(problem: &Problem, language: Language) -> Value {
    json!({
        "code": problem.code.as_str(),
        "parameters": problem.parameters,
        "text": locale::text(language, problem),
    })
}

/// The form of a message by its stored word.
pub(super) fn form(word: &str) -> &str {
    match word {
        "none" => "not an S/MIME message",
        "clear-signed" => "clear-signed (multipart/signed)",
        "opaque-signed" => "opaque-signed (the content is inside the signature)",
        "partial" => "only a part of the message is signed",
        "encrypted" => "encrypted; whether it is signed cannot be seen",
        "unknown" => "secured by other means than an S/MIME signature",
        other => other,
    }
}

/// `ec, 256 bits, P-256`
pub(super) fn key(key: &PublicKey) -> String {
    let bits = key.bits.map(|bits| format!("{bits} bits"));
    [Some(key.algorithm.clone()), bits, key.curve.clone()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// The path above the signer, and the evidence about each certificate of it.
pub(super) fn chain(story: &mut String, depth: usize, verdict: &StoredVerdict) {
    for (place, link) in verdict.path.iter().flatten().enumerate() {
        if place > 0 {
            let issuer = match &link.certificate {
                Some(certificate) => match certificate.parse() {
                    Ok(parsed) => format!("{} (until {})", parsed.subject, utc_date(parsed.not_after)),
                    Err(error) => error.to_string(),
                },
                None => format!("{}, which is no trust anchor any more", hex::encode(link.fingerprint)),
            };
            let trusted = if link.is_anchor { ", a trust anchor" } else { "" };
            line(story, depth, "", &format!("<- {issuer}{trusted}"));
        }
        let fingerprint = hex::encode(link.fingerprint);
        for evidence in verdict.evidence.iter().filter(|evidence| evidence.certificate == fingerprint) {
            line(story, depth + usize::from(place > 0), "", &evidence_line(evidence));
        }
    }
}

fn evidence_line(evidence: &StoredEvidence) -> String {
    let says = match evidence.revoked_from {
        Some(at) => format!("revoked from {} on", utc_date(at)),
        None => "not revoked".to_owned(),
    };
    let (from, until) = (utc_date(evidence.this_update), utc_date(evidence.next_update));
    format!("{says} by {}, current from {from} until {until}", named(evidence))
}

/// `the CRL of the operator`
pub(super) fn named(evidence: &StoredEvidence) -> String {
    let kind = match evidence.kind.as_str() {
        "crl" => "CRL",
        "delta-crl" => "delta CRL",
        "ocsp" => "OCSP response",
        other => other,
    };
    match evidence.source.as_deref() {
        Some("operator") => format!("the {kind} of the operator"),
        Some("message") => format!("a {kind} that came with mail"),
        Some(url) => format!("the {kind} from {url}"),
        None => format!("a {kind}"),
    }
}
