//! Email/query (RFC 8621 §4.4) as one statement.
//!
//! The statement has up to five parts: `page` reads the ids, `start` says where to begin, `total` counts,
//! `anchor` and `place` find the index of the anchor. All of them use one predicate over `email e`; what differs
//! is the `Source` that a list is read from, so that the common lists come in order from an index:
//!
//! - a mailbox from `email_mailbox_received`, a keyword from the primary key of `email_keyword`;
//! - everything else from `email`, where the planner has an index over received_at for each S/MIME condition.
//!
//! Collapsed threads: a row is kept if no earlier row of its thread matches. The rows are first put in order and
//! then tested one by one, so a first page costs as much as its rows, however large the mailbox is.

use super::conditions::{Conditions, Conjunct, conjuncts, has_keyword, in_mailbox, joined};
use super::order::Order;
use super::statement::{Parameters, Statement};
use super::window::Window;
use crate::wire::email_filter::{EmailCondition, EmailSort, EmailSortProperty};
use crate::wire::filter::Filter;
use crate::wire::ids::AccountId;

/// The arguments of Email/query, resolved.
#[derive(Clone, Debug)]
pub struct EmailQuery<'a> {
    /// Whose mail.
    pub account: AccountId,
    /// What must hold; none is everything.
    pub filter: Option<&'a Filter<EmailCondition>>,
    /// The comparators; none is newest first.
    pub sort: &'a [EmailSort],
    /// Where to begin.
    pub window: Window,
    /// How many ids at most.
    pub limit: Option<u64>,
    /// Only the first email of each thread (RFC 8621 §4.4.3).
    pub collapse_threads: bool,
    /// Whether to count the whole list.
    pub calculate_total: bool,
}

/// Compiles the query. What the statement returns is said at [`Statement`].
pub fn compile(query: &EmailQuery<'_>) -> Statement {
    let mut parameters = Parameters::default();
    let account = parameters.add(query.account.0);
    let mut conjuncts = conjuncts(query.filter);
    let driver = Driver::take(&mut conjuncts, &mut parameters);
    let mut conditions = Conditions { account: &account, parameters: &mut parameters };
    let mut rest: Vec<String> = conjuncts.iter().map(|conjunct| conditions.conjunct(conjunct)).collect();
    let needs_email = !rest.is_empty()
        || query.sort.iter().any(|comparator| comparator.property != EmailSortProperty::ReceivedAt);
    let predicate = joined(rest.clone(), " AND ", "true");
    rest.extend(driver.predicate(&account));
    let email_order = Order::of_emails(query.sort, &account, &mut parameters);
    let source = driver.source(&account, needs_email);
    let parts = Parts {
        predicate,
        filter: joined(rest, " AND ", "true"),
        order: email_order.read_from(source.received_at, source.id),
        email_order,
        lone_mailbox: driver.lone_mailbox(conjuncts.is_empty()),
        account,
        source,
        collapse_threads: query.collapse_threads,
    };
    let sql = parts.statement(query, &mut parameters);
    parameters.into_statement(sql)
}

/// The condition that says which table a list is read from, with the parameter of its value.
enum Driver {
    Mailbox(String),
    Keyword(String),
    None,
}

impl Driver {
    /// Takes it out of what must hold; the rest is left to be tested.
    fn take(conjuncts: &mut Vec<Conjunct<'_>>, parameters: &mut Parameters) -> Self {
        let mut find = |wanted: fn(&EmailCondition) -> bool| {
            let is_wanted = |conjunct: &Conjunct<'_>| match conjunct {
                Conjunct::Condition(condition) => wanted(condition),
                Conjunct::Tree(_) => false,
            };
            conjuncts.iter().position(is_wanted).map(|index| conjuncts.remove(index))
        };
        let driver = find(|condition| matches!(condition, EmailCondition::InMailbox(Some(_))))
            .or_else(|| find(|condition| matches!(condition, EmailCondition::HasKeyword(_))));
        match driver {
            Some(Conjunct::Condition(EmailCondition::InMailbox(Some(mailbox)))) => {
                Self::Mailbox(parameters.add(mailbox.0))
            }
            Some(Conjunct::Condition(EmailCondition::HasKeyword(keyword))) => {
                Self::Keyword(parameters.add(keyword.as_str().to_owned()))
            }
            _ => Self::None,
        }
    }

    /// The condition over a row `e` that was reached in another way.
    fn predicate(&self, account: &str) -> Option<String> {
        match self {
            Self::Mailbox(mailbox) => Some(in_mailbox(account, &format!("= {mailbox}"))),
            Self::Keyword(keyword) => Some(has_keyword("e", keyword)),
            Self::None => None,
        }
    }

    fn source(&self, account: &str, needs_email: bool) -> Source {
        let join = |alias: &str| {
            format!(" JOIN email e ON e.account_id = {alias}.account_id AND e.id = {alias}.email_id")
        };
        match self {
            Self::Mailbox(mailbox) => Source {
                from: format!(
                    "email_mailbox m{} WHERE m.account_id = {account} AND m.mailbox_id = {mailbox}",
                    if needs_email { join("m") } else { String::new() }
                ),
                id: "m.email_id",
                received_at: "m.received_at",
                thread: "m.thread_id",
            },
            Self::Keyword(keyword) => Source {
                from: format!(
                    "email_keyword k{} WHERE k.account_id = {account} AND k.keyword = {keyword}",
                    join("k")
                ),
                id: "k.email_id",
                received_at: "k.received_at",
                thread: "e.thread_id",
            },
            Self::None => Source {
                from: format!("email e WHERE e.account_id = {account}"),
                id: "e.id",
                received_at: "e.received_at",
                thread: "e.thread_id",
            },
        }
    }

    /// The mailbox, if the whole filter is one inMailbox.
    fn lone_mailbox(self, is_alone: bool) -> Option<String> {
        match self {
            Self::Mailbox(mailbox) if is_alone => Some(mailbox),
            _ => None,
        }
    }
}

/// What a list is read from.
struct Source {
    /// FROM and WHERE.
    from: String,
    id: &'static str,
    received_at: &'static str,
    thread: &'static str,
}

struct Parts {
    account: String,
    source: Source,
    lone_mailbox: Option<String>,
    /// What the source leaves to be tested.
    predicate: String,
    /// The whole filter, for a row `e` that was reached by its thread or its id.
    filter: String,
    order: Order,
    /// The same order over such a row.
    email_order: Order,
    collapse_threads: bool,
}

impl Parts {
    fn statement(&self, query: &EmailQuery<'_>, parameters: &mut Parameters) -> String {
        let mut with = Vec::new();
        if query.calculate_total || query.window.counts_from_end() {
            with.push(format!("total AS (SELECT {} AS n)", self.total()));
        }
        let start = match query.window {
            Window::Position(position) if position < 0 => {
                format!("(SELECT greatest(n + {}::bigint, 0) FROM total)", parameters.add(position))
            }
            Window::Position(position) => format!("{}::bigint", parameters.add(position)),
            Window::Anchor { id, offset } => {
                with.push(self.anchor(&parameters.add(id)));
                with.push(format!("place AS ({})", self.place()));
                format!("(SELECT greatest(n + {}::bigint, 0) FROM place)", parameters.add(offset))
            }
        };
        let limit = parameters.add(query.limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX)));
        let page = self.page(&start, &limit);
        let ids = match query.window {
            Window::Position(_) => format!("ARRAY({page})"),
            Window::Anchor { .. } => format!("CASE WHEN {start} IS NULL THEN '{{}}' ELSE ARRAY({page}) END"),
        };
        let total = if query.calculate_total { "(SELECT n FROM total)" } else { "NULL::bigint" };
        let with = if with.is_empty() { String::new() } else { format!("WITH {}\n", with.join(",\n     ")) };
        format!(
            "-- email/query: the ids of a window of a filtered and sorted list\n\
             {with}SELECT {ids} AS ids,\n       \
             {start} AS position,\n       {total} AS total"
        )
    }

    fn page(&self, start: &str, limit: &str) -> String {
        let Source { from, id, thread, .. } = &self.source;
        let (predicate, clause) = (&self.predicate, self.order.clause());
        if !self.collapse_threads {
            return format!(
                "SELECT {id} FROM {from} AND {predicate} ORDER BY {clause} LIMIT {limit} OFFSET {start}"
            );
        }
        let (account, filter, columns) = (&self.account, &self.filter, self.order.columns());
        let before = self.email_order.before_in_thread("c");
        // OFFSET 0 keeps the two from being planned as one: the inner list stays in its order, read as far as the
        // limit needs, and the test stays a look into the index for each row.
        format!(
            "SELECT c.id FROM (SELECT {id} AS id, {thread} AS thread_id, {columns} FROM {from} AND {predicate} \
             ORDER BY {clause} OFFSET 0) c \
             WHERE NOT EXISTS (SELECT FROM email e WHERE e.account_id = {account} \
             AND e.thread_id = c.thread_id AND {before} AND {filter} OFFSET 0) \
             LIMIT {limit} OFFSET {start}"
        )
    }

    /// The length of the list. A mailbox knows its own (RFC 8621 §4.4).
    fn total(&self) -> String {
        let account = &self.account;
        if let Some(mailbox) = &self.lone_mailbox {
            let column = if self.collapse_threads { "total_threads" } else { "total_emails" };
            return format!(
                "coalesce((SELECT {column} FROM mailbox WHERE account_id = {account} AND id = {mailbox}), 0)"
            );
        }
        let Source { from, .. } = &self.source;
        format!("(SELECT {} FROM {from} AND {})", self.count(), self.predicate)
    }

    /// The anchor's row with its sort keys, if it is in the list.
    fn anchor(&self, id: &str) -> String {
        let (account, filter) = (&self.account, &self.filter);
        let columns = self.email_order.columns();
        let anchor = format!(
            "SELECT e.thread_id, {columns} FROM email e \
             WHERE e.account_id = {account} AND e.id = {id} AND {filter}"
        );
        if !self.collapse_threads {
            return format!("anchor AS MATERIALIZED ({anchor})");
        }
        let before = self.email_order.before_in_thread("c");
        format!(
            "anchor AS MATERIALIZED (SELECT c.* FROM ({anchor} OFFSET 0) c \
             WHERE NOT EXISTS (SELECT FROM email e WHERE e.account_id = {account} \
             AND e.thread_id = c.thread_id AND {before} AND {filter} OFFSET 0))"
        )
    }

    /// How many come before the anchor. Each thread that has a row before it is listed before it once.
    fn place(&self) -> String {
        let Source { from, .. } = &self.source;
        let (count, before, predicate) = (self.count(), self.order.before("a"), &self.predicate);
        format!("SELECT (SELECT {count} FROM {from} AND {before} AND {predicate}) AS n FROM anchor a")
    }

    fn count(&self) -> String {
        if self.collapse_threads {
            format!("count(DISTINCT {})", self.source.thread)
        } else {
            "count(*)".to_owned()
        }
    }
}
