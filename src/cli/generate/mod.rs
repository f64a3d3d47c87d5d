//! Fills an account with mail that looks like mail, for measurements and for tests of query plans.
//!
//! Rows go in by COPY, past the delivery of messages: five years of mail, a few people who write much and many who
//! write little, threads, keywords, some thirty mailboxes, three of ten messages signed, with signers and
//! verdicts of every kind ([`Signers`]).

mod mail;
mod people;
mod random;
mod signers;

use std::collections::BTreeMap;
use std::pin::pin;

use chrono::{DateTime, Utc};
use futures_util::SinkExt;
use tokio::sync::mpsc;
use tokio_postgres::{Client, Error, Transaction};

use self::mail::{Counts, Mailbag};
pub use self::signers::Signers;
use crate::wire::ids::AccountId;

/// Messages whose rows are in memory at a time.
const BATCH: usize = 5_000;

/// What is generated; the same options give the same mail.
#[derive(Clone, Debug)]
pub struct GenerateOptions {
    /// How many messages.
    pub messages: usize,
    /// Where the random numbers start.
    pub seed: u64,
    /// When the newest message came.
    pub until: DateTime<Utc>,
}

/// The tables that messages fill, in the order of their references.
const TABLES: [(&str, &str); 7] = [
    ("blob", "COPY blob (hash, size, data, created_at) FROM STDIN"),
    (
        "email",
        "COPY email (account_id, id, thread_id, received_at, sent_at, sent_offset, size, has_attachment,
         smime_status, smime_status_at_delivery, blob_hash, keywords, subject, from_, to_, message_id, preview,
         sort_from, sort_to, sort_subject, smime_errors) FROM STDIN",
    ),
    (
        "email_mailbox",
        "COPY email_mailbox (account_id, email_id, mailbox_id, thread_id, received_at, is_unread) FROM STDIN",
    ),
    ("email_keyword", "COPY email_keyword (account_id, keyword, received_at, email_id) FROM STDIN"),
    (
        "email_search",
        "COPY email_search (account_id, email_id, thread_id, received_at, fields, body, headers) FROM STDIN",
    ),
    ("email_smime", "COPY email_smime (account_id, email_id, form, problems, checked_at) FROM STDIN"),
    (
        "email_signature",
        "COPY email_signature (account_id, email_id, ordinal, signer_id, is_sender, digest, algorithm,
         signing_time) FROM STDIN",
    ),
];

/// Adds generated mail to an account, in one transaction, in mailboxes of its own. `progress` is told how many
/// messages are in.
///
/// Clients of the account must fetch everything anew: the change log does not list what was generated.
pub async fn generate(
    client: &mut Client,
    account: AccountId,
    options: &GenerateOptions,
    mut progress: impl FnMut(usize),
) -> Result<(), Error> {
    let transaction = client.transaction().await?;
    let lock = "SELECT next_id FROM account WHERE id = $1 FOR UPDATE";
    let next_id: i64 = transaction.query_one(lock, &[&account.0]).await?.get(0);
    let mut mailbag = Mailbag::new(account, options, next_id);
    let signers = mailbag.signers().insert(&transaction).await?;
    mailbag.set_signers(signers);
    insert_mailboxes(&transaction, account, &mailbag.mailboxes()).await?;
    // One core makes rows while the other, PostgreSQL's, takes them in.
    let (sender, mut batches) = mpsc::channel(2);
    let maker = tokio::task::spawn_blocking(move || {
        while let Some(rows) = mailbag.next_rows(BATCH) {
            if sender.blocking_send(rows).is_err() {
                break;
            }
        }
        mailbag
    });
    let mut made = 0;
    while let Some(mut rows) = batches.recv().await {
        for (table, copy) in TABLES {
            copy_in(&transaction, copy, rows.remove(table).unwrap_or_default()).await?;
        }
        made = options.messages.min(made + BATCH);
        progress(made);
    }
    let mailbag = maker.await.expect("making rows does not panic, and nobody aborts it");
    insert_counters(&transaction, account, &mailbag).await?;
    transaction.commit().await
}

async fn insert_mailboxes(
    transaction: &Transaction<'_>,
    account: AccountId,
    mailboxes: &[i64],
) -> Result<(), Error> {
    let insert = "INSERT INTO mailbox (account_id, id, name) SELECT $1, id, 'Folder ' || id FROM unnest($2::bigint[]) AS id";
    transaction.execute(insert, &[&account.0, &mailboxes]).await?;
    Ok(())
}

/// What follows from the messages: the counters of threads, mailboxes and signers, and the account's state.
async fn insert_counters(
    transaction: &Transaction<'_>,
    account: AccountId,
    mailbag: &Mailbag,
) -> Result<(), Error> {
    let by_thread: BTreeMap<_, Counts> =
        mailbag.by_thread.iter().map(|(key, counts)| (*key, *counts)).collect();
    let rows: String = by_thread
        .iter()
        .map(|((thread, mailbox), counts)| {
            format!("{}\t{thread}\t{mailbox}\t{}\t{}\n", account.0, counts.emails, counts.unread)
        })
        .collect();
    let copy = "COPY thread_mailbox (account_id, thread_id, mailbox_id, emails, unread) FROM STDIN";
    copy_in(transaction, copy, rows).await?;
    for follows in [
        // A thread is unread in a mailbox if any of its emails is unread, wherever that one is (RFC 8621 §2).
        "UPDATE mailbox m SET total_emails = c.emails, unread_emails = c.unread, total_threads = c.threads,
             unread_threads = c.unread_threads
         FROM (
             SELECT t.mailbox_id, sum(t.emails) AS emails, sum(t.unread) AS unread, count(*) AS threads,
                    count(*) FILTER (WHERE u.unread > 0) AS unread_threads
             FROM thread_mailbox t
             JOIN (SELECT thread_id, sum(unread) AS unread FROM thread_mailbox WHERE account_id = $1 GROUP BY 1) u
                 USING (thread_id)
             WHERE t.account_id = $1
             GROUP BY t.mailbox_id
         ) c
         WHERE m.account_id = $1 AND m.id = c.mailbox_id",
        "INSERT INTO account_signer (account_id, signer_id, emails)
         SELECT account_id, signer_id, count(*) FROM email_signature WHERE account_id = $1 GROUP BY 1, 2
         ON CONFLICT (account_id, signer_id) DO UPDATE SET emails = excluded.emails",
        "UPDATE account SET state = state + 1 WHERE id = $1",
        // Whatever state a client has, it is older than what is known.
        "INSERT INTO data_type_state (account_id, data_type, state, oldest)
         SELECT a.id, t, a.state, a.state FROM account a, generate_series(1, 3) AS t WHERE a.id = $1
         ON CONFLICT (account_id, data_type) DO UPDATE SET state = excluded.state, oldest = excluded.oldest",
    ] {
        transaction.execute(follows, &[&account.0]).await?;
    }
    let next = "UPDATE account SET next_id = $2 WHERE id = $1";
    transaction.execute(next, &[&account.0, &mailbag.next_id()]).await?;
    Ok(())
}

async fn copy_in(transaction: &Transaction<'_>, copy: &str, rows: String) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut sink = pin!(transaction.copy_in(copy).await?);
    sink.send(bytes::Bytes::from(rows)).await?;
    sink.finish().await?;
    Ok(())
}
