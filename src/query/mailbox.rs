//! Mailbox/query (RFC 8621 §2.3) as one statement. An account has few mailboxes: the whole list is put in order.

use super::changes::{self, PAIRS, Since, told};
use super::conditions::joined;
use super::order::{Key, Order, text_key};
use super::statement::{Parameters, Statement};
use super::window::Window;
use crate::wire::filter::{Filter, Operator};
use crate::wire::ids::AccountId;
use crate::wire::mailbox_filter::{MailboxCondition, MailboxSort, MailboxSortProperty};
use crate::wire::session::Viewer;

/// The arguments of Mailbox/query, resolved.
#[derive(Clone, Debug)]
pub struct MailboxQuery<'a> {
    /// Whose mailboxes.
    pub account: AccountId,
    /// Who asks: isSubscribed is each user's own.
    pub viewer: Viewer<'a>,
    /// What must hold; none is everything.
    pub filter: Option<&'a Filter<MailboxCondition>>,
    /// The comparators; none is by sortOrder and name.
    pub sort: &'a [MailboxSort],
    /// Parents come before their children, and children are sorted among themselves.
    pub sort_as_tree: bool,
    /// Only mailboxes whose ancestors match as well.
    pub filter_as_tree: bool,
    /// Where to begin.
    pub window: Window,
    /// How many ids at most.
    pub limit: Option<u64>,
    /// Whether to count the whole list.
    pub calculate_total: bool,
}

/// The arguments of Mailbox/queryChanges (RFC 8621 §2.4), resolved.
#[derive(Clone, Debug)]
pub struct MailboxQueryChanges<'a> {
    /// Whose mailboxes.
    pub account: AccountId,
    /// Who asks: isSubscribed is each user's own.
    pub viewer: Viewer<'a>,
    /// What must hold; none is everything.
    pub filter: Option<&'a Filter<MailboxCondition>>,
    /// The comparators; none is by sortOrder and name.
    pub sort: &'a [MailboxSort],
    /// As in [`MailboxQuery`].
    pub sort_as_tree: bool,
    /// As in [`MailboxQuery`].
    pub filter_as_tree: bool,
    /// Since when.
    pub since: Since,
    /// Whether to count the whole list.
    pub calculate_total: bool,
}

/// Compiles the query. What the statement returns is said at [`Statement`].
pub fn compile(query: &MailboxQuery<'_>) -> Statement {
    let mut parameters = Parameters::default();
    let account = parameters.add(query.account.0);
    let trees = Trees { sort: query.sort_as_tree, filter: query.filter_as_tree };
    let list = list(&account, query.viewer, query.filter, query.sort, trees, &mut parameters);
    let start = match query.window {
        Window::Position(position) => {
            let position = parameters.add(position);
            format!(
                "SELECT CASE WHEN {position}::bigint < 0 \
                 THEN greatest((SELECT count(*) FROM list) + {position}::bigint, 0) \
                 ELSE {position}::bigint END AS n"
            )
        }
        Window::Anchor { id, offset } => format!(
            "SELECT (SELECT greatest(l.index + {}::bigint, 0) FROM list l WHERE l.id = {}) AS n",
            parameters.add(offset),
            parameters.add(id)
        ),
    };
    let limit = parameters.add(query.limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX)));
    let total = total(query.calculate_total);
    let sql = format!(
        "-- mailbox/query: the ids of a window of a filtered and sorted list\n\
         WITH RECURSIVE {list}, start AS ({start})\n\
         SELECT ARRAY(SELECT l.id FROM list l, start s WHERE l.index >= s.n ORDER BY l.index LIMIT {limit}) AS ids,\n       \
         (SELECT n FROM start) AS position,\n       {total} AS total"
    );
    parameters.into_statement(sql)
}

/// Compiles the query for changes. What the statement returns is said at [`super::email::compile_changes`].
///
/// Counters are neither filtered nor sorted by, so what changed in them alone is left out. In a tree, whatever stands
/// below a mailbox that changed may have come, gone or moved with it.
pub fn compile_changes(query: &MailboxQueryChanges<'_>) -> Statement {
    let mut parameters = Parameters::default();
    let account = parameters.add(query.account.0);
    let trees = Trees { sort: query.sort_as_tree, filter: query.filter_as_tree };
    let list = list(&account, query.viewer, query.filter, query.sort, trees, &mut parameters);
    let state = parameters.add(query.since.state);
    let changed = changes::changed(
        &account,
        query.since.data_type,
        &state,
        "kind <> 4",
        "NOT (bool_or(kind = 1) AND bool_or(kind = 3))",
        &mut parameters,
    );
    let below = if trees.sort || trees.filter {
        format!(
            " UNION SELECT m.id FROM touched p JOIN mailbox m ON m.account_id = {account} AND m.parent_id = p.id"
        )
    } else {
        String::new()
    };
    let added = format!("ARRAY(SELECT v.x FROM listed r {PAIRS})");
    let told = told(query.since.max_changes, &added, total(query.calculate_total), &mut parameters);
    let sql = format!(
        "-- mailbox/query_changes: what left, entered and may have moved in a filtered and sorted list since a state\n\
         WITH RECURSIVE {list}, {changed}, touched AS (\n    \
             SELECT id FROM changed{below}\n\
         ), listed AS MATERIALIZED (\n    \
             SELECT l.id, l.index FROM list l JOIN touched t ON t.id = l.id\n\
         ), removed AS MATERIALIZED (\n    \
             SELECT t.id FROM touched t LEFT JOIN changed c ON c.id = t.id WHERE NOT coalesce(c.is_new, false)\n\
         ){told}"
    );
    parameters.into_statement(sql)
}

/// sortAsTree and filterAsTree (RFC 8621 §2.3).
#[derive(Clone, Copy)]
struct Trees {
    sort: bool,
    filter: bool,
}

/// The parts that end in `list`: the ids with their indexes.
fn list(
    account: &str,
    viewer: Viewer<'_>,
    filter: Option<&Filter<MailboxCondition>>,
    sort: &[MailboxSort],
    trees: Trees,
    parameters: &mut Parameters,
) -> String {
    let mut conditions = Conditions { account, viewer, parameters };
    let matching = filter.map_or_else(|| "true".to_owned(), |filter| conditions.tree(filter));
    let kept = if trees.filter { "rooted" } else { "matching" };
    let sorted = if trees.sort { "t.path" } else { "t.rank" };
    format!(
        "matching AS (\n    \
             SELECT m.id, m.parent_id FROM mailbox m WHERE m.account_id = {account} AND {matching}\n\
         ), rooted AS (\n    \
             SELECT id FROM matching WHERE parent_id IS NULL\n    \
             UNION ALL\n    \
             SELECT c.id FROM rooted p JOIN matching c ON c.parent_id = p.id\n\
         ), ranked AS (\n    \
             SELECT m.id, m.parent_id, row_number() OVER (ORDER BY {clause}) AS rank\n    \
             FROM mailbox m WHERE m.account_id = {account}\n\
         ), tree AS (\n    \
             SELECT id, rank, ARRAY[rank] AS path FROM ranked WHERE parent_id IS NULL\n    \
             UNION ALL\n    \
             SELECT c.id, c.rank, p.path || c.rank FROM tree p JOIN ranked c ON c.parent_id = p.id\n\
         ), list AS (\n    \
             SELECT t.id, row_number() OVER (ORDER BY {sorted}) - 1 AS index\n    \
             FROM {kept} k JOIN tree t ON t.id = k.id\n\
         )",
        clause = order(sort).clause(),
    )
}

fn total(is_wanted: bool) -> &'static str {
    if is_wanted { "(SELECT count(*) FROM list)" } else { "NULL::bigint" }
}

fn order(sort: &[MailboxSort]) -> Order {
    let by_default = [
        MailboxSort {
            property: MailboxSortProperty::SortOrder,
            is_ascending: true,
            collation: Default::default(),
        },
        MailboxSort {
            property: MailboxSortProperty::Name,
            is_ascending: true,
            collation: Default::default(),
        },
    ];
    let sort = if sort.is_empty() { &by_default } else { sort };
    let keys = sort
        .iter()
        .map(|comparator| {
            let expression = match comparator.property {
                MailboxSortProperty::SortOrder => "m.sort_order".to_owned(),
                // Unicode's case mapping whatever the locale of the database, then code points.
                MailboxSortProperty::Name => {
                    text_key("(lower(m.name COLLATE \"und-x-icu\") COLLATE \"C\")", comparator.collation)
                }
                MailboxSortProperty::ParentId => "coalesce(m.parent_id, 0)".to_owned(),
            };
            Key::new(&expression, comparator.is_ascending)
        })
        .collect();
    Order::with_tie_break(keys, "m.id")
}

/// Turns conditions into predicates over `m` that are never null.
struct Conditions<'a> {
    account: &'a str,
    viewer: Viewer<'a>,
    parameters: &'a mut Parameters,
}

impl Conditions<'_> {
    fn tree(&mut self, filter: &Filter<MailboxCondition>) -> String {
        match filter {
            Filter::Condition(conditions) => {
                let parts = conditions.iter().map(|is| self.condition(is)).collect();
                joined(parts, " AND ", "true")
            }
            Filter::Operator(operator, children) => {
                let parts = children.iter().map(|child| self.tree(child)).collect();
                match operator {
                    Operator::And => joined(parts, " AND ", "true"),
                    Operator::Or => joined(parts, " OR ", "false"),
                    Operator::Not => format!("NOT {}", joined(parts, " OR ", "false")),
                }
            }
        }
    }

    fn condition(&mut self, condition: &MailboxCondition) -> String {
        use MailboxCondition as Is;
        match condition {
            Is::AtTop => "m.parent_id IS NULL".to_owned(),
            Is::ChildOf(None) => "false".to_owned(),
            Is::ChildOf(Some(parent)) => {
                format!("m.parent_id IS NOT DISTINCT FROM {}", self.parameters.add(parent.0))
            }
            // PostgreSQL's text holds no NUL, so no name and no role does.
            Is::Name(text) | Is::Role(Some(text)) if text.contains('\0') => "false".to_owned(),
            Is::Name(text) => format!("strpos(m.name, {}::text) > 0", self.parameters.add(text.clone())),
            Is::Role(None) => "m.role IS NULL".to_owned(),
            Is::Role(Some(role)) => {
                format!("m.role IS NOT DISTINCT FROM {}::text", self.parameters.add(role.clone()))
            }
            Is::HasAnyRole(true) => "m.role IS NOT NULL".to_owned(),
            Is::HasAnyRole(false) => "m.role IS NULL".to_owned(),
            Is::IsSubscribed(true) => self.is_subscribed(),
            Is::IsSubscribed(false) => format!("NOT {}", self.is_subscribed()),
        }
    }

    /// As `sql/mailbox/all_for.sql` has it.
    fn is_subscribed(&mut self) -> String {
        format!(
            "coalesce((SELECT s.is_subscribed FROM mailbox_subscription s WHERE s.account_id = {} \
             AND s.mailbox_id = m.id AND s.login_name = {}), m.is_subscribed AND {})",
            self.account,
            self.parameters.add(self.viewer.login.to_owned()),
            self.parameters.add(self.viewer.is_owner)
        )
    }
}
