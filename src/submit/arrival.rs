//! What follows when mail has arrived: reports find the submission that they speak of, and who is away answers.

use std::collections::BTreeSet;

use crate::delivery::inbound::{self, Envelope, Outcome};
use crate::mime::mdn::{DispositionType, Notification};
use crate::mime::{HeaderForm, HeaderValue, Headers, Message};
use crate::store::blob::BlobHash;
use crate::store::submission;
use crate::store::{StoreError, outgoing};
use crate::wire::ids::{AccountId, SubmissionId};

use super::{Submitter, vacation};

/// Octets of a report's fields that are read.
const MAX_FIELDS: usize = 256 * 1024;

/// Recipients that one report speaks of at most.
const MAX_RECIPIENTS: usize = 1000;

/// To be called after each delivery, whatever way the mail came: with the envelope, what became of it, and the message.
/// What goes wrong here is logged, and is no fault of the delivery.
pub async fn arrived(submitter: &Submitter, envelope: &Envelope, outcomes: &[(String, Outcome)], raw: &[u8]) {
    if let Err(error) = hear(submitter, outcomes, raw).await {
        tracing::warn!(%error, "a report could not be noted");
    }
    vacation::respond(submitter, envelope, outcomes, raw).await;
}

/// What a report tells of a submission (RFC 8621 §7, deliveryStatus).
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    /// A delivery status notification (RFC 3464).
    Delivery { account: AccountId, submission: SubmissionId, recipients: Vec<Told> },
    /// A message disposition notification (RFC 8098).
    Disposition { message_id: String, recipient: String, is_displayed: bool },
}

/// What a delivery status notification tells of a recipient.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    addresses: Vec<String>,
    /// delivered, if the report decides it.
    delivered: Option<&'static str>,
    reply: Option<String>,
}

async fn hear(submitter: &Submitter, outcomes: &[(String, Outcome)], raw: &[u8]) -> Result<(), StoreError> {
    let is_report = |field: crate::mime::HeaderField<'_>| {
        field.raw().trim_start().to_ascii_lowercase().starts_with("multipart/report")
    };
    if !Headers::of_message(raw).last("Content-Type").is_some_and(is_report) {
        return Ok(());
    }
    let Some(heard) = Message::parse(raw).ok().and_then(|message| Heard::of(&message)) else {
        return Ok(());
    };
    let is_new = |(_, outcome): &&(String, Outcome)| matches!(outcome, Outcome::Stored { .. });
    let recipients: Vec<String> =
        outcomes.iter().filter(is_new).map(|(recipient, _)| recipient.clone()).collect();
    let accounts: BTreeSet<AccountId> =
        inbound::resolve(submitter.store(), &recipients).await?.into_iter().flatten().collect();
    for account in accounts {
        note(submitter, account, &heard, BlobHash::of(raw)).await?;
    }
    Ok(())
}

/// A report counts for the account that it came to, and for no other.
async fn note(submitter: &Submitter, to: AccountId, heard: &Heard, blob: BlobHash) -> Result<(), StoreError> {
    let store = submitter.store();
    match heard {
        Heard::Delivery { account, submission, recipients } if *account == to => {
            store
                .write("submission/dsn", to, async |writer| {
                    submission::add_report(writer, *submission, "dsn", blob).await?;
                    for told in recipients {
                        let Some(delivered) = told.delivered else { continue };
                        let (addresses, reply) = (&told.addresses, told.reply.as_deref());
                        submission::heard(writer, *submission, addresses, delivered, reply).await?;
                    }
                    Ok(())
                })
                .await
        }
        Heard::Delivery { .. } => Ok(()),
        Heard::Disposition { message_id, recipient, is_displayed } => {
            store
                .write("submission/mdn", to, async |writer| {
                    for submission in submission::of_message(writer, message_id).await? {
                        submission::add_report(writer, submission, "mdn", blob).await?;
                        if *is_displayed {
                            submission::displayed(writer, submission, recipient).await?;
                        }
                    }
                    Ok(())
                })
                .await
        }
    }
}

impl Heard {
    fn of(message: &Message<'_>) -> Option<Self> {
        if let Some(mdn) = Notification::of(message) {
            let id = mdn.report.original_message_id.filter(|id| !id.contains('\0'))?;
            return Some(Self::Disposition {
                message_id: id.trim_matches(['<', '>', ' ', '\t']).to_owned(),
                recipient: address_of(&mdn.report.final_recipient?)?,
                is_displayed: mdn.report.disposition.kind == DispositionType::Displayed,
            });
        }
        let structure = message.structure();
        let part = structure.parts().into_iter().find(|part| part.media_type == "message/delivery-status")?;
        let octets = part.section?.data(message.raw())?;
        let octets = octets.get(..octets.len().min(MAX_FIELDS)).unwrap_or_default();
        let mut groups = groups(octets).into_iter();
        let (account, submission) =
            outgoing::parse_token(&unxtext(&groups.next()?.value("Original-Envelope-Id")?))?;
        let recipients = groups.take(MAX_RECIPIENTS).map(|group| group.told()).collect();
        Some(Self::Delivery { account, submission: SubmissionId(submission), recipients })
    }
}

/// The fields of a message or of a recipient (RFC 3464 §2.1).
struct Group<'a>(Headers<'a>);

impl Group<'_> {
    fn value(&self, name: &str) -> Option<String> {
        match HeaderForm::Text.value_of(self.0.last(name)?) {
            HeaderValue::Text(text) => Some(text.trim().to_owned()),
            _ => None,
        }
    }

    fn told(&self) -> Told {
        let addresses = ["Original-Recipient", "Final-Recipient"];
        let addresses = addresses.iter().filter_map(|name| address_of(&self.value(name)?)).collect();
        // Any other action decides nothing (RFC 8621 §7, delivered).
        let delivered = match self.value("Action").unwrap_or_default().to_ascii_lowercase().as_str() {
            "delivered" => Some("yes"),
            "failed" => Some("no"),
            _ => None,
        };
        let diagnostic = self.value("Diagnostic-Code");
        let reply = diagnostic
            .as_deref()
            .and_then(|code| code.split_once(';'))
            .filter(|(kind, _)| kind.trim().eq_ignore_ascii_case("smtp"));
        let reply =
            reply.map(|(_, reply)| reply.trim().chars().filter(|c| !c.is_control()).take(1000).collect());
        Told { addresses, delivered, reply }
    }
}

/// Groups of fields stand apart by empty lines.
fn groups(octets: &[u8]) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        let is_empty = matches!(line, b"\n" | b"\r\n");
        at += line.len();
        if is_empty {
            groups.push(octets.get(start..at).unwrap_or_default());
            start = at;
        }
    }
    groups.push(octets.get(start..).unwrap_or_default());
    let parsed = groups.into_iter().map(Headers::parse);
    parsed.filter(|headers| headers.iter().next().is_some()).map(Group).collect()
}

/// The address behind its type: `rfc822; ann@example.org`.
fn address_of(value: &str) -> Option<String> {
    let (_, address) = value.split_once(';')?;
    let address = unxtext(address.trim());
    (!address.is_empty() && !address.contains(char::is_control)).then_some(address)
}

/// RFC 3461 §4. What is no xtext stands for itself: few senders encode what they should.
fn unxtext(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('+') {
        decoded.push_str(before);
        let octet = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match octet.filter(u8::is_ascii) {
            Some(octet) => {
                decoded.push(char::from(octet));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push('+');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_no_database_takes_is_none() {
        assert_eq!(address_of("rfc822; ann+2Btag@example.org").as_deref(), Some("ann+tag@example.org"));
        for wrong in ["rfc822; ann+00@example.org", "rfc822;a\u{0}", "rfc822; ", "ann@example.org"] {
            assert_eq!(address_of(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn xtext_is_decoded_where_it_is_some() {
        assert_eq!(unxtext("a+2Bb+3Dc"), "a+b=c");
        assert_eq!(unxtext("ann+tag@example.org"), "ann+tag@example.org");
        assert_eq!(unxtext("x+"), "x+");
    }
}
