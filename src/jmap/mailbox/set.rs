//! Mailbox/set (RFC 8621 §2.5).

use super::Mailboxes;
use super::records::MailboxRecords;
use crate::jmap::Context;
use crate::jmap::arguments::{ArgumentReader, FromArguments};
use crate::jmap::set::{Set, SetOutcome, SetRequest};
use crate::wire::errors::MethodError;
use crate::wire::ids::MailboxId;

/// The argument that Mailbox/set adds (RFC 8621 §2.5).
#[derive(Clone, Copy, Debug)]
pub struct OnDestroyRemoveEmails(bool);

impl FromArguments for OnDestroyRemoveEmails {
    fn read(arguments: &mut ArgumentReader) -> Result<Self, MethodError> {
        Ok(Self(arguments.or_default("onDestroyRemoveEmails", false)?))
    }
}

impl Set for Mailboxes {
    type Extra = OnDestroyRemoveEmails;

    async fn set(
        &self,
        context: &Context,
        request: &SetRequest<Self>,
    ) -> Result<SetOutcome<MailboxId>, MethodError> {
        let viewer = context.principal.viewer(request.account);
        self.store
            .write("mailbox/set", request.account, async |writer| {
                let mut records = MailboxRecords::new(writer, viewer, request.extra.0).await?;
                request.apply(&mut records).await
            })
            .await?
    }
}
