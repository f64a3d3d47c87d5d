//! What Mailbox/query filters and sorts by (RFC 8621 §2.3).

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::filter::{self, Collation, Filter, QueryError};
use super::ids::MailboxId;

/// One property of a Mailbox FilterCondition (RFC 8621 §2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxCondition {
    /// parentId is null: a mailbox at the top.
    AtTop,
    /// parentId is this. `None` is an id that no mailbox has: nothing matches.
    ChildOf(Option<MailboxId>),
    /// The name contains this, as it is written.
    Name(String),
    /// The role is this, or null.
    Role(Option<String>),
    /// Has a role, or has none.
    HasAnyRole(bool),
    /// isSubscribed is this.
    IsSubscribed(bool),
}

/// A Comparator of Mailbox/query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxSort {
    /// What to compare.
    pub property: MailboxSortProperty,
    /// Smallest first; the default.
    pub is_ascending: bool,
    /// How names compare; of no meaning for other properties.
    pub collation: Collation,
}

/// The properties that Mailbox/query sorts by: the two of RFC 8621 §2.3, and parentId.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailboxSortProperty {
    /// sortOrder.
    SortOrder,
    /// name.
    Name,
    /// parentId; mailboxes at the top come first.
    ParentId,
}

/// Reads the argument `filter` of Mailbox/query.
pub fn parse_filter(value: Option<&Value>) -> Result<Option<Filter<MailboxCondition>>, QueryError> {
    Filter::read(value, &condition)
}

/// Reads the argument `sort` of Mailbox/query. An empty list stands for the default order.
pub fn parse_sort(value: Option<&Value>) -> Result<Vec<MailboxSort>, QueryError> {
    filter::comparators(value)?
        .iter()
        .map(|comparator| {
            let property = match comparator.property {
                "sortOrder" => MailboxSortProperty::SortOrder,
                "name" => MailboxSortProperty::Name,
                "parentId" => MailboxSortProperty::ParentId,
                _ => return Err(comparator.unsupported()),
            };
            let (is_ascending, collation) = (comparator.is_ascending, comparator.collation);
            Ok(MailboxSort { property, is_ascending, collation })
        })
        .collect()
}

fn condition(name: &str, value: &Value, path: &str) -> Result<MailboxCondition, QueryError> {
    use MailboxCondition as Is;
    Ok(match (name, value) {
        ("parentId", Value::Null) => Is::AtTop,
        ("parentId", _) => Is::ChildOf(MailboxId::parse(filter::string(value, path)?)),
        // Names are stored in this form.
        ("name", _) => Is::Name(filter::text(value, path)?.nfc().collect()),
        ("role", Value::Null) => Is::Role(None),
        ("role", _) => Is::Role(Some(filter::text(value, path)?)),
        ("hasAnyRole", _) => Is::HasAnyRole(filter::boolean(value, path)?),
        ("isSubscribed", _) => Is::IsSubscribed(filter::boolean(value, path)?),
        _ => return Err(QueryError::UnsupportedFilter(format!("{path} is no condition of Mailbox/query"))),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_are_read() {
        use MailboxCondition as Is;
        for (filter, expected) in [
            (json!({"parentId": null}), Is::AtTop),
            (json!({"parentId": "m3"}), Is::ChildOf(Some(MailboxId(3)))),
            (json!({"parentId": "x"}), Is::ChildOf(None)),
            (json!({"name": "In"}), Is::Name("In".to_owned())),
            (json!({"name": "Bu\u{308}"}), Is::Name("B\u{fc}".to_owned())),
            (json!({"role": null}), Is::Role(None)),
            (json!({"role": "inbox"}), Is::Role(Some("inbox".to_owned()))),
            (json!({"hasAnyRole": false}), Is::HasAnyRole(false)),
            (json!({"isSubscribed": true}), Is::IsSubscribed(true)),
        ] {
            assert_eq!(parse_filter(Some(&filter)), Ok(Some(Filter::Condition(vec![expected]))));
        }
        for filter in [json!({"name": null}), json!({"parentId": 3}), json!({"hasAnyRole": 1})] {
            assert!(matches!(parse_filter(Some(&filter)), Err(QueryError::InvalidArguments(_))), "{filter}");
        }
        assert!(matches!(parse_filter(Some(&json!({"x": 1}))), Err(QueryError::UnsupportedFilter(_))));
    }

    #[test]
    fn comparators_are_read() {
        let sort = parse_sort(Some(&json!([{"property": "name", "isAscending": false}]))).unwrap();
        assert_eq!(
            sort,
            [MailboxSort {
                property: MailboxSortProperty::Name,
                is_ascending: false,
                collation: Collation::UnicodeCasemap
            }]
        );
        assert!(matches!(
            parse_sort(Some(&json!([{"property": "role"}]))),
            Err(QueryError::UnsupportedSort(_))
        ));
    }
}
