//! Everything about a message that can be known without the database, worked out away from the threads that
//! serve requests.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::time::Instant;

use chrono::{DateTime, SubsecRound, Utc};

use super::{Incoming, Ready, Registered};
use crate::mime::{Message, Summary, Unreadable, search_text, thread_keys};
use crate::smime::{Facts, Form, examine};
use crate::store::blob::BlobHash;
use crate::store::email::{EmailHeaders, Membership, NewEmail, NewSignature, NewSmime, SortKeys};
use crate::telemetry::Metrics;
use crate::trust::RegisteredSigner;
use crate::wire::ids::EmailId;

/// A message that was parsed, or need not or cannot be.
pub(super) enum Prepared {
    Message { email: Box<NewEmail>, facts: Facts, raw: Vec<u8> },
    AlreadyThere(EmailId),
    Unreadable(Unreadable),
}

impl Prepared {
    /// The facts, if the message was parsed.
    pub(super) fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Message { facts, .. } => Some(facts),
            _ => None,
        }
    }
}

/// Messages that one processor takes at least, so that a task is worth its while.
const LEAST_SHARE: usize = 8;

/// Parses messages and states their facts on all processors, and tells the metrics of it. `now` is receivedAt where nothing
/// says better.
pub(super) async fn prepare(
    messages: Vec<Incoming>,
    hashes: Vec<BlobHash>,
    already_there: &BTreeMap<BlobHash, EmailId>,
    now: DateTime<Utc>,
    metrics: Metrics,
) -> Vec<Prepared> {
    let already_there: Vec<Option<EmailId>> =
        hashes.iter().map(|hash| already_there.get(hash).copied()).collect();
    let count = messages.len();
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = count.div_ceil(processors).max(LEAST_SHARE);
    let mut messages = messages.into_iter().zip(hashes).zip(already_there);
    let mut tasks = Vec::new();
    while messages.len() > 0 {
        let share: Vec<_> = messages.by_ref().take(share).collect();
        let metrics = metrics.clone();
        let count = share.len();
        let work = move || {
            let prepare = |((message, hash), existing)| match existing {
                Some(existing) => Prepared::AlreadyThere(existing),
                None => prepare_one(message, hash, now, &metrics),
            };
            share.into_iter().map(prepare).collect::<Vec<_>>()
        };
        tasks.push((count, tokio::task::spawn_blocking(work)));
    }
    let mut prepared = Vec::with_capacity(count);
    for (count, task) in tasks {
        prepared.extend(task.await.unwrap_or_else(|panic| {
            tracing::error!(%panic, "preparing a delivery panicked");
            (0..count).map(|_| Prepared::Unreadable(Unreadable::ParserFailed)).collect::<Vec<_>>()
        }));
    }
    prepared
}

/// Puts the numbers of the signers where the facts speak of them.
pub(super) fn with_signers(prepared: Vec<Prepared>, registered: Registered) -> Vec<Ready> {
    let mut registered = registered.into_iter();
    prepared
        .into_iter()
        .map(|prepared| match prepared {
            Prepared::AlreadyThere(existing) => Ready::AlreadyThere(existing),
            Prepared::Unreadable(reason) => Ready::Unreadable(reason),
            Prepared::Message { mut email, facts, raw } => {
                email.smime = smime_of(&facts, &registered.next().unwrap_or_default());
                Ready::Email { email, raw }
            }
        })
        .collect()
}

/// The facts as they are stored, with the numbers of the signers; `None` if smimeStatus is null.
pub fn smime_of(facts: &Facts, registered: &[RegisteredSigner]) -> Option<NewSmime> {
    let signatures = registered.iter().filter_map(|registered| {
        let signer = facts.signers.get(registered.index)?;
        Some(NewSignature {
            signer: registered.signer,
            is_sender: signer.is_sender,
            digest: signer.digest.clone(),
            algorithm: signer.algorithm.clone(),
            signing_time: signer.signing_time,
            problems: signer.problems.clone(),
        })
    });
    match facts.form {
        Form::None | Form::Encrypted => None,
        form => Some(NewSmime {
            form: form.as_str(),
            signatures: signatures.collect(),
            problems: facts.problems.clone(),
        }),
    }
}

fn prepare_one(incoming: Incoming, blob: BlobHash, now: DateTime<Utc>, metrics: &Metrics) -> Prepared {
    let Incoming { raw, received_at, membership } = incoming;
    let (email, facts) = {
        let message = match Message::parse(&raw) {
            Ok(message) => message,
            Err(reason) => return Prepared::Unreadable(reason),
        };
        let received_at = |summary: &Summary| received_at.or(summary.received_at).unwrap_or(now);
        let email = email_of(&message, blob, received_at, membership);
        (Box::new(email), examined(&message, metrics))
    };
    Prepared::Message { email, facts, raw }
}

/// An email as it is stored, from its message and from what the way in says of it, which may depend on the message's
/// own words. Its signatures are not in it.
pub fn email_of(
    message: &Message<'_>,
    blob: BlobHash,
    received_at: impl FnOnce(&Summary) -> DateTime<Utc>,
    membership: Membership,
) -> NewEmail {
    let structure = message.structure();
    let summary = Summary::with_structure(message, &structure);
    let text = search_text(message, &structure);
    let received_at = whole_microseconds(received_at(&summary));
    NewEmail {
        blob,
        size: message.raw().len() as u64,
        received_at,
        sent_at: summary.sent_at,
        has_attachment: summary.has_attachment,
        membership,
        fields: text.fields(received_at),
        body: text.body(),
        headers_text: text.headers_text(),
        thread_keys: thread_keys(&summary),
        headers: EmailHeaders::from(&summary),
        preview: summary.preview,
        sort_keys: SortKeys { from: summary.sort_from, to: summary.sort_to, subject: summary.sort_subject },
        smime: None,
    }
}

/// States the facts, and tells how long that took where there was something to examine.
fn examined(message: &Message<'_>, metrics: &Metrics) -> Facts {
    let started = Instant::now();
    let facts = examine(message);
    if facts.form != Form::None {
        metrics.smime_facts(started.elapsed());
    }
    facts
}

/// What timestamptz holds, so that every table repeats the same instant.
fn whole_microseconds(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}
