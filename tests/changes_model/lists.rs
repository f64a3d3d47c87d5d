//! Copies of the results of queries, kept by /queryChanges.

use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::account::TestAccount;
use super::{Checked, Told};

/// A query that is followed.
#[derive(Clone, Debug)]
pub(super) struct Query {
    data_type: &'static str,
    /// filter, sort, and what the data type adds.
    arguments: Value,
    /// Of how many results from the beginning the client keeps a copy, and tells so by upToId; of all without.
    first: Option<usize>,
}

/// All queries that histories choose from.
pub(super) fn queries(inbox: &str) -> Vec<Query> {
    let list = |data_type, arguments| Query { data_type, arguments, first: None };
    let email = |filter: Value, sort: Value, collapse: bool| {
        list("Email", json!({"filter": filter, "sort": sort, "collapseThreads": collapse}))
    };
    let beginning = |filter: Value, sort: Value, collapse: bool| Query {
        first: Some(3),
        ..email(filter, sort, collapse)
    };
    let mailbox = |filter: Value, sort: Value, sort_as_tree: bool, filter_as_tree: bool| {
        list(
            "Mailbox",
            json!({"filter": filter, "sort": sort, "sortAsTree": sort_as_tree, "filterAsTree": filter_as_tree}),
        )
    };
    let by = |property: &str, is_ascending: bool| json!({"property": property, "isAscending": is_ascending});
    let by_keyword = |property: &str, keyword: &str, is_ascending: bool| json!({"property": property, "keyword": keyword, "isAscending": is_ascending});
    let not = |filter: Value| json!({"operator": "NOT", "conditions": [filter]});
    let none = || json!(null);
    let time = || json!([by("receivedAt", false)]);
    vec![
        // Nothing that changes, alone and by threads, whole and from the beginning.
        email(none(), none(), false),
        email(none(), none(), true),
        email(none(), json!([by("receivedAt", true)]), true),
        email(json!({"subject": "red"}), json!([by("subject", true), by("receivedAt", false)]), false),
        email(json!({"from": "ann"}), json!([by("from", false), by("size", true)]), true),
        beginning(none(), none(), false),
        beginning(none(), time(), true),
        beginning(json!({"subject": "red"}), json!([by("from", true), by("receivedAt", false)]), true),
        // Mailboxes and keywords of an email itself.
        email(json!({"inMailbox": inbox}), time(), false),
        email(json!({"inMailbox": inbox}), time(), true),
        email(json!({"inMailboxOtherThan": [inbox]}), time(), true),
        email(json!({"inMailbox": inbox, "notKeyword": "$seen"}), none(), true),
        email(json!({"hasKeyword": "$flagged"}), json!([by("receivedAt", true)]), false),
        email(json!({"hasKeyword": "$seen", "text": "red"}), none(), true),
        email(none(), json!([by_keyword("hasKeyword", "$flagged", false), by("receivedAt", false)]), false),
        email(none(), json!([by_keyword("hasKeyword", "$seen", true), by("receivedAt", true)]), true),
        Query { first: Some(3), ..email(json!({"inMailbox": inbox}), time(), false) },
        // Keywords of the other emails of its thread.
        email(json!({"someInThreadHaveKeyword": "$flagged"}), none(), false),
        email(json!({"allInThreadHaveKeyword": "$seen"}), time(), true),
        email(json!({"noneInThreadHaveKeyword": "$seen"}), json!([by("subject", false)]), true),
        email(
            none(),
            json!([by_keyword("someInThreadHaveKeyword", "$flagged", false), by("receivedAt", false)]),
            true,
        ),
        email(
            none(),
            json!([by_keyword("allInThreadHaveKeyword", "$seen", true), by("receivedAt", false)]),
            false,
        ),
        email(
            json!({"operator": "OR", "conditions": [
                {"allInThreadHaveKeyword": "$seen"},
                {"inMailbox": inbox, "hasKeyword": "$flagged"},
                not(json!({"someInThreadHaveKeyword": "$flagged", "subject": "blue"})),
            ]}),
            json!([by_keyword("someInThreadHaveKeyword", "$seen", true), by("from", true)]),
            true,
        ),
        email(not(json!({"inMailbox": inbox, "hasKeyword": "$seen"})), json!([by("sentAt", false)]), true),
        // Mailboxes, alone and as trees.
        mailbox(none(), none(), false, false),
        mailbox(none(), json!([by("name", true)]), true, false),
        mailbox(json!({"isSubscribed": true}), json!([by("name", false)]), false, true),
        mailbox(json!({"hasAnyRole": false}), json!([by("sortOrder", true), by("name", true)]), true, true),
        mailbox(json!({"parentId": null}), json!([by("name", true)]), false, false),
        mailbox(
            not(json!({"role": "archive"})),
            json!([by("parentId", true), by("name", false)]),
            false,
            false,
        ),
        mailbox(json!({"name": "r"}), none(), true, false),
    ]
}

/// Lists that rest on S/MIME, on what changes and on what does not.
pub(super) fn by_verdict() -> Vec<Query> {
    let email = |filter: Value, collapse: bool| Query {
        data_type: "Email",
        arguments: json!({"filter": filter, "collapseThreads": collapse}),
        first: None,
    };
    let not = |filter: Value| json!({"operator": "NOT", "conditions": [filter]});
    vec![
        email(json!({"hasVerifiedSmime": true}), false),
        email(json!({"hasVerifiedSmimeAtDelivery": true, "hasVerifiedSmime": false}), false),
        email(not(json!({"hasVerifiedSmimeAtDelivery": true})), true),
        email(json!({"hasSmime": true}), false),
        email(json!({"hasSmime": false}), true),
    ]
}

/// The client's copy of a list.
pub(super) struct Kept {
    query: Query,
    state: String,
    ids: Vec<String>,
}

impl Kept {
    pub(super) async fn new(account: &TestAccount<'_>, query: Query) -> Self {
        let (state, mut ids) = truth(account, &query).await;
        ids.truncate(query.first.unwrap_or(usize::MAX));
        Self { query, state, ids }
    }

    /// Follows /queryChanges and compares with the results of the query now.
    pub(super) async fn follow(&mut self, account: &TestAccount<'_>, at: usize, told: &mut Told) -> Checked {
        let mut arguments = self.query.arguments.clone();
        arguments["sinceQueryState"] = json!(self.state);
        arguments["calculateTotal"] = json!(true);
        if self.query.first.is_some() {
            arguments["upToId"] = json!(self.ids.last());
        }
        let changes = account.one(&format!("{}/queryChanges", self.query.data_type), arguments.clone()).await;
        let (state, truth) = truth(account, &self.query).await;
        if account.has_forgotten(&changes) {
            told.forgotten += 1;
            self.state = state;
            self.ids = truth.into_iter().take(self.query.first.unwrap_or(usize::MAX)).collect();
            return Ok(());
        }
        let wrong = |problem: &str| {
            let Query { data_type, arguments, first } = &self.query;
            TestCaseError::fail(format!(
                "step {at}: {data_type} {arguments} (of the first {first:?}): {problem}\n\
                 the copy was {:?}\nand should be {truth:?}\nby {changes}",
                self.ids
            ))
        };
        let (Some(removed), Some(added)) = (changes["removed"].as_array(), changes["added"].as_array())
        else {
            return Err(wrong("no changes were told"));
        };
        told.moved += added.len();
        let mut ids = self.ids.clone();
        let up_to = self.query.first.and(self.ids.last().cloned());
        ids.retain(|id| !removed.contains(&json!(id)));
        let mut next = 0;
        for item in added {
            let (id, index) = (item["id"].as_str().unwrap(), item["index"].as_u64().unwrap() as usize);
            if index < next || truth.get(index).is_none_or(|there| there != id) {
                return Err(wrong("something was added out of its place"));
            }
            next = index + 1;
            // Of the beginning of a list, the client cannot keep what comes after a gap.
            match self.query.first {
                Some(_) if index > ids.len() => {}
                _ if index <= ids.len() => ids.insert(index, id.to_owned()),
                _ => return Err(wrong("something was added after a gap")),
            }
        }
        if let Some(id) = removed.iter().find(|id| {
            let is_there = truth.iter().any(|there| json!(there) == **id);
            is_there && !added.iter().any(|item| item["id"] == **id)
        }) {
            return Err(wrong(&format!("{id} was removed, and is there")));
        }
        let is_right = match self.query.first {
            None => ids == truth,
            Some(_) => truth.starts_with(&ids),
        };
        if !is_right {
            return Err(wrong(&format!("the copy is {ids:?}")));
        }
        if changes["newQueryState"] != json!(state) || changes["total"] != json!(truth.len()) {
            return Err(wrong("another state or total"));
        }
        if let Some(up_to) = up_to.filter(|_| self.rests_on_nothing_that_changes()) {
            let end = truth.iter().position(|id| *id == up_to);
            if end.is_some_and(|end| next > end + 1) {
                return Err(wrong("something was added after upToId"));
            }
            told.held_back += usize::from(end.is_some_and(|end| end + 1 < truth.len()));
        }
        self.refused(account, &arguments, removed.len() + added.len()).await?;
        self.state = state;
        self.ids = ids;
        if let Some(first) = self.query.first {
            // The client reads on, or forgets, so that it has as many as it wants.
            self.ids = truth.into_iter().take(first).collect();
        }
        Ok(())
    }

    /// With fewer changes than there are, none is told.
    async fn refused(&self, account: &TestAccount<'_>, arguments: &Value, changes: usize) -> Checked {
        let Some(fewer) = changes.checked_sub(1).filter(|changes| *changes % 4 == 0) else { return Ok(()) };
        let mut arguments = arguments.clone();
        arguments["maxChanges"] = json!(fewer);
        let refused = account.one(&format!("{}/queryChanges", self.query.data_type), arguments).await;
        proptest::prop_assert_eq!(&refused["type"], "tooManyChanges", "{:?}", self.query);
        Ok(())
    }

    fn rests_on_nothing_that_changes(&self) -> bool {
        let text = self.query.arguments.to_string();
        !text.contains("inMailbox") && !text.contains("Keyword")
    }
}

async fn truth(account: &TestAccount<'_>, query: &Query) -> (String, Vec<String>) {
    let found = account.one(&format!("{}/query", query.data_type), query.arguments.clone()).await;
    assert_eq!(found["canCalculateChanges"], true, "{query:?} {found}");
    let ids = found["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    (found["queryState"].as_str().unwrap().to_owned(), ids)
}
