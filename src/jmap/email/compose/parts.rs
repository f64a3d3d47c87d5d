//! EmailBodyParts of an Email that is to be created (RFC 8621 §4.1.4, §4.6).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::jmap::email::problems::Problems;
use crate::mime::HeaderProperty;
use crate::mime::build::{ContentType, Field, is_token};
use crate::wire::capability::MAX_SIZE_ATTACHMENTS_PER_EMAIL;
use crate::wire::envelope::Arguments;
use crate::wire::errors::SetError;

/// Parts that a message is made of at most, and how deep they stand in each other.
const MAX_PARTS: usize = 1000;
const MAX_DEPTH: usize = 32;

/// Octets of a part's name at most.
const MAX_NAME: usize = 1024;

/// Characters of a Content-ID, a language tag or a location at most, so that a line can hold it.
const MAX_TOKEN: usize = 900;

/// A part as the client describes it.
pub(super) struct Part {
    pub(super) content_type: ContentType,
    pub(super) fields: Fields,
    pub(super) content: PartContent,
    pub(super) cid: Option<String>,
    pub(super) disposition: Option<String>,
}

/// Where the octets of a part come from.
pub(super) enum PartContent {
    /// bodyValues.
    Text(String),
    /// A blob, by its id.
    Blob(String),
    /// Parts of its own.
    Parts(Vec<Part>),
}

/// What a part is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It stands where the client put it.
    Structure,
    /// The one part of textBody or htmlBody, of this type.
    Body(&'static str),
    /// One of attachments, beside HTML that may show it or not.
    Attachment {
        /// Whether there is an htmlBody.
        has_html: bool,
    },
}

/// Reads parts, and gathers what is wrong with them.
pub(super) struct PartReader<'a> {
    values: &'a Arguments,
    /// The blobs that parts name.
    pub(super) blob_ids: BTreeSet<String>,
    pub(super) problems: &'a mut Problems,
    count: usize,
    text_octets: usize,
}

impl<'a> PartReader<'a> {
    /// `values` is bodyValues.
    pub(super) fn new(values: &'a Arguments, problems: &'a mut Problems) -> Self {
        Self { values, blob_ids: BTreeSet::new(), problems, count: 0, text_octets: 0 }
    }

    /// Reads the part that stands at `path`; `None` if it is wrong.
    pub(super) fn part(&mut self, value: &Value, path: &str, role: Role, depth: usize) -> Option<Part> {
        let Value::Object(object) = value else {
            self.problems.add(path, "must be an EmailBodyPart");
            return None;
        };
        self.count += 1;
        if self.count > MAX_PARTS || depth > MAX_DEPTH {
            self.problems
                .add(path, format_args!("a message has {MAX_PARTS} parts, {MAX_DEPTH} deep, at most"));
            return None;
        }
        let content = self.content(object, path, depth);
        let mut fields = self.header_fields(object, path);
        let mut reader = Properties { object, path, problems: self.problems };
        reader.refuse_unknown();
        let disposition = reader.disposition(role);
        let name = reader.name();
        let content_type =
            reader.content_type(&mut fields, content.as_ref(), role, name.filter(|_| disposition.is_none()));
        if let Some(disposition) = &disposition {
            fields.claim("Content-Disposition", &format!("{path}/disposition"), reader.problems);
            let filename = name.map(|name| ("filename".to_owned(), name.to_owned()));
            let filename: Vec<_> = filename.into_iter().collect();
            match Field::with_parameters("Content-Disposition", disposition, &filename) {
                Some(field) => fields.push(field),
                None => reader.problems.add(format!("{path}/name"), "is too long"),
            }
        }
        let cid = reader.cid();
        reader.simple(&mut fields, "cid", "Content-ID", cid.as_ref().map(|cid| format!("<{cid}>")));
        let language = reader.language();
        reader.simple(&mut fields, "language", "Content-Language", language);
        let location = reader.location();
        reader.simple(&mut fields, "location", "Content-Location", location);
        Some(Part { content_type: content_type?, fields, content: content?, cid, disposition })
    }

    /// What is in the part: exactly one of partId, blobId and subParts says it.
    fn content(&mut self, object: &Arguments, path: &str, depth: usize) -> Option<PartContent> {
        let given = |name: &str| object.get(name).filter(|value| !value.is_null());
        let (part_id, blob_id, sub_parts) = (given("partId"), given("blobId"), given("subParts"));
        let named = [("partId", part_id), ("blobId", blob_id), ("subParts", sub_parts)];
        let named: Vec<&str> =
            named.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| *name).collect();
        if let Some(Value::String(id)) = blob_id {
            // Also if something else is wrong: blobNotFound names all that are missing.
            self.blob_ids.insert(id.clone());
        }
        if named.len() != 1 {
            let problem = "a part has a partId, a blobId or subParts, and one of them only";
            match named.as_slice() {
                [] => self.problems.add(path, problem),
                names => names.iter().for_each(|name| self.problems.add(format!("{path}/{name}"), problem)),
            }
            return None;
        }
        match (part_id, blob_id, sub_parts) {
            (Some(id), _, _) => self.text(object, id, path),
            (_, Some(Value::String(id)), _) => Some(PartContent::Blob(id.clone())),
            (_, Some(_), _) => {
                self.problems.add(format!("{path}/blobId"), "must be an Id");
                None
            }
            (_, _, Some(Value::Array(parts))) if !parts.is_empty() => {
                let parts = parts.iter().enumerate();
                let parts = parts.map(|(number, part)| {
                    self.part(part, &format!("{path}/subParts/{number}"), Role::Structure, depth + 1)
                });
                // All are read, so that all problems are found.
                let parts: Vec<Option<Part>> = parts.collect();
                parts.into_iter().collect::<Option<_>>().map(PartContent::Parts)
            }
            _ => {
                self.problems.add(format!("{path}/subParts"), "must be an array of parts, at least one");
                None
            }
        }
    }

    /// The text that bodyValues holds for a partId.
    fn text(&mut self, object: &Arguments, id: &Value, path: &str) -> Option<PartContent> {
        for name in ["charset", "size"] {
            if object.get(name).is_some_and(|value| !value.is_null()) {
                self.problems.add(format!("{path}/{name}"), "must be left out where a partId is given");
            }
        }
        let value = id.as_str().and_then(|id| self.values.get(id));
        match value.and_then(|value| value.get("value")).and_then(Value::as_str) {
            Some(text) => {
                // One value may be named by many parts.
                self.text_octets += text.len();
                let fits = self.text_octets as u64 <= MAX_SIZE_ATTACHMENTS_PER_EMAIL;
                let fits = self.problems.take(if fits { Ok(()) } else { Err(too_large()) });
                fits.map(|()| PartContent::Text(text.to_owned()))
            }
            None => {
                self.problems.add(format!("{path}/partId"), "bodyValues holds no value for it");
                None
            }
        }
    }

    /// The properties of the form `header:…`.
    fn header_fields(&mut self, object: &Arguments, path: &str) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in object.iter().filter(|(name, _)| name.starts_with("header:")) {
            let path = format!("{path}/{name}");
            match HeaderProperty::parse(name) {
                Ok(header) if header.name.eq_ignore_ascii_case("Content-Transfer-Encoding") => {
                    self.problems.add(path, "the server chooses the encoding");
                }
                Ok(header) => fields.read(&header, value, &path, self.problems),
                Err(error) => self.problems.add(path, error),
            }
        }
        fields
    }
}

/// The parts hold more than one Email may.
pub(super) fn too_large() -> SetError {
    SetError::TooLarge(format!("maxSizeAttachmentsPerEmail is {MAX_SIZE_ATTACHMENTS_PER_EMAIL}"))
}

/// Reads the other properties of one part.
struct Properties<'p> {
    object: &'p Map<String, Value>,
    path: &'p str,
    problems: &'p mut Problems,
}

impl<'p> Properties<'p> {
    const KNOWN: [&'static str; 11] = [
        "partId",
        "blobId",
        "size",
        "name",
        "type",
        "charset",
        "disposition",
        "cid",
        "language",
        "location",
        "subParts",
    ];

    fn wrong(&mut self, name: &str, problem: impl std::fmt::Display) {
        self.problems.add(format!("{}/{name}", self.path), problem);
    }

    fn refuse_unknown(&mut self) {
        let is_known = |name: &str| name.starts_with("header:") || Self::KNOWN.contains(&name);
        for (name, value) in self.object {
            match name.as_str() {
                "headers" if value.is_null() => {}
                "headers" => self.wrong(name, "each header field is a property of its own"),
                name if !is_known(name) => self.wrong(name, "no such property"),
                _ => {}
            }
        }
    }

    /// A String that is not null.
    fn string(&mut self, name: &str) -> Option<&'p str> {
        match self.object.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => {
                self.wrong(name, "must be a String");
                None
            }
        }
    }

    fn name(&mut self) -> Option<&'p str> {
        let name = self.string("name")?;
        if name.len() > MAX_NAME {
            self.wrong("name", format_args!("is {MAX_NAME} octets long at most"));
        }
        Some(name).filter(|name| (1..=MAX_NAME).contains(&name.len()))
    }

    /// The disposition; attachments have one, so that no reader takes them for text to show.
    fn disposition(&mut self, role: Role) -> Option<String> {
        match self.string("disposition") {
            Some(token) if is_token(token) && token.len() <= MAX_TOKEN => Some(token.to_ascii_lowercase()),
            Some(_) => {
                self.wrong("disposition", "is no token");
                None
            }
            None => {
                let is_given = self.object.keys().any(|name| is_header(name, "Content-Disposition"));
                let Role::Attachment { has_html } = role else { return None };
                let is_shown = has_html && self.object.get("cid").is_some_and(|cid| !cid.is_null());
                (!is_given).then(|| if is_shown { "inline" } else { "attachment" }.to_owned())
            }
        }
    }

    /// Content-Type: of type, charset and perhaps the name, or of the whole header field.
    fn content_type(
        &mut self,
        fields: &mut Fields,
        content: Option<&PartContent>,
        role: Role,
        name: Option<&str>,
    ) -> Option<ContentType> {
        let given = self.string("type");
        let charset = self.string("charset");
        for (property, is_given) in
            [("type", given.is_some()), ("charset", charset.is_some()), ("name", name.is_some())]
        {
            let is_claimed = fields.property_of("Content-Type").is_some();
            if is_given && is_claimed {
                fields.claim("Content-Type", &format!("{}/{property}", self.path), self.problems);
            }
        }
        let default = match (role, content) {
            (Role::Body(media_type), _) => media_type,
            (_, Some(PartContent::Parts(_))) => "multipart/mixed",
            (_, Some(PartContent::Text(_))) => "text/plain",
            _ => "application/octet-stream",
        };
        let content_type = match (fields.take("Content-Type"), given.unwrap_or(default)) {
            (Some(_), _) if fields.has("Content-Type") => None,
            (Some(field), _) => ContentType::from_field(field),
            (None, media_type) => ContentType::parse(media_type),
        };
        let Some(mut content_type) = content_type.filter(|found| found.media_type().len() <= MAX_TOKEN)
        else {
            self.wrong("type", "is no media type");
            return None;
        };
        self.check_type(&content_type, content, role);
        if let Some(charset) = charset {
            match is_token(charset) && charset.len() <= MAX_TOKEN {
                true => content_type = content_type.with("charset", charset),
                false => self.wrong("charset", "is no name of a character set"),
            }
        }
        Some(match name {
            Some(name) => content_type.with("name", name),
            None => content_type,
        })
    }

    /// Whether the type is one that the part can have.
    fn check_type(&mut self, content_type: &ContentType, content: Option<&PartContent>, role: Role) {
        let is_multipart = content_type.is_a("multipart/");
        let media_type = content_type.media_type();
        match (role, content) {
            (Role::Body(expected), _) if !media_type.eq_ignore_ascii_case(expected) => {
                self.wrong("type", format_args!("must be {expected}"));
            }
            (Role::Attachment { .. }, _) if is_multipart => {
                self.wrong("type", "an attachment is no multipart")
            }
            (_, Some(PartContent::Parts(_))) if !is_multipart => {
                self.wrong("type", "only a multipart has subParts");
            }
            (_, Some(PartContent::Blob(_) | PartContent::Text(_))) if is_multipart => {
                self.wrong("type", "a multipart has subParts, no partId and no blobId");
            }
            (_, Some(PartContent::Text(_))) if content_type.is_a("message/") => {
                self.wrong("type", "a message comes from a blob");
            }
            _ => {}
        }
    }

    fn cid(&mut self) -> Option<String> {
        let cid = self.string("cid")?;
        let is_id = |octet: u8| octet.is_ascii_graphic() && octet != b'<' && octet != b'>';
        if !cid.is_empty() && cid.len() <= MAX_TOKEN && cid.bytes().all(is_id) {
            return Some(cid.to_owned());
        }
        self.wrong("cid", "is no Content-ID without its angle brackets");
        None
    }

    fn language(&mut self) -> Option<String> {
        let tags = match self.object.get("language") {
            None | Some(Value::Null) => return None,
            Some(tags) => {
                tags.as_array().map(|tags| tags.iter().map(Value::as_str).collect::<Option<Vec<&str>>>())
            }
        };
        let is_tag = |tag: &&str| {
            !tag.is_empty()
                && tag.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'*')
        };
        match tags.flatten().filter(|tags| tags.iter().all(is_tag)).map(|tags| tags.join(", ")) {
            Some(tags) if tags.len() <= MAX_TOKEN => Some(tags).filter(|tags| !tags.is_empty()),
            _ => {
                self.wrong("language", "must be an array of language tags");
                None
            }
        }
    }

    fn location(&mut self) -> Option<String> {
        let uri = self.string("location")?;
        if !uri.is_empty() && uri.len() <= MAX_TOKEN && uri.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Some(uri.to_owned());
        }
        self.wrong("location", "is no URI");
        None
    }

    /// A header field that one property says.
    fn simple(&mut self, fields: &mut Fields, property: &str, header: &str, value: Option<String>) {
        let Some(value) = value else { return };
        fields.claim(header, &format!("{}/{property}", self.path), self.problems);
        match Field::with_parameters(header, &value, &[]) {
            Some(field) => fields.push(field),
            None => self.wrong(property, "is too long"),
        }
    }
}

fn is_header(property: &str, header: &str) -> bool {
    HeaderProperty::parse(property).is_ok_and(|parsed| parsed.name.eq_ignore_ascii_case(header))
}
