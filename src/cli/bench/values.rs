//! What to ask for: names, words and dates that the mail of a server really has, found by plain JMAP.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::{Connection, Failure, take};

/// So many places of the list of all mail are looked at,
const PLACES: u64 = 8;
/// and so many emails at each.
const EMAILS_OF_PLACE: usize = 100;
/// So many words of few emails are tried, to find one that is rare.
const CANDIDATES: usize = 6;
/// Shorter words say little.
const LEAST_LETTERS: usize = 4;

/// What the queries ask for. What is `None` was not found, and queries that need it are left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Values {
    /// Emails of the account, if the server counts them.
    pub(super) emails: Option<u64>,
    /// The largest mailbox.
    pub(super) mailbox: String,
    /// Its emails.
    pub(super) mailbox_emails: u64,
    /// Its threads.
    pub(super) mailbox_threads: u64,
    /// A frequent author.
    pub(super) sender: Option<String>,
    /// A frequent recipient.
    pub(super) recipient: Option<String>,
    /// A part of the author's address.
    pub(super) address_part: Option<String>,
    /// A frequent word of subjects.
    pub(super) subject: Option<String>,
    /// A word of few emails.
    pub(super) rare: Option<String>,
    /// A word of many.
    pub(super) common: Option<String>,
    /// Two words in quotes that follow each other.
    pub(super) phrase: Option<String>,
    /// The beginning of a frequent word.
    pub(super) prefix: Option<String>,
    /// A keyword that some emails have.
    pub(super) keyword: Option<String>,
    /// A date in the midst of the mail.
    pub(super) after: Option<String>,
    /// Two days after it.
    pub(super) before: Option<String>,
    /// A size that one email of ten exceeds.
    pub(super) min_size: Option<u64>,
}

impl Values {
    /// Looks around in the account.
    pub(super) async fn find(connection: &mut Connection) -> Result<Self, Failure> {
        let (mut values, sample) = (Self::of_mailboxes(connection).await?, Self::sample(connection).await?);
        values.emails = sample.total;
        let emails = &sample.emails;
        let names = |property| move |email: &Value| addresses(email, property);
        values.sender = most_frequent(emails.iter().flat_map(names("from")));
        values.recipient = most_frequent(emails.iter().flat_map(names("to")));
        values.address_part = values.sender.as_deref().and_then(part_of_address);
        values.subject = most_frequent(emails.iter().flat_map(|email| words(text(email, "subject"))));
        let counts = counted(emails.iter().flat_map(|email| distinct(words(text(email, "preview")))));
        values.common = most_frequent_of(&counts);
        values.prefix = values.common.as_deref().map(|word| word.chars().take(LEAST_LETTERS).collect());
        values.phrase = emails.iter().find_map(phrase);
        values.rare = rare(connection, &counts).await?;
        values.keyword = keyword(emails);
        let mut dates: Vec<&str> = emails.iter().map(|email| text(email, "receivedAt")).collect();
        dates.sort_unstable();
        let date = dates.get(dates.len() / 2).and_then(|date| date.parse::<DateTime<Utc>>().ok());
        let shown = |date: DateTime<Utc>| date.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        values.after = date.map(shown);
        values.before = date.map(|date| shown(date + TimeDelta::days(2)));
        let mut sizes: Vec<u64> = emails.iter().filter_map(|email| email.get("size")?.as_u64()).collect();
        sizes.sort_unstable();
        values.min_size = sizes.get(sizes.len() * 9 / 10).copied();
        Ok(values)
    }

    async fn of_mailboxes(connection: &mut Connection) -> Result<Self, Failure> {
        let arguments = json!({"ids": null, "properties": ["totalEmails", "totalThreads"]});
        let got = connection.one("Mailbox/get", arguments).await?;
        let number = |mailbox: &Value, name: &str| mailbox.get(name).and_then(Value::as_u64).unwrap_or(0);
        let mailboxes = got.get("list").and_then(Value::as_array);
        let largest = mailboxes.into_iter().flatten().max_by_key(|mailbox| number(mailbox, "totalEmails"));
        let largest = largest.ok_or_else(|| Failure::lacks("mailbox", &got))?;
        Ok(Self {
            mailbox: text(largest, "id").to_owned(),
            mailbox_emails: number(largest, "totalEmails"),
            mailbox_threads: number(largest, "totalThreads"),
            ..Self::default()
        })
    }

    async fn sample(connection: &mut Connection) -> Result<Sample, Failure> {
        let sort = json!([{"property": "receivedAt", "isAscending": false}]);
        let arguments = json!({"sort": sort, "limit": 1, "calculateTotal": true});
        let total = connection.one("Email/query", arguments).await?.get("total").and_then(Value::as_u64);
        let limit = EMAILS_OF_PLACE.min(connection.session.max_get);
        let mut emails = Vec::new();
        for place in 0..PLACES {
            let position = total.unwrap_or(0) * place / PLACES;
            let query = json!({"sort": sort, "limit": limit, "position": position});
            let get = json!({"properties": ["from", "to", "subject", "preview", "receivedAt", "size", "keywords"],
                "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"}});
            let mut responses = connection.call(&[("Email/query", query), ("Email/get", get)]).await?;
            match responses.pop().map(|mut got| take(&mut got, "list")) {
                Some(Value::Array(list)) => emails.extend(list),
                _ => return Err(Failure::Wrong("Email/get gives no list".to_owned())),
            }
            if total.is_none_or(|total| total <= limit as u64) {
                break;
            }
        }
        Ok(Sample { total, emails })
    }
}

/// Emails from all over the account.
struct Sample {
    total: Option<u64>,
    emails: Vec<Value>,
}

/// The word of the fewest emails among some that stand in one email of the sample.
async fn rare(
    connection: &mut Connection,
    counts: &BTreeMap<String, usize>,
) -> Result<Option<String>, Failure> {
    let once = counts.iter().filter(|(_, count)| **count == 1).map(|(word, _)| word);
    let step = (once.clone().count() / CANDIDATES).max(1);
    let mut best = None;
    for word in once.step_by(step).take(CANDIDATES) {
        let found = connection.one("Email/query", json!({"filter": {"text": word}, "limit": 500})).await?;
        let count = found.get("ids").and_then(Value::as_array).map_or(0, Vec::len);
        if count > 0 && best.as_ref().is_none_or(|(least, _)| count < *least) {
            best = Some((count, word.clone()));
        }
    }
    Ok(best.map(|(_, word)| word))
}

/// `$flagged`, else the most frequent of those that tell something.
fn keyword(emails: &[Value]) -> Option<String> {
    let keywords = emails.iter().filter_map(|email| email.get("keywords")?.as_object());
    let counts = counted(keywords.flat_map(|keywords| keywords.keys().cloned()));
    let others: BTreeMap<String, usize> = counts
        .iter()
        .filter(|(name, _)| *name != "$seen")
        .map(|(name, count)| (name.clone(), *count))
        .collect();
    let flagged = others.contains_key("$flagged").then(|| "$flagged".to_owned());
    flagged.or_else(|| most_frequent_of(&others)).or_else(|| most_frequent_of(&counts))
}

fn addresses(email: &Value, property: &str) -> Vec<String> {
    let addresses = email.get(property).and_then(Value::as_array);
    let addresses = addresses.into_iter().flatten();
    addresses.filter_map(|address| address.get("email")?.as_str().map(str::to_owned)).collect()
}

/// The longest piece of what stands before the `@`.
fn part_of_address(address: &str) -> Option<String> {
    let local = address.split('@').next()?;
    let part = local.split(|c: char| !c.is_alphanumeric()).max_by_key(|part| part.len())?;
    (!part.is_empty()).then(|| part.to_owned())
}

/// Two neighbours of a subject, of which the server knows more than their letters.
fn phrase(email: &Value) -> Option<String> {
    let words: Vec<&str> = text(email, "subject").split(' ').collect();
    let is_word = |word: &str| word.chars().count() >= LEAST_LETTERS && word.chars().all(char::is_alphabetic);
    let pair = words.windows(2).find(|pair| pair.iter().all(|word| is_word(word)))?;
    Some(format!("\"{}\"", pair.join(" ")))
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.chars().count() >= LEAST_LETTERS).map(str::to_lowercase).collect()
}

fn distinct(mut words: Vec<String>) -> Vec<String> {
    words.sort_unstable();
    words.dedup();
    words
}

fn counted(names: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    counts
}

fn most_frequent(names: impl Iterator<Item = String>) -> Option<String> {
    most_frequent_of(&counted(names))
}

fn most_frequent_of(counts: &BTreeMap<String, usize>) -> Option<String> {
    counts.iter().max_by_key(|(_, count)| **count).map(|(name, _)| name.clone())
}

/// A property that is a string; else nothing.
fn text<'a>(object: &'a Value, property: &str) -> &'a str {
    object.get(property).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_phrases_are_found_in_what_mail_has() {
        assert_eq!(part_of_address("j.smithson+x@example.org").as_deref(), Some("smithson"));
        assert_eq!(part_of_address("@example.org"), None);
        let email = |subject: &str| json!({"subject": subject});
        assert_eq!(phrase(&email("Re: of late summer sales")).as_deref(), Some("\"late summer\""));
        assert_eq!(phrase(&email("Re: 2024 x")), None);
        assert_eq!(phrase(&json!({"subject": null})), None);
    }

    #[test]
    fn the_keyword_tells_some_emails_from_others() {
        let email = |keywords: Value| json!({"keywords": keywords});
        let emails = [
            email(json!({"$seen": true, "$answered": true})),
            email(json!({"$seen": true, "$flagged": true, "$answered": true})),
        ];
        assert_eq!(keyword(&emails).as_deref(), Some("$flagged"));
        assert_eq!(keyword(&emails[..1]).as_deref(), Some("$answered"));
        assert_eq!(keyword(&[email(json!({"$seen": true}))]).as_deref(), Some("$seen"));
        assert_eq!(keyword(&[]), None);
    }
}
