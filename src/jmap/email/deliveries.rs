//! The messages that one Email/import or Email/copy brings: delivered in transactions of bounded size, each message
//! for itself an atomic unit (RFC 8621 §4.8, RFC 8620 §5.4).

use crate::delivery::{Delivered, DeliveryError, Incoming, Stored, deliver};
use crate::trust::Trust;
use crate::wire::errors::{MethodError, SetError};
use crate::wire::ids::AccountId;
use crate::wire::state::State;

/// How many octets of messages are delivered in one transaction.
const BATCH_OCTETS: usize = 32 << 20;

/// Deliveries under way.
pub(super) struct Deliveries<'a> {
    trust: &'a Trust,
    account: AccountId,
    if_in_state: Option<i64>,
    names: Vec<String>,
    batch: Vec<Incoming>,
    octets: usize,
    states: Option<(State, State)>,
    created: Vec<(String, Stored)>,
    not_created: Vec<(String, SetError)>,
}

/// What became of each creation id.
pub(super) struct Outcome {
    pub(super) old_state: State,
    pub(super) new_state: State,
    pub(super) created: Vec<(String, Stored)>,
    pub(super) not_created: Vec<(String, SetError)>,
}

impl<'a> Deliveries<'a> {
    /// Deliveries to an account. `if_in_state` is checked when the first are made; a text that is no state at all is
    /// a stateMismatch at once.
    pub(super) fn new(
        trust: &'a Trust,
        account: AccountId,
        if_in_state: Option<&str>,
    ) -> Result<Self, MethodError> {
        let if_in_state = match if_in_state {
            Some(text) => Some(State::parse(text).ok_or(MethodError::StateMismatch)?.0),
            None => None,
        };
        Ok(Self {
            trust,
            account,
            if_in_state,
            names: Vec::new(),
            batch: Vec::new(),
            octets: 0,
            states: None,
            created: Vec::new(),
            not_created: Vec::new(),
        })
    }

    /// Adds a message under its creation id.
    pub(super) async fn push(&mut self, name: String, incoming: Incoming) -> Result<(), MethodError> {
        self.octets += incoming.raw.len();
        self.names.push(name);
        self.batch.push(incoming);
        if self.octets >= BATCH_OCTETS { self.flush().await } else { Ok(()) }
    }

    /// Notes why there is no message for a creation id.
    pub(super) fn refuse(&mut self, name: String, error: SetError) {
        self.not_created.push((name, error));
    }

    /// Delivers what is left. Even a call that brings nothing tells the state, and checks it.
    pub(super) async fn finish(mut self) -> Result<Outcome, MethodError> {
        if self.states.is_none() || !self.batch.is_empty() {
            self.flush().await?;
        }
        let (old_state, new_state) = self.states.unwrap_or((State(0), State(0)));
        Ok(Outcome { old_state, new_state, created: self.created, not_created: self.not_created })
    }

    async fn flush(&mut self) -> Result<(), MethodError> {
        let (names, batch) = (std::mem::take(&mut self.names), std::mem::take(&mut self.batch));
        self.octets = 0;
        let receipt = deliver(self.trust, self.account, batch, self.if_in_state.take()).await;
        let receipt = receipt.map_err(|error| self.failure(error))?;
        let old_state = self.states.map_or(State(receipt.old_state), |(old, _)| old);
        self.states = Some((old_state, State(receipt.new_state)));
        for (name, delivered) in names.into_iter().zip(receipt.outcomes) {
            match delivered {
                Delivered::Stored(stored) => self.created.push((name, stored)),
                other => self.not_created.push((name, refusal(other))),
            }
        }
        Ok(())
    }

    fn failure(&self, error: DeliveryError) -> MethodError {
        match error {
            DeliveryError::StateMismatch => MethodError::StateMismatch,
            DeliveryError::Store(error) if self.created.is_empty() => error.into(),
            DeliveryError::Store(error) => {
                tracing::error!(%error, "the database failed after some of the messages were stored");
                let count = self.created.len();
                MethodError::ServerPartialFail(format!(
                    "the database failed; {count} Emails were created before"
                ))
            }
        }
    }
}

/// Why a message was not stored. One that was is there already for whoever comes next.
pub(super) fn refusal(delivered: Delivered) -> SetError {
    match delivered {
        Delivered::Stored(Stored { email: existing, .. }) | Delivered::AlreadyThere(existing) => {
            SetError::AlreadyExists { existing_id: existing.to_string() }
        }
        Delivered::Unreadable(reason) => SetError::InvalidEmail(reason.to_string()),
        Delivered::OverQuota(full) => SetError::OverQuota(full.to_string()),
        Delivered::NoSuchMailbox(mailbox) => {
            SetError::invalid_property("mailboxIds", format_args!("there is no Mailbox {mailbox}"))
        }
    }
}
