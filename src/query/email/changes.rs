//! Email/queryChanges (RFC 8621 §4.5) as one statement.
//!
//! The parts, after those of [`crate::query::changes`]:
//!
//! - `thread`, where an email can move its thread mates (collapsed threads, conditions and sorts over threads): the
//!   threads of changed emails, and those that the log of threads names, for emails that are gone;
//! - `candidate`: the emails whose place may have changed, each with its sort keys and whether it matches;
//! - `listed`: those of them that are in the list now; `removed`: those that may have been in it before;
//! - `last`: the listed one that comes last. The list is walked from its beginning to there and no further, and
//!   gives each listed email its index.
//!
//! If neither filter nor sort rests on what can change, only new and destroyed emails count, and what comes after
//! `upToId` is left out, so that the walk ends where the client's copy does.

use super::{List, Parts};
use crate::query::changes::{self, PAIRS, Since, told};
use crate::query::order::{Sort, is_by_keyword};
use crate::query::statement::{Parameters, Statement};
use crate::wire::email_filter::{EmailCondition, EmailSort, EmailSortProperty};
use crate::wire::filter::Filter;
use crate::wire::ids::AccountId;

/// The arguments of Email/queryChanges, resolved.
#[derive(Clone, Debug)]
pub struct EmailQueryChanges<'a> {
    /// Whose mail.
    pub account: AccountId,
    /// What must hold; none is everything.
    pub filter: Option<&'a Filter<EmailCondition>>,
    /// The comparators; none is newest first.
    pub sort: &'a [EmailSort],
    /// Only the first email of each thread (RFC 8621 §4.4.3).
    pub collapse_threads: bool,
    /// Since when.
    pub since: Since,
    /// The number of Thread in the log.
    pub thread_data_type: i16,
    /// upToId: the last email that the client knows of the list.
    pub up_to: Option<i64>,
    /// Whether to count the whole list.
    pub calculate_total: bool,
}

/// Compiles the query for changes. The statement gives one row:
///
/// - `is_beyond boolean`: the log holds more events than are looked at, and nothing else is to be believed;
/// - `changes bigint`: how many changes there are, removed and added ones together;
/// - `removed bigint[]`: ids that may have been in the list and are to be taken out;
/// - `added bigint[]`: the ids to put in, each followed by its index, in the order of the indexes;
/// - `total bigint`: the length of the list; null unless it was asked for.
///
/// Both arrays are empty where there are more changes than wanted.
pub fn compile_changes(query: &EmailQueryChanges<'_>) -> Statement {
    let mut parameters = Parameters::default();
    let account = parameters.add(query.account.0);
    let sort = Sort { by: query.sort, ties: None };
    let parts = Parts::new(&account, query.filter, sort, query.collapse_threads, &mut parameters);
    let sql = Changes { parts, rests_on: RestsOn::of(query) }.statement(query, &mut parameters);
    parameters.into_statement(sql)
}

/// What the place of an email in the list depends on.
struct RestsOn {
    /// Keywords, mailboxes or verdicts.
    what_changes: bool,
    /// Conditions over whole threads.
    threads_by_filter: bool,
    /// Other emails of its thread, for whatever reason.
    threads: bool,
}

impl RestsOn {
    fn of(query: &EmailQueryChanges<'_>) -> Self {
        let sorts = |is: fn(&EmailSortProperty) -> bool| query.sort.iter().any(|by| is(&by.property));
        let filters = |is: fn(&EmailCondition) -> bool| query.filter.is_some_and(|filter| filter.any(is));
        let threads_by_filter = filters(is_over_thread);
        Self {
            what_changes: filters(can_change) || query.sort.iter().any(is_by_keyword),
            threads_by_filter,
            threads: query.collapse_threads || threads_by_filter || sorts(sorts_by_thread),
        }
    }
}

fn is_over_thread(condition: &EmailCondition) -> bool {
    use EmailCondition as Is;
    matches!(
        condition,
        Is::AllInThreadHaveKeyword(_) | Is::SomeInThreadHaveKeyword(_) | Is::NoneInThreadHaveKeyword(_)
    )
}

/// Whether the condition can come to another result while the email is there. Every condition has to be looked at
/// here: one that is missed leaves clients with a wrong list.
fn can_change(condition: &EmailCondition) -> bool {
    use EmailCondition as Is;
    match condition {
        Is::InMailbox(_)
        | Is::InMailboxOtherThan(_)
        | Is::AllInThreadHaveKeyword(_)
        | Is::SomeInThreadHaveKeyword(_)
        | Is::NoneInThreadHaveKeyword(_)
        | Is::HasKeyword(_)
        | Is::NotKeyword(_)
        | Is::HasVerifiedSmime(_)
        | Is::HasVerifiedSmimeAtDelivery(_) => true,
        Is::Before(_)
        | Is::After(_)
        | Is::MinSize(_)
        | Is::MaxSize(_)
        | Is::HasAttachment(_)
        | Is::Text(_)
        | Is::From(_)
        | Is::To(_)
        | Is::Cc(_)
        | Is::Bcc(_)
        | Is::Subject(_)
        | Is::Body(_)
        | Is::Header(..)
        | Is::HasSmime(_) => false,
    }
}

fn sorts_by_thread(property: &EmailSortProperty) -> bool {
    use EmailSortProperty as By;
    matches!(property, By::AllInThreadHaveKeyword(_) | By::SomeInThreadHaveKeyword(_))
}

struct Changes {
    parts: Parts,
    rests_on: RestsOn,
}

impl Changes {
    fn statement(&self, query: &EmailQueryChanges<'_>, parameters: &mut Parameters) -> String {
        let account = &self.parts.account;
        let state = parameters.add(query.since.state);
        let mut with: Vec<String> = self.parts.texts.iter().map(|texts| texts.few.clone()).collect();
        let is_relevant = if self.rests_on.what_changes {
            "NOT (bool_or(kind = 1) AND bool_or(kind = 3))"
        } else {
            "bool_or(kind = 1) <> bool_or(kind = 3)"
        };
        with.push(changes::changed(account, query.since.data_type, &state, "true", is_relevant, parameters));
        if self.rests_on.threads {
            with.push(thread(account, &state, &parameters.add(query.thread_data_type)));
        }
        with.push(self.candidate());
        let until = match query.up_to {
            Some(id) if !self.rests_on.what_changes => {
                with.push(self.up_to(&parameters.add(id)));
                let is_after = self.parts.order.over_columns("u").before("c");
                format!(" AND NOT EXISTS (SELECT FROM up_to u WHERE {is_after})")
            }
            _ => String::new(),
        };
        with.push(format!("listed AS MATERIALIZED (SELECT c.* FROM {} WHERE true{until})", self.in_list()));
        with.push(format!("removed AS MATERIALIZED ({})", self.removed(&until)));
        let backwards = self.parts.order.over_columns("l").reversed().clause();
        with.push(format!("last AS MATERIALIZED (SELECT l.* FROM listed l ORDER BY {backwards} LIMIT 1)"));
        let added = self.parts.either(&self.parts.list, |list| self.indexes(list));
        let total = if query.calculate_total { self.parts.total() } else { "NULL::bigint".to_owned() };
        format!(
            "-- email/query_changes: what left, entered and may have moved in a filtered and sorted list since a state\n\
             WITH {}{}",
            with.join(",\n     "),
            told(query.since.max_changes, &added, &total, parameters)
        )
    }

    fn candidate(&self) -> String {
        let Parts { account, filter, order, .. } = &self.parts;
        let columns = order.columns();
        let (flags, from) = if self.rests_on.threads {
            (
                "d.id IS NOT NULL AS is_changed, coalesce(d.is_new, false) AS is_new",
                format!(
                    "thread h JOIN email e ON e.account_id = {account} AND e.thread_id = h.id \
                     LEFT JOIN changed d ON d.id = e.id"
                ),
            )
        } else {
            (
                "true AS is_changed, d.is_new",
                format!("changed d JOIN email e ON e.account_id = {account} AND e.id = d.id"),
            )
        };
        format!(
            "candidate AS MATERIALIZED (\n    \
                 SELECT e.id, e.thread_id, {flags}, {filter} AS matches, {columns}\n    FROM {from}\n)"
        )
    }

    /// The candidates `c` that are in the list now. Where threads are collapsed, all of a thread are candidates.
    fn in_list(&self) -> String {
        if !self.parts.collapse_threads {
            return "(SELECT * FROM candidate WHERE matches) c".to_owned();
        }
        self.firsts("c.matches")
    }

    /// The first candidate `c` of each thread among those for which the condition holds.
    fn firsts(&self, condition: &str) -> String {
        let clause = self.parts.order.over_columns("c").clause();
        format!(
            "(SELECT c.* FROM (SELECT c.*, row_number() OVER (PARTITION BY c.thread_id ORDER BY {clause}) AS n \
             FROM candidate c WHERE {condition}) c WHERE c.n = 1) c"
        )
    }

    /// What was destroyed, what changed, and the unchanged thread mates that may have been in the list. Such a mate
    /// matched before if it matches now, unless the filter looks at other emails; and of collapsed ones only the
    /// first of these can have stood for its thread.
    fn removed(&self, until: &str) -> String {
        let gone = "SELECT id FROM changed WHERE is_gone";
        let changed = format!("SELECT c.id FROM candidate c WHERE c.is_changed AND NOT c.is_new{until}");
        let mates = match &self.rests_on {
            RestsOn { threads: false, .. } => return format!("{gone} UNION ALL {changed}"),
            RestsOn { threads_by_filter: true, .. } => {
                "(SELECT * FROM candidate WHERE NOT is_changed) c".to_owned()
            }
            _ if self.parts.collapse_threads => self.firsts("c.matches AND NOT c.is_changed"),
            _ => "(SELECT * FROM candidate WHERE matches AND NOT is_changed) c".to_owned(),
        };
        format!("{gone} UNION ALL {changed} UNION ALL SELECT c.id FROM {mates} WHERE true{until}")
    }

    /// The keys of upToId, if it is in the list.
    fn up_to(&self, id: &str) -> String {
        self.parts.row("up_to", id)
    }

    /// The listed ids with their indexes: the list is numbered as far as the last of them.
    fn indexes(&self, list: &List) -> String {
        let numbered = self.numbered(list);
        format!("ARRAY(SELECT v.x FROM ({numbered}) r JOIN listed l ON l.id = r.id {PAIRS})")
    }

    fn numbered(&self, List { source, predicate, order }: &List) -> String {
        let (from, id, thread) = (source.from(), source.id, source.thread);
        let (clause, reached) = (order.clause(), order.up_to("last"));
        if !self.parts.collapse_threads || source.is_collapsed {
            return format!(
                "SELECT {id} AS id, row_number() OVER (ORDER BY {clause}) - 1 AS index \
                 FROM {from} AND {reached} AND {predicate}"
            );
        }
        let (columns, over) = (order.columns(), order.over_columns("c").clause());
        format!(
            "SELECT c.id, row_number() OVER (ORDER BY {over}) - 1 AS index \
             FROM (SELECT {id} AS id, {thread} AS thread_id, {columns} FROM {from} AND {reached} AND {predicate} \
             ORDER BY {clause} OFFSET 0) c WHERE {}",
            self.parts.is_first_of_thread()
        )
    }
}

/// The threads whose emails may have moved. The log of threads tells of those that lost emails.
fn thread(account: &str, state: &str, data_type: &str) -> String {
    let most = changes::MAX_EVENTS;
    format!(
        "thread AS MATERIALIZED (\n    \
             SELECT e.thread_id AS id FROM changed d JOIN email e ON e.account_id = {account} AND e.id = d.id\n    \
             UNION\n    \
             (SELECT object_id FROM change\n     \
             WHERE account_id = {account} AND data_type = {data_type} AND state > {state}\n     \
             ORDER BY state LIMIT {most} + 1)\n\
         )"
    )
}
