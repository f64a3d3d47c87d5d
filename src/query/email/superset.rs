//! Where to look for what a condition wants, when walking the list in order has met too little of it.
//!
//! A superset is a query that gives the ids of all emails for which a condition holds, and perhaps of others: it comes
//! from an index, and the condition itself is tested on what it gives.

use crate::query::conditions::{Conditions, Conjunct};
use crate::query::found::{Found, Words};
use crate::query::statement::Parameters;
use crate::wire::email_filter::EmailCondition;
use crate::wire::filter::{Filter, Operator};
use crate::wire::keyword::Keyword;

/// Finds supersets. `account` is the parameter of the account.
pub(super) struct Supersets<'a> {
    pub(super) account: &'a str,
    pub(super) parameters: &'a mut Parameters,
}

impl Supersets<'_> {
    /// What of the conjuncts is found elsewhere than in the row `e`, as conditions over that row. PostgreSQL chooses
    /// where to begin.
    pub(super) fn of_conjuncts(&mut self, conjuncts: &[Conjunct<'_>]) -> Vec<String> {
        let found = conjuncts.iter().filter_map(|conjunct| match conjunct {
            Conjunct::Condition(condition) if !is_of_row(condition) => self.of_condition(condition),
            Conjunct::Tree(tree) => self.of_tree(tree),
            _ => None,
        });
        found.map(|superset| format!("e.id IN ({superset})")).collect()
    }

    /// Of conditions that must all hold, the first that is found anywhere; of alternatives each must be.
    fn of_tree(&mut self, filter: &Filter<EmailCondition>) -> Option<String> {
        match filter {
            Filter::Condition(conditions) => {
                conditions.iter().find_map(|condition| self.of_condition(condition))
            }
            Filter::Operator(Operator::And, children) => {
                children.iter().find_map(|child| self.of_tree(child))
            }
            Filter::Operator(Operator::Or, children) if !children.is_empty() => {
                let all: Option<Vec<String>> = children.iter().map(|child| self.of_tree(child)).collect();
                all.map(|all| all.join(" UNION ALL "))
            }
            Filter::Operator(..) => None,
        }
    }

    fn of_condition(&mut self, condition: &EmailCondition) -> Option<String> {
        use EmailCondition as Is;
        let account = self.account;
        Some(match condition {
            Is::HasKeyword(keyword) | Is::AllInThreadHaveKeyword(keyword) => self.keyword(keyword),
            Is::SomeInThreadHaveKeyword(keyword) => {
                let keyword = self.keyword(keyword);
                format!(
                    "SELECT t.id FROM email t WHERE t.account_id = {account} AND t.thread_id IN \
                     (SELECT o.thread_id FROM email o WHERE o.account_id = {account} AND o.id IN ({keyword}))"
                )
            }
            // Unread is neither $seen nor $draft (RFC 8621 §2): what is not seen is unread or a draft.
            Is::NotKeyword(keyword) if keyword.as_str() == Keyword::SEEN => {
                format!(
                    "SELECT u.email_id FROM email_mailbox u WHERE u.account_id = {account} AND u.is_unread \
                     UNION ALL SELECT d.email_id FROM email_keyword d \
                     WHERE d.account_id = {account} AND d.keyword = '{}'",
                    Keyword::DRAFT
                )
            }
            Is::InMailbox(Some(mailbox)) => {
                let mailbox = self.parameters.add(mailbox.0);
                format!(
                    "SELECT i.email_id FROM email_mailbox i WHERE i.account_id = {account} AND i.mailbox_id = {mailbox}"
                )
            }
            Is::Before(_)
            | Is::After(_)
            | Is::MinSize(_)
            | Is::MaxSize(_)
            | Is::HasAttachment(true)
            | Is::HasSmime(true)
            | Is::HasVerifiedSmime(_)
            | Is::HasVerifiedSmimeAtDelivery(_) => self.row(condition),
            _ => match Found::of_condition(condition) {
                Some(found) if !found.is_everything() && !found.is_nothing() => {
                    let words = Words::new(&found, self.parameters).indexed();
                    format!(
                        "SELECT x.email_id FROM email_search x WHERE x.account_id = {account} AND {words}"
                    )
                }
                _ => return None,
            },
        })
    }

    fn keyword(&mut self, keyword: &Keyword) -> String {
        let keyword = self.parameters.add(keyword.as_str().to_owned());
        format!(
            "SELECT k.email_id FROM email_keyword k WHERE k.account_id = {} AND k.keyword = {keyword}::text",
            self.account
        )
    }

    fn row(&mut self, condition: &EmailCondition) -> String {
        let predicate =
            Conditions { account: self.account, parameters: &mut *self.parameters }.condition(condition);
        format!("SELECT e.id FROM email e WHERE e.account_id = {} AND {predicate}", self.account)
    }
}

/// Whether the condition looks at columns of the row `e` alone: then the row's own indexes serve it.
fn is_of_row(condition: &EmailCondition) -> bool {
    use EmailCondition as Is;
    matches!(
        condition,
        Is::Before(_)
            | Is::After(_)
            | Is::MinSize(_)
            | Is::MaxSize(_)
            | Is::HasAttachment(_)
            | Is::HasSmime(_)
            | Is::HasVerifiedSmime(_)
            | Is::HasVerifiedSmimeAtDelivery(_)
    )
}
