//! One generated message after the other, and the rows that it fills.

use std::collections::HashMap;
use std::fmt::Write;

use chrono::{DateTime, Duration, Utc};
use openssl::sha::sha256;
use serde_json::json;

use super::GenerateOptions;
use super::people::{self, Person};
use super::random::Random;
use super::signers::Signers;
use crate::smime::{Code, Form, Outcome, Problem, Status};
use crate::store::signer::SignerId;
use crate::text::Document;
use crate::wire::ids::AccountId;

/// How long ago the first message came.
const YEARS: i64 = 5;
/// How many mailboxes the messages are in; the first ones hold the most.
pub(super) const MAILBOXES: usize = 30;

/// What a mailbox counts (RFC 8621 §2).
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) emails: i64,
    pub(super) unread: i64,
}

/// Rows in the text format of COPY, by table.
pub(super) type Rows = HashMap<&'static str, String>;

/// Makes messages in the order of their arrival.
pub(super) struct Mailbag {
    account: AccountId,
    options: GenerateOptions,
    random: Random,
    words: Vec<String>,
    people: Vec<Person>,
    /// By person, with the numbers that the database gave them.
    signers: Signers,
    signer_ids: Vec<SignerId>,
    /// The newest threads and their subjects, for replies.
    threads: Vec<(i64, String)>,
    next_id: i64,
    first_mailbox: i64,
    made: usize,
    pub(super) by_thread: HashMap<(i64, i64), Counts>,
}

impl Mailbag {
    pub(super) fn new(account: AccountId, options: &GenerateOptions, next_id: i64) -> Self {
        let words = people::vocabulary();
        let people = people::people((options.messages / 200).max(40), &words);
        let addresses: Vec<&str> = people.iter().map(|person| person.address.as_str()).collect();
        let signers =
            Signers::new(options.seed, options.until, &addresses).expect("OpenSSL can sign with Ed25519");
        Self {
            account,
            options: options.clone(),
            random: Random::new(options.seed),
            words,
            people,
            signers,
            signer_ids: Vec::new(),
            threads: Vec::new(),
            next_id: next_id + MAILBOXES as i64,
            first_mailbox: next_id,
            made: 0,
            by_thread: HashMap::new(),
        }
    }

    pub(super) fn signers(&self) -> &Signers {
        &self.signers
    }

    /// The numbers that the database gave the signers, one a person.
    pub(super) fn set_signers(&mut self, signers: Vec<SignerId>) {
        self.signer_ids = signers;
    }

    /// The mailboxes' ids.
    pub(super) fn mailboxes(&self) -> Vec<i64> {
        (self.first_mailbox..).take(MAILBOXES).collect()
    }

    /// The next id that the account has free after this.
    pub(super) fn next_id(&self) -> i64 {
        self.next_id
    }

    /// The rows of the next messages, at most so many; none when all are made.
    pub(super) fn next_rows(&mut self, most: usize) -> Option<Rows> {
        let count = most.min(self.options.messages - self.made);
        let mut rows = Rows::new();
        for _ in 0..count {
            self.add_message(&mut rows);
            self.made += 1;
        }
        (count > 0).then_some(rows)
    }

    fn add_message(&mut self, rows: &mut Rows) {
        let id = self.next_id;
        self.next_id += 1;
        let received_at = self.received_at();
        let (thread, subject) = self.thread_and_subject();
        let sender = self.random.zipf(self.people.len());
        let recipient = self.random.zipf(self.people.len());
        let length = 15 + self.random.below(30);
        let body = people::text(&self.words, length, &mut self.random);
        let keywords = self.keywords();
        let signature = self.random.chance(0.3).then(|| self.signature(sender, received_at));
        let message = Message {
            account: self.account.0,
            id,
            thread,
            received_at,
            from: &self.people[sender],
            to: &self.people[recipient],
            subject,
            body,
            size_factor: 1 + self.random.zipf(2000) as i64,
            keywords,
        };
        message.write_email(signature.as_ref(), rows);
        message.write_text(rows);
        message.write_keywords(rows);
        if let Some(signature) = signature {
            signature.write(self.account.0, id, self.signer_ids[sender], received_at, rows);
        }
        let is_unread = !message.keywords.iter().any(|keyword| ["$seen", "$draft"].contains(keyword));
        self.add_to_mailboxes(id, thread, received_at, is_unread, rows);
    }

    /// Evenly over the years, in order.
    fn received_at(&mut self) -> DateTime<Utc> {
        let years = Duration::days(365 * YEARS).num_seconds() as f64;
        let part = (self.made as f64 + self.random.unit()) / self.options.messages as f64;
        self.options.until - Duration::seconds((years * (1.0 - part)) as i64)
    }

    /// Half of the messages are replies, most of them to a recent thread.
    fn thread_and_subject(&mut self) -> (i64, String) {
        if !self.threads.is_empty() && self.random.chance(0.5) {
            let back = self.random.zipf(self.threads.len().min(500));
            let (thread, subject) = &self.threads[self.threads.len() - 1 - back];
            return (*thread, format!("Re: {subject}"));
        }
        let length = 2 + self.random.below(6);
        let subject = people::text(&self.words, length, &mut self.random);
        let thread = self.next_id;
        self.next_id += 1;
        self.threads.push((thread, subject.clone()));
        (thread, subject)
    }

    fn keywords(&mut self) -> Vec<&'static str> {
        let often = [("$answered", 0.15), ("$draft", 0.002), ("$flagged", 0.03), ("$forwarded", 0.04)];
        let mut keywords: Vec<&str> = often
            .into_iter()
            .filter(|(_, often)| self.random.chance(*often))
            .map(|(keyword, _)| keyword)
            .collect();
        // What came lately is read less.
        let age = 1.0 - self.made as f64 / self.options.messages as f64;
        if self.random.chance(0.6 + 0.38 * age) {
            keywords.push("$seen");
        }
        if self.random.chance(0.01) {
            keywords.push("todo");
        }
        keywords
    }

    fn signature(&mut self, sender: usize, received_at: DateTime<Utc>) -> Signature {
        let (form, problems) = match self.random.below(100) {
            0..3 => (Form::Unknown, Vec::new()),
            3..7 => (Form::ClearSigned, vec![Problem::new(Code::ContentAltered)]),
            7..9 => (Form::Partial, vec![Problem::new(Code::PartialSignature)]),
            9..20 => (Form::OpaqueSigned, Vec::new()),
            _ => (Form::ClearSigned, Vec::new()),
        };
        let outcome = self.signers.outcome(sender, form, &problems, received_at);
        Signature { form, problems, outcome }
    }

    fn add_to_mailboxes(
        &mut self,
        id: i64,
        thread: i64,
        received_at: DateTime<Utc>,
        is_unread: bool,
        rows: &mut Rows,
    ) {
        let account = self.account.0;
        let first = self.random.zipf(MAILBOXES);
        let second = self.random.chance(0.05).then(|| self.random.zipf(MAILBOXES));
        for index in [Some(first), second.filter(|second| *second != first)].into_iter().flatten() {
            let mailbox = self.first_mailbox + index as i64;
            let received_at = received_at.to_rfc3339();
            line(
                rows,
                "email_mailbox",
                format_args!("{account}\t{id}\t{mailbox}\t{thread}\t{received_at}\t{is_unread}"),
            );
            let counts = self.by_thread.entry((thread, mailbox)).or_default();
            counts.emails += 1;
            counts.unread += i64::from(is_unread);
        }
    }
}

struct Message<'a> {
    account: i64,
    id: i64,
    thread: i64,
    received_at: DateTime<Utc>,
    from: &'a Person,
    to: &'a Person,
    subject: String,
    body: String,
    size_factor: i64,
    keywords: Vec<&'static str>,
}

impl Message<'_> {
    fn write_email(&self, signature: Option<&Signature>, rows: &mut Rows) {
        let Self { account, id, thread, from, to, subject, body, keywords, .. } = self;
        let received_at = self.received_at.to_rfc3339();
        let raw = format!(
            "Message-ID: <{account}.{id}@generated.example>\r\nDate: {}\r\nFrom: {} <{}>\r\nTo: {} <{}>\r\n\
             Subject: {subject}\r\n\r\n{body}\r\n",
            self.received_at.to_rfc2822(),
            from.name,
            from.address,
            to.name,
            to.address
        );
        let hash = hex::encode(sha256(raw.as_bytes()));
        line(
            rows,
            "blob",
            format_args!("\\\\x{hash}\t{}\t\\\\x{}\t{received_at}", raw.len(), hex::encode(&raw)),
        );
        // Sizes spread as those of real mail do; the stored bytes stay small.
        let size = raw.len() as i64 * self.size_factor;
        let status = |status: Option<Status>| status.map_or("\\N", Status::as_str);
        let outcome = signature.map(|signature| &signature.outcome);
        let errors = outcome.map(|outcome| &outcome.errors).filter(|errors| !errors.is_empty());
        line(
            rows,
            "email",
            format_args!(
                "{account}\t{id}\t{thread}\t{received_at}\t{received_at}\t0\t{size}\t{has_attachment}\t{}\t{}\t\
                 \\\\x{hash}\t{{{}}}\t{subject}\t{}\t{}\t{{{account}.{id}@generated.example}}\t{preview}\t{}\t{}\t{}\t{}",
                status(outcome.and_then(|outcome| outcome.status)),
                status(outcome.and_then(|outcome| outcome.status_at_delivery)),
                keywords.join(","),
                json!([{"name": from.name, "email": from.address}]),
                json!([{"name": to.name, "email": to.address}]),
                from.name.to_lowercase(),
                to.name.to_lowercase(),
                subject.trim_start_matches("Re: "),
                errors.map_or_else(|| "\\N".to_owned(), Problems::to_json),
                has_attachment = self.size_factor > 500,
                preview = &body[..body.floor_char_boundary(200)],
            ),
        );
    }

    fn write_text(&self, rows: &mut Rows) {
        let document = Document {
            from: format!("{} {}", self.from.name, self.from.address),
            to: format!("{} {}", self.to.name, self.to.address),
            subject: self.subject.clone(),
            body: self.body.clone(),
            headers: vec![
                ("From".to_owned(), format!("{} <{}>", self.from.name, self.from.address)),
                ("To".to_owned(), format!("{} <{}>", self.to.name, self.to.address)),
                ("Subject".to_owned(), self.subject.clone()),
            ],
            ..Document::default()
        };
        let headers = document.headers_text().replace('\n', "\\n");
        line(
            rows,
            "email_search",
            format_args!(
                "{}\t{}\t{}\t{}\t{}\t{}\t{headers}",
                self.account,
                self.id,
                self.thread,
                self.received_at.to_rfc3339(),
                document.fields(self.received_at),
                document.body()
            ),
        );
    }

    fn write_keywords(&self, rows: &mut Rows) {
        for keyword in &self.keywords {
            let (account, id, received_at) = (self.account, self.id, self.received_at.to_rfc3339());
            line(rows, "email_keyword", format_args!("{account}\t{keyword}\t{received_at}\t{id}"));
        }
    }
}

type Problems = Vec<Problem>;

/// A message's signature, and what its S/MIME columns say.
struct Signature {
    form: Form,
    problems: Problems,
    outcome: Outcome,
}

impl Signature {
    fn write(
        &self,
        account: i64,
        id: i64,
        SignerId(signer): SignerId,
        received_at: DateTime<Utc>,
        rows: &mut Rows,
    ) {
        let (form, problems, at) = (self.form.as_str(), self.problems.to_json(), received_at.to_rfc3339());
        line(rows, "email_smime", format_args!("{account}\t{id}\t{form}\t{problems}\t{at}"));
        if self.form != Form::Unknown {
            line(
                rows,
                "email_signature",
                format_args!("{account}\t{id}\t0\t{signer}\ttrue\tsha512\ted25519\t{at}"),
            );
        }
    }
}

trait ToJson {
    fn to_json(&self) -> String;
}

impl ToJson for Problems {
    fn to_json(&self) -> String {
        // COPY reads a backslash as an escape of its own.
        json!(self).to_string().replace('\\', "\\\\")
    }
}

fn line(rows: &mut Rows, table: &'static str, columns: std::fmt::Arguments<'_>) {
    let _ = writeln!(rows.entry(table).or_default(), "{columns}");
}
