//! A tree of parts (RFC 2046 §5.1), and the message that it becomes.

use openssl::sha::Sha256;

use super::field::{Field, Unwritable};
use super::parameters::is_token;
use super::transfer::Encoded;
use crate::mime::parameters::Parameterized;

/// A part: what its header says, and what is in it.
#[derive(Clone, Debug)]
pub struct Entity {
    /// The media type.
    pub content_type: ContentType,
    /// Header fields, other than Content-Type, Content-Transfer-Encoding and MIME-Version.
    pub fields: Vec<Field>,
    /// What is in it.
    pub content: Content,
}

/// What a part holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// Text; its line ends become CRLF, and its character set UTF-8.
    Text(String),
    /// Octets, kept as they are.
    Octets(Vec<u8>),
    /// The parts of a multipart, at least one.
    Parts(Vec<Entity>),
}

/// Content-Type: a media type with parameters. The boundary and, of text, the charset are added by whoever writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentType {
    media_type: String,
    parameters: Vec<(String, String)>,
    /// The field as it is to stand, if that is known.
    verbatim: Option<Field>,
}

impl ContentType {
    /// A media type without parameters; `None` if it is none (RFC 2045 §5.1).
    pub fn parse(media_type: &str) -> Option<Self> {
        let (family, subtype) = media_type.split_once('/')?;
        (is_token(family) && is_token(subtype)).then(|| Self::new(media_type))
    }

    /// The same of a type that is known to be one.
    pub fn new(media_type: &str) -> Self {
        Self { media_type: media_type.to_owned(), parameters: Vec::new(), verbatim: None }
    }

    /// With one parameter more.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What a whole field says; it stands as it is where nothing has to be added. `None` if it says no media type.
    pub fn from_field(field: Field) -> Option<Self> {
        let parsed = Parameterized::parse(&field.unfolded());
        Self::parse(&parsed.value)?;
        let parameters = parsed.parameters().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let parameters = parameters.filter(|(name, _)| name != "boundary").collect();
        Some(Self { media_type: parsed.value, parameters, verbatim: Some(field) })
    }

    /// The media type, as it was given.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether the media type begins with this, slash included.
    pub fn is_a(&self, family: &str) -> bool {
        self.media_type.len() > family.len()
            && self.media_type.is_char_boundary(family.len())
            && self.media_type.split_at(family.len()).0.eq_ignore_ascii_case(family)
    }

    /// The field with a parameter that is ours to say.
    fn with_ours(&self, name: &str, value: &str) -> Option<Field> {
        let mut parameters = vec![(name.to_owned(), value.to_owned())];
        parameters.extend(self.parameters.iter().filter(|(known, _)| known != name).cloned());
        Field::with_parameters("Content-Type", &self.media_type, &parameters)
    }

    fn as_given(&self) -> Option<Field> {
        self.verbatim
            .clone()
            .or_else(|| Field::with_parameters("Content-Type", &self.media_type, &self.parameters))
    }
}

/// Writes a message: these header fields, then those of the root of the tree, then its body.
pub fn message(fields: &[Field], root: Entity) -> Result<Vec<u8>, Unwritable> {
    let mut message = Vec::new();
    fields.iter().for_each(|field| field.write(&mut message));
    if !fields.iter().chain(&root.fields).any(|field| field.name().eq_ignore_ascii_case("MIME-Version")) {
        message.extend_from_slice(b"MIME-Version: 1.0\r\n");
    }
    root.write(&mut message)?;
    Ok(message)
}

impl Entity {
    /// Writes the part. Tells whether it holds octets beyond ASCII, which its multiparts must say too (RFC 2045 §6.4).
    fn write(self, message: &mut Vec<u8>) -> Result<bool, Unwritable> {
        let (content_type, encoded) = match self.content {
            Content::Text(text) => {
                let field = match self.content_type.is_a("text/") {
                    true => self.content_type.with_ours("charset", "utf-8"),
                    false => self.content_type.as_given(),
                };
                (field, Encoded::text(canonical(&text).into_bytes()))
            }
            Content::Octets(octets) if self.content_type.is_a("text/") => {
                (self.content_type.as_given(), Encoded::text(octets))
            }
            Content::Octets(octets) if self.content_type.is_a("message/") => {
                (self.content_type.as_given(), Encoded::message(octets))
            }
            Content::Octets(octets) => (self.content_type.as_given(), Encoded::binary(&octets)),
            Content::Parts(parts) => {
                let (boundary, encoded) = multipart(parts)?;
                (self.content_type.with_ours("boundary", &boundary), encoded)
            }
        };
        content_type.ok_or(Unwritable::TooLong)?.write(message);
        message.extend_from_slice(format!("Content-Transfer-Encoding: {}\r\n", encoded.encoding).as_bytes());
        self.fields.iter().for_each(|field| field.write(message));
        message.extend_from_slice(b"\r\n");
        message.extend_from_slice(&encoded.octets);
        Ok(encoded.encoding == "8bit")
    }
}

/// The body of a multipart, and its boundary.
fn multipart(parts: Vec<Entity>) -> Result<(String, Encoded), Unwritable> {
    let mut written = Vec::with_capacity(parts.len());
    let mut is_8bit = false;
    for part in parts {
        let mut octets = Vec::new();
        is_8bit |= part.write(&mut octets)?;
        written.push(octets);
    }
    let boundary = boundary(&written);
    let mut body = Vec::with_capacity(written.iter().map(Vec::len).sum::<usize>() + 64 * written.len() + 64);
    for part in &written {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        body.extend_from_slice(part);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((boundary, Encoded { encoding: if is_8bit { "8bit" } else { "7bit" }, octets: body }))
}

/// A boundary that stands in none of the parts (RFC 2046 §5.1.1). It follows from them, so that the same message is
/// always built of the same octets. `=_` stands in neither quoted-printable nor base64 (RFC 2045 §6.7).
fn boundary(parts: &[Vec<u8>]) -> String {
    let mut digest = Sha256::new();
    parts.iter().for_each(|part| digest.update(part));
    let mut digest = digest.finish();
    loop {
        let boundary = format!("=_{}", hex::encode(&digest[..18]));
        let stands_in =
            |part: &Vec<u8>| part.windows(boundary.len()).any(|window| window == boundary.as_bytes());
        if !parts.iter().any(stands_in) {
            return boundary;
        }
        digest = openssl::sha::sha256(&digest);
    }
}

/// Text with CRLF for each line end, and without what readers of mail take away: U+0000, and a byte order mark at the
/// front.
fn canonical(text: &str) -> String {
    let text = text.replace('\0', "");
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\n', "\r\n")
}
