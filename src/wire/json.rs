//! I-JSON (RFC 7493): JSON without what different readers understand differently.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads one I-JSON text strictly: UTF-8, no member twice, no lone surrogates, no noncharacters, no numbers that a
/// double cannot hold, at most 128 levels.
pub fn parse(text: &[u8]) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = IJson.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Whether `c` identifies a noncharacter, which I-JSON does not admit (RFC 7493 §2.1).
pub fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || (c as u32) & 0xfffe == 0xfffe
}

struct IJson;

impl<'de> DeserializeSeed<'de> for IJson {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for IJson {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(checked(value)?.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(IJson)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            checked(&name)?;
            let value = members.next_value_seed(IJson)?;
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("the member {name:?} stands twice")));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

fn checked<E: Error>(text: &str) -> Result<&str, E> {
    match text.chars().find(|c| is_noncharacter(*c)) {
        Some(c) => Err(E::custom(format_args!("the noncharacter U+{:04X}", c as u32))),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_understand_differently_is_refused() {
        let wrong: [&[u8]; 9] = [
            br#"{"a":1,"a":2}"#,
            br#"[{"a":{"b":1,"b":1}}]"#,
            br#""\ud800""#,
            b"\"\xff\"",
            "\"\u{ffff}\"".as_bytes(),
            br#"{"\ufdd0":1}"#,
            b"1e999",
            b"{} {}",
            b"",
        ];
        for text in wrong {
            assert!(parse(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
        assert!(parse("[".repeat(200).as_bytes()).is_err());
    }

    #[test]
    fn values_come_through_in_their_order() {
        let text = r#"{"z":[1,-2,2.5,true,null],"a":"😀"}"#;
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
    }
}
