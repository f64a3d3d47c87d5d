//! Email/get (RFC 8621 §4.2, RFC 9219 §4.1).

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
            let rows = email::read(transaction, account, &ids).await?;
            let smime = match wanted.properties.iter().any(|property| property.is_smime()) {
                true => email::smime_columns(transaction, account, &ids).await?,
                false => Default::default(),
            };
            let signers = match wanted.properties.contains(&Property::SmimeSigners) {
                true => signature::of_emails(transaction, account, &ids).await?,
                false => Default::default(),
            };
            let reader = Reader { transaction, account, wanted, body: request.extra, language };
            let mut writer = SignerWriter::new(language);
            let mut list = Vec::with_capacity(rows.len());
            for (id, row) in rows {
                let smime = Smime {
                    columns: smime.get(&id),
                    signers: signers.get(&id).map(|signatures| writer.array(signatures)),
                };
                list.push((id, reader.read(&row, smime).await?));
            }
            let state = State(change::state(transaction, account, DataType::Email).await?);
            Ok(Fetched { state, list })
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

/// What is stored of an email's signatures, as far as it was asked for.
struct Smime<'a> {
    columns: Option<&'a SmimeColumns>,
    signers: Option<Value>,
}

/// Turns rows into objects, reading one message at a time where properties need it.
struct Reader<'a> {
    transaction: &'a Transaction<'a>,
    account: AccountId,
    wanted: &'a EmailProperties,
    body: &'a BodyArguments,
    language: Language,
}

impl Reader<'_> {
    async fn read(&self, row: &EmailRow, smime: Smime<'_>) -> Result<Arguments, StoreError> {
        let source = Source { signers: smime.signers, ..Source::of_row(row, smime.columns, self.language) };
        if !self.wanted.need_message() {
            return Ok(render::email(&source, self.wanted));
        }
        let raw = self.message(row.blob).await?;
        let message = Message::parse(&raw).ok();
        let place = Place { blob: row.blob, offset: 0 };
        let body = message.as_ref().map(|message| Body::new(message, place, self.body));
        Ok(render::email(&Source { body: body.as_ref(), ..source }, self.wanted))
    }

    async fn message(&self, hash: BlobHash) -> Result<Vec<u8>, StoreError> {
        let raw = blob::of_email(self.transaction, self.account, hash).await?;
        raw.ok_or_else(|| StoreError::Corrupt {
            table: "email",
            column: "blob_hash",
            message: format!("there is no blob {}", hex::encode(hash.0)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
