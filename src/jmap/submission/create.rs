//! Creating an EmailSubmission, that is, sending (RFC 8621 §7.5): everything is checked here, so that what gets into
//! the outbox may be sent.

use serde_json::Value;

use super::envelope::{Authors, Envelope, check_header};
use crate::mime::{HeaderForm, HeaderValue, Headers};
use crate::store::account;
use crate::store::identity::{self, Identity};
use crate::store::outgoing::{self, NewOutgoing, NewRecipient, Sender};
use crate::store::submission::{self, EmailToSend, NewSubmission};
use crate::store::{AccountWriter, StoreError};
use crate::submit::Submitter;
use crate::submit::envelope::{MailParameters, RcptParameters, is_mailbox};
use crate::wire::envelope::Arguments;
use crate::wire::errors::SetError;
use crate::wire::ids::{EmailId, IdentityId, SubmissionId};
use crate::wire::references::CreatedIds;

/// Octets of a message in which its header is looked for.
const HEADER: i32 = 1024 * 1024;

/// What smtpReply says until something was tried.
const WAITING: &str = "250 2.0.0 Waiting to be sent";

/// What a user reads whose account the operator keeps from sending.
const KEPT_FROM_SENDING: &str = "this account may not send at present; ask whoever runs the server";

/// What a client may say of a new submission.
const SETTABLE: [&str; 3] = ["identityId", "emailId", "envelope"];

/// Sends the Email that the object names, or says why not.
pub(super) async fn create(
    writer: &mut AccountWriter<'_>,
    submitter: &Submitter,
    given: &Arguments,
    created_ids: &CreatedIds,
) -> Result<Result<SubmissionId, SetError>, StoreError> {
    let request = match read(given, created_ids) {
        Ok(request) => request,
        Err(error) => return Ok(Err(error)),
    };
    if !account::may_send(writer.transaction(), writer.account()).await? {
        return Ok(Err(SetError::ForbiddenToSend(KEPT_FROM_SENDING.to_owned())));
    }
    let (identity, email) = match find(writer, &request).await? {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    let prepared = match prepare(writer, submitter, request, &identity, &email).await? {
        Ok(prepared) => prepared,
        Err(error) => return Ok(Err(error)),
    };
    let waiting = outgoing::count(writer.transaction(), writer.account()).await?;
    if waiting.max(0) as u64 >= submitter.options().max_waiting {
        let limit = format!("{} messages of this account wait to be sent", submitter.options().max_waiting);
        return Ok(Err(SetError::OverQuota(limit)));
    }
    let (outgoing, new) = prepared;
    let id = SubmissionId(outgoing::queue(writer, &outgoing).await?);
    submission::create(writer, id, &new, WAITING).await?;
    Ok(Ok(id))
}

/// What a client asks for.
struct Request {
    identity: Option<IdentityId>,
    email: Option<EmailId>,
    envelope: Option<Envelope>,
}

fn read(given: &Arguments, created_ids: &CreatedIds) -> Result<Request, SetError> {
    let unknown: Vec<String> =
        given.keys().filter(|name| !SETTABLE.contains(&name.as_str())).cloned().collect();
    if !unknown.is_empty() {
        let description = "set by the server, or unknown".to_owned();
        return Err(SetError::InvalidProperties { properties: unknown, description });
    }
    let id = |name: &str| given.get(name).and_then(Value::as_str).and_then(|id| created_ids.resolve(id));
    Ok(Request {
        identity: id("identityId").and_then(IdentityId::parse),
        email: id("emailId").and_then(EmailId::parse),
        envelope: Envelope::read(given.get("envelope"))?,
    })
}

/// The Identity and the Email; invalidProperties for what is not there.
async fn find(
    writer: &AccountWriter<'_>,
    request: &Request,
) -> Result<Result<(Identity, EmailToSend), SetError>, StoreError> {
    let (transaction, account) = (writer.transaction(), writer.account());
    let ids: Vec<IdentityId> = request.identity.into_iter().collect();
    let identity = identity::read(transaction, account, &ids).await?.pop();
    let email = match request.email {
        Some(id) => submission::email(transaction, account, id, HEADER).await?,
        None => None,
    };
    if let (Some(identity), Some(email)) = (&identity, &email) {
        return Ok(Ok((identity.clone(), email.clone())));
    }
    let missing = [("identityId", identity.is_none()), ("emailId", email.is_none())];
    let properties: Vec<String> =
        missing.into_iter().filter(|(_, is_missing)| *is_missing).map(|(name, _)| name.to_owned()).collect();
    let description = format!("not found: {}", properties.join(", "));
    Ok(Err(SetError::InvalidProperties { properties, description }))
}

/// Checks the message and its envelope, and puts together what is stored.
async fn prepare(
    writer: &AccountWriter<'_>,
    submitter: &Submitter,
    request: Request,
    identity: &Identity,
    email: &EmailToSend,
) -> Result<Result<(NewOutgoing, NewSubmission), SetError>, StoreError> {
    let options = submitter.options();
    if email.size > options.max_size {
        return Ok(Err(SetError::TooLargeToSend { max_size: options.max_size }));
    }
    let section = Headers::section_of(&email.beginning);
    let headers = Headers::parse(section);
    let is_whole = section.len() < email.beginning.len() || email.beginning.len() as u64 == email.size;
    if let Err(error) = check_header(&headers, section, is_whole) {
        return Ok(Err(error));
    }
    let authors = match Authors::of(&headers) {
        Ok(authors) => authors,
        Err(error) => return Ok(Err(error)),
    };
    let (transaction, account) = (writer.transaction(), writer.account());
    let from: Vec<&str> = authors.from.iter().map(String::as_str).collect();
    let are_own = identity::own_addresses(transaction, account, &from).await?;
    if let Some((foreign, _)) = from.iter().zip(are_own).find(|(_, is_own)| !is_own) {
        return Ok(Err(SetError::ForbiddenFrom(format!("{foreign} is no address of this account"))));
    }
    let envelope = match request.envelope {
        Some(envelope) => envelope,
        None => Envelope::of_header(&headers, reverse_path(authors.responsible(), identity)),
    };
    let mail_from = envelope.mail_from.0.as_str();
    // The null reverse-path is for mail that wants no report, whoever sends it (RFC 8621 §7, envelope).
    let may_be_used = match mail_from {
        "" => true,
        path if !is_mailbox(path) => false,
        path => identity::own_addresses(transaction, account, &[path]).await?.contains(&true),
    };
    if !may_be_used {
        return Ok(Err(SetError::ForbiddenMailFrom(format!("{mail_from} is no address of this account"))));
    }
    if let Err(error) = check_recipients(writer, submitter, &envelope).await? {
        return Ok(Err(error));
    }
    Ok(put_together(writer, submitter, &request.identity, request.email, email, envelope))
}

/// The reverse-path that follows from the message, if the Identity allows it, else the Identity's own (RFC 8621 §7).
fn reverse_path<'a>(responsible: &'a str, identity: &'a Identity) -> &'a str {
    let is_same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let is_allowed = match identity.email.strip_prefix('*') {
        Some(domain) if domain.starts_with('@') => {
            responsible.rfind('@').is_some_and(|at| is_same(&responsible[at..], domain))
        }
        _ => is_same(responsible, &identity.email),
    };
    // An Identity of a whole domain has no address of its own to fall back on.
    if is_allowed || identity.email.starts_with('*') { responsible } else { &identity.email }
}

async fn check_recipients(
    writer: &AccountWriter<'_>,
    submitter: &Submitter,
    envelope: &Envelope,
) -> Result<Result<(), SetError>, StoreError> {
    let max_recipients = submitter.options().max_recipients;
    let recipients: Vec<&str> = envelope.rcpt_to.iter().map(|(address, _)| address.as_str()).collect();
    if recipients.is_empty() {
        return Ok(Err(SetError::NoRecipients));
    }
    if recipients.len() as u64 > max_recipients {
        return Ok(Err(SetError::TooManyRecipients { max_recipients }));
    }
    let invalid: Vec<String> =
        recipients.iter().filter(|address| !is_mailbox(address)).map(|a| (*a).to_owned()).collect();
    if !invalid.is_empty() {
        let description = "these are no addresses".to_owned();
        return Ok(Err(SetError::InvalidRecipients { addresses: invalid, description }));
    }
    if submitter.has_relay() {
        return Ok(Ok(()));
    }
    let local = identity::local_addresses(writer.transaction(), &recipients).await?;
    let elsewhere: Vec<String> = recipients
        .iter()
        .zip(local)
        .filter(|(_, is_local)| !is_local)
        .map(|(a, _)| (*a).to_owned())
        .collect();
    if elsewhere.is_empty() {
        return Ok(Ok(()));
    }
    let description = "this server sends to its own users only".to_owned();
    Ok(Err(SetError::InvalidRecipients { addresses: elsewhere, description }))
}

fn put_together(
    writer: &AccountWriter<'_>,
    submitter: &Submitter,
    identity: &Option<IdentityId>,
    email_id: Option<EmailId>,
    email: &EmailToSend,
    envelope: Envelope,
) -> Result<(NewOutgoing, NewSubmission), SetError> {
    let wrong = |problem: String| SetError::invalid_property("envelope", problem);
    let missing = || SetError::invalid_property("emailId", "not found");
    let (identity, email_id) = identity.zip(email_id).ok_or_else(missing)?;
    let now = writer.now();
    let parameters = envelope.mail_from.1.as_ref();
    let mail = MailParameters::read(parameters, now, submitter.options().max_delay).map_err(wrong)?;
    let recipients = envelope.rcpt_to.iter().map(|(address, parameters)| {
        let RcptParameters { notify, orcpt } = RcptParameters::read(parameters.as_ref()).map_err(wrong)?;
        Ok(NewRecipient { address: address.clone(), notify, orcpt })
    });
    let recipients = recipients.collect::<Result<Vec<_>, SetError>>()?;
    let release_at = mail.hold.map_or(now, |hold| hold.release_at(now));
    let outgoing = NewOutgoing {
        blob: email.blob,
        sender: Sender {
            mail_from: envelope.mail_from.0.clone(),
            ret: mail.ret,
            envid: mail.envid,
            hold: mail.hold.map(|hold| hold.to_report()),
        },
        recipients,
        release_at,
        expires_at: submitter.expiry(release_at),
    };
    let new = NewSubmission {
        identity,
        email: email_id,
        thread: email.thread,
        message_id: message_id(&Headers::of_message(&email.beginning)),
        mail_from: envelope.mail_from,
        rcpt_to: envelope.rcpt_to,
        send_at: release_at,
    };
    Ok((outgoing, new))
}

fn message_id(headers: &Headers<'_>) -> Option<String> {
    match HeaderForm::MessageIds.value_of(headers.last("Message-ID")?) {
        HeaderValue::Strings(ids) => ids.into_iter().next().filter(|id| !id.contains('\0')),
        _ => None,
    }
}
