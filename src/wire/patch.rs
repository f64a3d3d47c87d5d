//! PatchObject (RFC 8620 §5.3): an unordered set of changes to one object, by JSON Pointers without their slash.

use serde_json::{Map, Value};

use super::errors::SetError;
use super::references::unescape_token;

/// The changes of one update, in the order of their paths; no path is a prefix of another.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchObject(Vec<Patch>);

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// The property, and what lies below it; never empty.
    pub path: Vec<String>,
    /// The new value. Null is the property's default, or, where it has none, its removal.
    pub value: Value,
}

impl PatchObject {
    /// Reads the paths: invalidPatch if one is no pointer, or is a prefix of another.
    pub fn parse(object: &Map<String, Value>) -> Result<Self, SetError> {
        let patches = object
            .iter()
            .map(|(pointer, value)| Ok(Patch { path: parse_path(pointer)?, value: value.clone() }))
            .collect::<Result<Vec<_>, SetError>>()?;
        Self::of(patches)
    }

    /// The same changes, with the keys right inside of `property` in the one form that `fold` gives them: for keys
    /// that can be written in several ways. invalidPatch if two paths turn out to be one.
    pub fn fold_keys(&self, property: &str, fold: impl Fn(&str) -> String) -> Result<Self, SetError> {
        let mut patches = self.0.clone();
        for patch in &mut patches {
            if let [name, key, ..] = patch.path.as_mut_slice()
                && name == property
            {
                *key = fold(key);
            }
        }
        Self::of(patches)
    }

    fn of(mut patches: Vec<Patch>) -> Result<Self, SetError> {
        patches.sort_by(|a, b| a.path.cmp(&b.path));
        // In this order a prefix stands right before one of the paths that it is a prefix of.
        match patches.windows(2).find(|pair| pair[1].path.starts_with(&pair[0].path)) {
            Some(pair) => Err(SetError::InvalidPatch(format!(
                "{:?} is changed both as a whole and in its part {:?}",
                pair[0].path.join("/"),
                pair[1].path.join("/")
            ))),
            None => Ok(Self(patches)),
        }
    }

    /// The changes, in the order of their paths.
    pub fn patches(&self) -> &[Patch] {
        &self.0
    }

    /// The object as the changes leave it. `default` gives the default value of a property that has one; what a
    /// change of null does elsewhere is removal. A path through an array, through a scalar, or through what is not
    /// there is an invalidPatch.
    pub fn apply(
        &self,
        object: &Map<String, Value>,
        default: impl Fn(&str) -> Option<Value>,
    ) -> Result<Map<String, Value>, SetError> {
        let mut patched = object.clone();
        for Patch { path, value } in &self.0 {
            let (last, parents) = path.split_last().expect("parse_path gives one segment at least");
            let default = if parents.is_empty() { default(last) } else { None };
            let parent = parent(&mut patched, parents)?;
            match (value, default) {
                (Value::Null, Some(default)) => drop(parent.insert(last.clone(), default)),
                (Value::Null, None) => drop(parent.shift_remove(last)),
                (value, _) => drop(parent.insert(last.clone(), value.clone())),
            }
        }
        Ok(patched)
    }
}

fn parent<'a>(
    object: &'a mut Map<String, Value>,
    path: &[String],
) -> Result<&'a mut Map<String, Value>, SetError> {
    let mut parent = object;
    for segment in path {
        parent = match parent.get_mut(segment) {
            Some(Value::Object(object)) => object,
            Some(Value::Array(_)) => {
                return Err(SetError::InvalidPatch(format!("{segment:?} is an array: replace all of it")));
            }
            Some(_) => return Err(SetError::InvalidPatch(format!("{segment:?} is no object"))),
            None => return Err(SetError::InvalidPatch(format!("there is no {segment:?}"))),
        };
    }
    Ok(parent)
}

fn parse_path(pointer: &str) -> Result<Vec<String>, SetError> {
    let wrong = || SetError::InvalidPatch(format!("{pointer:?} is no JSON Pointer"));
    pointer.split('/').map(|segment| unescape_token(segment).ok_or_else(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { panic!("an object") };
        object
    }

    fn patch(before: Value, patch: Value) -> Result<Value, SetError> {
        let default = |name: &str| (name == "sortOrder").then(|| json!(0));
        let patched = PatchObject::parse(&object(patch))?.apply(&object(before), default)?;
        Ok(Value::Object(patched))
    }

    #[test]
    fn members_are_set_and_removed_and_defaults_come_back() {
        let before = json!({"name": "a", "sortOrder": 7, "keywords": {"music": true, "mozart": true}});
        let after = patch(
            before.clone(),
            json!({"keywords/chopin": true, "keywords/mozart": null, "sortOrder": null, "name": null, "gone": null}),
        );
        assert_eq!(after.unwrap(), json!({"sortOrder": 0, "keywords": {"music": true, "chopin": true}}));
        assert_eq!(patch(before.clone(), before.clone()).unwrap(), before);
    }

    #[test]
    fn slashes_and_tildes_are_escaped() {
        let after = patch(json!({"a": {}}), json!({"a/x~1y": 1, "a/~0": 2}));
        assert_eq!(after.unwrap(), json!({"a": {"x/y": 1, "~": 2}}));
    }

    #[test]
    fn keys_of_several_spellings_are_one() {
        let fold =
            |patch: Value| PatchObject::parse(&object(patch))?.fold_keys("keywords", str::to_ascii_lowercase);
        let folded = fold(json!({"keywords/$SEEN": null, "Other/KEY": 1, "KEYWORDS": 2})).unwrap();
        let paths: Vec<String> = folded.patches().iter().map(|patch| patch.path.join("/")).collect();
        assert_eq!(paths, ["KEYWORDS", "Other/KEY", "keywords/$seen"]);
        let twice = fold(json!({"keywords/$SEEN": null, "keywords/$seen": true}));
        assert!(matches!(twice, Err(SetError::InvalidPatch(_))));
    }

    #[test]
    fn each_broken_rule_is_an_invalid_patch() {
        let before = json!({"alerts": {"1": {"offset": 1}}, "list": [1], "name": "a"});
        for wrong in [
            json!({"alerts/1/offset": 2, "alerts": {}}),
            json!({"alerts/1": {}, "alerts": {}, "alert": 1}),
            json!({"list/0": 2}),
            json!({"list/-": 2}),
            json!({"alerts/2/offset": 2}),
            json!({"name/x": 2}),
            json!({"alerts/2/offset": null}),
            json!({"a~2": 2}),
            json!({"a~": 2}),
        ] {
            let error = patch(before.clone(), wrong.clone()).unwrap_err();
            assert!(matches!(error, SetError::InvalidPatch(_)), "{wrong}");
        }
        // A common beginning of two names is no prefix of a path.
        assert!(patch(before, json!({"alerts/1/offset": 2, "alerts/10": 1})).is_ok());
    }
}
