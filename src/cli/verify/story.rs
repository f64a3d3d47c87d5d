//! What is told about one message to a person at a terminal.

use std::fmt::Write;

use super::report::{Report, SignerReport, date};
use crate::locale::{self, Language};
use crate::smime::{Form, Intervals, Problem, Status};

/// The story of the message, some lines of text; what is wrong is told in this language.
pub(super) fn tell(report: &Report, language: Language) -> String {
    let mut story = String::new();
    headline(&mut story, report);
    clocks(&mut story, report);
    for (position, signer) in report.signers.iter().enumerate() {
        tell_signer(&mut story, position + 1, report.signers.len(), signer);
    }
    problems(&mut story, "What is wrong", &report.outcome.errors, language);
    story
}

fn headline(story: &mut String, report: &Report) {
    line(story, 0, "", &format!("{}: {}", report.file.display(), status(report.outcome.status)));
    line(
        story,
        1,
        "Form",
        match report.facts.form {
            Form::None => "not an S/MIME message",
            Form::ClearSigned => "clear-signed (multipart/signed)",
            Form::OpaqueSigned => "opaque-signed (the content is inside the signature)",
            Form::Partial => "only a part of the message is signed",
            Form::Encrypted => "encrypted; whether it is signed cannot be seen",
            Form::Unknown => "secured by other means than an S/MIME signature",
        },
    );
}

/// Both clocks, where there is a signature to which they matter.
fn clocks(story: &mut String, report: &Report) {
    if report.signers.is_empty() {
        return;
    }
    line(story, 1, "Now", &format!("{} at {}", status(report.outcome.status), date(report.at)));
    let at_delivery = match report.received_at {
        Some(at) => format!(
            "{} at {}, the time of the newest Received header",
            status(report.outcome.status_at_delivery),
            date(at)
        ),
        None => "not known: no Received header says when it came".to_owned(),
    };
    line(story, 1, "Delivery", &at_delivery);
}

fn tell_signer(story: &mut String, number: usize, of: usize, signer: &SignerReport) {
    let which = if of > 1 { format!("Signer {number}") } else { "Signer".to_owned() };
    let Some(certificate) = &signer.certificate else {
        line(story, 1, &which, "its certificate is not at hand");
        return;
    };
    line(story, 1, &which, &certificate.subject);
    if of > 1 && signer.facts.is_sender {
        line(story, 2, "Role", "the sender's own signature");
    }
    let addresses =
        if certificate.addresses.is_empty() { "none".to_owned() } else { certificate.addresses.join(", ") };
    line(story, 2, "Addresses", &addresses);
    line(story, 2, "Issuer", &certificate.issuer);
    line(story, 2, "Serial", &certificate.serial);
    let validity = format!("{} to {}", date(certificate.not_before), date(certificate.not_after));
    line(story, 2, "Valid", &validity);
    line(story, 2, "Signed with", &format!("{}, {}", signer.facts.algorithm, signer.facts.digest));
    if let Some(at) = signer.facts.signing_time {
        line(story, 2, "Claims time", &date(at));
    }
    tell_chain(story, signer);
}

fn tell_chain(story: &mut String, signer: &SignerReport) {
    let Some(explanation) = &signer.explanation else { return };
    let verdict = &explanation.verdict;
    line(story, 2, "Chain", if verdict.problems.is_empty() { "good" } else { "not good" });
    for certificate in explanation.path.iter().skip(1) {
        let issuer = match certificate.parse() {
            Ok(parsed) => format!("{} (until {})", parsed.subject, date(parsed.not_after)),
            Err(error) => error.to_string(),
        };
        line(story, 3, "", &format!("<- {issuer}"));
    }
    if verdict.good != Intervals::default() {
        line(story, 2, "Good for", &format!("deliveries {}", intervals(&verdict.good)));
    }
    if verdict.undetermined != Intervals::default() {
        let undetermined = intervals(&verdict.undetermined);
        line(story, 2, "Unclear for", &format!("deliveries {undetermined}, for want of evidence"));
    }
}

fn problems(story: &mut String, title: &str, problems: &[Problem], language: Language) {
    if problems.is_empty() {
        return;
    }
    line(story, 1, title, "");
    for problem in problems {
        let text = locale::text(language, problem);
        line(story, 2, "", &format!("- {text} [{}]", problem.code.as_str()));
    }
}

fn status(status: Option<Status>) -> &'static str {
    match status {
        None => "no S/MIME signature",
        Some(Status::Unknown) => "no signature that S/MIME can verify",
        Some(Status::Signed) => "signed; not known whether good",
        Some(Status::Verified | Status::EncryptedVerified) => "verified",
        Some(Status::Failed | Status::EncryptedFailed) => "FAILED",
    }
}

fn intervals(intervals: &Intervals) -> String {
    let spans: Vec<String> = intervals
        .0
        .iter()
        .map(|(from, to)| match (from, to) {
            (Some(from), Some(to)) => format!("from {} until {}", date(*from), date(*to)),
            (Some(from), None) => format!("from {} on", date(*from)),
            (None, Some(to)) => format!("until {}", date(*to)),
            (None, None) => "at any time".to_owned(),
        })
        .collect();
    spans.join(" and ")
}

/// One line. What it says came out of a message: no control character of it reaches the terminal.
fn line(story: &mut String, depth: usize, label: &str, text: &str) {
    let text: String = text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    let indent = "  ".repeat(depth);
    let _ = match (label, text.as_str()) {
        ("", text) => writeln!(story, "{indent}{text}"),
        (label, "") => writeln!(story, "{indent}{label}"),
        (label, text) => writeln!(story, "{indent}{label:<12}{text}"),
    };
}
