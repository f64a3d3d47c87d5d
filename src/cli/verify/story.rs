//! What is told about one message to a person at a terminal.

use super::report::{Report, SignerReport, date};
use crate::cli::told::{self, line};
use crate::jmap::signers::{is_intact, is_sender};
use crate::locale::Language;
use crate::smime::{Intervals, PublicKey, Status};
use crate::store::signature::Signature;

/// The story of the message, some lines of text; what is wrong is told in this language.
pub(super) fn tell(report: &Report, language: Language) -> String {
    let mut story = String::new();
    headline(&mut story, report);
    clocks(&mut story, report);
    for (position, signer) in report.signers.iter().enumerate() {
        tell_signer(&mut story, report, position + 1, signer);
    }
    told::problems(&mut story, 1, "What is wrong", &report.outcome.errors, language);
    story
}

fn headline(story: &mut String, report: &Report) {
    line(story, 0, "", &format!("{}: {}", report.file.display(), status(report.outcome.status)));
    line(story, 1, "Form", told::form(report.facts.form.as_str()));
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

fn tell_signer(story: &mut String, report: &Report, number: usize, signer: &SignerReport) {
    let is_one_of_many = report.signers.len() > 1;
    let which = if is_one_of_many { format!("Signer {number}") } else { "Signer".to_owned() };
    let Some((certificate, signature)) = signer.certificate.as_ref().zip(signer.signature.as_ref()) else {
        line(story, 1, &which, "its certificate is not at hand");
        return;
    };
    line(story, 1, &which, &certificate.subject);
    if is_one_of_many && is_sender(&report.signatures(), signature) {
        line(story, 2, "Role", "the sender's own signature");
    }
    let addresses =
        if certificate.addresses.is_empty() { "none".to_owned() } else { certificate.addresses.join(", ") };
    line(story, 2, "Addresses", &addresses);
    line(story, 2, "Issuer", &certificate.issuer);
    line(story, 2, "Serial", &certificate.serial);
    line(story, 2, "SHA-256", &hex::encode(signature.signer.fingerprint));
    let validity = format!("{} to {}", date(certificate.not_before), date(certificate.not_after));
    line(story, 2, "Valid", &validity);
    if let Some(key) = PublicKey::of(&signature.signer.certificate) {
        line(story, 2, "Key", &told::key(&key));
    }
    line(story, 2, "Signed with", &format!("{}, {}", signer.facts.algorithm, signer.facts.digest));
    if let Some(at) = signer.facts.signing_time {
        line(story, 2, "Claims time", &date(at));
    }
    let intact = "yes: this key signed this content";
    line(story, 2, "Intact", if is_intact(signature) { intact } else { "NO: anybody can have made this" });
    tell_chain(story, signer, signature);
}

fn tell_chain(story: &mut String, signer: &SignerReport, signature: &Signature) {
    let Some((explanation, verdict)) = signer.explanation.as_ref().zip(signature.signer.verdict.as_ref())
    else {
        return;
    };
    line(story, 2, "Chain", if verdict.is_good { "good" } else { "not good" });
    told::chain(story, 3, verdict);
    let verdict = &explanation.verdict;
    if verdict.good != Intervals::default() {
        line(story, 2, "Good for", &format!("deliveries {}", intervals(&verdict.good)));
    }
    if verdict.undetermined != Intervals::default() {
        let undetermined = intervals(&verdict.undetermined);
        line(story, 2, "Unclear for", &format!("deliveries {undetermined}, for want of evidence"));
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
