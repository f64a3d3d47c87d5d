//! Which form of S/MIME a message has, from the top of its MIME tree (RFC 8551 §3).

use std::borrow::Cow;

use mail_parser::{ContentType, HeaderName, Message as Parsed, MessagePart, MimeHeaders, PartType};

use super::cms::{self, Kind, Malformed};
use super::media_type;
use crate::mime::{Headers, Message};

/// How often compressed-data may stand in compressed-data.
const DEEPEST_COMPRESSION: u8 = 4;

/// A message's form, with what is needed to check a signature.
#[derive(Debug)]
pub(super) enum Shape<'a> {
    /// No S/MIME that concerns the message as a whole.
    None,
    /// Encrypted.
    Encrypted,
    /// S/MIME that is neither signed nor encrypted, or multipart/signed that is not S/MIME.
    Unknown,
    /// Only a part is signed.
    Partial,
    /// multipart/signed: the first part as it is stored, and the CMS of the second.
    Clear { first_part: Cow<'a, [u8]>, cms: Cow<'a, [u8]> },
    /// signed-data with its content inside.
    Opaque { cms: Cow<'a, [u8]> },
    /// Meant to be clear-signed, and broken; the reason.
    BrokenClear(&'static str),
    /// Meant to be opaque-signed, and broken; the reason.
    BrokenOpaque(&'static str),
}

/// Reads the form of a message.
pub(super) fn shape_of<'a>(message: &'a Message<'_>) -> Shape<'a> {
    shape_within(message, DEEPEST_COMPRESSION)
}

fn shape_within<'a>(message: &'a Message<'_>, depth: u8) -> Shape<'a> {
    let parsed = message.parsed();
    let Some(root) = parsed.parts.first() else { return Shape::None };
    let Some(content_type) = root.content_type() else { return Shape::None };
    if is_type(content_type, "multipart", "signed") {
        return multipart_signed(message.raw(), parsed, root, content_type);
    }
    if let PartType::Multipart(_) = root.body {
        return if has_signed_part(parsed) { Shape::Partial } else { Shape::None };
    }
    let is_renamed = is_renamed_pkcs7_mime(root, content_type) && cms::kind_of(root.contents()).is_some();
    if (is_pkcs7_mime(content_type) || is_renamed) && !has_one_content_type(message.raw(), root) {
        return Shape::BrokenOpaque("content-type");
    }
    if is_pkcs7_mime(content_type) {
        let smime_type = content_type.attribute("smime-type").map(str::to_ascii_lowercase);
        return pkcs7_mime(root, smime_type.as_deref(), depth);
    }
    if is_renamed {
        return pkcs7_mime(root, None, depth);
    }
    Shape::None
}

/// RFC 1847 §2.1, RFC 8551 §3.5.3.
fn multipart_signed<'a>(
    raw: &'a [u8],
    parsed: &'a Parsed<'_>,
    root: &'a MessagePart<'_>,
    content_type: &ContentType<'_>,
) -> Shape<'a> {
    let children = children_of(parsed, root);
    if !is_smime_protocol(content_type, &children) {
        return Shape::Unknown;
    }
    let [first, second] = children.as_slice() else { return Shape::BrokenClear("parts") };
    if [root, *second].iter().any(|part| !has_one_content_type(raw, part)) {
        return Shape::BrokenClear("content-type");
    }
    if !is_delimited(raw, root, first, content_type) {
        return Shape::BrokenClear("parts");
    }
    if !second.content_type().is_some_and(is_pkcs7_signature) {
        return Shape::BrokenClear("second-part");
    }
    match raw.get(first.offset_header as usize..first.offset_end as usize) {
        Some(bytes) => {
            Shape::Clear { first_part: Cow::Borrowed(bytes), cms: Cow::Borrowed(second.contents()) }
        }
        None => Shape::BrokenClear("parts"),
    }
}

/// Whether every reader finds the same media type in a header that nobody signed. There is one Content-Type, which all
/// read alike, spelled so that the parser, which overlooks blanks within names, and the reader of header fields, which
/// takes a bounded number of them, mean the same field. The header ends at its first empty line, and no blank line before
/// the field ends it for some. There is one Content-Transfer-Encoding at most, and none that encodes a multipart.
fn has_one_content_type(raw: &[u8], part: &MessagePart<'_>) -> bool {
    let from_here = raw.get(part.offset_header as usize..).unwrap_or_default();
    let section = raw.get(part.offset_header as usize..part.offset_body as usize).unwrap_or_default();
    let parsed: Vec<_> = part.headers.iter().filter(|field| field.name == HeaderName::ContentType).collect();
    let [field] = parsed.as_slice() else { return false };
    let slice = |from: u32, to: u32| raw.get(from as usize..to as usize).unwrap_or_default();
    let value = slice(field.offset_start, field.offset_end);
    let headers = Headers::parse(section);
    slice(field.offset_field, field.offset_start).eq_ignore_ascii_case(b"content-type:")
        && media_type::is_read_alike(value.trim_ascii_end())
        && !media_type::has_blank_line(slice(part.offset_header, field.offset_field))
        && headers.all("Content-Type").count() == 1
        && !headers.is_cut()
        && has_one_encoding(&headers, matches!(part.body, PartType::Multipart(_)))
        && Headers::section_of(from_here).len() == section.len()
}

fn has_one_encoding(headers: &Headers<'_>, is_multipart: bool) -> bool {
    let mut encodings = headers.all("Content-Transfer-Encoding");
    let is_sound =
        encodings.next().is_none_or(|encoding| !is_multipart || media_type::is_identity(encoding.octets()));
    is_sound && encodings.next().is_none()
}

/// Whether the delimiter lines, read to the letter of RFC 2046 §5.1.1, part the body where the parser does, which takes
/// a boundary anywhere in a line and with anything behind it. Otherwise other readers would show something else than
/// what was signed. Nothing that looks like a delimiter stands behind the last one.
fn is_delimited(
    raw: &[u8],
    root: &MessagePart<'_>,
    first: &MessagePart<'_>,
    content_type: &ContentType<'_>,
) -> bool {
    let delimiter = format!("--{}", content_type.attribute("boundary").unwrap_or_default());
    let mut end = root.offset_body as usize;
    let mut delimiters = Vec::new();
    for line in raw.get(end..).unwrap_or_default().split_inclusive(|&byte| byte == b'\n') {
        end += line.len();
        if let Some(rest) = line.strip_prefix(delimiter.as_bytes()) {
            delimiters.push((end - line.len(), end, rest.trim_ascii_end()));
            if delimiters.len() > 3 {
                return false;
            }
        }
    }
    let [(_, starts_at, b""), (next, _, b""), last @ ..] = delimiters.as_slice() else { return false };
    let part = raw.get(..*next).unwrap_or_default();
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    let part = part.strip_suffix(b"\r").unwrap_or(part);
    matches!(last, [] | [(_, _, b"--")])
        && first.offset_header as usize == *starts_at
        && first.offset_end as usize == part.len()
}

/// RFC 8551 §3.2. What the CMS says counts, not the smime-type parameter; that one is asked only when the CMS is
/// beyond reading.
fn pkcs7_mime<'a>(part: &'a MessagePart<'_>, smime_type: Option<&str>, depth: u8) -> Shape<'a> {
    let bytes = part.contents();
    match cms::kind_of(bytes) {
        Some(Kind::Signed) => match cms::has_signers(bytes) {
            Ok(true) => Shape::Opaque { cms: Cow::Borrowed(bytes) },
            Ok(false) => Shape::Unknown,
            Err(malformed) => Shape::BrokenOpaque(malformed.as_str()),
        },
        Some(Kind::Encrypted) => Shape::Encrypted,
        Some(Kind::Compressed) => match depth.checked_sub(1) {
            Some(depth) => compressed(bytes, depth),
            None => Shape::Unknown,
        },
        Some(Kind::Other) => Shape::Unknown,
        None => match smime_type {
            Some("enveloped-data" | "authenveloped-data") => Shape::Encrypted,
            Some("signed-data") | None => Shape::BrokenOpaque(Malformed::Structure.as_str()),
            Some(_) => Shape::Unknown,
        },
    }
}

/// A compressed entity has the form of what it holds, if that is signed or encrypted (RFC 8551 §3.6).
fn compressed(bytes: &[u8], depth: u8) -> Shape<'static> {
    let Ok(plain) = cms::uncompress(bytes) else { return Shape::Unknown };
    let Ok(inner) = Message::parse(&plain) else { return Shape::Unknown };
    match shape_within(&inner, depth).into_owned() {
        Shape::None | Shape::Partial => Shape::Unknown,
        shape => shape,
    }
}

impl Shape<'_> {
    fn into_owned(self) -> Shape<'static> {
        let owned = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        match self {
            Self::None => Shape::None,
            Self::Encrypted => Shape::Encrypted,
            Self::Unknown => Shape::Unknown,
            Self::Partial => Shape::Partial,
            Self::Clear { first_part, cms } => {
                Shape::Clear { first_part: owned(first_part), cms: owned(cms) }
            }
            Self::Opaque { cms } => Shape::Opaque { cms: owned(cms) },
            Self::BrokenClear(reason) => Shape::BrokenClear(reason),
            Self::BrokenOpaque(reason) => Shape::BrokenOpaque(reason),
        }
    }
}

/// Whether an S/MIME multipart/signed stands below the top, not inside message/rfc822, whose parts the parser keeps
/// apart. A pkcs7-mime below the top is an attachment, and says nothing about the message.
fn has_signed_part(parsed: &Parsed<'_>) -> bool {
    parsed.parts.iter().skip(1).any(|part| {
        part.content_type().is_some_and(|content_type| {
            is_type(content_type, "multipart", "signed")
                && is_smime_protocol(content_type, &children_of(parsed, part))
        })
    })
}

fn children_of<'m, 'x>(parsed: &'m Parsed<'x>, part: &MessagePart<'_>) -> Vec<&'m MessagePart<'x>> {
    match &part.body {
        PartType::Multipart(ids) => ids.iter().filter_map(|&id| parsed.part(id)).collect(),
        _ => Vec::new(),
    }
}

/// The protocol parameter, or, where it is missing, the type of the second part (RFC 8551 §3.5.3.2).
fn is_smime_protocol(content_type: &ContentType<'_>, children: &[&MessagePart<'_>]) -> bool {
    match content_type.attribute("protocol").map(str::trim) {
        Some(protocol) => ["application/pkcs7-signature", "application/x-pkcs7-signature"]
            .iter()
            .any(|known| protocol.eq_ignore_ascii_case(known)),
        None => children.get(1).and_then(|part| part.content_type()).is_some_and(is_pkcs7_signature),
    }
}

fn is_pkcs7_signature(content_type: &ContentType<'_>) -> bool {
    is_type(content_type, "application", "pkcs7-signature")
        || is_type(content_type, "application", "x-pkcs7-signature")
}

fn is_pkcs7_mime(content_type: &ContentType<'_>) -> bool {
    is_type(content_type, "application", "pkcs7-mime") || is_type(content_type, "application", "x-pkcs7-mime")
}

/// A gateway may have renamed the type; the name of the file still tells (RFC 8551 §3.9).
fn is_renamed_pkcs7_mime(part: &MessagePart<'_>, content_type: &ContentType<'_>) -> bool {
    is_type(content_type, "application", "octet-stream")
        && part.attachment_name().is_some_and(|name| {
            let name = name.trim().to_ascii_lowercase();
            [".p7m", ".p7s", ".p7c", ".p7z"].iter().any(|suffix| name.ends_with(suffix))
        })
}

fn is_type(content_type: &ContentType<'_>, main: &str, sub: &str) -> bool {
    content_type.ctype().eq_ignore_ascii_case(main)
        && content_type.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case(sub))
}
