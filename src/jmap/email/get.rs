//! Email/get (RFC 8621 §4.2, RFC 9219 §4.1).

use std::collections::BTreeMap;

use futures_util::future::{try_join, try_join3};
use serde_json::Value;

use super::Emails;
use super::body::{Body, Place};
use super::properties::{BodyArguments, EmailProperties, Property};
use super::render::{self, Source};
use crate::jmap::Context;
use crate::jmap::get::{Fetched, Get, GetRequest, Wanted};
use crate::jmap::signers::SignerWriter;
use crate::locale::Language;
use crate::mime::Message;
use crate::store::blob::{self, BlobHash};
use crate::store::email::{self, EmailRow, SmimeColumns};
use crate::store::{DataType, StoreError, Transaction, change, signature};
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, EmailId};
use crate::wire::state::State;

impl Get for Emails {
    type Properties = EmailProperties;
    type Extra = BodyArguments;

    fn properties(
        &self,
        context: &Context,
        requested: Option<Vec<String>>,
        _: &BodyArguments,
    ) -> Result<EmailProperties, MethodError> {
        EmailProperties::select(requested, &context.using)
    }

    async fn fetch(
        &self,
        context: &Context,
        request: GetRequest<'_, Self>,
    ) -> Result<Fetched<EmailId>, MethodError> {
        let (account, wanted) = (request.account, request.properties);
        self.refresh(account, request.ids, wanted).await?;
        let language = context.language;
        let fetched = self.trust.store().snapshot("email/get", async |transaction| {
            let ids = match request.ids {
                Wanted::Ids(ids) => ids.to_vec(),
                Wanted::All { limit } => email::ids(transaction, account, limit as i64 + 1).await?,
            };
            let (state, page) = try_join(
                change::state(transaction, account, DataType::Email),
                page(transaction, account, &ids, wanted, language),
            )
            .await?;
            let list = match wanted.need_message() {
                true => {
                    with_messages(transaction, account, page, &Shown { wanted, body: request.extra }).await?
                }
                false => page.iter().map(|email| (email.row.id, email.object(wanted, None))).collect(),
            };
            Ok(Fetched { state: State(state), list })
        });
        Ok(fetched.await?)
    }
}

impl Emails {
    /// Makes the verdicts fresh that the properties rest on, if any do.
    async fn refresh(
        &self,
        account: AccountId,
        ids: Wanted<'_, EmailId>,
        wanted: &EmailProperties,
    ) -> Result<(), StoreError> {
        if wanted.properties.contains(&Property::SmimeSigners) {
            // Those of every signer: what is told of signers that decide nothing must be true as well.
            let ids = match ids {
                Wanted::Ids(ids) => ids.to_vec(),
                Wanted::All { limit } => self.ids(account, limit as i64 + 1).await?,
            };
            self.trust.refresh_signatures(account, &ids).await?;
        } else if wanted.properties.iter().any(|property| property.needs_fresh_verdict()) {
            match ids {
                Wanted::Ids(ids) => self.trust.refresh_emails(account, ids).await?,
                Wanted::All { .. } => self.trust.refresh_account(account).await?,
            };
        }
        Ok(())
    }

    async fn ids(&self, account: AccountId, limit: i64) -> Result<Vec<EmailId>, StoreError> {
        let read = self
            .trust
            .store()
            .snapshot("email/ids", async |transaction| email::ids(transaction, account, limit).await);
        read.await
    }
}

/// What is stored of an email, as far as it was asked for.
struct Email {
    row: EmailRow,
    smime: Option<SmimeColumns>,
    signers: Option<Value>,
    language: Language,
}

impl Email {
    fn object(&self, wanted: &EmailProperties, body: Option<&Body<'_>>) -> Arguments {
        let source = Source::of_row(&self.row, self.smime.as_ref(), self.language);
        render::email(&Source { signers: self.signers.as_ref(), body, ..source }, wanted)
    }
}

/// What the tables say of these emails; one that is not there is left out.
async fn page(
    transaction: &Transaction<'_>,
    account: AccountId,
    ids: &[EmailId],
    wanted: &EmailProperties,
    language: Language,
) -> Result<Vec<Email>, StoreError> {
    let smime = async {
        match wanted.properties.iter().any(|property| property.is_smime()) {
            true => email::smime_columns(transaction, account, ids).await,
            false => Ok(BTreeMap::new()),
        }
    };
    let signers = async {
        match wanted.properties.contains(&Property::SmimeSigners) {
            true => signature::of_emails(transaction, account, ids).await,
            false => Ok(BTreeMap::new()),
        }
    };
    let rows = email::read(transaction, account, ids, wanted.fields());
    let (rows, mut smime, signers) = try_join3(rows, smime, signers).await?;
    let mut writer = SignerWriter::new(language);
    let emails = rows.into_iter().map(|(id, row)| Email {
        row,
        smime: smime.remove(&id),
        signers: signers.get(&id).map(|signatures| writer.array(signatures)),
        language,
    });
    Ok(emails.collect())
}

/// Which properties to show, of emails and of their parts.
#[derive(Clone, Copy)]
struct Shown<'a> {
    wanted: &'a EmailProperties,
    body: &'a BodyArguments,
}

/// Octets of messages that are in memory together, unless a single one is larger.
const MOST_OCTETS: i64 = 1 << 20;
/// Octets of messages that are parsed on a thread that serves requests; more keep others waiting.
const MOST_OCTETS_AT_ONCE: i64 = 64 << 10;

/// The objects of emails, some messages at a time where properties need them.
async fn with_messages(
    transaction: &Transaction<'_>,
    account: AccountId,
    mut emails: Vec<Email>,
    shown: &Shown<'_>,
) -> Result<Vec<(EmailId, Arguments)>, StoreError> {
    let mut list = Vec::with_capacity(emails.len());
    while !emails.is_empty() {
        let sizes = emails.iter().map(|email| email.row.size);
        let rest = emails.split_off(batch(sizes, MOST_OCTETS));
        let some = std::mem::replace(&mut emails, rest);
        let hashes: Vec<BlobHash> = some.iter().map(|email| email.row.blob).collect();
        let messages = blob::of_emails(transaction, account, &hashes).await?;
        let octets: i64 = some.iter().map(|email| email.row.size).sum();
        if octets <= MOST_OCTETS_AT_ONCE {
            list.extend(objects(&some, &messages, shown)?);
        } else {
            let (wanted, body) = (shown.wanted.clone(), shown.body.clone());
            let work = move || objects(&some, &messages, &Shown { wanted: &wanted, body: &body });
            // A panic over a message is the method's, as if it had come up on this thread.
            let done = tokio::task::spawn_blocking(work).await;
            list.extend(done.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))?);
        }
    }
    Ok(list)
}

/// How many of these messages are read together: as many as `most` octets hold, and one at least.
fn batch(sizes: impl Iterator<Item = i64>, most: i64) -> usize {
    let sums = sizes.scan(0_i64, |sum, size| {
        *sum = sum.saturating_add(size);
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= most).count().max(1)
}

fn objects(
    emails: &[Email],
    messages: &BTreeMap<BlobHash, Vec<u8>>,
    shown: &Shown<'_>,
) -> Result<Vec<(EmailId, Arguments)>, StoreError> {
    let objects = emails.iter().map(|email| {
        let hash = email.row.blob;
        let raw = messages.get(&hash).ok_or_else(|| StoreError::Corrupt {
            table: "email",
            column: "blob_hash",
            message: format!("there is no blob {}", hex::encode(hash.0)),
        })?;
        let message = Message::parse(raw).ok();
        let place = Place { blob: hash, offset: 0 };
        let body = message.as_ref().map(|message| Body::new(message, place, shown.body));
        Ok((email.row.id, email.object(shown.wanted, body.as_ref())))
    });
    objects.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_together_up_to_a_number_of_octets() {
        let together = |sizes: &[i64]| batch(sizes.iter().copied(), 10);
        assert_eq!(together(&[5, 5, 1]), 2);
        assert_eq!(together(&[4, 4]), 2);
        assert_eq!(together(&[11, 1]), 1, "a message that is larger comes alone");
        assert_eq!(together(&[9, 11, 1]), 1);
        assert_eq!(together(&[i64::MAX, i64::MAX]), 1);
    }

    #[test]
    fn lists_are_read_without_the_messages() {
        let names = [
            "threadId",
            "mailboxIds",
            "keywords",
            "from",
            "to",
            "subject",
            "receivedAt",
            "preview",
            "hasAttachment",
        ];
        let requested = names.iter().map(|&name| name.to_owned()).collect();
        let selected = EmailProperties::select(Some(requested), &[]).unwrap();
        assert!(!selected.need_message());
        assert!(!selected.properties.iter().any(|property| property.is_smime()));
        assert!(!selected.properties.contains(&Property::SmimeSigners));
    }
}
