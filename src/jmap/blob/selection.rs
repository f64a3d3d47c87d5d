//! What Blob/get tells of a blob (RFC 9404 §4.2): its properties, and the range of octets that they are of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::sha::{sha1, sha256, sha512};
use serde_json::{Value, json};

use crate::wire::capability::DigestAlgorithm;
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::json::is_noncharacter;

/// A property of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Property {
    /// data:asText where the octets are text, else data:asBase64.
    Data,
    AsText,
    AsBase64,
    Digest(DigestAlgorithm),
    Size,
}

/// What a call wants to know of each blob.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Selection {
    /// Each once, in the order in which they are told.
    properties: Vec<Property>,
    /// How many octets come before the range.
    pub(super) offset: u64,
    /// The octets of the range at most; `None` is all that follow.
    pub(super) length: Option<u64>,
}

/// The octets of a range, and whether the blob ended before it did.
struct Range<'a> {
    octets: &'a [u8],
    is_truncated: bool,
}

impl Selection {
    /// The properties that a client names; by default `data` and `size`. Digests by an algorithm that is not supported are
    /// as unknown as any other name.
    pub(super) fn new(
        names: Option<Vec<String>>,
        offset: Option<u64>,
        length: Option<u64>,
    ) -> Result<Self, MethodError> {
        let mut properties = match names {
            None => vec![Property::Data, Property::Size],
            Some(names) => names
                .iter()
                .filter(|name| *name != "id")
                .map(|name| {
                    Property::parse(name).ok_or_else(|| {
                        MethodError::invalid_argument("properties", format_args!("no property {name:?}"))
                    })
                })
                .collect::<Result<_, _>>()?,
        };
        properties.sort();
        properties.dedup();
        Ok(Self { properties, offset: offset.unwrap_or(0), length })
    }

    /// Whether it takes the octets of a blob to tell all this, and not only how many they are.
    pub(super) fn needs_octets(&self) -> bool {
        self.properties.iter().any(|property| *property != Property::Size)
    }

    /// What is told of a blob whose octets are not needed.
    pub(super) fn of_size(&self, size: u64) -> Arguments {
        let is_wanted = self.properties.contains(&Property::Size);
        is_wanted.then(|| ("size".to_owned(), json!(size))).into_iter().collect()
    }

    /// What is told of a blob.
    pub(super) fn of(&self, blob: &[u8]) -> Arguments {
        let range = self.range(blob);
        let text = std::str::from_utf8(range.octets).ok().filter(|text| !text.contains(is_noncharacter));
        let mut told = Arguments::new();
        let mut is_encoding_problem = false;
        for property in &self.properties {
            let (name, value) = match (property, text) {
                (Property::Data | Property::AsText, Some(text)) => {
                    ("data:asText".to_owned(), Value::from(text))
                }
                (Property::AsText, None) => ("data:asText".to_owned(), Value::Null),
                (Property::AsBase64, _) | (Property::Data, None) => {
                    ("data:asBase64".to_owned(), Value::from(STANDARD.encode(range.octets)))
                }
                (Property::Digest(algorithm), _) => {
                    (format!("digest:{}", algorithm.name()), Value::from(digest(*algorithm, range.octets)))
                }
                (Property::Size, _) => ("size".to_owned(), json!(blob.len())),
            };
            is_encoding_problem |= text.is_none() && matches!(property, Property::Data | Property::AsText);
            told.insert(name, value);
        }
        if is_encoding_problem {
            told.insert("isEncodingProblem".to_owned(), Value::Bool(true));
        }
        if range.is_truncated && self.needs_octets() {
            told.insert("isTruncated".to_owned(), Value::Bool(true));
        }
        told
    }

    /// About how many octets the response gets from a blob of this size.
    pub(super) fn octets_told(&self, size: u64) -> u64 {
        let selected = size.saturating_sub(self.offset).min(self.length.unwrap_or(u64::MAX));
        let is_data =
            |property: &&Property| matches!(property, Property::Data | Property::AsText | Property::AsBase64);
        selected.saturating_mul(self.properties.iter().filter(is_data).count() as u64)
    }

    fn range<'a>(&self, blob: &'a [u8]) -> Range<'a> {
        let size = blob.len() as u64;
        let end = self.length.map(|length| self.offset.saturating_add(length));
        let octets = match (usize::try_from(self.offset), end.map_or(Ok(blob.len()), usize::try_from)) {
            (Ok(start), Ok(end)) => blob.get(start..end.min(blob.len())).unwrap_or_default(),
            (Ok(start), Err(_)) => blob.get(start..).unwrap_or_default(),
            (Err(_), _) => &[],
        };
        Range { octets, is_truncated: self.offset > size || end.is_some_and(|end| end > size) }
    }
}

impl Property {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "data" => Self::Data,
            "data:asText" => Self::AsText,
            "data:asBase64" => Self::AsBase64,
            "size" => Self::Size,
            _ => {
                let wanted = name.strip_prefix("digest:")?;
                let algorithm = DigestAlgorithm::ALL.into_iter().find(|known| known.name() == wanted);
                Self::Digest(algorithm?)
            }
        })
    }
}

/// The digest in base64.
fn digest(algorithm: DigestAlgorithm, octets: &[u8]) -> String {
    match algorithm {
        DigestAlgorithm::Sha256 => STANDARD.encode(sha256(octets)),
        DigestAlgorithm::Sha512 => STANDARD.encode(sha512(octets)),
        DigestAlgorithm::Sha => STANDARD.encode(sha1(octets)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(names: &[&str], offset: u64, length: Option<u64>, blob: &[u8]) -> Value {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        Value::Object(Selection::new(Some(names), Some(offset), length).unwrap().of(blob))
    }

    #[test]
    fn ranges_end_where_the_blob_ends() {
        let of = |offset, length| told(&["data:asText"], offset, length, b"0123");
        let whole = |text: &str| json!({"data:asText": text});
        let truncated = |text: &str| json!({"data:asText": text, "isTruncated": true});
        assert_eq!(of(0, None), whole("0123"));
        assert_eq!(of(1, Some(2)), whole("12"));
        assert_eq!(of(0, Some(4)), whole("0123"));
        assert_eq!(of(4, None), whole(""));
        assert_eq!(of(4, Some(0)), whole(""));
        assert_eq!(of(2, Some(3)), truncated("23"));
        assert_eq!(of(5, None), truncated(""));
        assert_eq!(of(5, Some(0)), truncated(""));
        assert_eq!(of(u64::MAX, Some(u64::MAX)), truncated(""));
    }

    #[test]
    fn text_that_json_cannot_hold_is_told_otherwise() {
        for (blob, base64) in [(&b"\x81"[..], "gQ=="), ("\u{fffe}".as_bytes(), "77++")] {
            let both = json!({"data:asBase64": base64, "isEncodingProblem": true});
            assert_eq!(told(&["data"], 0, None, blob), both);
            let text = json!({"data:asText": null, "isEncodingProblem": true});
            assert_eq!(told(&["data:asText"], 0, None, blob), text);
            assert_eq!(told(&["data:asBase64"], 0, None, blob), json!({"data:asBase64": base64}));
        }
        // A range may cut a character in two.
        assert_eq!(told(&["data:asText"], 1, None, "é".as_bytes())["data:asText"], Value::Null);
    }

    #[test]
    fn properties_are_told_once_and_others_refused() {
        assert_eq!(told(&["size", "id", "size"], 9, Some(9), b"0123"), json!({"size": 4}));
        for wrong in ["digest:md5", "digest:", "digest:SHA", "text", "data:asHex", "isTruncated"] {
            assert!(Selection::new(Some(vec![wrong.to_owned()]), None, None).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_a_response_would_hold_is_known_before() {
        let of = |names: &[&str], offset, length| {
            let names = names.iter().map(|&name| name.to_owned()).collect();
            Selection::new(Some(names), offset, length).unwrap().octets_told(100)
        };
        assert_eq!(of(&["data", "data:asBase64", "size", "digest:sha"], None, None), 200);
        assert_eq!(of(&["data"], Some(90), Some(20)), 10);
        assert_eq!(of(&["data"], Some(200), None), 0);
        assert_eq!(of(&["digest:sha"], None, None), 0);
    }
}
