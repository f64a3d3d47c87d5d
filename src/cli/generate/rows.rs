//! Messages as rows in the text format of COPY.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use openssl::sha::sha256;
use serde::Serialize;

use super::World;
use super::accounts::Account;
use super::compose::{self, Written};
use super::plan::Letter;
use crate::delivery::{email_of, smime_of};
use crate::mime::{Message, base_subject, thread_key};
use crate::smime::{Facts, Outcome, examine};
use crate::store::blob::BlobHash;
use crate::store::email::{NewEmail, NewSmime};
use crate::trust::RegisteredSigner;

/// A table that messages fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Blob,
    Email,
    Mailbox,
    Keyword,
    Text,
    ThreadKey,
    Smime,
    Signature,
}

impl Table {
    /// All of them, in the order of their references.
    pub(super) const ALL: [Self; 8] = [
        Self::Blob,
        Self::Email,
        Self::Mailbox,
        Self::Keyword,
        Self::Text,
        Self::ThreadKey,
        Self::Smime,
        Self::Signature,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Email => "email",
            Self::Mailbox => "email_mailbox",
            Self::Keyword => "email_keyword",
            Self::Text => "email_search",
            Self::ThreadKey => "thread_key",
            Self::Smime => "email_smime",
            Self::Signature => "email_signature",
        }
    }

    /// The names of all of them.
    pub(super) fn names() -> [&'static str; Self::ALL.len()] {
        Self::ALL.map(Self::name)
    }

    /// The columns in the order in which the rows have them.
    pub(super) fn columns(self) -> &'static str {
        match self {
            Self::Blob => "hash, size, data, created_at",
            Self::Email => {
                "account_id, id, thread_id, received_at, sent_at, sent_offset, size, has_attachment, smime_status, \
                 smime_status_at_delivery, smime_errors, blob_hash, keywords, subject, sender, from_, to_, cc, bcc, \
                 reply_to, message_id, in_reply_to, references_, preview, sort_from, sort_to, sort_subject"
            }
            Self::Mailbox => "account_id, email_id, mailbox_id, thread_id, received_at, is_unread",
            Self::Keyword => "account_id, keyword, received_at, email_id",
            Self::Text => "account_id, email_id, thread_id, received_at, fields, body, headers",
            Self::ThreadKey => "account_id, key, thread_id",
            Self::Smime => "account_id, email_id, form, problems, checked_at",
            Self::Signature => {
                "account_id, email_id, ordinal, signer_id, is_sender, digest, algorithm, signing_time, problems"
            }
        }
    }
}

/// Rows of each table.
#[derive(Default)]
pub(super) struct Rows([String; Table::ALL.len()]);

impl Rows {
    /// Takes the rows of a table out.
    pub(super) fn take(&mut self, table: Table) -> String {
        std::mem::take(&mut self.0[table as usize])
    }

    /// Adds everything that a delivery of the message would store, by what a delivery reads and judges it with.
    pub(super) fn add(&mut self, world: &World, account: &Account, letter: &Letter) {
        let Written { raw, membership, signer } = compose::write(world, account, letter);
        let blob = BlobHash(sha256(&raw));
        let message = Message::parse(&raw).expect("what is generated is a message");
        let mut email = email_of(&message, blob, |_| letter.received_at, membership);
        let facts = examine(&message);
        let signers = (0..facts.signers.len().min(1))
            .filter_map(|index| Some(RegisteredSigner { index, signer: world.signer_ids[signer?] }));
        email.smime = smime_of(&facts, &signers.collect::<Vec<_>>());
        let outcome = world.outcome(signer, &facts, letter.received_at);
        let place = Place { account: account.id.0, id: letter.id, thread: letter.thread };
        self.line(Table::Blob)
            .octets(&blob.0)
            .number(raw.len() as i64)
            .octets(&raw)
            .time(letter.received_at)
            .end();
        self.add_email(place, &email, &outcome);
        self.add_membership(place, &email);
        self.add_text(place, &email);
        self.add_smime(place, &email);
    }

    fn line(&mut self, table: Table) -> Line<'_> {
        Line::new(&mut self.0[table as usize])
    }

    fn add_email(&mut self, place: Place, email: &NewEmail, outcome: &Outcome) {
        let headers = &email.headers;
        let errors = Some(&outcome.errors).filter(|errors| !errors.is_empty());
        let keywords: Vec<&str> = email.membership.keywords.iter().map(|keyword| keyword.as_str()).collect();
        let offset = email.sent_at.map(|at| i64::from(at.offset().local_minus_utc() / 60));
        let mut line = self.line(Table::Email);
        line.number(place.account)
            .number(place.id)
            .number(place.thread)
            .time(email.received_at)
            .optional(email.sent_at, |line, at| line.time(at.to_utc()))
            .optional(offset, Line::number)
            .number(email.size as i64)
            .flag(email.has_attachment)
            .optional(outcome.status, |line, status| line.text(status.as_str()))
            .optional(outcome.status_at_delivery, |line, status| line.text(status.as_str()))
            .optional(errors, Line::json)
            .octets(&email.blob.0)
            .array(&keywords)
            .optional(headers.subject.as_deref(), Line::text);
        for addresses in
            [&headers.sender, &headers.from, &headers.to, &headers.cc, &headers.bcc, &headers.reply_to]
        {
            line.optional(addresses.as_ref(), Line::json);
        }
        for ids in [&headers.message_id, &headers.in_reply_to, &headers.references] {
            line.optional(ids.as_deref(), Line::array);
        }
        line.text(&email.preview)
            .text(&email.sort_keys.from)
            .text(&email.sort_keys.to)
            .text(&email.sort_keys.subject)
            .end();
    }

    fn add_membership(&mut self, place: Place, email: &NewEmail) {
        let membership = &email.membership;
        for mailbox in &membership.mailboxes {
            self.line(Table::Mailbox)
                .number(place.account)
                .number(place.id)
                .number(mailbox.0)
                .number(place.thread)
                .time(email.received_at)
                .flag(membership.is_unread())
                .end();
        }
        for keyword in &membership.keywords {
            self.line(Table::Keyword)
                .number(place.account)
                .text(keyword.as_str())
                .time(email.received_at)
                .number(place.id)
                .end();
        }
    }

    /// The words, and the key by which answers find the thread: the keys of what this answers are there already.
    fn add_text(&mut self, place: Place, email: &NewEmail) {
        self.line(Table::Text)
            .number(place.account)
            .number(place.id)
            .number(place.thread)
            .time(email.received_at)
            .text(&email.fields)
            .text(&email.body)
            .text(&email.headers_text)
            .end();
        let subject = base_subject(email.headers.subject.as_deref().unwrap_or_default()).to_lowercase();
        for id in email.headers.message_id.iter().flatten() {
            let key = thread_key(id, &subject);
            self.line(Table::ThreadKey).number(place.account).octets(&key).number(place.thread).end();
        }
    }

    fn add_smime(&mut self, place: Place, email: &NewEmail) {
        let Some(NewSmime { form, problems, signatures }) = &email.smime else { return };
        self.line(Table::Smime)
            .number(place.account)
            .number(place.id)
            .text(form)
            .json(problems)
            .time(email.received_at)
            .end();
        for (ordinal, signature) in signatures.iter().enumerate() {
            self.line(Table::Signature)
                .number(place.account)
                .number(place.id)
                .number(ordinal as i64)
                .number(signature.signer.0)
                .flag(signature.is_sender)
                .text(&signature.digest)
                .text(&signature.algorithm)
                .optional(signature.signing_time, Line::time)
                .json(&signature.problems)
                .end();
        }
    }
}

/// Under which numbers a message is stored.
#[derive(Clone, Copy)]
struct Place {
    account: i64,
    id: i64,
    thread: i64,
}

/// A row under way: values with tabs between them.
struct Line<'r> {
    rows: &'r mut String,
    is_first: bool,
}

impl<'r> Line<'r> {
    fn new(rows: &'r mut String) -> Self {
        Self { rows, is_first: true }
    }

    fn end(&mut self) {
        self.rows.push('\n');
    }

    fn next(&mut self) -> &mut String {
        if !std::mem::replace(&mut self.is_first, false) {
            self.rows.push('\t');
        }
        self.rows
    }

    fn number(&mut self, number: i64) -> &mut Self {
        // Writing into a string does not fail.
        let _ = write!(self.next(), "{number}");
        self
    }

    fn flag(&mut self, flag: bool) -> &mut Self {
        self.next().push(if flag { 't' } else { 'f' });
        self
    }

    /// A timestamptz, as PostgreSQL reads it whatever its DateStyle is.
    fn time(&mut self, at: DateTime<Utc>) -> &mut Self {
        let _ = write!(self.next(), "{}+00", at.naive_utc());
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        escape(text, self.next());
        self
    }

    fn octets(&mut self, octets: &[u8]) -> &mut Self {
        let rows = self.next();
        rows.push_str("\\\\x");
        rows.extend(octets.iter().flat_map(|octet| [octet >> 4, octet & 15]).map(hex_digit));
        self
    }

    fn json(&mut self, value: &impl Serialize) -> &mut Self {
        let json = serde_json::to_string(value).expect("addresses and problems are values of JSON");
        self.text(&json)
    }

    /// An array of text.
    fn array(&mut self, items: &[impl AsRef<str>]) -> &mut Self {
        let mut array = String::from("{");
        for (number, item) in items.iter().enumerate() {
            array.push_str(if number == 0 { "\"" } else { ",\"" });
            for c in item.as_ref().chars() {
                if matches!(c, '"' | '\\') {
                    array.push('\\');
                }
                array.push(c);
            }
            array.push('"');
        }
        array.push('}');
        self.text(&array)
    }

    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T) -> &mut Self) -> &mut Self {
        match value {
            Some(value) => write(self, value),
            None => {
                self.next().push_str("\\N");
                self
            }
        }
    }
}

/// What ends a value, a row or the data is written so that it does not.
fn escape(text: &str, rows: &mut String) {
    let mut rest = text;
    while let Some(place) = rest.find(['\\', '\n', '\r', '\t']) {
        let (plain, special) = rest.split_at(place);
        rows.push_str(plain);
        rows.push_str(match special.as_bytes()[0] {
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            _ => "\\t",
        });
        rest = &special[1..];
    }
    rows.push_str(rest);
}

fn hex_digit(digit: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(digit)])
}

impl World {
    /// What the S/MIME columns say of a message.
    fn outcome(&self, signer: Option<usize>, facts: &Facts, received_at: DateTime<Utc>) -> Outcome {
        // Without a signature that can be read, nobody's verdict counts.
        let signer = signer.filter(|_| facts.signers.iter().any(|signer| signer.is_sender));
        self.signers.outcome(signer, facts, received_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_in_their_columns() {
        let mut rows = String::new();
        Line::new(&mut rows)
            .text("a\tb\\c\r\nd")
            .array(&["x\"y", "z\\", ""])
            .octets(&[0, 0xAF])
            .optional(None, Line::number)
            .flag(true)
            .end();
        assert_eq!(rows, "a\\tb\\\\c\\r\\nd\t{\"x\\\\\"y\",\"z\\\\\\\\\",\"\"}\t\\\\x00af\t\\N\tt\n");
    }
}
