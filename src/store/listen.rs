//! Hints from other nodes. A hint that is lost loses nothing: who needs an exact answer reads the tables.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::broadcast;
use tokio_postgres::AsyncMessage;

use super::Store;
use crate::wire::ids::AccountId;

/// Something changed in this account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountChanged(pub AccountId);

/// What another node, or this one, has just committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Changes in an account.
    Account(AccountChanged),
    /// Trust anchors, evidence or verdicts changed: verdicts are due.
    Trust,
    /// A push subscription may be due.
    Push,
    /// A message was put into the outbox.
    Outbox,
    /// A source of evidence may be due.
    Source,
}

/// Listens until the last receiver is dropped, on a connection of its own; connects again when it breaks.
/// After each connection every hint but [`Hint::Account`] is sent once, since some may have been missed.
pub async fn listen(store: Store, hints: broadcast::Sender<Hint>) {
    while hints.receiver_count() > 0 {
        if let Err(error) = listen_once(&store, &hints).await {
            tracing::warn!(%error, "listening for hints was interrupted; trying again");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn listen_once(store: &Store, hints: &broadcast::Sender<Hint>) -> Result<(), super::StoreError> {
    let (client, mut connection) = store.connector().connect().await?;
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let driver = tokio::spawn(async move {
        let mut messages = futures_util::stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notification(notification) = message
                && sender.send(notification).is_err()
            {
                break;
            }
        }
    });
    let listening = client
        .batch_execute(
            "-- listen: hints of other nodes\n\
             LISTEN signet_account; LISTEN signet_outbox; LISTEN signet_push; LISTEN signet_source; LISTEN signet_trust",
        )
        .await;
    listening.map_err(|source| super::StoreError::Database { transaction: "listen", source })?;
    for hint in [Hint::Trust, Hint::Push, Hint::Outbox, Hint::Source] {
        hints.send(hint).ok();
    }
    while let Some(notification) = receiver.recv().await {
        let hint = match notification.channel() {
            "signet_trust" => Some(Hint::Trust),
            "signet_push" => Some(Hint::Push),
            "signet_outbox" => Some(Hint::Outbox),
            "signet_source" => Some(Hint::Source),
            _ => {
                AccountId::parse(notification.payload()).map(|account| Hint::Account(AccountChanged(account)))
            }
        };
        if let Some(hint) = hint
            && hints.send(hint).is_err()
        {
            break;
        }
    }
    driver.abort();
    Ok(())
}
