//! One attempt at a message: recipients here get it at once, the relay takes it for the others.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::relay::{Answer, MAX_RECIPIENTS, Relay, Verdict};
use super::{Submitter, transport};
use crate::delivery::inbound::{self, Envelope};
use crate::store::outgoing::{self, Claimed, Outcome, Recipient, Settled};
use crate::store::{StoreError, account, outgoing::Sender};

/// How long the relay may take for all recipients of a message, whatever its steps take: the lease has to last for it.
const RELAYING: Duration = Duration::from_secs(10 * 60);

/// What an attempt came to for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attempted {
    pub(super) settled: Settled,
    /// Whether the relay tells the sender what becomes of it, so that this server need not.
    pub(super) reports_elsewhere: bool,
}

impl Submitter {
    /// Tries these recipients, and tells what became of it for each. Nothing of it is noted yet.
    pub(super) async fn attempt(
        &self,
        message: &Claimed,
        recipients: &[&Recipient],
    ) -> Result<Vec<Attempted>, StoreError> {
        let store = self.trust.store();
        let (raw, may_send) = store
            .transaction("outgoing/message", async |transaction| {
                let may_send = account::may_send(transaction, message.account).await?;
                Ok((outgoing::message(transaction, message).await?, may_send))
            })
            .await?;
        let Some(raw) = raw else {
            // It left the outbox meanwhile, and then nothing is noted; or its bytes are lost, and no attempt can do more.
            let reply = "554 5.6.0 The message is not stored any more";
            return Ok(recipients.iter().map(|recipient| failed(recipient, reply)).collect());
        };
        let is_over = store.clock().now() >= message.expires_at;
        if !may_send {
            return Ok(recipients.iter().map(|recipient| held(recipient, is_over)).collect());
        }
        let octets = transport::outgoing(message, &raw, &self.options.host_name);
        let addresses: Vec<String> = recipients.iter().map(|recipient| recipient.address.clone()).collect();
        let accounts = inbound::resolve(store, &addresses).await?;
        let (mut here, mut elsewhere) = (Vec::new(), Vec::new());
        for (recipient, accounts) in recipients.iter().zip(&accounts) {
            if accounts.is_empty() { elsewhere.push(*recipient) } else { here.push(*recipient) }
        }
        // So that a report which comes back finds its submission (RFC 8621 §7, envelope).
        let envid = message.sender.envid.clone().unwrap_or_else(|| message.token());
        let sender = Sender { envid: Some(envid), ..message.sender.clone() };
        let mut attempted = self.deliver(&sender, &here, &octets).await;
        let until = Instant::now() + RELAYING;
        for some in elsewhere.chunks(MAX_RECIPIENTS) {
            let answers = relayed(self.relay.as_deref(), &sender, some, &octets, until).await;
            attempted
                .extend(some.iter().zip(answers).map(|(recipient, answer)| relay_told(recipient, answer)));
        }
        for attempt in attempted.iter_mut().filter(|_| is_over) {
            if attempt.settled.outcome == Outcome::Queued {
                attempt.settled.outcome = Outcome::Failed;
            }
        }
        Ok(attempted)
    }

    /// Brings the message to accounts of this server, and lets those who are away answer.
    async fn deliver(&self, sender: &Sender, recipients: &[&Recipient], octets: &[u8]) -> Vec<Attempted> {
        if recipients.is_empty() {
            return Vec::new();
        }
        let envelope = Envelope {
            reverse_path: Some(sender.mail_from.clone()).filter(|path| !path.is_empty()),
            recipients: recipients.iter().map(|recipient| recipient.address.clone()).collect(),
        };
        let outcomes = inbound::receive(&self.trust, &envelope, octets.to_vec()).await;
        super::arrived(self, &envelope, &outcomes, octets).await;
        let told = recipients.iter().zip(outcomes).map(|(recipient, (_, outcome))| {
            let (outcome, reply) = here_told(outcome);
            Attempted {
                settled: Settled { ordinal: recipient.ordinal, outcome, reply },
                reports_elsewhere: false,
            }
        });
        told.collect()
    }
}

/// What became of a message that is not tried any more.
pub(super) fn failed(recipient: &Recipient, reply: &str) -> Attempted {
    let settled = Settled { ordinal: recipient.ordinal, outcome: Outcome::Failed, reply: reply.to_owned() };
    Attempted { settled, reports_elsewhere: false }
}

/// What becomes of a message for as long as its account is kept from sending: it waits, and ages.
fn held(recipient: &Recipient, is_over: bool) -> Attempted {
    let outcome = if is_over { Outcome::Failed } else { Outcome::Queued };
    let reply = "450 4.7.1 The account may not send at present".to_owned();
    Attempted { settled: Settled { ordinal: recipient.ordinal, outcome, reply }, reports_elsewhere: false }
}

async fn relayed(
    relay: Option<&Relay>,
    sender: &Sender,
    recipients: &[&Recipient],
    octets: &[u8],
    until: Instant,
) -> Vec<Answer> {
    let all = |answer: Answer| vec![answer; recipients.len()];
    let Some(relay) = relay else {
        let reply = "550 5.4.4 This server sends to its own users only".to_owned();
        return all(Answer { verdict: Verdict::Never, reply });
    };
    if Instant::now() >= until {
        return all(Answer::later("451 4.4.2 The relay took too long for other recipients"));
    }
    let sending = timeout_at(until, relay.send(sender, recipients, octets));
    sending.await.unwrap_or_else(|_| all(Answer::later("451 4.4.2 The relay took too long")))
}

fn relay_told(recipient: &Recipient, answer: Answer) -> Attempted {
    let outcome = match answer.verdict {
        Verdict::Taken { .. } => Outcome::Relayed,
        Verdict::Later => Outcome::Queued,
        Verdict::Never => Outcome::Failed,
    };
    Attempted {
        settled: Settled { ordinal: recipient.ordinal, outcome, reply: answer.reply },
        reports_elsewhere: answer.verdict == Verdict::Taken { reports: true },
    }
}

/// What became of a local delivery, with a reply like one of SMTP (RFC 8621 §7, smtpReply).
fn here_told(outcome: inbound::Outcome) -> (Outcome, String) {
    use inbound::Outcome as Local;
    match outcome {
        Local::Stored { .. } | Local::AlreadyThere { .. } => {
            (Outcome::Delivered, "250 2.1.5 Delivered".to_owned())
        }
        Local::NoSuchAddress => (Outcome::Failed, "550 5.1.1 There is no such address".to_owned()),
        Local::OverQuota => (Outcome::Queued, "452 4.2.2 The account is full".to_owned()),
        Local::Refused(refusal) => (Outcome::Failed, format!("554 {} {}", refusal.status, refusal.text)),
        Local::TemporaryFailure(text) => (Outcome::Queued, format!("451 4.3.0 {text}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::relay::{RelayOptions, RelayTls};
    use super::*;

    #[tokio::test]
    async fn a_relay_that_keeps_silent_gets_no_more_time_for_more_recipients() {
        // It takes the connection, and says nothing.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = RelayOptions {
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().unwrap().port(),
            tls: RelayTls::None,
            credentials: None,
            authorities: None,
            timeout: Duration::from_secs(3600),
        };
        let relay = Relay::new(options, "mail.example.org").unwrap();
        let recipient = Recipient {
            ordinal: 1,
            address: "carl@elsewhere.example".to_owned(),
            notify: None,
            orcpt: None,
            outcome: Outcome::Queued,
            reply: None,
            settled_at: None,
        };
        let until = Instant::now() + Duration::from_millis(200);
        for _ in 0..3 {
            let answers = relayed(Some(&relay), &Sender::default(), &[&recipient], b"x", until).await;
            assert_eq!(answers[0].verdict, Verdict::Later, "{answers:?}");
        }
        assert!(until.elapsed() < Duration::from_secs(60));
    }
}
