//! What EmailSubmission/query filters and sorts by (RFC 8621 §7.3).

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::date::parse_utc_date;
use super::filter::{self, Filter, MAX_IDS, QueryError};
use super::ids::{EmailId, IdentityId, RecordId, ThreadId};

/// One property of an EmailSubmission FilterCondition (RFC 8621 §7.3). Ids that no record has are left out of lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmissionCondition {
    /// identityId is one of these.
    Identities(Vec<IdentityId>),
    /// emailId is one of these.
    Emails(Vec<EmailId>),
    /// threadId is one of these.
    Threads(Vec<ThreadId>),
    /// undoStatus is this.
    UndoStatus(String),
    /// sendAt is before this.
    Before(DateTime<Utc>),
    /// sendAt is this, or after it.
    After(DateTime<Utc>),
}

/// A Comparator of EmailSubmission/query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubmissionSort {
    /// What to compare.
    pub property: SubmissionSortProperty,
    /// Smallest first; the default.
    pub is_ascending: bool,
}

/// The properties that EmailSubmission/query sorts by (RFC 8621 §7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmissionSortProperty {
    /// emailId.
    EmailId,
    /// threadId.
    ThreadId,
    /// sendAt, which RFC 8621 §7.3 calls `sentAt` here.
    SendAt,
}

/// Reads the argument `filter` of EmailSubmission/query.
pub fn parse_filter(value: Option<&Value>) -> Result<Option<Filter<SubmissionCondition>>, QueryError> {
    Filter::read(value, &condition)
}

/// Reads the argument `sort` of EmailSubmission/query. An empty list stands for the default order.
pub fn parse_sort(value: Option<&Value>) -> Result<Vec<SubmissionSort>, QueryError> {
    filter::comparators(value)?
        .iter()
        .map(|comparator| {
            let property = match comparator.property {
                "emailId" => SubmissionSortProperty::EmailId,
                "threadId" => SubmissionSortProperty::ThreadId,
                "sentAt" | "sendAt" => SubmissionSortProperty::SendAt,
                _ => return Err(comparator.unsupported()),
            };
            Ok(SubmissionSort { property, is_ascending: comparator.is_ascending })
        })
        .collect()
}

fn condition(name: &str, value: &Value, path: &str) -> Result<SubmissionCondition, QueryError> {
    use SubmissionCondition as Is;
    Ok(match name {
        "identityIds" => Is::Identities(ids(value, path)?),
        "emailIds" => Is::Emails(ids(value, path)?),
        "threadIds" => Is::Threads(ids(value, path)?),
        "undoStatus" => Is::UndoStatus(filter::text(value, path)?),
        "before" => Is::Before(utc_date(value, path)?),
        "after" => Is::After(utc_date(value, path)?),
        _ => {
            let problem = format!("{path} is no condition of EmailSubmission/query");
            return Err(QueryError::UnsupportedFilter(problem));
        }
    })
}

fn ids<Id: RecordId>(value: &Value, path: &str) -> Result<Vec<Id>, QueryError> {
    let ids = value.as_array().ok_or_else(|| QueryError::wrong_type(path, "an array of Ids"))?;
    if ids.len() > MAX_IDS {
        return Err(QueryError::UnsupportedFilter(format!("{path} has more than {MAX_IDS} ids")));
    }
    let ids: Vec<&str> = ids.iter().map(|id| filter::string(id, path)).collect::<Result<_, _>>()?;
    Ok(ids.into_iter().filter_map(Id::parse).collect())
}

fn utc_date(value: &Value, path: &str) -> Result<DateTime<Utc>, QueryError> {
    let date = value.as_str().and_then(parse_utc_date);
    date.ok_or_else(|| QueryError::wrong_type(path, "a UTCDate such as 2014-10-30T06:12:00Z"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_are_read() {
        use SubmissionCondition as Is;
        let read = |filter: Value| parse_filter(Some(&filter));
        let one = |condition| Ok(Some(Filter::Condition(vec![condition])));
        assert_eq!(read(json!({"identityIds": ["i1", "x"]})), one(Is::Identities(vec![IdentityId(1)])));
        assert_eq!(read(json!({"emailIds": ["e2"]})), one(Is::Emails(vec![EmailId(2)])));
        assert_eq!(read(json!({"threadIds": []})), one(Is::Threads(vec![])));
        assert_eq!(read(json!({"undoStatus": "final"})), one(Is::UndoStatus("final".to_owned())));
        for wrong in [json!({"emailIds": "e1"}), json!({"before": "today"}), json!({"undoStatus": null})] {
            assert!(matches!(read(wrong.clone()), Err(QueryError::InvalidArguments(_))), "{wrong}");
        }
        assert!(matches!(read(json!({"x": 1})), Err(QueryError::UnsupportedFilter(_))));
    }

    #[test]
    fn comparators_are_read() {
        let read = |property: &str| parse_sort(Some(&json!([{"property": property}])));
        for property in ["emailId", "threadId", "sentAt", "sendAt"] {
            assert!(read(property).is_ok(), "{property}");
        }
        assert!(matches!(read("undoStatus"), Err(QueryError::UnsupportedSort(_))));
    }
}
