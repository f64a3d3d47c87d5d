//! What Quota/query filters and sorts by (RFC 9425 §4.4).

use serde_json::Value;

use super::filter::{self, Collation, Filter, QueryError};

/// One property of a Quota FilterCondition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuotaCondition {
    /// The name contains this, as it is written.
    Name(String),
    /// The scope is this.
    Scope(String),
    /// The resourceType is this.
    ResourceType(String),
    /// The types contain this one.
    Type(String),
}

/// A Comparator of Quota/query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaSort {
    /// What to compare.
    pub property: QuotaSortProperty,
    /// Smallest first; the default.
    pub is_ascending: bool,
    /// How names compare; of no meaning for `used`.
    pub collation: Collation,
}

/// The properties that Quota/query sorts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaSortProperty {
    /// name.
    Name,
    /// used.
    Used,
}

/// Reads the argument `filter` of Quota/query.
pub fn parse_filter(value: Option<&Value>) -> Result<Option<Filter<QuotaCondition>>, QueryError> {
    Filter::read(value, &condition)
}

/// Reads the argument `sort` of Quota/query. An empty list stands for the order of the ids.
pub fn parse_sort(value: Option<&Value>) -> Result<Vec<QuotaSort>, QueryError> {
    filter::comparators(value)?
        .iter()
        .map(|comparator| {
            let property = match comparator.property {
                "name" => QuotaSortProperty::Name,
                "used" => QuotaSortProperty::Used,
                _ => return Err(comparator.unsupported()),
            };
            let (is_ascending, collation) = (comparator.is_ascending, comparator.collation);
            Ok(QuotaSort { property, is_ascending, collation })
        })
        .collect()
}

fn condition(name: &str, value: &Value, path: &str) -> Result<QuotaCondition, QueryError> {
    use QuotaCondition as Is;
    Ok(match name {
        "name" => Is::Name(filter::text(value, path)?),
        "scope" => Is::Scope(filter::text(value, path)?),
        "resourceType" => Is::ResourceType(filter::text(value, path)?),
        "type" => Is::Type(filter::text(value, path)?),
        _ => return Err(QueryError::UnsupportedFilter(format!("{path} is no condition of Quota/query"))),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_and_comparators_are_read() {
        let filter = json!({"name": "octets", "type": "Email"});
        let expected = [QuotaCondition::Name("octets".to_owned()), QuotaCondition::Type("Email".to_owned())];
        assert_eq!(parse_filter(Some(&filter)), Ok(Some(Filter::Condition(expected.to_vec()))));
        let wrong = |filter: Value| parse_filter(Some(&filter)).unwrap_err();
        assert!(matches!(wrong(json!({"scope": null})), QueryError::InvalidArguments(_)));
        assert!(matches!(wrong(json!({"used": 3})), QueryError::UnsupportedFilter(_)));
        let sort = parse_sort(Some(&json!([{"property": "used", "isAscending": false}]))).unwrap();
        assert_eq!((sort[0].property, sort[0].is_ascending), (QuotaSortProperty::Used, false));
        let sort = parse_sort(Some(&json!([{"property": "hardLimit"}])));
        assert!(matches!(sort, Err(QueryError::UnsupportedSort(_))));
    }
}
