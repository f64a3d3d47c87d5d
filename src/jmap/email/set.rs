//! Email/set (RFC 8621 §4.6): keywords, mailboxes, destruction.

use super::Emails;
use super::records::EmailRecords;
use crate::jmap::Context;
use crate::jmap::set::{Set, SetOutcome, SetRequest};
use crate::wire::errors::MethodError;
use crate::wire::ids::EmailId;

impl Set for Emails {
    type Extra = ();

    async fn set(&self, _: &Context, request: &SetRequest<Self>) -> Result<SetOutcome<EmailId>, MethodError> {
        let ids = request.existing_ids();
        self.trust
            .store()
            .write("email/set", request.account, async |writer| {
                let mut records = EmailRecords::new(writer, &ids).await?;
                request.apply(&mut records).await
            })
            .await?
    }
}
