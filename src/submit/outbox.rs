//! Working off the outbox: a message at a time, under a lease.

use std::time::Duration;

use super::attempt::{Attempted, failed};
use super::{Submitter, backoff, report};
use crate::delivery::inbound::{self, Envelope, Outcome as Inbound};
use crate::store::blob::BlobHash;
use crate::store::outgoing::{self, Claimed, Outcome, Recipient};
use crate::store::submission::{self, Settled};
use crate::store::{AccountWriter, StoreError};
use crate::wire::ids::SubmissionId;

/// How long a message belongs to whoever works on it: longer than any attempt takes.
const LEASE: Duration = Duration::from_secs(30 * 60);

impl Submitter {
    /// Works on the message that is due first; `false` if none is. A fault that keeps one message from being worked on keeps no
    /// other waiting; a message that is too old by then is given up.
    pub async fn send_next(&self) -> Result<bool, StoreError> {
        let store = self.trust.store();
        let Some(message) = outgoing::claim(store, store.clock().now() + LEASE).await? else {
            return Ok(false);
        };
        let attempts = match self.work_on(&message).await {
            Ok(attempts) => attempts,
            // The lease runs out, and then it is tried again.
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => {
                let is_over = store.clock().now() >= message.expires_at;
                tracing::warn!(%error, account = %message.account, message = message.id, is_over, "a message cannot be worked on");
                if is_over {
                    self.give_up(&message).await?;
                }
                message.attempts + 1
            }
        };
        let due_at = store.clock().now() + backoff::wait(self.options.retry, attempts);
        outgoing::release(store, &message, attempts, due_at).await?;
        Ok(true)
    }

    /// Tries the recipients that wait, and reports what the sender wants to hear of. Gives how often it was tried by now.
    async fn work_on(&self, message: &Claimed) -> Result<i32, StoreError> {
        let recipients = self.recipients(message).await?;
        let queued = queued(&recipients);
        let mut attempts = message.attempts;
        if !queued.is_empty() {
            let attempted = self.attempt(message, &queued).await?;
            self.note(message, &queued, &attempted).await?;
            attempts += 1;
        }
        self.report(message).await?;
        Ok(attempts)
    }

    /// Ends a message that is too old and that a fault of the database keeps from being worked on: by telling the sender, if
    /// at least that can be done, else without.
    async fn give_up(&self, message: &Claimed) -> Result<(), StoreError> {
        let told = async {
            let recipients = self.recipients(message).await?;
            let queued = queued(&recipients);
            let reply = "554 5.3.0 The server could not send the message";
            let attempted: Vec<Attempted> = queued.iter().map(|recipient| failed(recipient, reply)).collect();
            self.note(message, &queued, &attempted).await?;
            self.report(message).await
        };
        match told.await {
            Ok(()) => Ok(()),
            Err(error) if error.is_unavailable() => Err(error),
            Err(error) => {
                tracing::error!(%error, account = %message.account, message = message.id, "a message is dropped without a report");
                outgoing::abandon(self.trust.store(), message).await
            }
        }
    }

    async fn recipients(&self, message: &Claimed) -> Result<Vec<Recipient>, StoreError> {
        let store = self.trust.store();
        store
            .transaction("outgoing/recipients", async |transaction| {
                outgoing::recipients(transaction, message).await
            })
            .await
    }

    /// Notes what an attempt came to, for the outbox and for the submission that clients see, and forgets the
    /// recipients of whom the sender wants no report.
    async fn note(
        &self,
        message: &Claimed,
        recipients: &[&Recipient],
        attempted: &[Attempted],
    ) -> Result<(), StoreError> {
        let settled: Vec<_> = attempted.iter().map(|attempt| attempt.settled.clone()).collect();
        let shown: Vec<Settled> = settled.iter().map(shown).collect();
        let done: Vec<i32> = attempted
            .iter()
            .filter(|attempt| {
                let ordinal = attempt.settled.ordinal;
                let recipient = recipients.iter().find(|recipient| recipient.ordinal == ordinal);
                !recipient.is_some_and(|recipient| wants_report(message, recipient, attempt))
            })
            .map(|attempt| attempt.settled.ordinal)
            .collect();
        for attempt in &settled {
            self.metrics.sending(attempt.outcome.as_str());
            tracing::info!(
                account = %message.account, message = message.id, recipient = attempt.ordinal,
                outcome = ?attempt.outcome, reply = %attempt.reply, "tried to send"
            );
        }
        let noted = self.trust.store().write("outgoing/note", message.account, async |writer| {
            outgoing::settle(writer, message, &settled).await?;
            outgoing::drop_recipients(writer, message, &done).await?;
            submission::settle(writer, SubmissionId(message.id), &shown).await
        });
        noted.await
    }

    /// Tells the sender of recipients that it wants a report of, in one message (RFC 3464), which comes in like any
    /// other. It is the same message if this is done again.
    async fn report(&self, message: &Claimed) -> Result<(), StoreError> {
        let store = self.trust.store();
        let recipients = self.recipients(message).await?;
        let settled: Vec<&Recipient> =
            recipients.iter().filter(|recipient| recipient.outcome != Outcome::Queued).collect();
        if settled.is_empty() {
            return Ok(());
        }
        let raw = store
            .transaction("outgoing/message", async |transaction| {
                outgoing::message(transaction, message).await
            })
            .await?;
        let report = report::build(message, &settled, &raw.unwrap_or_default(), &self.options.host_name);
        let blob = BlobHash::of(&report);
        let envelope = Envelope { reverse_path: None, recipients: vec![message.sender.mail_from.clone()] };
        let outcome =
            inbound::receive(&self.trust, &envelope, report).await.pop().map(|(_, outcome)| outcome);
        let is_stored = match outcome {
            Some(Inbound::Stored { .. } | Inbound::AlreadyThere { .. }) => true,
            Some(Inbound::TemporaryFailure(_) | Inbound::OverQuota)
                if store.clock().now() < self.expiry(message.expires_at) =>
            {
                return Ok(());
            }
            outcome => {
                tracing::warn!(account = %message.account, message = message.id, ?outcome, "a report reaches nobody");
                false
            }
        };
        let ordinals: Vec<i32> = settled.iter().map(|recipient| recipient.ordinal).collect();
        let reported = store.write("outgoing/report", message.account, async |writer| {
            self.note_report(writer, message, &ordinals, is_stored.then_some(blob)).await
        });
        reported.await
    }

    async fn note_report(
        &self,
        writer: &mut AccountWriter<'_>,
        message: &Claimed,
        ordinals: &[i32],
        report: Option<BlobHash>,
    ) -> Result<(), StoreError> {
        if let Some(report) = report {
            submission::add_report(writer, SubmissionId(message.id), "dsn", report).await?;
        }
        outgoing::drop_recipients(writer, message, ordinals).await
    }
}

/// Those that are to be tried.
fn queued(recipients: &[Recipient]) -> Vec<&Recipient> {
    recipients.iter().filter(|recipient| recipient.outcome == Outcome::Queued).collect()
}

/// What clients see of it (RFC 8621 §7, DeliveryStatus): a message that another server took may still fail there.
fn shown(settled: &outgoing::Settled) -> Settled {
    let delivered = match settled.outcome {
        Outcome::Queued => "queued",
        Outcome::Delivered => "yes",
        Outcome::Relayed => "unknown",
        Outcome::Failed => "no",
    };
    Settled { ordinal: settled.ordinal, smtp_reply: settled.reply.clone(), delivered }
}

/// Whether the sender is told (RFC 3461 §4.1): of failures unless it says otherwise, of success if it asks for that.
/// Nobody is behind the null reverse-path.
fn wants_report(message: &Claimed, recipient: &Recipient, attempt: &Attempted) -> bool {
    let asks_for =
        |what: &str| recipient.notify.as_ref().is_some_and(|notify| notify.split(',').any(|n| n == what));
    !message.sender.mail_from.is_empty()
        && match attempt.settled.outcome {
            Outcome::Queued => true,
            Outcome::Failed => recipient.notify.is_none() || asks_for("FAILURE"),
            Outcome::Delivered => asks_for("SUCCESS"),
            Outcome::Relayed => asks_for("SUCCESS") && !attempt.reports_elsewhere,
        }
}
