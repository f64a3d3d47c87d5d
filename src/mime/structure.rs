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
mod tests {
    use super::*;

    /// The message of RFC 8621 §4.1.4's example; each part's name is in its Content-Description.
    const EXAMPLE: &str = "\
Content-Type: multipart/mixed; boundary=m1

--m1
Content-Type: text/plain
Content-Disposition: inline
Content-Description: A

a
--m1
Content-Type: multipart/mixed; boundary=m2

--m2
Content-Type: multipart/alternative; boundary=m3

--m3
Content-Type: multipart/mixed; boundary=m4

--m4
Content-Type: text/plain
Content-Disposition: inline
Content-Description: B

b
--m4
Content-Type: image/jpeg
Content-Disposition: inline
Content-Description: C

c
--m4
Content-Type: text/plain
Content-Disposition: inline
Content-Description: D

d
--m4--
--m3
Content-Type: multipart/related; boundary=m5

--m5
Content-Type: text/html
Content-Description: E

e
--m5
Content-Type: image/jpeg
Content-Description: F

f
--m5--
--m3--
--m2
Content-Type: image/jpeg
Content-Disposition: attachment
Content-Description: G

g
--m2
Content-Type: application/x-excel
Content-Description: H

h
--m2
Content-Type: message/rfc822
Content-Description: J

Subject: j

j
--m2--
--m1
Content-Type: text/plain
Content-Disposition: inline
Content-Description: K

k
--m1--
";

    fn with_both_endings(raw: &str, check: impl Fn(&Message<'_>)) {
        for ending in ["\n", "\r\n"] {
            let raw = raw.replace('\n', ending);
            check(&Message::parse(raw.as_bytes()).unwrap());
        }
    }

    fn letters(message: &Message<'_>, parts: &[&BodyPart]) -> String {
        let letter = |part: &&BodyPart| {
            let headers = part.headers(message.raw());
            headers.last("Content-Description").unwrap().raw().trim().to_owned()
        };
        parts.iter().map(letter).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_example_of_rfc_8621() {
        with_both_endings(EXAMPLE, |message| {
            let structure = message.structure();
            let lists = structure.body_lists();
            assert_eq!(letters(message, &lists.text_body), "A B C D K");
            assert_eq!(letters(message, &lists.html_body), "A E K");
            assert_eq!(letters(message, &lists.attachments), "C F G H J");
        });
    }

    #[test]
    fn part_ids_name_places_in_the_tree_and_sections_hold_the_octets() {
        with_both_endings(EXAMPLE, |message| {
            let structure = message.structure();
            let parts: Vec<String> = structure
                .parts()
                .into_iter()
                .filter_map(|part| {
                    let data = part.section?.data(message.raw())?;
                    Some(format!(
                        "{} {}",
                        part.part_id.as_deref()?,
                        String::from_utf8_lossy(&data).trim_end()
                    ))
                })
                .collect();
            let expected =
                ["1 a", "2.1.1.1 b", "2.1.1.2 c", "2.1.1.3 d", "2.1.2.1 e", "2.1.2.2 f", "2.2 g", "2.3 h"];
            assert_eq!(&parts[..8], expected);
            assert!(parts[8].starts_with("2.4 Subject: j"));
            assert_eq!(parts[9], "3 k");
            assert_eq!(structure.part("2.1.2.2").unwrap().media_type, "image/jpeg");
            assert_eq!(structure.part("2"), None);
        });
    }

    #[test]
    fn parts_are_described_by_their_headers() {
        let raw = "\
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: Image/PNG (a picture); name=\"=?utf-8?Q?caf=C3=A9.png?=\"
Content-Disposition: INLINE
Content-ID: <logo@example.com>
Content-Language: en, de (German)
Content-Location: https://example.com/
 logo.png
Content-Transfer-Encoding: base64

aGVsbG8=
--b
Content-Type: application/pdf; name=ignored; charset=x
Content-Disposition: attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf

pdf
--b

bare
--b
Content-Type: nonsense
Content-Transfer-Encoding: x-unheard-of

text
--b--
";
        with_both_endings(raw, |message| {
            let structure = message.structure();
            let image = structure.part("1").unwrap();
            assert_eq!(image.media_type, "image/png");
            assert_eq!(image.name.as_deref(), Some("café.png"));
            assert_eq!(image.disposition.as_deref(), Some("inline"));
            assert_eq!(image.cid.as_deref(), Some("logo@example.com"));
            assert_eq!(image.language, Some(vec!["en".to_owned(), "de".to_owned()]));
            assert_eq!(image.location.as_deref(), Some("https://example.com/logo.png"));
            assert_eq!((image.size, &image.charset), (5, &None));
            let pdf = structure.part("2").unwrap();
            assert_eq!((pdf.name.as_deref(), pdf.charset.as_deref()), (Some("résumé.pdf"), Some("x")));
            let bare = structure.part("3").unwrap();
            assert_eq!((bare.media_type.as_str(), bare.charset.as_deref()), ("text/plain", Some("us-ascii")));
            let nonsense = structure.part("4").unwrap();
            assert_eq!(nonsense.media_type, "text/plain");
            assert!(!nonsense.is_encoding_known);
            assert_eq!(structure.root.part_id, None);
            assert_eq!(structure.root.charset, None);
        });
    }

    #[test]
    fn a_message_of_one_part_is_part_1_and_shows_as_both_bodies() {
        with_both_endings("Subject: x\n\nbody\n", |message| {
            let structure = message.structure();
            assert_eq!(structure.root.part_id.as_deref(), Some("1"));
            let lists = structure.body_lists();
            assert_eq!((lists.text_body.len(), lists.html_body.len(), lists.attachments.len()), (1, 1, 0));
        });
    }

    #[test]
    fn a_multipart_whose_boundary_never_comes_is_text() {
        with_both_endings("Content-Type: multipart/mixed; boundary=b\n\nbody\n", |message| {
            let root = message.structure().root;
            assert_eq!((root.media_type.as_str(), root.sub_parts.is_none()), ("text/plain", true));
            assert_eq!(root.section.unwrap().data(message.raw()).unwrap().trim_ascii(), b"body");
        });
    }

    #[test]
    fn the_parts_of_a_digest_are_messages() {
        let raw = "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\nx\n--b\n\nSubject: two\n\ny\n--b--\n";
        with_both_endings(raw, |message| {
            let structure = message.structure();
            let types: Vec<_> = structure.parts().iter().map(|part| part.media_type.clone()).collect();
            assert_eq!(types, ["multipart/digest", "message/rfc822", "message/rfc822"]);
            let data = structure.part("2").unwrap().section.unwrap().data(message.raw()).unwrap();
            assert!(data.starts_with(b"Subject: two"));
        });
    }

    #[test]
    fn an_alternative_of_one_kind_stands_for_the_other() {
        let raw =
            "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\nx\n--b--\n";
        with_both_endings(raw, |message| {
            let structure = message.structure();
            let lists = structure.body_lists();
            assert_eq!(lists.text_body, lists.html_body);
            assert_eq!(lists.text_body.len(), 1);
        });
    }
}
