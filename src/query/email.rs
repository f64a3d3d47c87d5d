//! Email/query (RFC 8621 §4.4) as one statement.
//!
//! The statement has up to five parts: `page` reads the ids, `start` says where to begin, `total` counts,
//! `anchor` and `place` find the index of the anchor. All of them use one predicate over `email e`; what differs
//! is the `Source` that a list is read from, so that the common lists come in order from an index:
//!
//! - a mailbox from `email_mailbox_received`, a keyword from the primary key of `email_keyword`;
//! - everything else from `email`, where the planner has an index over received_at for each S/MIME condition.
//!
//! Text is found by its own index, which knows no order, and PostgreSQL cannot guess well how many emails have
//! given words: it has walked a million rows in order to find none. So the statement looks itself. A list of all mail,
//! newest first, is read through time (`walk`): if the newest weeks fill the page, that is all. If they do not, the words
//! are rare of late: when the index gives at most `FEW` emails, these are read and sorted; when it gives more, the walk goes on.
//! Any other list is walked in its own order where the index gives more than `FEW`, and each row's text is looked at.
//!
//! Collapsed threads: a row is kept if no earlier row of its thread matches. The rows are first put in order and
//! then tested one by one, so a first page costs as much as its rows, however large the mailbox is.

mod changes;
mod source;
mod walk;

use super::conditions::{Conditions, conjuncts, joined};
use super::found::Words;
use super::order::Order;
use super::statement::{Parameters, Statement};
use super::window::Window;
use crate::wire::email_filter::{EmailCondition, EmailSort, EmailSortProperty};
use crate::wire::filter::Filter;
use crate::wire::ids::AccountId;
use source::{Driver, FEW, List, Source, Texts, WITH_EMAIL, take_found};
use walk::Walk;

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
    let parts = Parts::new(query.account, query.filter, query.sort, query.collapse_threads, &mut parameters);
    let sql = parts.statement(query, &mut parameters);
    parameters.into_statement(sql)
}

/// What the parts of a statement are put together from.
struct Parts {
    account: String,
    list: List,
    /// Other ways to read it, if texts are looked for.
    texts: Option<Texts>,
    lone_mailbox: Option<String>,
    /// The whole filter, for a row `e` that was reached by its thread or its id.
    filter: String,
    /// The order over such a row.
    order: Order,
    collapse_threads: bool,
}

impl Parts {
    fn new(
        account: AccountId,
        filter: Option<&Filter<EmailCondition>>,
        sort: &[EmailSort],
        collapse_threads: bool,
        parameters: &mut Parameters,
    ) -> Self {
        let account = parameters.add(account.0);
        let mut conjuncts = conjuncts(filter);
        let driver = Driver::take(&mut conjuncts, parameters);
        let found = take_found(&mut conjuncts);
        let words = (!found.is_everything() && !found.is_nothing()).then(|| Words::new(&found, parameters));
        let mut conditions = Conditions { account: &account, parameters };
        let mut rest: Vec<String> = conjuncts.iter().map(|conjunct| conditions.conjunct(conjunct)).collect();
        if found.is_nothing() {
            rest.push("false".to_owned());
        }
        let order = Order::of_emails(sort, &account, parameters);
        let sorts_by_time =
            sort.iter().all(|comparator| comparator.property == EmailSortProperty::ReceivedAt);
        let is_newest_first = sorts_by_time && sort.first().is_none_or(|first| !first.is_ascending);
        let filters = Filters { account: &account, driver: &driver, words: words.as_ref(), rest: &rest };
        let source = driver.source(&account, !filters.is_driver_alone() || !sorts_by_time);
        Self {
            filter: filters.whole(),
            list: List {
                order: order.read_from(source.received_at, source.id),
                predicate: filters.of_driven(),
                source,
            },
            texts: words.as_ref().map(|words| filters.texts(words, &order, sorts_by_time, is_newest_first)),
            order,
            lone_mailbox: filters.is_driver_alone().then(|| driver.lone_mailbox()).flatten(),
            account,
            collapse_threads,
        }
    }

    fn statement(&self, query: &EmailQuery<'_>, parameters: &mut Parameters) -> String {
        let mut with: Vec<String> = self.texts.iter().map(|texts| texts.few.clone()).collect();
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
        let page = match &self.texts {
            Some(Texts { walk: Some(walk), few_list, .. }) => {
                with.extend([walk.unit(), self.newest(walk, &start, &limit)]);
                self.walked(walk, few_list, &start, &limit)
            }
            _ => self.either(&self.list, |list| format!("ARRAY({})", self.page(list, &start, &limit))),
        };
        let ids = match query.window {
            Window::Position(_) => page,
            Window::Anchor { .. } => format!("CASE WHEN {start} IS NULL THEN '{{}}' ELSE {page} END"),
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

    /// The part that reads the newest rows of the list, up to the end of the page.
    fn newest(&self, walk: &Walk, start: &str, limit: &str) -> String {
        format!("newest AS MATERIALIZED ({} LIMIT {start} + {limit})", self.listed(&walk.newest()))
    }

    /// The page of a list that is read through time.
    fn walked(&self, walk: &Walk, few_list: &List, start: &str, limit: &str) -> String {
        format!(
            "CASE WHEN (SELECT count(*) FROM newest) = {start} + {limit} \
             THEN ARRAY(SELECT id FROM newest OFFSET {start}) \
             WHEN (SELECT count(*) FROM few) > {FEW} THEN ARRAY({} LIMIT {limit} OFFSET {start}) \
             ELSE ARRAY({}) END",
            self.listed(&walk.all()),
            self.page(few_list, start, limit)
        )
    }

    /// The ids of rows that come in the order of the list.
    fn listed(&self, rows: &str) -> String {
        let is_listed = if self.collapse_threads { self.is_first_of_thread() } else { "true".to_owned() };
        format!("SELECT c.id FROM ({rows}) c WHERE {is_listed}")
    }

    fn page(&self, list: &List, start: &str, limit: &str) -> String {
        let List { source: Source { from, id, thread, .. }, predicate, order } = list;
        let clause = order.clause();
        if !self.collapse_threads {
            return format!(
                "SELECT {id} FROM {from} AND {predicate} ORDER BY {clause} LIMIT {limit} OFFSET {start}"
            );
        }
        let columns = order.columns();
        // OFFSET 0 keeps the two from being planned as one: the inner list stays in its order, read as far as the
        // limit needs, and the test stays a look into the index for each row.
        format!(
            "SELECT c.id FROM (SELECT {id} AS id, {thread} AS thread_id, {columns} FROM {from} AND {predicate} \
             ORDER BY {clause} OFFSET 0) c WHERE {} LIMIT {limit} OFFSET {start}",
            self.is_first_of_thread()
        )
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

    /// The length of the list. A mailbox knows its own (RFC 8621 §4.4).
    fn total(&self) -> String {
        let account = &self.account;
        if let Some(mailbox) = &self.lone_mailbox {
            let column = if self.collapse_threads { "total_threads" } else { "total_emails" };
            return format!(
                "coalesce((SELECT {column} FROM mailbox WHERE account_id = {account} AND id = {mailbox}), 0)"
            );
        }
        self.either(self.counted(), |List { source, predicate, .. }| {
            format!("(SELECT {} FROM {} AND {predicate})", self.count(source), source.from)
        })
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
            let before = order.before("a");
            format!("(SELECT {} FROM {} AND {before} AND {predicate})", self.count(source), source.from)
        });
        format!("SELECT {before} AS n FROM anchor a")
    }

    fn counted(&self) -> &List {
        self.texts.as_ref().map_or(&self.list, |texts| &texts.counted)
    }

    fn count(&self, source: &Source) -> String {
        if self.collapse_threads {
            format!("count(DISTINCT {})", source.thread)
        } else {
            "count(*)".to_owned()
        }
    }
}

/// What must hold, by what it is tested with.
struct Filters<'a> {
    account: &'a str,
    driver: &'a Driver,
    words: Option<&'a Words>,
    rest: &'a [String],
}

impl Filters<'_> {
    fn is_driver_alone(&self) -> bool {
        self.rest.is_empty() && self.words.is_none()
    }

    /// All of it, for a row `e` that was reached by its thread or its id.
    fn whole(&self) -> String {
        let words = self.words.map(|words| words.predicate_of_one(self.account));
        self.all_of([self.driver.predicate(self.account), words])
    }

    /// What is left for the rows that the driver gives, in their order.
    fn of_driven(&self) -> String {
        self.all_of([self.words.map(|words| words.predicate_of_one(self.account)), None])
    }

    fn all_of(&self, parts: [Option<String>; 2]) -> String {
        joined(self.rest.iter().cloned().chain(parts.into_iter().flatten()).collect(), " AND ", "true")
    }

    fn texts(&self, words: &Words, order: &Order, sorts_by_time: bool, is_newest_first: bool) -> Texts {
        let account = self.account;
        let is_alone = self.rest.is_empty() && self.driver.is_none() && sorts_by_time;
        let few_source = if is_alone { Source::few_alone() } else { Source::few(account) };
        let join = if is_alone { "" } else { WITH_EMAIL };
        let counted = if self.driver.is_none() {
            let source = Source::found(account, words, join);
            List {
                order: order.read_from(source.received_at, source.id),
                predicate: self.all_of([None, None]),
                source,
            }
        } else {
            let source = self.driver.source(account, true);
            List {
                order: order.read_from(source.received_at, source.id),
                predicate: self.all_of([Some(words.predicate(account)), None]),
                source,
            }
        };
        Texts {
            few: Texts::few(account, words),
            few_list: List {
                order: order.read_from(few_source.received_at, few_source.id),
                predicate: self.all_of([self.driver.predicate(account), None]),
                source: few_source,
            },
            walk: (self.driver.is_none() && is_newest_first)
                .then(|| Walk::new(account, words, join, &counted)),
            counted,
        }
    }
}
