//! What a list of emails is read from, so that the common lists come in order from an index.

use crate::query::conditions::{Conjunct, has_keyword, has_words, in_mailbox, text_query};
use crate::query::order::Order;
use crate::query::statement::Parameters;
use crate::text::TextQuery;
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

    /// The mailbox, if the whole filter is one inMailbox.
    pub(super) fn lone_mailbox(self, is_alone: bool) -> Option<String> {
        match self {
            Self::Mailbox(mailbox) if is_alone => Some(mailbox),
            _ => None,
        }
    }
}

/// The texts that must be found, as one.
pub(super) enum Found {
    /// The parameter of the tsquery.
    Words(String),
    Nothing,
    Everything,
}

impl Found {
    /// Takes the text conditions out of what must hold.
    pub(super) fn take(conjuncts: &mut Vec<Conjunct<'_>>, parameters: &mut Parameters) -> Self {
        let mut words = Vec::new();
        let mut finds_nothing = false;
        conjuncts.retain(|conjunct| {
            let Conjunct::Condition(condition) = conjunct else { return true };
            match text_query(condition) {
                None => return true,
                Some(TextQuery::Everything) => {}
                Some(TextQuery::Nothing) => finds_nothing = true,
                Some(TextQuery::Words(found)) => words.push(found),
            }
            false
        });
        match words.as_slice() {
            _ if finds_nothing => Self::Nothing,
            [] => Self::Everything,
            _ => Self::Words(parameters.add(words.join(" & "))),
        }
    }

    pub(super) fn predicate(&self, account: &str) -> Option<String> {
        match self {
            Self::Words(words) => Some(has_words(account, words)),
            Self::Nothing => Some("false".to_owned()),
            Self::Everything => None,
        }
    }

    pub(super) fn few(&self, account: &str) -> Option<String> {
        let Self::Words(words) = self else { return None };
        Some(format!(
            "few AS MATERIALIZED (SELECT x.email_id AS id FROM email_text x \
             WHERE x.account_id = {account} AND x.words @@ {words}::text::tsquery LIMIT {FEW} + 1)"
        ))
    }
}

/// What a list is read from.
pub(super) struct Source {
    /// FROM and WHERE.
    pub(super) from: String,
    pub(super) id: &'static str,
    pub(super) received_at: &'static str,
    pub(super) thread: &'static str,
}

impl Source {
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
}

/// One way to read the list.
pub(super) struct List {
    pub(super) source: Source,
    /// What the source leaves to be tested.
    pub(super) predicate: String,
    pub(super) order: Order,
}

/// The other way to read it, for a text that few emails have.
pub(super) struct Few {
    /// The part of the statement that finds them.
    pub(super) few: String,
    pub(super) list: List,
}
