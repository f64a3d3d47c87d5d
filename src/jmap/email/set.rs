//! Email/set (RFC 8621 §4.6): drafts, keywords, mailboxes, destruction.

use std::collections::BTreeMap;

use super::Emails;
use super::properties::{BodyArguments, EmailProperties};
use super::records::{Draft, Drafts, EmailRecords, MUTABLE, numbered};
use crate::delivery::{Batch, examine};
use crate::jmap::Context;
use crate::jmap::arguments::{ArgumentReader, FromArguments};
use crate::jmap::get::{Get, GetRequest, Wanted};
use crate::jmap::set::{Set, SetOutcome, SetRequest};
use crate::wire::capability::Capability;
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::EmailId;
use crate::wire::patch::PatchObject;

impl Set for Emails {
    type Extra = ();

    async fn set(
        &self,
        context: &Context,
        request: &SetRequest<Self>,
    ) -> Result<SetOutcome<EmailId>, MethodError> {
        let ids = request.existing_ids();
        let server_set = self.server_set(context, request).await?;
        let drafts = self.drafts(context, request).await?;
        let numbered = request.with_created(|number, _| numbered(number));
        self.trust
            .store()
            .write_resting_on("email/set", request.account, drafts.batch.signers(), async |writer| {
                let mut records = EmailRecords::new(writer, &ids, &server_set, &drafts).await?;
                numbered.apply(&mut records).await
            })
            .await?
    }
}

impl Emails {
    /// The messages that the call creates, examined and ready to be stored.
    async fn drafts(&self, context: &Context, request: &SetRequest<Self>) -> Result<Drafts, MethodError> {
        let composed = self.compose(context, request.account, &request.create).await?;
        let mut messages = Vec::new();
        let places = composed.into_iter().map(|composed| {
            composed.map(|message| {
                let membership = message.membership.clone();
                messages.push(message);
                Draft { place: messages.len() - 1, membership }
            })
        });
        let drafts = places.collect();
        // Most calls create nothing.
        let batch = match messages.is_empty() {
            true => Batch::default(),
            false => examine(&self.trust, request.account, messages).await?,
        };
        Ok(Drafts { drafts, batch })
    }

    /// The values of the properties that the updates name beside the mutable ones: a client may pass them back
    /// unchanged (RFC 8620 §5.3). They are those that Email/get gives by default, and only the status of
    /// signatures can have changed when the transaction begins.
    async fn server_set(
        &self,
        context: &Context,
        request: &SetRequest<Self>,
    ) -> Result<BTreeMap<EmailId, Arguments>, MethodError> {
        let extra = BodyArguments::read(&mut ArgumentReader::new(Arguments::new()))?;
        let mut values: BTreeMap<EmailId, Arguments> = BTreeMap::new();
        for (text, object) in &request.update {
            let names = server_set_names(object, &context.using);
            let Some(id) = request.created_ids.resolve(text).and_then(EmailId::parse) else { continue };
            if names.is_empty() {
                continue;
            }
            let properties = self.properties(context, Some(names), &extra)?;
            let ids = Wanted::Ids(&[id]);
            let get = GetRequest { account: request.account, ids, properties: &properties, extra: &extra };
            for (id, mut object) in self.fetch(context, get).await?.list {
                object.insert("id".to_owned(), id.to_string().into());
                values.entry(id).or_default().extend(object);
            }
        }
        Ok(values)
    }
}

/// The properties in a patch that Email/get knows and Email/set cannot change. A patch that is none is refused later.
fn server_set_names(object: &Arguments, using: &[Capability]) -> Vec<String> {
    let patch = PatchObject::parse(object);
    let patches = patch.iter().flat_map(PatchObject::patches);
    let names =
        patches.filter_map(|patch| patch.path.first()).filter(|name| !MUTABLE.contains(&name.as_str()));
    names
        .filter(|name| EmailProperties::select(Some(vec![(*name).clone()]), using).is_ok())
        .cloned()
        .collect()
}
