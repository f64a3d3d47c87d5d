//! Random mail and random queries over it, from small sets of values, so that they meet.

use chrono::{DateTime, Utc};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use signet::query::Window;
use signet::smime::Status;
use signet::text::Document;
use signet::wire::email_filter::{EmailCondition, EmailSort, EmailSortProperty};
use signet::wire::filter::{Collation, Filter, Operator};
use signet::wire::ids::MailboxId;
use signet::wire::keyword::Keyword;

use super::Case;
use super::mails::{MAILBOXES, Mail, THREADS};

const ACCOUNTS: usize = 4;
const MAILS: i64 = 60;
const KEYWORDS: [&str; 4] = ["$seen", "$flagged", "work", "rare"];
const WORDS: [&str; 9] = ["red", "Redwood", "apple", "apples", "Ärger", "e-mail", "12", "7 up", "joe"];
const ADDRESSES: [&str; 4] = [
    "Joe <joe@example.com>",
    "\"Ann O'Neill\" <ann.oneill@mail.example.com>",
    "bob@example.org",
    "<JOE@EXAMPLE.ORG>",
];
pub(super) const TEXTS: [&str; 22] = [
    "red",
    "re",
    "RED apple",
    "\"red apple\"",
    "\"red apple",
    "arger",
    "mail",
    "e-mail",
    "\"e mail\"",
    "joe",
    "joe@example.com",
    "joe@exam",
    "oneill@mail",
    "@example.org",
    "\"bob@example.org\"",
    "example.com",
    "org",
    "absent",
    "",
    "€ !",
    "red - up",
    "7",
];

pub(super) fn accounts(runner: &mut TestRunner) -> Vec<Vec<Mail>> {
    (0..ACCOUNTS)
        .map(|_| (1..=MAILS).map(|id| mail(id).new_tree(runner).unwrap().current()).collect())
        .collect()
}

fn mail(id: i64) -> impl Strategy<Value = Mail> {
    let smime = (option::of(select(Status::ALL.to_vec())), option::of(select(Status::ALL.to_vec())));
    let keywords = btree_set(select(KEYWORDS[..3].to_vec()).prop_map(str::to_owned), 0..3);
    let mailboxes = btree_set(1..MAILBOXES, 1..3);
    let dates = (instant(), option::of(instant()));
    (1..THREADS, dates, 0..50i64, any::<bool>(), smime, keywords, mailboxes, document()).prop_map(
        move |(
            thread,
            (received_at, sent_at),
            size,
            has_attachment,
            smime,
            keywords,
            mailboxes,
            document,
        )| Mail {
            id,
            thread,
            received_at,
            sent_at,
            size,
            has_attachment,
            status: smime.0,
            at_delivery: smime.1,
            keywords,
            mailboxes,
            document,
        },
    )
}

fn document() -> impl Strategy<Value = Document> {
    let addresses = || vec(select(ADDRESSES.to_vec()), 0..3).prop_map(|list| list.join(", "));
    let text = |most| vec(select(WORDS.to_vec()), 0..most).prop_map(|list| list.join(" "));
    let header =
        (select(vec!["X-Flag", "List-Id"]), text(3)).prop_map(|(name, value)| (name.to_owned(), value));
    (addresses(), addresses(), addresses(), addresses(), text(4), text(12), vec(header, 0..3)).prop_map(
        |(from, to, cc, bcc, subject, body, headers)| Document {
            from,
            to,
            cc,
            bcc,
            subject,
            body,
            attachments: String::new(),
            headers,
        },
    )
}

pub(super) fn case() -> impl Strategy<Value = Case> {
    let window = prop_oneof![
        3 => Just(Window::Position(0)),
        1 => (-70..70i64).prop_map(Window::Position),
        2 => (1..=MAILS + 2, -5..5i64).prop_map(|(id, offset)| Window::Anchor { id, offset }),
    ];
    (
        0..ACCOUNTS,
        option::weighted(0.9, filter()),
        vec(comparator(), 0..3),
        window,
        option::of(0..20u64),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(account, filter, sort, window, limit, collapse_threads, calculate_total)| Case {
            account,
            filter,
            sort,
            window,
            limit,
            collapse_threads,
            calculate_total,
        })
}

fn filter() -> impl Strategy<Value = Filter<EmailCondition>> {
    let leaf = vec(condition(), 0..3).prop_map(Filter::Condition);
    let operator = select(vec![Operator::And, Operator::Or, Operator::Not]);
    leaf.prop_recursive(4, 20, 4, move |inner| {
        (operator.clone(), vec(inner, 0..4))
            .prop_map(|(operator, children)| Filter::Operator(operator, children))
    })
}

fn condition() -> impl Strategy<Value = EmailCondition> {
    use EmailCondition as Is;
    let text = || select(TEXTS.to_vec()).prop_map(str::to_owned);
    let mailbox = || (1..=MAILBOXES + 1).prop_map(MailboxId);
    let header = (select(vec!["x-flag", "List-ID", "absent", "a:b", ""]), option::of(text()))
        .prop_map(|(name, text)| Is::Header(name.to_owned(), text));
    prop_oneof![
        3 => option::weighted(0.9, mailbox()).prop_map(Is::InMailbox),
        1 => vec(mailbox(), 0..3).prop_map(Is::InMailboxOtherThan),
        1 => instant().prop_map(Is::Before),
        1 => instant().prop_map(Is::After),
        1 => (0..50u64).prop_map(Is::MinSize),
        1 => (0..50u64).prop_map(Is::MaxSize),
        1 => keyword().prop_map(Is::AllInThreadHaveKeyword),
        1 => keyword().prop_map(Is::SomeInThreadHaveKeyword),
        1 => keyword().prop_map(Is::NoneInThreadHaveKeyword),
        2 => keyword().prop_map(Is::HasKeyword),
        1 => keyword().prop_map(Is::NotKeyword),
        1 => any::<bool>().prop_map(Is::HasAttachment),
        2 => text().prop_map(Is::Text),
        2 => text().prop_map(Is::From),
        1 => text().prop_map(Is::To),
        1 => text().prop_map(Is::Cc),
        1 => text().prop_map(Is::Bcc),
        1 => text().prop_map(Is::Subject),
        2 => text().prop_map(Is::Body),
        2 => header,
        1 => any::<bool>().prop_map(Is::HasSmime),
        1 => any::<bool>().prop_map(Is::HasVerifiedSmime),
        1 => any::<bool>().prop_map(Is::HasVerifiedSmimeAtDelivery),
    ]
}

fn comparator() -> impl Strategy<Value = EmailSort> {
    use EmailSortProperty as By;
    let property = prop_oneof![
        Just(By::ReceivedAt),
        Just(By::Size),
        Just(By::From),
        Just(By::To),
        Just(By::Subject),
        Just(By::SentAt),
        keyword().prop_map(By::HasKeyword),
        keyword().prop_map(By::AllInThreadHaveKeyword),
        keyword().prop_map(By::SomeInThreadHaveKeyword),
    ];
    let collation = select(vec![Collation::AsciiCasemap, Collation::AsciiNumeric, Collation::UnicodeCasemap]);
    (property, any::<bool>(), collation).prop_map(|(property, is_ascending, collation)| EmailSort {
        property,
        is_ascending,
        collation,
    })
}

fn keyword() -> impl Strategy<Value = Keyword> {
    select(KEYWORDS.to_vec()).prop_map(|keyword| Keyword::parse(keyword).unwrap())
}

/// Few instants, so that many are equal.
fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (0..12i64).prop_map(|day| DateTime::from_timestamp(1_750_000_000 + day * 86_400, 0).unwrap())
}
