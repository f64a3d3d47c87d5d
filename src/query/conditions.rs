//! Email conditions as SQL predicates over the row `e` of `email` (RFC 8621 §4.4.1, RFC 9219 §4.2).
//!
//! No predicate is ever null, so that NOT means what it says.
//!
//! `OFFSET 0` keeps PostgreSQL from reading all that an EXISTS could find before the first row is tested: it stays a look
//! into an index for each row, and a list that is walked in order stays in it.

use std::borrow::Cow;

use super::found::{Found, Words};
use super::statement::Parameters;
use crate::text;
use crate::wire::email_filter::EmailCondition;
use crate::wire::filter::{Filter, Operator};
use crate::wire::keyword::Keyword;

/// A part of a filter that must hold for the whole to hold.
#[derive(Clone)]
pub(super) enum Conjunct<'a> {
    Condition(Cow<'a, EmailCondition>),
    Tree(&'a Filter<EmailCondition>),
    /// What must not hold.
    Not(&'a Filter<EmailCondition>),
}

/// Takes a filter apart into what must all hold: conditions of one object, of ANDs of objects, and the opposites of
/// what stands alone below a NOT.
pub(super) fn conjuncts(filter: Option<&Filter<EmailCondition>>) -> Vec<Conjunct<'_>> {
    match filter {
        None => Vec::new(),
        Some(Filter::Condition(conditions)) => {
            conditions.iter().map(|condition| Conjunct::Condition(Cow::Borrowed(condition))).collect()
        }
        Some(Filter::Operator(Operator::And, children)) => {
            children.iter().flat_map(|child| conjuncts(Some(child))).collect()
        }
        Some(Filter::Operator(Operator::Not, children)) => children.iter().map(negated).collect(),
        Some(tree) => vec![Conjunct::Tree(tree)],
    }
}

fn negated(filter: &Filter<EmailCondition>) -> Conjunct<'_> {
    let opposite = match filter {
        Filter::Condition(conditions) => match conditions.as_slice() {
            [condition] => opposite(condition),
            _ => None,
        },
        Filter::Operator(..) => None,
    };
    opposite.map_or(Conjunct::Not(filter), |condition| Conjunct::Condition(Cow::Owned(condition)))
}

/// The condition that holds where this one does not, if there is one.
fn opposite(condition: &EmailCondition) -> Option<EmailCondition> {
    use EmailCondition as Is;
    Some(match condition {
        Is::Before(at) => Is::After(*at),
        Is::After(at) => Is::Before(*at),
        Is::MinSize(size) => Is::MaxSize(*size),
        Is::MaxSize(size) => Is::MinSize(*size),
        Is::HasKeyword(keyword) => Is::NotKeyword(keyword.clone()),
        Is::NotKeyword(keyword) => Is::HasKeyword(keyword.clone()),
        Is::SomeInThreadHaveKeyword(keyword) => Is::NoneInThreadHaveKeyword(keyword.clone()),
        Is::NoneInThreadHaveKeyword(keyword) => Is::SomeInThreadHaveKeyword(keyword.clone()),
        Is::HasAttachment(wanted) => Is::HasAttachment(!wanted),
        Is::HasSmime(wanted) => Is::HasSmime(!wanted),
        Is::HasVerifiedSmime(wanted) => Is::HasVerifiedSmime(!wanted),
        Is::HasVerifiedSmimeAtDelivery(wanted) => Is::HasVerifiedSmimeAtDelivery(!wanted),
        _ => return None,
    })
}

/// Turns conditions into predicates. `account` is the parameter of the account.
pub(super) struct Conditions<'a> {
    pub(super) account: &'a str,
    pub(super) parameters: &'a mut Parameters,
}

impl Conditions<'_> {
    pub(super) fn conjunct(&mut self, conjunct: &Conjunct<'_>) -> String {
        match conjunct {
            Conjunct::Condition(condition) => self.condition(condition),
            Conjunct::Tree(tree) => self.tree(tree),
            Conjunct::Not(tree) => format!("NOT {}", self.tree(tree)),
        }
    }

    fn tree(&mut self, filter: &Filter<EmailCondition>) -> String {
        match filter {
            Filter::Condition(conditions) => {
                let parts = conditions.iter().map(|condition| self.condition(condition)).collect();
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

    pub(super) fn condition(&mut self, condition: &EmailCondition) -> String {
        use EmailCondition as Is;
        match condition {
            Is::InMailbox(None) => "false".to_owned(),
            Is::InMailbox(Some(mailbox)) => {
                let mailbox = self.parameters.add(mailbox.0);
                in_mailbox(self.account, &format!("= {mailbox}"))
            }
            Is::InMailboxOtherThan(mailboxes) => {
                let ids: Vec<i64> = mailboxes.iter().map(|mailbox| mailbox.0).collect();
                let mailboxes = self.parameters.add(ids);
                in_mailbox(self.account, &format!("<> ALL ({mailboxes}::bigint[])"))
            }
            Is::Before(at) => format!("e.received_at < {}", self.parameters.add(*at)),
            Is::After(at) => format!("e.received_at >= {}", self.parameters.add(*at)),
            Is::MinSize(size) => format!("e.size >= {}", self.size(*size)),
            Is::MaxSize(size) => format!("e.size < {}", self.size(*size)),
            Is::HasKeyword(keyword) => self.has_keyword(keyword),
            Is::NotKeyword(keyword) => format!("NOT {}", self.has_keyword(keyword)),
            Is::AllInThreadHaveKeyword(keyword) => self.all_in_thread(keyword),
            Is::SomeInThreadHaveKeyword(keyword) => self.some_in_thread(keyword),
            Is::NoneInThreadHaveKeyword(keyword) => format!("NOT {}", self.some_in_thread(keyword)),
            Is::HasAttachment(wanted) => plain_or_not("e.has_attachment", *wanted),
            Is::Text(_) | Is::From(_) | Is::To(_) | Is::Cc(_) | Is::Bcc(_) | Is::Subject(_) | Is::Body(_) => {
                self.text(condition)
            }
            Is::Header(name, text) => self.header(name, text.as_deref()),
            Is::HasSmime(true) => "e.smime_status IS NOT NULL".to_owned(),
            Is::HasSmime(false) => "e.smime_status IS NULL".to_owned(),
            Is::HasVerifiedSmime(wanted) => plain_or_not("e.smime_verified", *wanted),
            Is::HasVerifiedSmimeAtDelivery(wanted) => plain_or_not("e.smime_verified_at_delivery", *wanted),
        }
    }

    fn size(&mut self, size: u64) -> String {
        self.parameters.add(i64::try_from(size).unwrap_or(i64::MAX))
    }

    fn has_keyword(&mut self, keyword: &Keyword) -> String {
        has_keyword("e", &self.parameters.add(keyword.as_str().to_owned()))
    }

    fn some_in_thread(&mut self, keyword: &Keyword) -> String {
        some_in_thread(self.account, &self.parameters.add(keyword.as_str().to_owned()))
    }

    fn all_in_thread(&mut self, keyword: &Keyword) -> String {
        all_in_thread(self.account, &self.parameters.add(keyword.as_str().to_owned()))
    }

    fn text(&mut self, condition: &EmailCondition) -> String {
        match Found::of_condition(condition) {
            Some(found) if found.is_nothing() => "false".to_owned(),
            Some(found) if !found.is_everything() => {
                Words::new(&found, self.parameters).predicate_of_one(self.account)
            }
            _ => "true".to_owned(),
        }
    }

    /// The fields stand in one text, a line each: see [`text::Document::headers_text`].
    fn header(&mut self, name: &str, text: Option<&str>) -> String {
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
            // No header field has such a name (RFC 5322 §2.2).
            return "false".to_owned();
        }
        let name = self.parameters.add(format!("{}:", name.to_ascii_lowercase()));
        let value = match text {
            None => String::new(),
            Some(text) => {
                let needles = self.parameters.add(text::needles(text));
                format!(
                    " AND NOT EXISTS (SELECT FROM unnest({needles}::text[]) AS needle \
                     WHERE strpos(substr(field, length({name}::text) + 1), needle) = 0)"
                )
            }
        };
        format!(
            "EXISTS (SELECT FROM email_search x, unnest(string_to_array(x.headers, E'\\n')) AS field \
             WHERE x.account_id = {} AND x.email_id = e.id AND starts_with(field, {name}::text){value})",
            self.account
        )
    }
}

/// Whether `e` is in a mailbox whose id compares so.
pub(super) fn in_mailbox(account: &str, comparison: &str) -> String {
    format!(
        "EXISTS (SELECT FROM email_mailbox im WHERE im.account_id = {account} AND im.email_id = e.id \
         AND im.mailbox_id {comparison} OFFSET 0)"
    )
}

/// Whether the row `alias` has the keyword. The array is the truth; `email_keyword` repeats it in order of time.
pub(super) fn has_keyword(alias: &str, keyword: &str) -> String {
    format!("({keyword}::text = ANY ({alias}.keywords))")
}

/// Whether some email in the thread of `e` has the keyword. Asked of indexes alone: the row of the email is not read.
pub(super) fn some_in_thread(account: &str, keyword: &str) -> String {
    format!(
        "EXISTS (SELECT FROM email t JOIN email_keyword tk ON tk.account_id = t.account_id \
         AND tk.keyword = {keyword}::text AND tk.received_at = t.received_at AND tk.email_id = t.id \
         WHERE t.account_id = {account} AND t.thread_id = e.thread_id OFFSET 0)"
    )
}

/// Whether all emails in the thread of `e` have the keyword.
pub(super) fn all_in_thread(account: &str, keyword: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM email t WHERE t.account_id = {account} AND t.thread_id = e.thread_id AND NOT {} OFFSET 0)",
        has_keyword("t", keyword)
    )
}

/// A column of booleans in the form that lets its index serve: `x` or `NOT x`.
fn plain_or_not(column: &str, wanted: bool) -> String {
    if wanted { column.to_owned() } else { format!("NOT {column}") }
}

pub(super) fn joined(parts: Vec<String>, separator: &str, none: &str) -> String {
    match parts.as_slice() {
        [] => none.to_owned(),
        [one] => format!("({one})"),
        _ => {
            format!("({})", parts.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(separator))
        }
    }
}
