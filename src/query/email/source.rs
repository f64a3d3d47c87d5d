//! What a list of emails is read from, so that the common lists come in order from an index.

use crate::query::conditions::{Conditions, Conjunct, has_keyword, in_mailbox};
use crate::query::found::{Found, Words};
use crate::query::order::Order;
use crate::query::statement::Parameters;
use crate::wire::email_filter::EmailCondition;

/// What an index over receivedAt serves as a whole, the most telling first.
const INDEXED: [&[EmailCondition]; 8] = {
    use EmailCondition as Is;
    [
        &[Is::HasVerifiedSmimeAtDelivery(true), Is::HasVerifiedSmime(false)],
        &[Is::HasSmime(true), Is::HasVerifiedSmime(false)],
        &[Is::HasVerifiedSmime(true)],
        &[Is::HasVerifiedSmime(false)],
        &[Is::HasVerifiedSmimeAtDelivery(true)],
        &[Is::HasVerifiedSmimeAtDelivery(false)],
        &[Is::HasSmime(true)],
        &[Is::HasAttachment(true)],
    ]
};

/// The condition that says what a list is read from, with the parameter of its value.
pub(super) enum Driver {
    Mailbox(String),
    Keyword(String),
    /// All mail for which these hold.
    Mail(Vec<String>),
}

impl Driver {
    /// Takes it out of what must hold; the rest is left to be tested. What words find is not read from an index by time.
    pub(super) fn take(
        conjuncts: &mut Vec<Conjunct<'_>>,
        has_words: bool,
        account: &str,
        parameters: &mut Parameters,
    ) -> Self {
        let mut find = |wanted: fn(&EmailCondition) -> bool| {
            let is_wanted = |conjunct: &Conjunct<'_>| match conjunct {
                Conjunct::Condition(condition) => wanted(condition),
                Conjunct::Tree(_) | Conjunct::Not(_) => false,
            };
            match conjuncts.iter().position(is_wanted).map(|index| conjuncts.remove(index)) {
                Some(Conjunct::Condition(condition)) => Some(condition.into_owned()),
                _ => None,
            }
        };
        let driver = find(|condition| matches!(condition, EmailCondition::InMailbox(Some(_))))
            .or_else(|| find(|condition| matches!(condition, EmailCondition::HasKeyword(_))));
        match driver {
            Some(EmailCondition::InMailbox(Some(mailbox))) => Self::Mailbox(parameters.add(mailbox.0)),
            Some(EmailCondition::HasKeyword(keyword)) => {
                Self::Keyword(parameters.add(keyword.as_str().to_owned()))
            }
            _ if has_words => Self::Mail(Vec::new()),
            _ => Self::Mail(indexed(conjuncts, Conditions { account, parameters })),
        }
    }

    /// The condition over a row `e` that was reached in another way.
    pub(super) fn predicates(&self, account: &str) -> Vec<String> {
        match self {
            Self::Mailbox(mailbox) => vec![in_mailbox(account, &format!("= {mailbox}"))],
            Self::Keyword(keyword) => vec![has_keyword("e", keyword)],
            Self::Mail(conditions) => conditions.clone(),
        }
    }

    pub(super) fn source(&self, account: &str, times: &Times, needs_email: bool) -> Source {
        let join = |alias: &str| match needs_email {
            true => format!(" JOIN email e ON e.account_id = {alias}.account_id AND e.id = {alias}.email_id"),
            false => String::new(),
        };
        match self {
            Self::Mailbox(mailbox) => Source {
                table: "email_mailbox m",
                alias: "m",
                rows: times.within(
                    format!("m.account_id = {account} AND m.mailbox_id = {mailbox}"),
                    "m.received_at",
                ),
                join: join("m"),
                id: "m.email_id",
                received_at: "m.received_at",
                thread: "m.thread_id",
                is_collapsed: false,
            },
            Self::Keyword(keyword) => Source {
                table: "email_keyword k",
                alias: "k",
                rows: times
                    .within(format!("k.account_id = {account} AND k.keyword = {keyword}"), "k.received_at"),
                join: join("k"),
                id: "k.email_id",
                received_at: "k.received_at",
                thread: "e.thread_id",
                is_collapsed: false,
            },
            Self::Mail(conditions) => Source::mail(account, times, conditions),
        }
    }

    /// The mailbox, if the list is read from one.
    pub(super) fn mailbox(&self) -> Option<&str> {
        match self {
            Self::Mailbox(mailbox) => Some(mailbox),
            _ => None,
        }
    }

    /// Whether this says nothing.
    pub(super) fn is_all(&self) -> bool {
        matches!(self, Self::Mail(conditions) if conditions.is_empty())
    }
}

/// Takes conditions that an index serves together.
fn indexed(conjuncts: &mut Vec<Conjunct<'_>>, mut conditions: Conditions<'_>) -> Vec<String> {
    let is = |conjunct: &Conjunct<'_>, wanted: &EmailCondition| match conjunct {
        Conjunct::Condition(condition) => condition.as_ref() == wanted,
        Conjunct::Tree(_) | Conjunct::Not(_) => false,
    };
    let has = |wanted: &EmailCondition| conjuncts.iter().any(|conjunct| is(conjunct, wanted));
    let Some(served) = INDEXED.into_iter().find(|served| served.iter().all(has)) else { return Vec::new() };
    conjuncts.retain(|conjunct| !served.iter().any(|wanted| is(conjunct, wanted)));
    served.iter().map(|condition| conditions.condition(condition)).collect()
}

/// The bounds of receivedAt: every table that is read in order of time has it.
#[derive(Default)]
pub(super) struct Times(Vec<(&'static str, String)>);

impl Times {
    /// Takes them out of what must hold.
    pub(super) fn take(conjuncts: &mut Vec<Conjunct<'_>>, parameters: &mut Parameters) -> Self {
        let mut times = Vec::new();
        conjuncts.retain(|conjunct| {
            let Conjunct::Condition(condition) = conjunct else { return true };
            match condition.as_ref() {
                EmailCondition::Before(at) => times.push(("<", parameters.add(*at))),
                EmailCondition::After(at) => times.push((">=", parameters.add(*at))),
                _ => return true,
            }
            false
        });
        Self(times)
    }

    pub(super) fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// The conditions over a column.
    pub(super) fn predicates(&self, received_at: &str) -> impl Iterator<Item = String> {
        self.0.iter().map(move |(sign, at)| format!("{received_at} {sign} {at}"))
    }

    fn within(&self, rows: String, received_at: &str) -> String {
        std::iter::once(rows).chain(self.predicates(received_at)).collect::<Vec<_>>().join(" AND ")
    }
}

/// Takes what must be found in texts out of what must hold, as one.
pub(super) fn take_found(conjuncts: &mut Vec<Conjunct<'_>>) -> Found {
    let mut parts = Vec::new();
    conjuncts.retain(|conjunct| match Found::of(conjunct) {
        Some(found) => {
            parts.push(found);
            false
        }
        None => true,
    });
    Found::all(parts)
}

/// What a list is read from.
#[derive(Clone)]
pub(super) struct Source {
    /// The table with its alias.
    table: &'static str,
    pub(super) alias: &'static str,
    /// Which rows of it.
    rows: String,
    /// The join that makes `e` known, where the table is another and `e` is needed.
    join: String,
    pub(super) id: &'static str,
    pub(super) received_at: &'static str,
    pub(super) thread: &'static str,
    /// No two rows are of one thread: each is the first of its thread in the list.
    pub(super) is_collapsed: bool,
}

/// Joins the emails to what was found in texts.
pub(super) const WITH_EMAIL: &str = " JOIN email e ON e.account_id = x.account_id AND e.id = x.email_id";

impl Source {
    /// All mail for which the conditions hold.
    pub(super) fn mail(account: &str, times: &Times, conditions: &[String]) -> Self {
        let rows = times.within(format!("e.account_id = {account}"), "e.received_at");
        Self::emails(
            std::iter::once(rows).chain(conditions.iter().cloned()).collect::<Vec<_>>().join(" AND "),
        )
    }

    /// The emails of the part `few`.
    pub(super) fn few(account: &str) -> Self {
        Self::emails(format!("e.account_id = {account} AND e.id = ANY (ARRAY(SELECT id FROM few))"))
    }

    /// The same, where nothing of an email is needed that the part does not have.
    pub(super) fn few_alone() -> Self {
        Self {
            table: "few f",
            alias: "f",
            rows: "true".to_owned(),
            join: String::new(),
            id: "f.id",
            received_at: "f.received_at",
            thread: "f.thread_id",
            is_collapsed: false,
        }
    }

    /// What has the words, by their index.
    pub(super) fn found(account: &str, words: &Words, join: &str) -> Self {
        Self {
            table: "email_search x",
            alias: "x",
            rows: format!("x.account_id = {account} AND {}", words.indexed()),
            join: join.to_owned(),
            id: "x.email_id",
            received_at: "x.received_at",
            thread: "x.thread_id",
            is_collapsed: false,
        }
    }

    fn emails(rows: String) -> Self {
        Self {
            table: "email e",
            alias: "e",
            rows,
            join: String::new(),
            id: "e.id",
            received_at: "e.received_at",
            thread: "e.thread_id",
            is_collapsed: false,
        }
    }

    /// The newest email of each thread in a mailbox.
    pub(super) fn newest_of_threads(account: &str, mailbox: &str) -> Self {
        Self {
            table: "thread_mailbox n",
            alias: "n",
            rows: format!("n.account_id = {account} AND n.mailbox_id = {mailbox}"),
            join: String::new(),
            id: "n.newest_id",
            received_at: "n.newest_at",
            thread: "n.thread_id",
            is_collapsed: true,
        }
    }

    /// FROM and WHERE.
    pub(super) fn from(&self) -> String {
        let Self { table, rows, join, .. } = self;
        format!("{table}{join} WHERE {rows}")
    }

    /// The same of the first rows in this order, no more than `most`; the alias has the columns of its keys. Emails are
    /// joined one by one: a filter that few emails pass would have PostgreSQL look for these among all.
    pub(super) fn first(&self, order: &Order, most: &str) -> String {
        let Self { table, alias, rows, join, .. } = self;
        let (columns, clause) = (order.columns(), order.clause());
        let join = match join.is_empty() {
            true => String::new(),
            false => format!(
                " CROSS JOIN LATERAL (SELECT e.* FROM email e \
                 WHERE e.account_id = {alias}.account_id AND e.id = {alias}.email_id OFFSET 0) e"
            ),
        };
        format!(
            "(SELECT {alias}.*, {columns} FROM {table} WHERE {rows} ORDER BY {clause} LIMIT {most}) {alias}{join} \
             WHERE true"
        )
    }
}

/// One way to read the list.
#[derive(Clone)]
pub(super) struct List {
    pub(super) source: Source,
    /// What the source leaves to be tested.
    pub(super) predicate: String,
    pub(super) order: Order,
}
