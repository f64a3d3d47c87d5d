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
//! given words: it has walked a million rows in order to find none. So the statement looks itself:
//!
//! - a sample of the first emails of the list tells whether the words are frequent. If they are, the list is walked in its
//!   order, and the text of each email looked at, for as long as a page of such words takes (`first`);
//! - else the index is asked. When it gives at most `FEW` emails, these are read and sorted;
//! - when it gives more, a list of all mail, newest first, is read from the index week by week (`walk`), and any other
//!   list is walked in its order.
//!
//! Collapsed threads: a row is kept if no earlier row of its thread matches. The rows are first put in order and
//! then tested one by one, so a first page costs as much as its rows, however large the mailbox is.

mod changes;
mod filters;
mod halves;
mod page;
mod source;
mod superset;
mod texts;
mod walk;

use super::conditions::{Conditions, conjuncts};
use super::found::Words;
use super::order::{Order, Sort};
use super::statement::{Parameters, Statement};
use super::window::Window;
use crate::wire::email_filter::{EmailCondition, EmailSort};
use crate::wire::filter::Filter;
use crate::wire::ids::AccountId;
use filters::{Filters, Kept};
use halves::Halves;
use page::{Attempt, Page};
use source::{Driver, List, Source, Times, take_found};
use superset::Supersets;
use texts::{FEW, Texts, Time};

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
    /// The same for whoever reads all of it, with what helps to find it.
    gathered: List,
    /// Other ways to read it, if texts are looked for.
    texts: Option<Texts>,
    /// What to try first, where the list is not read in order and texts are not looked for.
    attempt: Option<Attempt>,
    kept: Kept,
    /// The whole filter, for a row `e` that was reached by its thread or its id.
    filter: String,
    /// The order over such a row.
    order: Order,
    collapse_threads: bool,
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
        let found = take_found(&mut conjuncts);
        let has_words = !found.is_everything() && !found.is_nothing();
        let words = has_words.then(|| Words::new(&found, parameters));
        let driver = Driver::take(&mut conjuncts, has_words, account, parameters);
        let times = if has_words { Times::default() } else { Times::take(&mut conjuncts, parameters) };
        let mut conditions = Conditions { account, parameters };
        let mut rest: Vec<String> = conjuncts.iter().map(|conjunct| conditions.conjunct(conjunct)).collect();
        if found.is_nothing() {
            rest.push("false".to_owned());
        }
        let order = Order::of_emails(&sort, account, parameters);
        let filters = Filters { account, driver: &driver, times: &times, words: words.as_ref(), rest: &rest };
        let source = filters.source(&order, sort, collapse_threads);
        let is_tried = !filters.is_in_order(sort) && !has_words;
        let supersets = match is_tried {
            true => Supersets { account, parameters }.of_conjuncts(&conjuncts),
            false => Vec::new(),
        };
        let list = List {
            order: order.read_from(source.received_at, source.id),
            predicate: filters.of_driven(Vec::new()),
            source,
        };
        let attempt = is_tried.then(|| filters.attempt(&list, &order, sort)).flatten();
        let gathered = List { predicate: filters.of_driven(supersets), ..list.clone() };
        let time = sort.is_by_time().then(|| match order.is_downwards() {
            true => Time::NewestFirst,
            false => Time::OldestFirst,
        });
        Self {
            filter: filters.whole(),
            texts: words.as_ref().map(|words| Texts::new(&filters, words, &list, &order, time)),
            attempt,
            list,
            gathered,
            kept: filters.kept(collapse_threads),
            order,
            account: account.to_owned(),
            collapse_threads,
        }
    }

    fn statement(&self, query: &EmailQuery<'_>, parameters: &mut Parameters) -> String {
        let mut with: Vec<String> = self.texts.iter().map(|texts| texts.few.clone()).collect();
        if query.calculate_total || query.window.counts_from_end() {
            with.push(format!("total AS (SELECT {} AS n)", self.total_with_sample()));
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
            None => page.ids("tried", &mut with),
        };
        let ids = match query.window {
            Window::Position(_) => ids,
            Window::Anchor { .. } => format!("CASE WHEN {start} IS NULL THEN '{{}}' ELSE {ids} END"),
        };
        let total = if query.calculate_total { "(SELECT n FROM total)" } else { "NULL::bigint" };
        let with = match with.as_slice() {
            [] => String::new(),
            parts => format!("WITH RECURSIVE {}\n", parts.join(",\n     ")),
        };
        format!(
            "-- email/query: the ids of a window of a filtered and sorted list\n\
             {with}SELECT {ids} AS ids,\n       {start} AS position,\n       {total} AS total"
        )
    }

    /// An expression over a list, read in the way that suits how many emails have the words. Of the two
    /// expressions PostgreSQL evaluates one.
    fn either(&self, many: &List, expression: impl Fn(&List) -> String) -> String {
        let of_many = expression(many);
        match &self.texts {
            None => of_many,
            Some(Texts { few_list, .. }) => format!(
                "CASE WHEN (SELECT count(*) FROM few) > {FEW} THEN {of_many} ELSE {} END",
                expression(few_list)
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
            Kept::Nothing => {
                self.either(self.counted(), |List { source, predicate, .. }| self.count(source, predicate))
            }
        }
    }

    /// The same where the statement has a sample: frequent words are counted without a look whether they are few.
    fn total_with_sample(&self) -> String {
        match &self.texts {
            Some(Texts { beginning: Some(beginning), counted: List { source, predicate, .. }, .. }) => {
                format!(
                    "CASE WHEN {} THEN {} ELSE {} END",
                    beginning.is_frequent(),
                    self.count(source, predicate),
                    self.total()
                )
            }
            _ => self.total(),
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
        let before = self.either(self.counted(), |List { source, predicate, order }| {
            self.count(source, &format!("{} AND {predicate}", order.before("a")))
        });
        format!("SELECT {before} AS n FROM anchor a")
    }

    fn counted(&self) -> &List {
        self.texts.as_ref().map_or(&self.gathered, |texts| &texts.counted)
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
