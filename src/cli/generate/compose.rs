//! One generated message: its octets, where it lies, and how it is marked.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, FixedOffset, Utc};

use super::World;
use super::accounts::{self, Account};
use super::languages::Language;
use super::needles;
use super::people::Person;
use super::plan::{Answered, Author, Letter};
use super::random::Random;
use super::signing::{Manner, signed};
use crate::mime::build::{Content, ContentType, Entity, Field, message};
use crate::mime::{EmailAddress, HeaderForm, HeaderValue};
use crate::store::email::Membership;
use crate::wire::ids::MailboxId;
use crate::wire::keyword::Keyword;

/// What random numbers are for; see [`Random::of`].
const KIND: u64 = 3;
const SUBJECT_KIND: u64 = 4;
const MESSAGE_ID_KIND: u64 = 5;

/// How much of the mail of others is signed.
const SIGNED: f64 = 0.34;
/// A line of text is broken at the first space behind so many characters.
const LINE: usize = 70;

/// A message as it came.
pub(super) struct Written {
    pub(super) raw: Vec<u8>,
    pub(super) membership: Membership,
    /// Who signed it, by number, if somebody did.
    pub(super) signer: Option<usize>,
}

/// Writes the message that was planned.
pub(super) fn write(world: &World, account: &Account, letter: &Letter) -> Written {
    let mut random = Random::of(account.seed, KIND, letter.place as u64);
    let writer = Writer { world, account, letter };
    let manner = match letter.author {
        Author::Person(_) if random.chance(SIGNED) => Some(Manner::pick(&mut random)),
        _ => None,
    };
    let manner = match manner {
        Some(Manner::Opaque | Manner::Encrypted) if needles::are_at(letter.place) => Some(Manner::Clear),
        other => other,
    };
    let mut froms = vec![writer.person(letter.author).mailbox()];
    if manner == Some(Manner::TwoAuthors) {
        froms.push(account.owner.mailbox());
    }
    let fields = writer.fields(froms, &mut random);
    let entity = writer.entity(&mut random);
    let raw = message(&fields, entity).expect("what is generated fits into the lines of mail");
    let signer = match (letter.author, manner) {
        // Somebody else signs, whose certificate does not name who writes.
        (Author::Person(person), Some(Manner::Stranger)) => Some((person + 1) % world.people.len()),
        (Author::Person(person), Some(_)) => Some(person),
        _ => None,
    };
    let raw = match (signer, manner) {
        (Some(signer), Some(manner)) => signed(&world.signers, signer, manner, &raw, letter.received_at),
        _ => raw,
    };
    Written { raw, membership: writer.membership(&mut random), signer }
}

struct Writer<'a> {
    world: &'a World,
    account: &'a Account,
    letter: &'a Letter,
}

impl<'a> Writer<'a> {
    fn person(&self, author: Author) -> &'a Person {
        match author {
            Author::Owner => &self.account.owner,
            Author::Person(number) => &self.world.people[number],
        }
    }

    fn somebody(&self, random: &mut Random) -> &'a Person {
        &self.world.people[random.zipf(self.world.people.len())]
    }

    fn fields(&self, froms: Vec<EmailAddress>, random: &mut Random) -> Vec<Field> {
        let (letter, author) = (self.letter, self.person(self.letter.author));
        let sent_at = letter.received_at - Duration::seconds(random.log_normal(8.0, 1.0) as i64);
        let (to, cc) = self.recipients(random);
        let own = Answered { place: letter.place, author: letter.author };
        let references: Vec<String> =
            letter.references.iter().map(|answered| self.message_id(*answered)).collect();
        let answered = references.last().cloned().into_iter().collect();
        let fields = [
            ("Received", HeaderForm::Raw, HeaderValue::Text(received(author.domain(), letter.received_at))),
            ("Message-ID", HeaderForm::MessageIds, HeaderValue::Strings(vec![self.message_id(own)])),
            ("Date", HeaderForm::Date, HeaderValue::Date(sent_at.with_timezone(&zone(author)))),
            ("From", HeaderForm::Addresses, HeaderValue::Addresses(froms)),
            ("To", HeaderForm::Addresses, HeaderValue::Addresses(to)),
            ("Cc", HeaderForm::Addresses, HeaderValue::Addresses(cc)),
            ("Subject", HeaderForm::Text, HeaderValue::Text(self.subject())),
            ("In-Reply-To", HeaderForm::MessageIds, HeaderValue::Strings(answered)),
            ("References", HeaderForm::MessageIds, HeaderValue::Strings(references)),
        ];
        fields
            .into_iter()
            .filter_map(|(name, form, value)| {
                Field::new(name, form, &value).expect("what is generated fits into a header field")
            })
            .collect()
    }

    /// Who gets it: the owner from others, and from the owner the last of those who wrote, or somebody.
    fn recipients(&self, random: &mut Random) -> (Vec<EmailAddress>, Vec<EmailAddress>) {
        let first = match (self.letter.author, self.letter.references.last()) {
            (Author::Person(_), _) => &self.account.owner,
            (Author::Owner, Some(Answered { author: Author::Person(number), .. })) => {
                &self.world.people[*number]
            }
            (Author::Owner, _) => self.somebody(random),
        };
        let mut to = vec![first.mailbox()];
        let mut cc = Vec::new();
        if random.chance(0.15) {
            (0..random.pareto(1.3, 8)).for_each(|_| to.push(self.somebody(random).mailbox()));
        }
        if random.chance(0.15) {
            (0..random.pareto(1.3, 8)).for_each(|_| cc.push(self.somebody(random).mailbox()));
        }
        if needles::goes_to_address(self.letter.place) {
            cc.push(EmailAddress { name: None, email: needles::ADDRESS.to_owned() });
        }
        (to, cc)
    }

    fn message_id(&self, message: Answered) -> String {
        let number = Random::of(self.account.seed, MESSAGE_ID_KIND, message.place as u64).next();
        format!("{number:016x}.{}@{}", message.place, self.person(message.author).domain())
    }

    /// The thread's, with what answers put before it.
    fn subject(&self) -> String {
        let mut random = Random::of(self.account.seed, SUBJECT_KIND, self.letter.first as u64);
        let language = Language::pick(&mut random);
        let mut subject = String::from(if self.letter.references.is_empty() { "" } else { "Re: " });
        language.write(2 + random.below(6), &mut random, &mut subject);
        subject
    }

    /// Text, which three of ten times comes as HTML or in both forms, and sometimes what is attached to it.
    fn entity(&self, random: &mut Random) -> Entity {
        let author = self.person(self.letter.author);
        let language = if random.chance(0.7) { author.language } else { Language::pick(random) };
        let text = self.text(language, random);
        let body = match random.below(10) {
            0 => part("text/html", Content::Text(html(&text))),
            1 | 2 => part(
                "multipart/alternative",
                Content::Parts(vec![
                    part("text/plain", Content::Text(text.clone())),
                    part("text/html", Content::Text(html(&text))),
                ]),
            ),
            _ => part("text/plain", Content::Text(text)),
        };
        if !random.chance(0.12) {
            return body;
        }
        let mut parts = vec![body];
        (0..random.pareto(2.0, 4)).for_each(|_| parts.push(attachment(language, random)));
        part("multipart/mixed", Content::Parts(parts))
    }

    /// Paragraphs, what is planted, and of some answers a few lines of what they answer.
    fn text(&self, language: &Language, random: &mut Random) -> String {
        let median = self.world.words;
        let mut left = (random.log_normal(median, 0.8) as usize).clamp(2, 40 * median as usize + 2);
        let mut text = String::new();
        while left > 0 {
            let count = left.min(20 + random.below(60));
            language.write(count, random, &mut text);
            text.push_str("\n\n");
            left -= count;
        }
        needles::plant(self.letter.place, &mut text);
        text.push_str("\n\n");
        let mut text = broken(&text);
        if !self.letter.references.is_empty() && random.chance(0.3) {
            let mut quoted = String::new();
            language.write(5 + random.below(15), random, &mut quoted);
            broken(&quoted).lines().for_each(|line| text.extend(["> ", line, "\n"]));
        }
        text
    }

    /// What comes goes where it is sorted to, what the owner writes is in Sent. What came long ago is read.
    fn membership(&self, random: &mut Random) -> Membership {
        let is_own = self.letter.author == Author::Owner;
        let place = match (is_own, random.below(100)) {
            (true, 0) => accounts::DRAFTS,
            (true, _) => accounts::SENT,
            (false, 0..40) => accounts::INBOX,
            (false, 40..60) => accounts::ARCHIVE,
            (false, 60..64) => accounts::JUNK,
            (false, 64..69) => accounts::TRASH,
            (false, _) => accounts::FIRST_FOLDER + random.zipf(accounts::COUNT - accounts::FIRST_FOLDER),
        };
        let mut mailboxes: BTreeSet<MailboxId> = BTreeSet::from([self.account.mailboxes[place]]);
        if random.chance(0.05) && ![accounts::DRAFTS, accounts::JUNK, accounts::TRASH].contains(&place) {
            mailboxes.insert(self.account.mailboxes[accounts::FIRST_FOLDER + random.below(5)]);
        }
        let age = 1.0 - self.letter.place as f64 / self.account.messages as f64;
        let often = [
            ("$answered", 0.15),
            ("$flagged", 0.03),
            ("$forwarded", 0.04),
            ("$mdnsent", 0.01),
            ("todo", 0.01),
            ("$seen", if is_own { 1.0 } else { 0.6 + 0.38 * age }),
            ("$draft", if place == accounts::DRAFTS { 1.0 } else { 0.0 }),
            ("$junk", if place == accounts::JUNK { 0.9 } else { 0.0 }),
        ];
        let keywords = often.into_iter().filter(|(_, often)| random.chance(*often));
        let keywords = keywords.filter_map(|(keyword, _)| Keyword::parse(keyword)).collect();
        Membership { mailboxes, keywords }
    }
}

fn part(media_type: &str, content: Content) -> Entity {
    Entity { content_type: ContentType::new(media_type), fields: Vec::new(), content }
}

/// A few octets with a name.
fn attachment(language: &Language, random: &mut Random) -> Entity {
    let (media_type, extension) = *random.one_of(&[
        ("application/pdf", "pdf"),
        ("application/pdf", "pdf"),
        ("image/jpeg", "jpg"),
        ("image/png", "png"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
        ("application/zip", "zip"),
    ]);
    let length = (random.log_normal(300.0, 1.0) as usize).clamp(16, 8_000);
    let octets =
        std::iter::repeat_with(|| random.next().to_le_bytes()).take(length.div_ceil(8)).flatten().collect();
    let name = format!("{}.{extension}", language.name(random.zipf(5_000)));
    let disposition =
        Field::with_parameters("Content-Disposition", "attachment", &[("filename".to_owned(), name)]);
    Entity { fields: disposition.into_iter().collect(), ..part(media_type, Content::Octets(octets)) }
}

fn html(text: &str) -> String {
    let mut html = String::from("<html><body>\n");
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        html.extend(["<p>", &paragraph.trim().replace('>', "&gt;"), "</p>\n"]);
    }
    html.push_str("</body></html>\n");
    html
}

/// The same text in lines.
fn broken(text: &str) -> String {
    let mut column = 0;
    let mut lines = String::with_capacity(text.len());
    for c in text.chars() {
        column = if c == '\n' { 0 } else { column + 1 };
        if c == ' ' && column > LINE {
            lines.push('\n');
            column = 0;
        } else {
            lines.push(c);
        }
    }
    lines
}

/// A trace field (RFC 5321 §4.4).
fn received(domain: &str, at: DateTime<Utc>) -> String {
    format!(
        "from mail.{domain} by mx.generated.example with ESMTPS;\r\n {}",
        at.format("%a, %-d %b %Y %H:%M:%S +0000")
    )
}

/// Where somebody lives, as an offset from UTC.
fn zone(person: &Person) -> FixedOffset {
    const HOURS: [i32; 8] = [0, 1, 1, 2, 3, 8, 9, -5];
    let hours = HOURS[person.address.len() % HOURS.len()];
    FixedOffset::east_opt(hours * 3600).expect("an offset of hours is one")
}
