//! Email/query as RFC 8620 §5.5 and RFC 8621 §4.4 tell it, one email at a time.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use signet::query::Window;
use signet::text::{Kind, fold, words};
use signet::wire::email_filter::{EmailCondition, EmailSort, EmailSortProperty};
use signet::wire::filter::{Collation, Filter, Operator};
use signet::wire::keyword::Keyword;

use super::mails::{Mail, by_thread, sort_text};
use super::{Answer, Case};

type Threads<'a> = BTreeMap<i64, Vec<&'a Mail>>;

pub(super) fn answer(mails: &[Mail], case: &Case) -> Answer {
    let threads = by_thread(mails);
    let mut list: Vec<&Mail> = mails
        .iter()
        .filter(|mail| case.filter.as_ref().is_none_or(|filter| matches(mail, filter, &threads)))
        .collect();
    list.sort_by(|a, b| compare(a, b, &case.sort, &threads));
    if case.collapse_threads {
        let mut seen = HashSet::new();
        list.retain(|mail| seen.insert(mail.thread));
    }
    let total = list.len() as i64;
    let position = match case.window {
        Window::Position(position) if position < 0 => Some((total + position).max(0)),
        Window::Position(position) => Some(position),
        Window::Anchor { id, offset } => {
            list.iter().position(|mail| mail.id == id).map(|index| (index as i64 + offset).max(0))
        }
    };
    let ids = position.map_or(Vec::new(), |position| {
        let limit = case.limit.map_or(usize::MAX, |limit| limit as usize);
        list.iter().skip(position as usize).take(limit).map(|mail| mail.id).collect()
    });
    Answer { ids, position, total: case.calculate_total.then_some(total) }
}

/// Whether one email of an account has what the filter says.
pub(super) fn is_match(mails: &[Mail], mail: &Mail, filter: &Filter<EmailCondition>) -> bool {
    matches(mail, filter, &by_thread(mails))
}

fn matches(mail: &Mail, filter: &Filter<EmailCondition>, threads: &Threads<'_>) -> bool {
    match filter {
        Filter::Condition(conditions) => conditions.iter().all(|is| holds(mail, is, threads)),
        Filter::Operator(Operator::And, children) => children.iter().all(|is| matches(mail, is, threads)),
        Filter::Operator(Operator::Or, children) => children.iter().any(|is| matches(mail, is, threads)),
        Filter::Operator(Operator::Not, children) => !children.iter().any(|is| matches(mail, is, threads)),
    }
}

fn holds(mail: &Mail, condition: &EmailCondition, threads: &Threads<'_>) -> bool {
    use EmailCondition as Is;
    let document = &mail.document;
    let has = |mail: &Mail, keyword: &Keyword| mail.keywords.contains(keyword.as_str());
    let thread = || threads[&mail.thread].iter();
    match condition {
        Is::InMailbox(mailbox) => mailbox.is_some_and(|id| mail.mailboxes.contains(&id.0)),
        Is::InMailboxOtherThan(ids) => mail.mailboxes.iter().any(|in_| !ids.iter().any(|id| id.0 == *in_)),
        Is::Before(at) => mail.received_at < *at,
        Is::After(at) => mail.received_at >= *at,
        Is::MinSize(size) => mail.size >= *size as i64,
        Is::MaxSize(size) => mail.size < *size as i64,
        Is::AllInThreadHaveKeyword(keyword) => thread().all(|mail| has(mail, keyword)),
        Is::SomeInThreadHaveKeyword(keyword) => thread().any(|mail| has(mail, keyword)),
        Is::NoneInThreadHaveKeyword(keyword) => !thread().any(|mail| has(mail, keyword)),
        Is::HasKeyword(keyword) => has(mail, keyword),
        Is::NotKeyword(keyword) => !has(mail, keyword),
        Is::HasAttachment(wanted) => mail.has_attachment == *wanted,
        Is::Text(text) => finds(
            text,
            &[&document.from, &document.to, &document.cc, &document.bcc, &document.subject, &document.body],
        ),
        Is::From(text) => finds(text, &[&document.from]),
        Is::To(text) => finds(text, &[&document.to]),
        Is::Cc(text) => finds(text, &[&document.cc]),
        Is::Bcc(text) => finds(text, &[&document.bcc]),
        Is::Subject(text) => finds(text, &[&document.subject]),
        Is::Body(text) => finds(text, &[&document.body]),
        Is::Header(name, text) => document.headers.iter().any(|(field, value)| {
            let value = fold(value).split_whitespace().collect::<Vec<_>>().join(" ");
            field.eq_ignore_ascii_case(name)
                && text
                    .as_deref()
                    .is_none_or(|text| tokens(text).iter().all(|(token, _)| value.contains(&fold(token))))
        }),
        Is::HasSmime(wanted) => mail.status.is_some() == *wanted,
        Is::HasVerifiedSmime(wanted) => mail.status.is_some_and(|is| is.is_verified()) == *wanted,
        Is::HasVerifiedSmimeAtDelivery(wanted) => {
            mail.at_delivery.is_some_and(|is| is.is_verified()) == *wanted
        }
    }
}

/// Every token somewhere, each within one field.
fn finds(text: &str, fields: &[&str]) -> bool {
    let tokens = tokens(text);
    let with_words = tokens.iter().filter(|(token, _)| !plain(token).is_empty());
    let mut with_words = with_words.peekable();
    (tokens.is_empty() || with_words.peek().is_some())
        && with_words.all(|(token, is_phrase)| fields.iter().any(|field| is_in(token, *is_phrase, field)))
}

fn is_in(token: &str, is_phrase: bool, field: &str) -> bool {
    if token.contains('@') {
        // An address, or the end of one, stands there as it is.
        let (token, field) = (fold(token), format!(" {} ", fold(field)));
        return field.match_indices(&token).any(|(at, _)| {
            let before = field[..at].chars().next_back().is_some_and(char::is_alphanumeric);
            let after = field[at + token.len()..].chars().next();
            let is_whole = after.is_none_or(|c| !c.is_alphanumeric() && c != '.');
            (token.starts_with('@') || !before) && (!is_phrase || is_whole)
        });
    }
    let (wanted, present) = (plain(token), plain(field));
    present.windows(wanted.len()).any(|window| {
        window.iter().zip(&wanted).enumerate().all(|(index, (present, wanted))| {
            let is_beginning = !is_phrase && index + 1 == window.len();
            if is_beginning { present.starts_with(wanted.as_str()) } else { present == wanted }
        })
    })
}

fn plain(text: &str) -> Vec<String> {
    words(text).into_iter().filter(|word| word.kind != Kind::Address).map(|word| word.text).collect()
}

/// The texts of this test quote with `"` alone and escape nothing; a quote without its partner is a character like others.
fn tokens(text: &str) -> Vec<(String, bool)> {
    let plain = |part: &str| -> Vec<(String, bool)> {
        part.split_whitespace().map(|token| (token.to_owned(), false)).collect()
    };
    let quotes = text.matches('"').count();
    text.split('"')
        .enumerate()
        .flat_map(|(index, part)| match index {
            _ if index % 2 == 0 => plain(part),
            _ if index == quotes => plain(&format!("\"{part}")),
            _ => vec![(part.to_owned(), true)],
        })
        .collect()
}

fn compare(a: &Mail, b: &Mail, sort: &[EmailSort], threads: &Threads<'_>) -> Ordering {
    let directed = |order: Ordering, is_ascending: bool| if is_ascending { order } else { order.reverse() };
    let by_default = [EmailSort {
        property: EmailSortProperty::ReceivedAt,
        is_ascending: false,
        collation: Collation::default(),
    }];
    let sort = if sort.is_empty() { &by_default } else { sort };
    sort.iter()
        .map(|comparator| directed(compare_by(a, b, comparator, threads), comparator.is_ascending))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| match sort.iter().all(is_by_keyword) {
            true => (b.received_at, b.id).cmp(&(a.received_at, a.id)),
            false => directed(a.id.cmp(&b.id), sort[0].is_ascending),
        })
}

fn is_by_keyword(by: &EmailSort) -> bool {
    use EmailSortProperty as By;
    matches!(by.property, By::HasKeyword(_) | By::AllInThreadHaveKeyword(_) | By::SomeInThreadHaveKeyword(_))
}

fn compare_by(a: &Mail, b: &Mail, sort: &EmailSort, threads: &Threads<'_>) -> Ordering {
    use EmailSortProperty as By;
    let text = |field: fn(&Mail) -> &str| {
        let (a, b) = (sort_text(field(a)), sort_text(field(b)));
        if sort.collation == Collation::AsciiNumeric { number(&a).cmp(&number(&b)) } else { a.cmp(&b) }
    };
    let all = |mail: &Mail, keyword: &Keyword| {
        threads[&mail.thread].iter().all(|mail| mail.keywords.contains(keyword.as_str()))
    };
    let some = |mail: &Mail, keyword: &Keyword| {
        threads[&mail.thread].iter().any(|mail| mail.keywords.contains(keyword.as_str()))
    };
    match &sort.property {
        By::ReceivedAt => a.received_at.cmp(&b.received_at),
        By::Size => a.size.cmp(&b.size),
        By::From => text(|mail| &mail.document.from),
        By::To => text(|mail| &mail.document.to),
        By::Subject => text(|mail| &mail.document.subject),
        By::SentAt => a.sent_at.cmp(&b.sent_at),
        By::HasKeyword(keyword) => {
            a.keywords.contains(keyword.as_str()).cmp(&b.keywords.contains(keyword.as_str()))
        }
        By::AllInThreadHaveKeyword(keyword) => all(a, keyword).cmp(&all(b, keyword)),
        By::SomeInThreadHaveKeyword(keyword) => some(a, keyword).cmp(&some(b, keyword)),
    }
}

/// The number at the beginning; a text without one is larger than all (RFC 4790 §9.1).
fn number(text: &str) -> u64 {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(u64::MAX)
}
