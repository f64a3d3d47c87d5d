//! What a list of emails is read from, so that the common lists come in order from an index.

use super::walk::Walk;
use crate::query::conditions::{Conjunct, has_keyword, in_mailbox};
use crate::query::found::{Found, Words};
use crate::query::order::Order;
use crate::query::statement::Parameters;
use crate::wire::email_filter::EmailCondition;

/// So many emails are read and sorted at once.
pub(super) const FEW: usize = 2000;

/// The condition that says which table a list is read from, with the parameter of its value.
pub(super) enum Driver {
    Mailbox(String),
    Keyword(String),
    None,
}

impl Driver {
    /// Takes it out of what must hold; the rest is left to be tested.
    pub(super) fn take(conjuncts: &mut Vec<Conjunct<'_>>, parameters: &mut Parameters) -> Self {
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
    pub(super) fn predicate(&self, account: &str) -> Option<String> {
        match self {
            Self::Mailbox(mailbox) => Some(in_mailbox(account, &format!("= {mailbox}"))),
            Self::Keyword(keyword) => Some(has_keyword("e", keyword)),
            Self::None => None,
        }
    }

    pub(super) fn source(&self, account: &str, needs_email: bool) -> Source {
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

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The mailbox, if it is one.
    pub(super) fn lone_mailbox(&self) -> Option<String> {
        match self {
            Self::Mailbox(mailbox) => Some(mailbox.clone()),
            _ => None,
        }
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
pub(super) struct Source {
    /// FROM and WHERE.
    pub(super) from: String,
    pub(super) id: &'static str,
    pub(super) received_at: &'static str,
    pub(super) thread: &'static str,
}

/// Joins the emails to what was found in texts.
pub(super) const WITH_EMAIL: &str = " JOIN email e ON e.account_id = x.account_id AND e.id = x.email_id";

impl Source {
    /// The emails of the part `few`.
    pub(super) fn few(account: &str) -> Self {
        Self {
            from: format!(
                "email e WHERE e.account_id = {account} AND e.id = ANY (ARRAY(SELECT id FROM few))"
            ),
            id: "e.id",
            received_at: "e.received_at",
            thread: "e.thread_id",
        }
    }

    /// The same, where nothing of an email is needed that the part does not have.
    pub(super) fn few_alone() -> Self {
        Self {
            from: "few f WHERE true".to_owned(),
            id: "f.id",
            received_at: "f.received_at",
            thread: "f.thread_id",
        }
    }

    /// What has the words, by their index.
    pub(super) fn found(account: &str, words: &Words, join: &str) -> Self {
        Self {
            from: format!("email_search x{join} WHERE x.account_id = {account} AND {}", words.indexed()),
            id: "x.email_id",
            received_at: "x.received_at",
            thread: "x.thread_id",
        }
    }
}

/// One way to read the list.
pub(super) struct List {
    pub(super) source: Source,
    /// What the source leaves to be tested.
    pub(super) predicate: String,
    pub(super) order: Order,
}

/// The other ways to read a list of what a text finds.
pub(super) struct Texts {
    /// The part of the statement that finds at most one more than [`FEW`].
    pub(super) few: String,
    /// The list of what it finds.
    pub(super) few_list: List,
    /// The list for counting all of it, whose order does not matter.
    pub(super) counted: List,
    /// The list through time, for one of all mail, newest first.
    pub(super) walk: Option<Walk>,
}

impl Texts {
    pub(super) fn few(account: &str, words: &Words) -> String {
        format!(
            "few AS MATERIALIZED (SELECT x.email_id AS id, x.thread_id, x.received_at FROM email_search x \
             WHERE x.account_id = {account} AND {} LIMIT {FEW} + 1)",
            words.indexed()
        )
    }
}
