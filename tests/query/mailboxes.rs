//! Mailbox/query over one tree of mailboxes, the expected lists written out.

use serde_json::{Value, json};
use signet::query::Window;
use signet::query::mailbox::{MailboxQuery, compile};
use signet::wire::filter::{Filter, Operator};
use signet::wire::ids::{AccountId, MailboxId};
use signet::wire::mailbox_filter::{MailboxCondition, parse_filter, parse_sort};
use signet::wire::session::Viewer;

use super::answer;
use crate::support::TestDatabase;

const TREE: &str = "
    INSERT INTO mailbox (account_id, id, parent_id, name, role, sort_order, is_subscribed) VALUES
        (1, 1, NULL, 'Inbox',   'inbox', 1, true),
        (1, 2, NULL, 'archive', NULL,    5, true),
        (1, 3, 2,    'Émile',   NULL,    5, false),
        (1, 4, 2,    'alpha',   NULL,    9, true),
        (1, 5, 3,    'Zulu',    NULL,    0, true),
        (1, 6, NULL, 'Trash',   'trash', 9, false),
        (2, 1, NULL, 'Inbox',   'inbox', 1, true);";

async fn ids(
    database: &TestDatabase,
    filter: Value,
    sort: Value,
    trees: (bool, bool),
    window: Window,
) -> Vec<i64> {
    let (filter, sort) = (parse_filter(Some(&filter)).unwrap(), parse_sort(Some(&sort)).unwrap());
    let query = MailboxQuery {
        account: AccountId(1),
        viewer: Viewer { login: "ann@example.org", is_owner: true },
        filter: filter.as_ref(),
        sort: &sort,
        sort_as_tree: trees.0,
        filter_as_tree: trees.1,
        window,
        limit: None,
        calculate_total: true,
    };
    answer(database.client(), &compile(&query)).await.unwrap().ids
}

#[tokio::test]
async fn mailboxes_are_filtered_and_sorted_alone_and_as_trees() {
    let database = TestDatabase::new().await;
    database.client().batch_execute(TREE).await.unwrap();
    let by_name = json!([{"property": "name"}]);
    let start = Window::Position(0);
    for (filter, sort, trees, expected) in [
        (json!(null), json!(null), (false, false), vec![5, 1, 2, 3, 4, 6]),
        (json!(null), by_name.clone(), (false, false), vec![4, 2, 1, 6, 5, 3]),
        (json!(null), by_name.clone(), (true, false), vec![2, 4, 3, 5, 1, 6]),
        (
            json!(null),
            json!([{"property": "name", "isAscending": false}]),
            (true, false),
            vec![6, 1, 2, 3, 5, 4],
        ),
        (json!({"parentId": null}), by_name.clone(), (false, false), vec![2, 1, 6]),
        (json!({"parentId": "m2"}), by_name.clone(), (false, false), vec![4, 3]),
        (json!({"parentId": "x"}), by_name.clone(), (false, false), vec![]),
        (json!({"name": "l"}), by_name.clone(), (false, false), vec![4, 5, 3]),
        (json!({"name": "\0"}), by_name.clone(), (false, false), vec![]),
        (json!({"role": "inbox"}), json!(null), (false, false), vec![1]),
        (json!({"role": null}), by_name.clone(), (false, false), vec![4, 2, 5, 3]),
        (json!({"hasAnyRole": true}), by_name.clone(), (false, false), vec![1, 6]),
        (json!({"isSubscribed": true}), by_name.clone(), (false, false), vec![4, 2, 1, 5]),
        (json!({"isSubscribed": true}), by_name.clone(), (false, true), vec![4, 2, 1]),
        (json!({"isSubscribed": true}), by_name.clone(), (true, false), vec![2, 4, 5, 1]),
        (
            json!({"operator": "NOT", "conditions": [{"parentId": "m2"}, {"role": "trash"}]}),
            by_name.clone(),
            (false, false),
            vec![2, 1, 5],
        ),
    ] {
        assert_eq!(ids(&database, filter.clone(), sort, trees, start).await, expected, "{filter} {trees:?}");
    }
}

#[tokio::test]
async fn windows_of_mailboxes() {
    let database = TestDatabase::new().await;
    database.client().batch_execute(TREE).await.unwrap();
    let no_trash = Filter::Operator(
        Operator::Not,
        vec![Filter::Condition(vec![MailboxCondition::ChildOf(Some(MailboxId(9)))])],
    );
    for (window, limit, expected) in [
        (Window::Position(1), Some(2), (vec![1, 2], Some(1))),
        (Window::Position(-2), None, (vec![4, 6], Some(4))),
        (Window::Position(-20), Some(1), (vec![5], Some(0))),
        (Window::Position(20), None, (vec![], Some(20))),
        (Window::Anchor { id: 3, offset: -1 }, Some(2), (vec![2, 3], Some(2))),
        (Window::Anchor { id: 3, offset: -9 }, Some(0), (vec![], Some(0))),
        (Window::Anchor { id: 77, offset: 0 }, None, (vec![], None)),
    ] {
        let query = MailboxQuery {
            account: AccountId(1),
            viewer: Viewer { login: "ann@example.org", is_owner: true },
            filter: Some(&no_trash),
            sort: &[],
            sort_as_tree: false,
            filter_as_tree: false,
            window,
            limit,
            calculate_total: true,
        };
        let answer = answer(database.client(), &compile(&query)).await.unwrap();
        assert_eq!((answer.ids, answer.position), expected, "{window:?}");
        assert_eq!(answer.total, Some(6));
    }
}
