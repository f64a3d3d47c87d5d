//! MDN/send (RFC 9007 §2.1).

use std::collections::BTreeMap;

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::compose::{Author, Composed, Original, Stamp, compose, recipients};
use super::object::object;
use super::parse::account;
use super::request::MdnRequest;
use crate::jmap::Context;
use crate::jmap::access::Access;
use crate::jmap::arguments::ArgumentReader;
use crate::jmap::dispatch::{Handler, Reply};
use crate::jmap::set::map_or_null;
use crate::jmap::token;
use crate::store::email::{self, EmailRow, EmailUpdate, Fields};
use crate::store::identity::{self, Identity};
use crate::store::{AccountWriter, StoreError, account, blob, outgoing};
use crate::submit::{Generated, Submitter};
use crate::wire::capability::Capability;
use crate::wire::envelope::Arguments;
use crate::wire::errors::{MethodError, SetError};
use crate::wire::ids::{AccountId, EmailId, IdentityId};
use crate::wire::keyword::Keyword;

/// MDN/send as a method.
pub struct Send {
    submitter: Submitter,
}

/// What a call asks for.
struct Call {
    account: AccountId,
    identity: IdentityId,
    send: Vec<(String, Result<MdnRequest, SetError>)>,
    /// onSuccessUpdateEmail, by creation id.
    updates: Arguments,
    /// A token for each MDN.
    tokens: Vec<String>,
}

/// What became of one MDN: the email that it is about, and what the client did not say itself.
type Sent = Result<(EmailId, Arguments), SetError>;

impl Send {
    /// Sends by way of the outbox.
    pub fn new(submitter: Submitter) -> Self {
        Self { submitter }
    }

    async fn send(&self, context: &Context, arguments: Arguments) -> Result<Reply, MethodError> {
        if !Capability::Mail.serves(&context.using) {
            return Err(MethodError::UnknownMethod);
        }
        let call = Call::read(context, arguments)?;
        let outcome = self
            .submitter
            .store()
            .write("mdn/send", call.account, async |writer| {
                let identity =
                    identity::read(writer.transaction(), call.account, &[call.identity]).await?.pop();
                match identity {
                    Some(identity) => self.send_all(writer, &call, &identity).await.map(Some),
                    None => Ok(None),
                }
            })
            .await?;
        let Some(outcome) = outcome else { return Err(no_identity()) };
        let then = implicit_set(&call, &outcome);
        Ok(Reply { arguments: response(call.account, outcome), then })
    }

    async fn send_all(
        &self,
        writer: &mut AccountWriter<'_>,
        call: &Call,
        identity: &Identity,
    ) -> Result<Vec<(String, Sent)>, StoreError> {
        let requests = call.send.iter().filter_map(|(_, request)| request.as_ref().ok());
        let ids: Vec<EmailId> = requests.filter_map(|request| request.for_email).collect();
        let mut emails = email::read(writer.transaction(), call.account, &ids, Fields::All).await?;
        let mut outcome = Vec::with_capacity(call.send.len());
        for ((name, request), token) in call.send.iter().zip(&call.tokens) {
            let sent = match request {
                Ok(request) => {
                    let row = request.for_email.and_then(|id| emails.get_mut(&id));
                    self.send_one(writer, request, identity, row, token).await?
                }
                Err(error) => Err(error.clone()),
            };
            outcome.push((name.clone(), sent));
        }
        Ok(outcome)
    }

    /// Sends one MDN, and sets $mdnsent with it, so that no second one can ever be sent (RFC 8098 §3.2.6.3).
    async fn send_one(
        &self,
        writer: &mut AccountWriter<'_>,
        request: &MdnRequest,
        identity: &Identity,
        row: Option<&mut EmailRow>,
        token: &str,
    ) -> Result<Sent, StoreError> {
        if !account::may_send(writer.transaction(), writer.account()).await? {
            // RFC 9007 §2.1
            return Ok(Err(SetError::Forbidden("this account may not send at present".to_owned())));
        }
        let Some(row) = row else { return Ok(Err(SetError::NotFound)) };
        let mdn_sent = Keyword::mdn_sent();
        if row.membership.keywords.contains(&mdn_sent) {
            return Ok(Err(SetError::MdnAlreadySent));
        }
        let composed = match self.compose(writer, request, identity, row, token).await? {
            Ok(composed) => composed,
            Err(error) => return Ok(Err(error)),
        };
        if let Err(error) = self.check(writer, &composed).await? {
            return Ok(Err(error));
        }
        let Composed { notification, raw, recipients } = composed;
        self.submitter.queue_in(writer, &Generated { raw, mail_from: String::new(), recipients }).await?;
        row.membership.keywords.insert(mdn_sent);
        let update = EmailUpdate { email: row.id, membership: row.membership.clone() };
        email::update(writer, std::slice::from_ref(&update)).await?;
        let mut told = object(&notification, Some(row.id));
        told.retain(|name, _| !request.given.contains(name));
        if request.given.iter().any(|name| name == "extension") {
            told.shift_remove("extensionFields");
        }
        Ok(Ok((row.id, told)))
    }

    async fn compose(
        &self,
        writer: &AccountWriter<'_>,
        request: &MdnRequest,
        identity: &Identity,
        row: &EmailRow,
        token: &str,
    ) -> Result<Result<Composed, SetError>, StoreError> {
        let (transaction, account) = (writer.transaction(), writer.account());
        let Some(raw) = blob::of_email(transaction, account, row.blob).await? else {
            return Ok(Err(SetError::NotFound));
        };
        let to = recipients(&raw);
        if to.is_empty() {
            return Ok(Err(SetError::NotFound));
        }
        let email = match author(request, identity) {
            Ok(email) => email,
            Err(error) => return Ok(Err(error)),
        };
        let mut addresses = vec![email.as_str()];
        addresses.extend(request.final_recipient.as_deref().and_then(address_of));
        let are_own = identity::own_addresses(transaction, account, &addresses).await?;
        if let Some((foreign, _)) = addresses.iter().zip(are_own).find(|(_, is_own)| !is_own) {
            return Ok(Err(SetError::ForbiddenFrom(format!("{foreign} is no address of this account"))));
        }
        let original = Original {
            raw: &raw,
            subject: row.headers.subject.as_deref(),
            message_id: row.headers.message_id.as_ref().and_then(|ids| ids.first()).map(String::as_str),
        };
        let host = &self.submitter.options().host_name;
        let stamp = Stamp { message_id: format!("{token}@{host}"), now: writer.now() };
        let author = Author { name: &identity.settings.name, email: &email };
        Ok(compose(request, &author, &original, &to, &stamp))
    }

    /// Whether the message may be sent.
    async fn check(
        &self,
        writer: &AccountWriter<'_>,
        composed: &Composed,
    ) -> Result<Result<(), SetError>, StoreError> {
        let options = self.submitter.options();
        if composed.raw.len() as u64 > options.max_size {
            return Ok(Err(SetError::TooLarge(format!("a message has {} octets at most", options.max_size))));
        }
        let waiting = outgoing::count(writer.transaction(), writer.account()).await?;
        if waiting.max(0) as u64 >= options.max_waiting {
            let limit = format!("{} messages of this account wait to be sent", options.max_waiting);
            return Ok(Err(SetError::OverQuota(limit)));
        }
        let recipients: Vec<&str> = composed.recipients.iter().map(String::as_str).collect();
        let are_local = identity::local_addresses(writer.transaction(), &recipients).await?;
        Ok(match self.submitter.has_relay() || !are_local.contains(&false) {
            true => Ok(()),
            false => Err(SetError::Forbidden("this server sends to its own users only".to_owned())),
        })
    }
}

impl Handler for Send {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        self.send(context, arguments).boxed_local()
    }
}

impl Call {
    fn read(context: &Context, arguments: Arguments) -> Result<Self, MethodError> {
        let mut arguments = ArgumentReader::new(arguments);
        let account_id: String = arguments.required("accountId")?;
        let identity: String = arguments.required("identityId")?;
        let send: Arguments = arguments.required("send")?;
        let updates: Arguments = arguments.optional("onSuccessUpdateEmail")?.unwrap_or_default();
        arguments.finish()?;
        let account = account(context, &account_id, Access::Write)?;
        let limit = context.limits.max_objects_in_set;
        if send.len() as u64 > limit {
            return Err(MethodError::RequestTooLarge(format!("maxObjectsInSet is {limit}")));
        }
        let identity = context.created_ids.resolve(&identity).and_then(IdentityId::parse);
        let identity = identity.ok_or_else(no_identity)?;
        // What does not set $mdnsent in the end must not be sent.
        if let Some(name) =
            send.keys().find(|name| !updates.get(&format!("#{name}")).is_some_and(sets_mdn_sent))
        {
            let problem = format_args!("must set the keyword $mdnsent for \"#{name}\"");
            return Err(MethodError::invalid_argument("onSuccessUpdateEmail", problem));
        }
        let tokens = send.iter().map(|_| token::token()).collect::<Result<_, _>>()?;
        let send = send.into_iter().map(|(name, value)| {
            let request = MdnRequest::read(&value, &context.created_ids);
            (name, request)
        });
        Ok(Self { account, identity, send: send.collect(), updates, tokens })
    }
}

/// If the identity cannot be found, the call is rejected with this (RFC 9007 §2.1).
fn no_identity() -> MethodError {
    MethodError::invalid_argument("identityId", "there is no such Identity")
}

/// Whether a patch sets the keyword, in lower case as RFC 9007 §1.2 wants it.
fn sets_mdn_sent(patch: &Value) -> bool {
    let keyword = Keyword::MDN_SENT;
    let one = patch.get(format!("keywords/{keyword}"));
    let all = patch.get("keywords").and_then(|keywords| keywords.get(keyword));
    one.or(all) == Some(&Value::Bool(true))
}

/// The address for which the MDN is issued: the identity's, or the final recipient where the identity stands for a
/// whole domain.
fn author(request: &MdnRequest, identity: &Identity) -> Result<String, SetError> {
    let given = match request.final_recipient.as_deref() {
        Some(value) => match address_of(value) {
            Some(address) => Some(address),
            None => {
                let problem = "must be an address type, a semicolon and an address";
                return Err(SetError::invalid_property("finalRecipient", problem));
            }
        },
        None => None,
    };
    match (identity.email.starts_with('*'), given) {
        (false, _) => Ok(identity.email.clone()),
        (true, Some(address)) => Ok(address.to_owned()),
        (true, None) => {
            let problem = "must be given, since the Identity stands for a whole domain";
            Err(SetError::invalid_property("finalRecipient", problem))
        }
    }
}

/// The address of a Final-Recipient field: behind its type (RFC 8098 §3.2.4).
fn address_of(final_recipient: &str) -> Option<&str> {
    let (kind, address) = final_recipient.split_once(';')?;
    let is_kind = ["rfc822", "utf-8"].iter().any(|known| kind.trim().eq_ignore_ascii_case(known));
    Some(address.trim()).filter(|address| is_kind && address.contains('@'))
}

/// The implicit Email/set with the patches for the emails of what was sent.
fn implicit_set(call: &Call, outcome: &[(String, Sent)]) -> Vec<(&'static str, Arguments)> {
    let patches: BTreeMap<EmailId, Value> = outcome
        .iter()
        .filter_map(|(name, sent)| {
            let (email, _) = sent.as_ref().ok()?;
            Some((*email, call.updates.get(&format!("#{name}"))?.clone()))
        })
        .collect();
    if patches.is_empty() {
        return Vec::new();
    }
    let update: Arguments = patches.into_iter().map(|(email, patch)| (email.to_string(), patch)).collect();
    let mut arguments = Arguments::new();
    arguments.insert("accountId".to_owned(), json!(call.account));
    arguments.insert("update".to_owned(), Value::Object(update));
    vec![("Email/set", arguments)]
}

fn response(account: AccountId, outcome: Vec<(String, Sent)>) -> Arguments {
    let (mut sent, mut not_sent) = (Vec::new(), Vec::new());
    for (name, result) in outcome {
        match result {
            Ok((_, told)) => sent.push((name, Value::Object(told))),
            Err(error) => not_sent.push((name, error.to_value())),
        }
    }
    let mut response = Arguments::new();
    response.insert("accountId".to_owned(), json!(account));
    response.insert("sent".to_owned(), map_or_null(sent.into_iter()));
    response.insert("notSent".to_owned(), map_or_null(not_sent.into_iter()));
    response
}
