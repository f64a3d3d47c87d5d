//! Email/query (RFC 8621 §4.4) as one statement.
//!
//! The statement has up to five parts: the ids of the page, `start` says where to begin, `total` counts,
//! `anchor` and `place` find the index of the anchor. All of them use one predicate over `email e`; what differs
//! is the `Source` that a list is read from, so that the common lists come in order from an index:
//!
//! - a mailbox from `email_mailbox_received`, with collapsed threads from `thread_mailbox_newest`; a keyword from the
//!   primary key of `email_keyword`;
//! - everything else from `email`, where the planner has an index over each sort key, and over received_at for each
//!   S/MIME condition.
//!
//! What no index gives in order is walked in order as far as that promises something, and gathered where it did not
//! keep the promise (`page`), from what `superset` knows. A sort by keyword first is two lists (`halves`).
//!
//! Text is found by its own index, which knows no order, and PostgreSQL cannot guess well how many emails have
//! given words: it has walked a million rows in order to find none. So the statement looks first: when the index
//! gives at most `FEW` emails, these are read and sorted; when it gives more, walking the list in order meets
//! enough of them soon.
//!
//! Collapsed threads: a row is kept if no earlier row of its thread matches. The rows are first put in order and
//! then tested one by one, so a first page costs as much as its rows, however large the mailbox is.

mod changes;
mod halves;
mod page;
mod source;
mod superset;

use super::conditions::{Conditions, conjuncts, joined};
use super::order::{Order, Sort};
use super::statement::{Parameters, Statement};
use super::window::Window;
use crate::wire::email_filter::{EmailCondition, EmailSort};
use crate::wire::filter::Filter;
use crate::wire::ids::AccountId;
use halves::Halves;
use page::{Most, Page, Walk};
use source::{Driver, FEW, Few, Found, List, Source, Times};
use superset::Supersets;

pub use changes::{EmailQueryChanges, compile_changes};

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
    let sort = Sort { by: query.sort, ties: None };
    let parts = Parts::new(&account, query.filter, sort, query.collapse_threads, &mut parameters);
    let sql = parts.statement(query, &mut parameters);
    parameters.into_statement(sql)
}

/// What the parts of a statement are put together from.
struct Parts {
    account: String,
    list: List,
    few: Option<Few>,
    walk: Option<Walk>,
    kept: Kept,
    /// The whole filter, for a row `e` that was reached by its thread or its id.
    filter: String,
    /// The order over such a row.
    order: Order,
    collapse_threads: bool,
}

/// What is counted without looking at emails.
enum Kept {
    /// By the mailbox.
    Mailbox(String),
    /// By the account.
    Account,
    Nothing,
}

impl Parts {
    fn new(
        account: &str,
        filter: Option<&Filter<EmailCondition>>,
        sort: Sort<'_>,
        collapse_threads: bool,
        parameters: &mut Parameters,
    ) -> Self {
        let mut conjuncts = conjuncts(filter);
        let driver = Driver::take(&mut conjuncts, account, parameters);
        let found = Found::take(&mut conjuncts, parameters);
        let times = Times::take(&mut conjuncts, parameters);
        let mut conditions = Conditions { account, parameters };
        let rest: Vec<String> = conjuncts.iter().map(|conjunct| conditions.conjunct(conjunct)).collect();
        let order = Order::of_emails(&sort, account, parameters);
        let found_predicate: Vec<String> = found.predicate(account).into_iter().collect();
        let of_row = [driver.predicates(account), times.predicates("e.received_at").collect()].concat();
        let is_tested = !rest.is_empty() || !found_predicate.is_empty();
        let is_alone = !is_tested && times.is_none();
        let needs_email = is_tested || !sort.is_by_time() || collapse_threads;
        let source = match driver.mailbox() {
            Some(mailbox) if collapse_threads && is_alone && order.is_newest_first() => {
                Source::newest_of_threads(account, mailbox)
            }
            _ => driver.source(account, &times, needs_email),
        };
        let is_in_order = (!is_tested && sort.is_by_time()) || (is_alone && driver.is_all() && sort.is_indexed());
        let filter = all_of([&rest, &of_row, &found_predicate]);
        let few = found.few(account).map(|few| Few {
            few,
            list: List {
                source: Source::few(account),
                predicate: all_of([&rest, &of_row, &Vec::new()]),
                order: order.read_from("e.received_at", "e.id"),
            },
        });
        let is_walked = !is_in_order && few.is_none();
        let walk = match &driver {
            _ if !is_walked => None,
            driver if sort.is_by_time() => Some(Walk {
                list: List {
                    order: order.read_from(source.received_at, source.id),
                    predicate: all_of([&rest, &found_predicate, &Vec::new()]),
                    source: driver.source(account, &times, true),
                },
                most: Most::Near,
            }),
            driver if sort.is_indexed() => Some(Walk {
                list: List {
                    order: order.clone(),
                    predicate: filter.clone(),
                    source: Source::mail(account, &Times::default(), &[]),
                },
                most: driver.mailbox().map_or(Most::Far, |mailbox| Most::Mailbox(mailbox.to_owned())),
            }),
            _ => None,
        };
        let supersets = match is_walked {
            true => Supersets { account, parameters }.of_conjuncts(&conjuncts),
            false => Vec::new(),
        };
        Self {
            list: List {
                order: order.read_from(source.received_at, source.id),
                predicate: all_of([&rest, &found_predicate, &supersets]),
                source,
            },
            kept: match driver {
                Driver::Mailbox(mailbox) if is_alone => Kept::Mailbox(mailbox),
                driver if is_alone && driver.is_all() && !collapse_threads => Kept::Account,
                _ => Kept::Nothing,
            },
            few,
            walk,
            filter,
            order,
            account: account.to_owned(),
            collapse_threads,
        }
    }

    fn statement(&self, query: &EmailQuery<'_>, parameters: &mut Parameters) -> String {
        let mut with: Vec<String> = self.few.iter().map(|few| few.few.clone()).collect();
        if query.calculate_total || query.window.counts_from_end() {
            with.push(format!("total AS (SELECT {} AS n)", self.total()));
        }
        let start = match query.window {
            Window::Position(position) if position < 0 => {
                format!("(SELECT greatest(n + {}::bigint, 0) FROM total)", parameters.add(position))
            }
            Window::Position(position) => format!("{}::bigint", parameters.add(position)),
            Window::Anchor { id, offset } => {
                with.push(self.row("anchor", &parameters.add(id)));
                with.push(format!("place AS ({})", self.place()));
                format!("(SELECT greatest(n + {}::bigint, 0) FROM place)", parameters.add(offset))
            }
        };
        let limit = parameters.add(query.limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX)));
        let page = Page { parts: self, start: &start, limit: &format!("{limit}::bigint") };
        let ids = match Halves::of(query, self, parameters) {
            Some(halves) => halves.ids(&page, &mut with),
            None => page.ids("walked", &mut with),
        };
        let ids = match query.window {
            Window::Position(_) => ids,
            Window::Anchor { .. } => format!("CASE WHEN {start} IS NULL THEN '{{}}' ELSE {ids} END"),
        };
        let total = if query.calculate_total { "(SELECT n FROM total)" } else { "NULL::bigint" };
        let with = match with.as_slice() {
            [] => String::new(),
            parts => format!("WITH {}\n", parts.join(",\n     ")),
        };
        format!(
            "-- email/query: the ids of a window of a filtered and sorted list\n\
             {with}SELECT {ids} AS ids,\n       {start} AS position,\n       {total} AS total"
        )
    }

    /// An expression over the list, read in the way that suits how many emails have the words. Of the two
    /// expressions PostgreSQL evaluates one.
    fn either(&self, expression: impl Fn(&List) -> String) -> String {
        let walk = expression(&self.list);
        match &self.few {
            None => walk,
            Some(Few { list, .. }) => format!(
                "CASE WHEN (SELECT count(*) FROM few) > {FEW} THEN {walk} ELSE {} END",
                expression(list)
            ),
        }
    }

    /// Whether no email of the thread comes before the row `c` of the list.
    fn is_first_of_thread(&self) -> String {
        format!(
            "NOT EXISTS (SELECT FROM email e WHERE e.account_id = {} AND e.thread_id = c.thread_id \
             AND {} AND {} OFFSET 0)",
            self.account,
            self.order.before_in_thread("c"),
            self.filter
        )
    }

    /// The length of the list. A mailbox knows its own (RFC 8621 §4.4), and an account too.
    fn total(&self) -> String {
        let account = &self.account;
        match &self.kept {
            Kept::Mailbox(mailbox) => {
                let column = if self.collapse_threads { "total_threads" } else { "total_emails" };
                format!(
                    "coalesce((SELECT {column} FROM mailbox WHERE account_id = {account} AND id = {mailbox}), 0)"
                )
            }
            Kept::Account => {
                format!("coalesce((SELECT used_emails FROM account WHERE id = {account}), 0)")
            }
            Kept::Nothing => self.either(|List { source, predicate, .. }| self.count(source, predicate)),
        }
    }

    /// A part of this name: the row of an email with its sort keys, if it is in the list.
    fn row(&self, name: &str, id: &str) -> String {
        let (account, filter, columns) = (&self.account, &self.filter, self.order.columns());
        let row = format!(
            "SELECT e.thread_id, {columns} FROM email e \
             WHERE e.account_id = {account} AND e.id = {id} AND {filter}"
        );
        if !self.collapse_threads {
            return format!("{name} AS MATERIALIZED ({row})");
        }
        let is_first = self.is_first_of_thread();
        format!("{name} AS MATERIALIZED (SELECT c.* FROM ({row} OFFSET 0) c WHERE {is_first})")
    }

    /// How many come before the anchor. Each thread that has a row before it is listed before it once.
    fn place(&self) -> String {
        let before = self.either(|List { source, predicate, order }| {
            self.count(source, &format!("{} AND {predicate}", order.before("a")))
        });
        format!("SELECT {before} AS n FROM anchor a")
    }

    fn count(&self, source: &Source, predicate: &str) -> String {
        let from = source.from();
        if self.collapse_threads && !source.is_collapsed {
            let thread = source.thread;
            format!("(SELECT count(*) FROM (SELECT DISTINCT {thread} FROM {from} AND {predicate}) d)")
        } else {
            format!("(SELECT count(*) FROM {from} AND {predicate})")
        }
    }
}

fn all_of(parts: [&Vec<String>; 3]) -> String {
    joined(parts.into_iter().flatten().cloned().collect(), " AND ", "true")
}
