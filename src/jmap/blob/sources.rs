//! What Blob/upload puts a blob together from (RFC 9404 §4.1): UploadObject and DataSourceObject.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::jmap::arguments::UnsignedInt;
use crate::wire::blob_id::BlobId;
use crate::wire::capability::MAX_DATA_SOURCES;
use crate::wire::envelope::Arguments;
use crate::wire::errors::SetError;
use crate::wire::references::CreatedIds;

/// An UploadObject.
#[derive(Debug, PartialEq)]
pub(super) struct UploadObject {
    /// One after the other they are the blob.
    pub(super) sources: Vec<Source>,
    /// The media type that the client takes it for.
    pub(super) media_type: Option<String>,
}

/// A DataSourceObject.
#[derive(Debug, PartialEq)]
pub(super) enum Source {
    /// Octets that stand in the request.
    Octets(Vec<u8>),
    /// Octets of a blob that is there.
    Range {
        /// The blob.
        blob: BlobId,
        /// How many octets come before.
        offset: u64,
        /// How many to take; `None` is all that follow.
        length: Option<u64>,
    },
}

impl UploadObject {
    /// Reads one. What is not right in every octet is refused: the client's intent is not guessed at (RFC 9404 §4.1).
    pub(super) fn parse(value: Value, created_ids: &CreatedIds) -> Result<Self, SetError> {
        let Value::Object(mut object) = value else {
            return Err(SetError::invalid_property("data", "must be in an UploadObject"));
        };
        let media_type = match object.shift_remove("type") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => return Err(SetError::invalid_property("type", "must be a String or null")),
        };
        let Some(Value::Array(data)) = object.shift_remove("data") else {
            return Err(SetError::invalid_property("data", "must be an array of DataSourceObject"));
        };
        if let Some(unknown) = object.keys().next() {
            return Err(SetError::invalid_property(unknown, "no such property"));
        }
        if data.len() as u64 > MAX_DATA_SOURCES {
            let problem = format!("maxDataSources is {MAX_DATA_SOURCES}");
            return Err(SetError::invalid_property("data", problem));
        }
        let mut missing = Vec::new();
        let mut sources = Vec::with_capacity(data.len());
        for (position, source) in data.into_iter().enumerate() {
            match Source::parse(source, created_ids) {
                Ok(source) => sources.push(source),
                Err(Problem::NoBlob(id)) if missing.contains(&id) => {}
                Err(Problem::NoBlob(id)) => missing.push(id),
                Err(Problem::Invalid(problem)) => {
                    return Err(SetError::invalid_property(&format!("data/{position}"), problem));
                }
            }
        }
        if !missing.is_empty() {
            return Err(SetError::BlobNotFound { not_found: missing });
        }
        Ok(Self { sources, media_type })
    }

    /// The blobs that are needed.
    pub(super) fn blobs(&self) -> impl Iterator<Item = BlobId> {
        self.sources.iter().filter_map(|source| match source {
            Source::Octets(_) => None,
            Source::Range { blob, .. } => Some(*blob),
        })
    }

    /// The octets of the sources, where those of the blobs are known. No octet is copied.
    pub(super) fn slices<'a>(
        &'a self,
        blobs: &'a BTreeMap<BlobId, std::borrow::Cow<'_, [u8]>>,
    ) -> Result<Vec<&'a [u8]>, SetError> {
        let slice = |(position, source): (usize, &'a Source)| match source {
            Source::Octets(octets) => Ok(octets.as_slice()),
            Source::Range { blob, offset, length } => {
                let octets = blobs.get(blob).map(AsRef::as_ref);
                octets.and_then(|octets| range(octets, *offset, *length)).ok_or_else(|| {
                    SetError::invalid_property(&format!("data/{position}"), "beyond the end of the blob")
                })
            }
        };
        self.sources.iter().enumerate().map(slice).collect()
    }
}

/// Exactly these octets. A range that begins or extends past the end is invalid (RFC 9404 §4.1).
fn range(octets: &[u8], offset: u64, length: Option<u64>) -> Option<&[u8]> {
    let rest = octets.get(usize::try_from(offset).ok()?..)?;
    match length {
        None => Some(rest),
        Some(length) => rest.get(..usize::try_from(length).ok()?),
    }
}

/// What is wrong with a source.
enum Problem {
    /// This is the id of no blob.
    NoBlob(String),
    Invalid(String),
}

impl Source {
    fn parse(value: Value, created_ids: &CreatedIds) -> Result<Self, Problem> {
        let invalid = |problem: &str| Problem::Invalid(problem.to_owned());
        let Value::Object(mut object) = value else { return Err(invalid("must be a DataSourceObject")) };
        let as_text = take_text(&mut object, "data:asText")?;
        let as_base64 = take_text(&mut object, "data:asBase64")?;
        let blob_id = take_text(&mut object, "blobId")?;
        let offset = take_number(&mut object, "offset")?;
        let length = take_number(&mut object, "length")?;
        if let Some(unknown) = object.keys().next() {
            return Err(Problem::Invalid(format!("no property {unknown:?}")));
        }
        if blob_id.is_none() && (offset.is_some() || length.is_some()) {
            return Err(invalid("`offset` and `length` are for a `blobId`"));
        }
        match (as_text, as_base64, blob_id) {
            (Some(text), None, None) => Ok(Self::Octets(text.into_bytes())),
            (None, Some(text), None) => match STANDARD.decode(text) {
                Ok(octets) => Ok(Self::Octets(octets)),
                Err(error) => Err(Problem::Invalid(format!("`data:asBase64` is no base64: {error}"))),
            },
            (None, None, Some(id)) => match created_ids.resolve(&id).and_then(BlobId::parse) {
                Some(blob) => Ok(Self::Range { blob, offset: offset.unwrap_or(0), length }),
                None => Err(Problem::NoBlob(id)),
            },
            _ => Err(invalid("must have one of `data:asText`, `data:asBase64` and `blobId`")),
        }
    }
}

/// A String or null.
fn take_text(object: &mut Arguments, name: &str) -> Result<Option<String>, Problem> {
    match object.shift_remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::Invalid(format!("`{name}` must be a String"))),
    }
}

/// An UnsignedInt or null.
fn take_number(object: &mut Arguments, name: &str) -> Result<Option<u64>, Problem> {
    match object.shift_remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match serde_json::from_value::<UnsignedInt>(value) {
            Ok(UnsignedInt(number)) => Ok(Some(number)),
            Err(error) => Err(Problem::Invalid(format!("`{name}`: {error}"))),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: Value) -> Result<UploadObject, SetError> {
        UploadObject::parse(value, &CreatedIds::default())
    }

    #[test]
    fn sources_are_read_strictly() {
        let of = |source: Value| parse(json!({"data": [source]}));
        let hash = "ab".repeat(32);
        assert_eq!(of(json!({"data:asText": "é"})).unwrap().sources, [Source::Octets("é".into())]);
        let null = json!({"data:asText": null, "data:asBase64": "aGk=", "blobId": null, "offset": null});
        assert_eq!(of(null).unwrap().sources, [Source::Octets(b"hi".to_vec())]);
        let range = json!({"blobId": format!("b{hash}"), "offset": 3, "length": 0});
        let blob = BlobId::Whole { hash: [0xab; 32] };
        assert_eq!(of(range).unwrap().sources, [Source::Range { blob, offset: 3, length: Some(0) }]);
        for wrong in [
            json!("x"),
            json!({}),
            json!({"data:asText": null}),
            json!({"data:asText": 1}),
            json!({"data:asText": "x", "data:asBase64": "aGk="}),
            json!({"data:asText": "x", "offset": 0}),
            json!({"data:asText": "x", "charset": "utf-8"}),
            json!({"data:asBase64": "aGk"}),
            json!({"data:asBase64": "aG k="}),
            json!({"data:asBase64": "aGk=\r\n"}),
            json!({"data:asBase64": "-_-_"}),
            json!({"data:asBase64": "aGl="}),
            json!({"blobId": format!("b{hash}"), "offset": -1}),
            json!({"blobId": format!("b{hash}"), "length": 1.5}),
            json!({"blobId": 1}),
        ] {
            match of(wrong.clone()) {
                Err(SetError::InvalidProperties { properties, .. }) => assert_eq!(properties, ["data/0"]),
                other => panic!("{wrong}: {other:?}"),
            }
        }
    }

    #[test]
    fn ids_of_no_blob_are_all_told() {
        let data = json!([{"blobId": "x"}, {"blobId": "#y"}, {"blobId": "x"}, {"data:asText": "z"}]);
        let not_found = vec!["x".to_owned(), "#y".to_owned()];
        assert_eq!(parse(json!({"data": data})), Err(SetError::BlobNotFound { not_found }));
    }

    #[test]
    fn an_upload_object_has_data_and_perhaps_a_type() {
        let empty = UploadObject { sources: Vec::new(), media_type: None };
        assert_eq!(parse(json!({"data": []})), Ok(empty));
        assert_eq!(parse(json!({"data": [], "type": "a/b"})).unwrap().media_type.as_deref(), Some("a/b"));
        let many = vec![json!({"data:asText": "x"}); MAX_DATA_SOURCES as usize + 1];
        for wrong in [
            json!([]),
            json!({}),
            json!({"data": null}),
            json!({"data": [], "type": 1}),
            json!({"data": [], "name": "x"}),
            json!({"data": many}),
        ] {
            assert!(parse(wrong).is_err());
        }
    }

    #[test]
    fn a_range_is_there_or_not() {
        let octets = b"0123";
        assert_eq!(range(octets, 1, Some(2)), Some(&b"12"[..]));
        assert_eq!(range(octets, 4, None), Some(&b""[..]));
        assert_eq!(range(octets, 4, Some(0)), Some(&b""[..]));
        assert_eq!(range(octets, 5, None), None);
        assert_eq!(range(octets, 3, Some(2)), None);
        assert_eq!(range(octets, u64::MAX, Some(u64::MAX)), None);
    }
}
