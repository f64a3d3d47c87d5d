//! The MIME tree as EmailBodyParts, and its decomposition into bodies and attachments (RFC 8621 §4.1.4).

use std::borrow::Cow;
use std::ops::Range;

use mail_parser::{MessagePart, PartType};

use super::door::Message;
use super::header::Headers;
use super::message_id::parse_message_ids;
use super::parameters::Parameterized;
use super::part_data::PartSection;
use super::transfer_encoding::TransferEncoding;

/// Multiparts below this depth stay closed: each is one part of octets.
const MAX_DEPTH: usize = 64;

/// Parts of one message that are looked at; those after them are not seen.
const MAX_PARTS: usize = 5_000;

/// A message's MIME tree, without recursing into message/rfc822 or message/global.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// The message itself as a part: RFC 8621's bodyStructure.
    pub root: BodyPart,
}

/// EmailBodyPart (RFC 8621 §4.1.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyPart {
    /// Where the part stands in the tree: `2.1` is the first part of the second; null for a multipart.
    pub part_id: Option<String>,
    /// Where the part's octets stand in the message, and how they are encoded. The part's blob is addressed by it;
    /// a multipart has none.
    pub section: Option<PartSection>,
    /// Octets after decoding; for a multipart, of all that stands between its header and its end.
    pub size: usize,
    /// The file's name.
    pub name: Option<String>,
    /// The media type, in lower case; the implicit one if none is given.
    pub media_type: String,
    /// The charset parameter; for text without one, us-ascii.
    pub charset: Option<String>,
    /// The disposition, in lower case.
    pub disposition: Option<String>,
    /// Content-ID without its angle brackets.
    pub cid: Option<String>,
    /// The tags of Content-Language.
    pub language: Option<Vec<String>>,
    /// Content-Location.
    pub location: Option<String>,
    /// The children; null unless this is a multipart.
    pub sub_parts: Option<Vec<BodyPart>>,
    /// False if the Content-Transfer-Encoding is not known, so that the octets are taken as they stand.
    pub is_encoding_known: bool,
    header: Range<usize>,
}

/// The three lists of parts to show (RFC 8621 §4.1.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyLists<'s> {
    /// Preferring text/plain.
    pub text_body: Vec<&'s BodyPart>,
    /// Preferring text/html.
    pub html_body: Vec<&'s BodyPart>,
    /// What is in neither, and media that are not in both.
    pub attachments: Vec<&'s BodyPart>,
}

impl Structure {
    /// Walks the parser's tree.
    pub fn of(message: &Message<'_>) -> Self {
        let mut walk = Walk { message, budget: MAX_PARTS };
        let root = walk.part(0, &Place::root()).unwrap_or_else(|| BodyPart::whole(message.raw()));
        Self { root }
    }

    /// All parts, depth first, each before its children.
    pub fn parts(&self) -> Vec<&BodyPart> {
        let mut parts = vec![&self.root];
        let mut at = 0;
        while let Some(part) = parts.get(at) {
            let children = part.sub_parts.iter().flatten();
            at += 1;
            parts.splice(at..at, children);
        }
        parts
    }

    /// The part with this id.
    pub fn part(&self, part_id: &str) -> Option<&BodyPart> {
        self.parts().into_iter().find(|part| part.part_id.as_deref() == Some(part_id))
    }

    /// The algorithm of RFC 8621 §4.1.4.
    pub fn body_lists(&self) -> BodyLists<'_> {
        let mut lists = BodyLists::default();
        decompose(std::slice::from_ref(&self.root), &Enclosing::top(), &mut lists);
        lists
    }
}

/// Whether there are octets beyond ASCII in the header of a message or of one of its parts (RFC 6532 §3.2).
pub fn has_international_header(raw: &[u8]) -> bool {
    if raw.is_ascii() {
        return false;
    }
    let Ok(message) = Message::parse(raw) else { return !Headers::section_of(raw).is_ascii() };
    let structure = Structure::of(&message);
    structure.parts().iter().any(|part| raw.get(part.header.clone()).is_some_and(|header| !header.is_ascii()))
}

impl BodyPart {
    /// The part's own header fields: those of the message for the root.
    pub fn headers<'a>(&self, raw: &'a [u8]) -> Headers<'a> {
        Headers::parse(raw.get(self.header.clone()).unwrap_or_default())
    }

    /// Whether this is a multipart.
    pub fn is_multipart(&self) -> bool {
        self.sub_parts.is_some()
    }

    /// Whether this is text of any kind.
    pub fn is_text(&self) -> bool {
        self.media_type.starts_with("text/")
    }

    fn is_inline_media(&self) -> bool {
        ["image/", "audio/", "video/"].iter().any(|family| self.media_type.starts_with(family))
    }

    /// What to say of a message in which nothing could be made out.
    fn whole(raw: &[u8]) -> Self {
        let section = PartSection { offset: 0, length: raw.len(), encoding: TransferEncoding::Identity };
        BodyPart {
            part_id: Some("1".to_owned()),
            section: Some(section),
            size: raw.len(),
            name: None,
            media_type: "text/plain".to_owned(),
            charset: Some("us-ascii".to_owned()),
            disposition: None,
            cid: None,
            language: None,
            location: None,
            sub_parts: None,
            is_encoding_known: true,
            header: 0..0,
        }
    }
}

/// Where a part stands among its ancestors.
struct Place {
    id: String,
    depth: usize,
    in_digest: bool,
}

impl Place {
    fn root() -> Self {
        Self { id: String::new(), depth: 0, in_digest: false }
    }

    fn child(&self, number: usize, in_digest: bool) -> Self {
        let id = if self.id.is_empty() { number.to_string() } else { format!("{}.{number}", self.id) };
        Self { id, depth: self.depth + 1, in_digest }
    }
}

struct Walk<'m, 'a> {
    message: &'m Message<'a>,
    budget: usize,
}

impl Walk<'_, '_> {
    fn part(&mut self, id: u32, place: &Place) -> Option<BodyPart> {
        self.budget = self.budget.checked_sub(1)?;
        let message = self.message;
        let parsed = message.parsed().parts.get(id as usize)?;
        let header = parsed.offset_header as usize..parsed.offset_body as usize;
        let headers = Headers::parse(message.raw().get(header.clone()).unwrap_or_default());
        let described = described(&headers, place, header);
        Some(match &parsed.body {
            PartType::Multipart(children) if place.depth < MAX_DEPTH => {
                self.multipart(described, parsed, children, place)
            }
            _ => self.leaf(described, parsed, &headers, place),
        })
    }

    fn multipart(
        &mut self,
        part: BodyPart,
        parsed: &MessagePart<'_>,
        ids: &[u32],
        place: &Place,
    ) -> BodyPart {
        let media_type = match part.media_type.starts_with("multipart/") {
            true => part.media_type,
            false => "multipart/mixed".to_owned(),
        };
        let in_digest = media_type == "multipart/digest";
        let children = ids.iter().enumerate();
        let children =
            children.filter_map(|(at, id)| self.part(*id, &place.child(at + 1, in_digest))).collect();
        let size = (parsed.offset_end as usize).saturating_sub(parsed.offset_body as usize);
        BodyPart { media_type, size, charset: None, sub_parts: Some(children), ..part }
    }

    fn leaf(
        &self,
        part: BodyPart,
        parsed: &MessagePart<'_>,
        headers: &Headers<'_>,
        place: &Place,
    ) -> BodyPart {
        let encoding = headers.last("Content-Transfer-Encoding").map(|field| field.unfolded());
        let encoding = encoding.map(|value| Parameterized::parse(&value).value).unwrap_or_default();
        let (encoding, is_encoding_known) = TransferEncoding::of(&encoding);
        let offset = (parsed.offset_body as usize).min(self.message.raw().len());
        let end = (parsed.offset_end as usize).clamp(offset, self.message.raw().len());
        let section = PartSection { offset, length: end - offset, encoding };
        let size = section.data(self.message.raw()).map_or(0, |data| data.len());
        let part_id = if place.id.is_empty() { "1".to_owned() } else { place.id.clone() };
        // A multipart whose boundary never comes is shown as the text that it is.
        let (media_type, charset) = match part.media_type.starts_with("multipart/") {
            true => ("text/plain".to_owned(), Some("us-ascii".to_owned())),
            false => (part.media_type, part.charset),
        };
        BodyPart {
            part_id: Some(part_id),
            section: Some(section),
            size,
            media_type,
            charset,
            is_encoding_known,
            ..part
        }
    }
}

/// What the header says of a part; the rest is filled in by what the part turns out to be.
fn described(headers: &Headers<'_>, place: &Place, header: Range<usize>) -> BodyPart {
    let unfolded = |name: &str| headers.last(name).map(|field| field.unfolded());
    let content_type = unfolded("Content-Type").map(|value| Parameterized::parse(&value));
    let disposition = unfolded("Content-Disposition").map(|value| Parameterized::parse(&value));
    let media_type = match &content_type {
        Some(given) if is_media_type(&given.value) => given.value.clone(),
        None if place.in_digest => "message/rfc822".to_owned(),
        _ => "text/plain".to_owned(),
    };
    let named = content_type.as_ref().and_then(|given| given.plain("charset")).map(str::to_owned);
    let charset = named.filter(|charset| !charset.is_empty()).or_else(|| {
        let is_implicit = content_type.is_none() || media_type.starts_with("text/");
        is_implicit.then(|| "us-ascii".to_owned())
    });
    let filename = disposition.as_ref().and_then(|given| given.decoded("filename"));
    BodyPart {
        part_id: None,
        section: None,
        size: 0,
        name: filename.or_else(|| content_type.as_ref().and_then(|given| given.decoded("name"))),
        media_type,
        charset,
        disposition: disposition.map(|given| given.value).filter(|value| !value.is_empty()),
        cid: unfolded("Content-ID").and_then(|value| content_id(&value)),
        language: unfolded("Content-Language").and_then(|value| languages(&value)),
        location: unfolded("Content-Location").and_then(|value| location(&value)),
        sub_parts: None,
        is_encoding_known: true,
        header,
    }
}

fn is_media_type(value: &str) -> bool {
    value.split_once('/').is_some_and(|(family, subtype)| !family.is_empty() && !subtype.is_empty())
}

/// Some senders leave the angle brackets out.
fn content_id(value: &str) -> Option<String> {
    let bare = || Some(value.trim().to_owned()).filter(|cid| !cid.is_empty());
    parse_message_ids(value).and_then(|ids| ids.into_iter().next()).or_else(bare)
}

fn languages(value: &str) -> Option<Vec<String>> {
    let value = without_comments(value);
    let tags = value.split(',').map(str::trim).filter(|tag| !tag.is_empty());
    let tags: Vec<String> = tags.take(100).map(str::to_owned).collect();
    (!tags.is_empty()).then_some(tags)
}

/// A long URI is folded, and the white space of its folding is no part of it (RFC 2557 §4.4.2).
fn location(value: &str) -> Option<String> {
    let uri: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    (!uri.is_empty()).then_some(uri)
}

fn without_comments(value: &str) -> Cow<'_, str> {
    match value.split_once('(') {
        Some((before, comment)) => {
            let after = super::address::read_comment(comment).1;
            Cow::Owned(format!("{before} {}", after.split('(').next().unwrap_or_default()))
        }
        None => Cow::Borrowed(value),
    }
}

/// What encloses the parts that are decomposed.
struct Enclosing<'s> {
    subtype: &'s str,
    in_alternative: bool,
    has_text_body: bool,
    has_html_body: bool,
}

impl Enclosing<'_> {
    fn top() -> Self {
        Enclosing { subtype: "mixed", in_alternative: false, has_text_body: true, has_html_body: true }
    }
}

/// RFC 8621 §4.1.4's parseStructure. `has_text_body` and `has_html_body` stand for its textBody and htmlBody not being null, which
/// each level decides for itself and those below.
fn decompose<'s>(parts: &'s [BodyPart], enclosing: &Enclosing<'_>, lists: &mut BodyLists<'s>) {
    let (text_before, html_before) = (lists.text_body.len(), lists.html_body.len());
    let (mut has_text_body, mut has_html_body) = (enclosing.has_text_body, enclosing.has_html_body);
    for (at, part) in parts.iter().enumerate() {
        if let Some(children) = &part.sub_parts {
            let subtype = part.media_type.strip_prefix("multipart/").unwrap_or_default();
            let in_alternative = enclosing.in_alternative || subtype == "alternative";
            decompose(children, &Enclosing { subtype, in_alternative, has_text_body, has_html_body }, lists);
        } else if !is_inline(part, at, enclosing.subtype) {
            lists.attachments.push(part);
        } else if enclosing.subtype == "alternative" {
            match part.media_type.as_str() {
                "text/plain" if has_text_body => lists.text_body.push(part),
                "text/html" if has_html_body => lists.html_body.push(part),
                _ => lists.attachments.push(part),
            }
        } else {
            if enclosing.in_alternative {
                has_html_body &= part.media_type != "text/plain";
                has_text_body &= part.media_type != "text/html";
            }
            if has_text_body {
                lists.text_body.push(part);
            }
            if has_html_body {
                lists.html_body.push(part);
            }
            if !(has_text_body && has_html_body) && part.is_inline_media() {
                lists.attachments.push(part);
            }
        }
    }
    if enclosing.subtype == "alternative" && has_text_body && has_html_body {
        complete_alternative(lists, text_before, html_before);
    }
}

/// Where only one of the two kinds was found, it stands for the other too.
fn complete_alternative(lists: &mut BodyLists<'_>, text_before: usize, html_before: usize) {
    let text_found = lists.text_body.len() > text_before;
    let html_found = lists.html_body.len() > html_before;
    if html_found && !text_found {
        lists.text_body.extend_from_slice(lists.html_body.get(html_before..).unwrap_or_default());
    } else if text_found && !html_found {
        lists.html_body.extend_from_slice(lists.text_body.get(text_before..).unwrap_or_default());
    }
}

/// Whether a part is body rather than attachment: in multipart/related the first one only, and text with a file name only at
/// the front.
fn is_inline(part: &BodyPart, at: usize, subtype: &str) -> bool {
    let is_body_type =
        ["text/plain", "text/html"].contains(&part.media_type.as_str()) || part.is_inline_media();
    part.disposition.as_deref() != Some("attachment")
        && is_body_type
        && (at == 0 || (subtype != "related" && (part.is_inline_media() || part.name.is_none())))
}

#[cfg(test)]
mod tests;
