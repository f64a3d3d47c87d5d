//! The queries that have a name: what clients ask for, which index must serve it, and what it may read.

use serde_json::{Value, json};
use signet::query::Window;
use signet::query::email::{EmailQuery, compile};
use signet::wire::email_filter::{parse_filter, parse_sort};
use signet::wire::ids::AccountId;
use tokio_postgres::Client;

use super::{assert_reads, explain};

/// A page of fifty, the index that must serve it, and the most that it may read, whatever the account holds.
pub(super) struct Named {
    pub(super) name: &'static str,
    filter: Value,
    sort: Value,
    window: Window,
    collapse_threads: bool,
    calculate_total: bool,
    /// The name of the index, or how it begins.
    pub(super) index: &'static str,
    /// Rows that any node of the plan gives or throws away, over all of its loops.
    pub(super) rows: f64,
    /// Blocks of all nodes.
    pub(super) blocks: f64,
}

/// A page that is read in order: its rows, and a few blocks of an index and of the table for each.
const PAGE: (f64, f64) = (200.0, 400.0);
/// A page that a walk or a look at all matches finds: some thousands of rows.
const SEARCHED: (f64, f64) = (8_000.0, 60_000.0);

impl Named {
    fn new(name: &'static str, filter: Value, index: &'static str, (rows, blocks): (f64, f64)) -> Self {
        let (sort, window) = (json!(null), Window::Position(0));
        Self {
            name,
            filter,
            sort,
            window,
            collapse_threads: false,
            calculate_total: false,
            index,
            rows,
            blocks,
        }
    }

    fn sorted(self, property: &str, is_ascending: bool) -> Self {
        let keyword = if property == "hasKeyword" { json!("$flagged") } else { json!(null) };
        let mut by = json!({"property": property, "isAscending": is_ascending});
        if !keyword.is_null() {
            by["keyword"] = keyword;
        }
        Self { sort: json!([by]), ..self }
    }

    fn collapsed(self) -> Self {
        Self { collapse_threads: true, ..self }
    }

    fn counted(self) -> Self {
        Self { calculate_total: true, ..self }
    }

    fn at(self, window: Window) -> Self {
        Self { window, ..self }
    }
}

/// What of a generated account the queries name.
pub(super) struct Landmarks {
    /// The largest mailbox, and one of the smallest.
    mailbox: String,
    small_mailbox: String,
    /// Somebody who wrote little.
    sender: String,
    /// An email deep in the largest mailbox, and its index there.
    deep: i64,
    depth: i64,
}

impl Landmarks {
    pub(super) async fn of(client: &Client, account: AccountId) -> Self {
        let find = "WITH m AS (SELECT id, total_emails AS n FROM mailbox WHERE account_id = $1)
             SELECT (SELECT id FROM m ORDER BY n DESC LIMIT 1), (SELECT id FROM m WHERE n > 0 ORDER BY n LIMIT 1),
                    (SELECT max(n) * 3 / 4 FROM m),
                    (SELECT min(from_ -> 0 ->> 'email') FROM email WHERE account_id = $1
                     GROUP BY from_ HAVING count(*) < 40 LIMIT 1)";
        let row = client.query_one(find, &[&account.0]).await.unwrap();
        let (mailbox, small, depth): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        let find = "SELECT email_id FROM email_mailbox WHERE account_id = $1 AND mailbox_id = $2
                    ORDER BY received_at DESC, email_id DESC LIMIT 1 OFFSET $3";
        let deep = client.query_one(find, &[&account.0, &mailbox, &depth]).await.unwrap().get(0);
        // Where everybody writes much, there is no rare sender.
        let sender: Option<String> = row.get(3);
        Self {
            mailbox: format!("m{mailbox}"),
            small_mailbox: format!("m{small}"),
            sender: sender.unwrap_or_else(|| "nobody@example.org".to_owned()),
            deep,
            depth,
        }
    }
}

/// First pages, deep positions and counts.
pub(super) fn queries(here: &Landmarks) -> Vec<Named> {
    [lists(here), conditions(here), texts(here), sorts(here)].into_iter().flatten().collect()
}

fn lists(here: &Landmarks) -> Vec<Named> {
    let mailbox = || json!({"inMailbox": here.mailbox});
    let deep = (here.depth as f64 + 200.0, here.depth as f64 / 20.0 + 400.0);
    vec![
        Named::new("all mail", json!(null), "email_received", PAGE),
        Named::new("all mail, collapsed", json!(null), "email_thread", PAGE).collapsed(),
        Named::new("all mail, counted", json!(null), "email_received", PAGE).counted(),
        Named::new("mailbox", mailbox(), "email_mailbox_received", PAGE),
        Named::new("mailbox, counted", mailbox(), "email_mailbox_received", PAGE).counted(),
        Named::new("mailbox, deep", mailbox(), "email_mailbox_received", deep)
            .at(Window::Position(here.depth)),
        Named::new("mailbox, deep anchor", mailbox(), "email_mailbox_received", deep)
            .at(Window::Anchor { id: here.deep, offset: 1 }),
        Named::new("mailbox, collapsed", mailbox(), "thread_mailbox_newest", PAGE).collapsed(),
        Named::new("mailbox, collapsed and counted", mailbox(), "thread_mailbox_newest", PAGE)
            .collapsed()
            .counted(),
        Named::new("mailbox, collapsed, deep", mailbox(), "thread_mailbox_newest", deep)
            .collapsed()
            .at(Window::Position(here.depth * 3 / 4)),
        Named::new(
            "mailbox, last year",
            json!({"inMailbox": here.mailbox, "before": "2025-01-01T00:00:00Z"}),
            "email_mailbox_received",
            PAGE,
        ),
    ]
}

fn conditions(here: &Landmarks) -> Vec<Named> {
    let condition = |name, filter, index, most| Named::new(name, filter, index, most);
    let mailbox = &here.mailbox;
    let not = |condition: Value| json!({"operator": "NOT", "conditions": [condition]});
    let both = |one: Value, other: Value| json!({"operator": "AND", "conditions": [one, other]});
    vec![
        condition("hasSmime", json!({"hasSmime": true}), "email_has_smime", PAGE),
        condition("hasVerifiedSmime true", json!({"hasVerifiedSmime": true}), "email_verified", PAGE),
        condition("hasVerifiedSmime false", json!({"hasVerifiedSmime": false}), "email_verified", PAGE),
        condition(
            "hasVerifiedSmimeAtDelivery",
            json!({"hasVerifiedSmimeAtDelivery": true}),
            "email_verified_at_delivery",
            PAGE,
        ),
        condition(
            "signed and not verified",
            both(json!({"hasSmime": true}), not(json!({"hasVerifiedSmime": true}))),
            "email_unverified",
            PAGE,
        ),
        condition(
            "good then, bad now",
            both(json!({"hasVerifiedSmimeAtDelivery": true}), not(json!({"hasVerifiedSmime": true}))),
            "email_fallen",
            PAGE,
        ),
        condition("hasKeyword", json!({"hasKeyword": "$flagged"}), "email_keyword_pkey", PAGE),
        condition("notKeyword", json!({"notKeyword": "$seen"}), "email_received", SEARCHED),
        condition(
            "unread in mailbox",
            json!({"inMailbox": mailbox, "notKeyword": "$seen"}),
            "email_mailbox_received",
            SEARCHED,
        ),
        condition(
            "keyword in mailbox, of none",
            json!({"inMailbox": mailbox, "hasKeyword": "absent"}),
            "email_keyword_pkey",
            SEARCHED,
        ),
        condition(
            "someInThreadHaveKeyword",
            json!({"someInThreadHaveKeyword": "todo"}),
            "email_thread",
            // Some thousands of emails, and all of their threads.
            (20_000.0, 60_000.0),
        ),
        condition(
            "someInThreadHaveKeyword, of none",
            json!({"someInThreadHaveKeyword": "absent"}),
            "email_keyword_pkey",
            SEARCHED,
        ),
        condition(
            "allInThreadHaveKeyword, of none",
            json!({"allInThreadHaveKeyword": "absent"}),
            "email_keyword_pkey",
            SEARCHED,
        ),
        condition(
            "after and before",
            json!({"after": "2024-01-01T00:00:00Z", "before": "2024-01-03T00:00:00Z"}),
            "email_received",
            PAGE,
        ),
        condition("minSize, of few", json!({"minSize": 2_000_000}), "email_size", SEARCHED),
        condition("hasAttachment", json!({"hasAttachment": true}), "email_attachment", PAGE),
        condition("inMailboxOtherThan", json!({"inMailboxOtherThan": [mailbox]}), "email_received", SEARCHED),
        condition(
            "one of six",
            json!({"operator": "OR", "conditions": [
                {"hasKeyword": "todo"}, {"from": here.sender}, {"minSize": 2_000_000},
                {"inMailbox": here.small_mailbox}, {"subject": "absent"}, {"hasKeyword": "absent"}]}),
            "email_received",
            SEARCHED,
        ),
    ]
}

fn texts(here: &Landmarks) -> Vec<Named> {
    let text = |name, filter, index| Named::new(name, filter, index, SEARCHED);
    vec![
        text("from", json!({"from": here.sender}), "email_search_words"),
        text("text, no message", json!({"text": "absent"}), "email_search_words"),
        text("text, a phrase", json!({"text": "\"lamps above rivers\""}), "email_search_words"),
        // A word that nearly every message holds: the first page of all mail has fifty of them.
        text("text, nearly every message", json!({"text": "haystack"}), "email_received"),
        text("text in mailbox", json!({"inMailbox": here.mailbox, "text": "absent"}), "email_search_words"),
        text(
            "from or subject, few",
            json!({"operator": "OR", "conditions": [{"from": here.sender}, {"subject": "lemlem"}]}),
            "email_search_words",
        ),
        text(
            "from or subject, many",
            json!({"operator": "OR", "conditions": [{"from": here.sender}, {"subject": "re"}]}),
            "email_received",
        ),
    ]
}

fn sorts(here: &Landmarks) -> Vec<Named> {
    let all = |name, index, property, is_ascending| {
        Named::new(name, json!(null), index, PAGE).sorted(property, is_ascending)
    };
    let within = |name, index, property, is_ascending| {
        Named::new(name, json!({"inMailbox": here.mailbox}), index, SEARCHED).sorted(property, is_ascending)
    };
    vec![
        all("by from", "email_from", "from", true),
        all("by to", "email_to", "to", false),
        all("by subject", "email_subject", "subject", true),
        all("by size", "email_size", "size", false),
        all("by sentAt", "email_sent", "sentAt", false),
        within("mailbox by from", "email_from", "from", true),
        within("mailbox by subject", "email_subject", "subject", true),
        within("mailbox by size", "email_size", "size", false),
        within("mailbox by sentAt", "email_sent", "sentAt", false),
        Named::new(
            "small mailbox by subject",
            json!({"inMailbox": here.small_mailbox}),
            "email_mailbox",
            (20_000.0, 80_000.0),
        )
        .sorted("subject", true),
        all("by hasKeyword", "email_keyword_pkey", "hasKeyword", false),
        within("mailbox by hasKeyword", "email_mailbox_received", "hasKeyword", false),
    ]
}

/// Plans each query, runs it, and holds it to its index and its bounds. `told` is given every plan.
pub(super) async fn hold(client: &Client, account: AccountId, mut told: impl FnMut(&Named, &Value)) {
    // As the sessions of a node have it.
    client.batch_execute("SET max_parallel_workers_per_gather = 0; SET jit = off").await.unwrap();
    let mut wrong = Vec::new();
    for named in queries(&Landmarks::of(client, account).await) {
        let filter = parse_filter(Some(&named.filter), true).unwrap();
        let statement = compile(&EmailQuery {
            account,
            filter: filter.as_ref(),
            sort: &parse_sort(Some(&named.sort)).unwrap(),
            window: named.window,
            limit: Some(50),
            collapse_threads: named.collapse_threads,
            calculate_total: named.calculate_total,
        });
        let plan = explain(client, &statement).await;
        told(&named, &plan);
        if let Err(why) = assert_reads(&named, &plan) {
            wrong.push(format!("{}: {why}\n{}\n{plan:#}", named.name, statement.sql));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
