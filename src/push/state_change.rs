//! StateChange objects (RFC 8620 §7.1).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Seen;
use crate::store::DataType;
use crate::store::push::TypeState;
use crate::wire::ids::AccountId;

/// What changed since somebody last heard of it. It holds one change at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    changed: BTreeMap<AccountId, BTreeMap<DataType, i64>>,
}

/// The data types that somebody wants to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeFilter {
    /// All.
    All,
    /// These.
    Only(BTreeSet<DataType>),
}

/// The name of a data type in a TypeState object.
pub fn type_name(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Mailbox => "Mailbox",
        DataType::Thread => "Thread",
        DataType::Email => "Email",
        DataType::Identity => "Identity",
        DataType::EmailSubmission => "EmailSubmission",
        DataType::VacationResponse => "VacationResponse",
        DataType::Quota => "Quota",
        DataType::EmailDelivery => "EmailDelivery",
    }
}

impl TypeFilter {
    /// The types of these names. Nothing ever happens to types that this server does not know.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let known = |name| DataType::ALL.into_iter().find(|data_type| type_name(*data_type) == name);
        Self::Only(names.into_iter().filter_map(known).collect())
    }

    fn takes(&self, data_type: DataType) -> bool {
        match self {
            Self::All => true,
            Self::Only(types) => types.contains(&data_type),
        }
    }
}

impl StateChange {
    /// What of `states` is news to somebody who has seen `seen`; `None` if nothing is.
    pub fn since(seen: &Seen, states: &[TypeState], types: &TypeFilter) -> Option<Self> {
        let newest = Seen::all(states);
        let mut changed: BTreeMap<AccountId, BTreeMap<DataType, i64>> = BTreeMap::new();
        for state in states.iter().filter(|state| types.takes(state.data_type)) {
            if seen.misses(state, &newest) {
                changed.entry(state.account).or_default().insert(state.data_type, state.state);
            }
        }
        (!changed.is_empty()).then_some(Self { changed })
    }

    /// As many accounts of it as an object of `octets` can hold, one at least, and what has been seen once they are
    /// told; and whether that is all.
    pub(super) fn within(mut self, octets: usize, seen: &Seen, states: &[TypeState]) -> (Self, Seen, bool) {
        let mut left = octets.saturating_sub(r#"{"@type":"StateChange","changed":{}}"#.len());
        let mut fitting = 0;
        for (account, types) in &self.changed {
            let size = json!({account.to_string(): type_states(types)}).to_string().len();
            if fitting > 0 && size > left {
                break;
            }
            left = left.saturating_sub(size);
            fitting += 1;
        }
        let newest = Seen::all(states);
        if fitting == self.changed.len() {
            return (self, newest, true);
        }
        let last = self.changed.keys().nth(fitting).copied();
        let rest = last.map(|first_left| self.changed.split_off(&first_left));
        let mut told = newest;
        for account in rest.into_iter().flatten().map(|(account, _)| account) {
            told.set(account, seen.of(account));
        }
        (self, told, false)
    }

    /// The object.
    pub fn to_object(&self) -> Map<String, Value> {
        let changed: Map<String, Value> = self
            .changed
            .iter()
            .map(|(account, types)| (account.to_string(), Value::Object(type_states(types))))
            .collect();
        let mut object = Map::new();
        object.insert("@type".to_owned(), json!("StateChange"));
        object.insert("changed".to_owned(), Value::Object(changed));
        object
    }
}

fn type_states(types: &BTreeMap<DataType, i64>) -> Map<String, Value> {
    types
        .iter()
        .map(|(data_type, state)| (type_name(*data_type).to_owned(), json!(state.to_string())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states() -> Vec<TypeState> {
        [(1, DataType::Mailbox, 3), (1, DataType::Email, 7), (2, DataType::Email, 2)]
            .map(|(account, data_type, state)| TypeState { account: AccountId(account), data_type, state })
            .to_vec()
    }

    fn since(seen: &str, types: &TypeFilter) -> Value {
        let change = StateChange::since(&Seen::parse(seen).unwrap(), &states(), types);
        change.map_or(Value::Null, |change| Value::Object(change.to_object())["changed"].clone())
    }

    #[test]
    fn only_what_is_news_is_told() {
        assert_eq!(since("1.7_2.2", &TypeFilter::All), Value::Null);
        assert_eq!(since("1.6_2.2", &TypeFilter::All), json!({"a1": {"Email": "7"}}));
        assert_eq!(
            since("", &TypeFilter::All),
            json!({"a1": {"Mailbox": "3", "Email": "7"}, "a2": {"Email": "2"}})
        );
        assert_eq!(since("1.6_2.2", &TypeFilter::of(["Mailbox", "Todo"])), Value::Null);
        assert_eq!(since("2.2", &TypeFilter::of(["Mailbox"])), json!({"a1": {"Mailbox": "3"}}));
    }

    #[test]
    fn a_state_that_never_was_counts_as_none() {
        assert_eq!(since("1.8_2.2", &TypeFilter::All), json!({"a1": {"Mailbox": "3", "Email": "7"}}));
    }

    #[test]
    fn what_is_too_long_is_told_in_parts() {
        let (seen, states) = (Seen::default(), states());
        let change = StateChange::since(&seen, &states, &TypeFilter::All).unwrap();
        let (first, told, is_all) = change.clone().within(70, &seen, &states);
        assert_eq!(first.to_object()["changed"], json!({"a1": {"Mailbox": "3", "Email": "7"}}));
        assert_eq!((told.to_string().as_str(), is_all), ("1.7_2.0", false));
        let rest = StateChange::since(&told, &states, &TypeFilter::All).unwrap();
        let (rest, told, is_all) = rest.within(70, &told, &states);
        assert_eq!(rest.to_object()["changed"], json!({"a2": {"Email": "2"}}));
        assert_eq!((told.to_string().as_str(), is_all), ("1.7_2.2", true));
        assert!(change.within(1000, &seen, &states).2);
    }

    #[test]
    fn each_type_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = DataType::ALL.into_iter().map(type_name).collect();
        assert_eq!(names.len(), DataType::ALL.len());
    }
}
