//! A small model of mail, and its rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use chrono::{DateTime, Utc};
use signet::smime::Status;
use signet::text::Document;
use tokio_postgres::Client;

#[derive(Clone, Debug)]
pub(super) struct Mail {
    pub id: i64,
    pub thread: i64,
    pub received_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub size: i64,
    pub has_attachment: bool,
    pub status: Option<Status>,
    pub at_delivery: Option<Status>,
    pub keywords: BTreeSet<String>,
    pub mailboxes: BTreeSet<i64>,
    pub document: Document,
}

/// All accounts have the mailboxes 1 to 4, and the last is empty.
pub(super) const MAILBOXES: i64 = 4;

/// Threads have numbers up to this.
pub(super) const THREADS: i64 = 30;

/// The numbers of data types in the change log.
pub(super) const EMAIL: i16 = 3;
pub(super) const THREAD: i16 = 2;

/// The change log tells that these came, and of as many others that they changed.
pub(super) fn is_new(id: i64) -> bool {
    id % 3 == 0
}

pub(super) fn account_id(account: usize) -> i64 {
    account as i64 + 1
}

pub(super) async fn insert(client: &Client, accounts: &[Vec<Mail>]) {
    let mut sql = String::new();
    for (account, mails) in accounts.iter().enumerate() {
        let account = account_id(account);
        write!(
            sql,
            "INSERT INTO account (id, name, created_at) OVERRIDING SYSTEM VALUE VALUES ({account}, 'a{account}', 'epoch');"
        )
        .unwrap();
        for mailbox in 1..=MAILBOXES {
            let inside = || mails.iter().filter(|mail| mail.mailboxes.contains(&mailbox));
            let threads: BTreeSet<i64> = inside().map(|mail| mail.thread).collect();
            write!(
                sql,
                "INSERT INTO mailbox (account_id, id, name, total_emails, total_threads)
                 VALUES ({account}, {mailbox}, 'm{mailbox}', {}, {});",
                inside().count(),
                threads.len()
            )
            .unwrap();
        }
        let (before, after) = mails.split_at(mails.len() / 2);
        before.iter().for_each(|mail| insert_mail(&mut sql, account, mail));
        // Rows of threads come after some of their emails and before others.
        write!(
            sql,
            "INSERT INTO thread_mailbox (account_id, thread_id, mailbox_id, emails, unread)
             SELECT DISTINCT {account}, thread, mailbox, 0, 0
             FROM generate_series(1, {THREADS}) thread, generate_series(1, {MAILBOXES}) mailbox;"
        )
        .unwrap();
        after.iter().for_each(|mail| insert_mail(&mut sql, account, mail));
    }
    sql.push_str("DELETE FROM thread_mailbox WHERE newest_id IS NULL;");
    client.batch_execute(&sql).await.unwrap();
    client.batch_execute("ANALYZE").await.unwrap();
}

fn insert_mail(sql: &mut String, account: i64, mail: &Mail) {
    let Mail { id, thread, size, has_attachment, document, .. } = mail;
    let received = mail.received_at.to_rfc3339();
    let sent = mail.sent_at.map_or("NULL".to_owned(), |at| quoted(&at.to_rfc3339()));
    let status = |status: Option<Status>| status.map_or("NULL".to_owned(), |status| quoted(status.as_str()));
    let keywords = mail.keywords.iter().map(|keyword| quoted(keyword)).collect::<Vec<_>>().join(",");
    write!(
        sql,
        "INSERT INTO email (account_id, id, thread_id, received_at, sent_at, size, has_attachment, smime_status,
             smime_status_at_delivery, blob_hash, keywords, preview, sort_from, sort_to, sort_subject)
         VALUES ({account}, {id}, {thread}, '{received}', {sent}, {size}, {has_attachment}, {}, {},
             '\\x{id:064x}', ARRAY[{keywords}]::text[], '', {}, {}, {});
         INSERT INTO email_search VALUES ({account}, {id}, {thread}, '{received}', {}, {}, {});",
        status(mail.status),
        status(mail.at_delivery),
        quoted(&sort_text(&document.from)),
        quoted(&sort_text(&document.to)),
        quoted(&sort_text(&document.subject)),
        quoted(&document.fields(mail.received_at)),
        quoted(&document.body()),
        quoted(&document.headers_text()),
    )
    .unwrap();
    if id % 3 != 2 {
        let kind = if is_new(*id) { 1 } else { 2 };
        write!(sql, "INSERT INTO change VALUES ({account}, {EMAIL}, {id}, {id}, {kind});").unwrap();
    }
    for keyword in &mail.keywords {
        write!(sql, "INSERT INTO email_keyword VALUES ({account}, {}, '{received}', {id});", quoted(keyword))
            .unwrap();
    }
    for mailbox in &mail.mailboxes {
        write!(
            sql,
            "INSERT INTO email_mailbox VALUES ({account}, {id}, {mailbox}, {thread}, '{received}', true);"
        )
        .unwrap();
    }
}

/// What the columns sort_from, sort_to and sort_subject hold of this model's fields.
pub(super) fn sort_text(field: &str) -> String {
    field.to_lowercase()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(super) fn by_thread(mails: &[Mail]) -> BTreeMap<i64, Vec<&Mail>> {
    mails.iter().fold(BTreeMap::new(), |mut threads, mail| {
        threads.entry(mail.thread).or_insert_with(Vec::new).push(mail);
        threads
    })
}
