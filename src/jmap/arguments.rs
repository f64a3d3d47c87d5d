//! Reading a call's arguments: each by its type, and none left over (RFC 8620 §3.9).

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
use serde_json::Value;

use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::is_id;

/// 2^53 − 1, the largest integer of JMAP (RFC 8620 §1.3).
pub const MAX_INT: i64 = (1 << 53) - 1;

/// Takes arguments out one by one; what is left at the end is unknown.
#[derive(Debug)]
pub struct ArgumentReader {
    left: Arguments,
}

/// A set of arguments that a data type adds to those of RFC 8620.
pub trait FromArguments: Sized {
    /// Takes them out.
    fn read(arguments: &mut ArgumentReader) -> Result<Self, MethodError>;
}

/// No arguments beyond those of RFC 8620.
impl FromArguments for () {
    fn read(_: &mut ArgumentReader) -> Result<Self, MethodError> {
        Ok(())
    }
}

/// UnsignedInt (RFC 8620 §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsignedInt(pub u64);

/// Int (RFC 8620 §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int(pub i64);

/// An Id of whatever kind (RFC 8620 §1.2), or `#` and a creation id (RFC 8620 §5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdText(pub String);

impl ArgumentReader {
    /// Starts reading.
    pub fn new(arguments: Arguments) -> Self {
        Self { left: arguments }
    }

    /// An argument that must be there and must not be null.
    pub fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, MethodError> {
        self.optional(name)?.ok_or_else(|| MethodError::invalid_argument(name, "missing"))
    }

    /// An argument that may be missing or null.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, MethodError> {
        match self.raw(name) {
            None => Ok(None),
            Some(value) => serde_json::from_value(value)
                .map(Some)
                .map_err(|error| MethodError::invalid_argument(name, error)),
        }
    }

    /// An argument that may be missing, and must not be null: its type has a default other than null.
    pub fn or_default<T: DeserializeOwned>(&mut self, name: &str, default: T) -> Result<T, MethodError> {
        match self.left.shift_remove(name) {
            None => Ok(default),
            Some(value) => {
                serde_json::from_value(value).map_err(|error| MethodError::invalid_argument(name, error))
            }
        }
    }

    /// An argument as it stands; `None` if it is missing or null.
    pub fn raw(&mut self, name: &str) -> Option<Value> {
        self.left.shift_remove(name).filter(|value| !value.is_null())
    }

    /// Whatever is left is unknown to the method.
    pub fn finish(self) -> Result<(), MethodError> {
        match self.left.keys().next() {
            Some(name) => Err(MethodError::invalid_argument(name, "no such argument")),
            None => Ok(()),
        }
    }
}

impl<'de> Deserialize<'de> for UnsignedInt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Int(number) = Int::deserialize(deserializer)?;
        u64::try_from(number).map(Self).map_err(|_| D::Error::custom("not negative, expected an UnsignedInt"))
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        if (-MAX_INT..=MAX_INT).contains(&number) {
            Ok(Self(number))
        } else {
            Err(D::Error::custom("beyond 2^53-1"))
        }
    }
}

impl<'de> Deserialize<'de> for IdText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if is_id(text.strip_prefix('#').unwrap_or(&text)) {
            Ok(Self(text))
        } else {
            Err(D::Error::custom(format_args!("{text:?} is no Id")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reader(value: Value) -> ArgumentReader {
        let Value::Object(arguments) = value else { panic!("arguments are an object") };
        ArgumentReader::new(arguments)
    }

    #[test]
    fn numbers_keep_to_their_range() {
        let read = |value: Value| reader(json!({"n": value})).required::<UnsignedInt>("n").ok();
        assert_eq!(read(json!(0)), Some(UnsignedInt(0)));
        assert_eq!(read(json!(MAX_INT)), Some(UnsignedInt(MAX_INT as u64)));
        for wrong in [json!(-1), json!(MAX_INT + 1), json!(1.5), json!("1"), json!(u64::MAX)] {
            assert_eq!(read(wrong.clone()), None, "{wrong}");
        }
        let read = |value: Value| reader(json!({"n": value})).required::<Int>("n").ok();
        assert_eq!(read(json!(-MAX_INT)), Some(Int(-MAX_INT)));
        assert_eq!(read(json!(-MAX_INT - 1)), None);
    }

    #[test]
    fn null_is_absence_where_null_is_the_default_and_an_error_elsewhere() {
        let mut arguments = reader(json!({"a": null, "b": null, "c": null}));
        assert_eq!(arguments.optional::<String>("a").unwrap(), None);
        assert!(arguments.or_default("b", false).is_err());
        assert!(arguments.required::<String>("c").is_err());
        assert!(arguments.or_default("missing", true).unwrap());
    }

    #[test]
    fn unknown_arguments_are_named() {
        let mut arguments = reader(json!({"known": 1, "strange": 2}));
        arguments.raw("known");
        let Err(MethodError::InvalidArguments(description)) = arguments.finish() else { panic!("strange") };
        assert!(description.contains("strange"));
    }

    #[test]
    fn ids_have_the_characters_of_ids() {
        let read = |text: &str| reader(json!({"id": text})).required::<IdText>("id").is_ok();
        assert!(read("e1") && read("#k1") && read("A-_9"));
        assert!(!read("") && !read("#") && !read("a b") && !read("ü") && !read(&"x".repeat(256)));
    }
}
