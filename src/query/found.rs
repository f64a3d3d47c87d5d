//! Text conditions as predicates over the row `x` of `email_search` (RFC 8621 §4.4.1).

use super::conditions::Conjunct;
use super::statement::Parameters;
use crate::text::{self, Field, Search, TextQuery};
use crate::wire::email_filter::EmailCondition;
use crate::wire::filter::{Filter, Operator};

/// The words of a row, as the index has them.
const WORDS: &str = "search_lexemes(x.fields, x.body)";

/// What must be found in the text of an email.
#[derive(Clone)]
pub(super) enum Found {
    Search(Search),
    /// Without any, everything is found.
    All(Vec<Found>),
    /// Without any, nothing is.
    Any(Vec<Found>),
}

impl Found {
    /// What a part of a filter wants found; none if it is about anything but text.
    pub(super) fn of(conjunct: &Conjunct<'_>) -> Option<Self> {
        match conjunct {
            Conjunct::Condition(condition) => Self::of_condition(condition),
            Conjunct::Tree(tree) => Self::of_tree(tree),
            Conjunct::Not(_) => None,
        }
    }

    pub(super) fn of_condition(condition: &EmailCondition) -> Option<Self> {
        use EmailCondition as Is;
        let (text, field) = match condition {
            Is::Text(text) => (text, Field::Text),
            Is::From(text) => (text, Field::From),
            Is::To(text) => (text, Field::To),
            Is::Cc(text) => (text, Field::Cc),
            Is::Bcc(text) => (text, Field::Bcc),
            Is::Subject(text) => (text, Field::Subject),
            Is::Body(text) => (text, Field::Body),
            _ => return None,
        };
        Some(match text::query(text, field) {
            TextQuery::Everything => Self::All(Vec::new()),
            TextQuery::Nothing => Self::Any(Vec::new()),
            TextQuery::Words(searches) => Self::all(searches.into_iter().map(Self::Search).collect()),
        })
    }

    fn of_tree(filter: &Filter<EmailCondition>) -> Option<Self> {
        match filter {
            Filter::Condition(conditions) => {
                Some(Self::all(conditions.iter().map(Self::of_condition).collect::<Option<_>>()?))
            }
            Filter::Operator(Operator::Not, _) => None,
            Filter::Operator(operator, children) => {
                let parts = children.iter().map(Self::of_tree).collect::<Option<_>>()?;
                Some(if *operator == Operator::And { Self::all(parts) } else { Self::any(parts) })
            }
        }
    }

    pub(super) fn all(mut parts: Vec<Self>) -> Self {
        if parts.iter().any(Self::is_nothing) {
            return Self::Any(Vec::new());
        }
        parts.retain(|part| !part.is_everything());
        if parts.len() == 1 { parts.remove(0) } else { Self::All(parts) }
    }

    fn any(mut parts: Vec<Self>) -> Self {
        if parts.iter().any(Self::is_everything) {
            return Self::All(Vec::new());
        }
        parts.retain(|part| !part.is_nothing());
        if parts.len() == 1 { parts.remove(0) } else { Self::Any(parts) }
    }

    pub(super) fn is_everything(&self) -> bool {
        matches!(self, Self::All(parts) if parts.is_empty())
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Any(parts) if parts.is_empty())
    }

    fn tsquery(&self) -> String {
        let joined = |parts: &[Self], by: &str| {
            format!("({})", parts.iter().map(Self::tsquery).collect::<Vec<_>>().join(by))
        };
        match self {
            Self::Search(search) => search.tsquery.clone(),
            Self::All(parts) => joined(parts, " & "),
            Self::Any(parts) => joined(parts, " | "),
        }
    }

    fn is_exact(&self) -> bool {
        match self {
            Self::Search(search) => search.is_exact,
            Self::All(parts) | Self::Any(parts) => parts.iter().all(Self::is_exact),
        }
    }
}

/// The predicates of a [`Found`] that is neither everything nor nothing.
pub(super) struct Words {
    /// The parameter: texts, the tsquery first, then the patterns for LIKE.
    parameter: String,
    is_exact: bool,
    /// Whether a row that was reached in another way has the words. The tsvector of a row is made anew each time that
    /// somebody looks at it, so the words are looked for in the texts.
    tested: String,
}

impl Words {
    pub(super) fn new(found: &Found, parameters: &mut Parameters) -> Self {
        let parameter = parameters.upcoming();
        let mut texts = vec![found.tsquery()];
        let tested = tested(found, &parameter, &mut texts);
        parameters.add(texts);
        Self { parameter, is_exact: found.is_exact(), tested }
    }

    /// Whether `x` has the words, by the index. Where it must know which words follow each other, it looks at the texts
    /// of the rows that have them all.
    pub(super) fn indexed(&self) -> String {
        self.indexed_with("")
    }

    /// The same with one more condition of the index: `&& 'w:2857'::tsquery`.
    pub(super) fn indexed_with(&self, more: &str) -> String {
        let query = format!("({}::text[])[1]::tsquery", self.parameter);
        let by_index = if more.is_empty() {
            format!("{WORDS} @@ {query}")
        } else {
            format!("{WORDS} @@ ({query}{more})")
        };
        if self.is_exact { by_index } else { format!("{by_index} AND {}", self.tested) }
    }

    /// Whether `e` has the words. PostgreSQL finds all that have them, or looks at each `e`, whatever it takes for cheaper.
    pub(super) fn predicate(&self, account: &str) -> String {
        format!(
            "EXISTS (SELECT FROM email_search x WHERE x.account_id = {account} AND x.email_id = e.id AND {})",
            self.indexed()
        )
    }

    /// The same for rows `e` that come in their order and are looked at one by one.
    pub(super) fn predicate_of_one(&self, account: &str) -> String {
        format!(
            "EXISTS (SELECT FROM email_search x WHERE x.account_id = {account} AND x.email_id = e.id AND {} OFFSET 0)",
            self.tested
        )
    }
}

/// The test of a row's texts. Adds the patterns to the texts of the parameter.
fn tested(found: &Found, parameter: &str, texts: &mut Vec<String>) -> String {
    let mut joined = |parts: &[Found], by: &str| {
        let parts: Vec<String> = parts.iter().map(|part| tested(part, parameter, texts)).collect();
        format!("({})", parts.join(by))
    };
    let search = match found {
        Found::Search(search) => search,
        Found::All(parts) => return joined(parts, " AND "),
        Found::Any(parts) => return joined(parts, " OR "),
    };
    let mut tests = Vec::new();
    if !search.fields.is_empty() {
        let first = texts.len() + 1;
        texts.extend(search.fields.iter().cloned());
        tests.push(format!("x.fields || ' ' LIKE ANY (({parameter}::text[])[{first}:{}])", texts.len()));
    }
    if let Some(pattern) = &search.body {
        texts.push(pattern.clone());
        tests.push(format!("x.body || ' ' LIKE ({parameter}::text[])[{}]", texts.len()));
    }
    format!("({})", tests.join(" OR "))
}
