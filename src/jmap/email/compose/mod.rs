//! Email/set create: an Email object becomes a message (RFC 8621 §4.6). All of it happens before the account is
//! locked; the message then goes the way of every delivery.

mod fields;
mod outline;
mod parts;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::Emails;
use crate::delivery::Incoming;
use crate::jmap::Context;
use crate::jmap::blobs::read_blob;
use crate::mime::build::{Content, ContentType, Entity, Field, message};
use crate::mime::{EmailAddress, HeaderForm, HeaderValue};
use crate::store::mailbox;
use crate::wire::blob_id::BlobId;
use crate::wire::capability::MAX_SIZE_ATTACHMENTS_PER_EMAIL;
use crate::wire::envelope::Arguments;
use crate::wire::errors::{MethodError, SetError};
use crate::wire::ids::{AccountId, MailboxId};
use outline::Outline;
use parts::{Part, PartContent, too_large};

/// Octets of all messages that one call makes: they are in memory together until they are stored.
const MAX_OCTETS_OF_CALL: usize = 128 << 20;

/// What the header of a message says of its own making.
struct Origin {
    /// Stands in Message-ID, and tells two messages apart whose Message-ID the client chose.
    token: String,
    /// From, if the client names nobody.
    author: Option<String>,
    now: DateTime<Utc>,
}

impl Emails {
    /// The messages that these objects amount to, or why there is none, in their order.
    pub(super) async fn compose(
        &self,
        context: &Context,
        account: AccountId,
        create: &[(String, Arguments)],
    ) -> Result<Vec<Result<Incoming, SetError>>, MethodError> {
        if create.is_empty() {
            return Ok(Vec::new());
        }
        let store = self.trust.store();
        let mailboxes: BTreeSet<MailboxId> = store
            .snapshot("email/compose", async |transaction| {
                Ok(mailbox::all(transaction, account).await?.into_keys().collect())
            })
            .await?;
        let mut composed = Vec::with_capacity(create.len());
        let mut octets = 0;
        for (_, object) in create {
            let made = match octets < MAX_OCTETS_OF_CALL {
                true => self.compose_one(context, account, object, &mailboxes).await?,
                false => Err(SetError::RateLimit(format!(
                    "the messages of one call have {MAX_OCTETS_OF_CALL} octets; create this one in another call"
                ))),
            };
            octets += made.as_ref().map_or(0, |incoming| incoming.raw.len());
            composed.push(made);
        }
        Ok(composed)
    }

    async fn compose_one(
        &self,
        context: &Context,
        account: AccountId,
        object: &Arguments,
        mailboxes: &BTreeSet<MailboxId>,
    ) -> Result<Result<Incoming, SetError>, MethodError> {
        let reading = outline::read(object, mailboxes, &context.created_ids);
        let blobs = match self.blobs(context, account, &reading.blob_ids).await? {
            Ok(blobs) => blobs,
            Err(error) => return Ok(Err(error)),
        };
        let is_missing = |id: &&String| !blobs.contains_key(*id);
        let missing = reading.blob_ids.iter().filter(is_missing).cloned().collect();
        if let Some(error) = reading.problems.into_error(missing) {
            return Ok(Err(error));
        }
        let Some(outline) = reading.outline else {
            return Err(MethodError::ServerFail("an Email is wrong in a way that has no name".to_owned()));
        };
        let origin = Origin {
            token: token()?,
            author: author(context, account),
            now: self.trust.store().clock().now(),
        };
        let built = tokio::task::spawn_blocking(move || build(outline, blobs, &origin)).await;
        built.map_err(|panic| {
            tracing::error!(%panic, "building a message panicked");
            MethodError::ServerFail("the message could not be built".to_owned())
        })
    }

    /// The blobs that are there. tooLarge if they are more than one Email holds.
    async fn blobs(
        &self,
        context: &Context,
        account: AccountId,
        ids: &BTreeSet<String>,
    ) -> Result<Result<BTreeMap<String, Vec<u8>>, SetError>, MethodError> {
        let mut blobs = BTreeMap::new();
        let mut octets = 0;
        for text in ids {
            let Some(id) = context.created_ids.resolve(text).and_then(BlobId::parse) else { continue };
            let blob = read_blob(self.trust.store(), account, &context.principal.username, id).await?;
            let Some(blob) = blob else { continue };
            octets += blob.len() as u64;
            if octets > MAX_SIZE_ATTACHMENTS_PER_EMAIL {
                return Ok(Err(too_large()));
            }
            blobs.insert(text.clone(), blob);
        }
        Ok(Ok(blobs))
    }
}

/// Something that nobody else says.
fn token() -> Result<String, MethodError> {
    let mut octets = [0; 16];
    openssl::rand::rand_bytes(&mut octets).map_err(|error| {
        tracing::error!(%error, "there is no randomness");
        MethodError::ServerFail("there is no randomness".to_owned())
    })?;
    Ok(hex::encode(octets))
}

/// Whose message it is if the client does not say: the account's, or the login's, where its name is an address.
fn author(context: &Context, account: AccountId) -> Option<String> {
    let accounts = &context.principal.accounts;
    let account = accounts.iter().find(|seen| seen.id == account).map(|seen| seen.name.as_str());
    let names = account.into_iter().chain([context.principal.username.as_str()]);
    let is_address = |name: &&str| {
        name.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && is_domain(domain))
            && !name.contains(|c: char| c.is_whitespace() || c.is_control())
    };
    names.into_iter().find(is_address).map(str::to_owned)
}

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    };
    text.len() <= 255 && text.split('.').all(is_label)
}

/// Puts the message together. One blob may stand in several parts.
fn build(
    outline: Outline,
    mut blobs: BTreeMap<String, Vec<u8>>,
    origin: &Origin,
) -> Result<Incoming, SetError> {
    let Outline { membership, received_at, mut fields, root } = outline;
    let mut uses = BTreeMap::new();
    count_uses(&root, &mut uses);
    let octets: u64 = uses.iter().map(|(id, uses)| blobs.get(id).map_or(0, Vec::len) as u64 * uses).sum();
    if octets > MAX_SIZE_ATTACHMENTS_PER_EMAIL {
        return Err(too_large());
    }
    let mut extra = Vec::new();
    add_missing(&mut fields, &root, origin, &mut extra);
    let mut fields = fields.into_ordered();
    fields.append(&mut extra);
    let root = entity(root, &mut blobs, &mut uses);
    let raw = message(&fields, root)
        .map_err(|unwritable| SetError::invalid_property("bodyStructure", unwritable))?;
    Ok(Incoming { raw, received_at: Some(received_at.unwrap_or(origin.now)), membership })
}

/// Adds Message-ID and Date, which every message has (RFC 8621 §4.6), and From. `last` is for what stands behind all
/// other fields.
fn add_missing(fields: &mut fields::Fields, root: &Part, origin: &Origin, last: &mut Vec<Field>) {
    let is_missing = |fields: &fields::Fields, name: &str| !fields.has(name) && !root.fields.has(name);
    let add = |fields: &mut fields::Fields, name: &str, form, value| {
        if let Ok(Some(field)) = Field::new(name, form, &value) {
            fields.push(field);
        }
    };
    if is_missing(fields, "Date") {
        add(fields, "Date", HeaderForm::Date, HeaderValue::Date(origin.now.fixed_offset()));
    }
    if let Some(author) = origin.author.as_ref().filter(|_| is_missing(fields, "From")) {
        let author = vec![EmailAddress { name: None, email: author.clone() }];
        add(fields, "From", HeaderForm::Addresses, HeaderValue::Addresses(author));
    }
    if is_missing(fields, "Message-ID") {
        let from = fields.get("From").or_else(|| root.fields.get("From")).map(Field::unfolded);
        let domain = from.as_deref().and_then(domain_of).unwrap_or("localhost");
        let id = format!("{}@{domain}", origin.token);
        add(fields, "Message-ID", HeaderForm::MessageIds, HeaderValue::Strings(vec![id]));
    } else if is_missing(fields, "MIME-Version") {
        // An account holds one Email for each blob. With a Message-ID of its own, a client could say the same message
        // twice; a comment (RFC 2045 §4) keeps the two apart.
        let version = HeaderValue::Text(format!("1.0 ({})", origin.token));
        last.extend(Field::new("MIME-Version", HeaderForm::Raw, &version).ok().flatten());
    }
}

/// The domain of the last address in a From field.
fn domain_of(from: &str) -> Option<&str> {
    let (_, domain) = from.rsplit_once('@')?;
    Some(domain.trim_end_matches(['>', ' '])).filter(|domain| is_domain(domain))
}

fn count_uses(part: &Part, uses: &mut BTreeMap<String, u64>) {
    match &part.content {
        PartContent::Text(_) => {}
        PartContent::Blob(id) => *uses.entry(id.clone()).or_default() += 1,
        PartContent::Parts(parts) => parts.iter().for_each(|part| count_uses(part, uses)),
    }
}

/// The part with its octets, each blob taken where it is used last and copied where it is used before.
fn entity(part: Part, blobs: &mut BTreeMap<String, Vec<u8>>, uses: &mut BTreeMap<String, u64>) -> Entity {
    let mut content_type = part.content_type;
    let content = match part.content {
        PartContent::Text(text) => Content::Text(text),
        PartContent::Parts(parts) => {
            Content::Parts(parts.into_iter().map(|part| entity(part, blobs, uses)).collect())
        }
        PartContent::Blob(id) => {
            let left = uses.get_mut(&id).map_or(0, |uses| {
                *uses -= 1;
                *uses
            });
            let octets =
                if left > 0 { blobs.get(&id).cloned() } else { blobs.remove(&id) }.unwrap_or_default();
            content_type = with_charset(content_type, &octets);
            Content::Octets(octets)
        }
    };
    Entity { content_type, fields: part.fields.into_fields(), content }
}

/// Text without a charset is us-ascii (RFC 2045 §5.2); where it is UTF-8, it says so.
fn with_charset(content_type: ContentType, octets: &[u8]) -> ContentType {
    let is_silent = content_type.is_a("text/") && content_type.parameter("charset").is_none();
    match is_silent && !octets.is_ascii() && std::str::from_utf8(octets).is_ok() {
        true => content_type.with("charset", "utf-8"),
        false => content_type,
    }
}
