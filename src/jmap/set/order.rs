//! The order of the creations of one /set: what is referred to by its creation id comes first (RFC 8620 §5.3).

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::wire::envelope::Arguments;

/// The creations, each after those that it refers to, and otherwise as the client wrote them. Where references go
/// in a circle they cannot all be met, and the order of the client stands.
pub(super) fn by_references(create: &[(String, Arguments)]) -> Vec<&(String, Arguments)> {
    let positions: HashMap<&str, usize> =
        create.iter().enumerate().map(|(position, (id, _))| (id.as_str(), position)).collect();
    let mut placed = HashSet::new();
    let mut ordered = Vec::with_capacity(create.len());
    for start in 0..create.len() {
        // Depth first, with a stack of our own: a chain may be as long as the call is large.
        let mut stack = vec![(start, false)];
        let mut entered = HashSet::new();
        while let Some((position, is_ready)) = stack.pop() {
            if placed.contains(&position) {
                continue;
            }
            if is_ready || !entered.insert(position) {
                placed.insert(position);
                ordered.push(&create[position]);
                continue;
            }
            stack.push((position, true));
            let references = references(&create[position].1);
            let needed = references.iter().filter_map(|id| positions.get(id).copied());
            stack.extend(
                needed.filter(|other| *other != position && !entered.contains(other)).map(|o| (o, false)),
            );
        }
    }
    ordered
}

/// The creation ids that an object may refer to: `#id` as a property, in an array, or as a key of a map.
fn references(object: &Arguments) -> Vec<&str> {
    object
        .values()
        .flat_map(|value| match value {
            Value::String(text) => vec![text.as_str()],
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            Value::Object(members) => members.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        })
        .filter_map(|text| text.strip_prefix('#'))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(create: Value) -> Vec<String> {
        let Value::Object(create) = create else { panic!("an object") };
        let create: Vec<_> = create
            .into_iter()
            .map(|(id, object)| (id, object.as_object().expect("an object").clone()))
            .collect();
        by_references(&create).into_iter().map(|(id, _)| id.clone()).collect()
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        let create = json!({
            "a": {"parentId": "#c"}, "b": {}, "c": {"mailboxIds": {"#d": true}}, "d": {"list": ["#b"]}
        });
        assert_eq!(order(create), ["b", "d", "c", "a"]);
        assert_eq!(order(json!({"x": {"name": "#nothing"}, "y": {"name": "#y"}})), ["x", "y"]);
    }

    #[test]
    fn circles_and_long_chains_come_to_an_end() {
        let mut all = order(json!({"a": {"p": "#b"}, "b": {"p": "#c"}, "c": {"p": "#a"}}));
        all.sort();
        assert_eq!(all, ["a", "b", "c"]);
        let chain: serde_json::Map<_, _> =
            (0..5000).map(|n| (format!("k{n}"), json!({"p": format!("#k{}", n + 1)}))).collect();
        assert_eq!(order(Value::Object(chain))[0], "k4999");
    }
}
