//! A list that is sorted by a keyword first: the emails that have it, then those that have not, or the other way round.
//! No index has this order, but one has that of each half.

use super::page::Page;
use super::{EmailQuery, Parts};
use crate::query::order::{Sort, is_by_keyword};
use crate::query::statement::Parameters;
use crate::wire::email_filter::{EmailCondition, EmailSortProperty};
use crate::wire::filter::{Filter, Operator};

/// The two halves of a list, in their order.
pub(super) struct Halves {
    first: Parts,
    second: Parts,
}

impl Halves {
    /// Takes the list of these parts apart, if that helps: not where threads are collapsed, since a thread may be in both
    /// halves, nor for a list without a limit or one that is found by words.
    pub(super) fn of(query: &EmailQuery<'_>, parts: &Parts, parameters: &mut Parameters) -> Option<Self> {
        let (by, rest) = query.sort.split_first()?;
        let EmailSortProperty::HasKeyword(keyword) = &by.property else { return None };
        if query.collapse_threads || query.limit.is_none() || parts.texts.is_some() {
            return None;
        }
        let sort = Sort { by: rest, ties: (!rest.iter().all(is_by_keyword)).then_some(by.is_ascending) };
        let mut half = |condition: EmailCondition| {
            let condition = Filter::Condition(vec![condition]);
            let filter = Filter::Operator(
                Operator::And,
                query.filter.cloned().into_iter().chain([condition]).collect(),
            );
            Parts::new(&parts.account, Some(&filter), sort, false, parameters)
        };
        let with = half(EmailCondition::HasKeyword(keyword.clone()));
        let without = half(EmailCondition::NotKeyword(keyword.clone()));
        let (first, second) = if by.is_ascending { (without, with) } else { (with, without) };
        Some(Self { first, second })
    }

    /// An expression for the ids of the page: what the first half has of it, and if that is not all, what the second has.
    /// How long the first is need not be counted where the page begins the list.
    pub(super) fn ids(&self, page: &Page<'_>, with: &mut Vec<String>) -> String {
        let Page { start, limit, .. } = *page;
        let ids = Page { parts: &self.first, start, limit }.ids("tried_first", with);
        with.push(format!("head AS MATERIALIZED (SELECT {ids} AS ids)"));
        let length = self.first.total();
        with.push(format!(
            "tail AS MATERIALIZED (SELECT CASE {start} WHEN 0 THEN 0 ELSE greatest({start} - {length}, 0) END AS start, \
             {limit} - cardinality(ids) AS most FROM head)"
        ));
        let (start, most) = ("(SELECT start FROM tail)", "(SELECT most FROM tail)");
        let ids = Page { parts: &self.second, start, limit: most }.ids("tried_second", with);
        format!(
            "CASE WHEN cardinality((SELECT ids FROM head)) >= {limit} THEN (SELECT ids FROM head) \
             ELSE (SELECT ids FROM head) || {ids} END"
        )
    }
}
