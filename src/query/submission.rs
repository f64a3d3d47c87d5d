//! EmailSubmission/query (RFC 8621 §7.3) as one statement.

use super::changes::{self, PAIRS, Since, told};
use super::conditions::joined;
use super::order::{Key, Order};
use super::statement::{Parameters, Statement};
use super::window::Window;
use crate::wire::filter::{Filter, Operator};
use crate::wire::ids::AccountId;
use crate::wire::submission_filter::{SubmissionCondition, SubmissionSort, SubmissionSortProperty};

/// The arguments of EmailSubmission/query, resolved.
#[derive(Clone, Debug)]
pub struct SubmissionQuery<'a> {
    /// Whose submissions.
    pub account: AccountId,
    /// What must hold; none is everything.
    pub filter: Option<&'a Filter<SubmissionCondition>>,
    /// The comparators; none is the newest first.
    pub sort: &'a [SubmissionSort],
    /// Where to begin.
    pub window: Window,
    /// How many ids at most.
    pub limit: Option<u64>,
    /// Whether to count the whole list.
    pub calculate_total: bool,
}

/// The arguments of EmailSubmission/queryChanges (RFC 8621 §7.4), resolved.
#[derive(Clone, Debug)]
pub struct SubmissionQueryChanges<'a> {
    /// Whose submissions.
    pub account: AccountId,
    /// What must hold; none is everything.
    pub filter: Option<&'a Filter<SubmissionCondition>>,
    /// The comparators; none is the newest first.
    pub sort: &'a [SubmissionSort],
    /// Since when.
    pub since: Since,
    /// Whether to count the whole list.
    pub calculate_total: bool,
}

/// Compiles the query. What the statement returns is said at [`Statement`]. A page that is counted from the front reads
/// no more than itself and what stands before it.
pub fn compile(query: &SubmissionQuery<'_>) -> Statement {
    let mut parameters = Parameters::default();
    let account = parameters.add(query.account.0);
    let matching = matching(query.filter, &mut parameters);
    let order = order(query.sort).clause();
    let limit = parameters.add(query.limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX)));
    let from = format!("FROM email_submission s WHERE s.account_id = {account} AND {matching}");
    let total = match query.calculate_total {
        true => format!("(SELECT count(*) {from})"),
        false => "NULL::bigint".to_owned(),
    };
    let start = match query.window {
        Window::Position(position) if position >= 0 => parameters.add(position),
        Window::Position(position) => {
            format!("greatest((SELECT count(*) {from}) + {}::bigint, 0)", parameters.add(position))
        }
        Window::Anchor { id, offset } => format!(
            "(SELECT greatest(l.index + {}::bigint, 0) FROM (\n        \
                 SELECT s.id, row_number() OVER (ORDER BY {order}) - 1 AS index {from}\n    \
             ) l WHERE l.id = {})",
            parameters.add(offset),
            parameters.add(id)
        ),
    };
    // Without an anchor in the list there is no start, and an offset of null is none: nothing is read then.
    let sql = format!(
        "-- submission/query: the ids of a window of a filtered and sorted list\n\
         WITH start AS MATERIALIZED (SELECT {start}::bigint AS n)\n\
         SELECT CASE WHEN (SELECT n FROM start) IS NULL THEN '{{}}'::bigint[] ELSE ARRAY(\n    \
             SELECT s.id {from} ORDER BY {order} LIMIT {limit} OFFSET (SELECT n FROM start)\n\
         ) END AS ids,\n       \
         (SELECT n FROM start) AS position,\n       {total} AS total"
    );
    parameters.into_statement(sql)
}

/// Compiles the query for changes. What the statement returns is said at [`super::email::compile_changes`].
pub fn compile_changes(query: &SubmissionQueryChanges<'_>) -> Statement {
    let mut parameters = Parameters::default();
    let account = parameters.add(query.account.0);
    let matching = matching(query.filter, &mut parameters);
    let order = order(query.sort).clause();
    let state = parameters.add(query.since.state);
    let changed = changes::changed(
        &account,
        query.since.data_type,
        &state,
        "true",
        "NOT (bool_or(kind = 1) AND bool_or(kind = 3))",
        &mut parameters,
    );
    let total = if query.calculate_total { "(SELECT count(*) FROM list)" } else { "NULL::bigint" };
    let added = format!("ARRAY(SELECT v.x FROM listed r {PAIRS})");
    let told = told(query.since.max_changes, &added, total, &mut parameters);
    let sql = format!(
        "-- submission/query_changes: what left, entered and may have moved in a filtered and sorted list since a state\n\
         WITH list AS (\n    \
             SELECT s.id, row_number() OVER (ORDER BY {order}) - 1 AS index\n    \
             FROM email_submission s WHERE s.account_id = {account} AND {matching}\n\
         ), {changed}, listed AS MATERIALIZED (\n    \
             SELECT l.id, l.index FROM list l JOIN changed c ON c.id = l.id\n\
         ), removed AS MATERIALIZED (\n    \
             SELECT c.id FROM changed c WHERE NOT c.is_new\n\
         ){told}"
    );
    parameters.into_statement(sql)
}

fn order(sort: &[SubmissionSort]) -> Order {
    let newest_first = [SubmissionSort { property: SubmissionSortProperty::SendAt, is_ascending: false }];
    let sort = if sort.is_empty() { &newest_first } else { sort };
    let keys = sort.iter().map(|comparator| {
        let column = match comparator.property {
            SubmissionSortProperty::EmailId => "s.email_id",
            SubmissionSortProperty::ThreadId => "s.thread_id",
            SubmissionSortProperty::SendAt => "s.send_at",
        };
        Key::new(column, comparator.is_ascending)
    });
    Order::with_tie_break(keys.collect(), "s.id")
}

fn matching(filter: Option<&Filter<SubmissionCondition>>, parameters: &mut Parameters) -> String {
    filter.map_or_else(|| "true".to_owned(), |filter| predicate(filter, parameters))
}

fn predicate(filter: &Filter<SubmissionCondition>, parameters: &mut Parameters) -> String {
    match filter {
        Filter::Condition(conditions) => {
            let parts = conditions.iter().map(|is| condition(is, parameters)).collect();
            joined(parts, " AND ", "true")
        }
        Filter::Operator(operator, children) => {
            let parts = children.iter().map(|child| predicate(child, parameters)).collect();
            match operator {
                Operator::And => joined(parts, " AND ", "true"),
                Operator::Or => joined(parts, " OR ", "false"),
                Operator::Not => format!("NOT {}", joined(parts, " OR ", "false")),
            }
        }
    }
}

/// A predicate over `s` that is never null.
fn condition(condition: &SubmissionCondition, parameters: &mut Parameters) -> String {
    use SubmissionCondition as Is;
    let numbers = |ids: Vec<i64>, parameters: &mut Parameters| parameters.add(ids);
    match condition {
        Is::Identities(ids) => {
            format!("s.identity_id = ANY ({})", numbers(ids.iter().map(|id| id.0).collect(), parameters))
        }
        Is::Emails(ids) => {
            format!("s.email_id = ANY ({})", numbers(ids.iter().map(|id| id.0).collect(), parameters))
        }
        Is::Threads(ids) => {
            format!("s.thread_id = ANY ({})", numbers(ids.iter().map(|id| id.0).collect(), parameters))
        }
        // PostgreSQL's text holds no NUL, so no status does.
        Is::UndoStatus(status) if status.contains('\0') => "false".to_owned(),
        Is::UndoStatus(status) => format!("s.undo_status = {}::text", parameters.add(status.clone())),
        Is::Before(at) => format!("s.send_at < {}", parameters.add(*at)),
        Is::After(at) => format!("s.send_at >= {}", parameters.add(*at)),
    }
}
