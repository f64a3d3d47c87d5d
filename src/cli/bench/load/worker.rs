//! One connection of a user: what it does, and how it knows that the answers are right.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::followed::Followed;
use super::kind::{Kind, Shares};
use super::tally::Tally;
use super::user::User;
use crate::cli::bench::client::{Call, Connection, Failure};
use crate::cli::bench::named::{Asks, PAGE, mailbox};

/// After so long a message that was imported must be found by its words.
const PATIENCE: Duration = Duration::from_secs(20);
/// Of its own it has so many emails at most.
const MOST_OF_OWN: usize = 50;
/// Emails whose bodies are read at once.
const BODIES: usize = 10;

/// A worker.
pub(super) struct Worker {
    user: Arc<User>,
    connection: Connection,
    random: Random,
    shares: Arc<Shares>,
    /// What its keyword is called: nobody else sets or takes away this one.
    keyword: String,
    /// Emails that have the keyword.
    marked: BTreeSet<String>,
    /// Emails that it imported and that are still there, each with the index of its mailbox.
    own: Vec<(String, usize)>,
    followed: Followed,
    tally: Tally,
}

/// Numbers that look random, the same for each seed (SplitMix64).
struct Random(u64);

impl Worker {
    /// A worker at a node.
    pub(super) fn new(
        user: &Arc<User>,
        node: usize,
        seed: u64,
        shares: &Arc<Shares>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            connection: Connection::new(user.node(node)?)?,
            user: Arc::clone(user),
            keyword: format!("keywords/signet-load-{seed:x}"),
            marked: BTreeSet::new(),
            random: Random(seed),
            shares: Arc::clone(shares),
            own: Vec::new(),
            followed: Followed::default(),
            tally: Tally::default(),
        })
    }

    /// Works until the time is over; then it looks at what changed, and destroys what it imported.
    pub(super) async fn work(mut self, until: Instant) -> Tally {
        while Instant::now() < until {
            let kind = self.choose();
            let outcome = self.act(kind).await;
            self.tally.note(kind, outcome);
        }
        let at_the_end = self.end().await;
        self.tally.note(Kind::End, at_the_end);
        self.tally.add_refusals(&self.connection.refusals);
        self.tally
    }

    /// What to do next; where it cannot be done yet, or not any more, what makes it possible.
    fn choose(&mut self) -> Kind {
        match self.shares.choose(self.random.next()) {
            Kind::Import if self.own.len() >= MOST_OF_OWN => Kind::Destroy,
            Kind::Move | Kind::Destroy if self.own.is_empty() => Kind::Import,
            Kind::Smime if !self.connection.session.has_smime() => Kind::Text,
            kind => kind,
        }
    }

    async fn act(&mut self, kind: Kind) -> Result<Duration, Failure> {
        match kind {
            Kind::List => self.list().await,
            Kind::Text => {
                let query = self.text();
                self.page(query).await
            }
            Kind::Smime => {
                let query = self.smime();
                self.page(query).await
            }
            Kind::Bodies => self.bodies().await,
            Kind::Keyword => self.keyword().await,
            Kind::Move => self.move_one().await,
            Kind::Import => self.import().await,
            Kind::Destroy => self.destroy().await,
            Kind::Changes => self.changes().await,
            _ => self.mailboxes().await,
        }
    }

    /// One of the first pages of a mailbox.
    async fn list(&mut self) -> Result<Duration, Failure> {
        let pages = (self.user.values.mailbox_emails / PAGE).clamp(1, 4);
        let position = self.random.below(pages) * PAGE;
        let query = mailbox(&self.user.values, &json!({"position": position}));
        self.page(query).await
    }

    fn text(&mut self) -> Value {
        let values = &self.user.values;
        let texts = [&values.rare, &values.common, &values.phrase, &values.subject, &values.address_part];
        let texts: Vec<String> = texts.into_iter().flatten().cloned().collect();
        let text = self.random.of(&texts).unwrap_or_else(|| "lamps".to_owned());
        mailbox(&self.user.values, &json!({"filter": {"text": text}}))
    }

    fn smime(&mut self) -> Value {
        let filter = match self.random.below(3) {
            0 => json!({"hasSmime": true}),
            1 => json!({"hasVerifiedSmime": true}),
            _ => json!({"hasVerifiedSmime": false}),
        };
        mailbox(&self.user.values, &json!({"filter": filter}))
    }

    /// Email/query and Email/get by reference: the emails are those that were found, except what others destroyed.
    async fn page(&mut self, query: Value) -> Result<Duration, Failure> {
        let asks =
            Asks::QueryAndGet(query, json!({"properties": ["subject", "from", "receivedAt", "keywords"]}));
        let (took, responses) = self.send(&asks.calls()).await?;
        let [found, got] = responses.as_slice() else {
            return Err(Failure::Wrong("two calls have not two responses".to_owned()));
        };
        let count = |object: &Value, name: &str| {
            object
                .get(name)
                .and_then(Value::as_array)
                .map(Vec::len)
                .ok_or_else(|| Failure::lacks(name, object))
        };
        let (ids, list) = (count(found, "ids")?, count(got, "list")?);
        if list + count(got, "notFound")? != ids {
            return Err(Failure::Wrong(format!("{ids} were found, and {list} of them given")));
        }
        self.followed.look(got.get("state"))?;
        Ok(took)
    }

    async fn bodies(&mut self) -> Result<Duration, Failure> {
        let ids: Vec<String> = (0..BODIES).filter_map(|_| self.any_email()).collect();
        let arguments = json!({"ids": ids, "properties": ["bodyValues", "textBody", "htmlBody", "attachments"],
            "fetchAllBodyValues": true});
        let (took, responses) = self.send(&[("Email/get", arguments)]).await?;
        let got = responses.first().ok_or_else(|| Failure::Wrong("there is no response".to_owned()))?;
        if got.get("notFound") != Some(&json!([])) {
            return Err(Failure::Wrong("an email that nobody destroys is not found".to_owned()));
        }
        self.followed.look(got.get("state"))?;
        Ok(took)
    }

    /// Marks one to three emails, or takes the marks away again: each of them changes.
    async fn keyword(&mut self) -> Result<Duration, Failure> {
        let count = 1 + self.random.below(3);
        let emails: BTreeSet<String> = (0..count).filter_map(|_| self.any_email()).collect();
        let patches = emails.iter().map(|email| {
            let mark = if self.marked.contains(email) { Value::Null } else { json!(true) };
            (email.clone(), json!({self.keyword.as_str(): mark}))
        });
        let took = self.update(patches.collect()).await?;
        self.marked = self.marked.symmetric_difference(&emails).cloned().collect();
        Ok(took)
    }

    /// Moves an email of its own to the other mailbox.
    async fn move_one(&mut self) -> Result<Duration, Failure> {
        let index = self.random.below(self.own.len() as u64) as usize;
        let Some((email, place)) = self.own.get(index).cloned() else {
            return Err(Failure::Wrong("there is no email to move".to_owned()));
        };
        let place = 1 - place;
        let mailbox = &self.user.mailboxes[place];
        let patch = json!({"mailboxIds": {mailbox.as_str(): true}});
        let took = self.update(Map::from_iter([(email.clone(), patch)])).await?;
        self.own[index] = (email, place);
        Ok(took)
    }

    async fn update(&mut self, patches: Map<String, Value>) -> Result<Duration, Failure> {
        let emails: Vec<String> = patches.keys().cloned().collect();
        let (took, set) = self.set(json!({"update": patches})).await?;
        let told = set.get("updated").and_then(Value::as_object).map_or(0, Map::len);
        if told != emails.len() {
            return Err(Failure::Wrong(format!("{} updates, and {told} are told", emails.len())));
        }
        self.followed.updated.extend(emails);
        Ok(took)
    }

    /// A message comes in, and is found by a word that no other has.
    async fn import(&mut self) -> Result<Duration, Failure> {
        let word = format!("zq{:016x}", self.random.next());
        let message = self.message(&word);
        let (took, blob_id) = self.connection.upload(&message).await?;
        self.tally.note(Kind::Upload, Ok(took));
        let mailbox = self.user.mailboxes[0].as_str();
        let email = json!({"blobId": blob_id, "mailboxIds": {mailbox: true}});
        let (took, responses) = self.send(&[("Email/import", json!({"emails": {"k": email}}))]).await?;
        let set = responses.first().cloned().unwrap_or_default();
        refused(&set, "notCreated")?;
        let id = set.pointer("/created/k/id").and_then(Value::as_str);
        let id = id.ok_or_else(|| Failure::lacks("id", &set))?.to_owned();
        self.followed.look(set.get("newState"))?;
        self.followed.created.insert(id.clone());
        self.own.push((id.clone(), 0));
        let found = self.find(&word, &id).await;
        self.tally.note(Kind::Found, found);
        Ok(took)
    }

    fn message(&mut self, word: &str) -> Bytes {
        let line = "The quick brown fox jumps over the lazy dog, and all the others look on.\r\n";
        let lines = line.repeat(10 + self.random.below(60) as usize);
        format!(
            "From: Load <load@example.org>\r\nTo: Load <load@example.org>\r\nSubject: Load {word}\r\n\
             Date: Mon, 2 Mar 2026 10:00:00 +0000\r\nMessage-ID: <{word}@example.org>\r\n\r\n{lines}"
        )
        .into()
    }

    /// Searches for a message that was imported. A server may need a while for its words.
    async fn find(&mut self, word: &str, id: &str) -> Result<Duration, Failure> {
        let started = Instant::now();
        loop {
            let (took, responses) =
                self.send(&[("Email/query", json!({"filter": {"subject": word}}))]).await?;
            let ids = responses.first().and_then(|found| found.get("ids")).cloned().unwrap_or_default();
            if ids == json!([id]) {
                return Ok(took);
            }
            if ids != json!([]) || started.elapsed() > PATIENCE {
                return Err(Failure::Wrong(format!("{word} is in {id}, and the query finds {ids}")));
            }
            self.tally.note_found_late();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn destroy(&mut self) -> Result<Duration, Failure> {
        let ids: Vec<String> = self.own.pop().map(|(id, _)| id).into_iter().collect();
        self.destroy_all(&ids).await
    }

    async fn destroy_all(&mut self, ids: &[String]) -> Result<Duration, Failure> {
        let (took, set) = self.set(json!({"destroy": ids})).await?;
        if set.get("destroyed").and_then(Value::as_array).map_or(0, Vec::len) != ids.len() {
            return Err(Failure::lacks("destroyed email", &set));
        }
        for id in ids {
            self.marked.remove(id);
            self.followed.destroyed.insert(id.clone());
        }
        Ok(took)
    }

    /// Asks what changed since it last asked, and expects what it did itself to be told.
    async fn changes(&mut self) -> Result<Duration, Failure> {
        let Some(mut since) = self.followed.since.clone() else {
            let (took, responses) = self.send(&[("Email/get", json!({"ids": []}))]).await?;
            let state = responses.first().and_then(|got| got.get("state")?.as_str()).map(str::to_owned);
            self.followed.begin_anew(state);
            return Ok(took);
        };
        let mut all_took = Duration::ZERO;
        let mut told = Followed::default();
        loop {
            let (took, responses) = self.send(&[("Email/changes", json!({"sinceState": since}))]).await?;
            all_took += took;
            let mut changes = responses.into_iter().next().unwrap_or_default();
            told.read(&mut changes)?;
            let new = changes.get("newState").and_then(Value::as_str);
            since = new.ok_or_else(|| Failure::lacks("newState", &changes))?.to_owned();
            if changes.get("hasMoreChanges") != Some(&json!(true)) {
                break;
            }
        }
        let followed = &mut self.followed;
        followed.look(Some(&json!(since)))?;
        let missing = followed.missing_in(&told);
        followed.begin_anew(Some(since));
        match missing {
            Some(missing) => Err(Failure::Wrong(format!("/changes does not tell that {missing}"))),
            None => Ok(all_took),
        }
    }

    async fn mailboxes(&mut self) -> Result<Duration, Failure> {
        let (took, responses) = self.send(&[("Mailbox/get", json!({"ids": null}))]).await?;
        let got = responses.first().cloned().unwrap_or_default();
        let mailboxes = got.get("list").and_then(Value::as_array).map_or(0, Vec::len);
        if mailboxes < 2 { Err(Failure::lacks("mailboxes", &got)) } else { Ok(took) }
    }

    /// The last look at changes; then the mail becomes what it was before.
    async fn end(&mut self) -> Result<Duration, Failure> {
        let took = self.changes().await?;
        let own: Vec<String> = std::mem::take(&mut self.own).into_iter().map(|(id, _)| id).collect();
        let most = self.connection.session.max_set;
        for ids in own.chunks(most) {
            self.destroy_all(ids).await?;
        }
        let marked: Vec<String> = self.marked.iter().cloned().collect();
        for emails in marked.chunks(most) {
            let patches = emails.iter().map(|email| (email.clone(), json!({self.keyword.as_str(): null})));
            self.update(patches.collect()).await?;
        }
        Ok(took)
    }

    async fn set(&mut self, arguments: Value) -> Result<(Duration, Value), Failure> {
        let (took, responses) = self.send(&[("Email/set", arguments)]).await?;
        let set = responses.into_iter().next().unwrap_or_default();
        refused(&set, "notUpdated")?;
        refused(&set, "notDestroyed")?;
        self.followed.look(set.get("newState"))?;
        Ok((took, set))
    }

    async fn send(&mut self, calls: &[Call]) -> Result<(Duration, Vec<Value>), Failure> {
        let body = self.connection.session.encode(calls);
        let answer = self.connection.post(&body).await?;
        Ok((answer.took, answer.responses()?))
    }

    /// An email that no other worker destroys.
    fn any_email(&mut self) -> Option<String> {
        let user = Arc::clone(&self.user);
        let own: Vec<String> = self.own.iter().map(|(id, _)| id.clone()).collect();
        self.random.of(&user.emails).or_else(|| self.random.of(&own))
    }
}

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }

    fn of(&mut self, ids: &[String]) -> Option<String> {
        ids.get(self.below(ids.len() as u64) as usize).cloned()
    }
}

/// The first error of an object of a set, if there is any.
fn refused(set: &Value, name: &str) -> Result<(), Failure> {
    match set.get(name).and_then(|refused| refused.as_object()?.values().next()) {
        Some(error) => Err(Failure::of_error(error)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let numbers = |seed| {
            (0..5)
                .map({
                    let mut random = Random(seed);
                    move |_| random.next()
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
    }
}
