//! Filter trees and comparators (RFC 8620 §5.5): their common shape, read strictly and within bounds.

use serde_json::{Map, Value};

/// A tree nested deeper is refused.
pub const MAX_DEPTH: usize = 20;
/// A tree of more operators and conditions is refused.
pub const MAX_NODES: usize = 1000;
/// A sort by more comparators is refused.
pub const MAX_COMPARATORS: usize = 20;
/// A longer text to look for, in characters, is refused.
pub const MAX_TEXT: usize = 1024;
/// A longer list of ids in a condition is refused.
pub const MAX_IDS: usize = 10_000;

/// A tree of conditions of type `C`.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter<C> {
    /// FilterOperator.
    Operator(Operator, Vec<Filter<C>>),
    /// FilterCondition: all of its properties must hold; with none it always holds.
    Condition(Vec<C>),
}

/// How a FilterOperator joins its conditions (RFC 8620 §5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// All must match; without any, everything does.
    And,
    /// At least one must match; without any, nothing does.
    Or,
    /// None may match; without any, everything does.
    Not,
}

/// Why a filter or a sort is refused: the method-level errors of RFC 8620 §3.6.2 and §5.5.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// `invalidArguments`: not of the right shape. The text names the property.
    #[error("{0}")]
    InvalidArguments(String),
    /// `unsupportedFilter`: of the right shape, but not known here or too large.
    #[error("{0}")]
    UnsupportedFilter(String),
    /// `unsupportedSort`: a property or collation that is not sorted by.
    #[error("{0}")]
    UnsupportedSort(String),
}

impl QueryError {
    pub(super) fn wrong_type(path: &str, expected: &str) -> Self {
        Self::InvalidArguments(format!("{path} must be {expected}"))
    }
}

/// Reads one property of a FilterCondition: its name, its value, and the path that an error names.
pub(super) type ReadCondition<'a, C> = dyn Fn(&str, &Value, &str) -> Result<C, QueryError> + 'a;

impl<C> Filter<C> {
    /// Whether any condition in the tree is such a one, wherever it stands.
    pub fn any(&self, is: impl Fn(&C) -> bool + Copy) -> bool {
        match self {
            Self::Operator(_, filters) => filters.iter().any(|filter| filter.any(is)),
            Self::Condition(conditions) => conditions.iter().any(is),
        }
    }

    /// Reads `FilterOperator|FilterCondition|null`; null and no argument are no filter.
    pub(super) fn read(
        value: Option<&Value>,
        read_condition: &ReadCondition<'_, C>,
    ) -> Result<Option<Self>, QueryError> {
        let mut nodes = 0;
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read_node(value, "filter", 1, &mut nodes, read_condition).map(Some),
        }
    }
}

fn read_node<C>(
    value: &Value,
    path: &str,
    depth: usize,
    nodes: &mut usize,
    read_condition: &ReadCondition<'_, C>,
) -> Result<Filter<C>, QueryError> {
    let Value::Object(object) = value else {
        return Err(QueryError::wrong_type(path, "a FilterOperator or a FilterCondition"));
    };
    *nodes += 1;
    if depth > MAX_DEPTH || *nodes > MAX_NODES {
        return Err(QueryError::UnsupportedFilter(format!(
            "the filter is nested deeper than {MAX_DEPTH} or has more than {MAX_NODES} parts"
        )));
    }
    if !object.contains_key("operator") {
        return object
            .iter()
            .map(|(name, value)| read_condition(name, value, &format!("{path}/{name}")))
            .collect::<Result<_, _>>()
            .map(Filter::Condition);
    }
    let (operator, conditions) = read_operator(object, path)?;
    conditions
        .iter()
        .enumerate()
        .map(|(index, child)| {
            read_node(child, &format!("{path}/conditions/{index}"), depth + 1, nodes, read_condition)
        })
        .collect::<Result<_, _>>()
        .map(|children| Filter::Operator(operator, children))
}

fn read_operator<'a>(
    object: &'a Map<String, Value>,
    path: &str,
) -> Result<(Operator, &'a Vec<Value>), QueryError> {
    let operator = match object.get("operator").and_then(Value::as_str) {
        Some("AND") => Operator::And,
        Some("OR") => Operator::Or,
        Some("NOT") => Operator::Not,
        _ => return Err(QueryError::wrong_type(&format!("{path}/operator"), "AND, OR or NOT")),
    };
    if let Some(unknown) = object.keys().find(|name| !["operator", "conditions"].contains(&name.as_str())) {
        return Err(QueryError::InvalidArguments(format!("{path}/{unknown} is no part of a FilterOperator")));
    }
    match object.get("conditions") {
        Some(Value::Array(conditions)) => Ok((operator, conditions)),
        _ => Err(QueryError::wrong_type(&format!("{path}/conditions"), "an array")),
    }
}

/// The collations that the server offers for sorting (RFC 4790); the session object advertises them
/// (RFC 8620 §2, collationAlgorithms).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Collation {
    /// `i;ascii-casemap`. Stored sort keys are folded already, so it sorts as `i;unicode-casemap` does.
    AsciiCasemap,
    /// `i;ascii-numeric`: by the number that the text begins with; texts without one come last.
    AsciiNumeric,
    /// `i;unicode-casemap`, the default.
    #[default]
    UnicodeCasemap,
}

impl Collation {
    /// The registered identifiers, as the session object lists them.
    pub const IDENTIFIERS: [&str; 3] = ["i;ascii-numeric", "i;ascii-casemap", "i;unicode-casemap"];

    fn parse(identifier: &str) -> Option<Self> {
        match identifier {
            "i;ascii-casemap" => Some(Self::AsciiCasemap),
            "i;ascii-numeric" => Some(Self::AsciiNumeric),
            "i;unicode-casemap" => Some(Self::UnicodeCasemap),
            _ => None,
        }
    }
}

/// The parts that every Comparator has (RFC 8620 §5.5).
pub(super) struct Comparator<'a> {
    pub(super) path: String,
    pub(super) property: &'a str,
    pub(super) is_ascending: bool,
    pub(super) collation: Collation,
    /// The property `keyword` of RFC 8621 §4.4.2, not yet looked at.
    pub(super) keyword: Option<&'a Value>,
}

impl Comparator<'_> {
    pub(super) fn unsupported(&self) -> QueryError {
        QueryError::UnsupportedSort(format!("{}: there is no sorting by {:?}", self.path, self.property))
    }
}

/// Reads `Comparator[]|null`; null and no argument are an empty list.
pub(super) fn comparators(value: Option<&Value>) -> Result<Vec<Comparator<'_>>, QueryError> {
    let list = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(QueryError::wrong_type("sort", "an array of Comparators, or null")),
    };
    if list.len() > MAX_COMPARATORS {
        return Err(QueryError::UnsupportedSort(format!("more than {MAX_COMPARATORS} comparators")));
    }
    list.iter().enumerate().map(|(index, value)| comparator(value, format!("sort/{index}"))).collect()
}

fn comparator(value: &Value, path: String) -> Result<Comparator<'_>, QueryError> {
    let Value::Object(object) = value else { return Err(QueryError::wrong_type(&path, "a Comparator")) };
    let known = ["property", "isAscending", "collation", "keyword"];
    if let Some(unknown) = object.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(QueryError::InvalidArguments(format!("{path}/{unknown} is no part of a Comparator")));
    }
    let Some(property) = object.get("property").and_then(Value::as_str) else {
        return Err(QueryError::wrong_type(&format!("{path}/property"), "a String"));
    };
    let is_ascending = match object.get("isAscending") {
        None => true,
        Some(value) => boolean(value, &format!("{path}/isAscending"))?,
    };
    let collation = match object.get("collation") {
        None => Collation::default(),
        Some(Value::String(identifier)) => Collation::parse(identifier).ok_or_else(|| {
            QueryError::UnsupportedSort(format!("{path}/collation: {identifier:?} is not offered"))
        })?,
        Some(_) => return Err(QueryError::wrong_type(&format!("{path}/collation"), "a String")),
    };
    Ok(Comparator { path, property, is_ascending, collation, keyword: object.get("keyword") })
}

pub(super) fn boolean(value: &Value, path: &str) -> Result<bool, QueryError> {
    value.as_bool().ok_or_else(|| QueryError::wrong_type(path, "a Boolean"))
}

pub(super) fn string<'a>(value: &'a Value, path: &str) -> Result<&'a str, QueryError> {
    value.as_str().ok_or_else(|| QueryError::wrong_type(path, "a String"))
}

/// A text to look for, of a length that can be looked for.
pub(super) fn text(value: &Value, path: &str) -> Result<String, QueryError> {
    let text = string(value, path)?;
    if text.chars().count() > MAX_TEXT {
        let problem = format!("{path} is longer than {MAX_TEXT} characters");
        return Err(QueryError::UnsupportedFilter(problem));
    }
    Ok(text.to_owned())
}
