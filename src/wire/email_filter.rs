//! What Email/query filters and sorts by (RFC 8621 §4.4.1 and §4.4.2, RFC 9219 §4.2).

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::date::parse_utc_date;
use super::filter::{self, Collation, Comparator, Filter, MAX_IDS, QueryError};
use super::ids::MailboxId;
use super::keyword::Keyword;

/// One property of an Email FilterCondition (RFC 8621 §4.4.1, RFC 9219 §4.2).
#[derive(Clone, Debug, PartialEq)]
pub enum EmailCondition {
    /// In this mailbox. `None` is an id that no mailbox has: nothing matches.
    InMailbox(Option<MailboxId>),
    /// In at least one mailbox that is not listed.
    InMailboxOtherThan(Vec<MailboxId>),
    /// receivedAt before this.
    Before(DateTime<Utc>),
    /// receivedAt at this or after.
    After(DateTime<Utc>),
    /// size at least this.
    MinSize(u64),
    /// size less than this.
    MaxSize(u64),
    /// All emails of the thread have the keyword.
    AllInThreadHaveKeyword(Keyword),
    /// At least one email of the thread has the keyword.
    SomeInThreadHaveKeyword(Keyword),
    /// No email of the thread has the keyword.
    NoneInThreadHaveKeyword(Keyword),
    /// This email has the keyword.
    HasKeyword(Keyword),
    /// This email has not the keyword.
    NotKeyword(Keyword),
    /// hasAttachment is this.
    HasAttachment(bool),
    /// Found in From, To, Cc, Bcc, Subject or body.
    Text(String),
    /// Found in From.
    From(String),
    /// Found in To.
    To(String),
    /// Found in Cc.
    Cc(String),
    /// Found in Bcc.
    Bcc(String),
    /// Found in Subject.
    Subject(String),
    /// Found in the body.
    Body(String),
    /// Has the header field; with a second text, found in its value.
    Header(String, Option<String>),
    /// smimeStatus is (not) null (RFC 9219 §4.2).
    HasSmime(bool),
    /// smimeStatus is (not) in the verified set (RFC 9219 §4.2).
    HasVerifiedSmime(bool),
    /// smimeStatusAtDelivery is (not) in the verified set (RFC 9219 §4.2).
    HasVerifiedSmimeAtDelivery(bool),
}

/// A Comparator of Email/query (RFC 8621 §4.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailSort {
    /// What to compare.
    pub property: EmailSortProperty,
    /// Smallest first; the default.
    pub is_ascending: bool,
    /// How texts compare; of no meaning for other properties.
    pub collation: Collation,
}

/// The properties that Email/query sorts by (RFC 8621 §4.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailSortProperty {
    /// The receivedAt date.
    ReceivedAt,
    /// The size in octets.
    Size,
    /// Name or address of the first From.
    From,
    /// Name or address of the first To.
    To,
    /// The base subject (RFC 5256 §2.1).
    Subject,
    /// The sentAt date; emails without one come first.
    SentAt,
    /// Whether this email has the keyword.
    HasKeyword(Keyword),
    /// Whether all emails of the thread have it.
    AllInThreadHaveKeyword(Keyword),
    /// Whether some email of the thread has it.
    SomeInThreadHaveKeyword(Keyword),
}

/// Reads the argument `filter` of Email/query (RFC 8621 §4.4.1). The conditions of RFC 9219 §4.2 exist only for
/// a request that lists `urn:ietf:params:jmap:smimeverify` in `using`: `with_smime` says so.
pub fn parse_filter(
    value: Option<&Value>,
    with_smime: bool,
) -> Result<Option<Filter<EmailCondition>>, QueryError> {
    Filter::read(value, &|name, value, path| condition(name, value, path, with_smime))
}

/// Reads the argument `sort` of Email/query (RFC 8621 §4.4.2). An empty list stands for the default order.
pub fn parse_sort(value: Option<&Value>) -> Result<Vec<EmailSort>, QueryError> {
    filter::comparators(value)?
        .iter()
        .map(|comparator| {
            Ok(EmailSort {
                property: sort_property(comparator)?,
                is_ascending: comparator.is_ascending,
                collation: comparator.collation,
            })
        })
        .collect()
}

fn condition(name: &str, value: &Value, path: &str, with_smime: bool) -> Result<EmailCondition, QueryError> {
    use EmailCondition as Is;
    Ok(match name {
        "inMailbox" => Is::InMailbox(MailboxId::parse(filter::string(value, path)?)),
        "inMailboxOtherThan" => Is::InMailboxOtherThan(mailbox_ids(value, path)?),
        "before" => Is::Before(utc_date(value, path)?),
        "after" => Is::After(utc_date(value, path)?),
        "minSize" => Is::MinSize(unsigned_int(value, path)?),
        "maxSize" => Is::MaxSize(unsigned_int(value, path)?),
        "allInThreadHaveKeyword" => Is::AllInThreadHaveKeyword(keyword(value, path)?),
        "someInThreadHaveKeyword" => Is::SomeInThreadHaveKeyword(keyword(value, path)?),
        "noneInThreadHaveKeyword" => Is::NoneInThreadHaveKeyword(keyword(value, path)?),
        "hasKeyword" => Is::HasKeyword(keyword(value, path)?),
        "notKeyword" => Is::NotKeyword(keyword(value, path)?),
        "hasAttachment" => Is::HasAttachment(filter::boolean(value, path)?),
        "text" => Is::Text(filter::text(value, path)?),
        "from" => Is::From(filter::text(value, path)?),
        "to" => Is::To(filter::text(value, path)?),
        "cc" => Is::Cc(filter::text(value, path)?),
        "bcc" => Is::Bcc(filter::text(value, path)?),
        "subject" => Is::Subject(filter::text(value, path)?),
        "body" => Is::Body(filter::text(value, path)?),
        "header" => header(value, path)?,
        "hasSmime" | "hasVerifiedSmime" | "hasVerifiedSmimeAtDelivery" if !with_smime => {
            return Err(QueryError::UnsupportedFilter(format!(
                "{path} needs urn:ietf:params:jmap:smimeverify in \"using\""
            )));
        }
        "hasSmime" => Is::HasSmime(filter::boolean(value, path)?),
        "hasVerifiedSmime" => Is::HasVerifiedSmime(filter::boolean(value, path)?),
        "hasVerifiedSmimeAtDelivery" => Is::HasVerifiedSmimeAtDelivery(filter::boolean(value, path)?),
        _ => return Err(QueryError::UnsupportedFilter(format!("{path} is no condition of Email/query"))),
    })
}

fn sort_property(comparator: &Comparator<'_>) -> Result<EmailSortProperty, QueryError> {
    use EmailSortProperty as By;
    let with_keyword = || {
        let path = format!("{}/keyword", comparator.path);
        comparator
            .keyword
            .map_or_else(|| Err(QueryError::wrong_type(&path, "given")), |value| keyword(value, &path))
    };
    Ok(match comparator.property {
        "receivedAt" => By::ReceivedAt,
        "size" => By::Size,
        "from" => By::From,
        "to" => By::To,
        "subject" => By::Subject,
        "sentAt" => By::SentAt,
        "hasKeyword" => By::HasKeyword(with_keyword()?),
        "allInThreadHaveKeyword" => By::AllInThreadHaveKeyword(with_keyword()?),
        "someInThreadHaveKeyword" => By::SomeInThreadHaveKeyword(with_keyword()?),
        _ => return Err(comparator.unsupported()),
    })
}

/// Ids that no mailbox has are left out: no email is in such a mailbox, so every email is in others only.
fn mailbox_ids(value: &Value, path: &str) -> Result<Vec<MailboxId>, QueryError> {
    let ids = value.as_array().ok_or_else(|| QueryError::wrong_type(path, "an array of Ids"))?;
    if ids.len() > MAX_IDS {
        return Err(QueryError::UnsupportedFilter(format!("{path} has more than {MAX_IDS} ids")));
    }
    let ids: Vec<&str> = ids.iter().map(|id| filter::string(id, path)).collect::<Result<_, _>>()?;
    Ok(ids.into_iter().filter_map(MailboxId::parse).collect())
}

fn utc_date(value: &Value, path: &str) -> Result<DateTime<Utc>, QueryError> {
    value
        .as_str()
        .and_then(parse_utc_date)
        .ok_or_else(|| QueryError::wrong_type(path, "a UTCDate such as 2014-10-30T06:12:00Z"))
}

/// UnsignedInt (RFC 8620 §1.3).
fn unsigned_int(value: &Value, path: &str) -> Result<u64, QueryError> {
    value
        .as_u64()
        .filter(|number| *number < 1 << 53)
        .ok_or_else(|| QueryError::wrong_type(path, "an UnsignedInt (0 to 2^53-1)"))
}

fn keyword(value: &Value, path: &str) -> Result<Keyword, QueryError> {
    value.as_str().and_then(Keyword::parse).ok_or_else(|| QueryError::wrong_type(path, "a keyword"))
}

fn header(value: &Value, path: &str) -> Result<EmailCondition, QueryError> {
    match value.as_array().map(Vec::as_slice) {
        Some([name]) => Ok(EmailCondition::Header(filter::text(name, path)?, None)),
        Some([name, text]) => {
            Ok(EmailCondition::Header(filter::text(name, path)?, Some(filter::text(text, path)?)))
        }
        _ => Err(QueryError::wrong_type(path, "an array of one or two Strings")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::filter::Operator;

    fn refused(filter: Value) -> QueryError {
        parse_filter(Some(&filter), true).unwrap_err()
    }

    #[test]
    fn trees_are_read() {
        let filter = json!({"operator": "OR", "conditions": [
            {"inMailbox": "m7", "hasKeyword": "$Flagged"},
            {"operator": "NOT", "conditions": [{}, {"inMailbox": "7"}, {"header": ["X-A", "b"]}]},
            {"before": "2026-01-02T03:04:05Z", "hasVerifiedSmime": false}
        ]});
        use EmailCondition as Is;
        assert_eq!(
            parse_filter(Some(&filter), true).unwrap().unwrap(),
            Filter::Operator(
                Operator::Or,
                vec![
                    Filter::Condition(vec![
                        Is::InMailbox(Some(MailboxId(7))),
                        Is::HasKeyword(Keyword::parse("$flagged").unwrap())
                    ]),
                    Filter::Operator(
                        Operator::Not,
                        vec![
                            Filter::Condition(vec![]),
                            Filter::Condition(vec![Is::InMailbox(None)]),
                            Filter::Condition(vec![Is::Header("X-A".to_owned(), Some("b".to_owned()))]),
                        ]
                    ),
                    Filter::Condition(vec![
                        Is::Before(parse_utc_date("2026-01-02T03:04:05Z").unwrap()),
                        Is::HasVerifiedSmime(false)
                    ]),
                ]
            )
        );
        assert_eq!(parse_filter(None, true), Ok(None));
        assert_eq!(parse_filter(Some(&Value::Null), true), Ok(None));
    }

    #[test]
    fn wrong_shapes_are_invalid_and_the_property_is_named() {
        for (filter, named) in [
            (json!([]), "filter must"),
            (json!("x"), "filter must"),
            (json!({"operator": "XOR", "conditions": []}), "filter/operator"),
            (json!({"operator": "AND"}), "filter/conditions"),
            (json!({"operator": "AND", "conditions": [], "from": "x"}), "filter/from"),
            (json!({"operator": "AND", "conditions": [{"minSize": -1}]}), "filter/conditions/0/minSize"),
            (json!({"minSize": 1.5}), "filter/minSize"),
            (json!({"maxSize": 9_007_199_254_740_992u64}), "filter/maxSize"),
            (json!({"before": "2026-01-02"}), "filter/before"),
            (json!({"hasAttachment": null}), "filter/hasAttachment"),
            (json!({"hasKeyword": "a b"}), "filter/hasKeyword"),
            (json!({"inMailbox": 7}), "filter/inMailbox"),
            (json!({"inMailboxOtherThan": "m7"}), "filter/inMailboxOtherThan"),
            (json!({"header": []}), "filter/header"),
            (json!({"header": ["a", 1]}), "filter/header"),
            (json!({"header": ["a", "b", "c"]}), "filter/header"),
            (json!({"hasSmime": "true"}), "filter/hasSmime"),
        ] {
            match refused(filter) {
                QueryError::InvalidArguments(text) => assert!(text.contains(named), "{text}: {named}"),
                other => panic!("{other:?} for {named}"),
            }
        }
    }

    #[test]
    fn what_is_unknown_or_too_large_is_unsupported() {
        let mut deep = json!({});
        for _ in 0..20 {
            deep = json!({"operator": "NOT", "conditions": [deep]});
        }
        for filter in [
            json!({"colour": "red"}),
            deep,
            json!({"operator": "OR", "conditions": vec![json!({}); 1000]}),
            json!({"text": "x".repeat(2000)}),
        ] {
            assert!(matches!(refused(filter), QueryError::UnsupportedFilter(_)));
        }
    }

    #[test]
    fn smime_conditions_need_the_capability() {
        for name in ["hasSmime", "hasVerifiedSmime", "hasVerifiedSmimeAtDelivery"] {
            let filter = json!({"operator": "NOT", "conditions": [{name: true}]});
            assert!(parse_filter(Some(&filter), true).is_ok());
            match parse_filter(Some(&filter), false) {
                Err(QueryError::UnsupportedFilter(text)) => assert!(text.contains(name), "{text}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn comparators_are_read() {
        let sort = json!([
            {"property": "someInThreadHaveKeyword", "keyword": "$Flagged", "isAscending": false},
            {"property": "subject", "collation": "i;ascii-casemap"},
            {"property": "receivedAt", "isAscending": false}
        ]);
        let flagged = Keyword::parse("$flagged").unwrap();
        let by = |property, is_ascending, collation| EmailSort { property, is_ascending, collation };
        assert_eq!(
            parse_sort(Some(&sort)).unwrap(),
            [
                by(EmailSortProperty::SomeInThreadHaveKeyword(flagged), false, Collation::UnicodeCasemap),
                by(EmailSortProperty::Subject, true, Collation::AsciiCasemap),
                by(EmailSortProperty::ReceivedAt, false, Collation::UnicodeCasemap),
            ]
        );
        assert_eq!(parse_sort(Some(&json!([]))), Ok(vec![]));
        for (sort, unsupported) in [
            (json!([{"property": "colour"}]), true),
            (json!([{"property": "subject", "collation": "i;x"}]), true),
            (json!([{"property": "hasKeyword"}]), false),
            (json!([{"property": "size", "isAscending": "yes"}]), false),
            (json!([{"isAscending": true}]), false),
            (json!({"property": "size"}), false),
        ] {
            let error = parse_sort(Some(&sort)).unwrap_err();
            assert_eq!(matches!(error, QueryError::UnsupportedSort(_)), unsupported, "{error:?}");
        }
    }
}
