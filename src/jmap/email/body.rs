//! The body of a message as Email/get shows it (RFC 8621 §4.1.4).

use serde_json::{Value, json};

use super::properties::{BodyArguments, Property};
use crate::mime::{
    BodyLists, BodyPart, BodyValue, HeaderProperty, Headers, Message, Structure, TransferEncoding,
};
use crate::store::blob::BlobHash;
use crate::wire::blob_id::{BlobId, PartEncoding};
use crate::wire::envelope::Arguments;

/// Where a message stands: in a blob, and how many octets from its beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) blob: BlobHash,
    pub(super) offset: u64,
}

/// A message whose parts are to be shown.
pub(super) struct Body<'a> {
    raw: &'a [u8],
    place: Place,
    structure: Structure,
    arguments: &'a BodyArguments,
}

impl<'a> Body<'a> {
    pub(super) fn new(message: &Message<'a>, place: Place, arguments: &'a BodyArguments) -> Self {
        Self { raw: message.raw(), place, structure: Structure::of(message), arguments }
    }

    /// The header fields of the message.
    pub(super) fn headers(&self) -> Headers<'a> {
        self.structure.root.headers(self.raw)
    }

    /// A property that shows the body.
    pub(super) fn value(&self, property: Property) -> Value {
        let lists = self.structure.body_lists();
        match property {
            Property::BodyStructure => self.part(&self.structure.root),
            Property::BodyValues => self.values(&lists),
            Property::TextBody => self.parts(&lists.text_body),
            Property::HtmlBody => self.parts(&lists.html_body),
            Property::Attachments => self.parts(&lists.attachments),
            Property::Headers => header_list(&self.headers()),
            _ => Value::Null,
        }
    }

    fn parts(&self, parts: &[&BodyPart]) -> Value {
        parts.iter().map(|part| self.part(part)).collect()
    }

    fn part(&self, part: &BodyPart) -> Value {
        let mut object = Arguments::new();
        for name in &self.arguments.part_properties {
            let value = match *name {
                "partId" => json!(part.part_id),
                "blobId" => json!(self.blob_id(part)),
                "size" => json!(part.size),
                "headers" => header_list(&part.headers(self.raw)),
                "name" => json!(part.name),
                "type" => json!(part.media_type),
                "charset" => json!(part.charset),
                "disposition" => json!(part.disposition),
                "cid" => json!(part.cid),
                "language" => json!(part.language),
                "location" => json!(part.location),
                "subParts" => match &part.sub_parts {
                    Some(parts) => parts.iter().map(|part| self.part(part)).collect(),
                    None if self.arguments.names_sub_parts => Value::Null,
                    None => continue,
                },
                _ => continue,
            };
            object.insert((*name).to_owned(), value);
        }
        let headers = part.headers(self.raw);
        for (name, property) in &self.arguments.part_headers {
            object.insert(name.clone(), header_value(property, &headers));
        }
        Value::Object(object)
    }

    fn blob_id(&self, part: &BodyPart) -> Option<String> {
        let section = part.section?;
        let encoding = match section.encoding {
            TransferEncoding::Identity => PartEncoding::Identity,
            TransferEncoding::Base64 => PartEncoding::Base64,
            TransferEncoding::QuotedPrintable => PartEncoding::QuotedPrintable,
        };
        let id = BlobId::Part {
            hash: self.place.blob.0,
            offset: self.place.offset + section.offset as u64,
            length: section.length as u64,
            encoding,
        };
        Some(id.to_string())
    }

    fn values(&self, lists: &BodyLists<'_>) -> Value {
        let arguments = self.arguments;
        let is_in =
            |list: &[&BodyPart], part: &BodyPart| list.iter().any(|other| other.part_id == part.part_id);
        let max = match arguments.max_value_bytes {
            0 => usize::MAX,
            max => max,
        };
        let mut values = Arguments::new();
        for part in self.structure.parts().into_iter().filter(|part| part.is_text()) {
            let wanted = arguments.fetch_all
                || arguments.fetch_text && is_in(&lists.text_body, part)
                || arguments.fetch_html && is_in(&lists.html_body, part);
            if let (true, Some(id)) = (wanted, &part.part_id) {
                let value = BodyValue::of(self.raw, part, max);
                values.insert(
                    id.clone(),
                    json!({
                        "value": value.value,
                        "isEncodingProblem": value.is_encoding_problem,
                        "isTruncated": value.is_truncated,
                    }),
                );
            }
        }
        Value::Object(values)
    }
}

/// EmailHeader[] (RFC 8621 §4.1.3).
fn header_list(headers: &Headers<'_>) -> Value {
    headers.iter().map(|field| json!({"name": field.name(), "value": field.raw()})).collect()
}

/// The value of a `header:…` property.
pub(super) fn header_value(property: &HeaderProperty, headers: &Headers<'_>) -> Value {
    serde_json::to_value(property.value_of(headers)).unwrap_or(Value::Null)
}
