//! Vacation responses (RFC 8621 §8), sent by the rules of RFC 3834.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use openssl::sha::sha256;

use super::{Generated, Submitter};
use crate::delivery::inbound::{self, Envelope, Outcome};
use crate::mime::build::{Content, ContentType, Entity, Field, message};
use crate::mime::{CanonicalAddress, EmailAddress, HeaderForm, HeaderValue, Headers, html_text};
use crate::store::vacation::{self, VacationResponse};
use crate::store::{StoreError, account, identity};
use crate::wire::ids::AccountId;

/// For how long a sender is not answered again (RFC 3834 §2).
const PERIOD: Duration = Duration::days(7);

/// Senders that one account answers within the period: whoever makes up senders does not fill the table.
const MAX_SENDERS: i64 = 10_000;

/// Addresses of a message that are looked through for the account's own.
const MAX_ADDRESSES: usize = 500;

/// Octets of text that are made from an HTML body.
const MAX_TEXT: usize = 256 * 1024;

/// Fields that name the recipients of a message (RFC 3834 §2).
const RECIPIENT_FIELDS: [&str; 6] = ["To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"];

/// Lets those answer who have got a message just now and are away. Called after each delivery from outside of the
/// account, whatever way it came; what goes wrong here is logged, and is no fault of the delivery.
pub async fn respond(submitter: &Submitter, envelope: &Envelope, outcomes: &[(String, Outcome)], raw: &[u8]) {
    let Some(sender) = envelope.reverse_path.as_deref().filter(|sender| may_be_answered(sender)) else {
        return;
    };
    let fresh: Vec<String> = outcomes
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Stored { .. }))
        .map(|(recipient, _)| recipient.clone())
        .collect();
    if fresh.is_empty() || is_automatic(&Headers::of_message(raw)) {
        return;
    }
    if let Err(error) = respond_for_all(submitter, sender, &fresh, raw).await {
        tracing::warn!(%error, "a vacation response could not be sent");
    }
}

async fn respond_for_all(
    submitter: &Submitter,
    sender: &str,
    recipients: &[String],
    raw: &[u8],
) -> Result<(), StoreError> {
    let accounts: BTreeSet<AccountId> =
        inbound::resolve(submitter.trust.store(), recipients).await?.into_iter().flatten().collect();
    for account in accounts {
        respond_for(submitter, account, sender, raw).await?;
    }
    Ok(())
}

async fn respond_for(
    submitter: &Submitter,
    account: AccountId,
    sender: &str,
    raw: &[u8],
) -> Result<(), StoreError> {
    let store = submitter.trust.store();
    let headers = Headers::of_message(raw);
    let named = named_recipients(&headers);
    let found = store.snapshot("vacation/look", async |transaction| {
        let response = vacation::read(transaction, account).await?;
        if !response.is_in_effect(transaction.now()) || !account::may_send(transaction, account).await? {
            return Ok(None);
        }
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        let own = identity::own_addresses(transaction, account, &named).await?;
        let own = named.iter().zip(own).find(|(_, is_own)| *is_own).map(|(address, _)| (*address).to_owned());
        let is_self = identity::own_addresses(transaction, account, &[sender]).await?.contains(&true);
        let Some(own) = own.filter(|_| !is_self) else { return Ok(None) };
        let identities = identity::all(transaction, account, 1000).await?;
        Ok(Some((response, own, identities)))
    });
    let Some((response, own, identities)) = found.await? else { return Ok(()) };
    let is_reachable =
        submitter.has_relay() || !inbound::resolve(store, &[sender.to_owned()]).await?.concat().is_empty();
    let Some(canonical) = CanonicalAddress::parse(sender).filter(|_| is_reachable) else { return Ok(()) };
    let name = identities
        .iter()
        .filter(|identity| !identity.settings.name.is_empty())
        .max_by_key(|identity| identity.email.eq_ignore_ascii_case(&own))
        .map(|identity| identity.settings.name.clone());
    let from = EmailAddress { name, email: own };
    store
        .write("vacation/respond", account, async |writer| {
            let now = writer.now();
            let is_due =
                vacation::note_reply(writer, &canonical.to_string(), now - PERIOD, MAX_SENDERS).await?;
            if is_due {
                let host = &submitter.options.host_name;
                let reply = Generated {
                    raw: reply(&response, &from, sender, &headers, host, now),
                    mail_from: String::new(),
                    recipients: vec![sender.to_owned()],
                };
                submitter.queue_in(writer, &reply).await?;
            }
            Ok(())
        })
        .await
}

/// Not programs, lists and their owners (RFC 3834 §2).
fn may_be_answered(sender: &str) -> bool {
    let local = sender.rsplit_once('@').map_or("", |(local, _)| local).to_ascii_lowercase();
    let is_program =
        ["mailer-daemon", "postmaster", "listserv", "majordomo", "noreply", "no-reply", "donotreply"]
            .contains(&local.as_str());
    super::envelope::is_mailbox(sender)
        && !is_program
        && !local.starts_with("owner-")
        && !["-owner", "-request", "-bounces", "-relay"].iter().any(|end| local.ends_with(end))
        && !local.contains("-bounces+")
}

/// Whether a program sent it, or a list passed it on (RFC 3834 §2, §5; RFC 2369; RFC 3464).
fn is_automatic(headers: &Headers<'_>) -> bool {
    let keyword = |name: &str| {
        let value = headers.last(name).map(|field| field.raw()).unwrap_or_default();
        value.split([';', '(']).next().unwrap_or_default().trim().to_ascii_lowercase()
    };
    let auto_submitted = keyword("Auto-Submitted");
    let is_list =
        |name: &str| name.len() >= 5 && name.is_char_boundary(5) && name[..5].eq_ignore_ascii_case("List-");
    let suppressed = headers.last("X-Auto-Response-Suppress").map(|field| field.raw().to_ascii_lowercase());
    !(auto_submitted.is_empty() || auto_submitted == "no")
        || ["bulk", "junk", "list"].contains(&keyword("Precedence").as_str())
        || headers.iter().any(|field| is_list(field.name()))
        || keyword("Content-Type") == "multipart/report"
        || keyword("X-Spam-Flag") == "yes"
        || keyword("Return-Path") == "<>"
        || suppressed.is_some_and(|value| ["all", "oof", "autoreply"].iter().any(|kind| value.contains(kind)))
}

fn named_recipients(headers: &Headers<'_>) -> Vec<String> {
    let fields = RECIPIENT_FIELDS.iter().flat_map(|name| headers.all(name));
    let addresses = fields.flat_map(|field| match HeaderForm::Addresses.value_of(field) {
        HeaderValue::Addresses(addresses) => addresses,
        _ => Vec::new(),
    });
    addresses.map(|address| address.email).take(MAX_ADDRESSES).collect()
}

/// The response to one message (RFC 3834 §3).
fn reply(
    response: &VacationResponse,
    from: &EmailAddress,
    sender: &str,
    headers: &Headers<'_>,
    host: &str,
    at: DateTime<Utc>,
) -> Vec<u8> {
    let ids = |name: &str| match headers.last(name).map(|field| HeaderForm::MessageIds.value_of(field)) {
        Some(HeaderValue::Strings(ids)) => ids,
        _ => Vec::new(),
    };
    let answered = ids("Message-ID");
    // RFC 5322 §3.6.4.
    let mut references =
        Some(ids("References")).filter(|ids| !ids.is_empty()).unwrap_or_else(|| ids("In-Reply-To"));
    references.extend(answered.iter().cloned());
    let subject = response.subject.clone().filter(|subject| !subject.is_empty()).unwrap_or_else(|| {
        match headers.last("Subject").map(|field| HeaderForm::Text.value_of(field)) {
            Some(HeaderValue::Text(subject)) if !subject.trim().is_empty() => {
                format!("Auto: {}", subject.trim())
            }
            _ => "Auto: I am away".to_owned(),
        }
    });
    let digest =
        sha256(format!("{}\0{sender}\0{}\0{answered:?}", from.email, at.timestamp_micros()).as_bytes());
    let id = format!("vacation.{}@{host}", hex::encode(&digest[..12]));
    let to = EmailAddress { name: None, email: sender.to_owned() };
    let fields = [
        ("From", HeaderForm::Addresses, HeaderValue::Addresses(vec![from.clone()])),
        ("To", HeaderForm::Addresses, HeaderValue::Addresses(vec![to])),
        ("Subject", HeaderForm::Text, HeaderValue::Text(subject)),
        ("Date", HeaderForm::Date, HeaderValue::Date(at.fixed_offset())),
        ("Message-ID", HeaderForm::MessageIds, HeaderValue::Strings(vec![id])),
        ("In-Reply-To", HeaderForm::MessageIds, HeaderValue::Strings(answered)),
        ("References", HeaderForm::MessageIds, HeaderValue::Strings(references)),
        ("Auto-Submitted", HeaderForm::Raw, HeaderValue::Text("auto-replied".to_owned())),
    ];
    // Ids of a stranger that cannot be repeated are left out.
    let fields: Vec<Field> = fields
        .iter()
        .filter_map(|(name, form, value)| Field::new(name, *form, value).ok().flatten())
        .collect();
    message(&fields, body(response)).expect("texts with short media types can be written")
}

/// What is said: as text, and as HTML too if there is some (RFC 8621 §8).
fn body(response: &VacationResponse) -> Entity {
    let part = |media_type: &str, text: String| Entity {
        content_type: ContentType::new(media_type),
        fields: Vec::new(),
        content: Content::Text(text),
    };
    let default = "I am away at present, and will read your message when I am back.\n";
    let text = match (&response.text_body, &response.html_body) {
        (Some(text), _) => text.clone(),
        (None, Some(html)) => html_text(html, MAX_TEXT).trim().to_owned(),
        (None, None) => default.to_owned(),
    };
    match &response.html_body {
        None => part("text/plain", text),
        Some(html) => Entity {
            content_type: ContentType::new("multipart/alternative"),
            fields: Vec::new(),
            content: Content::Parts(vec![part("text/plain", text), part("text/html", html.clone())]),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_lists_are_not_answered() {
        for person in ["ann@example.org", "requester@example.org", "owner@example.org"] {
            assert!(may_be_answered(person), "{person}");
        }
        for program in [
            "MAILER-DAEMON@example.org",
            "owner-list@example.org",
            "list-request@example.org",
            "list-bounces+ann=example.org@example.org",
            "no-reply@example.org",
            "ann",
            "",
        ] {
            assert!(!may_be_answered(program), "{program}");
        }
    }

    #[test]
    fn automatic_mail_is_recognised() {
        let is_automatic = |header: &str| is_automatic(&Headers::parse(header.as_bytes()));
        for personal in
            ["Subject: x\n", "Auto-Submitted: No (by hand)\n", "Precedence: first-class\n", "Listen: x\n"]
        {
            assert!(!is_automatic(personal), "{personal}");
        }
        for automatic in [
            "Auto-Submitted: auto-replied; x=y\n",
            "Auto-Submitted: auto-generated\n",
            "Precedence: Bulk\n",
            "list-unsubscribe: <mailto:x@y>\n",
            "Content-Type: multipart/report; boundary=x\n",
            "Return-Path: <>\n",
            "X-Auto-Response-Suppress: DR, OOF\n",
        ] {
            assert!(is_automatic(automatic), "{automatic}");
        }
    }

    #[test]
    fn a_reply_says_what_it_answers() {
        let headers = Headers::parse(b"Subject: =?utf-8?Q?Fr=C3=BChst=C3=BCck?=\nMessage-ID: <1@x.example>\nReferences: <0@x.example>\n");
        let response =
            VacationResponse { html_body: Some("<p>Bin <b>weg</b>.</p>".to_owned()), ..Default::default() };
        let from = EmailAddress { name: Some("Jürgen".to_owned()), email: "j@example.org".to_owned() };
        let at = "2026-03-01T12:00:00Z".parse().unwrap();
        let raw = reply(&response, &from, "ann@example.org", &headers, "mail.example.org", at);
        insta::assert_snapshot!(String::from_utf8(raw).unwrap().replace("\r\n", "\n"));
    }
}
