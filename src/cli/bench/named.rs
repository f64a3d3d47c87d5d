//! The queries that are measured, by their names.

use serde_json::{Value, json};

use super::client::Call;
use super::values::Values;

/// How many emails a page shows.
pub(super) const PAGE: u64 = 50;

/// Properties that a list shows.
const OF_LIST: [&str; 11] = [
    "id",
    "threadId",
    "mailboxIds",
    "keywords",
    "from",
    "to",
    "subject",
    "receivedAt",
    "size",
    "preview",
    "hasAttachment",
];

/// A query with its name.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) asks: Asks,
}

/// What a query asks for, or why it does not.
#[derive(Clone, Debug)]
pub(super) enum Asks {
    /// Email/query with these arguments.
    Query(Value),
    /// Email/get with these arguments.
    Get(Value),
    /// Email/query, and Email/get of what it finds, in one request.
    QueryAndGet(Value, Value),
    /// Email/changes with these arguments.
    Changes(Value),
    /// Email/queryChanges with these arguments.
    QueryChanges(Value),
    /// Nothing, for this reason.
    Nothing(String),
}

impl Asks {
    /// The calls of the request.
    pub(super) fn calls(&self) -> Vec<Call> {
        match self {
            Self::Query(arguments) => vec![("Email/query", arguments.clone())],
            Self::Get(arguments) => vec![("Email/get", arguments.clone())],
            Self::QueryAndGet(query, get) => {
                let mut get = get.clone();
                get["#ids"] = json!({"resultOf": "0", "name": "Email/query", "path": "/ids"});
                vec![("Email/query", query.clone()), ("Email/get", get)]
            }
            Self::Changes(arguments) => vec![("Email/changes", arguments.clone())],
            Self::QueryChanges(arguments) => vec![("Email/queryChanges", arguments.clone())],
            Self::Nothing(_) => Vec::new(),
        }
    }
}

/// What is known of the largest mailbox's list, beside its values.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// An email deep in the list, or at its end.
    pub(super) anchor: Option<String>,
    /// The same in the list of threads.
    pub(super) thread_anchor: Option<String>,
    /// The first page.
    pub(super) page: Vec<String>,
}

/// All queries that change nothing.
pub(super) fn all(values: &Values, places: &Places, has_smime: bool) -> Vec<Named> {
    let mut all = lists(values, places);
    all.extend(filters(values));
    all.extend(smime(has_smime));
    all.extend(sorts(values));
    all.extend(gets(values, places, has_smime));
    all
}

/// The beginning of the largest mailbox, with more arguments: the list whose changes are asked for, too.
pub(super) fn mailbox(values: &Values, more: &Value) -> Value {
    let mut arguments =
        json!({"filter": {"inMailbox": values.mailbox}, "sort": newest_first(), "limit": PAGE});
    if let (Value::Object(arguments), Value::Object(more)) = (&mut arguments, more) {
        arguments.extend(more.clone());
    }
    arguments
}

fn lists(values: &Values, places: &Places) -> Vec<Named> {
    let mut all = Vec::new();
    for (list, threads, length, anchor) in [
        ("mailbox", false, values.mailbox_emails, &places.anchor),
        ("threads", true, values.mailbox_threads, &places.thread_anchor),
    ] {
        let query = |name: &str, more: Value| {
            let mut arguments = mailbox(values, &more);
            arguments["collapseThreads"] = json!(threads);
            named(&format!("{list}{name}"), Asks::Query(arguments))
        };
        all.push(query("", json!({})));
        for position in [10_000, 500_000] {
            let name = format!("-{position}");
            all.push(match position < length {
                true => query(&name, json!({"position": position})),
                false => named(&format!("{list}{name}"), Asks::Nothing(format!("the list ends at {length}"))),
            });
        }
        all.push(found(anchor.as_ref(), &format!("{list}-anchor"), |anchor| {
            query("-anchor", json!({"anchor": anchor, "anchorOffset": -10})).asks
        }));
        all.push(query("-total", json!({"calculateTotal": true})));
    }
    all
}

fn filters(values: &Values) -> Vec<Named> {
    let of = |value: &Option<String>, name: &str, property: &str| {
        found(value.as_ref(), name, |value| query(json!({property: value})))
    };
    let unread = json!({"inMailbox": values.mailbox, "notKeyword": "$seen"});
    let mut unread_total = arguments(unread.clone());
    unread_total["calculateTotal"] = json!(true);
    vec![
        named("all", query(Value::Null)),
        of(&values.sender, "from", "from"),
        of(&values.recipient, "to", "to"),
        of(&values.subject, "subject", "subject"),
        of(&values.rare, "text-rare", "text"),
        of(&values.common, "text-common", "text"),
        of(&values.phrase, "text-phrase", "text"),
        of(&values.prefix, "text-prefix", "text"),
        of(&values.address_part, "text-address-part", "text"),
        of(&values.keyword, "hasKeyword", "hasKeyword"),
        named("notKeyword", query(json!({"notKeyword": "$seen"}))),
        of(&values.keyword, "someInThreadHaveKeyword", "someInThreadHaveKeyword"),
        named("unread", query(unread)),
        named("unread-total", Asks::Query(unread_total)),
        of(&values.before, "before", "before"),
        of(&values.after, "after", "after"),
        found(values.min_size.as_ref(), "minSize", |size| query(json!({"minSize": size}))),
        named("hasAttachment", query(json!({"hasAttachment": true}))),
        named("inMailboxOtherThan", query(json!({"inMailboxOtherThan": [values.mailbox]}))),
        found(six(values).as_ref(), "or-of-six", |filter| query(filter.clone())),
    ]
}

/// An OR of six, if all are known.
fn six(values: &Values) -> Option<Value> {
    Some(json!({"operator": "OR", "conditions": [
        {"from": values.sender.as_ref()?},
        {"to": values.recipient.as_ref()?},
        {"subject": values.subject.as_ref()?},
        {"hasKeyword": values.keyword.as_ref()?},
        {"minSize": values.min_size?},
        {"hasAttachment": true},
    ]}))
}

fn smime(has_smime: bool) -> Vec<Named> {
    let good_then_bad_now = json!({"operator": "AND", "conditions": [
        {"hasVerifiedSmimeAtDelivery": true},
        {"operator": "NOT", "conditions": [{"hasVerifiedSmime": true}]},
    ]});
    let unverified = json!({"hasSmime": true, "hasVerifiedSmime": false});
    [
        ("hasSmime", json!({"hasSmime": true})),
        ("hasVerifiedSmime", json!({"hasVerifiedSmime": true})),
        ("hasVerifiedSmime-false", json!({"hasVerifiedSmime": false})),
        ("signed-unverified", unverified),
        ("good-then-bad-now", good_then_bad_now),
    ]
    .into_iter()
    .map(|(name, filter)| match has_smime {
        true => named(name, query(filter)),
        false => named(name, Asks::Nothing("the server does not know RFC 9219".to_owned())),
    })
    .collect()
}

fn sorts(values: &Values) -> Vec<Named> {
    let by = |comparator: Value| Asks::Query(mailbox(values, &json!({"sort": [comparator]})));
    vec![
        named("sort-from", by(json!({"property": "from"}))),
        named("sort-subject", by(json!({"property": "subject"}))),
        named("sort-size", by(json!({"property": "size", "isAscending": false}))),
        found(values.keyword.as_ref(), "sort-hasKeyword", |keyword| {
            by(json!({"property": "hasKeyword", "keyword": keyword, "isAscending": false}))
        }),
    ]
}

fn gets(values: &Values, places: &Places, has_smime: bool) -> Vec<Named> {
    let list = json!({"properties": OF_LIST});
    let with = |mut arguments: Value, properties: &[&str]| {
        let all: Vec<&str> = OF_LIST.iter().chain(properties).copied().collect();
        arguments["properties"] = json!(all);
        arguments
    };
    let of_page = |mut arguments: Value| {
        arguments["ids"] = json!(places.page);
        Asks::Get(arguments)
    };
    let bodies =
        with(json!({"fetchAllBodyValues": true}), &["textBody", "htmlBody", "attachments", "bodyValues"]);
    let mut all = vec![
        named("get-list", of_page(list.clone())),
        named("get-bodies", of_page(bodies)),
        named("query-get", Asks::QueryAndGet(mailbox(values, &json!({})), list)),
    ];
    if has_smime {
        all.insert(1, named("get-list-smime", of_page(with(json!({}), &["smimeStatus", "smimeErrors"]))));
    }
    all
}

fn query(filter: Value) -> Asks {
    Asks::Query(arguments(filter))
}

fn arguments(filter: Value) -> Value {
    json!({"filter": filter, "sort": newest_first(), "limit": PAGE})
}

fn newest_first() -> Value {
    json!([{"property": "receivedAt", "isAscending": false}])
}

fn named(name: &str, asks: Asks) -> Named {
    Named { name: name.to_owned(), asks }
}

/// A query that needs something, if it was found.
fn found<T>(value: Option<&T>, name: &str, asks: impl Fn(&T) -> Asks) -> Named {
    named(name, value.map_or_else(|| Asks::Nothing("the mail has nothing to ask for".to_owned()), asks))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::wire::email_filter::{parse_filter, parse_sort};

    fn full() -> (Values, Places) {
        let some = |text: &str| Some(text.to_owned());
        let values = Values {
            emails: Some(2_000_000),
            mailbox: "m1".to_owned(),
            mailbox_emails: 1_000_000,
            mailbox_threads: 400_000,
            sender: some("a@example.org"),
            recipient: some("b@example.org"),
            address_part: some("a"),
            subject: some("lamps"),
            rare: some("xylophone"),
            common: some("with"),
            phrase: some("\"late summer\""),
            prefix: some("summ"),
            keyword: some("$flagged"),
            after: some("2026-01-01T00:00:00Z"),
            before: some("2026-01-03T00:00:00Z"),
            min_size: Some(10_000),
        };
        let places = Places { anchor: some("e9"), thread_anchor: some("e8"), page: vec!["e1".to_owned()] };
        (values, places)
    }

    #[test]
    fn every_query_is_one_that_email_query_takes_and_has_a_name_of_its_own() {
        let (values, places) = full();
        let all = all(&values, &places, true);
        let names: BTreeSet<&str> = all.iter().map(|named| named.name.as_str()).collect();
        assert_eq!(names.len(), all.len());
        for Named { name, asks } in &all {
            for (method, arguments) in asks.calls() {
                if method == "Email/query" {
                    assert!(parse_filter(arguments.get("filter"), true).is_ok(), "{name}: {arguments}");
                    assert!(parse_sort(arguments.get("sort")).is_ok(), "{name}: {arguments}");
                }
            }
        }
        let left_out: Vec<&str> = all
            .iter()
            .filter(|named| matches!(named.asks, Asks::Nothing(_)))
            .map(|named| named.name.as_str())
            .collect();
        assert_eq!(left_out, ["threads-500000"], "the list of threads ends before");
    }

    #[test]
    fn what_the_mail_does_not_have_is_left_out() {
        let values = Values { mailbox: "m1".to_owned(), mailbox_emails: 3, ..Values::default() };
        let all = all(&values, &Places::default(), false);
        let asks = |name: &str| all.iter().find(|named| named.name == name).unwrap().asks.calls().len();
        for name in ["from", "text-rare", "or-of-six", "mailbox-10000", "mailbox-anchor", "hasSmime"] {
            assert_eq!(asks(name), 0, "{name}");
        }
        assert_eq!((asks("mailbox"), asks("query-get")), (1, 2));
    }
}
